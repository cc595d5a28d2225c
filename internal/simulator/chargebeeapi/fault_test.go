package chargebeeapi

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"mrrsync/internal/simulator/site"
	"mrrsync/internal/simulator/wire"
)

func TestFaults(t *testing.T) {
	serve := func(spec string) *httptest.Server {
		f, err := wire.ParseFaults(spec, 3)
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(New(handmade(30, site.Items), Options{Faults: f}))
		t.Cleanup(s.Close)
		return s
	}
	ask := func(base, path string) (*http.Response, string, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/v2/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("test_x", "")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, "", err
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		return resp, string(b), err
	}
	for _, c := range []struct {
		name, spec string
		is         func(*http.Response, string, error) bool
	}{
		{"too many a minute", "429=2", func(r *http.Response, b string, _ error) bool {
			return r.StatusCode == 429 && r.Header.Get("Retry-After") != "" && strings.Contains(b, "api_request_limit_exceeded")
		}},
		{"too many at once", "lock=2", func(r *http.Response, b string, _ error) bool {
			return r.StatusCode == 429 && r.Header.Get("Retry-After") == "" && strings.Contains(b, "concurrent")
		}},
		{"error", "500=2", func(r *http.Response, b string, _ error) bool {
			return r.StatusCode == 500 && strings.Contains(b, "internal_error")
		}},
		{"temporary error", "500=2", func(r *http.Response, b string, _ error) bool {
			return r.StatusCode == 503 && strings.Contains(b, "internal_temporary_error")
		}},
		{"html", "html=2", func(r *http.Response, b string, _ error) bool {
			return r.StatusCode == 502 && strings.HasPrefix(b, "<html>")
		}},
		{"reset", "reset=2", func(r *http.Response, _ string, err error) bool { return r == nil && err != nil }},
		{"cut off", "truncate=2", func(r *http.Response, b string, err error) bool {
			return r != nil && err == nil && !json.Valid([]byte(b))
		}},
		{"broken off", "truncate=2", func(r *http.Response, _ string, err error) bool { return r != nil && err != nil }},
		{"empty page", "empty-page=2", func(_ *http.Response, b string, _ error) bool {
			return strings.Contains(b, `"list":[],"next_offset":`)
		}},
		{"no list", "empty-page=2", func(_ *http.Response, b string, _ error) bool { return strings.TrimSpace(b) == "{}" }},
		{"denied", "denied=2", func(r *http.Response, b string, _ error) bool {
			return r.StatusCode == 403 && strings.Contains(b, "api_authorization_failed")
		}},
	} {
		s := serve(c.spec)
		good, bad := 0, 0
		for range 80 {
			r, body, err := ask(s.URL, "customers?limit=3")
			switch {
			case r != nil && r.StatusCode == 200 && err == nil && json.Valid([]byte(body)) && strings.Contains(body, `"list":[{`):
				good++
			case c.is(r, body, err):
				bad++
			}
		}
		if good == 0 || bad == 0 {
			t.Errorf("%s: %d good answers and %d with this fault among 80", c.name, good, bad)
		}
	}
}

// An empty page's offset leads on: who follows it sees everything.
func TestEmptyPagesLeadOn(t *testing.T) {
	f := wire.Faults{Seed: 1, OneIn: map[wire.Fault]int{wire.EmptyPage: 3}}
	for _, order := range []string{"sort_by[asc]=created_at", "sort_by[desc]=created_at", "sort_by[asc]=updated_at"} {
		h := New(handmade(60, site.Items), Options{Faults: f})
		seen, offset := map[string]bool{}, ""
		for range 500 {
			_, _, body := get(t, h, "customers?include_deleted=true&limit=5&"+order+"&offset="+url.QueryEscape(offset))
			var p page
			if err := json.Unmarshal(body, &p); err != nil {
				t.Fatal(err)
			}
			if p.List == nil { // asked again
				continue
			}
			for _, x := range p.List {
				seen[string(x["customer"][:20])] = true
			}
			if offset = p.Next; offset == "" {
				break
			}
		}
		if len(seen) != 60 {
			t.Errorf("%s: %d of 60 customers seen", order, len(seen))
		}
	}
}

func TestDuplicatePage(t *testing.T) {
	h := New(handmade(30, site.Items), Options{Faults: wire.Faults{OneIn: map[wire.Fault]int{wire.DuplicatePage: 1}}})
	one := fetch(t, h, "invoices?limit=4")
	two := fetch(t, h, "invoices?limit=4&offset="+url.QueryEscape(one.Next))
	if a, b := string(one.List[0]["invoice"]), string(two.List[0]["invoice"]); a != b || len(two.List) != 4 || two.Next != one.Next {
		t.Errorf("the page after an offset, with duplicates, is not the page before: next %q and %q\n%.200s\n%.200s", one.Next, two.Next, a, b)
	}
}

func TestMutateMovesThePresent(t *testing.T) {
	h := New(handmade(3, site.Items), Options{Faults: wire.Faults{Seed: 3, OneIn: map[wire.Fault]int{wire.Mutate: 1}}})
	before := h.Now()
	for range 3000 {
		fetch(t, h, "customers")
	}
	if !h.Now().After(before) || h.Now().Truncate(24*time.Hour) != before.Truncate(24*time.Hour) {
		t.Errorf("the present moved from %v to %v; it must move, but stay within its day", before, h.Now())
	}
}

// Old events speak version 1; what a change did is never told in it alone.
func TestOldEvents(t *testing.T) {
	x := handmade(30, site.Items)
	for i, e := range x.Events {
		e.Type = []string{"subscription_renewed", "subscription_changed", "customer_changed"}[i%3]
	}
	h := New(x, Options{Faults: wire.Faults{Seed: 3, OneIn: map[wire.Fault]int{wire.OldEvents: 2}}})
	old := map[string]int{}
	for _, raw := range dump(t, h, "event", "events?limit=100") {
		var e struct {
			Version string `json:"api_version"`
			Type    string `json:"event_type"`
			Content struct {
				Subscription struct {
					ResourceVersion int64 `json:"resource_version"`
				}
			}
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		if e.Version == "v1" {
			old[e.Type]++
			if e.Content.Subscription.ResourceVersion != 0 {
				t.Errorf("an object of version 1 has a resource_version: %.300s", raw)
			}
		}
	}
	if old["subscription_changed"] != 0 || old["subscription_renewed"] == 0 || old["customer_changed"] == 0 {
		t.Errorf("old events by type: %v", old)
	}
}

// Every whole number that Options.Plain would keep plain is on some rows a float.
func TestOddNumbers(t *testing.T) {
	x := handmade(3, site.Items)
	x.Subscriptions[1].Ref = 7 << 20
	_, _, odd := get(t, New(x, Options{}), "subscriptions?limit=100")
	_, _, plain := get(t, New(x, Options{Plain: true}), "subscriptions?limit=100")
	if strings.Count(string(odd), `"quantity":1.0,`) != 2 || strings.Contains(string(plain), ".0,") {
		t.Errorf("odd:\n%.900s\nplain:\n%.900s", odd, plain)
	}
}
