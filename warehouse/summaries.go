package warehouse

import (
	"context"
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"mrrsync/connectors/billing"
)

//go:embed summaries/*.sql
var summaryFiles embed.FS

// Summaries are the statements that add up what a load says, each into the table
// of its name: views over the whole history read what they write and not the rows
// of every account. Their parameters are id, the load under whose id to write;
// periods, movements and rates, the load_ids under which these are stored; daily,
// the parts of daily, each a month as YYYYMM and a load_id; through, the load's
// last day; and converts, which says that there is a reporting currency.
func (s Schema) Summaries() ([]Statement, error) { return render(summaryFiles, "summaries", s) }

// isSummary says that a table is one that loads are added up into.
func isSummary(name string) bool {
	return slices.ContainsFunc(summaryTables, func(t table) bool { return t.name == name })
}

// summarize writes those of the summaries of a load, made of parts, that parts do
// not name under another id.
func (w *Warehouse) summarize(ctx context.Context, id uint64, through billing.Date, converts bool, parts map[part]uint64) error {
	all, err := w.schema.Summaries()
	if err != nil {
		return err
	}
	var daily []string
	for _, p := range slices.SortedFunc(maps.Keys(parts), func(a, b part) int { return int(a.month) - int(b.month) }) {
		if p.table == dailyTable.name {
			daily = append(daily, fmt.Sprintf("(%d,%d)", p.month, parts[p]))
		}
	}
	for _, s := range all {
		if there, ok := parts[part{table: s.Name}]; ok && there != id {
			continue
		}
		err := w.exec(ctx, "add up "+s.Name, s.SQL,
			named("id", id), named("through", date(through)), named("converts", converts), named("daily", "["+strings.Join(daily, ",")+"]"),
			named("periods", parts[part{table: periodsTable.name}]), named("movements", parts[part{table: movementsTable.name}]), named("rates", parts[part{table: ratesTable.name}]))
		if err != nil {
			return err
		}
	}
	return nil
}

// date is a day as a {name:Date} takes it.
func date(d billing.Date) string { return d.Time().Format("2006-01-02") }

// buildSummaries adds the load up. That is done from the whole of it, so that no
// sum hangs on how it came about.
func (l *Load) buildSummaries(ctx context.Context) error {
	for _, t := range summaryTables {
		l.parts[part{table: t.name}] = l.id
	}
	if !l.idle() && l.rows[periodsTable.name] == 0 && l.rows[movementsTable.name] == 0 {
		return nil // nothing adds up to nothing
	}
	return l.w.summarize(ctx, l.id, l.spec.Through, l.fx != nil, l.parts)
}

// sumUp adds up the published loads that were published before there were all
// the summaries there are. What a load lacks is written under an id of its own,
// which means nothing until the manifest names it: what a crash has left, or
// another process that opened the warehouse at the same time, is dropped like
// every other partition without a name.
func (w *Warehouse) sumUp(ctx context.Context) error {
	loads, err := w.unsummarized(ctx)
	if err != nil || len(loads) == 0 {
		return err
	}
	if err := w.resume(ctx); err != nil { // for ids that nobody has
		return err
	}
	for _, l := range loads {
		parts, err := w.parts(ctx, l.ID)
		if err != nil {
			return err
		}
		id := w.next()
		if err := w.summarize(ctx, id, l.Through, l.Currency != "", parts); err != nil {
			return fmt.Errorf("add up load %d: %w", l.ID, err)
		}
		now, err := w.parts(ctx, l.ID)
		if err != nil {
			return err
		}
		lacking := slices.DeleteFunc(slices.Clone(summaryTables), func(t table) bool { return now[part{table: t.name}] != 0 })
		if len(lacking) == 0 {
			continue // somebody else was quicker
		}
		err = w.insert(ctx, "manifest", []string{"load_id", "table", "bucket", "part_load"}, func(b driver.Batch) error {
			for _, t := range lacking {
				if err := b.Append(l.ID, t.name, uint32(0), id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("add up load %d: %w", l.ID, err)
		}
	}
	return nil
}

// unsummarized are the published loads that still have rows, but not all
// summaries.
func (w *Warehouse) unsummarized(ctx context.Context) ([]LoadInfo, error) {
	var names []string
	for _, t := range summaryTables {
		names = append(names, literal(t.name))
	}
	return w.loads(ctx, fmt.Sprintf(`AND load_id NOT IN (SELECT load_id FROM %s)
		AND load_id NOT IN (SELECT load_id FROM %s WHERE table IN (%s) GROUP BY load_id HAVING uniqExact(table) = %d) ORDER BY load_id`,
		w.table("dropped_loads"), w.table("manifest"), strings.Join(names, ", "), len(names)))
}
