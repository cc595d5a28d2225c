package warehouse

import (
	"context"
	"fmt"
	"slices"
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

// writeManifest makes a load visible, by one insert of one block.
func (w *Warehouse) writeManifest(ctx context.Context, l LoadInfo, parts map[part]uint64) error {
	covered := map[string]time.Time{}
	var f fields
	for source, day := range l.Covered {
		covered[source] = f.date("covered through of "+source, day)
	}
	through, final, first := f.date("through", l.Through), f.date("final through", l.FinalThrough), f.date("first date", l.FirstDate)
	closed := f.date("closed through", l.ClosedThrough)
	if f.err != nil {
		return fmt.Errorf("publish load: %w", f.err)
	}
	rows := map[string]uint64{}
	for table, n := range l.Rows {
		rows[table] = uint64(n)
	}
	columns := []string{
		"load_id", "table", "bucket", "part_load", "run", "base", "published_at", "through", "final_through", "first_date",
		"reporting_currency", "policy_hash", "complete", "seals", "covered", "derived", "rows", "restored", "closed_through",
	}
	return w.insert(ctx, "manifest", columns, func(b driver.Batch) error {
		if err := b.Append(l.ID, "", uint32(0), l.ID, l.Run, l.Base, l.PublishedAt.UTC(), through, final, first,
			l.Currency, l.PolicyHash, l.Complete, l.Seals, covered, uint64(l.Derived), rows, l.Restored, closed); err != nil {
			return err
		}
		zero := time.Unix(0, 0).UTC()
		for p, stored := range parts {
			if err := b.Append(l.ID, p.table, p.month, stored, uint64(0), uint64(0), zero, zero, zero, zero,
				"", "", false, map[string]uint64{}, map[string]time.Time{}, uint64(0), map[string]uint64{}, uint64(0), zero); err != nil {
				return err
			}
		}
		return nil
	})
}

// Collected is what a collection dropped.
type Collected struct {
	Loads      int    // published loads that can no longer be published again
	Partitions int    // that no kept load names
	Bytes      uint64 // what they took on the disk
}

// Collect drops what no kept load is made of: partitions of loads that were
// never published, and those of published ones beyond the number kept. It must
// be called within a run.
func (w *Warehouse) Collect(ctx context.Context) (Collected, error) { return w.collect(ctx, 0) }

// collect drops every partition of derived tables that belongs to a load which
// was never published, or which no published load that is kept names. building
// is a load in the making: it is left alone. Before the first one goes, the
// loads that lose rows are marked, so that none of them is published again.
func (w *Warehouse) collect(ctx context.Context, building uint64) (Collected, error) {
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
			return p.owner == building || kept[partKey{part{t.name, p.month}, p.owner}] || w.young(p.owner)
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
	return c, w.forget(ctx, building)
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

// young says that an unpublished load may still be in the making: on a server,
// where the run lock does not stand between processes, what is younger than a
// day is left alone.
func (w *Warehouse) young(load uint64) bool {
	if w.schema.Target == Embedded {
		return false
	}
	return load > uint64(w.opt.Now().Add(-24*time.Hour).UnixMicro())
}
