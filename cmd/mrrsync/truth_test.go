package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mrrsync/connectors/billing"
	"mrrsync/internal/judge"
	"mrrsync/internal/simulator"
	"mrrsync/internal/simulator/chargebeeapi"
	"mrrsync/internal/simulator/stripeapi"
	"mrrsync/warehouse"
)

// town is a simulated company on the wire, with a present that the test moves,
// and the folder of one who syncs it.
type town struct {
	*testing.T
	company *simulator.Company
	api     *stripeapi.Server // Stripe's
	site    *chargebeeapi.Server
	at      simulator.Addresses
	folder  string
	present atomic.Int64 // Unix seconds
	// bend, if set, changes the objects that Stripe answers with.
	bend atomic.Pointer[func(object map[string]any)]
}

func newTown(t *testing.T, c simulator.Config) *town {
	t.Helper()
	s := &town{T: t, company: simulator.New(c), folder: t.TempDir()}
	s.present.Store(c.Now.Unix())
	s.api = stripeapi.New(s.company.Books, stripeapi.Options{Key: simulator.Key(c.Seed), Clock: s.now})
	s.site = chargebeeapi.New(s.company.Site, chargebeeapi.Options{Key: simulator.SiteKey(c.Seed), Clock: s.now})
	stripe, site := httptest.NewServer(s.bent(s.api)), httptest.NewServer(s.site)
	t.Cleanup(stripe.Close)
	t.Cleanup(site.Close)
	s.at = simulator.Addresses{Stripe: stripe.URL, Chargebee: site.URL}
	return s
}

// bent is the API, its answers changed by bend.
func (s *town) bent(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bend := s.bend.Load()
		if bend == nil {
			api.ServeHTTP(w, r)
			return
		}
		whole := httptest.NewRecorder()
		api.ServeHTTP(whole, r)
		maps.Copy(w.Header(), whole.Header())
		w.Header().Del("Content-Length")
		w.WriteHeader(whole.Code)
		var answer map[string]any
		body := json.NewDecoder(whole.Body)
		body.UseNumber()
		if err := body.Decode(&answer); err != nil {
			s.Errorf("bend %s: %v", r.URL, err)
		}
		if list, ok := answer["data"].([]any); ok {
			for _, o := range list {
				(*bend)(o.(map[string]any))
			}
		} else {
			(*bend)(answer)
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			s.Errorf("bend %s: %v", r.URL, err)
		}
	})
}

func (s *town) now() time.Time { return time.Unix(s.present.Load(), 0).UTC() }

// mrrsync runs the program in the folder, at the present, and expects an exit
// code. Verbs need no environment but the clock.
func (s *town) mrrsync(want int, args ...string) (stdout string) {
	s.Helper()
	getenv := func(name string) string {
		return map[string]string{"MRRSYNC_NOW": s.now().Format(time.RFC3339), "MRRSYNC_VOLATILE": "1"}[name]
	}
	var out, log bytes.Buffer
	args = append(args, "--config", filepath.Join(s.folder, simulator.ConfigFile), "--log-level", "warn")
	if code := run(s.Context(), args, nil, &out, &log, getenv); code != want {
		if code == exitPartial {
			run(s.Context(), []string{"query", "SELECT source, kind, id, code, detail FROM rejects", "--config", args[len(args)-3]}, nil, &log, &log, getenv)
		}
		s.Fatalf("mrrsync %v: exit code %d, want %d\n%s%s", args, code, want, &out, &log)
	}
	return out.String()
}

// sync writes the files as of now and syncs.
func (s *town) sync(args ...string) string {
	s.Helper()
	if err := simulator.WriteFiles(s.folder, s.company, s.now(), s.at, false); err != nil {
		s.Fatal(err)
	}
	out := s.mrrsync(exitDone, append([]string{"sync"}, args...)...)
	if ignored := s.site.Ignored(); len(ignored) > 0 {
		s.Errorf("the sync asked Chargebee for what it ignores in silence: %v", ignored)
	}
	return out
}

// open opens the town's warehouse.
func (s *town) open() *warehouse.Warehouse {
	s.Helper()
	w, err := warehouse.Open(s.Context(), warehouse.Options{DSN: "chdb://" + filepath.Join(s.folder, "warehouse"), Database: "mrr", Now: s.now})
	if err != nil {
		s.Fatal(err)
	}
	return w
}

// judge holds what is published from a day on against the truth.
func (s *town) judge(from billing.Date, all bool) judge.Verdict {
	s.Helper()
	w := s.open()
	defer w.Close()
	v, err := judge.Compare(s.Context(), w, s.company.Truth(s.now(), time.UTC), judge.Question{From: from, Limit: 25, All: all})
	if err != nil {
		s.Fatal(err)
	}
	return v
}

func (s *town) hold(v judge.Verdict) {
	s.Helper()
	s.Logf("%v item-days by source", v.Sources)
	s.Logf("%d item-days, %d provable (%.2f %%), %d of them agree; %d of %d others guessed right; %d unknown",
		v.Compared, v.Provable, 100*float64(v.Provable)/float64(max(v.Compared, 1)), v.Agreed, v.Right, v.Guessed, v.Unknown)
	if !v.Holds() {
		s.Errorf("%d provable item-days are wrong, %d are unknown to the truth:%s", v.Wrong, v.Unknown, differences(v))
	}
}

