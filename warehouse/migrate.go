package warehouse

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Migrate makes the databases, runs the migrations that the store has not been
// through, and applies the views. Doing it again changes nothing. It refuses a
// store that a newer mrrsync has migrated, or one whose migrations were other
// than ours.
func (w *Warehouse) Migrate(ctx context.Context) error {
	if err := w.oneShard(ctx); err != nil {
		return err
	}
	for _, s := range w.schema.Databases() {
		if err := w.exec(ctx, "create database", s.SQL); err != nil {
			return err
		}
	}
	tables, err := w.schema.Tables()
	if err != nil {
		return err
	}
	// The table of migrations is the first one, and made without record.
	if err := w.exec(ctx, "create table migrations", tables[0].SQL); err != nil {
		return err
	}
	done, err := w.migrations(ctx)
	if err != nil {
		return err
	}
	for _, s := range tables {
		if err := w.migrate(ctx, s, done); err != nil {
			return err
		}
	}
	if n := len(done); n > 0 {
		if last := slices.Max(slices.Collect(maps.Keys(done))); last >= len(tables) {
			return fmt.Errorf("migrate: the warehouse is at migration %d, this mrrsync knows %d: use the newer mrrsync that made it", last, len(tables)-1)
		}
	}
	views, err := w.schema.Views()
	if err != nil {
		return err
	}
	for _, s := range views {
		if err := w.exec(ctx, "apply view "+s.Name, s.SQL); err != nil {
			return err
		}
	}
	return w.resume(ctx)
}

// migrate runs one migration, unless it was run before.
func (w *Warehouse) migrate(ctx context.Context, s Statement, done map[int]string) error {
	digits, name, _ := strings.Cut(s.Name, "_")
	number, err := strconv.Atoi(digits)
	if err != nil {
		return fmt.Errorf("migration %s: its name does not begin with a number", s.Name)
	}
	sum := checksum(s.Name)
	if was, ok := done[number]; ok {
		if was != sum {
			return fmt.Errorf("migrate: migration %s is not the one this warehouse went through: use the mrrsync that made it, or a new warehouse.database", s.Name)
		}
		return nil
	}
	if err := w.exec(ctx, "migrate "+s.Name, s.SQL); err != nil {
		return err
	}
	return w.insert(ctx, "migrations", []string{"number", "name", "checksum", "applied_at"}, func(b driver.Batch) error {
		return b.Append(uint32(number), name, sum, w.opt.Now().UTC())
	})
}

// migrations are the checksums by number of those the store went through.
func (w *Warehouse) migrations(ctx context.Context) (map[int]string, error) {
	done := map[int]string{}
	err := w.each(ctx, "read migrations", "SELECT number, checksum FROM "+w.table("migrations"), func(scan func(...any) error) error {
		var number uint32
		var sum string
		if err := scan(&number, &sum); err != nil {
			return err
		}
		done[int(number)] = sum
		return nil
	})
	return done, err
}

