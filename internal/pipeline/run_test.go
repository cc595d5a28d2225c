package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/internal/lengthy"
	"mrrsync/internal/progress"
	"mrrsync/normalize"
	"mrrsync/warehouse"
)

// shop is a provider in memory: one subscription a customer, kept as JSON, read
// through a feed of changes.
type shop struct {
	account string
	changes []change          // in the order in which they happened
	fail    func(n int) error // before the page that begins with change n
	gap     bool              // the feed answers ErrGap to every cursor but the empty one
}

type change struct {
	Customer string
	From     string // YYYY-MM-DD
	MRR      string // per month; "0" ends it; "?" cannot be read
	Account  string `json:",omitempty"` // in the customer's metadata
}

const page = 2

func (s *shop) Account(context.Context) (string, error) { return s.account, nil }
func (s *shop) Check(context.Context) error             { return nil }
func (s *shop) Streams() []connectors.Stream            { return []connectors.Stream{"changes"} }

func (s *shop) Pull(ctx context.Context, _ connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
	return func(yield func(connectors.Page, error) bool) {
		at := 0
		if since != "" {
			at, _ = strconv.Atoi(string(since))
			if s.gap {
				yield(connectors.Page{}, connectors.ErrGap)
				return
			}
		}
		for first := true; first || at < len(s.changes); first = false {
			if err := ctx.Err(); err != nil {
				yield(connectors.Page{}, err)
				return
			}
			if s.fail != nil {
				if err := s.fail(at); err != nil {
					yield(connectors.Page{}, err)
					return
				}
			}
			p := connectors.Page{}
			for ; at < len(s.changes) && len(p.Objects) < page; at++ {
				c := s.changes[at]
				payload, _ := json.Marshal(c)
				p.Objects = append(p.Objects, connectors.Object{
					Kind: "subscription", ID: "s_" + c.Customer, CustomerID: c.Customer, Version: int64(at + 1),
					SeenAt: time.Unix(int64(at), 0), Origin: connectors.Listed, Payload: payload,
				})
			}
			p.Cursor = connectors.Cursor(strconv.Itoa(at))
			if !yield(p, nil) {
				return
			}
		}
	}
}

func (s *shop) Translate(objects []connectors.Object, _ *connectors.Catalog) (billing.Record, []connectors.Reject) {
	sub := billing.Subscription{Currency: "USD"}
	var rejects []connectors.Reject
	named := ""
	for _, o := range objects {
		var c change
		if err := json.Unmarshal(o.Payload, &c); err != nil || c.MRR == "?" || c.MRR == "" {
			rejects = append(rejects, connectors.Reject{Kind: o.Kind, ID: o.ID, Code: "unreadable", Object: o.Ref()})
			continue
		}
		sub.ID, sub.CustomerID, named = o.ID, c.Customer, c.Account
		d, _ := billing.ParseDate(c.From)
		from := d.Time()
		if n := len(sub.States); n > 0 {
			sub.States[n-1].Until = from
		} else {
			sub.Start, sub.Created = from, from
		}
		state := billing.State{From: from, SeenAt: from, Evidence: billing.EvidenceVersion, Object: o.Ref(), Terms: billing.Terms{Status: billing.StatusActive}}
		if c.MRR == "0" {
			sub.Ended, state.Terms.Status = from, billing.StatusCanceled
		}
		state.Terms.Items = []billing.Item{{
			ID: "i_" + c.Customer, Created: sub.Start, Quantity: decimal.NewFromInt(1),
			Price: billing.Price{
				ID: "p", Currency: "USD", Interval: billing.Interval{Unit: billing.Month, Count: 1},
				Usage: billing.Licensed, Model: billing.PerUnit, Unit: decimal.RequireFromString(c.MRR),
			},
		}}
		sub.States = append(sub.States, state)
	}
	r := billing.Record{Customer: billing.Customer{Metadata: map[string]string{"metadata.account": named}}}
	if sub.ID != "" {
		r.Subscriptions = []billing.Subscription{sub}
	}
	return r, rejects
}

// bench is a warehouse in a folder and the clock that runs over it.
type bench struct {
	*testing.T
	w    *warehouse.Warehouse
	now  time.Time
	o    Options
	step func(name string) error // before every statement that writes; nil: nothing is in its way
}

