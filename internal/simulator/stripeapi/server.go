// Package stripeapi serves a simulated company as Stripe's API would, version
// 2023-10-16: its lists and cursors, what it hides until expanded, its errors,
// its thirty days of events. Objects are written straight from the company as
// of the present moment; nothing is stored, so the present can be any moment of
// the company's history and can move on between two requests.
package stripeapi

import (
	"encoding/base64"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"mrrsync/internal/simulator/company"
	"mrrsync/internal/simulator/wire"
)

// Options says how the API behaves. The zero value is a well-behaved one.
type Options struct {
	Key     string           // the secret key it accepts; empty: any key that begins with sk_ or rk_
	Clock   func() time.Time // the present; nil: the company's Now
	Latency time.Duration    // of every answer
	Rate    float64          // requests per second before it answers 429; 0 without limit
	Faults  wire.Faults
	Denied  []string // streams the key may not read: customers, invoices, events ...
	Log     *slog.Logger
}

// Server is the API. It is an http.Handler that counts its Requests.
type Server struct {
	*wire.Front
	c      *company.Company
	o      Options
	bytes  *catalogBytes
	events map[company.Ref]*company.Event
}

// New serves a company.
func New(c *company.Company, o Options) *Server {
	if o.Clock == nil {
		now := c.Config.Now
		o.Clock = func() time.Time { return now }
	}
	s := &Server{c: c, o: o, bytes: newCatalogBytes(c), events: make(map[company.Ref]*company.Event, len(c.Events))}
	for _, x := range c.Events {
		s.events[x.Ref] = x
	}
	s.Front = wire.NewFront(wire.Provider{
		Base: "/v1", Head: head, Admit: s.admit, Answer: s.respond, Refuse: refuse, Limiter: wire.NewBucket(o.Rate),
	}, wire.Options{Clock: o.Clock, Latency: o.Latency, Faults: o.Faults, Log: o.Log})
	return s
}

func head(h http.Header, request int64) {
	h.Set("Content-Type", "application/json")
	h.Set("Request-Id", "req_"+strconv.FormatInt(request+1_000_000_000, 36))
	h.Set("Stripe-Version", Version)
}

func (s *Server) respond(b []byte, r *http.Request, path []string, l wire.Luck) ([]byte, *wire.Refusal) {
	e := &enc{wire.JSON{B: b}}
	if f := s.answer(e, r, path, l); f != nil {
		return e.B, f.refusal()
	}
	return e.B, nil
}

func (s *Server) admit(r *http.Request) *wire.Refusal {
	if f := s.authorize(r); f != nil {
		return f.refusal()
	}
	return nil
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
