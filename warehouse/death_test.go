package warehouse

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mrrsync/internal/lengthy"
)

var errDied = errors.New("died")

// deaths lets something die before its first statement that writes, then before
// its second, and so on until it lives; what is left of one death the next one
// finds. look is called after each, with the statement not reached, and the
// number of deaths is returned.
func deaths(t *testing.T, w *Warehouse, something func() error, look func(at string)) int {
	t.Helper()
	for n := 0; ; n++ {
		count, at := 0, ""
		w.step = func(what string) error {
			if count++; count > n {
				if at == "" {
					at = what
				}
				return errDied
			}
			return nil
		}
		err := something()
		w.step = nil
		if err == nil {
			return n
		}
		if !errors.Is(err, errDied) {
			t.Fatalf("death %d: %v", n, err)
		}
		w.drop() // the lock falls with the process
		look(at)
	}
}

// TestDeathsOfTheFirstStart dies between any two statements that make the
// schema. Whoever comes then goes on from there.
func TestDeathsOfTheFirstStart(t *testing.T) {
	w, err := Open(t.Context(), options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	died := map[string]int{}
	// What is made is made: after each death the next one comes a little later.
	for n := 1; ; n = n*5/4 + 1 {
		count, at := 0, ""
		w.step = func(what string) error {
			if count++; count >= n {
				at = what
				return errDied
			}
			return nil
		}
		err := w.Migrate(t.Context())
		if w.step = nil; err == nil {
			break
		}
		if !errors.Is(err, errDied) {
			t.Fatal(err)
		}
		died[at]++
	}
	if len(died) < 8 {
		t.Errorf("only %d deaths: %v", len(died), died)
	}
	if drift, err := w.Drift(t.Context()); err != nil || len(drift) > 0 {
		t.Errorf("the schema differs after the deaths: %v, %v", drift, err)
	}
	if err := night(t.Context(), w, before(), "2026-03-05"); err != nil {
		t.Fatal(err)
	}
	if got := answer(t, w, "SELECT count() > 0 FROM "+w.schema.DB()+".mrr_daily"); got != "1" {
		t.Error("nothing is published")
	}
}

// TestDeathsOfOtherVerbs dies between any two statements of a closing, a
// reopening, a rollback and a collection. Until the last of them readers see what
// they saw; done again, each ends as it does undisturbed.
func TestDeathsOfOtherVerbs(t *testing.T) {
	lengthy.Test(t)
	calm, w := fresh(t), fresh(t)
	for _, x := range []*Warehouse{calm, w} {
		x.opt.KeepLoads = 2
		for i, of := range []*world{before(), before(), after()} {
			if err := night(t.Context(), x, of, fmt.Sprintf("2026-03-0%d", 5+i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	// within runs something as a verb does: within a run of its own.
	within := func(w *Warehouse, something func(run uint64) error) func() error {
		return func() error {
			ctx := context.Background()
			run, err := w.StartRun(ctx, Run{Verb: "load"})
			if err != nil {
				return err
			}
			if err := something(run.ID); err != nil {
				return err
			}
			run.Status = Done
			return w.FinishRun(ctx, run)
		}
	}
	for _, verb := range []struct {
		name string
		do   func(*Warehouse) func(run uint64) error
	}{
		{"rollback", func(w *Warehouse) func(uint64) error {
			return func(run uint64) error {
				all, err := w.Loads(t.Context())
				if err != nil {
					return err
				}
				if all[0].Restored != 0 {
					return nil // it was done, and died before that was recorded
				}
				_, err = w.Rollback(t.Context(), run, all[1].ID)
				return err
			}
		}},
		{"close", func(w *Warehouse) func(uint64) error {
			return func(run uint64) error {
				_, err := w.CloseMonth(t.Context(), run, closing("2026-01-01"))
				if errors.Is(err, ErrClosed) {
					return nil
				}
				return err
			}
		}},
		{"reopen", func(w *Warehouse) func(uint64) error {
			return func(run uint64) error {
				_, err := w.ReopenMonth(t.Context(), run, closing("2025-12-01"))
				if errors.Is(err, ErrNotFinal) {
					return nil
				}
				return err
			}
		}},
		{"gc", func(w *Warehouse) func(uint64) error {
			return func(uint64) error {
				_, err := w.Collect(t.Context())
				return err
			}
		}},
	} {
		t.Run(verb.name, func(t *testing.T) {
			was := dump(t, w)
			if err := within(calm, verb.do(calm))(); err != nil {
				t.Fatal(err)
			}
			want := dump(t, calm)
			n := deaths(t, w, within(w, verb.do(w)), func(at string) {
				if now := dump(t, w); now != was && now != want {
					t.Errorf("dead before %q, readers see neither what was nor what is to be: %s", at, cmp.Diff(was, now))
				}
			})
			if n < 3 {
				t.Errorf("only %d deaths", n)
			}
			if diff := cmp.Diff(want, dump(t, w)); diff != "" {
				t.Errorf("after %d deaths (-without +with):\n%s", n, diff)
			}
		})
	}
}

// TestManifestIsTrimmed lets the rows of loads that are given up leave the
// manifest, once there are many, and nothing else.
func TestManifestIsTrimmed(t *testing.T) {
	opt := options()
	opt.KeepLoads = 1
	w := reopen(t, opt)
	for _, through := range []string{"2026-03-05", "2026-03-06", "2026-03-07"} {
		if _, err := publish(t.Context(), w, spec(through), acme(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	was, parts := dump(t, w), func() string {
		return answer(t, w, "SELECT uniqExactIf(load_id, table != ''), countIf(table = ''), countIf(load_id IN (SELECT max(load_id) FROM "+w.table("manifest")+")) FROM "+w.table("manifest"))
	}
	few := parts()
	first := answer(t, w, "SELECT min(load_id) FROM "+w.table("manifest"))
	if err := w.exec(t.Context(), "fill manifest", "INSERT INTO "+w.table("manifest")+" (load_id, table, bucket) SELECT "+first+", 'daily', number FROM numbers(5000)"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	const want = "1\t3\t" // one load with parts, three headers
	if got := parts(); got[:4] != want || few[:4] != "3\t3\t" || got[4:] != few[4:] {
		t.Errorf("loads with parts, headers and rows of the newest: %q, before %q", got, few)
	}
	if diff := cmp.Diff(was, dump(t, w)); diff != "" {
		t.Errorf("trimming changed what readers see: %s", diff)
	}
}
