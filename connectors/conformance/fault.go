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
	// spoil answers a request; whole is what the provider would answer. Nil:
	// the provider answers with status, contentType, header and body.
	spoil             func(req *http.Request, whole func() *http.Response) (*http.Response, error)
	status            int
	contentType, body string
	header            func() []string
	// rest is how long nothing more may be asked of the provider.
	rest time.Duration
}

// retryAfter is what a provider asks for that limits the rate.
const retryAfter = 7 * time.Second

const (
	asJSON  = "application/json"
	tooMany = `{"error":{"message":"rate limit"},"message":"rate limit"}`
)

// faults are the ones that asking again gets over.
func faults() []fault {
	seconds := func() []string { return []string{"Retry-After", "7"} }
	date := func() []string {
		// The provider's clock is its own, and a date has whole seconds.
		now := clock().Add(90 * time.Minute).UTC().Truncate(time.Second)
		return []string{"Date", now.Format(http.TimeFormat), "Retry-After", now.Add(retryAfter).Format(http.TimeFormat)}
	}
	return []fault{
		{name: "a 429 with Retry-After in seconds", status: http.StatusTooManyRequests, contentType: asJSON, body: tooMany, header: seconds, rest: retryAfter},
		{name: "a 429 with Retry-After as a date", status: http.StatusTooManyRequests, contentType: asJSON, body: tooMany, header: date, rest: retryAfter},
		{name: "a 429 without Retry-After", status: http.StatusTooManyRequests, contentType: asJSON, body: tooMany},
		{name: "a 500", status: http.StatusInternalServerError, contentType: asJSON, body: `{"error":{"message":"internal"},"message":"internal"}`},
		{name: "a 503 that asks to wait", status: http.StatusServiceUnavailable, contentType: asJSON, body: `{}`, header: seconds, rest: retryAfter},
		{name: "a 502 in HTML", status: http.StatusBadGateway, contentType: "text/html", body: "<html><title>502 Bad Gateway</title></html>"},
		{name: "a connection that is reset", spoil: func(*http.Request, func() *http.Response) (*http.Response, error) { return nil, reset() }},
		{name: "a body that breaks off", spoil: breakOff},
		{name: "JSON that ends early", spoil: endEarly},
		{name: "a slow body", spoil: slow},
		{name: "an answer that never comes", spoil: never},
		{name: "a body that never ends", spoil: stuck},
	}
}

// strike answers a request as the fault has it.
func (f fault) strike(req *http.Request, whole func() *http.Response) (*http.Response, error) {
	if f.spoil != nil {
		return f.spoil(req, whole)
	}
	var header []string
	if f.header != nil {
		header = f.header()
	}
	return say(req, f.status, f.contentType, f.body, header...), nil
}

// say is an answer made up; header holds names and values in turn.
func say(req *http.Request, status int, contentType, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {contentType}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: req,
	}
}

// breakOff breaks the connection in the body's middle, whose length was
// promised.
func breakOff(_ *http.Request, whole func() *http.Response) (*http.Response, error) {
	resp := whole()
	if resp == nil {
		return nil, nil
	}
	body, _ := io.ReadAll(resp.Body) // in memory
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), failing{io.ErrUnexpectedEOF}))
	return resp, nil
}

// endEarly ends the body in its middle and says that this was all, as a proxy
// does that sends on what it had got.
func endEarly(_ *http.Request, whole func() *http.Response) (*http.Response, error) {
	resp := whole()
	if resp == nil {
		return nil, nil
	}
	body, _ := io.ReadAll(resp.Body) // in memory
	resp.Body = io.NopCloser(bytes.NewReader(body[:len(body)/2]))
	resp.ContentLength = int64(len(body) / 2)
	resp.Header.Del("Content-Length")
	return resp, nil
}

// never answers nothing for as long as somebody waits.
func never(req *http.Request, _ func() *http.Response) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
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
	return f.strike(req, whole)
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
