package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"mrrsync/connectors/billing"
	"mrrsync/internal/pipeline"
	"mrrsync/internal/simulator"
)

// TestVanished looks every fourth night at a company some of whose customers
// vanish, at both providers, with all they had: no list and no event tells. The
// search for them finds each within the days it promises, the receipt counts
// them, and after that the warehouse is the truth again.
func TestVanished(t *testing.T) {
	first := time.Date(2026, 2, 1, 3, 0, 0, 0, time.UTC)
	s := newTown(t, simulator.Config{Seed: 5, Customers: 60, Months: 8, Now: first, Until: first.AddDate(0, 0, 20), Vanishing: 4})
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
		if x.Vanished > first.Unix() && x.Vanished < first.AddDate(0, 0, 17).Unix() && paying("main", x.ID) {
			lost["main"][x.ID] = time.Unix(x.Vanished, 0).UTC()
		}
	}
	for _, x := range s.company.Site.Customers {
		if x.Vanished > first.Unix() && x.Vanished < first.AddDate(0, 0, 17).Unix() && paying("emea", x.ID) {
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
	for day := 4; day <= 16; day += 4 {
		s.present.Store(first.AddDate(0, 0, day).Unix())
		var r pipeline.Receipt
		if err := json.Unmarshal([]byte(s.sync("--json")), &r); err != nil {
			t.Fatal(err)
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
	w := s.open()
	defer w.Close()
	for source, customers := range lost {
		if gone[source] < len(customers) {
			t.Errorf("%s: %d are gone, want at least %d", source, gone[source], len(customers))
		}
		for id, at := range customers {
			var ends []string
			rows, err := w.Conn().Query(t.Context(), "SELECT toString(date) FROM mrr.mrr_movements WHERE customer_id = '"+id+"' AND movement = 'churn'")
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
				var day string
				if err := rows.Scan(&day); err != nil {
					t.Fatal(err)
				}
				ends = append(ends, day)
			}
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
			// Not before it vanished, and no later than the night that had to find it.
			from, to := at.Format(time.DateOnly), at.AddDate(0, 0, 11).Format(time.DateOnly)
			if !slices.ContainsFunc(ends, func(day string) bool { return day >= from && day <= to }) {
				t.Errorf("%s vanished from %s on %s, and churned on %v", id, source, from, ends)
			}
		}
	}
}

// TestFieldsVanish lets Stripe leave the price of an item unexpanded, from one
// day on, in a company of which a normal fortnight gives no warning. The run
// says which field of which stream is gone, and so does status.
func TestFieldsVanish(t *testing.T) {
	first := time.Date(2026, 2, 1, 3, 0, 0, 0, time.UTC)
	s := newTown(t, simulator.Config{Seed: 7, Customers: 60, Months: 4, Now: first, Until: first.AddDate(0, 0, 30)})
	s.sync()
	s.present.Store(first.AddDate(0, 0, 12).Unix())
	var quiet, loud pipeline.Receipt
	if err := json.Unmarshal([]byte(s.sync("--json")), &quiet); err != nil || len(quiet.Warnings) > 0 {
		t.Fatalf("a fortnight like any other: %v, %q", err, quiet.Warnings)
	}
	s.present.Store(first.AddDate(0, 0, 25).Unix())
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
	if err := json.Unmarshal([]byte(s.mrrsync(exitPartial, "sync", "--json")), &loud); err != nil {
		t.Fatal(err)
	}
	const want = "stream events: the subscription's field items.data.price.id (API version 2023-10-16) was there in 100.0 % of"
	if !slices.ContainsFunc(loud.Warnings, func(w string) bool { return strings.Contains(w, want) && strings.Contains(w, "now in 0.0 % of") }) {
		t.Errorf("no warning says %q: %q", want, loud.Warnings)
	}
	if status := s.mrrsync(exitDone, "status"); !strings.Contains(status, "warning: source main: "+want) {
		t.Errorf("status does not warn:\n%s", status)
	}
}
