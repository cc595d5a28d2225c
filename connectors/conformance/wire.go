package conformance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"time"
)

// wire is an http.RoundTripper to a provider in process. What lies between the
// two is answered by its fault.
type wire struct {
	provider http.Handler
	latency  time.Duration // of every answer
	// fault, if set, answers in the provider's place, or lets it answer. N
	// counts the requests for the same thing, from 1.
	fault func(req *http.Request, n int, answer func() *http.Response) (*http.Response, error)
	// heard, if set, is told of every whole answer's body.
	heard func(body []byte)

	mu    sync.Mutex
	began []time.Time // of every request
	count map[string]int
	open  int // requests under way
	most  int
}

func newWire(provider http.Handler) *wire {
	return &wire{provider: provider, count: map[string]int{}}
}

// requests is how many requests were begun.
func (w *wire) requests() int {
	if w == nil {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.began)
}

// RoundTrip answers a request in the bubble's time.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	n := w.begin(req)
	defer w.end()
	if err := wait(ctx, w.latency); err != nil {
		return nil, err
	}
	var broken error
	answer := func() *http.Response {
		resp, err := serve(w.provider, req)
		broken = err
		if err == nil && w.heard != nil {
			body, _ := io.ReadAll(resp.Body) // in memory
			w.heard(body)
			resp.Body = io.NopCloser(bytes.NewReader(body))
		}
		return resp
	}
	if w.fault == nil {
		return answer(), broken
	}
	resp, err := w.fault(req, n, answer)
	if broken != nil {
		return nil, broken
	}
	return resp, err
}

func (w *wire) begin(req *http.Request) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began = append(w.began, clock())
	w.open++
	w.most = max(w.most, w.open)
	k := thing(req)
	w.count[k]++
	return w.count[k]
}

func (w *wire) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open--
}

// thing is what a request asks for.
func thing(req *http.Request) string { return req.Method + " " + req.URL.String() }

// wait lets time pass unless the context ends first.
func wait(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// serve is the provider's answer, its body whole and in memory.
func serve(h http.Handler, req *http.Request) (resp *http.Response, err error) {
	in := req.Clone(req.Context())
	in.RequestURI, in.Host, in.RemoteAddr = req.URL.RequestURI(), req.URL.Host, "192.0.2.1:1"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			resp, err = nil, reset()
		default:
			panic(fmt.Sprintf("the provider panics at %s: %v", thing(req), p))
		}
	}()
	out := httptest.NewRecorder()
	h.ServeHTTP(out, in)
	resp = out.Result()
	resp.ContentLength, resp.Request = int64(out.Body.Len()), req
	return resp, nil
}

// reset is what a connection says that the other side has broken off.
func reset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// Wire is a way to a provider in process, for a connector's own tests: what
// Options.Transport takes. In a synctest bubble its time is the bubble's.
func Wire(provider http.Handler) http.RoundTripper { return newWire(provider) }
