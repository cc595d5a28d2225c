package warehouse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// ErrNoLoad says that a load is not there, or not any more.
var ErrNoLoad = errors.New("no such load")

// Rollback publishes an earlier load again, under an id of its own and upon the
// current one: every view shows it at once, and the seals, the last days and the
// policy are those of the earlier load, so that the next run derives again
// whatever has landed since. It must be called within a run.
func (w *Warehouse) Rollback(ctx context.Context, run, id uint64) (LoadInfo, error) {
	current, earlier, err := w.version(ctx, id)
	if err != nil {
		return LoadInfo{}, err
	}
	switch {
	case earlier.Dropped:
		return LoadInfo{}, fmt.Errorf("%w: the rows of load %d were dropped; warehouse.keep_loads says how many loads keep theirs, `mrrsync load list` which do", ErrNoLoad, id)
	case earlier.ID == current.ID:
		return LoadInfo{}, fmt.Errorf("roll back: load %d is what readers see already", id)
	}
	if since, err := w.closedSince(ctx, id); err != nil {
		return LoadInfo{}, err
	} else if since {
		return LoadInfo{}, fmt.Errorf("%w or were reopened since load %d was published: what it says of them may differ from what was closed; sync again instead", ErrClosed, id)
	}
	parts, err := w.parts(ctx, id)
	if err != nil {
		return LoadInfo{}, err
	}
	if err := w.checkStands(ctx, earlier, parts); err != nil {
		return LoadInfo{}, err
	}
	now, err := w.parts(ctx, current.ID)
	if err != nil {
		return LoadInfo{}, err
	}
	info := earlier.LoadInfo
	info.ID, info.Run, info.Base, info.Restored = w.next(), run, current.ID, earlier.ID
	info.PublishedAt, info.Complete, info.Derived, info.Rows = w.opt.Now().UTC(), false, 0, map[string]int{}
	if until := min(current.FinalThrough, info.Through); until > billing.NoDate {
		periods := part{table: periodsTable.name}
		c := comparison{from: now[periods], to: parts[periods], until: until + 1}
		everyone := "SELECT DISTINCT account_id, 'rollback' AS reason, '' AS evidence FROM " + w.table("periods") + " WHERE load_id IN ({from:UInt64}, {to:UInt64})"
		if err := w.record(ctx, info.ID, c, everyone); err != nil {
			return LoadInfo{}, err
		}
	}
	if err := w.syncReplicas(ctx); err != nil {
		return LoadInfo{}, err
	}
	if err := w.writeManifest(ctx, info, parts); err != nil {
		return LoadInfo{}, fmt.Errorf("roll back to load %d: %w", id, err)
	}
	w.log.Info("rolled back", "load", info.ID, "to", id, "through", info.Through.String())
	return info, nil
}

// Version is a published load, with what became of it.
type Version struct {
	LoadInfo
	Current bool
	Dropped bool // its rows are gone
}

// version is the current load and another one.
func (w *Warehouse) version(ctx context.Context, id uint64) (current, other Version, err error) {
	all, err := w.Versions(ctx)
	if err != nil {
		return current, other, err
	}
	if len(all) == 0 {
		return current, other, fmt.Errorf("%w: nothing is published yet: run `mrrsync sync` first", ErrNoLoad)
	}
	for _, v := range all {
		if v.ID == id {
			return all[0], v, nil
		}
	}
	return current, other, fmt.Errorf("%w: there is no load %d; `mrrsync load list` names them", ErrNoLoad, id)
}

// Versions are all published loads, the newest first.
func (w *Warehouse) Versions(ctx context.Context) ([]Version, error) {
	all, err := w.Loads(ctx)
	if err != nil {
		return nil, err
	}
	dropped := map[uint64]bool{}
	err = w.each(ctx, "read dropped loads", "SELECT load_id FROM "+w.table("dropped_loads"), func(scan func(...any) error) error {
		var id uint64
		err := scan(&id)
		dropped[id] = true
		return err
	})
	versions := make([]Version, len(all))
	for i, l := range all {
		versions[i] = Version{LoadInfo: l, Current: i == 0, Dropped: dropped[l.ID]}
	}
	return versions, err
}

