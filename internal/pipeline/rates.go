package pipeline

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/warehouse"
)

// ReadRates reads exchange rates from CSV with the columns date, currency and
// rate, in any order: 1 unit of currency is rate units of the reporting
// currency from that day on, until the next one. Every problem is reported with
// its line.
func ReadRates(in io.Reader) ([]warehouse.Rate, error) {
	r := csv.NewReader(in)
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("read header: want the columns date,currency,rate: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	var at [3]int
	for i, name := range []string{"date", "currency", "rate"} {
		if at[i] = slices.Index(header, name); at[i] < 0 {
			return nil, fmt.Errorf("line 1: column %q is missing: want date,currency,rate", name)
		}
	}
	type day struct {
		currency string
		date     billing.Date
	}
	var rates []warehouse.Rate
	var problems []error
	seen := map[day]int{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rates, errors.Join(problems...)
		}
		if err != nil {
			return nil, errors.Join(append(problems, err)...)
		}
		line, _ := r.FieldPos(0)
		rate, err := parseRate(row[at[0]], row[at[1]], row[at[2]])
		if err != nil {
			problems = append(problems, fmt.Errorf("line %d: %w", line, err))
			continue
		}
		k := day{rate.Currency, rate.Date}
		if first, twice := seen[k]; twice {
			problems = append(problems, fmt.Errorf("line %d: %s on %s stands on line %d already", line, k.currency, k.date, first))
			continue
		}
		seen[k] = line
		rates = append(rates, rate)
	}
}

func parseRate(date, currency, rate string) (warehouse.Rate, error) {
	d, err := billing.ParseDate(strings.TrimSpace(date))
	if err != nil {
		return warehouse.Rate{}, err
	}
	c := strings.ToUpper(strings.TrimSpace(currency))
	if len(c) != 3 {
		return warehouse.Rate{}, fmt.Errorf("currency %q: want a three-letter ISO 4217 code", currency)
	}
	v, err := decimal.NewFromString(strings.TrimSpace(rate))
	if err != nil || !v.IsPositive() {
		return warehouse.Rate{}, fmt.Errorf("rate %q: want a positive decimal number", rate)
	}
	return warehouse.Rate{Currency: c, Date: d, Rate: v}, nil
}
