package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"mrrsync/connectors/billing"
	"mrrsync/internal/lengthy"
	"mrrsync/internal/pipeline"
	"mrrsync/internal/simulator"
)

// TestVanished looks again after a week at a company some of whose customers
// vanished, at both providers, with all they had: no list and no event tells. The
// search finds each of them, the receipt counts them, and from then on the
// warehouse is the truth again. Then Stripe ceases to expand prices.
func TestVanished(t *testing.T) {
	lengthy.Test(t)
	first := time.Date(2026, 2, 1, 3, 0, 0, 0, time.UTC)
	s := newTown(t, simulator.Config{Seed: 5, Customers: 60, Months: 8, Now: first, Until: first.AddDate(0, 0, 30), Vanishing: 4})
	lost := map[string]map[string]time.Time{"main": {}, "emea": {}} // source -> customer
	paying := func(source, id string) bool {
		for r := range s.company.Truth(first, time.UTC) {
			if r.Source == source && r.Customer == id && r.Day == int(billing.DateOf(first, time.UTC))-1 && r.MRR.IsPositive() {
				return true
			}
		}
		return false
	}
	for _, x := range s.company.Books.Customers {
		if x.Vanished > first.Unix() && x.Vanished < first.AddDate(0, 0, 9).Unix() && paying("main", x.ID) {
			lost["main"][x.ID] = time.Unix(x.Vanished, 0).UTC()
		}
	}
	for _, x := range s.company.Site.Customers {
		if x.Vanished > first.Unix() && x.Vanished < first.AddDate(0, 0, 9).Unix() && paying("emea", x.ID) {
			lost["emea"][x.ID] = time.Unix(x.Vanished, 0).UTC()
		}
	}
	last := first.AddDate(0, 0, 8)
	for source, customers := range lost {
		if len(customers) == 0 {
			t.Fatalf("nobody vanishes from %s: the company is no test", source)
		}
		for id, at := range customers {
			if at.After(last) {
				t.Fatalf("%s vanishes from %s at %s, too late for the test", id, source, at)
			}
		}
	}
	s.sync()
	gone := map[string]int{}
	for day := 8; day <= 9; day++ {
		s.present.Store(first.AddDate(0, 0, day).Unix())
		var r pipeline.Receipt
		if err := json.Unmarshal([]byte(s.sync("--json")), &r); err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, "field") }) {
			t.Errorf("day %d, on which no field is gone: %q", day, r.Warnings)
		}
		for _, source := range r.Sources {
			sweep := source.Sweep
			if sweep == nil {
				continue
			}
			t.Logf("day %d: %s: %+v", day, source.Source, *sweep)
			gone[source.Source] += sweep.Gone
			if sweep.Asked != sweep.Due || sweep.Requests == 0 || sweep.Requests > 100 {
				t.Errorf("day %d: %s: %+v", day, source.Source, *sweep)
			}
		}
	}
	today := billing.DateOf(s.now(), time.UTC) - 1
	if v := s.judge(today, true); !v.Exact() {
		t.Errorf("the last day is not the truth: %+v\n%s", v, differences(v))
	}
	for source, customers := range lost {
		if gone[source] < len(customers) {
			t.Errorf("%s: %d are gone, want at least %d", source, gone[source], len(customers))
		}
	}
	s.ended(lost, last)
	s.unexpanded()
}

// ended holds the churn of customers who vanished against when they did, and
// when that was found out.
func (s *town) ended(lost map[string]map[string]time.Time, last time.Time) {
	s.Helper()
	w := s.open()
	defer w.Close()
	for source, customers := range lost {
		for id, at := range customers {
			var ends []string
			rows, err := w.Conn().Query(s.Context(), "SELECT toString(date) FROM mrr.mrr_movements WHERE customer_id = '"+id+"' AND movement = 'churn'")
			if err != nil {
				s.Fatal(err)
			}
			for rows.Next() {
				var day string
				if err := rows.Scan(&day); err != nil {
					s.Fatal(err)
				}
				ends = append(ends, day)
			}
			if err := rows.Close(); err != nil {
				s.Fatal(err)
			}
			// Not before it vanished, and no later than the night that found it.
			from, to := at.Format(time.DateOnly), last.Format(time.DateOnly)
			if !slices.ContainsFunc(ends, func(day string) bool { return day >= from && day <= to }) {
				s.Errorf("%s vanished from %s on %s, and churned on %v", id, source, from, ends)
			}
		}
	}
}

// unexpanded lets Stripe leave the price of an item unexpanded from a fortnight
// later on. The run says which field of which stream is gone, and so does status.
func (s *town) unexpanded() {
	s.Helper()
	s.present.Add(14 * 24 * 3600)
	unexpanded := func(o map[string]any) {
		items, _ := o["items"].(map[string]any)
		list, _ := items["data"].([]any)
		for _, item := range list {
			if price, ok := item.(map[string]any)["price"].(map[string]any); ok {
				item.(map[string]any)["price"] = price["id"]
			}
		}
	}
	s.bend.Store(&unexpanded)
	var loud pipeline.Receipt
	if err := json.Unmarshal([]byte(s.mrrsync(exitPartial, "sync", "--json")), &loud); err != nil {
		s.Fatal(err)
	}
	const want = "stream events: the subscription's field items.data.price.id (API version 2023-10-16) was there in 100.0 % of"
	if !slices.ContainsFunc(loud.Warnings, func(w string) bool { return strings.Contains(w, want) }) {
		s.Errorf("no warning says %q: %q", want, loud.Warnings)
	}
	if status := s.mrrsync(exitDone, "status"); !strings.Contains(status, "warning: source main: "+want) {
		s.Errorf("status does not warn:\n%s", status)
	}
}
