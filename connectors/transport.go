package connectors

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Manners are what a Transport keeps to towards one provider account.
type Manners struct {
	Source string // for errors and observations

	// RequestsPerSecond is the rate shared by all workers, above 0. The
	// transport slows down by itself when told to and finds back to it.
	RequestsPerSecond float64
	// Concurrency is how many requests may be under way at once, at least 1.
	Concurrency int

	// MaxElapsed bounds all attempts of one request together, waits included;
	// 0: five minutes.
	MaxElapsed time.Duration
	// AttemptTimeout bounds one attempt, its body included; 0: 80 seconds,
	// which is what Stripe's own libraries allow.
	AttemptTimeout time.Duration
	// MaxBody is the largest answer accepted, in bytes; 0: 64 MiB.
	MaxBody int64

	// Secrets are strings that never appear in an error, for instance API keys.
	Secrets []string

	Base    http.RoundTripper // nil: a transport of its own with enough idle connections
	Observe func(Request)     // told of every attempt; may be nil

	// Sleep waits before a request is repeated; nil: Sleep.
	Sleep func(context.Context, time.Duration) error
}

// A Transport is an http.RoundTripper that is polite and stubborn: it keeps a
// shared rate and a limit of parallel requests, slows down when a provider says
// 429, and repeats what may be repeated until the answer is whole.
//
// Repeated are rate limits (429), lock timeouts, server errors, answers in HTML
// where JSON was asked for, connections that break and bodies that end early.
// That is why the body of an answer is read here, before it is handed on: a
// truncated one can still be asked for again. Waits follow Retry-After where
// the provider gives it and grow exponentially with jitter where not; they end
// at once when the request's context does.
//
// Only requests that change nothing are repeated after they may have reached
// the provider. What stays an error names the source and what to do.
type Transport struct {
	manners Manners
	base    http.RoundTripper
	pace    *pace
	slots   chan struct{}
	redact  *strings.Replacer
}

// NewTransport is a Transport with the given manners.
func NewTransport(m Manners) *Transport {
	m.RequestsPerSecond = max(m.RequestsPerSecond, 0.01)
	m.Concurrency = max(m.Concurrency, 1)
	if m.MaxElapsed <= 0 {
		m.MaxElapsed = 5 * time.Minute
	}
	if m.AttemptTimeout <= 0 {
		m.AttemptTimeout = 80 * time.Second
	}
	if m.MaxBody <= 0 {
		m.MaxBody = 64 << 20
	}
	if m.Observe == nil {
		m.Observe = func(Request) {}
	}
	if m.Sleep == nil {
		m.Sleep = Sleep
	}
	base := m.Base
	if base == nil {
		base = ownTransport(m.Concurrency)
	}
	var pairs []string
	for _, s := range m.Secrets {
		if s != "" {
			pairs = append(pairs, s, "[redacted]")
		}
	}
	return &Transport{
		manners: m,
		base:    base,
		pace:    newPace(m.RequestsPerSecond),
		slots:   make(chan struct{}, m.Concurrency),
		redact:  strings.NewReplacer(pairs...),
	}
}

// ownTransport is the standard library's default, but with as many idle
// connections as there are workers: the default keeps two a host and would dial
// anew for most requests.
func ownTransport(concurrency int) http.RoundTripper {
	def, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	t := def.Clone()
	t.MaxIdleConnsPerHost = concurrency
	t.MaxIdleConns = max(t.MaxIdleConns, concurrency)
	return t
}

