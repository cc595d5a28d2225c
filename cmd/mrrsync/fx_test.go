package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/simulator"
)

// rates are what rates.csv says: by currency, ordered by day.
type rates map[string][]quote

type quote struct {
	day  billing.Date
	rate *big.Rat // units of the reporting currency for one
}

func readRates(t *testing.T, path string) rates {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	all := rates{}
	for _, row := range rows[1:] {
		day, err := billing.ParseDate(row[0])
		rate, ok := new(big.Rat).SetString(row[2])
		if err != nil || !ok {
			t.Fatalf("rates.csv: %v", row)
		}
		all[row[1]] = append(all[row[1]], quote{day, rate})
	}
	for _, list := range all {
		slices.SortFunc(list, func(a, b quote) int { return int(a.day - b.day) })
	}
	return all
}

// on is the latest rate at or before a day.
func (r rates) on(t *testing.T, currency string, day billing.Date) *big.Rat {
	t.Helper()
	if currency == "USD" {
		return big.NewRat(1, 1)
	}
	list := r[currency]
	i, found := slices.BinarySearchFunc(list, day, func(q quote, d billing.Date) int { return int(q.day - d) })
	if !found {
		i--
	}
	if i < 0 {
		t.Fatalf("no rate for %s by %s", currency, day)
	}
	return list[i].rate
}

// scaled is a ratio at four places, half up and away from zero for what is
// negative, as one rounds money.
func scaled(r *big.Rat) decimal.Decimal {
	return decimal.RequireFromString(r.FloatString(4))
}

// level is how many items had one value on a day.
type level struct {
	currency string
	mrr      string
	items    int64
}

// holdRates holds the waterfall in the reporting currency against the rates
// themselves, month by month: what was there at the start and at the end, each
// kind of movement, and as fx_adjustment what each day's rates made of what had
// been there the day before. It returns the sum of the magnitudes of the latter.
func (s *town) holdRates() (moved decimal.Decimal) {
	s.Helper()
	r := readRates(s.T, filepath.Join(s.folder, simulator.RatesFile))
	days := map[billing.Date][]level{}
	for _, f := range s.table("SELECT date, currency, toString(mrr), count() FROM mrr_daily WHERE mrr > 0 GROUP BY ALL") {
		day := s.day(f[0])
		days[day] = append(days[day], level{f[1], f[2], decimal.RequireFromString(f[3]).IntPart()})
	}
	converted := map[string]decimal.Decimal{} // month and movement
	rows := map[string]int64{}                // of movements, by month
	for _, f := range s.table("SELECT date, currency, movement, toString(amount), count() FROM mrr_movements GROUP BY ALL") {
		n := decimal.RequireFromString(f[4])
		amount := new(big.Rat).Mul(decimal.RequireFromString(f[3]).Rat(), r.on(s.T, f[1], s.day(f[0])))
		k := f[0][:7] + f[2]
		converted[k] = converted[k].Add(scaled(amount).Mul(n))
		rows[f[0][:7]] += n.IntPart()
	}
	worth := func(day billing.Date) (sum decimal.Decimal, items int64) {
		for _, l := range days[day] {
			one := new(big.Rat).Mul(decimal.RequireFromString(l.mrr).Rat(), r.on(s.T, l.currency, day))
			sum = sum.Add(scaled(one).Mul(decimal.NewFromInt(l.items)))
			items += l.items
		}
		return sum, items
	}
	months := s.table(`SELECT month, last_day, starting_mrr, new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr, fx_adjustment, ending_mrr
		FROM mrr_waterfall_monthly_reporting ORDER BY month`)
	for _, f := range months {
		from, last := s.day(f[0]), s.day(f[1])
		var v [8]decimal.Decimal
		for i := range v {
			v[i] = decimal.RequireFromString(f[2+i])
		}
		start, before := worth(from - 1)
		end, after := worth(last)
		want := map[string][2]decimal.Decimal{
			"starting": {v[0], start}, "ending": {v[7], end},
			"new": {v[1], converted[f[0][:7]+"new"]}, "expansion": {v[2], converted[f[0][:7]+"expansion"]},
			"reactivation": {v[3], converted[f[0][:7]+"reactivation"]}, "contraction": {v[4].Neg(), converted[f[0][:7]+"contraction"]},
			"churned": {v[5].Neg(), converted[f[0][:7]+"churn"]},
		}
		for name, pair := range want {
			if !pair[0].Equal(pair[1]) {
				s.Errorf("%s: %s is %s, by the rates %s", f[0], name, pair[0], pair[1])
			}
		}
		fx := new(big.Rat)
		for d := from; d <= last; d++ {
			for _, l := range days[d-1] {
				change := new(big.Rat).Sub(r.on(s.T, l.currency, d), r.on(s.T, l.currency, d-1))
				change.Mul(change, decimal.RequireFromString(l.mrr).Rat())
				fx.Add(fx, change.Mul(change, big.NewRat(l.items, 1)))
			}
		}
		// The view's figure also holds the rounding of each item and movement.
		off := scaled(fx).Sub(v[6]).Abs()
		if limit := decimal.New(before+after+rows[f[0][:7]]+1, -4).Div(decimal.NewFromInt(2)); off.GreaterThan(limit) {
			s.Errorf("%s: fx_adjustment is %s, by the rates of its days %s", f[0], v[6], scaled(fx))
		}
		if !off.Round(2).IsZero() {
			s.Errorf("%s: fx_adjustment is %s, which is not %s to the cent", f[0], v[6], scaled(fx))
		}
		moved = moved.Add(v[6].Abs())
	}
	if len(months) == 0 {
		s.Error("there is no month")
	}
	s.Logf("%d months, in which rates moved %s up and down", len(months), moved)
	return moved
}