func newBench(t *testing.T, sources map[string]*shop, names ...string) *bench {
	t.Helper()
	b := &bench{T: t, now: time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return b.now }
	step := func(name string) error {
		if b.step == nil {
			return nil
		}
		return b.step(name)
	}
	w, err := warehouse.Open(t.Context(), warehouse.Options{DSN: "chdb://" + t.TempDir(), Database: "mrr", KeepLoads: 3, ReportingCurrency: "USD", Volatile: true, Now: clock, Step: step})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := w.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	policy, err := normalize.Preset("committed")
	if err != nil {
		t.Fatal(err)
	}
	b.w = w
	b.o = Options{
		Verb: "sync", Settings: normalize.Settings{Policy: policy, Zone: time.UTC}, Hash: "h1", Currency: "USD",
		Guards: Guards{MaxRestated: decimal.NewFromInt(5), MaxChurn: decimal.NewFromInt(30)},
		Now:    clock, Logger: slog.New(slog.DiscardHandler), Progress: progress.New(io.Discard, false),
	}
	for _, name := range names {
		b.o.Sources = append(b.o.Sources, Source{Name: name, Connector: sources[name]})
	}
	return b
}

// night lets a day pass and runs.
func (b *bench) night(change ...func(*Options)) (Receipt, error) {
	b.Helper()
	b.now = b.now.AddDate(0, 0, 1)
	return b.run(change...)
}

func (b *bench) run(change ...func(*Options)) (Receipt, error) {
	b.Helper()
	o := b.o
	for _, f := range change {
		f(&o)
	}
	return Run(b.Context(), b.w, o)
}

// must fails the test when a run has not ended as it should.
func (b *bench) must(want Outcome) func(Receipt, error) Receipt {
	b.Helper()
	return func(r Receipt, err error) Receipt {
		b.Helper()
		if err != nil || r.Outcome != want {
			b.Fatalf("outcome %q, want %q: %v, warnings %q", r.Outcome, want, err, r.Warnings)
		}
		return r
	}
}

// days is what readers see: MRR by day of a range.
func (b *bench) days(from, to string) string {
	b.Helper()
	var out strings.Builder
	sql := fmt.Sprintf("SELECT date, source, item_id, mrr FROM mrr.mrr_daily WHERE date BETWEEN '%s' AND '%s' ORDER BY ALL", from, to)
	if err := b.w.Format(b.Context(), &out, sql, "TabSeparated"); err != nil {
		b.Fatal(err)
	}
	return out.String()
}

func customers(n int) []change {
	var all []change
	for i := range n {
		all = append(all, change{Customer: fmt.Sprintf("c%02d", i), From: "2026-02-01", MRR: "100"})
	}
	return all
}

func TestNights(t *testing.T) {
	s := &shop{account: "a", changes: customers(20)}
	b := newBench(t, map[string]*shop{"main": s}, "main")
	r := b.must(Done)(b.run())
	if r.Through != "2026-03-09" || r.Customers.Derived != 20 || r.Customers.Reason != "first load" {
		t.Errorf("first night: %+v", r)
	}
	s.changes = append(s.changes, change{Customer: "c03", From: "2026-03-10", MRR: "150"}, change{Customer: "c04", From: "2026-03-10", MRR: "0"})
	r = b.must(Done)(b.night())
	if r.Customers.Derived != 2 || r.Customers.Reason != "changed" || r.RestatedRanges != 0 {
		t.Errorf("second night: %+v", r)
	}
	want := "2026-03-10\tmain\ti_c03\t150\n"
	if got := b.days("2026-03-10", "2026-03-10"); !strings.Contains(got, want) || strings.Contains(got, "i_c04") || strings.Count(got, "\n") != 19 {
		t.Errorf("second night's day:\n%s", got)
	}
	before := b.days("2026-01-01", "2026-12-31")
	r = b.must(Done)(b.run())
	if after := b.days("2026-01-01", "2026-12-31"); after != before || r.Customers.Derived != 0 {
		t.Errorf("the same night again derived %d and changed rows: %s", r.Customers.Derived, cmp.Diff(before, after))
	}
	b.must(Done)(b.run(func(o *Options) { o.Rebuild = true }))
	if after := b.days("2026-01-01", "2026-12-31"); after != before {
		t.Errorf("rebuild changed rows: %s", cmp.Diff(before, after))
	}
	r = b.must(Done)(b.run(func(o *Options) { o.Hash = "h2" }))
	if r.Customers.Derived != 20 {
		t.Errorf("another policy derived %d of 20", r.Customers.Derived)
	}
}

