package warehouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/internal/lengthy"
)

// The company of these tests before and after the night on which runs die: one
// customer changes, one is new, one is gone.
func before() *world { return acme() }

func after() *world {
	a := acme()
	c2 := a.customers[CustomerKey{"main", "c2"}]
	c2.items[0].steps[0].until = day("2026-02-20")
	c2.lines = append(c2.lines, bill{"in_9", day("2026-02-05"), "40"})
	delete(a.customers, CustomerKey{"main", "c3"})
	a.customers[CustomerKey{"main", "c4"}] = &person{account: "main/c4", tier: "gold", items: []thing{
		{"s9", "i9", "EUR", []step{{from: day("2026-03-09"), until: billing.Forever, mrr: "7"}}},
	}}
	return a
}

// touched are the customers that differ between before and after.
var touched = []CustomerKey{{"main", "c2"}, {"main", "c3"}, {"main", "c4"}}

// objects are the raw objects of a world, as a provider would list them.
func (w *world) objects() []connectors.Object {
	var all []connectors.Object
	for i, k := range w.keys() {
		payload, err := json.Marshal(fmt.Sprintf("%+v", w.customers[k]))
		if err != nil {
			panic(err)
		}
		all = append(all, connectors.Object{
			Kind: "subscription", ID: "sub_" + k.CustomerID, CustomerID: k.CustomerID, Version: int64(i), SeenAt: now, Origin: connectors.Listed, Payload: payload,
		})
	}
	return all
}

// night is a whole run: pull, land, seal, derive, publish. Customers are derived
// from the world, of the evidence only the names are read.
func night(ctx context.Context, w *Warehouse, of *world, through string) error {
	run, err := w.StartRun(ctx, Run{Verb: "sync"})
	if err != nil {
		return err
	}
	for _, o := range of.objects() { // a page an object
		if _, err := w.Land(ctx, run.ID, "main", "subscriptions", []connectors.Object{o}); err != nil {
			return err
		}
		if err := w.SaveCursor(ctx, run.ID, "main", "subscriptions", connectors.Cursor(o.ID)); err != nil {
			return err
		}
	}
	counts, err := w.Completeness(ctx, run.ID, "main")
	if err != nil {
		return err
	}
	for _, c := range counts {
		if c.Missing > 0 {
			return fmt.Errorf("%d objects are missing", c.Missing)
		}
	}
	if err := w.Seal(ctx, run.ID, "main", now, "acct_1 test"); err != nil {
		return err
	}
	s := spec(through)
	s.Run, s.Sources[0].Run = run.ID, run.ID
	var only []CustomerKey
	base, ok, err := w.Published(ctx)
	if err != nil {
		return err
	}
	if ok {
		if only, err = w.Changed(ctx, base, map[string]uint64{"main": run.ID}); err != nil {
			return err
		}
		only = append(only, touched...) // c3 is gone without a trace
	}
	info, err := publish(ctx, w, s, of, only)
	if err != nil {
		return err
	}
	run.Status, run.LoadID, run.Sources = Done, info.ID, []SourceRun{{Source: "main", Status: Done, StartedAt: now, FinishedAt: now}}
	return w.FinishRun(ctx, run)
}

