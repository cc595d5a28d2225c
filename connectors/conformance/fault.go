package conformance

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// fault is a way in which the way to a provider, or the provider, fails for a
// moment.
type fault struct {
	name string
	// answer takes the place of the provider's; rest is how long nothing more
	// may be asked of it.
	answer func(req *http.Request, whole func() *http.Response) (*http.Response, error)
	rest   time.Duration
}

// retryAfter is what a provider asks for that limits the rate.
const retryAfter = 7 * time.Second

// faults are the ones that asking again gets over.
func faults() []fault {
	return []fault{
		{"a 429 with Retry-After in seconds", limited(func() []string { return []string{"Retry-After", "7"} }), retryAfter},
		{"a 429 with Retry-After as a date", limited(func() []string {
			// The provider's clock is its own, and a date has whole seconds.
			date := clock().Add(90 * time.Minute).UTC().Truncate(time.Second)
			return []string{"Date", date.Format(http.TimeFormat), "Retry-After", date.Add(retryAfter).Format(http.TimeFormat)}
		}), retryAfter},
		{"a 429 without Retry-After", limited(func() []string { return nil }), 0},
		{"a 500", says(http.StatusInternalServerError, "application/json", `{"error":{"message":"internal"},"message":"internal"}`), 0},
		{"a 503 that asks to wait", says(http.StatusServiceUnavailable, "application/json", `{}`, "Retry-After", "7"), retryAfter},
		{"a 502 in HTML", says(http.StatusBadGateway, "text/html", "<html><title>502 Bad Gateway</title></html>"), 0},
		{"a connection that is reset", func(*http.Request, func() *http.Response) (*http.Response, error) { return nil, reset() }, 0},
		{"a body that breaks off", cut(io.ErrUnexpectedEOF), 0},
		{"JSON that ends early", cut(nil), 0},
		{"a slow body", slow, 0},
		{"an answer that never comes", func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}, 0},
		{"a body that never ends", stuck, 0},
	}
}

// says answers with something else.
func says(status int, contentType, body string, header ...string) func(*http.Request, func() *http.Response) (*http.Response, error) {
	return func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
		h := http.Header{"Content-Type": {contentType}}
		for i := 0; i+1 < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{
			Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: req,
		}, nil
	}
}

func limited(header func() []string) func(*http.Request, func() *http.Response) (*http.Response, error) {
	return func(req *http.Request, whole func() *http.Response) (*http.Response, error) {
		return says(http.StatusTooManyRequests, "application/json",
			`{"error":{"message":"rate limit"},"message":"rate limit"}`, header()...)(req, whole)
	}
}

// cut ends the provider's body in its middle. With an error the length was
// promised; without, a proxy has sent on what it had got.
func cut(end error) func(*http.Request, func() *http.Response) (*http.Response, error) {
	return func(_ *http.Request, whole func() *http.Response) (*http.Response, error) {
		resp := whole()
		if resp == nil {
			return nil, nil
		}
		body, _ := io.ReadAll(resp.Body) // in memory
		half := bytes.NewReader(body[:len(body)/2])
		resp.Body = io.NopCloser(half)
		if end != nil {
			resp.Body = io.NopCloser(io.MultiReader(half, failing{end}))
			return resp, nil
		}
		resp.ContentLength = int64(half.Len())
		resp.Header.Del("Content-Length")
		return resp, nil
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// slow sends the body in eight pieces, two seconds apart.
func slow(req *http.Request, whole func() *http.Response) (*http.Response, error) {
	resp := whole()
	if resp == nil {
		return nil, nil
	}
	body, _ := io.ReadAll(resp.Body) // in memory
	resp.Body = io.NopCloser(&trickle{ctx: req.Context(), rest: body, piece: len(body)/8 + 1, pause: 2 * time.Second})
	return resp, nil
}

// stuck sends half of the body and then nothing more.
func stuck(req *http.Request, whole func() *http.Response) (*http.Response, error) {
	resp := whole()
	if resp == nil {
		return nil, nil
	}
	body, _ := io.ReadAll(resp.Body) // in memory
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), silence{req.Context()}))
	return resp, nil
}

// trickle is a body that comes slowly.
type trickle struct {
	ctx   context.Context
	rest  []byte
	piece int
	pause time.Duration
}

func (t *trickle) Read(p []byte) (int, error) {
	if len(t.rest) == 0 {
		return 0, io.EOF
	}
	if err := wait(t.ctx, t.pause); err != nil {
		return 0, err
	}
	n := copy(p, t.rest[:min(t.piece, len(t.rest))])
	t.rest = t.rest[n:]
	return n, nil
}

// silence is a body that never comes.
type silence struct{ ctx context.Context }

func (s silence) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

// trouble draws faults for a wire, by lot but the same in every run for the
// same requests: what befalls one does not depend on the order in which they
// come.
type trouble struct {
	faults []fault
	often  uint64 // one request in so many; the first one always
	deep   int    // how many times in a row

	mu      sync.Mutex
	done    int
	resting map[string]time.Time
	hasty   []string // what was asked for again too soon
}

func (t *trouble) fault(req *http.Request, n int, whole func() *http.Response) (*http.Response, error) {
	k := thing(req)
	t.mu.Lock()
	if at, ok := t.resting[k]; ok && clock().Before(at) {
		t.hasty = append(t.hasty, k)
	}
	h := hash(k)
	struck := n <= t.deep && (t.done == 0 || (h+uint64(n))%t.often == 0)
	f := t.faults[(h/7+uint64(n))%uint64(len(t.faults))]
	if struck {
		t.done++
		if f.rest > 0 {
			if t.resting == nil {
				t.resting = map[string]time.Time{}
			}
			t.resting[k] = clock().Add(f.rest)
		}
	}
	t.mu.Unlock()
	if !struck {
		return whole(), nil
	}
	return f.answer(req, whole)
}

// hash spreads texts over numbers: FNV-1a, finished by a mix of its halves.
func hash(s string) uint64 {
	h := uint64(14695981039346656037) ^ seed
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	return h ^ h>>33
}
