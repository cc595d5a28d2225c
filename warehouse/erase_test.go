package warehouse

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors"
	"mrrsync/internal/lengthy"
)

// forgetAda takes Ada out of an object.
func forgetAda(o connectors.Object) (payload []byte, personal []string) {
	before, after, ok := bytes.Cut(o.Payload, []byte(`"name":"`))
	if !ok {
		return o.Payload, nil
	}
	name, after, _ := bytes.Cut(after, []byte(`",`))
	return append(bytes.Clone(before), after...), []string{string(name)}
}

// whoSays are the places of the store that tell a text.
func whoSays(t *testing.T, w *Warehouse, text string) []string {
	t.Helper()
	var all []string
	for _, at := range lines(t, w, `SELECT table || '.' || name FROM system.columns WHERE database = '`+w.schema.StoreName()+`' AND (type LIKE '%String%') ORDER BY table, name`) {
		table, column, _ := strings.Cut(at, ".")
		if n := answer(t, w, "SELECT count() FROM "+w.table(table)+" WHERE position(toString("+quote(column)+"), '"+text+"') > 0"); n != "0" {
			all = append(all, at)
		}
	}
	return all
}

// known writes a person into everything that tells of customer c1, and of c2.
func known(t *testing.T, w *Warehouse) {
	t.Helper()
	run := start(t, w)
	for _, c := range []string{"c1", "c2"} {
		land(t, w, run.ID,
			object(c, "customer", "p"+c, 1, `{"name":"Ada Lovelace","n":1}`),
			object(c, "customer", "p"+c, 2, `{"name":"Ada King","n":1}`), // says nothing but the name
			object(c, "customer", "p"+c, 3, `{"name":"Ada King","n":2}`),
			object(c, "note", "n"+c, 1, `{"n":3}`),
		)
	}
	run.Sources = []SourceRun{
		{Source: "main", Status: Failed, StartedAt: now, FinishedAt: now, Error: "cannot read the row of Ada King"},
		{Source: "emea", Status: Failed, StartedAt: now, FinishedAt: now, Error: "down"},
	}
	run.Receipt, run.Error = []byte(`{"warnings":["Ada Lovelace is odd"]}`), "main: the row of Ada King"
	finish(t, w, run)
	for table, set := range map[string]string{"customers": "name = 'Ada King', email = 'ada@example.com'", "subscriptions": "name = 'Ada King'", "rejects": "detail = 'of Ada King'"} {
		if err := w.exec(t.Context(), "name", "ALTER TABLE "+w.table(table)+" UPDATE "+set+" WHERE 1 SETTINGS mutations_sync = 2"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestErasureDiesBetweenSteps erases a customer and dies before every statement
// that writes. In the end nothing tells of the person, every figure is what it
// was, and the other customer's data are untouched.
func TestErasureDiesBetweenSteps(t *testing.T) {
	lengthy.Test(t)
	w := fresh(t)
	for _, through := range []string{"2026-03-05", "2026-03-06"} {
		if err := night(t.Context(), w, before(), through); err != nil {
			t.Fatal(err)
		}
	}
	known(t, w)
	want := views(t, w)
	versions := gather(t, w, "main", ^uint64(0), []string{"c1"})[0].Objects
	other := answer(t, w, "SELECT cityHash64(groupArray(tuple(*))) FROM (SELECT * FROM "+w.table("raw_objects")+" WHERE customer_id = 'c2' ORDER BY ALL)")

	e := Erasure{CustomerKey: CustomerKey{"main", "c1"}, Who: "finance", Kept: []string{"metadata.tier"}}
	erase := func() (Erased, error) {
		run, err := w.StartRun(t.Context(), Run{Verb: "erase"})
		if err != nil {
			return Erased{}, err
		}
		n, err := w.Erase(t.Context(), run.ID, e, forgetAda)
		if err == nil {
			run.Status = Done
			err = w.FinishRun(t.Context(), run)
		}
		return n, err
	}
	died, deaths := errors.New("died"), 0
	for ; ; deaths++ {
		begun, steps := false, 0
		w.step = func(what string) error {
			if begun {
				steps++
			}
			begun = begun || what == "insert into erasures"
			if steps > max(1+deaths%4, deaths-20) { // what was done before the last death is not done again
				return died
			}
			return nil
		}
		_, err := erase()
		w.step = nil
		if err == nil {
			break
		}
		if !errors.Is(err, died) {
			t.Fatal(err)
		}
		w.giveBack(t.Context()) // a lock on the folder falls with the process, a lease runs out
		if deaths > 100 {
			t.Fatal("it does not get on")
		}
	}
	if deaths < 8 { // how many there are depends on how soon the engine drops what mutations left
		t.Errorf("only %d deaths: the steps are not all counted", deaths)
	}

	for _, at := range whoSays(t, w, "Ada") {
		where := " WHERE position(toString(" + at[strings.Index(at, ".")+1:] + "), 'Ada') > 0 AND customer_id = 'c1'"
		table := at[:strings.Index(at, ".")]
		if table == "runs" || table == "run_sources" {
			where = ""
		}
		if n := answer(t, w, "SELECT count() FROM "+w.table(table)+where); n != "0" {
			t.Errorf("%s still tells who it was, %s times", at, n)
		}
	}
	if got := answer(t, w, "SELECT cityHash64(groupArray(tuple(*))) FROM (SELECT * FROM "+w.table("raw_objects")+" WHERE customer_id = 'c2' ORDER BY ALL)"); got != other {
		t.Error("the objects of another customer were changed")
	}
	got := views(t, w)
	for _, personal := range []string{"customers", "subscriptions", "rejects"} {
		delete(got, personal)
		delete(want, personal)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("views differ (-before +after):\n%s", diff)
	}
	var told []string
	for _, o := range gather(t, w, "main", ^uint64(0), []string{"c1"})[0].Objects {
		told = append(told, fmt.Sprintf("%s %d", o.Kind, o.Version))
	}
	if len(told) != len(versions) {
		t.Errorf("%d versions became %v", len(versions), told)
	}
	if got := answer(t, w, "SELECT error FROM "+w.table("run_sources")+" FINAL WHERE error != '' ORDER BY ALL"); got != "cannot read the row of (erased)\ndown" {
		t.Errorf("sources of runs say %q", got)
	}
	all, err := w.Erasures(t.Context())
	if err != nil || len(all) != 1 || !all[0].Done || all[0].Who != "finance" || all[0].Kept[0] != "metadata.tier" {
		t.Errorf("recorded: %+v, %v", all, err)
	}
	if n, err := erase(); err != nil || n != (Erased{}) {
		t.Errorf("once more: %+v, %v", n, err)
	}
	if got := answer(t, w, "SELECT count() FROM system.tables WHERE database = '"+w.schema.StoreName()+"' AND (engine_full LIKE '%old_parts%' OR engine_full LIKE '%min_rows%')"); got != "0" {
		t.Errorf("%s tables still stand under the settings of mutations", got)
	}
	if drift, err := w.Drift(t.Context()); err != nil || len(drift) > 0 {
		t.Errorf("drift: %v, %v", drift, err)
	}
}

// TestErasedSegments erases a customer with the value of a segment: no sum of any
// load tells it any more, and the next night goes on from what is left.
func TestErasedSegments(t *testing.T) {
	w := fresh(t)
	of, s, c1 := acme(), spec("2026-03-05"), CustomerKey{"main", "c1"}
	of.customers[c1].tier = "ada.example"
	night := func(only []CustomerKey) {
		t.Helper()
		if _, err := publish(t.Context(), w, s, of, only); err != nil {
			t.Fatal(err)
		}
		addedUp(t, w)
		s.Run++
		s.Through++
	}
	night(nil)
	night([]CustomerKey{{"main", "c2"}})
	run, err := w.StartRun(t.Context(), Run{Verb: "erase"})
	if err != nil {
		t.Fatal(err)
	}
	was := answer(t, w, "SELECT sum(ending_mrr) FROM mrr_by_segment_monthly WHERE segment = 'tier'")
	if _, err := w.Erase(t.Context(), run.ID, Erasure{CustomerKey: c1, RemovedSegments: []string{"tier"}}, forgetAda); err != nil {
		t.Fatal(err)
	}
	run.Status = Done
	if err := w.FinishRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	addedUp(t, w)
	if at := whoSays(t, w, "ada.example"); len(at) > 0 {
		t.Errorf("%v still tell the value", at)
	}
	if got := answer(t, w, "SELECT sum(ending_mrr) FROM mrr_by_segment_monthly WHERE segment = 'tier'"); got != was {
		t.Errorf("MRR of all values together is %s, was %s", got, was)
	}
	night([]CustomerKey{{"main", "c2"}})
	if got := answer(t, w, "SELECT count() FROM mrr_by_segment_monthly WHERE segment = 'tier' AND value = 'ada.example'"); got != "0" {
		t.Errorf("%s rows of the value", got)
	}
}

// TestStrippedVersionsStayApart holds the pure middle: what an earlier try has
// written is known again, and versions that differed in the name alone stay two.
func TestStrippedVersionsStayApart(t *testing.T) {
	row := func(version int64, run uint64, payload string) storedObject {
		r := storedObject{Object: object("c1", "customer", "p1", version, payload), run: run}
		r.digest = digest(&r.Object)
		return r
	}
	all := []storedObject{
		row(1, 1, `{"name":"Ada Lovelace","n":1}`), row(2, 2, `{"name":"Ada King","n":1}`), row(3, 2, `{"name":"Ada","n":1}`), row(4, 3, `{"n":2}`),
	}
	fresh, old, personal := strip(all, forgetAda)
	var got []string
	for _, r := range fresh {
		got = append(got, fmt.Sprintf("%d %d %s", r.Version, r.run, r.Payload))
	}
	if diff := cmp.Diff([]string{`1 1 {"n":1}`, `2 2 {"erased":1,"n":1}`, `3 2 {"n":1}`}, got); diff != "" || len(old) != 3 || len(personal) != 3 {
		t.Errorf("%d old, %v (-want +got):\n%s", len(old), personal, diff)
	}
	for n := range fresh {
		tried := append(append([]storedObject{}, fresh[:n+1]...), all...)
		if again, _, _ := strip(tried, forgetAda); len(again) != len(fresh)-n-1 {
			t.Errorf("after a try that wrote %d rows %d are to be written", n+1, len(again))
		}
	}
	if again, old, _ := strip(append(fresh, all[3]), forgetAda); len(again)+len(old) > 0 {
		t.Errorf("what is stripped is stripped again: %v, %v", again, old)
	}
	if got := string(numbered([]byte(`{}`), 2)) + string(numbered([]byte(`"erased"`), 2)); got != `{"erased":2}"erased"` {
		t.Error(got)
	}
}

func TestSought(t *testing.T) {
	got := sought([]string{"", "Ada", "error", "USD1", "Ada King", "McAda", "ada@example.com", "Ada King", "данные", "sync"})
	want := map[string]bool{"Ada King": true, "McAda": true, "ada@example.com": true, "данные": true}
	is := map[string]bool{}
	for _, s := range got {
		is[s] = true
	}
	if !maps.Equal(is, want) || len(got) != 4 || got[0] != "ada@example.com" {
		t.Errorf("%v", got)
	}
}
