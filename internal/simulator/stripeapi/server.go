// Package stripeapi serves a simulated company as Stripe's API would, version
// 2023-10-16: its lists and cursors, what it hides until expanded, its errors,
// its thirty days of events. Objects are written straight from the company as
// of the present moment; nothing is stored, so the present can be any moment of
// the company's history and can move on between two requests.
package stripeapi

import (
	"encoding/base64"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mrrsync/internal/simulator/company"
)

// Options says how the API behaves. The zero value is a well-behaved one.
type Options struct {
	Key     string           // the secret key it accepts; empty: any key that begins with sk_ or rk_
	Clock   func() time.Time // the present; nil: the company's Now
	Latency time.Duration    // of every answer
	Rate    float64          // requests per second before it answers 429; 0 without limit
	Faults  Faults
	Denied  []string // streams the key may not read: customers, invoices, events ...
	Log     *slog.Logger
}

// Server is the API. It is an http.Handler.
type Server struct {
	c       *company.Company
	o       Options
	bytes   *catalogBytes
	events  map[company.Ref]*company.Event
	faults  *chaos
	bucket  bucket
	request atomic.Int64
	drift   atomic.Int64 // seconds that the present has moved on by faults

	mu     sync.Mutex
	counts map[string]int
}

// New serves a company.
func New(c *company.Company, o Options) *Server {
	if o.Clock == nil {
		now := c.Config.Now
		o.Clock = func() time.Time { return now }
	}
	s := &Server{c: c, o: o, bytes: newCatalogBytes(c), counts: map[string]int{}, events: make(map[company.Ref]*company.Event, len(c.Events))}
	for _, x := range c.Events {
		s.events[x.Ref] = x
	}
	s.faults = newChaos(o.Faults)
	s.bucket = bucket{rate: o.Rate}
	return s
}

// Now is the present as the API sees it.
func (s *Server) Now() time.Time {
	return s.o.Clock().Add(time.Duration(s.drift.Load()) * time.Second)
}

// Requests counts the requests since the last Reset, by method and path with
// identifiers left out: "GET /v1/invoices/:id".
func (s *Server) Requests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts)
}

// Reset forgets the counts.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.counts)
}

var buffers = sync.Pool{New: func() any { return &enc{b: make([]byte, 0, 1<<18)} }}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := s.request.Add(1)
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	s.count(r.Method, parts)
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Request-Id", "req_"+strconv.FormatInt(n+1_000_000_000, 36))
	h.Set("Stripe-Version", Version)
	if !s.wait(r) {
		return
	}
	if !s.bucket.take(time.Now()) {
		fail(w, rateLimited())
		return
	}
	if f := s.authorize(r); f != nil {
		fail(w, f)
		return
	}
	fault := s.faults.next()
	if s.misbehave(w, r, fault, parts) {
		return
	}
	e := buffers.Get().(*enc)
	defer buffers.Put(e)
	e.b = e.b[:0]
	if f := s.answer(e, r, parts, fault); f != nil {
		fail(w, f)
		return
	}
	e.b = append(e.b, '\n')
	s.send(w, r, e.b, fault)
}

func (s *Server) count(method string, parts []string) {
	path := method + " /" + strings.Join(parts, "/")
	if len(parts) > 2 {
		pattern := append([]string{}, parts...)
		pattern[2] = ":id"
		path = method + " /" + strings.Join(pattern, "/")
	}
	s.mu.Lock()
	s.counts[path]++
	s.mu.Unlock()
}

func (s *Server) wait(r *http.Request) bool {
	if s.o.Latency <= 0 {
		return true
	}
	t := time.NewTimer(s.o.Latency)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func fail(w http.ResponseWriter, f *failure) {
	w.WriteHeader(f.status)
	_, _ = w.Write(f.body()) // the client has gone; there is nobody to tell
}

func (s *Server) authorize(r *http.Request) *failure {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		if b, found := strings.CutPrefix(r.Header.Get("Authorization"), "Basic "); found {
			raw, err := base64.StdEncoding.DecodeString(b)
			if err == nil {
				key, _, _ = strings.Cut(string(raw), ":")
			}
		}
	}
	switch {
	case key == "":
		return unauthorized("")
	case s.o.Key != "" && key != s.o.Key:
		return unauthorized(key)
	case !strings.HasPrefix(key, "sk_") && !strings.HasPrefix(key, "rk_"):
		return unauthorized(key)
	}
	return nil
}

// bucket is a token bucket that holds one second's worth of requests.
type bucket struct {
	mu     sync.Mutex
	rate   float64
	tokens float64
	last   time.Time
}

func (b *bucket) take(now time.Time) bool {
	if b.rate <= 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.last.IsZero() {
		b.tokens = max(b.rate, 1)
	} else {
		b.tokens = min(max(b.rate, 1), b.tokens+now.Sub(b.last).Seconds()*b.rate)
	}
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
