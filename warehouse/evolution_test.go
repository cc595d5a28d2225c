package warehouse

import (
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors/billing"
	"mrrsync/internal/lengthy"
)

var keep = flag.Bool("fixture", false, "write the present schema as a fixture")

// TestEveryEarlierSchemaMigrates takes the store of each fixture through the
// migrations it lacks. What comes out is, statement by statement, column by column
// and row by row, a new warehouse that was given the same rows, and nights go on
// from there. After a release: go test ./warehouse -run EveryEarlier -fixture.
func TestEveryEarlierSchemaMigrates(t *testing.T) {
	if *keep {
		writeFixture(t)
	}
	files, err := filepath.Glob(filepath.Join(fixtures, "*.sql"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for i, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".sql")
		t.Run(name, func(t *testing.T) {
			if i > 0 { // the oldest takes every step that the others take
				lengthy.Test(t)
			}
			old, young := options(), options()
			old.Volatile, young.Volatile = true, true
			twin := reopen(t, young)
			runAll(t, twin, inserts(statements(t, name, young.Database)))
			if err := twin.Migrate(t.Context()); err != nil { // what loads of that time lack follows from their rows
				t.Fatal(err)
			}
			runAll(t, twin, statements(t, name, old.Database))
			migrated := reopen(t, old)

			same(t, "the schema", schemaOf(t, migrated), schemaOf(t, twin))
			same(t, "the rows", rowsOf(t, migrated), rowsOf(t, twin))
			same(t, "what views say", viewsOf(t, migrated), viewsOf(t, twin))
			for _, w := range []*Warehouse{migrated, twin} {
				if err := night(t.Context(), w, tiny(day("2026-02-05")), "2026-02-06"); err != nil {
					t.Fatal(err)
				}
			}
			same(t, "the next night", dump(t, migrated), dump(t, twin))
			if got := answer(t, migrated, "SELECT count() FROM "+migrated.schema.DB()+".mrr_movements WHERE movement = 'churn' AND date = '2026-02-05'"); got != "1" {
				t.Errorf("the next night has %s churns", got)
			}
		})
	}
}

// TestSegmentsChange opens a warehouse with other segments: their columns come
// and go, rows stay, and the old list brings the old columns back.
func TestSegmentsChange(t *testing.T) {
	opt := options()
	opt.Volatile, opt.Segments = true, []string{"csm", "tier"}
	w := reopen(t, opt)
	if err := night(t.Context(), w, tiny(billing.Forever), "2026-02-03"); err != nil {
		t.Fatal(err)
	}
	rows, views := rowsOf(t, w), viewsOf(t, w)
	opt.Segments = []string{"tier", "region"}
	other := reopen(t, opt)
	sql := "SELECT arrayStringConcat(groupUniqArray(name), ' ') FROM (SELECT name FROM system.columns WHERE database = '" + opt.Database + "' AND name LIKE 'seg\\_%' ORDER BY name)"
	if got := answer(t, other, sql); !strings.Contains(got, "seg_tier") || !strings.Contains(got, "seg_region") || strings.Contains(got, "seg_csm") {
		t.Errorf("the columns are %s", got)
	}
	if got := answer(t, other, "SELECT DISTINCT seg_tier, seg_region, segments['csm'] FROM "+other.schema.DB()+".mrr_daily WHERE customer_id = 'c1'"); got != "gold\t\tann" {
		t.Errorf("the segments are %q", got)
	}
	same(t, "the rows", rowsOf(t, other), rows)
	opt.Segments = []string{"csm", "tier"}
	same(t, "what views say", viewsOf(t, reopen(t, opt)), views)
}

// runAll runs statements in order.
func runAll(t *testing.T, w *Warehouse, all []string) {
	t.Helper()
	for _, sql := range all {
		if err := w.Conn().Exec(t.Context(), sql); err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("%s: -want +got:\n%s", what, d)
	}
	if len(got) < 1000 {
		t.Errorf("%s: there is hardly any: %q", what, got)
	}
}

// schemaOf is all that the engine knows of tables, views, columns and
// projections, and the migrations.
func schemaOf(t *testing.T, w *Warehouse) string {
	t.Helper()
	of := "database IN ('" + w.schema.Database + "', '" + w.schema.StoreName() + "')"
	text := answer(t, w, "SELECT create_table_query FROM system.tables WHERE "+of+" ORDER BY database, name FORMAT TSVRaw") + "\n" +
		answer(t, w, "SELECT database, table, name, type, position, default_kind, default_expression, comment, compression_codec, is_in_partition_key, is_in_sorting_key, is_in_primary_key FROM system.columns WHERE "+of+" ORDER BY database, table, position FORMAT TSVRaw") + "\n" +
		answer(t, w, "SELECT database, table, name, query FROM system.projections WHERE "+of+" ORDER BY ALL FORMAT TSVRaw") + "\n" +
		answer(t, w, "SELECT * EXCEPT applied_at FROM "+w.table("migrations")+" ORDER BY number FORMAT TSVRaw")
	return strings.ReplaceAll(text, w.schema.Database, "DB")
}

// rowsOf are all rows of all tables but the migrations.
func rowsOf(t *testing.T, w *Warehouse) string {
	t.Helper()
	return contents(t, w, w.schema.StoreName(), "MergeTree")
}

// viewsOf is what all views answer.
func viewsOf(t *testing.T, w *Warehouse) string {
	t.Helper()
	return contents(t, w, w.schema.Database, "View")
}

func contents(t *testing.T, w *Warehouse, database, engine string) string {
	t.Helper()
	var b strings.Builder
	names := answer(t, w, fmt.Sprintf("SELECT name FROM system.tables WHERE database = '%s' AND engine LIKE '%%%s' AND name != 'migrations' ORDER BY name FORMAT TSVRaw", database, engine))
	for _, name := range strings.Fields(names) {
		fmt.Fprintf(&b, "-- %s\n%s\n", name, answer(t, w, "SELECT * FROM "+quote(database)+"."+quote(name)+" ORDER BY ALL FORMAT JSONEachRow"))
	}
	return b.String()
}
