package warehouse

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"mrrsync/connectors"
)

// Unseen are the subscriptions of a source that are open in a published load
// and that the provider has not shown since a moment, neither in this run nor
// before: the newest version of each, its SeenAt being when the provider last
// showed it. Those not seen for longest come first, and of all but most are
// left out.
func (w *Warehouse) Unseen(ctx context.Context, base LoadInfo, run uint64, source, kind string, since time.Time, most int) ([]connectors.Object, error) {
	if err := w.listed(ctx); err != nil {
		return nil, err
	}
	seen := map[string]time.Time{}
	var ids, customers []string
	args := []any{
		named("base", base.ID), named("run", run), named("source", source), named("kind", kind), named("since", since.UnixMicro()), named("most", uint64(most)),
	}
	err := w.each(ctx, "find what was not seen for long", `
		SELECT customer_id, id, max(at) AS last, max(open) AS known
		FROM (
			SELECT customer_id, subscription_id AS id, 0 AS at, 1 AS open FROM `+w.table("subscriptions")+`
			WHERE load_id = (SELECT part_load FROM `+w.table("manifest")+` WHERE load_id = {base:UInt64} AND table = 'subscriptions')
				AND source = {source:String} AND status != 'canceled'
			UNION ALL
			SELECT customer_id, id, toUnixTimestamp64Micro(max(seen_at)), 0 FROM `+w.table("raw_objects")+`
			WHERE source = {source:String} AND kind = {kind:String} GROUP BY customer_id, id
			UNION ALL
			SELECT customer_id, id, toUnixTimestamp64Micro(max(asked_at)), 0 FROM `+w.table("sweeps")+`
			WHERE source = {source:String} AND kind = {kind:String} GROUP BY customer_id, id
			UNION ALL
			SELECT customer_id, id, toInt64(9223372036854775807), 0 FROM `+w.table("listings")+`
			WHERE run = {run:UInt64} AND source = {source:String} AND kind = {kind:String}
		)
		GROUP BY customer_id, id HAVING known = 1 AND last < {since:Int64}
		ORDER BY last, customer_id, id LIMIT {most:UInt64}`, func(scan func(...any) error) error {
		var customer, id string
		var last int64
		var known uint8
		if err := scan(&customer, &id, &last, &known); err != nil {
			return err
		}
		customers, ids = append(customers, customer), append(ids, id)
		seen[id] = time.UnixMicro(last).UTC()
		return nil
	}, args...)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	newest := map[string]connectors.Object{}
	for from := 0; from < len(ids); from += lookup {
		to := min(from+lookup, len(ids))
		for o, err := range w.objects(ctx, `
			SELECT `+objectColumns+` FROM `+w.table("raw_objects")+`
			WHERE source = {source:String} AND (customer_id, id) IN arrayZip({customers:Array(String)}, {ids:Array(String)}) AND kind = {kind:String}
			ORDER BY customer_id, id, version DESC, run DESC LIMIT 1 BY customer_id, id`,
			nil, []any{named("source", source), named("kind", kind), named("customers", customers[from:to]), named("ids", ids[from:to])}) {
			if err != nil {
				return nil, fmt.Errorf("read what was not seen for long: %w", err)
			}
			o.SeenAt = seen[o.ID]
			newest[o.ID] = o.Object
		}
	}
	var all []connectors.Object
	for _, id := range ids {
		if o, ok := newest[id]; ok && !o.Deleted {
			all = append(all, o)
		}
	}
	return all, nil
}

// SaveSweep records that the provider was asked for objects, and what it does
// not know any more.
func (w *Warehouse) SaveSweep(ctx context.Context, run uint64, source string, asked []connectors.Object) error {
	if len(asked) == 0 {
		return nil
	}
	return w.insert(ctx, "sweeps", []string{"source", "customer_id", "kind", "id", "seq", "run", "asked_at", "gone"}, func(b driver.Batch) error {
		for _, o := range asked {
			if err := b.Append(source, o.CustomerID, o.Kind, o.ID, w.next(), run, o.SeenAt.UTC(), o.Deleted); err != nil {
				return err
			}
		}
		return nil
	})
}
