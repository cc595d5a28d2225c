package warehouse

import (
	"context"
	"fmt"
	"strconv"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"mrrsync/connectors"
)

// Count is what was listed against what the warehouse holds, in distinct
// objects.
type Count struct {
	Listed  int
	Landed  int
	Missing int
}

// StreamCount is what a run listed of a stream.
type StreamCount struct {
	Stream connectors.Stream
	Count
	Slices []SliceCount // ordered by name; an object that two listed counts in both
	Lost   []string     // the first objects that are missing, as kind/id
}

// SliceCount is what it listed of a slice of the stream.
type SliceCount struct {
	Slice string
	Count
}

// lostNamed is how many missing objects a StreamCount names.
const lostNamed = 5

// unheld is the condition that a row of listings names an object which the
// warehouse does not hold.
func (w *Warehouse) unheld() string {
	return `cityHash64(customer_id, kind, id) NOT IN (
		SELECT cityHash64(customer_id, kind, id) FROM ` + w.table("raw_objects") + ` WHERE source = {source:String}
	)`
}

// Completeness counts, inside the engine, the distinct objects that a run has
// listed of a source and how many of them the warehouse holds, by stream and
// slice and ordered by their names, and records the answer. Anything missing
// means that the source must not be sealed.
func (w *Warehouse) Completeness(ctx context.Context, run uint64, source string) ([]StreamCount, error) {
	if err := w.listed(ctx); err != nil {
		return nil, err
	}
	var all []StreamCount
	missing := 0
	err := w.each(ctx, "count what landed", `
		SELECT stream, slice, grouping(slice) AS whole, uniqExact(k), uniqExactIf(k, lost)
		FROM (
			SELECT stream, slice, cityHash64(customer_id, kind, id) AS k, `+w.unheld()+` AS lost FROM `+w.table("listings")+`
			WHERE run = {run:UInt64} AND source = {source:String}
		)
		GROUP BY GROUPING SETS ((stream), (stream, slice)) ORDER BY stream, whole DESC, slice`, func(scan func(...any) error) error {
		var stream, slice string
		var whole, listed, lost uint64
		if err := scan(&stream, &slice, &whole, &listed, &lost); err != nil {
			return err
		}
		c := Count{int(listed), int(listed - lost), int(lost)}
		if whole != 0 {
			all = append(all, StreamCount{Stream: connectors.Stream(stream), Count: c})
			missing += c.Missing
			return nil
		}
		last := &all[len(all)-1]
		last.Slices = append(last.Slices, SliceCount{slice, c})
		return nil
	}, named("run", run), named("source", source))
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if missing > 0 {
		if err := w.nameLost(ctx, run, source, all); err != nil {
			return nil, err
		}
	}
	return all, w.recordCounts(ctx, run, source, all)
}

// nameLost names some of what is missing of each stream.
func (w *Warehouse) nameLost(ctx context.Context, run uint64, source string, all []StreamCount) error {
	for i := range all {
		if all[i].Missing == 0 {
			continue
		}
		err := w.each(ctx, "name what is missing", `
			SELECT DISTINCT kind, id FROM `+w.table("listings")+`
			WHERE run = {run:UInt64} AND source = {source:String} AND stream = {stream:String} AND `+w.unheld()+`
			ORDER BY kind, id LIMIT {most:UInt32}`, func(scan func(...any) error) error {
			var kind, id string
			if err := scan(&kind, &id); err != nil {
				return err
			}
			all[i].Lost = append(all[i].Lost, kind+"/"+id)
			return nil
		}, named("run", run), named("source", source), named("stream", string(all[i].Stream)), named("most", uint32(lostNamed)))
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *Warehouse) recordCounts(ctx context.Context, run uint64, source string, all []StreamCount) error {
	err := w.insert(ctx, "completeness", []string{"run", "source", "stream", "seq", "listed", "landed", "missing"}, func(b driver.Batch) error {
		for _, c := range all {
			if err := b.Append(run, source, string(c.Stream), w.next(), uint64(c.Listed), uint64(c.Landed), uint64(c.Missing)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.insert(ctx, "completeness_slices", []string{"run", "source", "stream", "slice", "seq", "listed", "landed", "missing"}, func(b driver.Batch) error {
		for _, c := range all {
			for _, s := range c.Slices {
				if err := b.Append(run, source, string(c.Stream), s.Slice, w.next(), uint64(s.Listed), uint64(s.Landed), uint64(s.Missing)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Held is what was known of a kind of objects before a run, and how much of that
// the run has listed.
type Held struct {
	Known, Listed int
	Unlisted      []string // the first ids of those that it has not
}

// Listed compares what a run has listed of a kind with what the warehouse held
// of it before, but for what was known to be deleted.
func (w *Warehouse) Listed(ctx context.Context, run uint64, source, kind string) (h Held, err error) {
	if err := w.listed(ctx); err != nil {
		return h, err
	}
	var known, listed uint64
	err = w.conn.QueryRow(ctx, `
		SELECT count(), countIf(shown), groupArraySortedIf(`+strconv.Itoa(lostNamed)+`)(id, NOT shown)
		FROM (
			SELECT id, cityHash64(customer_id, id) IN (
				SELECT cityHash64(customer_id, id) FROM `+w.table("listings")+` WHERE run = {run:UInt64} AND source = {source:String} AND kind = {kind:String}
			) AS shown
			FROM `+w.table("raw_objects")+`
			WHERE source = {source:String} AND kind = {kind:String} AND run < {run:UInt64}
			GROUP BY customer_id, id HAVING NOT argMax(deleted, (version, run))
		)`, named("run", run), named("source", source), named("kind", kind)).Scan(&known, &listed, &h.Unlisted)
	if err != nil {
		return h, fmt.Errorf("compare %s with what was listed: %w", kind, err)
	}
	h.Known, h.Listed = int(known), int(listed)
	return h, nil
}