// checksum is of a migration's text as shipped, before names are filled in.
func checksum(name string) string {
	text, _ := tableFiles.ReadFile("tables/" + name + ".sql")
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// resume sets the sequence numbers behind all that were given out.
func (w *Warehouse) resume(ctx context.Context) error {
	if err := w.catchUp(ctx); err != nil {
		return err
	}
	var parts []string
	for table, columns := range map[string][]string{
		"runs": {"run", "seq"}, "run_sources": {"seq"}, "completeness": {"seq"}, "cursors": {"seq"}, "seals": {"seq"},
		"manifest": {"load_id"}, "derived": {"load_id"}, "periods": {"load_id"}, "restatements": {"load_id"}, "closings": {"load_id"},
	} {
		for _, c := range columns {
			parts = append(parts, "SELECT max("+c+") AS n FROM "+w.table(table))
		}
	}
	var last uint64
	sql := "SELECT max(n) FROM (" + strings.Join(parts, " UNION ALL ") + ")"
	if err := w.conn.QueryRow(ctx, sql).Scan(&last); err != nil {
		return fmt.Errorf("read the last sequence number: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tick = max(w.tick, last)
	return nil
}

// Drift is one difference between the schema as it is and as it should be.
type Drift struct {
	Object string // table or view, with database
	Column string // empty: the object as a whole
	What   string // what is different, for an operator
}

// String is one line for an operator.
func (d Drift) String() string {
	if d.Column == "" {
		return d.Object + ": " + d.What
	}
	return d.Object + "." + d.Column + ": " + d.What
}

// scratch stands between the name of a database and a number in the name of the
// copy that Drift compares it with.
const scratch = "_drift_"

// Drift compares tables and views with a fresh copy of the schema that it makes
// beside them and drops again. No Drift means that they are the same in every
// column, type, comment and codec, in engine and in keys.
func (w *Warehouse) Drift(ctx context.Context) (all []Drift, err error) {
	fresh := w.schema
	fresh.Database = fmt.Sprintf("%s%s%d", w.schema.Database, scratch, w.next())
	ddl, err := fresh.DDL()
	if err != nil {
		return nil, err
	}
	defer func() {
		ctx := context.WithoutCancel(ctx)
		for _, db := range []string{fresh.DB(), fresh.Store()} {
			if e := w.exec(ctx, "drop scratch database", "DROP DATABASE IF EXISTS "+db+fresh.OnCluster()+" SYNC"); e != nil && err == nil {
				err = e
			}
		}
	}()
	for _, s := range ddl {
		if err := w.exec(ctx, "make scratch "+s.Name, s.SQL); err != nil {
			return nil, err
		}
	}
	for _, db := range [][2]string{{w.schema.StoreName(), fresh.StoreName()}, {w.schema.Database, fresh.Database}} {
		is, err := w.describe(ctx, db[0])
		if err != nil {
			return nil, err
		}
		want, err := w.describe(ctx, db[1])
		if err != nil {
			return nil, err
		}
		all = append(all, compare(db[0], is, want)...)
	}
	return all, nil
}

// shape is what is compared of a table or view: of each column, and of the
// whole under the empty name, some texts under names.
type shape map[string]map[string]string

// describe reads the shapes of a database. Names of databases inside texts are
// taken out.
func (w *Warehouse) describe(ctx context.Context, database string) (map[string]shape, error) {
	all := map[string]shape{}
	db := named("db", database)
	err := w.each(ctx, "read system.tables", `
		SELECT name, engine, partition_key, sorting_key, comment, if(engine = 'View', as_select, '') FROM system.tables
		WHERE database = {db:String}`, func(scan func(...any) error) error {
		var name, engine, partition, sorting, comment, query string
		if err := scan(&name, &engine, &partition, &sorting, &comment, &query); err != nil {
			return err
		}
		base := strings.TrimSuffix(database, "_store")
		query = strings.NewReplacer(quote(base+"_store"), "STORE", base+"_store", "STORE", quote(base)+".", "DB.", base+".", "DB.").Replace(query)
		all[name] = shape{"": {"engine": engine, "partition key": partition, "sorting key": sorting, "comment": comment, "query": query}}
		return nil
	}, db)
	if err != nil {
		return nil, err
	}
	err = w.each(ctx, "read system.columns", `
		SELECT table, name, type, comment, compression_codec, toString(position) FROM system.columns
		WHERE database = {db:String}`, func(scan func(...any) error) error {
		var table, name, typ, comment, codec, position string
		if err := scan(&table, &name, &typ, &comment, &codec, &position); err != nil {
			return err
		}
		if t := all[table]; t != nil {
			t[name] = map[string]string{"type": typ, "comment": comment, "codec": codec, "position": position}
		}
		return nil
	}, db)
	if err != nil {
		return nil, err
	}
	err = w.each(ctx, "read system.projections", `
		SELECT table, arrayStringConcat(groupArray(name || ': ' || query), '; ') FROM (
			SELECT table, name, query FROM system.projections WHERE database = {db:String} ORDER BY table, name
		) GROUP BY table`, func(scan func(...any) error) error {
		var table, text string
		if err := scan(&table, &text); err != nil {
			return err
		}
		if t := all[table]; t != nil {
			t[""]["projections"] = text
		}
		return nil
	}, db)
	return all, err
}

// compare lists what is different, ordered by object and column. Tables and
// views that are not ours are left alone.
func compare(database string, is, want map[string]shape) []Drift {
	var all []Drift
	for name, should := range want {
		object := database + "." + name
		have, ok := is[name]
		if !ok {
			all = append(all, Drift{Object: object, What: "is missing: run `mrrsync schema apply`"})
			continue
		}
		for column, texts := range should {
			if have[column] == nil {
				all = append(all, Drift{object, column, "is missing"})
				continue
			}
			for what, text := range texts {
				if got := have[column][what]; got != text {
					all = append(all, Drift{object, column, fmt.Sprintf("%s is %q, should be %q", what, got, text)})
				}
			}
		}
		for column := range have {
			if should[column] == nil {
				all = append(all, Drift{object, column, "is not part of the schema"})
			}
		}
	}
	slices.SortFunc(all, func(a, b Drift) int {
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Column, b.Column), cmp.Compare(a.What, b.What))
	})
	return all
}
