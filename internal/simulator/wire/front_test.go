package wire

import (
	"context"
	"fmt"
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

// What befalls a request is its own affair: the order of requests changes
// nothing, and the same seed gives the same faults again.
func TestLuckOfEach(t *testing.T) {
	faults, err := ParseFaults("429=3,html=4,truncate=5", 11)
	if err != nil {
		t.Fatal(err)
	}
	draw := func(order []string) map[string][]Luck {
		c, got := newChaos(faults), map[string][]Luck{}
		for range 20 {
			for _, what := range order {
				got[what] = append(got[what], c.next(what))
			}
		}
		return got
	}
	a, b := draw([]string{"GET /v1/a", "GET /v1/b", "GET /v1/c"}), draw([]string{"GET /v1/c", "GET /v1/a", "GET /v1/b"})
	if !reflect.DeepEqual(a, b) {
		t.Errorf("asked in another order, other faults come: %v and %v", a, b)
	}
	if reflect.DeepEqual(a["GET /v1/a"], a["GET /v1/b"]) {
		t.Error("two requests meet the same faults")
	}
}

// A storm takes the requests of a while, whatever they ask for, and passes.
func TestStorm(t *testing.T) {
	c := newChaos(Faults{Seed: 2, OneIn: map[Fault]int{Storm: 40}})
	longest, row, calm := 0, 0, 0
	for n := range 2000 {
		l := c.next(fmt.Sprintf("GET /v1/things?n=%d", n))
		switch l.Kind {
		case TooMany:
			row++
			longest = max(longest, row)
		case 0:
			row = 0
			calm++
		default:
			t.Fatalf("a storm brings %v", l)
		}
	}
	if longest < 4 || calm < 1000 {
		t.Errorf("at most %d refusals in a row, %d requests of 2000 answered", longest, calm)
	}
}

// A dripping answer is whole in the end.
func TestDrips(t *testing.T) {
	f := NewFront(echo(), Options{Clock: time.Now, Faults: Faults{Seed: 1, OneIn: map[Fault]int{Slow: 1}}})
	for n := range 4 {
		path := fmt.Sprintf("/v1/things/%d", n)
		want := fmt.Sprintf(`{"path":["things","%d"]}`+"\n", n)
		if w := ask(f, path, "k"); w.Body.String() != want || w.Header().Get("Content-Length") != fmt.Sprint(len(want)) {
			t.Errorf("%s: %q with Content-Length %s", path, w.Body, w.Header().Get("Content-Length"))
		}
	}
}
