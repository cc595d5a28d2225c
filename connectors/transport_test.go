package connectors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// answers serves one handler per request, the last one for ever.
func answers(t *testing.T, hs ...http.HandlerFunc) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := int(n.Add(1)) - 1
		hs[min(i, len(hs)-1)](w, r)
	}))
	t.Cleanup(s.Close)
	return s, &n
}

func say(status int, contentType, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func truncated(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"data":[{"id":"a"}`)
}

func reset(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

const asJSON = "application/json"

var fine = say(200, asJSON, `{"ok":true}`)

// quick is a transport that writes down its waits instead of waiting.
func quick(m Manners) (*Transport, *[]time.Duration) {
	if m.RequestsPerSecond == 0 {
		m.RequestsPerSecond = 10000
	}
	m.Concurrency = max(m.Concurrency, 2)
	m.Source = "main"
	t := NewTransport(m)
	var mu sync.Mutex
	var waits []time.Duration
	t.manners.Sleep = func(ctx context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		waits = append(waits, d)
		return ctx.Err()
	}
	return t, &waits
}

func get(ctx context.Context, t *Transport, url string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := (&http.Client{Transport: t}).Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func TestTransportRepeatsWhatMayBeRepeated(t *testing.T) {
	for name, fault := range map[string]http.HandlerFunc{
		"rate limit":             say(429, asJSON, `{"error":{"message":"slow down"}}`),
		"lock timeout as 429":    say(429, asJSON, `{"error":{"code":"lock_timeout"}}`),
		"lock timeout as 409":    say(409, asJSON, `{"error":{"code":"lock_timeout"}}`),
		"server error":           say(500, asJSON, `{"error":{}}`),
		"HTML 502":               say(502, "text/html", `<html>bad gateway</html>`),
		"HTML with status 200":   say(200, "text/html; charset=utf-8", `<html>sign in</html>`),
		"body ends early":        truncated,
		"JSON cut but delivered": say(200, asJSON, `{"data":[{"id":"a}"}`),
		"connection reset":       reset,
	} {
		t.Run(name, func(t *testing.T) {
			s, n := answers(t, fault, fault, fine)
			tr, waits := quick(Manners{})
			status, body, err := get(t.Context(), tr, s.URL)
			if err != nil || status != 200 || body != `{"ok":true}` {
				t.Fatalf("got %d %q %v, want the third answer", status, body, err)
			}
			if n.Load() != 3 || len(*waits) != 2 {
				t.Errorf("%d requests and %d waits, want 3 and 2", n.Load(), len(*waits))
			}
		})
	}
}

func TestTransportHandsOnFinalAnswers(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 409} {
		s, n := answers(t, say(status, asJSON, `{"error":{"message":"no"}}`))
		tr, _ := quick(Manners{})
		got, body, err := get(t.Context(), tr, s.URL)
		if err != nil || got != status || !strings.Contains(body, "no") {
			t.Errorf("status %d: got %d %q %v", status, got, body, err)
		}
		if n.Load() != 1 {
			t.Errorf("status %d was asked for %d times", status, n.Load())
		}
	}
}

func TestTransportHeedsRetryAfter(t *testing.T) {
	date := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		header []string
		want   time.Duration
	}{
		"seconds":   {[]string{"Retry-After", "7"}, 7 * time.Second},
		"HTTP date": {[]string{"Retry-After", date.Add(9 * time.Second).Format(http.TimeFormat), "Date", date.Format(http.TimeFormat)}, 9 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := answers(t, say(503, asJSON, `{}`, c.header...), fine)
			tr, waits := quick(Manners{})
			if _, _, err := get(t.Context(), tr, s.URL); err != nil {
				t.Fatal(err)
			}
			if got := (*waits)[0]; got < c.want || got > c.want+c.want/10+time.Second {
				t.Errorf("waited %s, want %s and a little spread", got, c.want)
			}
		})
	}
}

func TestTransportGivesUp(t *testing.T) {
	s, n := answers(t, say(500, "text/html", `<h1>oops sk_live_secret</h1>`))
	tr, _ := quick(Manners{MaxElapsed: 3 * time.Second, Secrets: []string{"sk_live_secret"}})
	tr.manners.Sleep = func(context.Context, time.Duration) error { time.Sleep(time.Millisecond); return nil }
	_, _, err := get(t.Context(), tr, s.URL+"/v1/x/sk_live_secret?secret=1")
	var failed *RequestError
	if !errors.As(err, &failed) {
		t.Fatalf("got %v, want a RequestError", err)
	}
	if failed.Status != 500 || failed.Attempts != int(n.Load()) || failed.Attempts < 2 {
		t.Errorf("got status %d after %d attempts, server saw %d", failed.Status, failed.Attempts, n.Load())
	}
	text := failed.Error()
	for _, bad := range []string{"sk_live_secret", "secret=1"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q shows %q", text, bad)
		}
	}
	for _, good := range []string{"source main", "/v1/x", "status 500", "oops"} {
		if !strings.Contains(text, good) {
			t.Errorf("%q lacks %q", text, good)
		}
	}
}

func TestTransportConcealsSecretsInAnswers(t *testing.T) {
	s, _ := answers(t, say(401, asJSON, `{"error":{"message":"Invalid API Key provided: sk_live_secret"}}`))
	tr, _ := quick(Manners{Secrets: []string{"sk_live_secret", ""}})
	_, body, err := get(t.Context(), tr, s.URL)
	if err != nil || strings.Contains(body, "sk_live_secret") || !strings.Contains(body, "[redacted]") {
		t.Errorf("got %q, %v", body, err)
	}
}

func TestTransportSaysThatAHostIsUnreachable(t *testing.T) {
	s := httptest.NewServer(fine)
	url := s.URL
	s.Close()
	tr, waits := quick(Manners{})
	_, _, err := get(t.Context(), tr, url)
	if err == nil || !strings.Contains(err.Error(), "cannot be reached") || !strings.Contains(err.Error(), "base_url") {
		t.Errorf("got %v", err)
	}
	if len(*waits) != unreachableTries-1 {
		t.Errorf("%d waits", len(*waits))
	}
}

func TestTransportRefusesHugeAnswers(t *testing.T) {
	s, n := answers(t, say(200, asJSON, `{"a":"`+strings.Repeat("x", 5000)+`"}`))
	tr, _ := quick(Manners{MaxBody: 1000})
	if _, _, err := get(t.Context(), tr, s.URL); err == nil || n.Load() != 1 {
		t.Errorf("got %v after %d requests", err, n.Load())
	}
}

func TestTransportDoesNotRepeatWrites(t *testing.T) {
	s, n := answers(t, say(500, asJSON, `{}`), fine)
	tr, _ := quick(Manners{})
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, strings.NewReader("a=b"))
	resp, err := tr.RoundTrip(req)
	if err != nil || resp.StatusCode != 500 || n.Load() != 1 {
		t.Errorf("got %v, %v after %d requests", resp, err, n.Load())
	}
}

func TestTransportStopsWithItsContext(t *testing.T) {
	s, _ := answers(t, say(429, asJSON, `{}`, "Retry-After", "3600"))
	ctx, cancel := context.WithCancel(t.Context())
	tr := NewTransport(Manners{Source: "main", RequestsPerSecond: 100, Concurrency: 1, MaxElapsed: 2 * time.Hour})
	done := make(chan error, 1)
	go func() {
		_, _, err := get(ctx, tr, s.URL)
		done <- err
	}()
	time.Sleep(20 * time.Millisecond)
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still waiting for Retry-After")
	}
}

func TestTransportGivesASlowAnswerAnotherTry(t *testing.T) {
	s, n := answers(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
		}
		fine(w, r)
	}, fine)
	tr, _ := quick(Manners{AttemptTimeout: 50 * time.Millisecond})
	if _, _, err := get(t.Context(), tr, s.URL); err != nil || n.Load() != 2 {
		t.Errorf("got %v after %d requests", err, n.Load())
	}
}

func TestTransportLimitsParallelRequests(t *testing.T) {
	var now, most atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			continue
		}
		time.Sleep(5 * time.Millisecond)
		fine(w, r)
	}))
	defer s.Close()
	tr := NewTransport(Manners{RequestsPerSecond: 1e6, Concurrency: 3})
	defer tr.CloseIdleConnections()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, _, err := get(t.Context(), tr, s.URL); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most.Load() > 3 {
		t.Errorf("%d requests at once", most.Load())
	}
}

func TestTransportObserves(t *testing.T) {
	s, _ := answers(t, say(500, asJSON, `{}`), fine)
	var seen []string
	tr, _ := quick(Manners{Observe: func(r Request) {
		seen = append(seen, fmt.Sprintf("%s %s %d try %d again %t", r.Source, r.Path, r.Status, r.Attempt, r.Backoff > 0))
	}})
	if _, _, err := get(t.Context(), tr, s.URL+"/v1/a?b=c"); err != nil {
		t.Fatal(err)
	}
	want := "main /v1/a 500 try 1 again true, main /v1/a 200 try 2 again false"
	if got := strings.Join(seen, ", "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestPaceHalvesAndRecovers(t *testing.T) {
	p := newPace(100)
	p.slow(0)
	p.slow(0) // the same complaint
	if got := p.limiter.Limit(); got != 50 {
		t.Fatalf("after a complaint: %v, want 50", got)
	}
	for range 20 {
		p.slowed = time.Time{}
		p.slow(0)
	}
	if got := p.limiter.Limit(); got != 100.0/16 {
		t.Fatalf("after many complaints: %v, want the floor", got)
	}
	for range 200 {
		p.recover()
	}
	if got := p.limiter.Limit(); got != 100 {
		t.Fatalf("recovered to %v, want 100", got)
	}
}

func TestBackoffGrows(t *testing.T) {
	for attempt, want := range map[int]time.Duration{1: firstBackoff, 3: 4 * firstBackoff, 50: maxBackoff} {
		for range 100 {
			if d := backoff(attempt, 0); d < want/2 || d > want {
				t.Fatalf("attempt %d waits %s, want between half of %s and it", attempt, d, want)
			}
		}
	}
}

func FuzzWhole(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":"\\\""}`, `[`, `{"a":"}`, `{}{}`, ``, `{"a":[1,{"b":"]"}]}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		// Cutting a whole object short must never leave a whole one.
		if len(s) > 0 && s[0] == '{' && whole([]byte(s)) {
			trimmed := strings.TrimRight(s, " \t\r\n")
			for i := 1; trimmed[len(trimmed)-1] == '}' && i < len(trimmed); i++ {
				if whole([]byte(trimmed[:i])) {
					t.Fatalf("%q passes, cut from %q", trimmed[:i], s)
				}
			}
		}
	})
}
