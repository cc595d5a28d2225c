package company

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Whoever is paid for elsewhere has nothing here meanwhile, and something on
// the days before and after: nobody is lost or won by moving, and that can be
// proved of who leaves for as long as there are invoices.
func TestStays(t *testing.T) {
	now := at("2026-11-21T00:00:00Z")
	for seed := uint64(1); seed <= 3; seed++ {
		c := New(Config{Seed: seed, Customers: 2000, Months: 24, Now: now, Moves: 3})
		mrr, dark := map[string]map[int]bool{}, map[string]map[int]bool{} // customer, day
		for r := range c.Truth(now, time.UTC) {
			if mrr[r.Customer] == nil {
				mrr[r.Customer], dark[r.Customer] = map[int]bool{}, map[int]bool{}
			}
			dark[r.Customer][r.Day] = dark[r.Customer][r.Day] || !r.Provable
			mrr[r.Customer][r.Day] = mrr[r.Customer][r.Day] || r.MRR.Sign() > 0
		}
		today := int(now.Unix() / day)
		var comes, backs, arrivals, contracts, level, tagged int
		for s := range c.Stays() {
			from, until := int(s.From/day), today
			if s.Until > 0 {
				until = min(int(s.Until/day), today)
			}
			days := mrr[s.Customer]
			for d := from; d < until; d++ {
				if days[d] {
					t.Errorf("seed %d: %s has MRR here on %s, while it is elsewhere", seed, s.Customer, date(d))
					break
				}
			}
			if s.Comes && from <= today && !days[from-1] {
				t.Errorf("seed %d: %s has no MRR here on %s, the day before it moves", seed, s.Customer, date(from-1))
			}
			if s.Comes && from <= today && dark[s.Customer][from-1] {
				t.Errorf("seed %d: nothing proves what %s had here on %s, the day before it moves", seed, s.Customer, date(from-1))
			}
			if s.Until > 0 && int(s.Until/day) < today && !days[int(s.Until/day)] {
				t.Errorf("seed %d: %s has no MRR here on %s, the day it comes here", seed, s.Customer, date(int(s.Until/day)))
			}
			count := func(n *int, when bool) {
				if when {
					*n++
				}
			}
			count(&contracts, s.Source == "enterprise")
			count(&comes, s.Comes && s.Source == "main" && s.Until == 0)
			count(&backs, s.Comes && s.Until > 0)
			count(&arrivals, !s.Comes && s.Until < now.Unix())
			count(&level, s.Monthly > 0)
			count(&tagged, s.Tagged)
		}
		t.Logf("seed %d: %d leave, %d come back, %d come from elsewhere, %d contracts; %d at the same price, %d tagged", seed, comes, backs, arrivals, contracts, level, tagged)
		for name, n := range map[string]int{"leave": comes, "come back": backs, "come from elsewhere": arrivals, "contracts": contracts} {
			if n == 0 {
				t.Errorf("seed %d: no customers %s", seed, name)
			}
		}
		if n := comes + backs + arrivals; n < 200 || n > 600 || level*4 < n || tagged*4 < n {
			t.Errorf("seed %d: %d moves, %d level, %d tagged", seed, n, level, tagged)
		}
	}
}

// A longer history tells the same of those who have moved.
func TestStaysStay(t *testing.T) {
	cfg := Config{Seed: 4, Customers: 1500, Months: 18, Now: at("2026-03-01T00:00:00Z"), Start: at("2024-10-01T00:00:00Z"), Moves: 25}
	short := New(cfg)
	cfg.Until = at("2026-09-01T00:00:00Z")
	long := map[string]Stay{}
	for s := range New(cfg).Stays() {
		long[s.Customer] = s
	}
	n := 0
	for s := range short.Stays() {
		n++
		if diff := cmp.Diff(s, long[s.Customer]); diff != "" {
			t.Errorf("%s:\n%s", s.Customer, diff)
		}
	}
	if n < 10 || len(long) <= n {
		t.Errorf("%d stays, later %d", n, len(long))
	}
}
