package site

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func small(seed uint64, catalogue Catalogue) Config {
	return Config{Seed: seed, Catalogue: catalogue, Customers: 500, Months: 36, Now: at("2026-11-21T00:00:00Z")}
}

func TestProvableShare(t *testing.T) {
	for seed := range uint64(4) {
		for _, catalogue := range []Catalogue{Plans, Items} {
			s := New(small(seed, catalogue))
			all, dark := 0, 0
			for r := range s.Truth(s.Config.Now, time.UTC) {
				all++
				if !r.Provable {
					dark++
				}
			}
			share := float64(dark) / float64(all)
			t.Logf("seed %d catalogue %d: %d subs %d invoices %d events, %d item-days, %.2f %% dark", seed, catalogue, len(s.Subscriptions), len(s.Invoices), len(s.Events), all, 100*share)
			if all < 100_000 || share > 0.03 || dark == 0 {
				t.Errorf("seed %d, catalogue %d: %d of %d item-days lie in the dark", seed, catalogue, dark, all)
			}
		}
	}
}

// shows prints all that a site is at a moment.
func shows(s *Site, t int64) string {
	var b strings.Builder
	for _, c := range s.Customers {
		if c.Created() <= t {
			fmt.Fprintf(&b, "%s %s %v %+v\n", c.ID, c.Account, c.Tagged, *c.At(t))
		}
	}
	for _, x := range s.Subscriptions {
		v := x.At(t)
		if v == nil {
			continue
		}
		fmt.Fprintf(&b, "%s %s %d %s %v %d %d %d\n", x.ID, x.Customer.ID, v.At, v.Status, v.Term, v.Cancelled, v.PauseDate, x.MRR(t))
		for _, i := range v.Items {
			fmt.Fprintf(&b, "  %s %d %d %d\n", i.Price.ID, i.Quantity, i.Unit, i.Amount())
		}
		for _, d := range x.Discounts {
			if d.Attached(t) {
				fmt.Fprintf(&b, "  %d %d %d\n", d.Created, d.Till, d.Percent)
			}
		}
		for _, r := range x.Ramps {
			if r.Created <= t {
				fmt.Fprintf(&b, "  %s %s %d %d\n", r.ID, r.State(t), r.Effective, r.Updated(t))
			}
		}
	}
	for _, v := range s.Invoices {
		if v.Date <= t {
			fmt.Fprintf(&b, "%s %s %s %d %+v %+v\n", v.ID, v.Sub.ID, v.State(t), v.Updated(t), v.Sums(), v.Balance(t))
			for _, l := range v.Lines {
				fmt.Fprintf(&b, "  %s %d %d %d %d\n", l.ID, l.From, l.To, l.Quantity, l.Amount)
			}
		}
	}
	for _, c := range s.CreditNotes {
		if c.Date <= t {
			fmt.Fprintf(&b, "%s %s %s %d %+v %d\n", c.ID, c.Invoice.ID, c.State(t), c.Updated(t), c.Sums(), c.Allocated(t))
		}
	}
	for _, e := range s.Events {
		if e.At <= t && e.At > s.Config.Now.Unix()-Window {
			fmt.Fprintf(&b, "%s %d %s\n", e.ID, e.At, e.Type)
		}
	}
	return b.String()
}

// equal names the first line in which two long texts differ.
func equal(t *testing.T, a, b string) {
	t.Helper()
	if a == b {
		return
	}
	one, two := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(one), len(two)) {
		if one[i] != two[i] {
			t.Fatalf("line %d:\n%s\n%s", i, one[i], two[i])
		}
	}
	t.Fatalf("%d and %d lines", len(one), len(two))
}

func TestOneSeedOneSite(t *testing.T) {
	cfg := small(7, Items)
	equal(t, shows(New(cfg), cfg.Now.Unix()), shows(New(cfg), cfg.Now.Unix()))
}

func TestALongerHistoryContinuesAShorterOne(t *testing.T) {
	for _, catalogue := range []Catalogue{Plans, Items} {
		short := small(7, catalogue)
		short.Customers = 200
		short.Guests = someGuests()
		long := short
		long.Until = short.Now.AddDate(0, 8, 0)
		a, b := New(short), New(long)
		equal(t, shows(a, short.Now.Unix()), shows(b, short.Now.Unix()))
		var one, two []string
		for r := range a.Truth(short.Now, time.UTC) {
			one = append(one, fmt.Sprint(r))
		}
		for r := range b.Truth(short.Now, time.UTC) {
			two = append(two, fmt.Sprint(r))
		}
		equal(t, strings.Join(one, "\n"), strings.Join(two, "\n"))
	}
}

// TestYesterdayStands compares the truth as told on two days in a row: it
// gains a day, and what it said about the days before stays but for what can
// be proved.
func TestYesterdayStands(t *testing.T) {
	cfg := small(3, Items)
	cfg.Customers = 150
	cfg.Until = cfg.Now.AddDate(0, 0, 2)
	s := New(cfg)
	read := func(now time.Time) map[string]string {
		m := map[string]string{}
		for r := range s.Truth(now, time.UTC) {
			if r.MRR.Sign() > 0 {
				m[r.Date()+" "+r.Item] = r.MRR.StringFixed(4)
			}
		}
		return m
	}
	old, now := read(cfg.Now), read(cfg.Now.AddDate(0, 0, 1))
	last := cfg.Now.Format(time.DateOnly)
	for k := range now {
		if strings.HasPrefix(k, last) {
			delete(now, k)
		}
	}
	if d := cmp.Diff(old, now); d != "" {
		t.Errorf("yesterday's truth (-then +now):\n%s", d)
	}
}

