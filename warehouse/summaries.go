package warehouse

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
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
func (s Schema) Summaries() ([]Statement, error) { return s.summing(summation{Schema: s}) }

// patches are the statements that write the same, to the last digit, by taking
// the sums of the load's base and putting other accounts' shares into them: every
// sum is one of accounts, each of which has its share whatever the others do. The
// accounts that may differ from the base are stored under id in moved_accounts.
// Beside the parameters of Summaries there are base_periods and base_movements; daily
// names the months alone that differ, and months names these once more. open is the
// first day of the month that was not over when the base ended, on base_through, and
// sums the load that has the base's summary.
func (s Schema) patches() ([]Statement, error) {
	return s.summing(summation{Schema: s, Patch: true})
}

// A summation is what the files in summaries are rendered with: they tell what
// is summed, and of whom. A patch reads the rows of the load and of its base in one
// go: was says of a row that it is the base's, and all that is grouped is grouped by
// it. A statement in two copies took twice as long to plan, longer than to run.
type summation struct {
	Schema
	Patch bool // of the accounts alone that may differ from the base
}

// Rows are the rows of a table that are summed, as FROM takes them, and the first
// condition on them.
func (s summation) Rows(table string) string {
	if !s.Patch {
		return s.Store() + "." + table + " WHERE load_id = {" + table + ":UInt64}"
	}
	return s.sides(table, " AND "+s.Moved()) + " WHERE 1"
}

// All are Rows, and of the load those of all other accounts too.
func (s summation) All(table string) string {
	if !s.Patch {
		return s.Rows(table)
	}
	return s.sides(table, "") + " WHERE (NOT was OR " + s.Moved() + ")"
}

// sides are the rows of the load and of its base. They may be the same ones, which
// then count on both sides.
func (s summation) sides(table, where string) string {
	now, base := "{"+table+":UInt64}", "{base_"+table+":UInt64}"
	return "(SELECT *, arrayJoin(arrayConcat(if(load_id = " + now + ", [0], []), if(load_id = " + base + ", [1], []))) AS was FROM " +
		s.Store() + "." + table + " WHERE load_id IN (" + now + ", " + base + ")" + where + ")"
}

// Moved is the condition that an account may differ from the base.
func (s summation) Moved() string {
	return "account_id IN (SELECT account_id FROM " + s.Store() + "." + movedTable.name + " WHERE load_id = {id:UInt64})"
}

// Was is the side of a row, to put behind other columns.
func (s summation) Was() string {
	if !s.Patch {
		return ""
	}
	return ", was"
}

// Through is the last day of a row's side.
func (s summation) Through() string {
	if !s.Patch {
		return "{through:Date}"
	}
	return "if(was, {base_through:Date}, {through:Date})"
}

// summing makes statements of the summaries. Rows in which every sum is zero say
// nothing and are left out: what a patch takes away leaves such.
func (s Schema) summing(sum summation) ([]Statement, error) {
	all, err := render(summaryFiles, "summaries", sum)
	if err != nil {
		return nil, err
	}
	for i, of := range all {
		t := summaryTables[slices.IndexFunc(summaryTables, func(t summary) bool { return t.name == of.Name })]
		each := func(change func(column string) string, between string) string {
			var all []string
			for _, c := range t.columns[t.keys:] {
				all = append(all, change(c))
			}
			return strings.Join(all, between)
		}
		keys, sums := strings.Join(t.columns[:t.keys], ", "), strings.Join(t.columns[t.keys:], ", ")
		total := func(c string) string { return "sum(" + c + ")" }
		from := "SELECT " + keys + ", " + sums + sum.Was() + " FROM (" + of.SQL + ")"
		if sum.Patch {
			total = func(c string) string { return "sum(if(was, -" + c + ", " + c + "))" }
			from += "\nUNION ALL\nSELECT " + keys + ", " + each(t.kept, ", ") + ", 0 FROM " + s.Store() + "." + t.name + " WHERE load_id = {sums:UInt64}"
		}
		all[i].SQL = "INSERT INTO " + s.Store() + "." + t.name + " (load_id, " + keys + ", " + sums + ")" +
			"\nSELECT {id:UInt64}, " + keys + ", " + each(total, ", ") + " FROM (" + from + ")" +
			"\nGROUP BY " + keys +
			"\nHAVING " + each(func(c string) string { return total(c) + " != 0" }, " OR ") +
			"\nSETTINGS join_use_nulls = 0, max_bytes_before_external_group_by = 268435456, max_bytes_before_external_sort = 268435456"
	}
	return all, nil
}

// SummaryHash names how loads are added up. A base that was added up otherwise
// cannot be patched, so that the hash belongs into LoadSpec.PolicyHash.
func SummaryHash() string {
	all, _ := Schema{Database: "mrr"}.Summaries() // they are embedded: tests have seen them render
	h := sha256.New()
	for _, s := range all {
		fmt.Fprintln(h, s.SQL)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// isSummary says that a table is one that loads are added up into.
func isSummary(name string) bool {
	return slices.ContainsFunc(summaryTables, func(t summary) bool { return t.name == name })
}

// sumArgs are the parameters of a summary of a load made of parts.
func sumArgs(id uint64, through billing.Date, converts bool, parts map[part]uint64) []any {
	return []any{
		named("id", id), named("through", date(through)), named("converts", converts), named("daily", dailyParts(parts)),
		named("periods", parts[part{table: periodsTable.name}]), named("movements", parts[part{table: movementsTable.name}]), named("rates", parts[part{table: ratesTable.name}]),
	}
}

// dailyParts are those of daily, as an array of the engine: months and load_ids.
func dailyParts(parts map[part]uint64) string {
	var daily []string
	for _, p := range slices.SortedFunc(maps.Keys(parts), func(a, b part) int { return int(a.month) - int(b.month) }) {
		if p.table == dailyTable.name {
			daily = append(daily, fmt.Sprintf("(%d,%d)", p.month, parts[p]))
		}
	}
	return "[" + strings.Join(daily, ",") + "]"
}

// summarize writes those of the summaries of a load, made of parts, that parts do
// not name under another id.
func (w *Warehouse) summarize(ctx context.Context, id uint64, through billing.Date, converts bool, parts map[part]uint64) error {
	all, err := w.schema.Summaries()
	if err != nil {
		return err
	}
	for _, s := range all {
		if there, ok := parts[part{table: s.Name}]; ok && there != id {
			continue
		}
		if err := w.exec(ctx, "add up "+s.Name, s.SQL, sumArgs(id, through, converts, parts)...); err != nil {
			return err
		}
	}
	return nil
}

// date is a day as a {name:Date} takes it.
func date(d billing.Date) string { return d.Time().Format("2006-01-02") }

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
		lacking := slices.DeleteFunc(slices.Clone(summaryTables), func(t summary) bool { return now[part{table: t.name}] != 0 })
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
