package stripe_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mrrsync/config"
	"mrrsync/connectors"
	"mrrsync/connectors/stripe"
	"mrrsync/internal/simulator/company"
	"mrrsync/internal/simulator/stripeapi"
)

var lineCustomers = flag.Int("line.customers", 0, "how many customers TestLine reads (default a few)")

// line is a provider at the end of a slow line, in a bubble's time.
type line struct {
	provider http.Handler
	latency  time.Duration
	requests atomic.Int64
	parts    atomic.Int64 // of these, for the rest of a list inside an object
}

func (l *line) RoundTrip(req *http.Request) (*http.Response, error) {
	l.requests.Add(1)
	if p := req.URL.Path; strings.HasSuffix(p, "/lines") || p == "/v1/subscription_items" {
		l.parts.Add(1)
	}
	if err := connectors.Sleep(req.Context(), l.latency); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	l.provider.ServeHTTP(w, req)
	resp := w.Result()
	resp.Request = req
	return resp, nil
}

// everything pulls all streams as a run does, and counts what they bring.
func everything(ctx context.Context, c connectors.Connector) (objects int64, err error) {
	var n atomic.Int64
	read := func(s connectors.Stream) error {
		for page, err := range c.Pull(ctx, s, "") {
			if err != nil {
				return err
			}
			n.Add(int64(len(page.Objects)))
		}
		return nil
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, strand := range c.(connectors.Weaver).Strands() {
		wg.Go(func() {
			for _, s := range strand {
				if failed := read(s); failed != nil {
					mu.Lock()
					err = failed
					mu.Unlock()
				}
			}
		})
	}
	if wg.Wait(); err != nil {
		return 0, err
	}
	return n.Load(), read("events")
}

// TestLine says that over a slow line the limit of the provider is the limit of
// the pull: the permitted requests are all made, and nearly all of them are full
// pages. The time is a bubble's, so that neither this machine nor the simulator
// has a share in it.
func TestLine(t *testing.T) {
	customers := 1500
	if *lineCustomers > 0 {
		customers = *lineCustomers
	}
	co := company.New(company.Config{Seed: 7, Customers: customers, Months: 24, Now: present})
	for _, c := range []struct {
		rate, concurrency int
		busy, waste       float64 // of the limit, at least; requests per 1,000 objects, at most
	}{{25, 8, 0.88, 12.5}, {100, 24, 0.45, 13}} {
		t.Run(fmt.Sprintf("%d requests a second", c.rate), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &line{provider: stripeapi.New(co, stripeapi.Options{}), latency: 100 * time.Millisecond}
				text := fmt.Sprintf("api_key: env:KEY\nbase_url: http://stripe.test\nrequests_per_second: %d\nconcurrency: %d\n", c.rate, c.concurrency)
				section, err := config.ParseSection("test.yaml", []byte(text), func(string) string { return "sk_test_1" })
				if err != nil {
					t.Fatal(err)
				}
				conn, err := stripe.Open(connectors.Options{
					Source: "main", Settings: section, Now: still, Zone: time.UTC, Logger: slog.New(slog.DiscardHandler), Transport: l,
				})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				objects, err := everything(t.Context(), conn)
				if err != nil {
					t.Fatal(err)
				}
				took := time.Since(began).Seconds()
				requests, parts := float64(l.requests.Load()), float64(l.parts.Load())
				busy, waste := requests/took/float64(c.rate), (requests-parts)*1000/float64(objects)
				t.Logf("%d objects in %.1f s: %.0f a second; %.0f requests, %.1f a second, %.0f for parts of objects; %.2f others per 1,000 objects",
					objects, took, float64(objects)/took, requests, requests/took, parts, waste)
				if busy < c.busy || waste > c.waste {
					t.Errorf("%.3f of the permitted requests are made, want %.2f; %.2f of them per 1,000 objects, want %.1f", busy, c.busy, waste, c.waste)
				}
			})
		})
	}
}
