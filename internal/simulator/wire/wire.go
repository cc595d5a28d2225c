// Package wire holds what every simulated provider's API has in common and
// that has nothing to do with billing: it is slow, it limits how often it may be
// asked, it counts, and on request it misbehaves in the ways that real ones do.
//
// An API is a Provider: how it lets a caller in, how it answers, and how it
// words a refusal. A Front puts one on the wire. Answers are appended to bytes
// with JSON, which keeps a page of a hundred objects below a millisecond.
package wire

import (
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Provider is one API. Paths are given in parts, without the Base.
type Provider struct {
	Base    string                             // where its paths begin: "/v1", "/api/v2"
	Head    func(h http.Header, request int64) // the headers of every answer; request counts from 1
	Admit   func(r *http.Request) *Refusal     // nil lets the caller in
	Answer  func(b []byte, r *http.Request, path []string, l Luck) ([]byte, *Refusal)
	Refuse  func(kind Fault, path []string, draw int) *Refusal // for TooMany, Lock, ServerError and Denied; nil: does not apply here
	Limiter Limiter                                            // nil: none
}

// Refusal is an answer that is an error.
type Refusal struct {
	Status     int
	RetryAfter int // seconds; 0: the header is left out
	Body       []byte
}

// Options says how an API behaves.
type Options struct {
	Clock   func() time.Time // the present
	Latency time.Duration    // of every answer
	Faults  Faults
	Log     *slog.Logger
}

// Front serves a provider. It is an http.Handler.
type Front struct {
	p       Provider
	o       Options
	chaos   *chaos
	request atomic.Int64
	drift   atomic.Int64 // seconds that the present has moved on by faults

	mu     sync.Mutex
	counts map[string]int
}

// NewFront serves p.
func NewFront(p Provider, o Options) *Front {
	return &Front{p: p, o: o, chaos: newChaos(o.Faults), counts: map[string]int{}}
}

// Now is the present as the API sees it.
func (f *Front) Now() time.Time {
	return f.o.Clock().Add(time.Duration(f.drift.Load()) * time.Second)
}

// Requests counts the requests since the last Reset, by method and path with
// identifiers left out: "GET /v1/invoices/:id".
func (f *Front) Requests() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.counts)
}

// Struck counts the requests that met a fault, by its name.
func (f *Front) Struck() map[string]int { return f.chaos.struck() }

// Reset forgets the counts.
func (f *Front) Reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.counts)
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 1<<18); return &b }}

// ServeHTTP answers one request.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := f.request.Add(1)
	path := f.path(r)
	f.count(r, path)
	f.p.Head(w.Header(), n)
	if !f.pause(r, f.o.Latency) {
		return
	}
	if f.p.Limiter != nil {
		if wait, ok := f.p.Limiter.Take(time.Now()); !ok {
			x := *f.p.Refuse(TooMany, path, 1)
			x.RetryAfter = int((wait + time.Second - 1) / time.Second)
			refuse(w, &x)
			return
		}
	}
	if x := f.p.Admit(r); x != nil {
		refuse(w, x)
		return
	}
	luck := f.chaos.next(r.Method + " " + r.URL.RequestURI())
	if f.misbehave(w, r, luck, path) {
		return
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	b, x := f.p.Answer((*buf)[:0], r, path, luck)
	*buf = b
	if x != nil {
		refuse(w, x)
		return
	}
	b = append(b, '\n')
	*buf = b
	f.send(w, r, b, luck)
}

// path is the parts of a path below the base, nil for one that is elsewhere.
func (f *Front) path(r *http.Request) []string {
	rest, ok := strings.CutPrefix(r.URL.Path, f.p.Base+"/")
	rest = strings.Trim(rest, "/")
	if !ok || rest == "" {
		return nil
	}
	return strings.Split(rest, "/")
}

func (f *Front) count(r *http.Request, path []string) {
	key := r.Method + " " + r.URL.Path
	if len(path) > 0 {
		parts := append([]string{f.p.Base}, path...)
		if len(path) > 1 {
			parts[2] = ":id"
		}
		key = r.Method + " " + strings.Join(parts, "/")
	}
	f.mu.Lock()
	f.counts[key]++
	f.mu.Unlock()
}

// pause waits, and says whether the client still does.
func (f *Front) pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func refuse(w http.ResponseWriter, x *Refusal) {
	if x.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(x.RetryAfter))
	}
	w.WriteHeader(x.Status)
	_, _ = w.Write(x.Body) // the client has gone; there is nobody to tell
}

// send writes an answer: whole, in drops or cut off.
func (f *Front) send(w http.ResponseWriter, r *http.Request, body []byte, l Luck) {
	if l.drips() {
		f.drip(w, r, body, l)
		return
	}
	if l.Kind == Truncate && len(body) > 2 {
		cut := 1 + l.Draw%(len(body)-2)
		if l.Draw%2 == 0 { // the length promises more than comes
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = w.Write(body[:cut])
			if fl, ok := w.(http.Flusher); ok {
				fl.Flush()
			}
			panic(http.ErrAbortHandler)
		}
		body = body[:cut]
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if _, err := w.Write(body); err != nil && f.o.Log != nil {
		f.o.Log.Debug("client left", "path", r.URL.Path, "error", err)
	}
}

// drip writes an answer in drops, a pause before each.
func (f *Front) drip(w http.ResponseWriter, r *http.Request, body []byte, l Luck) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	drop := len(body)/drops + 1
	for len(body) > 0 && f.pause(r, l.delay()/drops) {
		n := min(drop, len(body))
		if _, err := w.Write(body[:n]); err != nil {
			return // the client left
		}
		if fl, ok := w.(http.Flusher); ok {
			fl.Flush()
		}
		body = body[n:]
	}
}