func TestPlanPublishesNothing(t *testing.T) {
	s := &shop{account: "a", changes: customers(20)}
	b := newBench(t, map[string]*shop{"main": s}, "main")
	b.must(Done)(b.run())
	before := b.days("2026-01-01", "2026-12-31")
	s.changes = append(s.changes, change{Customer: "c03", From: "2026-03-05", MRR: "400"})
	r := b.must(Planned)(b.night(func(o *Options) { o.DryRun = true }))
	if len(r.Diff.Restatements) != 1 || r.Diff.Restatements[0].AccountID != "main/c03" || len(r.Warnings) != 1 {
		t.Errorf("plan: %+v, warnings %q", r.Diff, r.Warnings)
	}
	if after := b.days("2026-01-01", "2026-12-31"); after != before {
		t.Errorf("plan published: %s", cmp.Diff(before, after))
	}
}

func TestGuards(t *testing.T) {
	s := &shop{account: "a", changes: customers(10)}
	b := newBench(t, map[string]*shop{"main": s}, "main")
	b.must(Done)(b.run())
	before := b.days("2026-01-01", "2026-12-31")
	refused := func(flag string, accept func(*Options)) {
		t.Helper()
		r, err := b.run()
		if !errors.Is(err, ErrGuard) || !strings.Contains(err.Error(), flag) || r.Outcome != Failed || r.Load != 0 {
			t.Fatalf("not refused with %s: %v", flag, err)
		}
		if after := b.days("2026-01-01", "2026-12-31"); after != before {
			t.Fatal("a refused run published")
		}
		b.must(Done)(b.run(accept))
		before = b.days("2026-01-01", "2026-12-31")
	}
	s.changes = append(s.changes, change{Customer: "c03", From: "2026-03-05", MRR: "200"}) // 10 % of a final day
	b.now = b.now.AddDate(0, 0, 1)
	refused("--accept-restatement", func(o *Options) { o.Guards.AcceptRestatement = true })
	for i := range 4 {
		s.changes = append(s.changes, change{Customer: fmt.Sprintf("c%02d", 4+i), From: "2026-03-11", MRR: "0"})
	}
	b.now = b.now.AddDate(0, 0, 1)
	refused("--accept-churn", func(o *Options) { o.Guards.AcceptChurn = true })
}

func TestOneSourceFails(t *testing.T) {
	good, bad := &shop{account: "g", changes: customers(4)}, &shop{account: "b", changes: customers(6)}
	b := newBench(t, map[string]*shop{"good": good, "bad": bad}, "good", "bad")
	b.must(Done)(b.run())
	good.changes = append(good.changes, change{Customer: "c01", From: "2026-03-10", MRR: "110"})
	bad.changes = append(bad.changes, change{Customer: "c01", From: "2026-03-10", MRR: "110"}, change{Customer: "c02", From: "2026-03-10", MRR: "120"}, change{Customer: "c03", From: "2026-03-10", MRR: "130"})
	down := errors.New("the provider is down")
	bad.fail = func(n int) error {
		if n > 7 {
			return down
		}
		return nil
	}
	r := b.must(Partial)(b.night())
	if r.Sources[1].Status != warehouse.Failed || !strings.Contains(r.Sources[1].Error, down.Error()) {
		t.Errorf("receipt of the failed source: %+v", r.Sources[1])
	}
	got := b.days("2026-03-10", "2026-03-10")
	if !strings.Contains(got, "good\ti_c01\t110") || !strings.Contains(got, "bad\ti_c01\t100") {
		t.Errorf("after half a pull the failed source must go on from its seal:\n%s", got)
	}
	info, _, err := b.w.Published(t.Context())
	if err != nil || info.FinalThrough.String() != "2026-03-09" {
		t.Errorf("final through %s, want 2026-03-09: %v", info.FinalThrough, err)
	}
	good.fail = func(int) error { return down }
	if r, err := b.night(); err == nil || r.Outcome != Failed {
		t.Errorf("all sources down: outcome %q, %v", r.Outcome, err)
	}
	good.fail, bad.fail = nil, nil
	b.must(Done)(b.run())
	if got := b.days("2026-03-10", "2026-03-10"); !strings.Contains(got, "bad\ti_c03\t130") {
		t.Errorf("after the repair:\n%s", got)
	}
}

