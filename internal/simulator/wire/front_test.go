package wire

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"
)

// echo is a provider that answers with the path it was asked for.
func echo() Provider {
	return Provider{
		Base: "/v1",
		Head: func(h http.Header, n int64) { h.Set("Request", string(rune('0'+n))) },
		Admit: func(r *http.Request) *Refusal {
			if r.Header.Get("Key") == "" {
				return &Refusal{Status: 401, Body: []byte("who?")}
			}
			return nil
		},
		Answer: func(b []byte, _ *http.Request, path []string, _ Luck) ([]byte, *Refusal) {
			if len(path) == 0 {
				return b, &Refusal{Status: 404, Body: []byte("where?")}
			}
			e := JSON{B: b}
			e.Open()
			e.Arr("path")
			for _, p := range path {
				e.Item(p)
			}
			e.EndArr()
			e.End()
			return e.B, nil
		},
		Refuse: func(k Fault, path []string, _ int) *Refusal {
			if k == Denied && len(path) == 0 {
				return nil
			}
			return &Refusal{Status: 400 + int(k), Body: []byte("no")}
		},
	}
}

func ask(f *Front, path, key string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Key", key)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

func TestFront(t *testing.T) {
	f := NewFront(echo(), Options{Clock: time.Now})
	for _, c := range []struct {
		path, key string
		status    int
		body      string
	}{
		{"/v1/things", "k", 200, `{"path":["things"]}` + "\n"},
		{"/v1/things/a1/parts/", "k", 200, `{"path":["things","a1","parts"]}` + "\n"},
		{"/v1/things/a2/parts", "k", 200, `{"path":["things","a2","parts"]}` + "\n"},
		{"/v1/things", "", 401, "who?"},
		{"/v1", "k", 404, "where?"},
		{"/v2/things", "k", 404, "where?"},
	} {
		if w := ask(f, c.path, c.key); w.Code != c.status || w.Body.String() != c.body {
			t.Errorf("%s: %d %q, want %d %q", c.path, w.Code, w.Body, c.status, c.body)
		}
	}
	want := map[string]int{"GET /v1/things": 2, "GET /v1/things/:id/parts": 2, "GET /v1": 1, "GET /v2/things": 1}
	if got := f.Requests(); !reflect.DeepEqual(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
	if f.Reset(); len(f.Requests()) != 0 {
		t.Error("counts remain after a reset")
	}
}

func TestLimited(t *testing.T) {
	p := echo()
	p.Limiter = NewMinute(1.0 / 60)
	f := NewFront(p, Options{Clock: time.Now})
	if w := ask(f, "/v1/things", "k"); w.Code != 200 {
		t.Fatalf("the first request: %d", w.Code)
	}
	if w := ask(f, "/v1/things", ""); w.Code != 400+int(TooMany) || w.Header().Get("Retry-After") == "" {
		t.Errorf("the second, even of nobody: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
}

func TestFaultOfNoUse(t *testing.T) {
	f := NewFront(echo(), Options{Clock: time.Now, Faults: Faults{OneIn: map[Fault]int{Denied: 1}}})
	if w := ask(f, "/v1/things", "k"); w.Code != 400+int(Denied) {
		t.Errorf("denied: %d", w.Code)
	}
	if w := ask(f, "/v1", "k"); w.Code != 404 {
		t.Errorf("a fault that does not apply changes the answer: %d", w.Code)
	}
}

// A slow answer ends when its reader leaves.
func TestReaderLeaves(t *testing.T) {
	f := NewFront(echo(), Options{Clock: time.Now, Latency: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/v1/things", nil)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	if w.Body.Len() != 0 {
		t.Errorf("answered %q to nobody", w.Body)
	}
}

func TestSkip(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`"a\"]",1`, `"a\"]"`}, {`{"a":[1,"}"]},2`, `{"a":[1,"}"]}`}, {`[[],{}]]`, `[[],{}]`}, {`12.5}`, `12.5`}, {`null,`, `null`}, {`7`, `7`},
	} {
		if got := c.in[:Skip([]byte(c.in), 0)]; got != c.want {
			t.Errorf("%s: %s, want %s", c.in, got, c.want)
		}
	}
}
