package warehouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"mrrsync/connectors/billing"
)

// LoadInfo is the header of a published load.
type LoadInfo struct {
	ID           uint64 // microseconds since 1970 of its start, made unique; the newest is what readers see
	Run          uint64
	Base         uint64 // the load it was built upon; 0: none
	Restored     uint64 // the earlier load that a rollback published again as this one; 0: none
	PublishedAt  time.Time
	Through      billing.Date // the last day that readers see
	FinalThrough billing.Date // the last day that every source had covered; billing.NoDate: none
	FirstDate    billing.Date // the first day with MRR; billing.NoDate: none
	// ClosedThrough is the last day of the last closed month: what the load says
	// of days up to it is as it was closed. billing.NoDate: nothing is closed.
	ClosedThrough billing.Date
	Currency      string // the reporting currency; empty: conversion is off
	PolicyHash    string
	Complete      bool                    // every customer was derived again
	Seals         map[string]uint64       // source to the run it was read up to
	Covered       map[string]billing.Date // source to the last day it was covered through
	Derived       int                     // customers derived again
	Rows          map[string]int          // table to rows written for this load
}

const headerColumns = `load_id, run, base, published_at, through, final_through, first_date, reporting_currency, policy_hash, complete,
	seals, covered, derived, rows, restored, closed_through`

// Published is the newest published load: what readers see. ok is false while
// there is none.
func (w *Warehouse) Published(ctx context.Context) (load LoadInfo, ok bool, err error) {
	all, err := w.loads(ctx, "ORDER BY load_id DESC LIMIT 1")
	if err != nil || len(all) == 0 {
		return LoadInfo{}, false, err
	}
	return all[0], true, nil
}

// Loads are all published loads, the newest first. Those beyond the configured
// number have no rows any more.
func (w *Warehouse) Loads(ctx context.Context) ([]LoadInfo, error) {
	return w.loads(ctx, "ORDER BY load_id DESC")
}

func (w *Warehouse) loads(ctx context.Context, tail string) ([]LoadInfo, error) {
	var all []LoadInfo
	err := w.each(ctx, "read loads", "SELECT "+headerColumns+" FROM "+w.table("manifest")+" WHERE table = '' "+tail,
		func(scan func(...any) error) error {
			l := LoadInfo{Covered: map[string]billing.Date{}, Rows: map[string]int{}}
			var through, final, first, closed time.Time
			var covered map[string]time.Time
			var derived uint64
			var rows map[string]uint64
			if err := scan(&l.ID, &l.Run, &l.Base, &l.PublishedAt, &through, &final, &first, &l.Currency, &l.PolicyHash, &l.Complete,
				&l.Seals, &covered, &derived, &rows, &l.Restored, &closed); err != nil {
				return err
			}
			l.PublishedAt, l.Derived = l.PublishedAt.UTC(), int(derived)
			l.Through, l.FinalThrough, l.FirstDate = dateOf(through), dateOf(final), dateOf(first)
			l.ClosedThrough = dateOf(closed)
			for source, day := range covered {
				l.Covered[source] = dateOf(day)
			}
			for table, n := range rows {
				l.Rows[table] = int(n)
			}
			all = append(all, l)
			return nil
		})
	return all, err
}

// dateOf is the Date that came as a midnight.
func dateOf(t time.Time) billing.Date { return billing.DateOf(t, time.UTC) }

// part names where rows of a load are stored: those of a table, for tables kept
// by month those of one month.
type part struct {
	table string
	month uint32 // YYYYMM; 0: whole
}

// parts are the parts of a published load, each with the load_id its rows have.
func (w *Warehouse) parts(ctx context.Context, load uint64) (map[part]uint64, error) {
	all := map[part]uint64{}
	err := w.each(ctx, "read manifest", `
		SELECT table, bucket, part_load FROM `+w.table("manifest")+`
		WHERE load_id = {load:UInt64} AND table != ''`, func(scan func(...any) error) error {
		var p part
		var stored uint64
		if err := scan(&p.table, &p.month, &stored); err != nil {
			return err
		}
		all[p] = stored
		return nil
	}, named("load", load))
	return all, err
}

