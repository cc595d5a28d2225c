package warehouse

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors/billing"
)

// views is what every view answers, but for those that tell of loads and runs
// themselves.
func views(t testing.TB, w *Warehouse) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range lines(t, w, "SELECT name FROM system.tables WHERE database = '"+w.schema.Database+"' AND name NOT IN ('loads', 'runs', 'restatements', 'freshness') ORDER BY name") {
		all[name] = answer(t, w, "SELECT * FROM "+name+" ORDER BY ALL")
	}
	if len(all) < 20 {
		t.Fatalf("only %d views", len(all))
	}
	return all
}

// TestRollback publishes an earlier load again: every view shows it, and a run
// upon it ends where one without the rollback does.
func TestRollback(t *testing.T) {
	w := fresh(t)
	a := acme()
	first, err := publish(t.Context(), w, spec("2026-03-05"), a, nil)
	if err != nil {
		t.Fatal(err)
	}
	was := views(t, w)
	c2 := CustomerKey{"main", "c2"}
	a.customers[c2].items[0].steps[0].until = billing.Forever
	a.customers[c2].lines = append(a.customers[c2].lines, bill{"in_4", day("2026-02-05"), "40"})
	s := spec("2026-03-08")
	s.Sources[0].Run, s.PolicyHash = 2, "q"
	second, err := publish(t.Context(), w, s, a, []CustomerKey{c2})
	if err != nil {
		t.Fatal(err)
	}
	is := views(t, w)
	if cmp.Equal(was, is) {
		t.Fatal("the second load changed nothing")
	}

	back, err := w.Rollback(t.Context(), 3, first.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(was, views(t, w)); diff != "" {
		t.Errorf("after the rollback (-first load +seen):\n%s", diff)
	}
	got, _, err := w.Published(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != back.ID || got.Base != second.ID || got.Restored != first.ID || got.Through != first.Through || got.Seals["main"] != 1 || got.PolicyHash != "p" {
		t.Errorf("published: %+v", got)
	}
	if got := answer(t, w, "SELECT groupArray(status) FROM (SELECT status FROM loads ORDER BY load_id)"); got != "['superseded','superseded','current']" {
		t.Errorf("loads: %s", got)
	}
	want := []string{"main/c2 USD 2026-02-14 2026-03-05 20 40 0 -40 rollback"}
	if diff := cmp.Diff(want, lines(t, w, restated)); diff != "" {
		t.Errorf("restatements of the rollback (-want +got):\n%s", diff)
	}

	// The next run derives what landed since the earlier load, and is back.
	if _, err := publish(t.Context(), w, s, a, []CustomerKey{c2}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(is, views(t, w)); diff != "" {
		t.Errorf("after the next run (-second load +seen):\n%s", diff)
	}

	if _, err := w.Rollback(t.Context(), 5, 17); !errors.Is(err, ErrNoLoad) || !strings.Contains(err.Error(), "there is no load 17") {
		t.Errorf("a load that never was: %v", err)
	}
	now, _, err := w.Published(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Rollback(t.Context(), 5, now.ID); err == nil || !strings.Contains(err.Error(), "what readers see already") {
		t.Errorf("the current load: %v", err)
	}
	// Three loads are kept: the first one goes with the next collection, but the rollback's rows, which are its own, stay.
	if c, err := w.Collect(t.Context()); err != nil || c.Loads != 1 {
		t.Errorf("collected %+v, %v", c, err)
	}
	if _, err := w.Rollback(t.Context(), 5, first.ID); !errors.Is(err, ErrNoLoad) || !strings.Contains(err.Error(), "were dropped") {
		t.Errorf("a dropped load: %v", err)
	}
	if _, err := w.Rollback(t.Context(), 5, back.ID); err != nil {
		t.Errorf("the rollback itself: %v", err)
	}
	if diff := cmp.Diff(was, views(t, w)); diff != "" {
		t.Errorf("after the second rollback (-first load +seen):\n%s", diff)
	}
}

// TestRollbackRefusesRuins: a load that lost rows is not published again.
func TestRollbackRefusesRuins(t *testing.T) {
	for _, table := range []string{"daily", "movements", "periods"} {
		w := fresh(t)
		a := acme()
		first, err := publish(t.Context(), w, spec("2026-03-05"), a, nil)
		if err != nil {
			t.Fatal(err)
		}
		a.customers[CustomerKey{"main", "c2"}].items[0].steps[0].until = billing.Forever
		second, err := publish(t.Context(), w, spec("2026-03-05"), a, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Conn().Exec(t.Context(), fmt.Sprintf("ALTER TABLE %s DELETE WHERE load_id = %d AND customer_id = 'c2' SETTINGS mutations_sync = 1", w.table(table), first.ID)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Rollback(t.Context(), 3, first.ID); !errors.Is(err, ErrNoLoad) || !strings.Contains(err.Error(), "not whole any more") {
			t.Errorf("without rows of %s: %v", table, err)
		}
		if got, _, err := w.Published(t.Context()); err != nil || got.ID != second.ID {
			t.Errorf("readers see load %d, %v", got.ID, err)
		}
	}
}

// TestCollectLeavesReadersTheirLoad: what was superseded a moment ago is kept
// whatever keep_loads says, and goes later.
func TestCollectLeavesReadersTheirLoad(t *testing.T) {
	clock := now
	opt := options()
	opt.KeepLoads, opt.Grace, opt.Now = 1, 600e9, func() time.Time { return clock }
	w := reopen(t, opt)
	for range 3 {
		if _, err := publish(t.Context(), w, spec("2026-03-05"), acme(), nil); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(6 * time.Minute)
	}
	statuses := func() string {
		return answer(t, w, "SELECT groupArray(status) FROM (SELECT status FROM loads ORDER BY load_id)")
	}
	if c, err := w.Collect(t.Context()); err != nil || c.Loads != 1 || c.Partitions == 0 || c.Bytes == 0 {
		t.Errorf("collected %+v, %v", c, err)
	}
	if got := statuses(); got != "['dropped','superseded','current']" {
		t.Errorf("loads are %s", got)
	}
	clock = clock.Add(5 * time.Minute)
	if c, err := w.Collect(t.Context()); err != nil || c.Loads != 1 {
		t.Errorf("collected %+v, %v", c, err)
	}
	if got := statuses(); got != "['dropped','dropped','current']" {
		t.Errorf("loads are %s", got)
	}
	if got := answer(t, w, "SELECT uniqExact(load_id) FROM "+w.table("periods")); got != "1" {
		t.Errorf("%s loads have periods", got)
	}
	if c, err := w.Collect(t.Context()); err != nil || c != (Collected{}) {
		t.Errorf("once more: %+v, %v", c, err)
	}
}

// TestChange tells what a load changed against the one before.
func TestChange(t *testing.T) {
	w := fresh(t)
	a := acme()
	first, err := publish(t.Context(), w, spec("2026-03-05"), a, nil)
	if err != nil {
		t.Fatal(err)
	}
	c1, c2 := a.customers[CustomerKey{"main", "c1"}], a.customers[CustomerKey{"main", "c2"}]
	c2.items[0].steps = []step{{from: day("2026-01-05"), until: day("2026-02-01"), mrr: "40"}, {from: day("2026-02-01"), until: billing.Forever, mrr: "45"}}
	c1.items[0].steps[1].until = day("2026-03-07")
	second, err := publish(t.Context(), w, spec("2026-03-08"), a, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.Change(t.Context(), second.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	if c.ID != second.ID || !c.Current || c.Upon == nil || c.Upon.ID != first.ID || !c.Told {
		t.Errorf("%+v", c)
	}
	var got []string
	for _, m := range c.Movements {
		got = append(got, fmt.Sprintf("%s %s new %d %s before %d %s after %d %s changed %d %d", m.Currency, m.Movement, m.NewRows, m.NewAmount, m.BeforeRows, m.Before, m.AfterRows, m.After, m.ChangedBefore, m.ChangedAfter))
	}
	want := []string{
		"EUR new new 0 0 before 1 33.3333 after 1 33.3333 changed 0 0",
		"USD new new 0 0 before 2 140 after 2 140 changed 0 0",
		"USD expansion new 0 0 before 1 50.5 after 2 55.5 changed 0 1",
		"USD churn new 1 -150.5 before 1 -40 after 0 0 changed 1 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("movements (-want +got):\n%s", diff)
	}
	if c.RestatedRanges != 2 || len(c.Restatements) != 1 || c.Restatements[0].Reason != "derivation" || !c.Restatements[0].After.Equal(dec("45")) {
		t.Errorf("restatements %d %+v", c.RestatedRanges, c.Restatements)
	}
	if c, err = w.Change(t.Context(), first.ID, 10); err != nil || c.Upon != nil || c.RestatedRanges != 0 || len(c.Movements) != 4 || c.Movements[0].NewRows != 1 {
		t.Errorf("the first load: %+v, %v", c, err)
	}
}
