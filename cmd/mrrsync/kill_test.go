package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/internal/simulator"
)

// published is everything readers see of a town's warehouse that does not say
// when or how it came there.
func (s *town) published() string {
	s.Helper()
	w := s.open()
	defer w.Close()
	var out strings.Builder
	for _, sql := range []string{
		"SELECT * FROM mrr_daily ORDER BY ALL",
		"SELECT * FROM mrr_movements ORDER BY ALL",
		"SELECT * FROM mrr_waterfall_daily ORDER BY ALL",
		"SELECT * FROM invoice_lines ORDER BY ALL",
		"SELECT * FROM customers ORDER BY ALL",
		"SELECT * FROM subscriptions ORDER BY ALL",
	} {
		if err := w.Format(s.Context(), &out, sql, "TabSeparated"); err != nil {
			s.Fatal(err)
		}
	}
	return out.String()
}

// child starts a sync in a process of its own.
func (s *town) child() (*exec.Cmd, *bytes.Buffer) {
	s.Helper()
	program, err := os.Executable()
	if err != nil {
		s.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.CommandContext(s.Context(), program)
	cmd.Args = []string{"mrrsync", "sync", "--config", filepath.Join(s.folder, simulator.ConfigFile)}
	cmd.Env = append(os.Environ(), "MRRSYNC_NOW="+s.now().Format(time.RFC3339), "MRRSYNC_VOLATILE=1")
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	return cmd, &log
}

// TestKilled kills a night's sync again and again, ever later: while it pulls,
// while it derives, while it builds. After each kill readers see the load
// before, whole; in the end they see what an undisturbed sync publishes.
func TestKilled(t *testing.T) {
	first := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	c := simulator.Config{Seed: 5, Customers: 100, Months: 8, Now: first, Until: first.AddDate(0, 0, 12)}
	night := first.AddDate(0, 0, 10)
	var want string
	var lasted time.Duration
	t.Run("undisturbed", func(t *testing.T) {
		s := newTown(t, c)
		s.sync()
		s.present.Store(night.Unix())
		begun := time.Now()
		s.sync()
		lasted = time.Since(begun)
		want = s.published()
	})
	t.Run("killed", func(t *testing.T) {
		s := newTown(t, c)
		s.sync()
		before := s.published()
		s.present.Store(night.Unix())
		if err := simulator.WriteFiles(s.folder, s.company, s.now(), s.at, false); err != nil {
			t.Fatal(err)
		}
		kills := 0
		step := lasted / time.Duration(few(6, 3))
		for delay := step; delay < 4*lasted; delay += step {
			cmd, log := s.child()
			after := time.AfterFunc(delay, func() { _ = cmd.Process.Kill() })
			err := cmd.Wait()
			after.Stop()
			if err == nil {
				break
			}
			if cmd.ProcessState.Exited() {
				t.Fatalf("the sync failed by itself: %v\n%s", err, log)
			}
			kills++
			if now := s.published(); now != before && now != want {
				t.Fatalf("killed after %s, readers see neither load: %s", delay, cmp.Diff(before, now))
			}
		}
		if kills == 0 {
			t.Error("no sync was killed: the test proves nothing")
		}
		s.sync()
		if now := s.published(); now != want {
			t.Errorf("after %d kills: %s", kills, cmp.Diff(want, now))
		}
		t.Logf("%d kills within %s", kills, lasted)
	})
}
