package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/internal/judge"
	"mrrsync/internal/pipeline"
	"mrrsync/internal/simulator"
	"mrrsync/internal/simulator/chargebeeapi"
	"mrrsync/internal/simulator/stripeapi"
	"mrrsync/internal/simulator/wire"
	"mrrsync/warehouse"
)

// endurance is an ordeal under way.
type endurance struct {
	town
	ordeal
	doors [2]atomic.Pointer[http.Handler] // of Stripe's and Chargebee's APIs
	sums  tally
	read  map[string]reading // when each source was last read whole
	seen  sight              // after the last sync
	w     *warehouse.Warehouse

	migrated bool
}

// endure goes through an ordeal.
func (o ordeal) endure(t *testing.T) tally {
	t.Helper()
	e := &endurance{ordeal: o, read: map[string]reading{}}
	e.T, e.company, e.folder = t, simulator.New(o.founded), t.TempDir()
	e.present.Store(o.founded.Now.Unix())
	for i := range e.doors {
		door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*e.doors[i].Load()).ServeHTTP(w, r) }))
		t.Cleanup(door.Close)
		*[]*string{&e.at.Stripe, &e.at.Chargebee}[i] = door.URL
	}
	e.sums = tally{runs: 1, nights: len(o.nights), ended: map[string]int{}, faults: map[string]int{}}
	e.enter()
	defer func() { e.leave() }()
	for i, n := range o.nights {
		e.present.Store(time.Unix(e.present.Load(), 0).AddDate(0, 0, n.gap).Unix())
		if i > 0 { // whatever time the syncs of the night before took
			e.present.Store(o.founded.Now.AddDate(0, 0, int(e.now().Sub(o.founded.Now).Hours()+1)/24).Unix())
		}
		for _, d := range n.trouble {
			e.sync(n, d)
		}
		if n.resumed || len(n.trouble) == 0 {
			e.sync(n, trouble{})
		}
		if t.Failed() {
			return e.sums
		}
	}
	e.settle()
	return e.sums
}

// settle syncs undisturbed, twice, and holds everything against the truth.
func (e *endurance) settle() {
	e.Helper()
	e.present.Store(e.founded.Now.AddDate(0, 0, int(e.now().Sub(e.founded.Now).Hours())/24+1).Unix())
	quiet := ordealNight{}
	e.sync(quiet, trouble{})
	if first := e.seen; e.seed%3 == 0 {
		e.sync(quiet, trouble{})
		if e.seen.rows != first.rows {
			e.Errorf("a second sync of the same night publishes other rows:\n%s\nbefore:\n%s", e.seen.rows, first.rows)
		}
	}
	v := e.judge(billing.NoDate, false)
	e.sums.provable, e.sums.guessed = v.Provable, v.Guessed
	e.hold(v)
	e.settled()
	e.laws()
}

// laws are what must hold in the end, besides the truth.
func (e *endurance) laws() {
	e.Helper()
	for says, sql := range map[string]string{
		"a waterfall does not close": `SELECT count() FROM mrr_waterfall_daily
			WHERE starting_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr != ending_mrr`,
		"a waterfall ends elsewhere than its day": `SELECT count() FROM mrr_waterfall_daily AS f
			LEFT JOIN (SELECT date, currency, sum(mrr) AS total FROM mrr_daily GROUP BY date, currency) AS d USING (date, currency) WHERE ending_mrr != total`,
		"something is missing": "SELECT count() FROM completeness WHERE missing > 0 AND run >= (SELECT max(run) FROM mrr_store.seals)",
		"a version is stored twice": `SELECT count() FROM (SELECT 1 FROM mrr_store.raw_objects
			GROUP BY source, customer_id, kind, id, version, digest HAVING count() > 1)`,
		"a dead load has rows":  "SELECT count() FROM (SELECT DISTINCT load_id FROM mrr_store.periods WHERE load_id NOT IN (SELECT load_id FROM mrr_store.manifest))",
		"a run never ended":     "SELECT count() FROM runs WHERE status = 'running'",
		"something is rejected": "SELECT count() FROM rejects",
	} {
		var out bytes.Buffer
		if err := e.w.Format(e.Context(), &out, sql, "TabSeparated"); err != nil {
			e.Errorf("%s: %v", says, err)
		} else if n := strings.TrimSpace(out.String()); n != "0" {
			e.Errorf("%s, %s times", says, n)
		}
	}
}

// sight is what readers see.
type sight struct {
	load uint64
	rows string // count and hash of each view
}