// writeManifest makes a load visible, by one insert of one block. It is the
// server that writes it only while the run's lease stands.
func (w *Warehouse) writeManifest(ctx context.Context, l LoadInfo, parts map[part]uint64) error {
	covered, rows := map[string]string{}, map[string]uint64{}
	var f fields
	date := func(what string, d billing.Date) string { return f.date(what, d).Format(time.DateOnly) }
	for source, day := range l.Covered {
		covered[source] = date("covered through of "+source, day)
	}
	for table, n := range l.Rows {
		rows[table] = uint64(n)
	}
	args := []any{
		named("load", l.ID), named("run", l.Run), named("base", l.Base), named("restored", l.Restored),
		named("published", l.PublishedAt.UTC().Format("2006-01-02 15:04:05.000000")),
		named("through", date("through", l.Through)), named("final", date("final through", l.FinalThrough)), named("first", date("first date", l.FirstDate)),
		named("closed", date("closed through", l.ClosedThrough)), named("currency", l.Currency), named("policy", l.PolicyHash), named("complete", l.Complete),
		named("seals", l.Seals), named("covered", covered), named("derived", uint64(l.Derived)), named("rows", rows),
	}
	if f.err != nil {
		return f.err
	}
	stands, lease := "1", w.leased()
	if lease != nil {
		var own []any
		stands, own = lease.guard("claim = {claim:String}")
		args = append(args, own...)
	}
	// The header and every part, as one array: its rows are one block. There is
	// no text of anybody's in it, only our tables and numbers.
	block := []string{fmt.Sprintf("('', 0, %d)", l.ID)}
	for p, stored := range parts {
		block = append(block, fmt.Sprintf("(%s, %d, %d)", literal(p.table), p.month, stored))
	}
	slices.Sort(block)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute) // an interrupt would leave open whether it was written
	defer cancel()
	err := w.exec(ctx, "insert into manifest", `INSERT INTO `+w.table("manifest")+` (load_id, table, bucket, part_load, run, base, restored,
			published_at, through, final_through, first_date, closed_through, reporting_currency, policy_hash, complete, seals, covered, derived, rows)
		SELECT {load:UInt64}, p.1, p.2, p.3, if(header, {run:UInt64}, 0), if(header, {base:UInt64}, 0), if(header, {restored:UInt64}, 0),
			if(header, {published:DateTime64(6, 'UTC')}, toDateTime64(0, 6, 'UTC')), if(header, {through:Date}, toDate(0)), if(header, {final:Date}, toDate(0)),
			if(header, {first:Date}, toDate(0)), if(header, {closed:Date}, toDate(0)), if(header, {currency:String}, ''), if(header, {policy:String}, ''),
			if(header, {complete:Bool}, false), if(header, {seals:Map(String, UInt64)}, map()), if(header, {covered:Map(String, Date)}, map()),
			if(header, {derived:UInt64}, 0), if(header, {rows:Map(String, UInt64)}, map())
		FROM (SELECT arrayJoin([`+strings.Join(block, ", ")+`]) AS p, p.1 = '' AS header) WHERE `+stands, args...)
	var n uint64
	if readErr := w.conn.QueryRow(ctx, "SELECT count() FROM "+w.table("manifest")+" WHERE load_id = {load:UInt64}", named("load", l.ID)).Scan(&n); readErr != nil {
		return errors.Join(err, fmt.Errorf("%w: %w", ErrUnsure, readErr))
	}
	switch {
	case n == uint64(len(block)):
		return nil // whatever became of the answer
	case err != nil:
		return err
	case n == 0 && lease != nil:
		return lease.gone(ctx)
	}
	return fmt.Errorf("the manifest has %d rows of the load, want %d", n, len(block))
}

// Collected is what a collection dropped.
type Collected struct {
	Loads      int    // published loads that can no longer be published again
	Partitions int    // that no kept load names
	Bytes      uint64 // what they took on the disk
}

