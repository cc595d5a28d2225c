package company

import (
	"testing"
	"time"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestProvableShare(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		c := New(Config{Seed: seed, Customers: 2000, Months: 24, Now: at("2026-11-21T00:00:00Z")})
		rows, dark := 0, 0
		for r := range c.Truth(c.Config.Now, time.UTC) {
			rows++
			if !r.Provable {
				dark++
			}
		}
		t.Logf("seed %d: %d customers, %d subscriptions, %d invoices, %d events; %d item-days, %.2f %% provable", seed,
			len(c.Customers), len(c.Subscriptions), len(c.Invoices), len(c.Events), rows, 100-100*float64(dark)/float64(rows))
		if dark*100 > rows*3 {
			t.Errorf("seed %d: %d of %d item-days are not provable, more than 3 %%", seed, dark, rows)
		}
	}
}