// table asks the warehouse and returns the answer's fields.
func (s *town) table(sql string) [][]string {
	s.Helper()
	text := strings.TrimRight(s.mrrsync(exitDone, "query", "--format", "TSV", sql), "\n")
	if text == "" {
		return nil
	}
	var rows [][]string
	for _, line := range strings.Split(text, "\n") {
		rows = append(rows, strings.Split(line, "\t"))
	}
	return rows
}

func (s *town) day(text string) billing.Date {
	s.Helper()
	d, err := billing.ParseDate(text)
	if err != nil {
		s.Fatal(err)
	}
	return d
}

// TestFiveCurrencies syncs a year and a half of contracts in five currencies,
// with rates for every working day: a weekend stands at Friday's.
func TestFiveCurrencies(t *testing.T) {
	now := time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)
	s := &town{T: t, folder: t.TempDir()}
	s.present.Store(now.Unix())
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(4, 5)) //nolint:gosec // a test's company
	currencies := []string{"USD", "EUR", "GBP", "JPY", "KWD"}
	var contracts, quotes strings.Builder
	contracts.WriteString("customer_id,subscription_id,item_id,currency,amount,interval,quantity,start,end\n")
	begin := time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC)
	days := int(now.Sub(begin).Hours() / 24)
	date := func(n int) string { return begin.AddDate(0, 0, n).Format(time.DateOnly) }
	for c := range 40 {
		currency := currencies[c%len(currencies)]
		from := r.IntN(days)
		for part := 0; from < days && part < 5; part++ {
			until := from + 20 + r.IntN(200)
			end := date(until)
			if r.IntN(4) == 0 {
				end = ""
			}
			fmt.Fprintf(&contracts, "c%d,s%d,i%d,%s,%d.%02d,month,%d,%s,%s\n", c, c, c, currency, 10+r.IntN(5000), r.IntN(100), 1+r.IntN(4), date(from), end)
			if end == "" {
				break
			}
			if from = until + 1; r.IntN(3) == 0 {
				from += 10 + r.IntN(60) // away, and back
			}
		}
	}
	quotes.WriteString("date,currency,rate\n")
	for i, rate := range []int64{108_500_000, 126_500_000, 670_000, 325_500_000} {
		for n := -10; n <= days; n++ {
			if day := begin.AddDate(0, 0, n).Weekday(); day == time.Saturday || day == time.Sunday {
				continue
			}
			rate += r.Int64N(rate/50) - rate/100
			fmt.Fprintf(&quotes, "%s,%s,%s\n", date(n), currencies[1+i], decimal.New(rate, -8))
		}
	}
	write("contracts.csv", contracts.String())
	write(simulator.RatesFile, quotes.String())
	write(simulator.ConfigFile, `version: 1
warehouse: { dsn: "chdb://./warehouse" }
publish: { max_churn_percent: 100 }
reporting: { fx: { file: rates.csv } }
sources: [{ name: book, connector: contracts, file: contracts.csv }]
`)
	s.mrrsync(exitDone, "sync")
	if moved := s.holdRates(); moved.LessThan(decimal.NewFromInt(1000)) {
		t.Errorf("rates moved only %s in all: no test", moved)
	}
}

// TestRatesTown holds the reporting currency of a whole simulated company.
func TestRatesTown(t *testing.T) {
	s := newTown(t, simulator.Config{Seed: 31, Customers: 60, Months: 15, Now: time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)})
	s.sync()
	currencies := s.table("SELECT DISTINCT currency FROM mrr_daily")
	if moved := s.holdRates(); len(currencies) < 5 || !moved.IsPositive() {
		t.Errorf("%d currencies, rates moved %s: no test", len(currencies), moved)
	}
}
