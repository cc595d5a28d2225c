package stripe_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors"
	"mrrsync/internal/simulator/company"
	"mrrsync/internal/simulator/stripeapi"
	"mrrsync/internal/simulator/wire"
)

var present = time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)

func still() time.Time { return present }

func small() *company.Company {
	return company.New(company.Config{Seed: 7, Customers: 60, Months: 8, Now: present})
}

// content is what a shelf holds, without when it was seen.
func (s *shelf) content() map[string][]string {
	all := map[string][]string{}
	for k, versions := range s.objects {
		if strings.HasPrefix(k, "watch/") {
			continue
		}
		for _, o := range versions {
			all[k] = append(all[k], string(o.Payload))
		}
	}
	return all
}

func pulled(t *testing.T, c connectors.Connector) *shelf {
	t.Helper()
	s := newShelf()
	if err := s.pull(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return s
}

// A run killed after any page goes on from that page's cursor without losing an
// object, in a new process.
func TestResumeFromEveryCursor(t *testing.T) {
	server := httptest.NewServer(stripeapi.New(small(), stripeapi.Options{}))
	defer server.Close()
	connect := func() connectors.Connector { return open(t, server.URL, still, "page_size: 7\nconcurrency: 3\n") }
	want := pulled(t, connect()).content()
	resumed := 0
	for _, stream := range connect().Streams() {
		whole := map[string]bool{}
		var cursors []connectors.Cursor
		var landed []map[string]bool
		for page, err := range connect().Pull(t.Context(), stream, "") {
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range page.Objects {
				whole[o.Kind+"/"+o.ID] = true
			}
			cursors = append(cursors, page.Cursor)
			landed = append(landed, maps.Clone(whole))
		}
		step := 1 + len(cursors)/12 // every cursor of short streams, a dozen of long ones
		for i := 0; i < len(cursors); i += step {
			resumed++
			have := landed[i]
			var last connectors.Cursor
			for page, err := range connect().Pull(t.Context(), stream, cursors[i]) {
				if err != nil {
					t.Fatalf("stream %s from cursor %d: %v", stream, i, err)
				}
				for _, o := range page.Objects {
					have[o.Kind+"/"+o.ID] = true
				}
				last = page.Cursor
			}
			if last == "" {
				t.Fatalf("stream %s from cursor %d: no page", stream, i)
			}
			for k := range whole {
				if !have[k] && !strings.HasPrefix(k, "watch/") {
					t.Errorf("stream %s from cursor %d: %s is lost", stream, i, k)
				}
			}
		}
	}
	if resumed < 30 { // how many there are depends on how the workers share the slices
		t.Errorf("only %d cursors were tried", resumed)
	}
	if len(want) < 500 {
		t.Errorf("the company has only %d objects", len(want))
	}
}

// Whatever the provider does on the way, what lands is the same.
func TestFaultsChangeNothing(t *testing.T) {
	co := small()
	good := httptest.NewServer(stripeapi.New(co, stripeapi.Options{}))
	defer good.Close()
	const keys = "page_size: 20\n"
	want := pulled(t, open(t, good.URL, still, keys)).content()
	for _, spec := range []string{
		"429=9", "lock=9", "500=9", "html=9", "reset=9", "truncate=9", "empty-page=5", "duplicate-page=5",
		"429=25,lock=25,500=25,html=25,reset=25,truncate=25,empty-page=12,duplicate-page=12",
	} {
		t.Run(spec, func(t *testing.T) {
			t.Parallel()
			faults, err := wire.ParseFaults(spec, 3)
			if err != nil {
				t.Fatal(err)
			}
			bad := httptest.NewServer(stripeapi.New(co, stripeapi.Options{Faults: faults}))
			defer bad.Close()
			got := pulled(t, open(t, bad.URL, still, keys)).content()
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("what landed differs:\n%.2000s", d)
			}
		})
	}
}

// A second pull asks only for what changed, and lands nothing but the watch.
func TestSecondPullIsIdle(t *testing.T) {
	api := stripeapi.New(small(), stripeapi.Options{})
	server := httptest.NewServer(api)
	defer server.Close()
	s := pulled(t, open(t, server.URL, still, ""))
	landed := s.landed
	api.Reset()
	if err := s.pull(t.Context(), open(t, server.URL, still, "")); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]int{"GET /v1/events": 3}, api.Requests()); d != "" {
		t.Errorf("requests: %s", d)
	}
	if s.landed != landed {
		t.Errorf("%d objects landed again", s.landed-landed)
	}
}

