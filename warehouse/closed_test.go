package warehouse

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors/billing"
	"mrrsync/internal/lengthy"
)

// told is what every view says of days up to one; in short what a few do that
// read all the tables.
func told(t testing.TB, w *Warehouse, last string, short bool) map[string]string {
	t.Helper()
	all := map[string]string{}
	for view, where := range map[string]string{
		"mrr_daily": "date <= '%s'", "mrr_movements": "date <= '%s'", "mrr_totals_daily_reporting": "date <= '%s'", "invoice_lines": "issued_at <= '%s'",
		"mrr_waterfall_daily": "date <= '%s'", "mrr_totals_daily": "date <= '%s'", "mrr_monthly": "month <= '%s'", "mrr_waterfall_monthly": "month <= '%s'", "mrr_waterfall_monthly_reporting": "month <= '%s'", "retention_monthly": "month <= '%s'",
		"mrr_by_plan_monthly": "month <= '%s'", "mrr_by_segment_monthly": "month <= '%s'", "benchmarks_monthly": "month <= '%s'", "invoice_treatments_monthly": "month <= '%s'",
	} {
		if short && view != "mrr_daily" && view != "mrr_movements" && view != "mrr_totals_daily_reporting" && view != "invoice_lines" {
			continue
		}
		all[view] = answer(t, w, "SELECT * FROM "+view+" WHERE "+fmt.Sprintf(where, last)+" ORDER BY ALL")
	}
	return all
}

func closing(month string) Closing {
	return Closing{Month: day(month), Who: "finance", Note: "books of the month"}
}

// TestClosedMonthsDoNotMove plays random nights upon closed months, whole and
// incremental ones, with other policies and rates: nothing that any view says of
// closed days changes. Reopened, all is as if they had never been closed.
func TestClosedMonthsDoNotMove(t *testing.T) {
	for seed := uint64(0); seed < 2; seed += uint64(lengthy.Every(2)) {
		rng := rand.New(rand.NewPCG(seed, 23))
		w := fresh(t)
		a := randomWorld(rng, 12)
		through := day("2026-02-05")
		s := spec(through.String())
		s.Rules.ReactivationAfterDays = int(seed) * 5
		if _, err := publish(t.Context(), w, s, a, nil); err != nil {
			t.Fatal(err)
		}
		info, err := w.CloseMonth(t.Context(), 1, closing("2026-01-01"))
		if err != nil {
			t.Fatal(err)
		}
		if info.ClosedThrough != day("2026-01-31") || info.PolicyHash != "p" {
			t.Errorf("closed: %+v", info)
		}
		was, some := told(t, w, "2026-01-31", false), told(t, w, "2026-01-31", true)
		for night := range 5 {
			only := a.mutate(rng)
			through += billing.Date(rng.IntN(12))
			s.Through, s.Sources[0].Covered = through, through
			s.Run++
			if rng.IntN(2) == 0 {
				s.Rates[0].Rate = s.Rates[0].Rate.Add(dec("0.01"))
			}
			if night%3 == 2 {
				only, s.PolicyHash = nil, s.PolicyHash+"x"
			}
			if _, err := publish(t.Context(), w, s, a, only); err != nil {
				t.Fatalf("seed %d night %d: %v", seed, night, err)
			}
			if diff := cmp.Diff(some, told(t, w, "2026-01-31", true)); diff != "" {
				t.Fatalf("seed %d night %d changed closed days (-closed +seen):\n%s", seed, night, diff)
			}
			if got := answer(t, w, "SELECT count() FROM mrr_waterfall_daily WHERE starting_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr != ending_mrr"); got != "0" {
				t.Fatalf("seed %d night %d: %s days do not close", seed, night, got)
			}
			if night == 4 {
				addedUp(t, w)
			}
			if got := answer(t, w, "SELECT count() FROM restatements WHERE from <= '2026-01-31'"); got != "0" {
				t.Fatalf("seed %d night %d: %s restatements of closed days", seed, night, got)
			}
		}
		if diff := cmp.Diff(was, told(t, w, "2026-01-31", false)); diff != "" {
			t.Fatalf("seed %d changed closed days (-closed +seen):\n%s", seed, diff)
		}
		if seed > 0 {
			continue
		}
		if _, err := w.ReopenMonth(t.Context(), 9, closing("2025-10-01")); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(was, told(t, w, "2026-01-31", false)); diff != "" {
			t.Fatalf("reopening by itself changed days (-closed +seen):\n%s", diff)
		}
		if _, err := publish(t.Context(), w, s, a, nil); err != nil {
			t.Fatal(err)
		}
		never := fresh(t)
		if _, err := publish(t.Context(), never, s, a, nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(dump(t, never), "\n"), strings.Split(dump(t, w), "\n")); diff != "" {
			t.Errorf("reopened (-never closed +reopened):\n%s", diff)
		}
		if got := answer(t, w, "SELECT DISTINCT reason FROM restatements WHERE from <= '2026-01-31'"); got != "reopened" {
			t.Errorf("reasons of what was reopened: %q", got)
		}
	}
}