// checkStands proves that a load is all there: its periods and its movements
// add up to the MRR of every day.
func (w *Warehouse) checkStands(ctx context.Context, v Version, parts map[part]uint64) error {
	l := &Load{w: w, id: v.ID, spec: LoadSpec{Through: v.Through}, parts: parts}
	want, err := l.running(ctx, l.whole(periodsTable), v.Through)
	if err != nil {
		return fmt.Errorf("check load %d: %w", v.ID, err)
	}
	load := named("load", v.ID)
	broken := func(what string, k dayKey) error {
		return fmt.Errorf("%w: load %d is not whole any more: %s of %s on %s differ from its periods", ErrNoLoad, v.ID, what, k.currency, k.date)
	}
	err = w.each(ctx, "add up daily", `
		SELECT currency, date, count(), sum(mrr) FROM `+w.table("daily")+`
		WHERE (toYYYYMM(date), load_id) IN (SELECT bucket, part_load FROM `+w.table("manifest")+` WHERE load_id = {load:UInt64} AND table = 'daily')
		GROUP BY currency, date`, func(scan func(...any) error) error {
		var k dayKey
		var day time.Time
		var n uint64
		var sum decimal.Decimal
		if err := scan(&k.currency, &day, &n, &sum); err != nil {
			return err
		}
		k.date = dateOf(day)
		if is := want[k]; is.rows != int(n) || !is.sum.Equal(sum) {
			return broken("the days", k)
		}
		delete(want, k)
		return nil
	}, load)
	if err != nil {
		return err
	}
	for k := range want {
		return broken("the days", k)
	}
	if want, err = l.running(ctx, l.whole(periodsTable), v.Through); err != nil {
		return fmt.Errorf("check load %d: %w", v.ID, err)
	}
	moved := dayKey{}
	sum := decimal.Zero
	return w.each(ctx, "add up movements", `
		SELECT currency, date, sum(change) FROM (
			SELECT currency, date, amount AS change FROM `+w.table("movements")+`
			WHERE load_id = {stored:UInt64} AND NOT scheduled AND date <= {through:Date}
			UNION ALL
			SELECT DISTINCT currency, {through:Date} AS date, toDecimal64(0, 4) FROM `+w.table("periods")+`
			WHERE load_id = {periods:UInt64} AND mrr > 0 AND NOT scheduled AND valid_from <= {through:Date} AND valid_to > {through:Date}
		) GROUP BY currency, date ORDER BY currency, date`, func(scan func(...any) error) error {
		var k dayKey
		var day time.Time
		var change decimal.Decimal
		if err := scan(&k.currency, &day, &change); err != nil {
			return err
		}
		k.date = dateOf(day)
		if k.currency != moved.currency {
			sum = decimal.Zero
		}
		sum, moved = sum.Add(change), k
		if !sum.Equal(want[k].sum) {
			return broken("the movements", k)
		}
		return nil
	}, named("stored", l.whole(movementsTable)), named("periods", l.whole(periodsTable)), named("through", v.Through.Time().Format(time.DateOnly)))
}

// MovementChange is what a load says of one kind of movement in a currency,
// against the load that it was built upon. Amounts are signed sums.
type MovementChange struct {
	Currency string
	Movement string // new, expansion, ...

	NewRows       int             // on days after the base's last one
	NewAmount     decimal.Decimal // of these
	BeforeRows    int             // up to the base's last day, as the base had them
	Before        decimal.Decimal // of these
	AfterRows     int             // up to the base's last day, as this load has them
	After         decimal.Decimal // of these
	ChangedBefore int             // of BeforeRows, those that this load does not have
	ChangedAfter  int             // of AfterRows, those that the base did not have
}

// Change is what a load changed for those who read it.
type Change struct {
	Version
	Upon *Version // the base; nil: none
	// Told says that the rows of both are still there, so that Movements can be
	// told.
	Told           bool
	Movements      []MovementChange // ordered by currency and type
	Restatements   []Restated       // the first ones of RestatedRanges, the largest first
	RestatedRanges int
}

