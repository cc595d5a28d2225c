package warehouse

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mrrsync/connectors/billing"
)

// fixtures hold stores of earlier schemas: testdata/schema/NNNN.sql is what the
// mrrsync whose last migration was NNNN made of two nights.
const fixtures = "testdata/schema"

// split ends a statement of a fixture.
const split = ";\n\n"

// tiny is a company of few days, so that a fixture can be read.
func tiny(until billing.Date) *world {
	return &world{customers: map[CustomerKey]*person{
		{"main", "c1"}: {account: "main/c1", tier: "gold", items: []thing{{"s1", "i1", "USD", []step{
			{from: day("2026-01-28"), until: day("2026-02-02"), mrr: "10"}, {from: day("2026-02-02"), until: until, mrr: "15.5"},
		}}}, lines: []bill{{"in_1", day("2026-01-28"), "10"}}},
		{"main", "c2"}: {account: "main/c2", items: []thing{{"s2", "i2", "EUR", []step{
			{from: day("2026-01-30"), until: day("2026-02-01"), mrr: "100"}, {from: day("2026-02-10"), until: billing.Forever, mrr: "3", scheduled: true},
		}}}, rejects: []string{"it's odd"}},
	}}
}

// writeFixture writes the store of the present schema.
func writeFixture(t *testing.T) {
	t.Helper()
	w := fresh(t)
	for _, through := range []string{"2026-02-03", "2026-02-04"} {
		if err := night(t.Context(), w, tiny(billing.Forever), through); err != nil {
			t.Fatal(err)
		}
	}
	ddl, err := w.schema.DDL()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, s := range ddl {
		b.WriteString("-- " + s.Name + "\n" + s.SQL + split)
	}
	var last string
	tables, err := w.schema.Tables()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range tables {
		last, _, _ = strings.Cut(s.Name, "_")
		_, name, _ := strings.Cut(s.Name, "_")
		if strings.HasPrefix(s.SQL, "CREATE") && name != "leases" { // who ran this test is nobody's business
			writeRows(t, w, &b, name)
		}
	}
	names := strings.NewReplacer(w.schema.Store(), "`mrr_store`", w.schema.DB(), "`mrr`")
	if err := os.WriteFile(filepath.Join(fixtures, last+".sql"), []byte(names.Replace(b.String())), 0o644); err != nil {
		t.Fatal(err)
	}
}

// writeRows writes the rows of a table as one INSERT, a row a line.
func writeRows(t *testing.T, w *Warehouse, b *strings.Builder, table string) {
	t.Helper()
	var columns []string
	err := w.each(t.Context(), "read columns", "SELECT name FROM system.columns WHERE database = {db:String} AND table = {table:String} ORDER BY position",
		func(scan func(...any) error) error {
			columns = append(columns, "")
			return scan(&columns[len(columns)-1])
		}, named("db", w.schema.StoreName()), named("table", table))
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for {
		var row strings.Builder
		sql := fmt.Sprintf("SELECT * FROM %s ORDER BY ALL LIMIT 1 OFFSET %d", w.table(table), len(rows))
		if err := w.Format(context.Background(), &row, sql, "Values"); err != nil {
			t.Fatal(err)
		}
		if row.Len() == 0 {
			break
		}
		rows = append(rows, strings.TrimSpace(row.String()))
	}
	if len(rows) > 0 {
		fmt.Fprintf(b, "INSERT INTO %s (%s) VALUES\n%s%s", w.table(table), strings.Join(columns, ", "), strings.Join(rows, ",\n"), split)
	}
}

// statements are those of a fixture, for a database; its tables do not wait for
// the disk.
func statements(t *testing.T, name, database string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures, name+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	sql := strings.NewReplacer("`mrr_store`", quote(database+"_store"), "`mrr`", quote(database), "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1\n", "\n").Replace(string(text))
	return strings.Split(strings.TrimSuffix(sql, split), split)
}

// inserts are the statements of a fixture that bring rows of a run, not the record
// of its migrations.
func inserts(all []string) []string {
	var rows []string
	for _, s := range all {
		if strings.HasPrefix(s, "INSERT") && !regexp.MustCompile("^INSERT INTO [^ ]*`migrations`").MatchString(s) {
			rows = append(rows, s)
		}
	}
	return rows
}
