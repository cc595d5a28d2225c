package normalize_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

// group is so many customers with one price from one day until another.
type group struct {
	customers   int
	amount      int64
	unit        billing.Unit
	from, until string
}

// company derives every customer of the groups, each its own account.
func company(t *testing.T, groups ...group) (periods []normalize.Period, movements []normalize.Movement) {
	t.Helper()
	policy, err := normalize.Preset("")
	if err != nil {
		t.Fatal(err)
	}
	day := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		d, err := billing.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d.Time()
	}
	for g, of := range groups {
		for n := range of.customers {
			id := fmt.Sprintf("g%d-%d", g, n)
			item := billing.Item{ID: "i" + id, Quantity: decimal.NewFromInt(1), Price: billing.Price{
				ID: fmt.Sprintf("p%d", of.amount), Currency: "USD", Usage: billing.Licensed, Model: billing.PerUnit,
				Unit: decimal.NewFromInt(of.amount), Interval: billing.Interval{Unit: of.unit, Count: 1},
			}}
			sub := billing.Subscription{ID: "s" + id, Currency: "USD", Created: day(of.from), Start: day(of.from), Ended: day(of.until)}
			sub.States = []billing.State{{From: sub.Start, Until: sub.Ended, Terms: billing.Terms{Status: billing.StatusActive, Items: []billing.Item{item}}}}
			r := normalize.Derive(normalize.Account{ID: id, Records: []billing.Record{{
				Source: "main", Customer: billing.Customer{ID: "c" + id}, Subscriptions: []billing.Subscription{sub},
			}}}, normalize.Settings{Policy: policy})
			periods, movements = append(periods, r.Periods...), append(movements, r.Movements...)
		}
	}
	return periods, movements
}

// on is the MRR and the number of customers of a day.
func on(periods []normalize.Period, date string) (mrr decimal.Decimal, customers int) {
	day, _ := billing.ParseDate(date)
	accounts := map[string]bool{}
	for _, p := range periods {
		if p.From <= day && day < p.Until {
			mrr = mrr.Add(p.MRR)
			accounts[p.AccountID] = true
		}
	}
	return mrr, len(accounts)
}

func during(movements []normalize.Movement, month string) map[normalize.MovementType]decimal.Decimal {
	sums := map[normalize.MovementType]decimal.Decimal{}
	for _, m := range movements {
		if m.Date.String()[:7] == month {
			sums[m.Type] = sums[m.Type].Add(m.Amount)
		}
	}
	return sums
}

func wantMoney(t *testing.T, what string, got decimal.Decimal, want int64) {
	t.Helper()
	if !got.Equal(decimal.NewFromInt(want)) {
		t.Errorf("%s is %s, want %d", what, got, want)
	}
}

// TestWorkedCompanies holds the worked examples that are about companies.
func TestWorkedCompanies(t *testing.T) {
	t.Run("1 three plans", func(t *testing.T) {
		periods, movements := company(
			t,
			group{300, 100, billing.Month, "2026-01-01", ""},
			group{115, 400, billing.Month, "2026-01-01", ""},
			group{5, 400, billing.Month, "2026-01-01", "2026-02-14"},
			group{30, 1200, billing.Month, "2026-01-01", ""},
			group{20, 100, billing.Month, "2026-02-10", ""},
		)
		january, _ := on(periods, "2026-01-31")
		wantMoney(t, "MRR of January", january, 114_000)
		february := during(movements, "2026-02")
		wantMoney(t, "new", february[normalize.New], 2_000)
		wantMoney(t, "churn", february[normalize.Churn], -2_000)
		end, _ := on(periods, "2026-02-28")
		wantMoney(t, "MRR of February", end, 114_000)
	})
	t.Run("2 ARPA", func(t *testing.T) {
		periods, _ := company(t, group{25, 12, billing.Month, "2026-01-01", ""}, group{25, 8, billing.Month, "2026-01-01", ""})
		mrr, customers := on(periods, "2026-01-31")
		wantMoney(t, "MRR", mrr, 500)
		if customers != 50 {
			t.Errorf("%d customers, want 50", customers)
		}
		wantMoney(t, "ARPA", mrr.Div(decimal.NewFromInt(int64(customers))), 10)
	})
	t.Run("5 monthly and yearly", func(t *testing.T) {
		periods, _ := company(t, group{500, 400, billing.Month, "2026-01-01", ""})
		mrr, _ := on(periods, "2026-01-31")
		wantMoney(t, "MRR of 500 at 400", mrr, 200_000)
		periods, _ = company(t, group{100, 100, billing.Month, "2026-01-01", ""}, group{50, 600, billing.Year, "2026-01-01", ""})
		mrr, _ = on(periods, "2026-01-31")
		wantMoney(t, "MRR of monthly and yearly", mrr, 12_500)
	})
}
