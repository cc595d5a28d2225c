package warehouse

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// targets are one schema for each kind of ClickHouse.
var targets = map[string]Schema{
	"embedded": {Target: Embedded, Database: "mrr", Segments: []string{"csm"}},
	"server":   {Target: Server, Database: "mrr", Segments: []string{"csm"}},
	"cluster":  {Target: Cluster, Database: "mrr", Cluster: "main", Segments: []string{"csm"}},
	"cloud":    {Target: Cloud, Database: "mrr", Segments: []string{"csm"}},
}

// TestDDLGolden holds the DDL of every target to its golden file: tables in
// full, of views what depends on the target. After a change of tables or a new
// view: go test ./warehouse -run DDLGolden -update, and read the difference.
func TestDDLGolden(t *testing.T) {
	for name, s := range targets {
		t.Run(name, func(t *testing.T) {
			tables, err := s.Tables()
			if err != nil {
				t.Fatal(err)
			}
			views, err := s.Views()
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range views {
				views[i].SQL = frame(v.SQL)
			}
			golden(t, name+".sql", append(append(s.Databases(), tables...), views...))
			if s.Target == Embedded {
				return
			}
			grants, err := s.Grants()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+"_grants.sql", grants)
		})
	}
}

// frame is a view without its columns and its query.
func frame(sql string) string {
	return regexp.MustCompile(`(?s)\n\(\n.*\n\)\n(SQL SECURITY \w+)\nAS .*\nCOMMENT .*$`).ReplaceAllString(sql, "\n(...)\n$1\nAS ...")
}

// golden compares statements with a file of testdata/ddl.
func golden(t *testing.T, name string, all []Statement) {
	t.Helper()
	var b strings.Builder
	for _, s := range all {
		b.WriteString("-- " + s.Name + "\n" + s.SQL + ";\n\n")
	}
	path := filepath.Join("testdata", "ddl", name)
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); d != "" {
		t.Errorf("%s: -want +got:\n%s", name, d)
	}
}

// TestEveryStatementParses has the engine's parser read all statements of all
// targets, also of names that need quoting, and those of the grants.
func TestEveryStatementParses(t *testing.T) {
	w := fresh(t)
	schemas := map[string]Schema{"odd": {Target: Cluster, Database: "My_mrr", Cluster: "it's `mine`", Segments: []string{"csm", "tier"}}}
	for name, s := range targets {
		schemas[name] = s
	}
	for name, s := range schemas {
		all, err := s.DDL()
		if err != nil {
			t.Fatal(err)
		}
		if s.Target != Embedded {
			grants, err := s.Grants()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, grants...)
		}
		for _, st := range all {
			if err := parses(t, w, st.SQL); err != nil {
				t.Errorf("%s: %s: %v\n%s", name, st.Name, err, st.SQL)
			}
			if (s.Target == Cluster) != strings.Contains(st.SQL, "ON CLUSTER "+quote(s.Cluster)) {
				t.Errorf("%s: %s is made on the wrong nodes:\n%s", name, st.Name, st.SQL)
			}
			if s.Target != Cluster && strings.Contains(st.SQL, "Replicated") {
				t.Errorf("%s: %s is replicated", name, st.Name)
			}
		}
	}
	if err := parses(t, w, "CREATE TABLE x (a Int8) ENGINE MergeTree ORDER a"); err == nil {
		t.Error("the parser takes anything")
	}
}

// parses says whether the engine's parser can read a statement.
func parses(t *testing.T, w *Warehouse, sql string) error {
	t.Helper()
	return w.each(t.Context(), "parse", "SELECT formatQuery({sql:String})", func(scan func(...any) error) error {
		var formatted string
		return scan(&formatted)
	}, named("sql", sql))
}

// TestReadersAreGrantedWhatViewsRead: a reader's statement reads every view with
// the tables that Grants names, and needs them all.
func TestReadersAreGrantedWhatViewsRead(t *testing.T) {
	tables, err := targets["server"].ReadTables()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(tables, " ") + " "
	for _, secret := range []string{"raw_objects", "cursors", "seals", "listings", "migrations", "leases"} {
		if strings.Contains(got, quote(secret)) {
			t.Errorf("readers see %s", secret)
		}
	}
	// What the engine itself reads the views' queries as.
	w := fresh(t)
	var queries []string
	err = w.each(t.Context(), "read views", "SELECT as_select FROM system.tables WHERE engine = 'View' AND database = {db:String}", func(scan func(...any) error) error {
		queries = append(queries, "")
		return scan(&queries[len(queries)-1])
	}, named("db", w.schema.Database))
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]bool{}
	for _, query := range queries {
		err := w.each(t.Context(), "explain", "EXPLAIN AST "+query, func(scan func(...any) error) error {
			var line string
			if err := scan(&line); err != nil {
				return err
			}
			if _, name, ok := strings.Cut(line, "TableIdentifier "+w.schema.StoreName()+"."); ok {
				name, _, _ = strings.Cut(name, " ")
				read[quote(name)] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if want := slices.Sorted(maps.Keys(read)); !slices.Equal(tables, want) {
		t.Errorf("readers are granted %s, views read %s", tables, want)
	}
}

func TestTargetOf(t *testing.T) {
	for _, c := range []struct {
		dsn, cluster string
		want         Target
	}{
		{"chdb://./warehouse", "", Embedded},
		{"clickhouse://u:p@db.internal:9000", "", Server},
		{"https://u:p@db.internal:8443?secure=true", "", Server},
		{"clickhouse://db.internal:9000", "main", Cluster},
		{"https://u:p@abc.eu-central-1.aws.ClickHouse.cloud:8443", "", Cloud},
		{"https://clickhouse.cloud.example:8443", "", Server},
	} {
		if got := TargetOf(c.dsn, c.cluster); got != c.want {
			t.Errorf("%s, cluster %q: target %d, want %d", c.dsn, c.cluster, got, c.want)
		}
	}
}