// Restated is a restatement with its reason.
type Restated struct {
	Restatement
	Reason   string
	Evidence string
}

// Change tells what a published load changed against the one that it was built
// upon. limit is how many restatements to name.
func (w *Warehouse) Change(ctx context.Context, id uint64, limit int) (Change, error) {
	_, v, err := w.version(ctx, id)
	if err != nil {
		return Change{}, err
	}
	c := Change{Version: v}
	since := billing.NoDate
	var base map[part]uint64
	if v.Base != 0 {
		_, upon, err := w.version(ctx, v.Base)
		if err != nil {
			return Change{}, err
		}
		c.Upon, since = &upon, min(upon.Through, v.Through)
		if base, err = w.parts(ctx, upon.ID); err != nil {
			return Change{}, err
		}
	}
	if c.Told = !v.Dropped && (c.Upon == nil || !c.Upon.Dropped); c.Told {
		own, err := w.parts(ctx, v.ID)
		if err != nil {
			return Change{}, err
		}
		movements := part{table: movementsTable.name}
		if c.Movements, err = w.movementChanges(ctx, base[movements], own[movements], since, v.Through); err != nil {
			return Change{}, err
		}
	}
	err = w.each(ctx, "read restatements", `
		SELECT account_id, currency, valid_from, valid_to, mrr_before, mrr_after, reason, evidence, count() OVER ()
		FROM `+w.table("restatements")+` WHERE load_id = {load:UInt64}
		ORDER BY abs(mrr_after - mrr_before) DESC, account_id, currency, valid_from LIMIT {limit:UInt64}`, func(scan func(...any) error) error {
		var r Restated
		var from, until time.Time
		var n uint64
		if err := scan(&r.AccountID, &r.Currency, &from, &until, &r.Before, &r.After, &r.Reason, &r.Evidence, &n); err != nil {
			return err
		}
		r.From, r.Until = dateOf(from), dateOf(until)
		c.Restatements, c.RestatedRanges = append(c.Restatements, r), int(n)
		return nil
	}, named("load", id), named("limit", uint64(limit)))
	return c, err
}

// movementChanges compares the movements stored under two load_ids.
func (w *Warehouse) movementChanges(ctx context.Context, from, to uint64, since, through billing.Date) ([]MovementChange, error) {
	side := func(id, is string) string {
		return "SELECT currency, movement, date, amount, cityHash64(date, source, customer_id, account_id, subscription_id, item_id, plan_id, currency, movement, amount, reason) AS hash, " + is +
			" AS fresh FROM " + w.table("movements") + " WHERE load_id = {" + id + ":UInt64} AND NOT scheduled AND date <= {through:Date}"
	}
	var all []MovementChange
	err := w.each(ctx, "compare movements", `
		SELECT currency, toString(movement),
			countIf(fresh AND date > {since:Date}), sumIf(amount, fresh AND date > {since:Date}),
			countIf(NOT fresh AND date <= {since:Date}), sumIf(amount, NOT fresh AND date <= {since:Date}),
			countIf(fresh AND date <= {since:Date}), sumIf(amount, fresh AND date <= {since:Date}),
			countIf(lone AND NOT fresh AND date <= {since:Date}), countIf(lone AND fresh AND date <= {since:Date})
		FROM (
			SELECT *, count() OVER (PARTITION BY hash) = 1 AS lone FROM (`+side("from", "0")+` UNION ALL `+side("to", "1")+`)
		) GROUP BY currency, movement ORDER BY currency, movement`, func(scan func(...any) error) error {
		var m MovementChange
		var n [5]uint64
		if err := scan(&m.Currency, &m.Movement, &n[0], &m.NewAmount, &n[1], &m.Before, &n[2], &m.After, &n[3], &n[4]); err != nil {
			return err
		}
		m.NewRows, m.BeforeRows, m.AfterRows, m.ChangedBefore, m.ChangedAfter = int(n[0]), int(n[1]), int(n[2]), int(n[3]), int(n[4])
		all = append(all, m)
		return nil
	}, named("from", from), named("to", to), named("since", since.Time().Format(time.DateOnly)), named("through", through.Time().Format(time.DateOnly)))
	return all, err
}
