package warehouse

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mrrsync/connectors/billing"
	"mrrsync/internal/serve"
)

// testTerm is how long a lease lasts here whose holder is killed.
const testTerm = 5 * time.Second

// remotely are the options of Warehouses that all come to one warehouse over the
// network: to the server that MRRSYNC_TEST_DSN names, else to a serve over the
// embedded engine. No lock on a folder stands between them.
func remotely(t *testing.T) Options {
	t.Helper()
	opt := options()
	reopen(t, opt) // as serve does before it lets anybody in
	if os.Getenv("MRRSYNC_TEST_DSN") != "" {
		return opt
	}
	server, err := serve.New(t.Context(), serve.Config{
		Folder: shared, Database: opt.Database, Listen: "127.0.0.1:0", Now: time.Now,
		Users: []serve.User{{Name: "etl", Password: func() (string, error) { return "wr1te", nil }, Role: serve.Writer}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, 10*time.Second) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	opt.DSN = "http://etl:wr1te@" + server.Addr().String()
	return opt
}

// comer opens a warehouse whose own clock is off by skew.
func comer(t *testing.T, opt Options, skew time.Duration) *Warehouse {
	t.Helper()
	opt.Now = func() time.Time { return now.Add(skew) }
	w, err := Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// TestOneRunOverTheNetwork lets a second run come while the first one has the
// warehouse: it is told who has it. The clocks of the two are two days apart.
func TestOneRunOverTheNetwork(t *testing.T) {
	opt := remotely(t)
	a, b := comer(t, opt, 24*time.Hour), comer(t, opt, -24*time.Hour)
	a.leaseTerm = 20 * time.Second
	begun := time.Now()
	run, err := a.StartRun(t.Context(), Run{Verb: "sync"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.StartRun(t.Context(), Run{Verb: "rebuild"})
	var locked *LockedError
	if !errors.Is(err, ErrLocked) || !errors.As(err, &locked) {
		t.Fatalf("the second run: %v", err)
	}
	h := locked.Holder
	if h.Verb != "sync" || h.Run != run.ID || h.PID != os.Getpid() || h.User == "" || h.Host == "" || h.Fence == 0 {
		t.Errorf("held by %+v", h)
	}
	if h.Since.Before(begun) || h.Until.Before(h.Since.Add(a.leaseTerm)) || h.Until.After(time.Now().Add(a.leaseTerm)) {
		t.Errorf("held since %s, until %s", h.Since, h.Until)
	}
	for first := h.Until; !h.Until.After(first); time.Sleep(100 * time.Millisecond) { // it is renewed
		all, err := b.Holders(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatalf("holders: %+v %v", all, err)
		}
		h = all[0]
	}
	for _, part := range []string{"another run holds the warehouse: sync (run ", " process ", " since 20", " until ", "; wait for it to end"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if err := a.FinishRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	if all, err := b.Holders(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("holders in the end: %+v %v", all, err)
	}
	// Whose clock is behind publishes upon what the other published.
	for i, w := range []*Warehouse{a, b, a} {
		through := (day("2026-03-05") + billing.Date(i)).String()
		if err := night(t.Context(), w, acme(), through); err != nil {
			t.Fatal(err)
		}
		if is, _, err := w.Published(t.Context()); err != nil || is.Through.String() != through {
			t.Errorf("night %d: published through %s, want %s, %v", i, is.Through, through, err)
		}
	}
}

// TestTakeover kills the process of a run: another one has the warehouse once its
// lease has run out, not before, and says of it that it was aborted.
func TestTakeover(t *testing.T) {
	opt := remotely(t)
	b := comer(t, opt, 0)
	cmd := exec.CommandContext(t.Context(), testBinary())
	cmd.Env = append(os.Environ(), childDSN+"="+opt.DSN, childName+"="+opt.Database, childKill+"=hold")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "held\n" {
		t.Fatalf("the other process: %q %v", line, err)
	}
	if _, err := b.StartRun(t.Context(), Run{Verb: "sync"}); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint("process ", cmd.Process.Pid)) {
		t.Fatalf("while it lives: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if _, err := b.StartRun(t.Context(), Run{Verb: "sync"}); !errors.Is(err, ErrLocked) {
		t.Fatalf("while its lease lasts: %v", err)
	}
	var run Run
	begun := time.Now()
	for errors.Is(err, ErrLocked) || run.ID == 0 {
		if run, err = b.StartRun(t.Context(), Run{Verb: "sync"}); err != nil && (!errors.Is(err, ErrLocked) || time.Since(begun) > time.Minute) {
			t.Fatalf("after %s: %v", time.Since(begun), err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("taken over %s after the kill; a lease lasts %s", time.Since(begun).Round(time.Millisecond), testTerm)
	if got := answer(t, b, "SELECT groupArray((s, e)) FROM (SELECT argMax(status, seq) AS s, argMax(error, seq) AS e FROM "+b.table("runs")+" GROUP BY run ORDER BY run)"); !strings.HasPrefix(got, "[('aborted','the process ended before the run did'),('running','')]") {
		t.Errorf("runs: %s", got)
	}
	if err := b.FinishRun(t.Context(), run); err != nil {
		t.Error(err)
	}
}

// TestLostLease lets a run stand still before it publishes, until another one has
// the warehouse. When it wakes, its own clock tells it that it lost; and where
// that clock stood still as well, the server does not take what it publishes.
func TestLostLease(t *testing.T) {
	opt := remotely(t)
	for name, of := range map[string]struct{ sleeping, published bool }{
		"its clock went on":                              {false, false},
		"its clock stood still":                          {true, false},
		"its clock stood still, the other has published": {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := comer(t, opt, time.Hour), comer(t, opt, 0)
			if err := night(t.Context(), b, before(), "2026-03-08"); err != nil {
				t.Fatal(err)
			}
			run, err := a.StartRun(t.Context(), Run{Verb: "sync"})
			if err != nil {
				t.Fatal(err)
			}
			s := spec("2026-03-09")
			s.Run, s.Full = run.ID, true
			load, err := a.NewLoad(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(fill(t.Context(), load, after(), after().accounts(after().keys())), load.Build(t.Context()), load.Verify(t.Context())); err != nil {
				t.Fatal(err)
			}
			lease := a.leased()
			lease.cancel() // nothing runs in a process that stands still
			<-lease.done
			expire := fmt.Sprintf("ALTER TABLE %s UPDATE expires_at = expires_at - INTERVAL 1 HOUR WHERE claim = '%s' SETTINGS mutations_sync = 1", b.table("leases"), lease.claim)
			if err := b.Conn().Exec(t.Context(), expire); err != nil {
				t.Fatal(err)
			}
			lease.mu.Lock()
			if lease.until = time.Now(); of.sleeping {
				lease.until = lease.until.Add(time.Hour)
			}
			lease.mu.Unlock()

			other, err := b.StartRun(t.Context(), Run{Verb: "sync"})
			if err != nil {
				t.Fatal(err)
			}
			s.Run, s.Through = other.ID, day("2026-03-08")
			if of.published {
				if _, err := publish(t.Context(), b, s, before(), nil); err != nil {
					t.Fatal(err)
				}
			}
			was := dump(t, b)
			_, err = load.Publish(t.Context())
			if !errors.Is(err, ErrLost) {
				t.Errorf("publishing late: %v", err)
			}
			if of.sleeping && !strings.Contains(err.Error(), fmt.Sprint("held by sync (run ", other.ID, ")")) {
				t.Errorf("it does not say to whom: %v", err)
			}
			if err := load.Discard(t.Context()); err != nil {
				t.Errorf("discard: %v", err)
			}
			if got := dump(t, b); got != was {
				t.Errorf("readers see something else than before:\n%s", got)
			}
			run.Status = Failed
			if err := a.FinishRun(t.Context(), run); err != nil {
				t.Error(err)
			}
			if all, err := b.Holders(t.Context()); err != nil || len(all) != 1 || all[0].Run != other.ID {
				t.Errorf("holders: %+v %v", all, err)
			}
			if _, err := publish(t.Context(), b, s, before(), nil); err != nil {
				t.Errorf("the run that has it: %v", err)
			}
			other.Status = Done
			if err := b.FinishRun(t.Context(), other); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestFence lets somebody have the warehouse after a run whose own lease has not
// run out, as when the server's clock was set back: the later one has it.
func TestFence(t *testing.T) {
	a := comer(t, remotely(t), time.Hour)
	run, err := a.StartRun(t.Context(), Run{Verb: "sync"})
	if err != nil {
		t.Fatal(err)
	}
	lease := a.leased()
	lease.cancel() // it is renewed here, not behind our back
	<-lease.done
	if err := lease.renew(t.Context()); err != nil {
		t.Fatalf("renewed while nobody else has it: %v", err)
	}
	leases := a.table("leases")
	later := "INSERT INTO " + leases + " (fence, claim, state, folder, verb, run, user, host, pid, at, expires_at) SELECT fence + 1, 'later', 'held', false, verb, run + 1, user, host, pid, at, expires_at FROM " +
		leases + " WHERE claim = '" + lease.claim + "' AND state = 'held' LIMIT 1"
	if err := a.Conn().Exec(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	if err := lease.renew(t.Context()); !errors.Is(err, ErrLost) {
		t.Errorf("renewed though another has it: %v", err)
	}
	run.Status = Failed
	if err := a.FinishRun(t.Context(), run); err != nil {
		t.Error(err)
	}
}

// TestRush lets many ask at once, again and again: never do two have the
// warehouse, and somebody gets it.
func TestRush(t *testing.T) {
	opt := remotely(t)
	const comers, rounds = 5, 6
	var inside, taken atomic.Int32
	var all sync.WaitGroup
	var who []*Warehouse
	for i := range comers {
		who = append(who, comer(t, opt, time.Duration(i)*time.Hour))
	}
	for _, w := range who {
		all.Go(func() {
			for range rounds {
				run, err := w.StartRun(t.Context(), Run{Verb: "sync"})
				if errors.Is(err, ErrLocked) {
					time.Sleep(100 * time.Millisecond)
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d runs have the warehouse", n)
				}
				taken.Add(1)
				time.Sleep(20 * time.Millisecond)
				inside.Add(-1)
				if err := w.FinishRun(t.Context(), run); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d of %d who asked had it", taken.Load(), comers*rounds)
	if taken.Load() < 2 {
		t.Errorf("only %d had it", taken.Load())
	}
}

// TestFolderBesideNetwork lets a run on the folder and one over the network come
// to the same warehouse. The lock of the folder keeps only the others on the
// folder out, the lease keeps both; and a run on the folder that was killed makes
// the next one there wait for nothing.
func TestFolderBesideNetwork(t *testing.T) {
	if os.Getenv("MRRSYNC_TEST_DSN") != "" {
		t.Skip("a server has no folder of ours")
	}
	opt := remotely(t)
	far := comer(t, opt, 0)
	opt.DSN = "chdb://" + shared
	near := comer(t, opt, 0)
	for _, w := range [][2]*Warehouse{{far, near}, {near, far}} {
		run, err := w[0].StartRun(t.Context(), Run{Verb: "sync"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w[1].StartRun(t.Context(), Run{Verb: "sync"}); !errors.Is(err, ErrLocked) {
			t.Errorf("two runs: %v", err)
		}
		if err := w[0].FinishRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := near.StartRun(t.Context(), Run{Verb: "sync"}); err != nil {
		t.Fatal(err)
	}
	other := comer(t, opt, 0)
	if _, err := other.StartRun(t.Context(), Run{Verb: "sync"}); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("two runs on the folder: %v", err)
	}
	near.drop() // as when it is killed
	run, err := other.StartRun(t.Context(), Run{Verb: "sync"})
	if err != nil {
		t.Fatalf("after a kill: %v", err)
	}
	if err := other.FinishRun(t.Context(), run); err != nil {
		t.Error(err)
	}
	if all, err := near.Holders(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("holders in the end: %+v %v", all, err)
	}
}