func differences(v judge.Verdict) string {
	var b strings.Builder
	for _, d := range v.First {
		b.WriteString("\n" + d.String())
	}
	return b.String()
}

// A longer proof of TestTruth, over companies that no one has looked at before:
//
//	go test ./cmd/mrrsync -run TestTruth -timeout 2h -seeds 10 -seed 7001 -crowd 500
var (
	seeds = flag.Int("seeds", 1, "how many companies TestTruth syncs in each catalogue")
	seed  = flag.Uint64("seed", 3, "the first company of TestTruth")
	crowd = flag.Int("crowd", 60, "how many customers each company of TestTruth has")
)

// TestTruth syncs whole companies of three years from their first day, in both
// of Chargebee's catalogues, holds every item-day against the truth, and every
// customer who changed provider against what that means.
func TestTruth(t *testing.T) {
	for n := range uint64(*seeds) {
		for catalogue := 1; catalogue <= few(2, 1); catalogue++ {
			// Twins would prove less: each catalogue gets companies of its own.
			number := *seed + 2*n + uint64(catalogue-1)
			t.Run(fmt.Sprintf("company %d catalogue %d", number, catalogue), func(t *testing.T) {
				s := newTown(t, simulator.Config{Seed: number, Catalogue: catalogue, Customers: *crowd, Months: 36, Now: time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)})
				s.sync()
				v := s.judge(billing.NoDate, false)
				s.hold(v)
				if share := float64(v.Provable) / float64(v.Compared); share < 0.97 {
					t.Errorf("only %.4f of the item-days are provable: the company is no test", share)
				}
				s.settled()
			})
		}
	}
}

// settled holds the movements against the moves between providers, and says
// how many there were.
func (s *town) settled() judge.Passage {
	s.Helper()
	w := s.open()
	defer w.Close()
	p, err := judge.Moves(s.Context(), w, s.company.Moves(s.now()), billing.DateOf(s.now(), time.UTC)-1)
	if err != nil {
		s.Fatal(err)
	}
	s.Logf("%d moves between providers, %d of them at one price", p.Moves, p.Level)
	for _, wrong := range p.Broken {
		s.Errorf("a move is told wrong: %s", wrong)
	}
	return p
}

// TestMoves syncs a company of many customers who change provider in every
// direction: to the company none of them is lost and none is won.
func TestMoves(t *testing.T) {
	s := newTown(t, simulator.Config{Seed: 31, Customers: 1000, Months: 18, Now: time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)})
	s.sync()
	kinds := map[string]int{}
	for _, m := range s.company.Moves(s.now()) {
		kinds[fmt.Sprintf("from %s to %s", m.From.Source, m.To.Source)]++
		kinds[fmt.Sprintf("tagged %t", m.Tagged)]++
	}
	for _, kind := range []string{"from main to emea", "from emea to main", "from enterprise to emea", "tagged true", "tagged false"} {
		if kinds[kind] == 0 {
			t.Errorf("nobody moves %s: the company is no test; there are %v", kind, kinds)
		}
	}
	if p := s.settled(); p.Level == 0 || p.Level == p.Moves {
		t.Errorf("%d of %d moves at one price: the company is no test", p.Level, p.Moves)
	}
}

// few is how much of a long test is done: all, or with -short some.
func few(all, some int) int {
	if testing.Short() {
		return some
	}
	return all
}

// nights makes a longer proof of TestNights: go test ./cmd/mrrsync -run
// TestNights -nights 30.
var nights = flag.Int("nights", 2, "how many nights TestNights syncs, at most 30")

// TestNights syncs every night for a while. Whoever looks every night misses
// nothing: each of the days must equal the truth, provable or not, and stay as
// it was published.
func TestNights(t *testing.T) {
	first := time.Date(2026, 2, 1, 3, 0, 0, 0, time.UTC)
	s := newTown(t, simulator.Config{Seed: 331, Customers: 120, Months: 8, Now: first, Until: first.AddDate(0, 0, 32)})
	s.sync()
	s.hold(s.judge(billing.NoDate, false))
	from := billing.DateOf(first, time.UTC)
	for night := 1; night <= *nights; night++ {
		s.present.Store(first.AddDate(0, 0, night).Unix())
		s.sync()
		v := s.judge(from, true)
		if !v.Exact() {
			s.Fatalf("night %d: %+v\n%s", night, v, differences(v))
		}
	}
	if p := s.settled(); p.Moves == 0 {
		t.Error("nobody changed provider: the nights prove nothing about that")
	}
	s.api.Reset()
	s.site.Reset()
	again := s.sync()
	for path, n := range s.api.Requests() {
		if path != "GET /v1/events" && path != "GET /v1/account" || n > 3 {
			t.Errorf("a second sync of the same night asked %d times for %s:\n%s", n, path, again)
		}
	}
	for path, n := range s.site.Requests() {
		if n > 3 {
			t.Errorf("a second sync of the same night asked %d times for %s:\n%s", n, path, again)
		}
	}
}
