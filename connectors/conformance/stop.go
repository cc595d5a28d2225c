package conformance

import (
	"context"
	"errors"
	"net/http"
	"testing/synctest"
	"time"

	"mrrsync/connectors"
)

// consumerMayStop ends pulls after their first and second page. What they leave
// running is found when the bubble ends.
func consumerMayStop(b *bench) {
	names, _ := b.open()
	for _, stream := range names.Streams() {
		for _, after := range []int{1, 2} {
			c, w := b.open()
			pages := 0
			for _, err := range c.Pull(b.ctx, stream, "") {
				if err != nil {
					b.errorf("pull %s: %v", stream, err)
					break
				}
				if pages++; pages == after {
					break
				}
			}
			synctest.Wait()
			before := w.requests()
			if err := wait(b.ctx, time.Hour); err != nil {
				b.fatalf("wait: %v", err)
			}
			if n := w.requests() - before; n > 0 {
				b.errorf("stream %s: %d requests were made after the consumer had stopped", stream, n)
			}
		}
	}
}

func endedContextAsksNothing(b *bench) {
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	names, _ := b.open()
	try := func(what string, call func(connectors.Connector) error) {
		c, w := b.open()
		began := clock()
		if err := call(c); !errors.Is(err, context.Canceled) {
			b.errorf("%s in a cancelled context gives %v, want context.Canceled", what, err)
		}
		if n := w.requests(); n > 1 {
			b.errorf("%s in a cancelled context makes %d requests", what, n)
		}
		if d := clock().Sub(began); d > time.Second {
			b.errorf("%s in a cancelled context takes %s", what, d)
		}
	}
	if b.s.API != nil {
		try("Account", func(c connectors.Connector) error {
			_, err := c.Account(ctx)
			return err
		})
	}
	try("Check", func(c connectors.Connector) error { return c.Check(ctx) })
	for _, stream := range names.Streams() {
		try("Pull of "+string(stream), func(c connectors.Connector) error {
			for _, err := range c.Pull(ctx, stream, "") {
				return err
			}
			return nil
		})
	}
}

// cancelEndsPull cancels when the first page has come. Through HTTP every
// answer takes a second, so that the requests under way are known.
func cancelEndsPull(b *bench) {
	names, _ := b.open()
	for _, stream := range names.Streams() {
		var w *wire
		if b.s.API != nil {
			w = newWire(b.s.API.Handler)
			w.latency = time.Second
		}
		c := b.openWith(b.s, b.options(w, b.s))
		ctx, cancel := context.WithCancel(b.ctx)
		var last error
		var at time.Time
		pages, asked := 0, 0
		for _, err := range c.Pull(ctx, stream, "") {
			if last = err; err != nil {
				break
			}
			if pages++; pages == 1 {
				synctest.Wait()
				asked, at = w.requests(), clock()
				cancel()
			}
		}
		cancel()
		switch {
		case pages > 2:
			b.errorf("stream %s yields %d more pages after the context ended", stream, pages-1)
		case last != nil && !errors.Is(last, context.Canceled):
			b.errorf("stream %s ends with %v, want context.Canceled", stream, last)
		}
		if at.IsZero() {
			continue
		}
		if n := w.requests() - asked; n > 1 {
			b.errorf("stream %s makes %d requests after the context ended", stream, n)
		}
		if d := clock().Sub(at); d > 2*time.Second {
			b.errorf("stream %s goes on for %s after the context ended", stream, d)
		}
	}
}

// cancelEndsWait cancels while the provider has asked for an hour's patience.
func cancelEndsWait(b *bench) {
	names, _ := b.open()
	busy := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"error":{"message":"rate limit"},"message":"rate limit"}`))
	})
	for _, stream := range names.Streams() {
		ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
		began := clock()
		var last error
		for _, err := range b.openOn(newWire(busy)).Pull(ctx, stream, "") {
			last = err
		}
		cancel()
		if d := clock().Sub(began); !errors.Is(last, context.DeadlineExceeded) || d > 11*time.Second {
			b.errorf("stream %s ends after %s with %v, want the context's end after 10s", stream, d, last)
		}
	}
}