// Collect drops what no kept load is made of: partitions of loads that were
// never published, and those of published ones beyond the number kept. Before the
// first one goes, the loads that lose rows are marked, so that none of them is
// published again. Details of runs go when they are old. It must be called within a
// run, and before its load begins.
func (w *Warehouse) Collect(ctx context.Context) (Collected, error) {
	var c Collected
	var err error
	if c.Loads, err = w.giveUp(ctx); err != nil {
		return c, err
	}
	kept, err := w.kept(ctx)
	if err != nil {
		return c, err
	}
	all, err := w.partitions(ctx)
	if err != nil {
		return c, err
	}
	for _, t := range loadTables {
		dead := slices.DeleteFunc(all[t.name], func(p partition) bool {
			return kept[partKey{part{t.name, p.month}, p.owner}]
		})
		if len(dead) > 0 {
			w.log.Debug("drop unreferenced partitions", "table", t.name, "partitions", len(dead))
		}
		if err := w.dropPartitions(ctx, t.name, dead); err != nil {
			return c, err
		}
		for _, p := range dead {
			c.Partitions, c.Bytes = c.Partitions+1, c.Bytes+p.bytes
		}
	}
	for _, tidy := range []func(context.Context) error{w.trim, w.trimRecords, w.forget} {
		if err := tidy(ctx); err != nil {
			return c, err
		}
	}
	return c, nil
}

// idleRows is how many rows of a table may be idle, such as those of the manifest
// that speak of loads that are given up, before they are taken out: some months of
// nights. To write the table anew for fewer would cost more than they do.
const idleRows = 5_000

// trim takes out of the manifest what the loads that are given up were made of,
// or it would grow by every month of the history each night. Their headers stay:
// they are what the view loads lists.
func (w *Warehouse) trim(ctx context.Context) error {
	idle := "table != '' AND load_id IN (SELECT load_id FROM " + w.table("dropped_loads") + ")"
	var n uint64
	if err := w.conn.QueryRow(ctx, "SELECT count() FROM "+w.table("manifest")+" WHERE "+idle).Scan(&n); err != nil {
		return fmt.Errorf("count idle rows of the manifest: %w", err)
	}
	if n < idleRows {
		return nil
	}
	return w.exec(ctx, "trim manifest", "ALTER TABLE "+w.table("manifest")+" DELETE WHERE "+idle+" SETTINGS mutations_sync = 2")
}

// keptLoads is the SQL of the published loads whose rows are kept: the newest
// ones, and those that readers may still be at, having looked up what the newest
// load is before it was superseded.
func (w *Warehouse) keptLoads() string {
	return `SELECT load_id FROM (
			SELECT load_id, row_number() OVER (ORDER BY load_id DESC) AS place,
				lagInFrame(published_at) OVER (ORDER BY load_id DESC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS superseded
			FROM ` + w.table("manifest") + ` WHERE table = ''
		) WHERE place <= {keep:UInt64} OR superseded > {beside:DateTime64(6, 'UTC')}`
}

func (w *Warehouse) keptArgs() []any {
	return []any{named("keep", uint64(w.opt.KeepLoads)), named("beside", w.opt.Now().UTC().Add(-w.opt.Grace).Format("2006-01-02 15:04:05.000000"))}
}

// giveUp marks the loads that are no longer kept and says how many they are.
func (w *Warehouse) giveUp(ctx context.Context) (int, error) {
	var gone []uint64
	err := w.each(ctx, "find loads to drop", `
		SELECT load_id FROM `+w.table("manifest")+`
		WHERE table = '' AND load_id NOT IN (SELECT load_id FROM `+w.table("dropped_loads")+`) AND load_id NOT IN (`+w.keptLoads()+`)`,
		func(scan func(...any) error) error {
			var id uint64
			err := scan(&id)
			gone = append(gone, id)
			return err
		}, w.keptArgs()...)
	if err != nil || len(gone) == 0 {
		return 0, err
	}
	return len(gone), w.insert(ctx, "dropped_loads", []string{"load_id", "dropped_at"}, func(b driver.Batch) error {
		for _, id := range gone {
			if err := b.Append(id, w.opt.Now().UTC()); err != nil {
				return err
			}
		}
		return nil
	})
}

// partKey is a part as one load stored it.
type partKey struct {
	part
	stored uint64
}

// kept are the parts that the published loads we keep are made of.
func (w *Warehouse) kept(ctx context.Context) (map[partKey]bool, error) {
	all := map[partKey]bool{}
	err := w.each(ctx, "read kept loads", `
		SELECT DISTINCT table, bucket, part_load FROM `+w.table("manifest")+`
		WHERE table != '' AND load_id IN (`+w.keptLoads()+`)`, func(scan func(...any) error) error {
		var k partKey
		if err := scan(&k.table, &k.month, &k.stored); err != nil {
			return err
		}
		all[k] = true
		return nil
	}, w.keptArgs()...)
	return all, err
}