// TestTheFirstOpenDay: what is known better by now of closed days is a movement
// of the first open day, typed against what was closed.
func TestTheFirstOpenDay(t *testing.T) {
	w := fresh(t)
	a := acme()
	s := spec("2026-03-05")
	if _, err := publish(t.Context(), w, s, a, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.CloseMonth(t.Context(), 1, closing("2026-02-01")); err != nil {
		t.Fatal(err)
	}
	c1, c2 := CustomerKey{"main", "c1"}, CustomerKey{"main", "c2"}
	const seam = "SELECT account_id, customer_id, currency, movement, amount, reason FROM mrr_movements WHERE date >= '2026-03-01' ORDER BY ALL"
	night := func(only []CustomerKey, want ...string) {
		t.Helper()
		s.Run++
		if _, err := publish(t.Context(), w, s, a, only); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, lines(t, w, seam)); diff != "" {
			t.Errorf("movements since the first open day (-want +got):\n%s", diff)
		}
	}
	// What changes in closed days and holds no more leaves no trace.
	a.customers[c1].items[0].steps[0].mrr = "90"
	night([]CustomerKey{c1})
	// c2 did not end in February: it comes back.
	a.customers[c2].items[0].steps[0].until = billing.Forever
	night([]CustomerKey{c2}, "main/c2 c2 USD reactivation 40 restatement")
	// Nothing of it is lost on nights that derive others, nobody, or everybody under another policy.
	s.Through, s.Sources[0].Covered = day("2026-03-07"), day("2026-03-07")
	night([]CustomerKey{c1}, "main/c2 c2 USD reactivation 40 restatement")
	night([]CustomerKey{}, "main/c2 c2 USD reactivation 40 restatement")
	s.PolicyHash = "q"
	night(nil, "main/c2 c2 USD reactivation 40 restatement")
	// c1 was cheaper all along; its euros never were.
	a.customers[c1].items[0].steps[1].mrr = "120.5"
	a.customers[c1].items[1].steps = nil
	night([]CustomerKey{c1},
		"main/c1 c1 EUR contraction -33.3333 restatement", "main/c1 c1 USD contraction -150.5 restatement", "main/c1 c1 USD contraction 120.5 restatement", "main/c2 c2 USD reactivation 40 restatement")
	// c1 belongs to c2: closed days stay with the old account.
	a.customers[c1].account = "main/c2"
	moved := []string{
		"main/c1 c1 EUR churn -33.3333 restatement", "main/c1 c1 USD churn -150.5 restatement",
		"main/c2 c1 USD reactivation 120.5 restatement", "main/c2 c2 USD reactivation 40 restatement",
	}
	night([]CustomerKey{c1, c2}, moved...)
	addedUp(t, w)
	night([]CustomerKey{c1, c2}, moved...)
	night(nil, moved...)
	if got := answer(t, w, "SELECT max(date), count() FROM mrr_daily WHERE account_id = 'main/c1'"); got != "2026-02-28\t104" {
		t.Errorf("days of the account that is gone: %s", got)
	}
	// A customer that begins anew after closed days without it was there before.
	a.customers[c2].items[0].steps[0].until, a.customers[c2].items[0].steps[0].from = billing.Forever, day("2026-03-06")
	a.customers[c1].account = "main/c1"
	night([]CustomerKey{c1, c2},
		"main/c1 c1 EUR contraction -33.3333 restatement", "main/c1 c1 USD contraction -150.5 restatement", "main/c1 c1 USD contraction 120.5 restatement", "main/c2 c2 USD reactivation 40 new")
	addedUp(t, w)
}

func TestClosing(t *testing.T) {
	w := fresh(t)
	if _, err := w.CloseMonth(t.Context(), 1, closing("2026-01-01")); !errors.Is(err, ErrNoLoad) {
		t.Errorf("an empty warehouse: %v", err)
	}
	s := spec("2026-03-05")
	s.Sources[0].Covered = day("2026-02-27")
	first, err := publish(t.Context(), w, s, acme(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.CloseMonth(t.Context(), 1, closing("2026-02-01")); !errors.Is(err, ErrNotFinal) || !strings.Contains(err.Error(), "final through 2026-02-27") {
		t.Errorf("a month that is not final: %v", err)
	}
	if _, err := w.ReopenMonth(t.Context(), 1, closing("2026-01-01")); !errors.Is(err, ErrNotFinal) || !strings.Contains(err.Error(), "no month is closed") {
		t.Errorf("nothing to reopen: %v", err)
	}
	before := views(t, w)
	if _, err := w.CloseMonth(t.Context(), 1, closing("2026-01-01")); err != nil {
		t.Fatal(err)
	}
	after := views(t, w)
	if got := after["closings"]; !strings.Contains(got, "close\t2026-01-01\t2026-01-31\t1970-01-01\tfinance\tbooks of the month") {
		t.Errorf("closings: %s", got)
	}
	delete(before, "closings")
	delete(after, "closings")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("closing by itself changed what readers see (-before +after):\n%s", diff)
	}
	if _, err := w.CloseMonth(t.Context(), 1, closing("2025-12-01")); !errors.Is(err, ErrClosed) {
		t.Errorf("closed already: %v", err)
	}
	if _, err := w.Rollback(t.Context(), 1, first.ID); !errors.Is(err, ErrClosed) {
		t.Errorf("rolled back behind a closing: %v", err)
	}
	if _, err := w.ReopenMonth(t.Context(), 1, closing("2026-02-01")); !errors.Is(err, ErrNotFinal) || !strings.Contains(err.Error(), "closed through 2026-01-31") {
		t.Errorf("an open month: %v", err)
	}
	s.Currency, s.Rates = "", nil
	if _, err := w.NewLoad(t.Context(), s); err == nil || !strings.Contains(err.Error(), "closed in \"USD\"") {
		t.Errorf("another reporting currency: %v", err)
	}
	// December is the first month with MRR: reopening it leaves nothing closed.
	info, err := w.ReopenMonth(t.Context(), 1, closing("2025-12-01"))
	if err != nil || info.ClosedThrough != billing.NoDate || info.PolicyHash != "" {
		t.Errorf("reopened: %+v, %v", info, err)
	}
	if _, err := publish(t.Context(), w, s, acme(), nil); err != nil {
		t.Error(err)
	}
}