// CloseIdleConnections closes connections that no request uses; http.Client
// forwards its method of that name to it.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip sends the request until its answer is final. The body of the answer
// is in memory and whole. Answers that repeating does not change, such as 401
// or 404, are answers and not errors; what was repeated in vain is a
// *RequestError.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	select {
	case t.slots <- struct{}{}:
	case <-ctx.Done():
		closeBody(req)
		return nil, ctx.Err()
	}
	defer func() { <-t.slots }()
	defer closeBody(req)

	start := time.Now()
	for attempt := 1; ; attempt++ {
		waited, err := t.pace.wait(ctx)
		if err != nil {
			return nil, err
		}
		sent := time.Now()
		resp, body, err := t.try(req)
		if ctx.Err() != nil {
			t.observe(req, attempt, resp, sent, waited, 0, ctx.Err())
			return nil, ctx.Err()
		}
		v := judge(req, resp, body, err)
		if v.limited {
			t.pace.slow(v.after)
		} else if resp != nil && resp.StatusCode < 400 {
			t.pace.recover()
		}
		if !v.again {
			t.observe(req, attempt, resp, sent, waited, 0, err)
			if err != nil {
				return nil, t.fail(req, attempt, 0, v.reason, body, err)
			}
			t.conceal(resp, body)
			return resp, nil
		}
		pause := backoff(attempt, v.after)
		if time.Since(start)+pause > t.manners.MaxElapsed || (v.tries > 0 && attempt >= v.tries) || !rewind(req) {
			t.observe(req, attempt, resp, sent, waited, 0, err)
			return nil, t.fail(req, attempt, status(resp), v.reason, body, err)
		}
		t.observe(req, attempt, resp, sent, waited, pause, err)
		if err := t.manners.Sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// try makes one attempt and reads its body to the end. A response whose body
// could not be read is returned beside the error, for its status.
func (t *Transport) try(req *http.Request) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(req.Context(), t.manners.AttemptTimeout)
	defer cancel()
	resp, err := t.base.RoundTrip(req.Clone(ctx))
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	var buf bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= t.manners.MaxBody {
		buf.Grow(int(n) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(resp.Body, t.manners.MaxBody+1))
	if err != nil {
		return resp, buf.Bytes(), fmt.Errorf("read the answer: %w", err)
	}
	if n > t.manners.MaxBody {
		return resp, nil, fmt.Errorf("the answer is larger than %d bytes: %w", t.manners.MaxBody, errTooLarge)
	}
	body := buf.Bytes()
	resp.Body = inMemory{bytes.NewReader(body), body}
	resp.ContentLength = int64(len(body))
	resp.Request = req
	return resp, body, nil
}

// inMemory is the body of an answer that was read already.
type inMemory struct {
	*bytes.Reader
	all []byte
}

func (inMemory) Close() error { return nil }

// ReadBody is the whole body of an answer. One that a Transport brought is in
// memory and not copied again.
func ReadBody(resp *http.Response) ([]byte, error) {
	if b, ok := resp.Body.(inMemory); ok {
		return b.all, nil
	}
	return io.ReadAll(resp.Body)
}

var errTooLarge = errors.New("answer too large")

// verdict is what follows from an attempt.
type verdict struct {
	again   bool
	limited bool          // the provider asked for fewer requests
	after   time.Duration // how long the provider asked to wait; 0: it did not say
	tries   int           // more attempts than this are pointless; 0: no such bound
	reason  string
}

// unreachableTries is how often a host that cannot even be dialled is tried: a
// wrong address should not take minutes to say so.
const unreachableTries = 4

func judge(req *http.Request, resp *http.Response, body []byte, err error) verdict {
	idempotent := req.Method == http.MethodGet || req.Method == http.MethodHead || req.Header.Get("Idempotency-Key") != ""
	if err != nil {
		return judgeError(idempotent, err)
	}
	after := retryAfter(resp.Header)
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests:
		// A 429 was refused before it did anything: any method may repeat it.
		lock := bytes.Contains(body, []byte("lock_timeout"))
		return verdict{again: true, limited: !lock, after: after, reason: "the provider's rate limit was reached; lower requests_per_second"}
	case code == http.StatusConflict && bytes.Contains(body, []byte("lock_timeout")):
		return verdict{again: true, after: after, reason: "the provider could not lock the object"}
	case code == http.StatusRequestTimeout, code >= 500:
		return verdict{again: idempotent, after: after, reason: "the provider failed; try again later"}
	case code >= 200 && code < 300 && isHTML(resp.Header):
		return verdict{again: idempotent, tries: unreachableTries, reason: "the answer is HTML, not JSON; is base_url right, or a proxy in the way?"}
	case code >= 200 && code < 300 && isJSON(resp.Header) && !whole(body):
		return verdict{again: idempotent, reason: "the answer's JSON ends early"}
	}
	return verdict{}
}

func judgeError(idempotent bool, err error) verdict {
	var dns *net.DNSError
	var op *net.OpError
	var verify *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.Is(err, errTooLarge):
		return verdict{reason: "raise it or lower the page size"}
	case errors.As(err, &verify), errors.As(err, &authority):
		return verdict{reason: "the host's certificate is not trusted; is base_url right, or a proxy in the way?"}
	case errors.As(err, &dns), errors.As(err, &op) && op.Op == "dial":
		return verdict{again: true, tries: unreachableTries, reason: "the host cannot be reached; check the network and base_url"}
	}
	return verdict{again: idempotent, reason: "the connection broke"}
}

func isHTML(h http.Header) bool { return mediaType(h) == "text/html" }

func isJSON(h http.Header) bool {
	m := mediaType(h)
	return m == "application/json" || strings.HasSuffix(m, "+json")
}