// raw is what the raw half of a warehouse holds, without runs.
func raw(t testing.TB, w *Warehouse) string {
	t.Helper()
	text, err := rawAll(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestDeathBetweenSteps lets a run die before every third statement that writes,
// with -long before every single one. Readers must go on seeing the load before, and the next run must end
// where one without the death ends.
func TestDeathBetweenSteps(t *testing.T) {
	whole := fresh(t)
	if err := night(t.Context(), whole, before(), "2026-03-05"); err != nil {
		t.Fatal(err)
	}
	wantBefore := dump(t, whole)
	if err := night(t.Context(), whole, after(), "2026-03-09"); err != nil {
		t.Fatal(err)
	}
	wantAfter, wantRaw := dump(t, whole), raw(t, whole)

	w := fresh(t)
	if err := night(t.Context(), w, before(), "2026-03-05"); err != nil {
		t.Fatal(err)
	}
	deaths, every := 0, lengthy.Every(5)
	for n := 0; ; n += every {
		died, at, published := errors.New("died"), "", false
		count := 0
		w.step = func(what string) error {
			if count++; count > n {
				at = what
				return died
			}
			published = published || what == "insert into manifest"
			return nil
		}
		err := night(t.Context(), w, after(), "2026-03-09")
		w.step = nil
		if err == nil {
			break
		}
		if !errors.Is(err, died) {
			t.Fatalf("step %d: %v", n, err)
		}
		w.giveBack(t.Context()) // a lock on the folder falls with the process, a lease runs out
		deaths++
		if published {
			break // what follows is the same as after a whole night
		}
		if diff := cmp.Diff(wantBefore, dump(t, w)); diff != "" {
			t.Fatalf("readers saw the death before step %d, %q (-before +seen):\n%s", n, at, diff)
		}
	}
	if deaths < 30/every {
		t.Fatalf("only %d deaths: the steps are not all counted", deaths)
	}
	if err := night(t.Context(), w, after(), "2026-03-09"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantAfter, dump(t, w)); diff != "" {
		t.Errorf("after %d deaths (-without +with):\n%s", deaths, diff)
	}
	if diff := cmp.Diff(wantRaw, raw(t, w)); diff != "" {
		t.Errorf("raw objects after %d deaths (-without +with):\n%s", deaths, diff)
	}
	if got := answer(t, w, "SELECT count(DISTINCT load_id) FROM "+w.table("periods")); got != "3" {
		t.Errorf("%s loads have rows in periods, want the 3 kept and no dead one", got)
	}
	if got := answer(t, w, "SELECT countIf(s = 'aborted') > "+fmt.Sprint(20/every)+", countIf(s = 'running') FROM (SELECT argMax(status, seq) AS s FROM "+w.table("runs")+" GROUP BY run)"); got != "1\t0" {
		t.Errorf("dead runs are recorded as %s", got)
	}
}

// TestRunWithoutItsEnd lets a run publish and die, or find the disk full, before it
// is recorded. What the next one says of it is what the manifest does.
func TestRunWithoutItsEnd(t *testing.T) {
	w := fresh(t)
	full, manifest := errors.New("no space left"), false
	w.step = func(what string) error {
		if manifest = manifest || what == "insert into manifest"; manifest && strings.HasPrefix(what, "insert into run") {
			return full
		}
		return nil
	}
	if err := night(t.Context(), w, before(), "2026-03-05"); !errors.Is(err, full) {
		t.Fatalf("got %v", err)
	}
	w.step = func(what string) error { // this one dies before it publishes
		if what == "insert into periods" {
			return full
		}
		return nil
	}
	if err := night(t.Context(), w, after(), "2026-03-09"); !errors.Is(err, full) {
		t.Fatalf("got %v", err)
	}
	w.giveBack(t.Context())
	w.step = nil
	run, err := w.StartRun(t.Context(), Run{Verb: "sync"})
	if err != nil {
		t.Fatal(err)
	}
	defer w.giveBack(t.Context())
	load, _, err := w.Published(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, err := w.runs(t.Context(), "ORDER BY run")
	if err != nil || len(all) != 3 || all[2].ID != run.ID {
		t.Fatalf("%+v %v", all, err)
	}
	if r := all[0]; r.Status != Partial || r.ExitCode != 3 || r.LoadID != load.ID || !r.FinishedAt.Equal(load.PublishedAt) || !strings.Contains(r.Error, "is published, but") {
		t.Errorf("the run that published: %+v", r)
	}
	if r := all[1]; r.Status != Aborted || r.ExitCode != 1 || r.LoadID != 0 {
		t.Errorf("the run that did not: %+v", r)
	}
	if last, err := w.LastSync(t.Context()); err != nil || !last.Equal(all[0].StartedAt) {
		t.Errorf("the last sync that published began at %s: %v", last, err)
	}
	if got, want := answer(t, w, "SELECT run, source, status FROM "+w.table("run_sources")), fmt.Sprintf("%d\tmain\tdone", all[0].ID); got != want {
		t.Errorf("sources read: %q, want %q", got, want)
	}
}

const (
	childFolder = "WAREHOUSE_TEST_FOLDER"
	childDSN    = "WAREHOUSE_TEST_DSN" // instead of a folder, for one that takes the warehouse and waits to be killed
	childName   = "WAREHOUSE_TEST_DATABASE"
	childKill   = "WAREHOUSE_TEST_KILL_AT" // number of the step before which to die; -1: never
)

// child is another process with the warehouse: it plays the night and may kill
// itself, or reads.
func child() int {
	opt := options()
	opt.DSN, opt.Database = "chdb://"+os.Getenv(childFolder), "mrr"
	if dsn := os.Getenv(childDSN); dsn != "" {
		opt.DSN, opt.Database = dsn, os.Getenv(childName)
	}
	if err := childRun(context.Background(), opt, os.Getenv(childKill)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func childRun(ctx context.Context, opt Options, kill string) error {
	w, err := Open(ctx, opt)
	if err != nil {
		return err
	}
	if err := w.Migrate(ctx); err != nil {
		return err
	}
	if kill == "read" {
		rows, err := dumpAll(ctx, w)
		if err != nil {
			return err
		}
		objects, err := rawAll(ctx, w)
		if err != nil {
			return err
		}
		fmt.Print(rows, "-- raw\n", objects)
		return w.Close()
	}
	if kill == "hold" {
		w.leaseTerm = testTerm
		if _, err := w.StartRun(ctx, Run{Verb: "sync"}); err != nil {
			return err
		}
		fmt.Println("held")
		time.Sleep(time.Minute)
	}
	at, err := strconv.Atoi(kill)
	if err != nil {
		return err
	}
	count := 0
	w.step = func(string) error {
		if count++; count == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			time.Sleep(time.Minute)
		}
		return nil
	}
	of, through := after(), "2026-03-09"
	if _, ok, err := w.Published(ctx); err != nil {
		return err
	} else if !ok {
		of, through = before(), "2026-03-05"
	}
	if err := night(ctx, w, of, through); err != nil {
		return err
	}
	return w.Close()
}

// testBinary is this test itself, to be run as another process.
func testBinary() string { return os.Args[0] }

// spawn runs a child and answers its output and how it ended.
func spawn(t *testing.T, folder string, killAt int) (string, error) {
	t.Helper()
	return spawnFor(t.Context(), t, folder, killAt)
}

// spawnFor kills the child when ctx ends, wherever it is.
func spawnFor(ctx context.Context, t *testing.T, folder string, killAt int) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(ctx, testBinary())
	cmd.Env = append(os.Environ(), childFolder+"="+folder, fmt.Sprintf("%s=%d", childKill, killAt))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// seen is what another process reads in a folder: the published rows of every
// table, and the raw objects.
func seen(t *testing.T, folder string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), testBinary())
	cmd.Env = append(os.Environ(), childFolder+"="+folder, childKill+"=read")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("read %s: %v\n%s", folder, err, out)
	}
	return string(out)
}

// TestKillNine kills the process itself, here and there, and looks at the folder
// from another one: it must show the load before or the load after, whole.
func TestKillNine(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "w")
	complete := func(folder string) string {
		if out, err := spawn(t, folder, -1); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return seen(t, folder)
	}
	complete(whole)
	want := complete(whole)
	rows := func(text string) string { return strings.Split(text, "-- raw")[0] }

	folder := filepath.Join(t.TempDir(), "w")
	was := complete(folder)
	old := 0
	look := func(when string) {
		t.Helper()
		switch rows(seen(t, folder)) {
		case rows(was):
			old++
		case rows(want):
			was = want // published before it was killed: this must stay
		default:
			t.Fatalf("readers see neither the old load nor the new one after the kill %s", when)
		}
	}
	for at := 3; at <= 33; at += 6 * lengthy.Every(2) {
		out, err := spawn(t, folder, at)
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("step %d: the child was not killed: %v\n%s", at, err, out)
		}
		look(fmt.Sprintf("before step %d", at))
	}
	for _, after := range []int{400, 900} { // in the middle of a statement, with luck
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(after)*time.Millisecond)
		_, _ = spawnFor(ctx, t, folder, -1) // it may have been quicker
		cancel()
		look(fmt.Sprintf("after %d ms", after))
	}
	if old < 2 {
		t.Errorf("only %d kills before publishing", old)
	}
	if diff := cmp.Diff(want, complete(folder)); diff != "" {
		t.Errorf("after the kills (-without +with):\n%s", diff)
	}
}