// sight reads it. A warehouse that never got as far as to publish shows nothing.
func (e *endurance) sight() sight {
	e.Helper()
	info, ok, err := e.w.Published(e.Context())
	if err != nil || !ok {
		return sight{}
	}
	var out bytes.Buffer
	if err := e.w.Format(e.Context(), &out, rowsSeen(), "TabSeparated"); err != nil {
		e.Fatal(err)
	}
	return sight{info.ID, out.String()}
}

// rowsSeen asks for count and hash of the views that hold the rows.
func rowsSeen() string {
	var parts []string
	for _, view := range []string{"mrr_daily", "mrr_movements", "invoice_lines", "rejects"} {
		parts = append(parts, fmt.Sprintf("SELECT '%s' AS view, count(), sum(cityHash64(*)) FROM %s", view, view))
	}
	return "SELECT * FROM (" + strings.Join(parts, " UNION ALL ") + ") ORDER BY view"
}

// sync does one sync of a night, with or without trouble, and holds what readers
// see then against what they may.
func (e *endurance) sync(n ordealNight, d trouble) {
	e.Helper()
	if e.Failed() {
		return
	}
	before := e.seen
	e.prepare(n)
	ended, receipt, log := e.attempt(d)
	e.spend()
	e.readings()
	e.sums.ended[ended]++
	e.seen = e.sight()
	after := e.seen
	what := fmt.Sprintf("%s, %v: %s", e.now().Format(time.DateTime), d, ended)
	if e.expected(n, d, ended) {
		e.Logf("%s", what)
	} else {
		e.Errorf("%s\n%+v\n%s", what, receipt, log)
	}
	switch {
	case ended == "done" || ended == "partial" || (ended == "killed" || ended == "dead") && after.load != before.load:
		e.right(what)
	case after != before:
		e.Errorf("%s: readers see otherwise than before:\n%s\nbefore:\n%s\n%s", what, after.rows, before.rows, log)
	}
	if receipt.Rejects > 0 {
		e.Errorf("%s: %d rejects", what, receipt.Rejects)
	}
	if published := ended == "done" || ended == "partial"; published && receipt.Load != after.load || ended == "failed" && receipt.Load != 0 {
		e.Errorf("%s: it says load %d, readers see %d\n%s", what, receipt.Load, after.load, log)
	}
	if ended == "failed" && !strings.Contains(log, "mrrsync: ") {
		e.Errorf("%s, without a word: %s", what, log)
	}
}

// expected says whether a sync may end so.
func (e *endurance) expected(n ordealNight, d trouble, ended string) bool {
	switch ended {
	case "done":
		return true
	case "killed", "dead":
		return d.kind == kill || d.kind == die
	case "partial":
		return n.denied != "" || n.torn || strings.Contains(n.faults, "denied") || d.kind == down
	case "failed":
		return d.kind == down || d.kind == stop
	}
	return false
}

// prepare puts the night's providers on the wire and its files into the folder.
func (e *endurance) prepare(n ordealNight) {
	e.Helper()
	faults, err := wire.ParseFaults(n.faults, e.seed^uint64(e.present.Load()))
	if err != nil {
		e.Fatal(err)
	}
	var denied []string
	if n.denied != "" {
		denied = append(denied, n.denied)
	}
	clock := func() time.Time { return e.now().Add(e.ahead) }
	e.api = stripeapi.New(e.company.Books, stripeapi.Options{Key: simulator.Key(e.seed), Clock: clock, Faults: faults, Denied: denied})
	e.site = chargebeeapi.New(e.company.Site, chargebeeapi.Options{Key: simulator.SiteKey(e.seed), Clock: clock, Faults: faults, Denied: denied})
	for i, h := range []http.Handler{e.api, e.site} {
		e.doors[i].Store(&h)
	}
	if err := simulator.WriteFiles(e.folder, e.company, e.now(), e.at, false); err != nil {
		e.Fatal(err)
	}
	e.edit(simulator.ConfigFile, func(text string) string {
		return strings.ReplaceAll(text, "requests_per_second: 100", fmt.Sprintf("requests_per_second: 5000\n    concurrency: %d\n    page_size: %d", e.concurrency, e.pageSize))
	})
	if n.torn {
		e.edit(simulator.ContractsFile, func(string) string { return "\x00\x01 no table" })
	}
}

func (e *endurance) edit(name string, by func(string) string) {
	e.Helper()
	path := filepath.Join(e.folder, name)
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(by(string(text))), 0o600)
	}
	if err != nil {
		e.Fatal(err)
	}
}