func TestPullStopsWithItsContext(t *testing.T) {
	var asked atomic.Int64
	inner := stripeapi.New(small(), stripeapi.Options{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		inner.ServeHTTP(w, r)
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var after int64
	var last error
	for _, err := range open(t, server.URL, still, "page_size: 3\nconcurrency: 4\n").Pull(ctx, "invoices", "") {
		if last = err; err != nil {
			break
		}
		if after == 0 {
			cancel()
			after = asked.Load()
		}
	}
	cancel()
	if !errors.Is(last, context.Canceled) {
		t.Errorf("the pull ended with %v", last)
	}
	if n := asked.Load(); n > after+4 {
		t.Errorf("%d requests after the context ended", n-after)
	}
}

// However a pull ends, it leaves nothing running.
func TestPullLeavesNoGoroutine(t *testing.T) {
	inner := stripeapi.New(small(), stripeapi.Options{})
	server := httptest.NewServer(inner)
	defer server.Close()
	before := runtime.NumGoroutine()
	for range 5 {
		for range open(t, server.URL, still, "page_size: 3\nconcurrency: 8\n").Pull(t.Context(), "invoices", "") {
			break
		}
	}
	server.CloseClientConnections()
	for range 100 {
		if runtime.NumGoroutine() <= before+2 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	buf := make([]byte, 1<<16)
	t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
}

func TestGapAsksForAFullListing(t *testing.T) {
	now := present
	server := httptest.NewServer(stripeapi.New(small(), stripeapi.Options{}))
	defer server.Close()
	c := open(t, server.URL, func() time.Time { return now }, "")
	s := pulled(t, c)
	now = present.AddDate(0, 0, 31)
	for _, err := range c.Pull(t.Context(), "events", s.cursors["events"]) {
		if !errors.Is(err, connectors.ErrGap) {
			t.Errorf("got %v, want ErrGap", err)
		}
		return
	}
	t.Error("no page and no error")
}

func TestCheckNamesEveryProblem(t *testing.T) {
	co := small()
	denied := httptest.NewServer(stripeapi.New(co, stripeapi.Options{Denied: []string{"invoices", "coupons"}}))
	defer denied.Close()
	err := open(t, denied.URL, still, "").Check(t.Context())
	if !errors.Is(err, connectors.ErrDenied) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"source main", "stream invoices", "Invoices: Read", "stream coupons", "Coupons: Read"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "customers") {
		t.Errorf("a stream that can be read is named: %v", err)
	}
	for _, err := range open(t, denied.URL, still, "").Pull(t.Context(), "invoices", "") {
		if !errors.Is(err, connectors.ErrDenied) || !strings.Contains(err.Error(), "Invoices: Read") {
			t.Errorf("pull: %v", err)
		}
	}

	locked := httptest.NewServer(stripeapi.New(co, stripeapi.Options{Key: "sk_test_other"}))
	defer locked.Close()
	err = open(t, locked.URL, still, "").Check(t.Context())
	if !errors.Is(err, connectors.ErrDenied) || !strings.Contains(err.Error(), "api_key") || strings.Count(err.Error(), "401") != 1 {
		t.Errorf("wrong key: %v", err)
	}
	if strings.Contains(err.Error(), "sk_test_1") {
		t.Errorf("the key shows in %v", err)
	}
	good := httptest.NewServer(stripeapi.New(co, stripeapi.Options{}))
	defer good.Close()
	if err := open(t, good.URL, still, "").Check(t.Context()); err != nil {
		t.Errorf("a good key: %v", err)
	}
	account, err := open(t, good.URL, still, "").Account(t.Context())
	if err != nil || !strings.HasPrefix(account, "acct_") || !strings.HasSuffix(account, " test") {
		t.Errorf("account %q, %v", account, err)
	}
}

func TestMalformedPageNamesTheObject(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"object":"list","has_more":false,"data":[{"id":"cus_1","object":"customer"},{"id":"cus_2","object":}]}`))
	}))
	defer server.Close()
	for _, err := range open(t, server.URL, still, "").Pull(t.Context(), "customers", "") {
		if err == nil || !strings.Contains(err.Error(), "after cus_1") {
			t.Errorf("got %v", err)
		}
	}
}

func TestBadCursor(t *testing.T) {
	c := open(t, "http://127.0.0.1:1", still, "")
	for _, cursor := range []connectors.Cursor{"x", `{"v":9}`, `{"v":1,"spans":[{"from":5,"to":1}]}`, `{"v":1,"spans":[{"from":1,"to":5,"group":99}]}`} {
		for _, err := range c.Pull(t.Context(), "events", cursor) {
			if err == nil || !strings.Contains(err.Error(), "cursor") {
				t.Errorf("cursor %s: %v", cursor, err)
			}
		}
	}
}

// Nothing personal lands that the privacy rules drop.
func TestPersonalFieldsDoNotLand(t *testing.T) {
	server := httptest.NewServer(stripeapi.New(small(), stripeapi.Options{}))
	defer server.Close()
	s := pulled(t, open(t, server.URL, still, ""))
	for k, versions := range s.objects {
		for _, o := range versions {
			if !json.Valid(o.Payload) {
				t.Fatalf("%s is not JSON: %.200s", k, o.Payload)
			}
			for _, key := range []string{`"email"`, `"phone"`, `"line1"`, `"postal_code"`, `"customer_email"`, `"hosted_invoice_url"`} {
				if strings.Contains(string(o.Payload), key) {
					t.Fatalf("%s holds %s: %.300s", k, key, o.Payload)
				}
			}
		}
	}
	kinds := map[string]int{}
	for k := range s.objects {
		kind, _, _ := strings.Cut(k, "/")
		kinds[kind]++
	}
	for _, kind := range []string{"customer", "product", "price", "coupon", "tax_rate", "subscription", "invoice", "event", "watch"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s landed; kinds are %v", kind, slices.Sorted(maps.Keys(kinds)))
		}
	}
}
