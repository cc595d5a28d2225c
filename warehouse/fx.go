package warehouse

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// Rate is an exchange rate: from Date on, one unit of Currency is Rate units of
// the reporting currency, until the next rate.
type Rate struct {
	Currency string // ISO 4217, upper case
	Date     billing.Date
	Rate     decimal.Decimal // above 0; ten decimal places are kept
}

// ratePlaces is the scale of a stored rate.
const ratePlaces = 10

// fx answers rates. A nil fx is conversion turned off.
type fx struct {
	reporting string
	rates     map[string][]Rate // by currency, ordered by date
}

// newFX sorts the rates. Two rates of one currency and day must agree.
func newFX(reporting string, rates []Rate) (*fx, error) {
	if reporting == "" {
		return nil, nil //nolint:nilnil // a nil fx is a valid one: conversion off
	}
	f := &fx{reporting: reporting, rates: map[string][]Rate{}}
	for _, r := range rates {
		rounded, err := fitDecimal(r.Rate, 38, ratePlaces)
		if err != nil {
			return nil, fmt.Errorf("rate of %s on %s: %w", r.Currency, r.Date, err)
		}
		if !rounded.IsPositive() {
			return nil, fmt.Errorf("rate of %s on %s: %s is not above 0", r.Currency, r.Date, r.Rate)
		}
		r.Rate = rounded
		f.rates[r.Currency] = append(f.rates[r.Currency], r)
	}
	one := Rate{Currency: reporting, Date: billing.NoDate, Rate: decimal.NewFromInt(1)}
	f.rates[reporting] = []Rate{one}
	for currency, all := range f.rates {
		slices.SortStableFunc(all, func(a, b Rate) int { return cmp.Compare(a.Date, b.Date) })
		for i := 1; i < len(all); i++ {
			if all[i].Date == all[i-1].Date && !all[i].Rate.Equal(all[i-1].Rate) {
				return nil, fmt.Errorf("rate of %s on %s: both %s and %s are given", currency, all[i].Date, all[i-1].Rate, all[i].Rate)
			}
		}
	}
	return f, nil
}

// at is the latest rate of a currency at or before a day.
func (f *fx) at(currency string, day billing.Date) (decimal.Decimal, bool) {
	all := f.rates[currency]
	i := sort.Search(len(all), func(i int) bool { return all[i].Date > day })
	if i == 0 {
		return decimal.Zero, false
	}
	return all[i-1].Rate, true
}

// value is an amount in the reporting currency, rounded half up to four places;
// 0 when conversion is off or no rate is known.
func (f *fx) value(amount decimal.Decimal, currency string, day billing.Date) decimal.Decimal {
	if f == nil {
		return decimal.Zero
	}
	rate, _ := f.at(currency, day)
	return amount.Round(places).Mul(rate).Round(places)
}