// spend moves the present on to where the providers' clocks are.
func (e *endurance) spend() {
	for _, api := range []interface {
		Now() time.Time
		Struck() map[string]int
	}{e.api, e.site} {
		e.present.Store(max(e.present.Load(), api.Now().Add(-e.ahead).Unix()))
		e.sums.faults = sums(e.sums.faults, api.Struck())
	}
}

// attempt runs one sync and says how it ended.
func (e *endurance) attempt(d trouble) (ended string, receipt pipeline.Receipt, log string) {
	e.Helper()
	if d.kind == kill {
		return e.killed(d)
	}
	var said bytes.Buffer
	ctx, cancel := context.WithCancel(e.Context())
	defer cancel()
	a := newApp(nil, io.Discard, &said, func(name string) string { return e.environment()[name] })
	a.flags.config, a.flags.logFormat, a.flags.logLevel = filepath.Join(e.folder, simulator.ConfigFile), "text", "warn"
	a.between = d.between(cancel)
	receipt, err := e.within(ctx, a)
	if err != nil {
		fmt.Fprintf(&said, "mrrsync: %v\n", err)
	}
	switch {
	case d.kind == die && (err != nil && strings.Contains(err.Error(), errDead.Error()) ||
		slices.ContainsFunc(receipt.Warnings, func(text string) bool { return strings.Contains(text, errDead.Error()) })):
		return "dead", receipt, said.String()
	case err != nil:
		return "failed", receipt, said.String()
	}
	return string(receipt.Outcome), receipt, said.String()
}

// within runs a sync in this process, as verbs do, but for the schema, which is
// made once.
func (e *endurance) within(ctx context.Context, a *app) (pipeline.Receipt, error) {
	if err := a.begin(); err != nil {
		return pipeline.Receipt{}, err
	}
	c, err := a.config()
	if err != nil {
		return pipeline.Receipt{}, err
	}
	o, err := a.options(c, order{verb: "sync", acceptRestatement: true, acceptChurn: true}, nil)
	if err != nil {
		return pipeline.Receipt{}, err
	}
	w, err := a.warehouse(ctx, c)
	if err != nil {
		return pipeline.Receipt{}, err
	}
	defer w.Close()
	if !e.migrated {
		if err := w.Migrate(ctx); err != nil {
			return pipeline.Receipt{}, err
		}
		e.migrated = true
	}
	return pipeline.Run(ctx, w, o)
}

func (e *endurance) environment() map[string]string {
	return map[string]string{"MRRSYNC_NOW": e.now().Format(time.RFC3339), "MRRSYNC_VOLATILE": "1"}
}

// killed runs the program in a process of its own, which kills itself.
func (e *endurance) killed(d trouble) (ended string, receipt pipeline.Receipt, log string) {
	e.Helper()
	e.leave()
	defer e.enter()
	program, err := os.Executable()
	if err != nil {
		e.Fatal(err)
	}
	var out, said bytes.Buffer
	cmd := exec.CommandContext(e.Context(), program)
	cmd.Args = []string{"disturbed", "sync", "--json", "--accept-churn", "--accept-restatement", "--log-level", "warn", "--config", filepath.Join(e.folder, simulator.ConfigFile)}
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.Env = append(os.Environ(), disturb+"="+d.written())
	for k, v := range e.environment() {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	err = cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		e.Fatal(err)
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return map[bool]string{true: "killed", false: status.Signal().String()}[status.Signal() == syscall.SIGKILL], receipt, said.String()
	}
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &receipt); err != nil {
			e.Errorf("the receipt cannot be read: %v\n%s", err, &out)
		}
	}
	ended, ok := map[int]string{exitDone: "done", exitFailed: "failed", exitPartial: "partial"}[cmd.ProcessState.ExitCode()]
	if !ok {
		ended = cmd.ProcessState.String()
	}
	return ended, receipt, said.String()
}

// enter opens the warehouse, for whoever looks and for the syncs in this process
// that join; leave closes it, for another process.
func (e *endurance) enter() { e.w = e.open() }

func (e *endurance) leave() {
	if err := e.w.Close(); err != nil {
		e.Error(err)
	}
}

// reading is a source read whole: by which run, and when that was over.
type reading struct {
	run uint64
	at  time.Time
}

