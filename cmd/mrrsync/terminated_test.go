package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mrrsync/connectors/billing"
	"mrrsync/internal/simulator"
)

// TestTerminated ends a sync by SIGTERM in each of its phases. What is under way is
// the last that it does: no request is sent any more and no statement begun but
// those that tidy up and record the run. It ends with exit code 1 and a word, readers
// see what they saw, and the next sync is right.
func TestTerminated(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	s := newTown(t, simulator.Config{Seed: 41, Customers: 12, Months: 3, Now: now})
	s.write()
	s.terminate("pull", trouble{kind: stop, at: "main", n: 15})
	s.terminate("land", trouble{kind: stop, at: "insert into raw_objects", n: 10})
	s.mrrsync(exitDone, "sync")
	s.hold(s.judge(billing.NoDate, false))
	before := s.rows()

	s.contract()
	s.terminate("derive", trouble{kind: stop, at: "insert into derived", n: 1})
	s.terminate("build", trouble{kind: sigterm, at: "expand daily", n: 1})
	s.terminate("verify", trouble{kind: stop, at: "verify load", n: 1})
	s.terminate("publish", trouble{kind: stop, at: "record restatements", n: 1})
	if rows := s.rows(); rows != before {
		t.Errorf("after four terminated syncs readers see\n%s, before\n%s", rows, before)
	}
	// Once the manifest is on its way, stopping would only leave open whether it
	// was written.
	log, code := s.disturb(trouble{kind: sigterm, at: "insert into manifest", n: 1})
	if code != exitDone {
		t.Errorf("terminated with the manifest on its way: exit code %d\n%s", code, log)
	}
	if got := fmt.Sprint(s.table("SELECT date, sum(mrr) FROM mrr_daily WHERE customer_id = 'late' GROUP BY date ORDER BY date LIMIT 1")); got != "[[2026-02-20 7]]" {
		t.Errorf("terminated with the manifest on its way: of the contract that came last readers see %s", got)
	}
}

// write writes the files that a sync of now reads.
func (s *town) write() {
	s.Helper()
	if err := simulator.WriteFiles(s.folder, s.company, s.now(), s.at, false); err != nil {
		s.Fatal(err)
	}
}

// rows are what readers see.
func (s *town) rows() string {
	s.Helper()
	return s.mrrsync(exitDone, "query", "--format", "TSV", rowsSeen())
}

// contract adds one that restates days that are published.
func (s *town) contract() {
	s.Helper()
	path := filepath.Join(s.folder, simulator.ContractsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		s.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "\n")
	row := map[string]string{
		"customer_id": "late", "subscription_id": "late", "item_id": "late", "plan": "late", "currency": "USD", "amount": "7", "interval": "month", "start": "2026-02-20", "kind": "recurring",
	}
	cells := strings.Split(strings.TrimSpace(head), ",")
	for i, column := range cells {
		cells[i] = row[column]
	}
	if err := os.WriteFile(path, append(text, strings.Join(cells, ",")+"\n"...), 0o600); err != nil {
		s.Fatal(err)
	}
}

// terminate syncs, and is stopped in a phase.
func (s *town) terminate(phase string, d trouble) {
	s.Helper()
	log, code := s.disturb(d)
	if code != exitFailed || !strings.Contains(log, "mrrsync: interrupted") {
		s.Errorf("%s terminated: exit code %d\n%s", phase, code, log)
	}
	begun := map[string]int{}
	for line := range strings.Lines(log) {
		if what, found := strings.CutPrefix(strings.TrimSpace(line), afterSignal); found {
			begun[what]++
		}
	}
	if begun["insert into runs"] != 1 {
		s.Errorf("%s terminated: the run was not recorded: %v", phase, begun)
	}
	for what, times := range begun {
		switch {
		case slices.Contains([]string{"insert into runs", "insert into run_sources"}, what) && times == 1:
		case strings.HasPrefix(what, "drop partitions of ") && times == 1: // of the load that is given up
		case strings.HasPrefix(what, "request to ") && times <= 8: // under way already, at most so many at once
		default:
			s.Errorf("%s terminated: still begun, %d times: %s", phase, times, what)
		}
	}
}

// disturb syncs with a signal on the way: one that a process of its own gets, or in
// this process the end of the context, which is what main makes of it.
func (s *town) disturb(d trouble) (log string, code int) {
	s.Helper()
	args := []string{"sync", "--accept-restatement", "--config", filepath.Join(s.folder, simulator.ConfigFile), "--log-level", "warn"}
	if d.kind == sigterm {
		_, log, code = ledger{s.T, s.folder}.verb(s.now().Format(time.DateOnly), d, args...)
		return log, code
	}
	var said bytes.Buffer
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	a := newApp(nil, io.Discard, &said, func(name string) string {
		return map[string]string{"MRRSYNC_NOW": s.now().Format(time.RFC3339), "MRRSYNC_VOLATILE": "1"}[name]
	})
	a.between = d.between(cancel).told(ctx, &said)
	code = a.run(ctx, args)
	return said.String(), code
}

// afterSignal begins the line that tells what is begun after a signal.
const afterSignal = "after the signal: "

// told tells of everything that is begun once ctx has ended: a request to a
// provider, a statement that writes.
func (b between) told(ctx context.Context, log io.Writer) between {
	tell := func(what string) {
		if ctx.Err() != nil {
			fmt.Fprintln(log, afterSignal+what)
		}
	}
	step, transport := b.step, b.transport
	b.step = func(name string) error {
		tell(name)
		return step(name)
	}
	b.transport = func(source string) http.RoundTripper {
		next := transport(source)
		return roundTrip(func(req *http.Request) (*http.Response, error) {
			tell("request to " + source)
			return next.RoundTrip(req)
		})
	}
	return b
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
