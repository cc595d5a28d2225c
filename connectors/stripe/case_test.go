package stripe_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"mrrsync/connectors"
	"mrrsync/internal/simulator/stripeapi"
	"mrrsync/internal/wants"
	"mrrsync/normalize"
)

// TestCases runs testdata/*.txtar. Each case is what an account does, in Stripe's
// own JSON, and what a person wants of that. The account answers over HTTP (see
// desk_test.go), the connector pulls it, and the law values what it brought.
//
//	at 2026-06-01      pull, at this moment, all that stands above
//	policy KEY: VALUE  the policy; also preset: NAME
//	refuse PATH        from here on the API answers 400 there
//	fails 2026-06-01   a pull at this moment must fail
//	{...}              an object that is created, or changes without an event;
//	                   or an event, whose data.object is changed by it
//
// An object names only what the case is about: the rest is as for an ordinary
// monthly subscription of one customer since January. A price, a coupon or a
// tax rate inside another object may be named by its id. Instants may be written
// @2026-01-31 or @2026-01-31T12:00.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(archive.Files)%2 != 0 {
			t.Fatalf("%s: want account and want for every case", file)
		}
		for i := 0; i < len(archive.Files); i += 2 {
			account, want := archive.Files[i], archive.Files[i+1]
			name, _ := strings.CutSuffix(account.Name, " account")
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name, func(t *testing.T) {
				t.Parallel()
				if want.Name != name+" want" {
					t.Fatalf("case %q: its sections are %q and %q", name, account.Name, want.Name)
				}
				for _, err := range wants.Check(play(t, string(account.Data)), string(want.Data)) {
					t.Error(err)
				}
			})
		}
	}
}

var instant = regexp.MustCompile(`@(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d)?)?`)

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at
		}
	}
	t.Fatalf("%q is no instant", s)
	return time.Time{}
}

// play lets the account live, pulls it at the moments at which it says so, and
// derives all its customers as one account.
func play(t *testing.T, text string) normalize.Result {
	t.Helper()
	d := newDesk(t)
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	policy, err := normalize.Preset("")
	if err != nil {
		t.Fatal(err)
	}
	c := open(t, server.URL, d.clock, "")
	s := newShelf()
	pulled := false
	for _, b := range blocks(text) {
		verb, rest, _ := strings.Cut(b, " ")
		switch verb {
		case "policy":
			if policy, err = parsePolicy(rest); err != nil {
				t.Fatal(err)
			}
		case "refuse":
			d.refuse(rest)
		case "fails":
			d.set(moment(t, rest))
			if err := s.pull(t.Context(), c); err == nil {
				t.Errorf("the pull of %s succeeds", rest)
			}
		case "at":
			d.set(moment(t, rest))
			err := s.pull(t.Context(), c)
			if errors.Is(err, connectors.ErrGap) { // then a run lists everything again
				clear(s.cursors)
				err = s.pull(t.Context(), c)
			}
			if err != nil {
				t.Fatalf("pull of %s: %v", rest, err)
			}
			pulled = true
		default:
			d.happen(instant.ReplaceAllStringFunc(b, func(s string) string { return fmt.Sprint(moment(t, s[1:]).Unix()) }))
		}
	}
	if !pulled {
		t.Fatal("a case without at pulls nothing")
	}
	records, rejects := s.records(c)
	account := normalize.Account{ID: "acme", Records: records}
	r := normalize.Derive(account, normalize.Settings{Policy: policy, Zone: time.UTC})
	r.Rejects = append(r.Rejects, rejects...)
	return r
}

// blocks are a case's statements: a word's line, or a JSON object over as many
// lines as it takes.
func blocks(text string) []string {
	var out []string
	var object strings.Builder
	for _, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, "#") || trimmed == "":
		case object.Len() == 0 && !strings.HasPrefix(trimmed, "{"):
			out = append(out, trimmed)
		default:
			object.WriteString(line + "\n")
			if whole := instant.ReplaceAllString(object.String(), "0"); json.Valid([]byte(whole)) {
				out = append(out, object.String())
				object.Reset()
			}
		}
	}
	if object.Len() > 0 {
		out = append(out, object.String())
	}
	return out
}

// thing is a JSON object.
type thing = map[string]any

func parseThing(text string) (thing, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var o thing
	if err := d.Decode(&o); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one object")
	}
	return o, nil
}

// over is an object with some members replaced or added.
func over(object, changes thing) thing {
	out := maps.Clone(object)
	if out == nil {
		out = thing{}
	}
	maps.Copy(out, changes)
	return out
}

// newest are things in the order of a list: newest first.
func newest(list []thing) []thing {
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b thing) int {
		if n := int(created(b) - created(a)); n != 0 {
			return n
		}
		return strings.Compare(fmt.Sprint(b["id"]), fmt.Sprint(a["id"]))
	})
	return out
}

// A limit in the middle of a list: the page is asked for again, and what comes
// after it is not lost.
func TestLimitOnPageSeven(t *testing.T) {
	inner := stripeapi.New(small(), stripeapi.Options{})
	good := httptest.NewServer(inner)
	defer good.Close()
	const keys = "page_size: 5\nconcurrency: 1\n"
	want := pulled(t, open(t, good.URL, still, keys)).content()
	var asked atomic.Int64
	limited := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/customers" && asked.Add(1) == 7 {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(w, `{"error":{"type":"invalid_request_error","code":"rate_limit","message":"Too many requests"}}`)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	defer limited.Close()
	got := pulled(t, open(t, limited.URL, still, keys)).content()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("what landed differs:\n%.2000s", d)
	}
	if n := asked.Load(); n < 9 {
		t.Errorf("customers were asked for only %d times: the seventh page was not in the middle", n)
	}
}
