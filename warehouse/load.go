package warehouse

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

// batchRows is how many rows of a table are sent at once: what waits is all that the
// collector has to go through again and again while a load is filled.
const batchRows = 16_384

// LoadSpec says what a load is made from.
type LoadSpec struct {
	Run        uint64
	Through    billing.Date // the last day that readers will see; not before that of the base
	PolicyHash string
	// Full loads derive every customer again: nothing is carried forward. A
	// first load is always full.
	Full     bool
	Sources  []SourceSeal // every configured source that was ever sealed
	Currency string       // the reporting currency; empty turns conversion off
	Rates    []Rate       // into Currency, any order
	// Rules type movements: where months are closed, what follows upon them is
	// typed against what was closed.
	Rules normalize.MovementRules
}

// SourceSeal is up to where a source is derived from.
type SourceSeal struct {
	Source  string
	Run     uint64       // the sealed run
	Covered billing.Date // the last day that it covered to its end; billing.NoDate: none
}

// Load is a version of the warehouse in the making. Nothing of it is seen by
// readers before Publish, and no step needs undoing: what a crash leaves is
// dropped by the next load. Add may be called from several goroutines; the other
// steps follow one another: Build, Verify, Publish; Diff at any time after Build;
// Discard at any time before Publish.
type Load struct {
	w     *Warehouse
	id    uint64
	spec  LoadSpec
	fx    *fx
	base  LoadInfo // zero if there is none
	parts map[part]uint64
	// baseParts are those of base, what is unchanged is taken over from them.
	baseParts map[part]uint64
	// firstSeen is when rejects of the base were first seen.
	firstSeen map[rejectKey]time.Time
	startedAt time.Time

	periods       *queue[normalize.Period]
	movements     *queue[normalize.Movement]
	stagedMoves   *queue[normalize.Movement] // where months are closed
	invoiceLines  *queue[normalize.InvoiceLine]
	customers     *queue[normalize.Customer]
	subscriptions *queue[normalize.Subscription]
	rejects       *queue[normalize.Reject]
	derived       *queue[CustomerKey]

	mu      sync.Mutex
	handed  map[string]tally // by table: what Go handed over
	carried map[string]tally // by table: what was taken over from the base by copying
	rows    map[string]int   // by table: rows in the load, for the manifest
	changed []uint32         // months of daily that were written
	days    map[dayKey]tally // of each day, once somebody has asked: see levels
	same    bool             // Diff has found that no day of the past reads otherwise
	state   loadState
}

type rejectKey struct{ source, customer, kind, id, code string }

// tally is the number of rows and the sum of their amounts.
type tally struct {
	rows int
	sum  decimal.Decimal
}

func (t tally) plus(u tally) tally { return tally{t.rows + u.rows, t.sum.Add(u.sum)} }

type loadState uint8

const (
	filling loadState = iota + 1
	built
	verified
	ended
)

// NewLoad begins a load upon the newest published one. Partitions of dead
// loads, and of published ones beyond the number kept, are dropped first.
func (w *Warehouse) NewLoad(ctx context.Context, spec LoadSpec) (*Load, error) {
	f, err := newFX(spec.Currency, spec.Rates)
	if err != nil {
		return nil, fmt.Errorf("begin load: %w", err)
	}
	if _, err := w.Collect(ctx); err != nil {
		return nil, err
	}
	base, ok, err := w.Published(ctx)
	if err != nil {
		return nil, err
	}
	if ok && spec.Through < base.Through {
		return nil, fmt.Errorf("begin load: through %s is before %s, which is published: name a later day", spec.Through, base.Through)
	}
	if !ok {
		spec.Full = true
	}
	if base.ClosedThrough != billing.NoDate && spec.Currency != base.Currency {
		return nil, fmt.Errorf("begin load: reporting.currency is %q, but months through %s are closed in %q: set it back, or reopen them first",
			spec.Currency, base.ClosedThrough, base.Currency)
	}
	l := &Load{
		w: w, id: w.next(), spec: spec, fx: f, base: base, startedAt: w.opt.Now().UTC(), state: filling,
		parts: map[part]uint64{}, handed: map[string]tally{}, carried: map[string]tally{}, rows: map[string]int{},
	}
	l.periods = newQueue(l, periodsTable, periodRow)
	valued := func(row []any, m *normalize.Movement) ([]any, error) {
		return movementRow(row, m, l.fx.value(m.Amount, m.Currency, min(m.Date, spec.Through)))
	}
	l.movements, l.stagedMoves = newQueue(l, movementsTable, valued), newQueue(l, stagedMovesTable, valued)
	l.invoiceLines = newQueue(l, stagedLinesTable, invoiceLineRow)
	l.customers = newQueue(l, customersTable, customerRow)
	l.subscriptions = newQueue(l, subscriptionsTable, subscriptionRow)
	l.rejects = newQueue(l, rejectsTable, func(row []any, r *normalize.Reject) ([]any, error) {
		return rejectRow(row, r, l.seen(r)), nil
	})
	l.derived = newQueue(l, derivedTable, func(row []any, k *CustomerKey) ([]any, error) {
		return append(row, k.Source, k.CustomerID), nil
	})
	if l.baseParts, err = w.parts(ctx, base.ID); err != nil {
		return nil, err
	}
	return l, l.readFirstSeen(ctx)
}

