package chargebee

import (
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mrrsync/config"
	"mrrsync/connectors"
)

// farAway is a site at the end of a slow line, in a bubble's time.
type farAway struct{ site http.Handler }

func (f farAway) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := connectors.Sleep(req.Context(), 100*time.Millisecond); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	f.site.ServeHTTP(w, req)
	resp := w.Result()
	resp.Request = req
	return resp, nil
}

// archive is a site with years of invoices: now and then one, in bursts, and four
// pages of them in one second.
func archive(t *testing.T, invoices int) *fakeSite {
	site := newFakeSite(t, 2)
	at := int(fakeNow.Unix()) - 900*86400
	for i := range invoices {
		switch {
		case i%400 < 40:
		case i%7 == 0:
			at += 40_000
		default:
			at += 9_000 / (1 + i/300)
		}
		site.add(kindInvoice, map[string]any{"id": fmt.Sprintf("inv_%05d", i), "customer_id": "cus_1", "status": "paid", "date": at, "updated_at": at, "resource_version": at * 1000})
	}
	return site
}

// invoicesPulled are the site's invoices on from a cursor.
func invoicesPulled(t *testing.T, site *fakeSite, concurrency int, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
	t.Helper()
	text := fmt.Sprintf("site: acme-test\napi_key: env:KEY\nbase_url: http://site.test\nrequests_per_second: 1000\npage_size: 10\nconcurrency: %d\n", concurrency)
	section, err := config.ParseSection("mrrsync.yaml", []byte(text), func(string) string { return "cb_key_1" })
	if err != nil {
		t.Fatal(err)
	}
	c, err := Open(connectors.Options{Source: "emea", Settings: section, Now: at(fakeNow), Zone: time.UTC, Logger: quiet, Transport: farAway{site}})
	if err != nil {
		t.Fatal(err)
	}
	return c.Pull(t.Context(), "invoices", since)
}

// invoicesOf pulls the site's invoices on from a cursor, and gives the pages to
// each.
func invoicesOf(t *testing.T, site *fakeSite, concurrency int, since connectors.Cursor, each func(connectors.Page)) {
	t.Helper()
	for p, err := range invoicesPulled(t, site, concurrency, since) {
		if err != nil {
			t.Fatal(err)
		}
		each(p)
	}
}

// TestPieces says that a long list is read in several places at once, at the cost
// of hardly more requests than it has pages, and from every cursor on.
func TestPieces(t *testing.T) {
	const invoices = 2400
	resumed := 40 // from one page in so many on
	if testing.Short() {
		resumed = 120
	}
	took, asked := map[int]time.Duration{}, map[int]int{}
	for _, concurrency := range []int{1, 8} {
		synctest.Test(t, func(t *testing.T) {
			site := archive(t, invoices)
			began := time.Now()
			var pages []connectors.Page
			invoicesOf(t, site, concurrency, "", func(p connectors.Page) { pages = append(pages, p) })
			took[concurrency], asked[concurrency] = time.Since(began), site.count("invoices")
			before := map[string]bool{}
			for i, p := range pages {
				for _, o := range p.Objects {
					before[o.ID] = true
				}
				if i%resumed != 5 && i != len(pages)-1 {
					continue
				}
				all := maps.Clone(before)
				invoicesOf(t, site, concurrency, p.Cursor, func(p connectors.Page) {
					for _, o := range p.Objects {
						all[o.ID] = true
					}
				})
				if len(all) != invoices {
					t.Errorf("%d at a time: on from page %d there are %d invoices, want %d", concurrency, i, len(all), invoices)
				}
			}
			if len(before) != invoices {
				t.Errorf("%d at a time: %d invoices, want %d", concurrency, len(before), invoices)
			}
		})
	}
	t.Logf("one at a time %d requests in %s, eight at a time %d in %s", asked[1], took[1], asked[8], took[8])
	if took[8]*4 > took[1] || asked[8] > asked[1]+asked[1]/20+3 {
		t.Error("want a quarter of the time, for five requests in a hundred more")
	}
}

// forgetful makes a site lose places of the lists that are read in pieces.
func forgetful(site *fakeSite, forgets func(offset string) bool) {
	site.answer = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		q := r.URL.Query()
		if q.Get("offset") == "" || q.Get("date[between]") == "" || !forgets(q.Get("offset")) {
			return false
		}
		site.fail(w, 400, "invalid_request", "offset", "invalid offset")
		return true
	}
}

// TestPiecesFindTheirPlace loses every fifth place, once.
func TestPiecesFindTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := archive(t, 1000)
		var mu sync.Mutex
		places, lost := map[string]bool{}, 0
		forgetful(site, func(offset string) bool {
			mu.Lock()
			defer mu.Unlock()
			if places[offset] {
				return false
			}
			places[offset] = true
			if len(places)%5 != 0 {
				return false
			}
			lost++
			return true
		})
		all := map[string]bool{}
		invoicesOf(t, site, 8, "", func(p connectors.Page) {
			for _, o := range p.Objects {
				all[o.ID] = true
			}
		})
		if len(all) != 1000 || lost < 10 {
			t.Errorf("%d invoices, %d places lost, want 1000 and some", len(all), lost)
		}
	})
}

// TestPiecesGiveUp lets a second of four pages never be read to its end: the site
// says so, and is not asked for ever.
func TestPiecesGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := archive(t, 1000)
		forgetful(site, func(offset string) bool { return strings.Contains(offset, "inv_0042") })
		var failure error
		for _, err := range invoicesPulled(t, site, 8, "") {
			failure = err
		}
		if failure == nil || !strings.Contains(failure.Error(), "invalid offset") {
			t.Errorf("error %v, want the site's", failure)
		}
		if n := site.count("invoices"); n > 300 {
			t.Errorf("%d requests", n)
		}
	})
}

// TestDatelessLists says that a list of which an object does not say when it was
// made is read page by page, wherever such objects are sorted to.
func TestDatelessLists(t *testing.T) {
	for _, date := range []any{nil, 0, int(fakeNow.Unix()) + 5} {
		synctest.Test(t, func(t *testing.T) {
			site := archive(t, 300)
			odd := map[string]any{"id": "inv_odd", "customer_id": "cus_1", "status": "pending", "updated_at": int(fakeNow.Unix()) - 5}
			if date != nil {
				odd["date"] = date
			}
			site.add(kindInvoice, odd)
			all := map[string]bool{}
			invoicesOf(t, site, 8, "", func(p connectors.Page) {
				for _, o := range p.Objects {
					all[o.ID] = true
				}
			})
			if !all["inv_odd"] || len(all) != 301 {
				t.Errorf("date %v: %d invoices, the odd one among them: %v", date, len(all), all["inv_odd"])
			}
			ranges := slices.ContainsFunc(site.requests, func(u *url.URL) bool { return u.Query().Get("date[between]") != "" })
			if dated := date != nil && date != 0; ranges != dated {
				t.Errorf("date %v: asked in ranges: %v", date, ranges)
			}
		})
	}
}