// readings notes which sources the last sync has read whole, even if it died
// before it published what it had read: the next one goes on from there.
func (e *endurance) readings() {
	e.Helper()
	seals, err := e.w.Seals(e.Context())
	if err != nil && e.migrated {
		e.Fatal(err)
	}
	for source, s := range seals {
		if s.Run != e.read[source].run {
			e.read[source] = reading{s.Run, e.now()}
		}
	}
}

// right holds a published load against the truth: each source up to where it was
// covered, as one could prove it then.
func (e *endurance) right(what string) {
	e.Helper()
	info, ok, err := e.w.Published(e.Context())
	if err != nil || !ok {
		e.Fatalf("%s: nothing is published: %v", what, err)
	}
	for source, last := range info.Covered {
		if last == billing.NoDate {
			continue
		}
		v, err := judge.Compare(e.Context(), e.w, e.company.Truth(e.read[source].at.Add(max(e.ahead, 0)), time.UTC), judge.Question{Source: source, To: last, Limit: 25})
		if err != nil {
			e.Fatal(err)
		}
		e.sums.item += v.Compared
		if v.Wrong > 0 || v.Unknown > 0 {
			e.Errorf("%s: source %s, covered through %s: %d provable item-days are wrong, %d unknown:%s", what, source, last, v.Wrong, v.Unknown, differences(v))
		}
	}
}

// disturb tells a child of this test where trouble strikes.
const disturb = "MRRSYNC_TEST_DISTURB"

// troubleForm is how a trouble is handed to a child.
const troubleForm = "%q %t %q %d"

func (d trouble) written() string { return fmt.Sprintf(troubleForm, d.kind, d.after, d.at, d.n) }

// told ends a child that cannot do what it was made for.
func told(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitUsage)
	}
}

// disturbed is mrrsync in a process of its own that does something to itself.
func disturbed() {
	var d trouble
	_, err := fmt.Sscanf(os.Getenv(disturb), troubleForm, &d.kind, &d.after, &d.at, &d.n)
	folder, wrong := os.Getwd()
	told(errors.Join(err, wrong))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	a := newApp(os.Stdin, os.Stdout, os.Stderr, os.Getenv)
	a.between = d.between(d.strikes(ctx, folder))
	if d.kind == sigterm {
		a.between = a.between.told(ctx, os.Stderr)
	}
	code := a.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

var (
	errDown = errors.New("no space left on device, says the test")
	errDead = errors.New("the process is dead, says the test")
)

// between stands between the program and what it talks to, and strikes once.
// Waiting is cut short: what it is waited for is a simulator.
func (d trouble) between(strike func()) between {
	s := &striker{trouble: d, strike: strike, count: map[string]int{}}
	return between{
		transport: func(source string) http.RoundTripper { return via{s, source} },
		sleep: func(ctx context.Context, pause time.Duration) error {
			return connectors.Sleep(ctx, pause/200)
		},
		step: func(name string) error {
			s.reached(name)
			if name != "verify load" && s.reached("sql") && d.kind == down {
				return errDown
			}
			return s.dead()
		},
	}
}

// striker counts boundaries.
type striker struct {
	trouble
	strike func()
	mu     sync.Mutex
	count  map[string]int
	struck bool
}

// dead says that nothing gets through any more: the process is as good as dead.
func (s *striker) dead() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.struck && s.kind == die {
		return errDead
	}
	return nil
}

// reached counts one more boundary, strikes if it is the one, and says whether
// that lies behind.
func (s *striker) reached(at string) bool {
	s.mu.Lock()
	s.count[at]++
	n := s.count[at]
	s.struck = s.struck || s.at == at && n >= s.n
	s.mu.Unlock()
	if s.at != at || n < s.n {
		return false
	}
	if n == s.n && s.kind != down && s.kind != die {
		s.strike()
	}
	return true
}

// via is the way to one source's provider.
type via struct {
	*striker
	source string
}

// gone is what a host that is down says: nothing answers there.
func gone() error { return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED} }

// RoundTrip sends a request on and shortens the waiting that the answer asks for.
func (v via) RoundTrip(req *http.Request) (*http.Response, error) {
	if !v.after && v.reached(v.source) && v.kind == down {
		return nil, gone()
	}
	if v.dead() != nil {
		return nil, gone()
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if v.after && v.reached(v.source) && v.kind == down {
		_, _ = io.Copy(io.Discard, resp.Body)
		return nil, errors.Join(gone(), resp.Body.Close())
	}
	if resp.Header.Get("Retry-After") != "" {
		resp.Header.Set("Retry-After", "0.005")
	}
	return resp, nil
}