func mediaType(h http.Header) string {
	m, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return m
}

// whole says whether body is one JSON value whose brackets and strings close. It
// does not judge the grammar, only that nothing is missing at the end: a
// truncated object never passes.
func whole(body []byte) bool {
	depth, values := 0, 0
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '{', '[':
			if depth == 0 {
				values++
			}
			depth++
		case '}', ']':
			depth--
			if depth < 0 {
				return false
			}
		case '"':
			for {
				n := bytes.IndexByte(body[i+1:], '"')
				if n < 0 {
					return false
				}
				i += n + 1
				if !escaped(body, i) {
					break
				}
			}
		}
	}
	return depth == 0 && values == 1
}

// escaped says whether the byte at i stands behind an odd number of backslashes.
func escaped(b []byte, i int) bool {
	n := 0
	for i--; i >= 0 && b[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}

// retryAfter reads the header as seconds or as an HTTP date. A date is taken
// against the answer's own Date, so that our clock need not be right.
func retryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		return time.Duration(min(max(s, 0), 3600) * float64(time.Second))
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(at.Sub(now), 0), time.Hour)
}

func status(resp *http.Response) int {
	if resp == nil {
		return 0
	}
	return resp.StatusCode
}

func (t *Transport) observe(req *http.Request, attempt int, resp *http.Response, sent time.Time, waited, pause time.Duration, err error) {
	if err != nil {
		err = &redacted{t.redact.Replace(err.Error()), err}
	}
	t.manners.Observe(Request{
		Source:   t.manners.Source,
		Path:     t.redact.Replace(req.URL.Path),
		Status:   status(resp),
		Attempt:  attempt,
		Duration: time.Since(sent),
		Waited:   waited,
		Backoff:  pause,
		Err:      err,
	})
}

// conceal takes secrets out of an error's body: a provider may repeat the key it
// was given.
func (t *Transport) conceal(resp *http.Response, body []byte) {
	if resp.StatusCode < 400 || len(t.manners.Secrets) == 0 {
		return
	}
	clean := t.redact.Replace(string(body))
	resp.Body = io.NopCloser(strings.NewReader(clean))
	resp.ContentLength = int64(len(clean))
}

func (t *Transport) fail(req *http.Request, attempts, status int, reason string, body []byte, err error) error {
	e := &RequestError{
		Source:   t.manners.Source,
		Method:   req.Method,
		URL:      t.redact.Replace(req.URL.Scheme + "://" + req.URL.Host + req.URL.Path),
		Status:   status,
		Attempts: attempts,
		Advice:   reason,
	}
	if err != nil {
		e.Err = &redacted{t.redact.Replace(err.Error()), err}
	} else if len(body) > 0 {
		e.Answer = excerpt(t.redact.Replace(string(body[:min(len(body), 4096)])))
	}
	return e
}

// RequestError is a request that got no usable answer however often it was
// tried.
type RequestError struct {
	Source   string
	Method   string
	URL      string // without query
	Status   int    // of the last attempt; 0: no answer
	Attempts int
	Advice   string // what is wrong and what to do
	Answer   string // an excerpt of the last answer
	Err      error  // of the last attempt; may be nil
}

// Error says what was asked, what came, and what to do.
func (e *RequestError) Error() string {
	attempts := fmt.Sprintf("%d attempts", e.Attempts)
	if e.Attempts == 1 {
		attempts = "1 attempt"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "source %s: %s %s: %s (%s", e.Source, e.Method, e.URL, e.Advice, attempts)
	if e.Status != 0 {
		fmt.Fprintf(&b, ", status %d", e.Status)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ", %v", e.Err)
	}
	if e.Answer != "" {
		fmt.Fprintf(&b, ", answer %q", e.Answer)
	}
	b.WriteByte(')')
	return b.String()
}

// Unwrap is the last attempt's error.
func (e *RequestError) Unwrap() error { return e.Err }

// redacted is an error whose text has lost its secrets.
type redacted struct {
	text string
	err  error
}

func (r *redacted) Error() string { return r.text }
func (r *redacted) Unwrap() error { return r.err }

func excerpt(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 160 {
		return strings.ToValidUTF8(s[:160], "") + "..."
	}
	return s
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close() //nolint:gosec // a request body that was sent or given up
	}
}

// rewind makes the request's body ready for another attempt; false when it
// cannot be sent twice.
func rewind(req *http.Request) bool {
	if req.Body == nil || req.Body == http.NoBody {
		return true
	}
	if req.GetBody == nil {
		return false
	}
	body, err := req.GetBody()
	if err != nil {
		return false
	}
	req.Body = body
	return true
}
