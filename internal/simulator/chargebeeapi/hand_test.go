package chargebeeapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"mrrsync/internal/simulator/reckon"
	"mrrsync/internal/simulator/site"
)

// day is a moment of the handmade site: d days after its founding.
func day(d int) int64 { return founded.Unix() + int64(d)*86_400 }

var founded = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// handmade is a small site whose every object the tests know: n customers, one
// a day, each with a subscription created in the second of its own creation
// (every fifth in the second of the one before), changed on day 40 plus its
// number, and an invoice. The present is day 30.
func handmade(n int, k site.Catalogue) *site.Site {
	pro := &site.Product{ID: "pro", Name: "Pro", Kind: site.Plan, Created: day(0)}
	seat := &site.Product{ID: "seat", Name: "Seat", Kind: site.Addon, Created: day(0), Renamed: day(20), NewName: "Chair"}
	prices := []*site.Price{
		{ID: "pro-USD", Name: "Pro USD", Product: pro, Currency: "USD", Created: day(0), Model: site.FlatFee, Unit: 5000 * site.Scale, Every: reckon.Monthly, Count: 1},
		{ID: "seat-USD", Name: "Seat USD", Product: seat, Currency: "USD", Created: day(0), Model: site.PerUnit, Unit: 700 * site.Scale, Every: reckon.Monthly, Count: 1, Archived: day(25)},
	}
	x := &site.Site{
		Config:  site.Config{Catalogue: k, Now: founded.AddDate(0, 0, 30)},
		Catalog: &site.Catalog{Products: []*site.Product{pro, seat}, Prices: prices},
	}
	for i := range n {
		at := day(0) + int64(i)*3600
		if i%5 == 4 {
			at -= 3600
		}
		c := &site.Customer{
			ID: fmt.Sprintf("cust%03d", i), Ref: site.Ref(i) << 28, Name: "Söhne & Co", Currency: "USD", Country: "DE", Undated: i%7 == 3, Tagged: i%2 == 0,
			Account: fmt.Sprintf("A%d", i), Versions: []site.CustomerVersion{{At: at, Email: "a@example.com", Owner: "ana"}},
		}
		if i%10 == 9 {
			c.Versions = append(c.Versions, site.CustomerVersion{At: day(29), Deleted: true})
		}
		u := &site.Subscription{ID: fmt.Sprintf("sub%03d", i), Ref: c.Ref | 1<<20, Customer: c, Currency: "USD", Created: at}
		items := []site.Item{{Price: prices[0], Quantity: 1, Unit: prices[0].Unit}, {Price: prices[1], Quantity: int64(i), Unit: prices[1].Unit, Free: 2}}
		v := site.Version{At: at, Version: at * 1000, Undated: i%7 == 3, Status: site.Active, Every: reckon.Monthly, Count: 1, Items: items, Term: site.Cycle{Start: at, End: at + 30*86_400}, Started: at, Activated: at, Remaining: -1}
		u.Versions = append(u.Versions, v)
		v.At, v.Status, v.Undated, v.Cancelled = day(40)+int64(i), site.Cancelled, false, day(40)+int64(i)
		v.Version = v.At * 1000
		u.Versions = append(u.Versions, v)
		if i%10 == 8 {
			v = u.Versions[0]
			v.At, v.Undated, v.Deleted = day(29), false, true
			u.Versions = []site.Version{u.Versions[0], v}
		}
		c.Subscriptions = []*site.Subscription{u}
		b := &site.Invoice{
			ID: fmt.Sprint(i + 1), Customer: c, Sub: u, Currency: "USD", Date: at, Paid: at + 60, Recurring: true, First: true,
			Lines: []site.Line{{ID: fmt.Sprintf("li%d", i), Entity: site.ForItem, Price: prices[0], From: at, To: at + 30*86_400, Quantity: 1, Unit: prices[0].Unit, Amount: 5000}},
		}
		u.Invoices = []*site.Invoice{b}
		x.Customers = append(x.Customers, c)
		x.Subscriptions = append(x.Subscriptions, u)
		x.Invoices = append(x.Invoices, b)
		x.Events = append(x.Events, &site.Event{Ref: site.Ref(i), ID: fmt.Sprintf("ev%03d", i), At: at, Type: "subscription_created", Source: "api", Sub: u})
		if i%4 == 0 {
			x.Ramps = append(x.Ramps, &site.Ramp{
				ID: fmt.Sprintf("ramp%03d", i), Sub: u, Created: at, Effective: day(10) + int64(i), Ends: site.Succeeded,
				Add: []site.Item{{Price: prices[1], Quantity: 5, Unit: prices[1].Unit}}, Remove: []*site.Price{prices[0]},
			})
		}
	}
	return x
}

// get asks a server for a path below /api/v2/ with its default key.
func get(t testing.TB, h http.Handler, path string) (int, http.Header, []byte) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/api/v2/"+path, nil)
	r.SetBasicAuth("test_key", "")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Header(), w.Body.Bytes()
}

type page struct {
	List []map[string]json.RawMessage
	Next string `json:"next_offset"`
}

// fetch reads one page.
func fetch(t testing.TB, h http.Handler, path string) page {
	t.Helper()
	code, _, body := get(t, h, path)
	var p page
	if err := json.Unmarshal(body, &p); err != nil || code != http.StatusOK {
		t.Fatalf("%s: %d %v\n%.500s", path, code, err, body)
	}
	return p
}

// dump reads a whole list, page by page, as the objects are written.
func dump(t testing.TB, h http.Handler, object, path string) []json.RawMessage {
	t.Helper()
	var all []json.RawMessage
	offset := ""
	for {
		p := fetch(t, h, path+offset)
		for _, x := range p.List {
			all = append(all, x[object])
		}
		if p.Next == "" {
			return all
		}
		offset = "&offset=" + url.QueryEscape(p.Next)
	}
}

// ids are the identifiers of objects.
func ids(t testing.TB, list []json.RawMessage) []string {
	t.Helper()
	out := make([]string, len(list))
	for i, raw := range list {
		var x struct{ ID string }
		if err := json.Unmarshal(raw, &x); err != nil {
			t.Fatal(err)
		}
		out[i] = x.ID
	}
	return out
}
