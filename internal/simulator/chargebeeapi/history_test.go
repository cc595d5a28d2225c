package chargebeeapi

import (
	"bytes"
	"testing"
	"time"

	"mrrsync/internal/simulator/site"
	"mrrsync/internal/simulator/wire"
)

// lists are the lists of a catalogue, whole, with deleted objects.
func lists(k site.Catalogue) map[string]string {
	all := map[string]string{}
	for name, e := range endpoints {
		if e.catalogue != 0 && e.catalogue != int(k) {
			continue
		}
		path := name + "?limit=100"
		if e.deletes {
			path += "&include_deleted=true"
		}
		all[e.object] = path
	}
	return all
}

// What is yet to come does not show: a site whose history is already known for
// two months more answers as one that ends today.
func TestNoForesight(t *testing.T) {
	now := time.Date(2026, 2, 27, 9, 0, 0, 0, time.UTC)
	start := time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC)
	for _, k := range []site.Catalogue{site.Plans, site.Items} {
		c := site.Config{Seed: 3, Catalogue: k, Customers: 300, Months: 18, Now: now, Start: start}
		short := New(site.New(c), Options{})
		c.Until = now.AddDate(0, 2, 0)
		long := New(site.New(c), Options{})
		for object, path := range lists(k) {
			a, b := dump(t, short, object, path), dump(t, long, object, path)
			if len(a) != len(b) {
				t.Errorf("catalogue %d, %s: %d and %d objects", k, object, len(a), len(b))
				continue
			}
			wrong := 0
			for i := range a {
				if !bytes.Equal(a[i], b[i]) {
					if wrong++; wrong == 1 {
						t.Errorf("catalogue %d: a %s knows the future:\n%s\n%s", k, object, a[i], b[i])
					}
				}
			}
			if wrong > 0 {
				t.Errorf("catalogue %d, %s: %d of %d differ", k, object, wrong, len(a))
			}
		}
	}
}

// As the present moves on nothing vanishes, and a customer, a ramp or a credit
// note that changes says so by its updated_at.
func TestClockMoves(t *testing.T) {
	now := time.Date(2026, 2, 27, 9, 0, 0, 0, time.UTC)
	x := site.New(site.Config{Seed: 4, Customers: 200, Months: 12, Now: now, Until: now.AddDate(0, 0, 15)})
	at := now
	h := New(x, Options{Clock: func() time.Time { return at }})
	yesterday := map[string]string{}
	changes := 0
	for range 15 {
		today := map[string]string{}
		for _, object := range []string{"customer", "subscription", "invoice", "credit_note", "ramp"} {
			for _, raw := range dump(t, h, object, lists(site.Items)[object]) {
				id := object + " " + string(top(raw, "id"))
				today[id] = string(raw)
				was, ok := yesterday[id]
				if !ok || was == string(raw) {
					continue
				}
				changes++
				dated := object == "customer" || object == "ramp" || object == "credit_note"
				if dated && bytes.Equal(top([]byte(was), "updated_at"), top(raw, "updated_at")) {
					t.Errorf("%s changed without a new updated_at:\n%s\n%s", id, was, raw)
				}
			}
		}
		for id := range yesterday {
			if today[id] == "" {
				t.Errorf("%s: %s of the day before is gone", at.Format(time.DateOnly), id)
			}
		}
		if len(today) <= len(yesterday) {
			t.Errorf("%s: nothing new", at.Format(time.DateOnly))
		}
		yesterday = today
		at = at.AddDate(0, 0, 1)
	}
	if changes == 0 {
		t.Error("nothing changed in fifteen days")
	}
}

// Readers in parallel see the same pages as one alone, faults apart.
func TestParallel(t *testing.T) {
	f, err := wire.ParseFaults("mutate=3,late-events=2", 1)
	if err != nil {
		t.Fatal(err)
	}
	x := town(6, 60, site.Items)
	h := New(x, Options{Faults: f, Rate: 1e6})
	want := len(dump(t, New(x, Options{}), "item_price", "item_prices?limit=50"))
	done := make(chan int)
	for range 6 {
		go func() {
			dump(t, h, "event", "events?limit=20")
			dump(t, h, "invoice", "invoices?limit=90&sort_by[asc]=updated_at")
			done <- len(dump(t, h, "item_price", "item_prices?limit=50"))
		}()
	}
	for range 6 {
		if got := <-done; got != want {
			t.Errorf("a reader among others sees %d prices, want %d", got, want)
		}
	}
	if n := h.Requests()["GET /api/v2/item_prices"]; n != 6*((want+49)/50) {
		t.Errorf("%d requests for prices counted", n)
	}
}
