package main

import (
	"testing"
	"time"

	"mrrsync/connectors"
)

// The progress line says what is waited for: the provider's limit, a fault of
// its, or our own limit; and nothing while work keeps its pace.
func TestWaiting(t *testing.T) {
	for _, c := range []struct {
		request connectors.Request
		text    string
		lasts   time.Duration
	}{
		{connectors.Request{Path: "/v1/invoices", Status: 429, Backoff: 2 * time.Second}, "/v1/invoices answered 429, its rate limit, next attempt in 2s", 2 * time.Second},
		{connectors.Request{Path: "/v1/invoices", Status: 502, Backoff: time.Second}, "/v1/invoices answered 502, next attempt in 1s", time.Second},
		{connectors.Request{Path: "/v1/invoices", Backoff: time.Second}, "/v1/invoices answered nothing, next attempt in 1s", time.Second},
		{connectors.Request{Status: 200, Waited: time.Second}, "requests wait for their turn: requests_per_second is the limit", 2 * time.Second},
		{connectors.Request{Status: 200, Waited: 50 * time.Millisecond}, "", 0},
	} {
		if text, lasts := waiting(c.request); text != c.text || lasts != c.lasts {
			t.Errorf("%+v: %q for %s", c.request, text, lasts)
		}
	}
}
