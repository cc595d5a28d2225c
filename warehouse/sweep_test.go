package warehouse

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors"
)

// TestUnseen: what is open and was not shown since a moment comes, those not
// seen for longest first; what was shown in this run, or asked for, does not.
func TestUnseen(t *testing.T) {
	w := fresh(t)
	if err := w.Conn().Exec(t.Context(), `INSERT INTO `+w.table("manifest")+` (load_id, table, part_load) VALUES (5, 'subscriptions', 4)`); err != nil {
		t.Fatal(err)
	}
	if err := w.Conn().Exec(t.Context(), `INSERT INTO `+w.table("subscriptions")+` (load_id, source, customer_id, subscription_id, status) VALUES
		(4, 'main', 'c1', 'a', 'active'), (4, 'main', 'c1', 'b', 'paused'), (4, 'main', 'c2', 'c', 'past_due'), (4, 'main', 'c2', 'ended', 'canceled'),
		(4, 'main', 'c3', 'd', 'active'), (4, 'main', 'c3', 'gone', 'active'), (3, 'main', 'c3', 'old', 'active'), (4, 'emea', 'c4', 'e', 'active')`); err != nil {
		t.Fatal(err)
	}
	seen := func(customer, id string, version int64, day int, payload string) connectors.Object {
		o := object(customer, "sub", id, version, payload)
		o.SeenAt = time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC)
		return o
	}
	first := start(t, w)
	gone := seen("c3", "gone", 2, 2, `{}`)
	gone.Deleted = true
	land(t, w, first.ID, seen("c1", "a", 1, 4, `{}`), seen("c1", "a", 2, 3, `{"x":1}`), seen("c1", "b", 1, 1, `{}`), seen("c2", "c", 1, 2, `{}`),
		seen("c2", "ended", 1, 1, `{}`), seen("c3", "d", 1, 20, `{}`), seen("c3", "old", 1, 1, `{}`), seen("c3", "gone", 1, 1, `{"x":1}`), gone)
	finish(t, w, first)
	ask := func(run uint64, most int) string {
		t.Helper()
		all, err := w.Unseen(t.Context(), LoadInfo{ID: 5}, run, "main", "sub", time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC), most)
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, o := range all {
			said = append(said, o.ID+string(o.Payload)+o.SeenAt.Format("02"))
		}
		return strings.Join(said, " ")
	}
	run := start(t, w)
	if got := ask(run.ID, 10); got != `b{}01 c{}02 a{"x":1}04` {
		t.Errorf("all: %s", got)
	}
	if got := ask(run.ID, 2); got != `b{}01 c{}02` {
		t.Errorf("two: %s", got)
	}
	land(t, w, run.ID, seen("c1", "b", 1, 15, `{}`)) // shown again, the same
	if got := ask(run.ID, 10); got != `c{}02 a{"x":1}04` {
		t.Errorf("after one was listed: %s", got)
	}
	if err := w.SaveSweep(t.Context(), run.ID, "main", []connectors.Object{seen("c2", "c", 1, 16, "")}); err != nil {
		t.Fatal(err)
	}
	finish(t, w, run)
	run = start(t, w)
	defer finish(t, w, run)
	if got := ask(run.ID, 10); got != `b{}01 a{"x":1}04` {
		t.Errorf("after one was asked for: %s", got)
	}
}

// TestListed holds a listing against what was known before.
func TestListed(t *testing.T) {
	w := fresh(t)
	first := start(t, w)
	gone := object("c1", "sub", "gone", 2, `{}`)
	gone.Deleted = true
	land(t, w, first.ID, object("c1", "sub", "a", 1, `{}`), object("c1", "sub", "b", 1, `{}`), object("c2", "sub", "c", 1, `{}`),
		object("c1", "sub", "gone", 1, `{"x":1}`), gone, object("c1", "other", "a", 1, `{}`))
	finish(t, w, first)
	run := start(t, w)
	defer finish(t, w, run)
	land(t, w, run.ID, object("c1", "sub", "a", 1, `{}`), object("c2", "sub", "new", 1, `{}`))
	got, err := w.Listed(t.Context(), run.ID, "main", "sub")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Held{Known: 3, Listed: 1, Unlisted: []string{"b", "c"}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestFills come back by run, the newest first, as last written.
func TestFills(t *testing.T) {
	w := fresh(t)
	price := Field{"subscriptions", "subscription", "2023-10-16", "items.data.price"}
	for _, f := range []Fill{{1, price, 10, 10}, {2, price, 10, 9}, {2, price, 20, 19}, {3, price, 5, 0}} {
		if err := w.SaveFill(t.Context(), "main", []Fill{f}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := w.Fills(t.Context(), "main", 2)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Fill{{3, price, 5, 0}, {2, price, 20, 19}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := answer(t, w, "SELECT groupArray(fill_rate) FROM (SELECT * FROM "+w.schema.DB()+".field_fill ORDER BY run)"); got != "[1,0.95,0]" {
		t.Errorf("the view says %s", got)
	}
}
