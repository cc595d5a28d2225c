package warehouse

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// mutation changes rows where they are stored.
type mutation struct {
	w      *Warehouse
	tables map[string]bool // those that it has changed
}

// do changes rows and waits until it is done on every replica. Nothing personal
// may stand in the statement: the engine keeps it beside the table. What is
// written must be on the disk before what was there is given up, which the
// embedded engine is told to do at once.
func (m mutation) do(ctx context.Context, table, what, where string) error {
	if err := m.begin(ctx, table); err != nil {
		return err
	}
	return m.w.exec(ctx, "erase in "+table, "ALTER TABLE "+m.w.table(table)+" "+what+" WHERE "+where+" SETTINGS mutations_sync = 2")
}

// begin readies a table, once.
func (m mutation) begin(ctx context.Context, table string) error {
	if m.tables[table] {
		return nil
	}
	m.tables[table] = true
	return m.hasten(ctx, table)
}

// hasten makes mutations of a table durable at once and, in the embedded engine,
// what they supersede go at once. A cloud looks after both by itself.
func (m mutation) hasten(ctx context.Context, table string) error {
	switch m.w.schema.Target {
	case Cloud:
		return nil
	case Embedded:
		return m.alter(ctx, table, "MODIFY SETTING min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 0")
	default:
		return m.alter(ctx, table, "MODIFY SETTING min_rows_to_fsync_after_merge = 1")
	}
}

// settle takes back what hasten set.
func (m mutation) settle(ctx context.Context, table string) error {
	switch m.w.schema.Target {
	case Cloud:
		return nil
	case Embedded:
		return m.alter(ctx, table, "RESET SETTING min_rows_to_fsync_after_merge, old_parts_lifetime")
	default:
		return m.alter(ctx, table, "RESET SETTING min_rows_to_fsync_after_merge")
	}
}

func (m mutation) alter(ctx context.Context, table, what string) error {
	return m.w.exec(ctx, "set up "+table+" for mutations", "ALTER TABLE "+m.w.table(table)+m.w.schema.OnCluster()+" "+what)
}

func (k CustomerKey) condition() string {
	return "source = " + literal(k.Source) + " AND customer_id = " + literal(k.CustomerID)
}

// objects stores the stripped versions and then removes the others.
func (m mutation) objects(ctx context.Context, k CustomerKey, fresh []storedObject, old []uint64, n *Erased) error {
	m.w.forgetLanded()
	n.Versions = len(old)
	byRun := map[uint64][]digested{}
	for i := range fresh {
		byRun[fresh[i].run] = append(byRun[fresh[i].run], digested{&fresh[i].Object, fresh[i].digest})
	}
	for _, run := range slices.Sorted(maps.Keys(byRun)) {
		for _, part := range pieces(byRun[run]) {
			if err := m.w.append(ctx, run, k.Source, part); err != nil {
				return err
			}
		}
	}
	if err := m.w.syncRaw(ctx); err != nil {
		return err
	}
	for part := range slices.Chunk(old, 5_000) {
		if err := m.do(ctx, "raw_objects", "DELETE", k.condition()+" AND digest IN ("+numbers(part)+")"); err != nil {
			return err
		}
	}
	return nil
}

func numbers(all []uint64) string {
	texts := make([]string, len(all))
	for i, n := range all {
		texts[i] = strconv.FormatUint(n, 10)
	}
	return strings.Join(texts, ", ")
}

// rows takes the person out of the rows of every load.
func (m mutation) rows(ctx context.Context, e Erasure, n *Erased) error {
	type change struct{ table, set, where string }
	var all []change
	if len(e.RemovedSegments) > 0 {
		names := make([]string, len(e.RemovedSegments))
		for i, s := range e.RemovedSegments {
			names[i] = literal(s)
		}
		list := "[" + strings.Join(names, ", ") + "]"
		for _, t := range loadTables {
			if slices.Contains(t.columns, "segments") {
				all = append(all, change{t.name, "segments = mapFilter((k, v) -> NOT has(" + list + ", k), segments)", "hasAny(" + list + ", mapKeys(segments))"})
			}
		}
	}
	all = append(
		all,
		change{rejectsTable.name, "detail = 'erased'", "detail != 'erased'"},
		change{subscriptionsTable.name, "name = ''", "name != ''"},
		change{customersTable.name, "name = '', email = ''", "(name != '' OR email != '')"},
	)
	for _, c := range all {
		where := e.condition() + " AND " + c.where
		var rows uint64
		if err := m.w.conn.QueryRow(ctx, "SELECT count() FROM "+m.w.table(c.table)+" WHERE "+where).Scan(&rows); err != nil {
			return fmt.Errorf("count personal rows of %s: %w", c.table, err)
		}
		if rows == 0 {
			continue
		}
		n.Rows += int(rows)
		if err := m.do(ctx, c.table, "UPDATE "+c.set, where); err != nil {
			return err
		}
	}
	return nil
}

