package warehouse

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

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
// column, type, comment and codec, in engine, keys and queries. Migrations that are
// yet to run are the first one.
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
	pending, err := w.pending(ctx)
	if err != nil {
		return nil, err
	}
	if n := len(pending); n > 0 {
		all = append(all, Drift{Object: w.schema.StoreName(), What: fmt.Sprintf("lacks %s, the first of %d migrations: run `mrrsync schema apply`", pending[0], n)})
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
		all = append(all, compare(db[0], is, want, pending)...)
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
		SELECT name, engine, partition_key, sorting_key, comment, ifNull(if(engine = 'View', formatQueryOrNull(as_select), ''), as_select),
			extract(create_table_query, 'SQL SECURITY ([A-Z]+)')
		FROM system.tables
		WHERE database = {db:String}`, func(scan func(...any) error) error {
		var name, engine, partition, sorting, comment, query, security string
		if err := scan(&name, &engine, &partition, &sorting, &comment, &query, &security); err != nil {
			return err
		}
		base := strings.TrimSuffix(database, "_store")
		query = strings.NewReplacer(quote(base+"_store"), "STORE", base+"_store", "STORE", quote(base)+".", "DB.", base+".", "DB.").Replace(query)
		all[name] = shape{"": {
			"engine": engine, "partition key": partition, "sorting key": sorting, "comment": comment, "query": query, "SQL SECURITY": security,
		}}
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
func compare(database string, is, want map[string]shape, pending []string) []Drift {
	var all []Drift
	for name, should := range want {
		object := database + "." + name
		have, ok := is[name]
		if !ok {
			all = append(all, Drift{Object: object, What: missing(name, should, pending)})
			continue
		}
		for column, texts := range should {
			if have[column] == nil {
				all = append(all, Drift{object, column, "is missing"})
				continue
			}
			for what, text := range texts {
				if got := have[column][what]; got != text {
					all = append(all, Drift{object, column, differs(what, got, text)})
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

// missing says what to do about a table or view that is not there. A table whose
// migration was run is not made again: an empty one would pass for the truth.
func missing(name string, should shape, pending []string) string {
	made := func(migration string) bool { return migration[strings.Index(migration, "_")+1:] == name }
	if should[""]["engine"] == "View" || slices.ContainsFunc(pending, made) {
		return "is missing: run `mrrsync schema apply`"
	}
	return "is missing, and its rows with it: restore it from a backup, or sync into a new warehouse.database"
}

// differs is a short text as it is and should be, or the lines in which a longer
// one differs.
func differs(what, is, should string) string {
	if !strings.Contains(is+should, "\n") {
		return fmt.Sprintf("%s is %q, should be %q", what, is, should)
	}
	return what + " differs (- is there, + should be)\n" + diffLines(strings.Split(is, "\n"), strings.Split(should, "\n"))
}

// diffLines are the lines that only one of two texts has, each behind its sign,
// with a line around them for orientation, indented.
func diffLines(is, should []string) string {
	// common[i][j] is how many lines is[i:] and should[j:] share in order.
	common := make([][]int, len(is)+1)
	for i := range common {
		common[i] = make([]int, len(should)+1)
	}
	for i := len(is) - 1; i >= 0; i-- {
		for j := len(should) - 1; j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if is[i] == should[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	var all []string
	for i, j := 0, 0; i < len(is) || j < len(should); {
		switch {
		case i < len(is) && j < len(should) && is[i] == should[j]:
			all = append(all, "  "+is[i])
			i, j = i+1, j+1
		case j == len(should) || i < len(is) && common[i+1][j] >= common[i][j+1]:
			all = append(all, "- "+is[i])
			i++
		default:
			all = append(all, "+ "+should[j])
			j++
		}
	}
	changed := func(k int) bool { return k >= 0 && k < len(all) && all[k][0] != ' ' }
	var b strings.Builder
	gap := false
	for k, line := range all {
		if !changed(k-1) && !changed(k) && !changed(k+1) {
			gap = true
			continue
		}
		if gap {
			b.WriteString("    ...\n")
			gap = false
		}
		b.WriteString("    " + line + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// pending are the migrations that the store has not been through, in order.
func (w *Warehouse) pending(ctx context.Context) ([]string, error) {
	tables, err := w.schema.Tables()
	if err != nil {
		return nil, err
	}
	var there uint64
	err = w.conn.QueryRow(ctx, "SELECT count() FROM system.tables WHERE database = {db:String} AND name = 'migrations'",
		named("db", w.schema.StoreName())).Scan(&there)
	if err != nil {
		return nil, fmt.Errorf("look for the table of migrations: %w", err)
	}
	done := map[int]string{}
	if there > 0 {
		if done, err = w.migrations(ctx); err != nil {
			return nil, err
		}
	}
	var all []string
	for number, s := range tables {
		if _, ok := done[number]; !ok {
			all = append(all, s.Name)
		}
	}
	return all, nil
}
