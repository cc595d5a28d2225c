package warehouse

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

// A world is a small company of which tests know everything: customers with
// items, each item a list of steps. What follows from a customer is worked out
// here, apart from package normalize.
type world struct {
	customers map[CustomerKey]*person
}

type person struct {
	account string
	items   []thing
	lines   []bill
	rejects []string
	tier    string
	free    []string // catalogue objects that a subscription without MRR names
}

type thing struct {
	subscription, item, currency string
	steps                        []step // ordered, never overlapping
}

type step struct {
	from, until billing.Date
	mrr         string
	scheduled   bool
}

type bill struct {
	invoice string
	day     billing.Date
	amount  string
}

func day(s string) billing.Date {
	d, err := billing.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// result is what follows from one account of the world, and of whom.
func (w *world) result(account string) ([]CustomerKey, normalize.Result) {
	var of []CustomerKey
	var r normalize.Result
	for _, k := range w.keys() {
		p := w.customers[k]
		if p.account != account {
			continue
		}
		of = append(of, k)
		segments := map[string]string{"tier": p.tier, "csm": "ann"}
		r.Customers = append(r.Customers, normalize.Customer{Source: k.Source, CustomerID: k.CustomerID, AccountID: account, Name: "N " + k.CustomerID, Segments: segments})
		if len(p.free) > 0 {
			r.Subscriptions = append(r.Subscriptions, normalize.Subscription{
				Source: k.Source, CustomerID: k.CustomerID, AccountID: account, SubscriptionID: "free_" + k.CustomerID, Currency: "USD",
				Status: "active", End: billing.Forever, CancelAt: billing.Forever, Refs: p.free,
			})
		}
		for _, t := range p.items {
			sub := normalize.Subscription{
				Source: k.Source, CustomerID: k.CustomerID, AccountID: account, SubscriptionID: t.subscription, Currency: t.currency,
				Status: "active", End: billing.Forever, CancelAt: billing.Forever,
			}
			for _, s := range t.steps {
				sub.Refs = append(sub.Refs, "price/plan_"+s.mrr)
			}
			r.Subscriptions = append(r.Subscriptions, sub)
			for _, s := range t.steps {
				r.Periods = append(r.Periods, normalize.Period{
					Source: k.Source, CustomerID: k.CustomerID, AccountID: account, SubscriptionID: t.subscription, ItemID: t.item,
					ProductID: "prod", ProductName: "Product", PlanID: "plan_" + s.mrr, PlanName: "Plan", Currency: t.currency,
					From: s.from, Until: s.until, Quantity: dec("1"), MRR: dec(s.mrr), Scheduled: s.scheduled, Segments: segments,
					Evidence: billing.EvidenceVersion, Object: billing.Ref{Kind: "subscription", ID: t.subscription, Version: 1}, Refs: []string{"price/plan_" + s.mrr},
				})
			}
		}
		for _, b := range p.lines {
			r.InvoiceLines = append(r.InvoiceLines, normalize.InvoiceLine{
				Source: k.Source, InvoiceID: b.invoice, LineID: "1", CustomerID: k.CustomerID, AccountID: account, IssuedAt: b.day,
				PeriodStart: b.day, PeriodEnd: b.day + 30, Currency: "USD", Amount: dec(b.amount), Treatment: normalize.TreatCommitted,
			})
		}
		for _, code := range p.rejects {
			r.Rejects = append(r.Rejects, normalize.Reject{Source: k.Source, CustomerID: k.CustomerID, Kind: "price", ID: "p", Code: code})
		}
	}
	r.Movements = moves(r.Periods)
	return of, r
}

// moves compares day with day.
func moves(periods []normalize.Period) []normalize.Movement {
	type at struct {
		date     billing.Date
		currency string
	}
	byDay := map[at][]normalize.Movement{}
	add := func(p *normalize.Period, date billing.Date, amount decimal.Decimal) {
		k := at{date, p.Currency}
		for i := range byDay[k] {
			m := &byDay[k][i]
			if m.Source == p.Source && m.SubscriptionID == p.SubscriptionID && m.ItemID == p.ItemID {
				m.Amount = m.Amount.Add(amount)
				return
			}
		}
		byDay[k] = append(byDay[k], normalize.Movement{
			Date: date, Source: p.Source, CustomerID: p.CustomerID, AccountID: p.AccountID, SubscriptionID: p.SubscriptionID, ItemID: p.ItemID,
			ProductID: p.ProductID, PlanID: p.PlanID, Currency: p.Currency, Amount: amount, Reason: "new", Segments: p.Segments,
		})
	}
	for i := range periods {
		p := &periods[i]
		if p.Scheduled {
			continue
		}
		add(p, p.From, p.MRR)
		if p.Until != billing.Forever {
			add(p, p.Until, p.MRR.Neg())
		}
	}
	totals := map[string]decimal.Decimal{}
	ever := map[string]bool{}
	var all []normalize.Movement
	for _, k := range slices.SortedFunc(maps.Keys(byDay), func(a, b at) int {
		return cmp.Or(cmp.Compare(a.date, b.date), cmp.Compare(a.currency, b.currency))
	}) {
		before := totals[k.currency]
		for _, m := range byDay[k] {
			totals[k.currency] = totals[k.currency].Add(m.Amount)
		}
		after := totals[k.currency]
		kind := normalize.Expansion
		switch {
		case before.IsZero() && after.IsPositive() && !ever[k.currency]:
			kind = normalize.New
		case before.IsZero() && after.IsPositive():
			kind = normalize.Reactivation
		case before.IsPositive() && after.IsZero():
			kind = normalize.Churn
		case after.LessThan(before):
			kind = normalize.Contraction
		}
		ever[k.currency] = ever[k.currency] || after.IsPositive()
		for _, m := range byDay[k] {
			if !m.Amount.IsZero() {
				m.Type = kind
				all = append(all, m)
			}
		}
	}
	return all
}

func (w *world) keys() []CustomerKey {
	return slices.SortedFunc(maps.Keys(w.customers), compareCustomers)
}

// accounts are all accounts, or those of some customers.
func (w *world) accounts(of []CustomerKey) []string {
	set := map[string]bool{}
	for _, k := range of {
		if p := w.customers[k]; p != nil {
			set[p.account] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

var now = time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC)

// shared is the folder in which tests have their databases: an engine serves
// one folder at a time, and starting it takes a second.
var shared string

func TestMain(m *testing.M) {
	if os.Getenv(childFolder)+os.Getenv(childDSN) != "" {
		os.Exit(child())
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	flag.Parse()
	temporary, err := os.MkdirTemp("", "warehouse")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(temporary)
	shared = cmp.Or(*folder, filepath.Join(temporary, "warehouse"))
	// Keeps the engine up between tests.
	keeper, err := Open(context.Background(), Options{DSN: "chdb://" + shared, Database: "keeper", Now: time.Now})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := keeper.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// databases counts the databases that tests were given.
var databases atomic.Int64

// options are those of a warehouse in a database of its own: on the server that
// MRRSYNC_TEST_DSN names over HTTP, else in the embedded engine.
func options() Options {
	return Options{
		DSN: cmp.Or(os.Getenv("MRRSYNC_TEST_DSN"), "chdb://"+shared), Database: fmt.Sprintf("mrr%d", databases.Add(1)), KeepLoads: 3, Segments: []string{"csm", "tier"},
		ReportingCurrency: "USD", Now: func() time.Time { return now },
		Volatile: true, // a killed process loses nothing by it, and the tests need not wait for the disk
	}
}

// fresh is a migrated warehouse of the test's own.
func fresh(t testing.TB) *Warehouse { return reopen(t, options()) }

// reopen opens and migrates a warehouse that may be there already.
func reopen(t testing.TB, opt Options) *Warehouse {
	t.Helper()
	w, err := Open(t.Context(), opt)
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
	return w
}

// spec is a load through a day, converted at fixed rates.
func spec(through string) LoadSpec {
	return LoadSpec{
		Run: 1, Through: day(through), PolicyHash: "p", Currency: "USD",
		Sources: []SourceSeal{{"main", 1, day(through)}},
		Rates:   []Rate{{"EUR", day("2025-01-01"), dec("1.1")}, {"EUR", day("2026-02-10"), dec("1.2")}, {"JPY", day("2025-01-01"), dec("0.0066666667")}},
	}
}

// fill derives accounts of a world into a load. gone are customers that no
// longer have an account.
func fill(ctx context.Context, l *Load, w *world, accounts []string, gone ...CustomerKey) error {
	for _, a := range accounts {
		of, r := w.result(a)
		if err := l.Add(ctx, of, r); err != nil {
			return err
		}
	}
	return l.Add(ctx, gone, normalize.Result{})
}

// publish makes and publishes a load of some customers; nil: all.
func publish(ctx context.Context, w *Warehouse, s LoadSpec, of *world, only []CustomerKey) (LoadInfo, error) {
	if only == nil {
		s.Full = true
		only = of.keys()
	}
	l, err := w.NewLoad(ctx, s)
	if err != nil {
		return LoadInfo{}, err
	}
	if err := fill(ctx, l, of, of.accounts(only), only...); err != nil {
		return LoadInfo{}, err
	}
	if err := l.Build(ctx); err != nil {
		return LoadInfo{}, err
	}
	if err := l.Verify(ctx); err != nil {
		return LoadInfo{}, err
	}
	return l.Publish(ctx)
}

// dump is everything that readers of the store see, without load ids.
func dump(t testing.TB, w *Warehouse) string {
	t.Helper()
	text, err := dumpAll(context.Background(), w)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func dumpAll(ctx context.Context, w *Warehouse) (string, error) {
	var b strings.Builder
	for _, tab := range loadTables {
		if slices.Contains([]string{derivedTable.name, stagedLinesTable.name, movedTable.name}, tab.name) {
			continue
		}
		where := w.schema.Part(tab.name)
		if tab.monthly != "" {
			where = w.schema.Parts(tab.name, tab.monthly)
		}
		fmt.Fprintf(&b, "-- %s\n", tab.name)
		sql := fmt.Sprintf("SELECT toString((%s)) AS line FROM %s WHERE %s ORDER BY line", strings.Join(tab.columns, ", "), w.table(tab.name), where)
		if err := w.Format(ctx, &b, sql, "TabSeparated"); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// addedUp says that the sums of the published load are those of the whole of it,
// however they were made.
func addedUp(t *testing.T, w *Warehouse) {
	t.Helper()
	info, ok, err := w.Published(t.Context())
	if err != nil || !ok {
		t.Fatalf("published: %v, %v", ok, err)
	}
	parts, err := w.parts(t.Context(), info.ID)
	if err != nil {
		t.Fatal(err)
	}
	rows := func(s summary, load uint64) []string {
		return lines(t, w, fmt.Sprintf("SELECT toString((%s)) AS line FROM %s WHERE load_id = %d ORDER BY line", strings.Join(s.columns, ", "), w.table(s.name), load))
	}
	was := map[string][]string{}
	for _, s := range summaryTables {
		was[s.name] = rows(s, parts[part{table: s.name}])
		delete(parts, part{table: s.name})
	}
	id := w.next()
	if err := w.summarize(t.Context(), id, info.Through, info.Currency != "", parts); err != nil {
		t.Fatal(err)
	}
	for _, s := range summaryTables {
		if diff := gocmp.Diff(rows(s, id), was[s.name]); diff != "" {
			t.Errorf("%s through %s (-whole +published):\n%s", s.name, info.Through, diff)
		}
		runAll(t, w, []string{fmt.Sprintf("ALTER TABLE %s DROP PARTITION %d", w.table(s.name), id)})
	}
}

// rawAll is what the raw half of a warehouse holds, without runs.
func rawAll(ctx context.Context, w *Warehouse) (string, error) {
	var b strings.Builder
	err := w.Format(ctx, &b, "SELECT source, customer_id, kind, id, version, payload FROM "+w.table("raw_objects")+" ORDER BY ALL", "TabSeparated")
	return b.String(), err
}