// TestCutShort ends a first pull after every page, and expects the next run to
// publish what one undisturbed run does.
func TestCutShort(t *testing.T) {
	var want string
	t.Run("undisturbed", func(t *testing.T) {
		b := newBench(t, map[string]*shop{"main": {account: "a", changes: customers(7)}}, "main")
		b.must(Done)(b.run())
		want = b.days("2026-01-01", "2026-12-31")
	})
	for n := 0; n < 7; n += page * lengthy.Every(2) {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			s := &shop{account: "a", changes: customers(7), fail: func(at int) error {
				if at == n {
					return context.Canceled
				}
				return nil
			}}
			b := newBench(t, map[string]*shop{"main": s}, "main")
			if r, err := b.run(); err == nil || r.Load != 0 {
				t.Fatalf("outcome %q, %v", r.Outcome, err)
			}
			s.fail = func(at int) error {
				if at < n {
					return fmt.Errorf("asked for change %d again", at)
				}
				return nil
			}
			b.must(Done)(b.run())
			if got := b.days("2026-01-01", "2026-12-31"); got != want {
				t.Error(cmp.Diff(want, got))
			}
		})
	}
}

func TestAnotherAccount(t *testing.T) {
	s := &shop{account: "acct_1 test", changes: customers(4), fail: func(at int) error {
		if at > 0 {
			return errors.New("down")
		}
		return nil
	}}
	b := newBench(t, map[string]*shop{"main": s}, "main")
	if _, err := b.run(); err == nil {
		t.Fatal("a failing pull passed")
	}
	s.fail, s.account = nil, "acct_2 live"
	r, err := b.run()
	if err == nil || !strings.Contains(r.Sources[0].Error, "acct_1 test") || !strings.Contains(r.Sources[0].Error, "acct_2 live") {
		t.Errorf("another account was accepted: %v, %+v", err, r.Sources[0])
	}
}

func TestGapListsAgain(t *testing.T) {
	s := &shop{account: "a", changes: customers(5)}
	b := newBench(t, map[string]*shop{"main": s}, "main")
	b.must(Done)(b.run())
	s.gap = true
	s.changes = append(s.changes, change{Customer: "c01", From: "2026-03-10", MRR: "110"})
	r := b.must(Done)(b.night())
	if len(r.Warnings) != 1 || r.Sources[0].Listed != 6 || r.Customers.Derived != 1 {
		t.Errorf("after a gap: %+v", r)
	}
}

func TestRejects(t *testing.T) {
	s := &shop{account: "a", changes: append(customers(5), change{Customer: "c02", From: "2026-03-01", MRR: "?"})}
	b := newBench(t, map[string]*shop{"main": s}, "main")
	r := b.must(Partial)(b.run())
	if r.Rejects != 1 {
		t.Errorf("%d rejects, want 1", r.Rejects)
	}
	if got := b.days("2026-03-09", "2026-03-09"); !strings.Contains(got, "i_c02\t100") {
		t.Errorf("the last understood version must stay in force:\n%s", got)
	}
	b.must(Done)(b.run(func(o *Options) { o.MaxRejects = 1 }))
}

func TestRemovedSource(t *testing.T) {
	one, two := &shop{account: "1", changes: customers(30)}, &shop{account: "2", changes: customers(1)}
	b := newBench(t, map[string]*shop{"one": one, "two": two}, "one", "two")
	b.must(Done)(b.run())
	b.o.Sources = b.o.Sources[:1]
	r := b.must(Done)(b.run())
	if len(r.Warnings) != 1 || strings.Contains(b.days("2026-01-01", "2026-12-31"), "two") {
		t.Errorf("a removed source is still there: %q", r.Warnings)
	}
}

func TestThrough(t *testing.T) {
	s := &shop{account: "a", changes: customers(1)}
	b := newBench(t, map[string]*shop{"main": s}, "main")
	through := func(day string) func(*Options) {
		return func(o *Options) { o.Through, _ = billing.ParseDate(day) }
	}
	if _, err := b.run(through("2026-03-10")); !errors.Is(err, ErrUsage) {
		t.Errorf("through today: %v", err)
	}
	b.must(Done)(b.run(through("2026-03-08")))
	if _, err := b.run(through("2026-03-07")); !errors.Is(err, ErrUsage) {
		t.Errorf("through a day before the published one: %v", err)
	}
	b.must(Done)(b.run())
}

