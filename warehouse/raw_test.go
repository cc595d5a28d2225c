package warehouse

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors"
)

func object(customer, kind, id string, version int64, payload string) connectors.Object {
	return connectors.Object{
		Kind: kind, ID: id, CustomerID: customer, Version: version, SeenAt: now.Add(time.Duration(version) * time.Microsecond),
		Origin: connectors.Fetched, Payload: []byte(payload),
	}
}

// gather reads customers whole.
func gather(t *testing.T, w *Warehouse, source string, sealed uint64, only []string) []CustomerObjects {
	t.Helper()
	var all []CustomerObjects
	for c, err := range w.Customers(t.Context(), source, sealed, only) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

func land(t *testing.T, w *Warehouse, run uint64, objects ...connectors.Object) Landed {
	t.Helper()
	l, err := w.Land(t.Context(), run, "main", "things", objects)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func start(t *testing.T, w *Warehouse) Run {
	t.Helper()
	run, err := w.StartRun(t.Context(), Run{Verb: "sync"})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func finish(t *testing.T, w *Warehouse, run Run) {
	t.Helper()
	run.Status = Done
	if err := w.FinishRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
}

// TestRestForgets what a pull knew to be stored, tens of bytes for each object, and
// what lands all the same is looked up again.
func TestRestForgets(t *testing.T) {
	w := fresh(t)
	run := start(t, w)
	a := object("c1", "sub", "a", 1, `{"v":1}`)
	land(t, w, run.ID, a)
	if len(w.landed) != 1 {
		t.Fatalf("%d sources have landed, want 1", len(w.landed))
	}
	resume, err := w.Rest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer resume()
	if len(w.landed) != 0 {
		t.Error("what is stored is known while nothing lands")
	}
	if got := land(t, w, run.ID, a); got.New != 0 {
		t.Errorf("what was forgotten landed again: %+v", got)
	}
	finish(t, w, run)
}

func TestLandKeepsWhatIsNew(t *testing.T) {
	w := fresh(t)
	run := start(t, w)
	a1, a2, a3 := object("c1", "sub", "a", 1, `{"v":1}`), object("c1", "sub", "a", 2, `{"v":1}`), object("c1", "sub", "a", 3, `{"v":2}`)
	if got, want := land(t, w, run.ID, a1, a2), (Landed{Listed: 2, New: 1, Same: 1}); got != want {
		t.Errorf("the same payload twice: %+v", got)
	}
	if got := land(t, w, run.ID, a3, object("c1", "sub", "a", 4, `{"v":1}`)); got.New != 2 {
		t.Errorf("a change and its way back: %+v", got)
	}
	if got := land(t, w, run.ID, a1, a2, a3); got.New != 0 {
		t.Errorf("a page again: %+v", got)
	}
	gone := object("c1", "sub", "a", 5, `{"v":1}`)
	gone.Deleted = true
	if got := land(t, w, run.ID, gone); got.New != 1 {
		t.Errorf("a deletion with the last payload: %+v", got)
	}
	finish(t, w, run)

	run = start(t, w) // remembers nothing
	if got := land(t, w, run.ID, a1, a2, a3, gone, object("c2", "sub", "a", 1, `{"v":1}`), object("", "price", "p", 1, `{}`)); got.New != 2 {
		t.Errorf("another run, other customers: %+v", got)
	}
	finish(t, w, run)
	got := gather(t, w, "main", run.ID, nil)
	want := []CustomerObjects{
		{CustomerKey{"main", "c1"}, []connectors.Object{a1, a3, object("c1", "sub", "a", 4, `{"v":1}`), gone}},
		{CustomerKey{"main", "c2"}, []connectors.Object{object("c2", "sub", "a", 1, `{"v":1}`)}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("customers (-want +got):\n%s", diff)
	}
}

// TestLandInAnyOrder cuts one history into pages in many ways; what is read back
// is always the same.
func TestLandInAnyOrder(t *testing.T) {
	var history []connectors.Object
	for i := range 40 {
		id := fmt.Sprintf("o%d", i%7)
		history = append(history, object(fmt.Sprintf("c%d", i%7%3), []string{"sub", "inv"}[i%7%2], id, int64(100-i), fmt.Sprintf(`{"s":%d}`, i/14)))
	}
	var want []CustomerObjects
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 1))
		w := fresh(t)
		all := slices.Clone(history)
		slices.SortFunc(all, func(a, b connectors.Object) int { return int(a.Version - b.Version) }) // the order of time
		if seed%2 == 1 {
			slices.SortStableFunc(all, func(a, b connectors.Object) int { return strings.Compare(a.ID, b.ID) })
		}
		var run Run
		for len(all) > 0 {
			run = start(t, w)
			for range 3 {
				n := min(rng.IntN(8), len(all))
				land(t, w, run.ID, all[:n]...)
				land(t, w, run.ID, all[:n/2]...) // part of a page again
				all = all[n:]
			}
			finish(t, w, run)
		}
		got := gather(t, w, "main", run.ID, nil)
		if seed == 0 {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
	if len(want) != 3 {
		t.Errorf("%d customers, want 3", len(want))
	}
}

// TestLateVersionsLeaveNoTrace lands a history backwards, as when events come
// before the list: versions that say nothing new are stored then, and not read.
func TestLateVersionsLeaveNoTrace(t *testing.T) {
	var history []connectors.Object
	for i, says := range []string{"a", "a", "b", "b", "a"} {
		history = append(history, object("c1", "sub", "s", int64(i+1), `{"v":"`+says+`"}`))
	}
	read := func(w *Warehouse) []CustomerObjects {
		t.Helper()
		run := start(t, w)
		for _, o := range history {
			land(t, w, run.ID, o)
		}
		finish(t, w, run)
		return gather(t, w, "main", run.ID, nil)
	}
	want := read(fresh(t))
	slices.Reverse(history)
	w := fresh(t)
	if diff := cmp.Diff(want, read(w)); diff != "" {
		t.Errorf("backwards (-want +got):\n%s", diff)
	}
	if got := answer(t, w, "SELECT count() FROM "+w.table("raw_objects")); got != "5" {
		t.Errorf("%s versions are stored, want all 5: nothing was left out when it was read", got)
	}
}

// TestLookUps makes a source too large to be remembered at once.
func TestLookUps(t *testing.T) {
	w := fresh(t)
	run := start(t, w)
	var all []connectors.Object
	for i := range heldWhole + 3*lookup {
		all = append(all, object(fmt.Sprintf("c%d", i%997), "inv", fmt.Sprintf("in_%d'\\\t\"", i), 1, fmt.Sprintf(`{"n":%d}`, i)))
	}
	if got := land(t, w, run.ID, all...); got.New != len(all) {
		t.Fatalf("%+v", got)
	}
	finish(t, w, run)
	run = start(t, w)
	h := w.held("main")
	for _, c := range []struct{ from, to, fresh int }{{0, 2_500, 0}, {2_400, 5_000, 3}, {5_000, len(all), 5}} {
		page := slices.Clone(all[c.from:c.to])
		for i := range c.fresh {
			page[i].Version, page[i].Payload = 2, []byte(`{}`)
		}
		if got := land(t, w, run.ID, page...); got.New != c.fresh {
			t.Errorf("%d to %d: %+v, want %d new", c.from, c.to, got, c.fresh)
		}
		if h.complete != (c.to == len(all)) {
			t.Errorf("after %d: remembers all: %v", c.to, h.complete)
		}
	}
	finish(t, w, run)
}

func TestSealHidesWhatLandedLater(t *testing.T) {
	w := fresh(t)
	first := start(t, w)
	price := object("", "price", "p", 1, `{"amount":1}`)
	land(t, w, first.ID, object("c1", "sub", "a", 1, `{"v":1}`), price)
	if err := w.Seal(t.Context(), first.ID, "main", now, "acct_1 live"); err != nil {
		t.Fatal(err)
	}
	finish(t, w, first)
	second := start(t, w)
	land(t, w, second.ID, object("c1", "sub", "a", 2, `{"v":2}`), object("c2", "sub", "b", 1, `{}`), object("", "price", "p", 2, `{"amount":2}`))
	finish(t, w, second)
	seals, err := w.Seals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Seal{"main": {first.ID, now, "acct_1 live"}}
	if diff := cmp.Diff(want, seals); diff != "" {
		t.Errorf("seals (-want +got):\n%s", diff)
	}
	got := gather(t, w, "main", seals["main"].Run, nil)
	if len(got) != 1 || len(got[0].Objects) != 1 {
		t.Errorf("customers under the seal: %+v", got)
	}
	for sealed, want := range map[uint64]connectors.Object{first.ID: price, second.ID: object("", "price", "p", 2, `{"amount":2}`)} {
		catalog, err := w.Catalog(t.Context(), "main", sealed)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]connectors.Object{want}, catalog); diff != "" {
			t.Errorf("catalogue (-want +got):\n%s", diff)
		}
	}
	if got := gather(t, w, "main", second.ID, []string{"c2", "nobody", "c2"}); len(got) != 1 || got[0].CustomerID != "c2" {
		t.Errorf("one customer: %+v", got)
	}
	if got := gather(t, w, "main", second.ID, []string{}); len(got) != 0 {
		t.Errorf("no customers: %+v", got)
	}
}

func TestCompleteness(t *testing.T) {
	w := fresh(t)
	run := start(t, w)
	a, b := object("c1", "sub", "a", 1, `{}`), object("c1", "sub", "b", 1, `{}`)
	pages := []connectors.Page{
		{Slice: "created 2026-02", Objects: []connectors.Object{b, a}},
		{Slice: "created 2026-01", Objects: []connectors.Object{a, object("c1", "sub", "a", 2, `{"x":1}`)}},
	}
	if landed, err := w.LandPages(t.Context(), run.ID, "main", "things", pages); err != nil || landed != (Landed{4, 3, 1}) {
		t.Fatalf("landed %+v, %v", landed, err)
	}
	if _, err := w.Land(t.Context(), run.ID, "main", "events", []connectors.Object{object("c1", "event", "e", 1, `{}`)}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Land(t.Context(), run.ID, "other", "things", []connectors.Object{object("c1", "sub", "z", 1, `{}`)}); err != nil {
		t.Fatal(err)
	}
	count := func() []StreamCount {
		t.Helper()
		got, err := w.Completeness(t.Context(), run.ID, "main")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	events := StreamCount{Stream: "events", Count: Count{1, 1, 0}, Slices: []SliceCount{{"", Count{1, 1, 0}}}}
	things := StreamCount{Stream: "things", Count: Count{2, 2, 0}, Slices: []SliceCount{{"created 2026-01", Count{1, 1, 0}}, {"created 2026-02", Count{2, 2, 0}}}}
	if diff := cmp.Diff([]StreamCount{events, things}, count()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Something goes missing behind our back.
	if err := w.Conn().Exec(t.Context(), "ALTER TABLE "+w.table("raw_objects")+" DELETE WHERE id = 'b' SETTINGS mutations_sync = 1"); err != nil {
		t.Fatal(err)
	}
	things.Count, things.Slices[1].Count, things.Lost = Count{2, 1, 1}, Count{2, 1, 1}, []string{"sub/b"}
	if got := answer(t, w, "SELECT groupArray((stream, slice, missing)) FROM (SELECT * FROM "+w.schema.DB()+".completeness_slices WHERE source = 'main' ORDER BY stream, slice)"); got != "[('events','',0),('things','created 2026-01',0),('things','created 2026-02',0)]" {
		t.Errorf("the view says %s", got)
	}
	if diff := cmp.Diff([]StreamCount{events, things}, count()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	finish(t, w, run)
	next := start(t, w)
	if got := answer(t, w, "SELECT count() FROM "+w.table("listings")); got != "0" {
		t.Errorf("%s listings of an earlier run are left", got)
	}
	finish(t, w, next)
}

func TestCursors(t *testing.T) {
	w := fresh(t)
	run := start(t, w)
	save := func(source string, stream connectors.Stream, c connectors.Cursor) {
		t.Helper()
		if err := w.SaveCursor(t.Context(), run.ID, source, stream, c); err != nil {
			t.Fatal(err)
		}
	}
	read := func(source string) map[connectors.Stream]connectors.Cursor {
		t.Helper()
		got, err := w.Cursors(t.Context(), source)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for i := range 30 { // the clock stands still all the while
		save("main", "invoices", connectors.Cursor(fmt.Sprintf(`{"page":%d}`, i)))
	}
	save("main", "events", "e\t'1")
	save("other", "events", "x")
	want := map[connectors.Stream]connectors.Cursor{"invoices": `{"page":29}`, "events": "e\t'1"}
	if diff := cmp.Diff(want, read("main")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := w.ResetCursors(t.Context(), run.ID, "main"); err != nil {
		t.Fatal(err)
	}
	if got := read("main"); len(got) != 0 {
		t.Errorf("after the reset: %v", got)
	}
	if got := read("other"); len(got) != 1 {
		t.Errorf("the other source: %v", got)
	}
	save("main", "events", "again")
	if got := read("main"); got["events"] != "again" {
		t.Errorf("after the reset and a page: %v", got)
	}
	finish(t, w, run)
}

func TestChanged(t *testing.T) {
	w := fresh(t)
	base := start(t, w)
	land(t, w, base.ID, object("c1", "sub", "a", 1, `{}`), object("c2", "sub", "b", 1, `{}`), object("", "price", "plan_40", 1, `{}`))
	a := acme() // c1 rests on price/plan_100 and others, c2 on price/plan_40 and has a reject
	a.customers[CustomerKey{"main", "c2"}].account = "acme"
	a.customers[CustomerKey{"main", "c4"}] = &person{account: "main/c4", free: []string{"coupon/all"}}
	s := spec("2026-03-08")
	s.Sources[0].Run = base.ID
	info, err := publish(t.Context(), w, s, a, nil)
	if err != nil {
		t.Fatal(err)
	}
	finish(t, w, base)
	changed := func(objects ...connectors.Object) []CustomerKey {
		t.Helper()
		run := start(t, w)
		defer finish(t, w, run)
		land(t, w, run.ID, objects...)
		got, err := w.Changed(t.Context(), info, map[string]uint64{"main": run.ID})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got, err := w.Changed(t.Context(), info, map[string]uint64{"main": base.ID}); err != nil || len(got) != 0 {
		t.Errorf("under the same seal: %v, %v", got, err)
	}
	if got := changed(object("c1", "sub", "a", 2, `{}`)); len(got) != 0 {
		t.Errorf("nothing new: %v", got)
	}
	if got := changed(object("c3", "sub", "n", 2, `{}`)); !slices.Equal(got, []CustomerKey{{"main", "c3"}}) {
		t.Errorf("a new customer: %v", got)
	}
	// A price of c1 comes: c1 rests on it, c2 has a reject that it may settle; c3 landed before.
	if got := changed(object("", "price", "plan_100", 1, `{}`)); !slices.Equal(got, []CustomerKey{{"main", "c1"}, {"main", "c2"}, {"main", "c3"}}) {
		t.Errorf("a price: %v", got)
	}
	// The time that was watched says nothing of anyone; the coupon of one who has
	// everything free does.
	before := changed()
	if got := changed(object("", connectors.KindWatch, "w", 1, `{}`)); !slices.Equal(got, before) {
		t.Errorf("a watch: %v", got)
	}
	if got := changed(object("", "coupon", "all", 1, `{}`)); !slices.Contains(got, CustomerKey{"main", "c4"}) {
		t.Errorf("the coupon of one without MRR: %v", got)
	}
	accounts, err := w.Accounts(t.Context(), info)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[CustomerKey]string{{"main", "c2"}: "acme"}; !cmp.Equal(want, accounts) {
		t.Errorf("accounts: %v", accounts)
	}
}

func TestRuns(t *testing.T) {
	opt := options()
	w := reopen(t, opt)
	if _, ok, err := w.LastRun(t.Context()); err != nil || ok {
		t.Fatalf("a run in an empty warehouse: %v, %v", ok, err)
	}
	run := start(t, w)
	if run.ID < uint64(now.UnixMicro()) || !run.StartedAt.Equal(now) {
		t.Errorf("run %+v", run)
	}
	other := reopen(t, opt)
	for name, second := range map[string]*Warehouse{"the same warehouse": w, "another one on the folder": other} {
		if _, err := second.StartRun(t.Context(), Run{Verb: "sync"}); err == nil || !strings.Contains(err.Error(), "another run holds the warehouse") {
			t.Errorf("two runs at once, %s: %v", name, err)
		}
	}
	run.Status, run.ExitCode, run.Receipt, run.Error, run.Through, run.LoadID = Partial, 3, []byte(`{"ok":false}`), "main failed", day("2026-03-09"), 7
	if err := w.FinishRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	got, _, err := w.LastRun(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run.FinishedAt = now
	if diff := cmp.Diff(run, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	second := start(t, other) // the clock has not moved
	if second.ID <= run.ID {
		t.Errorf("run %d after %d", second.ID, run.ID)
	}
	finish(t, other, second)
}

// TestLandAfterAFailure repeats a page of which a statement failed, in the same
// run: what was marked as held must not be taken for stored.
func TestLandAfterAFailure(t *testing.T) {
	w := fresh(t)
	run := start(t, w)
	page := []connectors.Object{object("c1", "sub", "a", 1, `{}`), object("c1", "sub", "b", 1, `{}`)}
	fail := func(at string) {
		w.step = func(what string) error {
			if what == at {
				return fmt.Errorf("no %s today", what)
			}
			return nil
		}
	}
	fail("insert into raw_objects")
	if _, err := w.Land(t.Context(), run.ID, "main", "things", page); err == nil || !strings.Contains(err.Error(), "raw_objects") {
		t.Fatalf("the page: %v", err)
	}
	w.step = nil
	if got := land(t, w, run.ID, page...); got.New != 2 {
		t.Errorf("after the failure: %+v", got)
	}
	if got := land(t, w, run.ID, page...); got.New != 0 {
		t.Errorf("once more: %+v", got)
	}
	fail("insert into listings")
	if _, err := w.Completeness(t.Context(), run.ID, "main"); err == nil || !strings.Contains(err.Error(), "listings") {
		t.Fatalf("the listings: %v", err)
	}
	w.step = nil
	counts, err := w.Completeness(t.Context(), run.ID, "main")
	if err != nil || len(counts) == 0 || counts[0].Listed != 2 || counts[0].Missing != 0 {
		t.Errorf("after the failure of the listings: %+v, %v", counts, err)
	}
	finish(t, w, run)
}