// ID is the load's id.
func (l *Load) ID() uint64 { return l.id }

// Base is the load it is built upon; ok is false for a first load.
func (l *Load) Base() (base LoadInfo, ok bool) { return l.base, l.base.ID != 0 }

// Add takes what follows from one account. of are all customers that were
// derived for it, also those from which nothing follows any more: their rows in
// the base are not carried forward.
func (l *Load) Add(ctx context.Context, of []CustomerKey, r normalize.Result) error {
	if l.state != filling {
		return errors.New("add to load: it is built already")
	}
	movements := l.movements
	if l.closed() {
		r, movements = l.clip(r), l.stagedMoves
	}
	return errors.Join(
		l.derived.add(ctx, of),
		l.periods.add(ctx, r.Periods),
		movements.add(ctx, r.Movements),
		l.invoiceLines.add(ctx, r.InvoiceLines),
		l.customers.add(ctx, r.Customers),
		l.subscriptions.add(ctx, r.Subscriptions),
		l.rejects.add(ctx, r.Rejects),
	)
}

// flush sends all that is waiting.
func (l *Load) flush(ctx context.Context) error {
	for _, send := range []func(context.Context) error{
		l.derived.flush, l.periods.flush, l.movements.flush, l.stagedMoves.flush, l.invoiceLines.flush, l.customers.flush, l.subscriptions.flush, l.rejects.flush,
	} {
		if err := send(ctx); err != nil {
			return err
		}
	}
	return nil
}

// queue gathers the rows of a table and sends them in batches.
type queue[T any] struct {
	load  *Load
	table table
	row   func(row []any, of *T) ([]any, error) // appends the columns

	mu      sync.Mutex
	waiting []T
}

func newQueue[T any](l *Load, t table, row func([]any, *T) ([]any, error)) *queue[T] {
	return &queue[T]{load: l, table: t, row: row}
}

// add sends a batch when there are enough rows for one, in the caller's
// goroutine.
func (q *queue[T]) add(ctx context.Context, all []T) error {
	if len(all) == 0 {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting = append(q.waiting, all...); len(q.waiting) < batchRows {
		return nil
	}
	return q.sendWaiting(ctx)
}

// flush sends what is waiting, after which no more is expected.
func (q *queue[T]) flush(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	err := q.sendWaiting(ctx)
	q.waiting = nil
	return err
}

// sendWaiting sends what is waiting, whose memory the next rows use again.
func (q *queue[T]) sendWaiting(ctx context.Context) error {
	err := q.send(ctx, q.waiting)
	clear(q.waiting)
	q.waiting = q.waiting[:0]
	return err
}

// send writes a batch under the load's id.
func (q *queue[T]) send(ctx context.Context, batch []T) error {
	if len(batch) == 0 {
		return nil
	}
	var sum tally
	amount := amountColumn(q.table)
	columns := append([]string{"load_id"}, q.table.columns...)
	err := q.load.w.insert(ctx, q.table.name, columns, func(b driver.Batch) error {
		row := []any{q.load.id}
		for i := range batch {
			var err error
			if row, err = q.row(row[:1], &batch[i]); err != nil {
				return err
			}
			sum.rows++
			if amount >= 0 {
				sum.sum = sum.sum.Add(row[1+amount].(decimal.Decimal))
			}
			if err := b.Append(row...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	q.load.mu.Lock()
	q.load.handed[q.table.name] = q.load.handed[q.table.name].plus(sum)
	q.load.mu.Unlock()
	return nil
}

// amountOf is the column of a table whose sum is proved; empty: none.
func amountOf(name string) string {
	switch name {
	case periodsTable.name, dailyTable.name:
		return "mrr"
	case movementsTable.name, stagedMovesTable.name, invoiceLinesTable.name, stagedLinesTable.name:
		return "amount"
	case subscriptionsTable.name:
		return "provider_mrr"
	}
	return ""
}

// amountColumn is the place of a table's proved amount in its row; -1: none.
func amountColumn(t table) int {
	for i, c := range t.columns {
		if c == amountOf(t.name) {
			return i
		}
	}
	return -1
}

// seen is when a reject was first seen: as the base has it, else now.
func (l *Load) seen(r *normalize.Reject) time.Time {
	if at, ok := l.firstSeen[rejectKey{r.Source, r.CustomerID, r.Kind, r.ID, r.Code}]; ok {
		return at
	}
	return l.startedAt
}

// readFirstSeen reads when the rejects of the base were first seen.
func (l *Load) readFirstSeen(ctx context.Context) error {
	l.firstSeen = map[rejectKey]time.Time{}
	stored, ok := l.baseParts[part{table: rejectsTable.name}]
	if !ok {
		return nil
	}
	return l.w.each(ctx, "read rejects", `
		SELECT source, customer_id, kind, id, code, min(first_seen) FROM `+l.w.table("rejects")+`
		WHERE load_id = {stored:UInt64} GROUP BY ALL`, func(scan func(...any) error) error {
		var k rejectKey
		var at time.Time
		if err := scan(&k.source, &k.customer, &k.kind, &k.id, &k.code, &at); err != nil {
			return err
		}
		l.firstSeen[k] = at.UTC()
		return nil
	}, named("stored", stored))
}