func TestReadRates(t *testing.T) {
	rates, err := ReadRates(strings.NewReader("\ufeffcurrency,date,rate\neur,2026-01-01,1.1\nJPY,2026-01-01,0.0065\n"))
	want := []warehouse.Rate{
		{Currency: "EUR", Date: billing.NewDate(2026, 1, 1), Rate: decimal.RequireFromString("1.1")},
		{Currency: "JPY", Date: billing.NewDate(2026, 1, 1), Rate: decimal.RequireFromString("0.0065")},
	}
	if err != nil || !cmp.Equal(rates, want) {
		t.Errorf("%v, %s", err, cmp.Diff(want, rates))
	}
	_, err = ReadRates(strings.NewReader("date,currency,rate\n2026-01-01,EUR,1\n2026-13-01,EUR,1\n2026-01-02,EURO,1\n2026-01-03,EUR,-1\n2026-01-01,EUR,2\n2026-01-04,EUR,1e9999\n"))
	for _, want := range []string{"line 3", "line 4", "line 5", "line 6: EUR on 2026-01-01 stands on an earlier line", `line 7: rate "1e9999": want a positive decimal number`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	if _, err := ReadRates(strings.NewReader("date,rate\n")); err == nil || !strings.Contains(err.Error(), `"currency"`) {
		t.Errorf("missing column: %v", err)
	}
}

// A load that is published is told so, also when its run cannot be recorded.
func TestPublishedButNotRecorded(t *testing.T) {
	s := &shop{account: "acct_1", changes: []change{{Customer: "a", From: "2026-03-01", MRR: "10"}}}
	b := newBench(t, map[string]*shop{"main": s}, "main")
	published := false
	b.step = func(name string) error {
		if published = published || name == "insert into manifest"; published && name == "insert into runs" {
			return errors.New("no space left")
		}
		return nil
	}
	r := b.must(Partial)(b.night())
	info, ok, err := b.w.Published(t.Context())
	if err != nil || !ok || r.Load != info.ID || r.Outcome.ExitCode() != 3 {
		t.Errorf("the receipt says load %d, exit code %d; readers see %d: %v", r.Load, r.Outcome.ExitCode(), info.ID, err)
	}
	if !strings.Contains(r.Error, "is published, but its run could not be recorded") || !strings.Contains(r.Error, "no space left") || len(r.Warnings) != 1 {
		t.Errorf("error %q, warnings %q", r.Error, r.Warnings)
	}
	b.step = nil
	b.must(Done)(b.night())
	var out strings.Builder
	if err := b.w.Format(t.Context(), &out, "SELECT status, exit_code, load_id FROM mrr.runs ORDER BY run LIMIT 1", "TabSeparated"); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("partial\t3\t%d\n", r.Load); out.String() != want {
		t.Errorf("the next run says of it %q, want %q", out.String(), want)
	}
}

// A warehouse that is lost while it publishes leaves open what readers have. The
// run does not say that it knows; the next one says what the manifest does.
func TestNobodyKnowsWhetherItIsPublished(t *testing.T) {
	s := &shop{account: "acct_1", changes: []change{{Customer: "a", From: "2026-03-01", MRR: "10"}}}
	b := newBench(t, map[string]*shop{"main": s}, "main")
	rename := func(from, to string) error {
		return b.w.Conn().Exec(t.Context(), "RENAME TABLE mrr_store."+from+" TO mrr_store."+to)
	}
	b.step = func(name string) error {
		if name == "insert into manifest" {
			return rename("manifest", "away") // neither writing nor looking works
		}
		return nil
	}
	r, err := b.night()
	if !errors.Is(err, warehouse.ErrUnsure) || r.Outcome != Failed || !r.Unsure || r.Load != 0 {
		t.Fatalf("%v, %+v", err, r)
	}
	b.step = nil
	if err := rename("away", "manifest"); err != nil {
		t.Fatal(err)
	}
	if last, _, err := b.w.LastRun(t.Context()); err != nil || last.Status != warehouse.Running {
		t.Errorf("it is recorded as %s: %v", last.Status, err)
	}
	if r := b.must(Done)(b.night()); r.Unsure {
		t.Error("the next run is unsure too")
	}
	var out strings.Builder
	if err := b.w.Format(t.Context(), &out, "SELECT status FROM mrr.runs ORDER BY run", "TabSeparated"); err != nil {
		t.Fatal(err)
	}
	if out.String() != "aborted\ndone\n" {
		t.Errorf("runs: %q", out.String())
	}
}