func someGuests() []Guest {
	day := func(s string) time.Time { return at(s + "T09:30:00Z") }
	return []Guest{
		{Account: "A-1", Tagged: true, Name: "Comer", Currency: "eur", Country: "DE", Owner: "ana", Stays: []Stay{{From: day("2025-03-10")}}},
		{Account: "A-2", Name: "Leaver", Currency: "usd", Country: "US", Stays: []Stay{{From: day("2024-05-01"), Until: day("2025-09-17"), Monthly: 7350}}},
		{Account: "A-3", Tagged: true, Name: "Both", Currency: "JPY", Country: "JP", Stays: []Stay{
			{From: day("2024-02-01"), Until: day("2024-08-01")}, {From: day("2025-08-01"), Monthly: 9000},
		}},
	}
}

func TestGuestsCountFromTheFirstSecondToTheLast(t *testing.T) {
	for _, catalogue := range []Catalogue{Plans, Items} {
		cfg := small(5, catalogue)
		cfg.Customers, cfg.Guests = 0, someGuests()
		s := New(cfg)
		runs := map[string][]string{}
		for r := range s.Truth(cfg.Now, time.UTC) {
			c := s.Customer(r.Customer)
			runs[c.Account+" "+r.Subscription] = append(runs[c.Account+" "+r.Subscription], r.Date())
		}
		ends := map[string]int{}
		for k, days := range runs {
			slices.Sort(days)
			days = slices.Compact(days)
			ends[k[:4]+days[0]+".."+days[len(days)-1]] = len(days)
		}
		for _, want := range []struct {
			run  string
			days int
		}{{"A-2 2024-05-01..2025-09-16", 504}, {"A-3 2024-02-01..2024-07-31", 182}} {
			if ends[want.run] != want.days {
				t.Errorf("catalogue %d: %s on %d days, want %d; have %v", catalogue, want.run, ends[want.run], want.days, ends)
			}
		}
		for r := range s.Truth(cfg.Now, time.UTC) {
			if s.Customer(r.Customer).Account == "A-2" && r.MRR.StringFixed(2) != "73.50" {
				t.Errorf("catalogue %d: the agreed price on %s: %s, want 73.50", catalogue, r.Date(), r.MRR)
			}
		}
	}
}

func TestDocumentsAddUp(t *testing.T) {
	for seed := range uint64(3) {
		s := New(small(seed, Catalogue(1+seed%2)))
		end := s.until
		for _, v := range s.Invoices {
			x, b := v.Sums(), v.Balance(end)
			if v.Voided == 0 && x.Total != b.Adjusted+b.Credited+b.Paid+b.Due {
				t.Errorf("invoice %s: total %d, balance %+v", v.ID, x.Total, b)
			}
			if x.Total < 0 || b.Paid < 0 || b.Due < 0 {
				t.Errorf("invoice %s: %+v %+v", v.ID, x, b)
			}
			for _, l := range v.Lines {
				cut, own := l.Discounted()
				if cut > l.Amount || own > cut || l.Amount < 0 || l.To < l.From {
					t.Errorf("invoice %s line %s: %+v", v.ID, l.ID, l)
				}
			}
		}
		for _, c := range s.CreditNotes {
			x := c.Sums()
			if x.Total < 0 || c.Allocated(end) > x.Total {
				t.Errorf("credit note %s: %+v, %d allocated", c.ID, x, c.Allocated(end))
			}
			for _, l := range c.Lines {
				if l.Amount > l.Of.Amount || l.From < l.Of.From || l.To != l.Of.To {
					t.Errorf("credit note %s credits %+v of %+v", c.ID, l, *l.Of)
				}
			}
		}
	}
}

// TestVersionsRise holds every list of versions to the rules of the API.
func TestVersionsRise(t *testing.T) {
	cfg := small(11, Items)
	cfg.Customers = 3000
	s := New(cfg)
	for _, x := range s.Subscriptions {
		for i := range x.Versions {
			v := &x.Versions[i]
			if i > 0 && (v.At <= x.Versions[i-1].At || v.Version <= x.Versions[i-1].Version) {
				t.Errorf("%s: version %d at %d does not rise", x.ID, i, v.At)
			}
			if v.Status == Active && (v.Term.Start > v.At || v.Term.End <= v.At) {
				t.Errorf("%s: active at %d outside its term %v", x.ID, v.At, v.Term)
			}
			if v.Items[0].Price.Product.Kind != Plan {
				t.Errorf("%s: its first item is no plan", x.ID)
			}
			for j := range v.Items {
				for k := range v.Items[:j] {
					if v.Items[j].Price == v.Items[k].Price {
						t.Errorf("%s: two items of price %s", x.ID, v.Items[j].Price.ID)
					}
				}
			}
		}
	}
	for _, x := range s.Subscriptions {
		v := &x.Versions[len(x.Versions)-1]
		if c := v.Contract; c != nil && c.Status == "active" && c.End < v.Term.End {
			t.Errorf("%s: an active contract ends at %d, within the term %v", x.ID, c.End, v.Term)
		}
		for i, d := range x.Discounts {
			for _, e := range x.Discounts[:i] {
				if d.Coupon != nil && d.Coupon == e.Coupon {
					t.Errorf("%s: coupon %s stands on it twice", x.ID, d.Coupon.ID)
				}
			}
		}
	}
	for i, e := range s.Events {
		if i > 0 && e.At < s.Events[i-1].At {
			t.Errorf("event %s lies before the one before it", e.ID)
		}
	}
}