// sums adds up anew, in every kept load, what is divided by segments whose values
// go. Readers see the old sums or the new ones: the manifest names either.
func (m mutation) sums(ctx context.Context, e Erasure) error {
	if len(e.RemovedSegments) == 0 {
		return nil
	}
	t := sliceMonthsTable
	loads, err := m.w.loads(ctx, "AND load_id NOT IN (SELECT load_id FROM "+m.w.table("dropped_loads")+") ORDER BY load_id")
	if err != nil {
		return err
	}
	done := map[uint64]bool{}
	for _, l := range loads {
		parts, err := m.w.parts(ctx, l.ID)
		if err != nil {
			return err
		}
		stored := parts[part{table: t.name}]
		if stored == 0 || done[stored] {
			continue
		}
		id := m.w.next()
		delete(parts, part{table: t.name}) // the other summaries are there, and stay
		if err := m.w.summarize(ctx, id, l.Through, l.Currency != "", parts); err != nil {
			return fmt.Errorf("add up load %d: %w", l.ID, err)
		}
		if err := m.do(ctx, "manifest", fmt.Sprintf("UPDATE part_load = %d", id), fmt.Sprintf("table = %s AND part_load = %d", literal(t.name), stored)); err != nil {
			return err
		}
		if err := m.drop(ctx, t.name, stored); err != nil {
			return err
		}
		done[id] = true // loads that share it see it now
	}
	return nil
}

// drop removes what is stored under a load's id from a table, for good.
func (m mutation) drop(ctx context.Context, table string, stored uint64) error {
	if err := m.begin(ctx, table); err != nil {
		return err
	}
	return m.w.dropPartitions(ctx, table, []partition{{id: strconv.FormatUint(stored, 10)}})
}

// sought are the names and addresses that can be told from other words of a
// record of a run: what has a space, an @, letters of other scripts or of both
// cases, such that no key or code is made of. The longest come first.
func sought(personal []string) []string {
	all := slices.DeleteFunc(slices.Clone(personal), func(s string) bool {
		plain := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '@' || r > unicode.MaxASCII }) < 0
		upper, lower := strings.IndexFunc(s, unicode.IsUpper) >= 0, strings.IndexFunc(s, unicode.IsLower) >= 0
		return len(s) < 4 || plain && (!upper || !lower)
	})
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.Compact(all)
}

// runs takes names and addresses out of what runs said: a record that tells one is
// written anew, and every row that did is removed.
func (m mutation) runs(ctx context.Context, names []string, n *Erased) error {
	if len(names) == 0 {
		return nil
	}
	var pairs []string
	for _, s := range names {
		quoted := strconv.Quote(s)
		pairs = append(pairs, s, "(erased)", quoted[1:len(quoted)-1], "(erased)")
	}
	clean := strings.NewReplacer(pairs...).Replace
	telling := func(s string) bool { return clean(s) != s }
	all, err := m.w.runs(ctx, "ORDER BY run")
	if err != nil {
		return err
	}
	for _, r := range all {
		if !telling(string(r.Receipt)) && !telling(r.Error) {
			continue
		}
		r.Receipt, r.Error = []byte(clean(string(r.Receipt))), clean(r.Error)
		if err := m.w.writeRun(ctx, r); err != nil {
			return err
		}
		n.Runs++
	}
	if err := m.sourceRuns(ctx, telling, clean, n); err != nil {
		return err
	}
	for table, column := range map[string]string{"runs": "concat(receipt, ' ', error)", "run_sources": "error"} {
		var old []uint64
		err := m.w.each(ctx, "look through "+table, "SELECT seq, "+column+" FROM "+m.w.table(table), func(scan func(...any) error) error {
			var seq uint64
			var said string
			err := scan(&seq, &said)
			if telling(said) {
				old = append(old, seq)
			}
			return err
		})
		if err != nil {
			return err
		}
		for part := range slices.Chunk(old, 5_000) {
			if err := m.do(ctx, table, "DELETE", "seq IN ("+numbers(part)+")"); err != nil {
				return err
			}
		}
	}
	return m.w.each(ctx, "look through the notes of closings", "SELECT note FROM "+m.w.table("closings"), func(scan func(...any) error) error {
		var note string
		err := scan(&note)
		if telling(note) {
			n.Notes++
		}
		return err
	})
}

