package pipeline

import (
	"fmt"
	"io"
	"strings"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/warehouse"
)

// ReadRates reads exchange rates from CSV with the columns date, currency and
// rate, in any order: 1 unit of currency is rate units of the reporting
// currency from that day on, until the next one. Every problem is reported with
// its line.
func ReadRates(in io.Reader) ([]warehouse.Rate, error) {
	type day struct {
		currency string
		date     billing.Date
	}
	var rates []warehouse.Rate
	seen := map[day]bool{}
	err := readCSV(in, []string{"date", "currency", "rate"}, func(v []string) error {
		rate, err := parseRate(v[0], v[1], v[2])
		if err != nil {
			return err
		}
		k := day{rate.Currency, rate.Date}
		if seen[k] {
			return fmt.Errorf("%s on %s stands on an earlier line already", k.currency, k.date)
		}
		seen[k] = true
		rates = append(rates, rate)
		return nil
	})
	return rates, err
}

func parseRate(date, currency, rate string) (warehouse.Rate, error) {
	d, err := billing.ParseDate(date)
	if err != nil {
		return warehouse.Rate{}, err
	}
	c := strings.ToUpper(currency)
	if len(c) != 3 {
		return warehouse.Rate{}, fmt.Errorf("currency %q: want a three-letter ISO 4217 code", currency)
	}
	v, err := connectors.ParseNumber(rate)
	if err != nil || !v.IsPositive() {
		return warehouse.Rate{}, fmt.Errorf("rate %q: want a positive decimal number", rate)
	}
	return warehouse.Rate{Currency: c, Date: d, Rate: v}, nil
}