// sourceRuns writes what runs said of single sources anew where it tells somebody.
func (m mutation) sourceRuns(ctx context.Context, telling func(string) bool, clean func(string) string, n *Erased) error {
	byRun := map[uint64][]SourceRun{}
	err := m.w.each(ctx, "read what runs said of sources", `
		SELECT run, source, status, started_at, finished_at, requests, listed, landed, rejected, error FROM `+m.w.table("run_sources")+`
		ORDER BY run, source, seq DESC LIMIT 1 BY run, source`, func(scan func(...any) error) error {
		var run uint64
		var s SourceRun
		var status string
		var counts [4]uint64
		if err := scan(&run, &s.Source, &status, &s.StartedAt, &s.FinishedAt, &counts[0], &counts[1], &counts[2], &counts[3], &s.Error); err != nil {
			return err
		}
		s.Status, s.Requests, s.Listed, s.Landed, s.Rejected = Status(status), int(counts[0]), int(counts[1]), int(counts[2]), int(counts[3])
		if telling(s.Error) {
			s.Error = clean(s.Error)
			byRun[run] = append(byRun[run], s)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, run := range slices.Sorted(maps.Keys(byRun)) {
		if err := m.w.writeSourceRuns(ctx, run, byRun[run]); err != nil {
			return err
		}
		n.Runs += len(byRun[run])
	}
	return nil
}

// partsGone is how long the embedded engine may take to delete parts that
// nobody reads.
const partsGone = 2 * time.Minute

// end waits until the embedded engine has deleted the files that were superseded:
// it keeps them for some minutes otherwise, and may be gone by then. Of a server
// they go by themselves, within its old_parts_lifetime.
//
// It does so for every table that says it was hastened: those of a try that was
// killed are among them.
func (m mutation) end(ctx context.Context) error {
	var names []string
	err := m.w.each(ctx, "find tables under mutation", `
		SELECT name FROM system.tables WHERE database = {db:String} AND position(engine_full, 'min_rows_to_fsync_after_merge') > 0 ORDER BY name`,
		func(scan func(...any) error) error {
			names = append(names, "")
			return scan(&names[len(names)-1])
		}, named("db", m.w.schema.StoreName()))
	if err != nil {
		return err
	}
	if m.w.schema.Target == Embedded && len(names) > 0 {
		if err := m.w.awaitParts(ctx, names); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := m.settle(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// awaitParts waits until no superseded part of some tables is on the disk.
func (w *Warehouse) awaitParts(ctx context.Context, tables []string) error {
	ctx, cancel := context.WithTimeout(ctx, partsGone)
	defer cancel()
	tick := time.NewTicker(time.Second) // the engine tells ages of parts in whole seconds
	defer tick.Stop()
	for {
		var left uint64
		err := w.conn.QueryRow(ctx, "SELECT count() FROM system.parts WHERE database = {db:String} AND table IN {tables:Array(String)} AND NOT active",
			named("db", w.schema.StoreName()), named("tables", tables)).Scan(&left)
		if err != nil {
			return fmt.Errorf("look for superseded parts: %w", err)
		}
		if left == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("delete superseded parts: %d are still there, some statement may be reading them: run it again: %w", left, ctx.Err())
		}
		// An idle engine looks for parts to delete twice a minute at best. It also does
		// so after it has dropped a partition, if only one that is not there.
		for _, name := range tables {
			if err := w.dropPartitions(ctx, name, []partition{{id: "0"}}); err != nil {
				return err
			}
		}
	}
}

// syncRaw waits until every replica has what was stored of objects.
func (w *Warehouse) syncRaw(ctx context.Context) error {
	if w.schema.Target != Cluster {
		return nil
	}
	return w.exec(ctx, "sync replicas of raw_objects", "SYSTEM SYNC REPLICA"+w.schema.OnCluster()+" "+w.table("raw_objects"))
}
