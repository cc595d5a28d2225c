package bi

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"mrrsync/warehouse"
	"mrrsync/warehouse/chdb"
)

var update = flag.Bool("update", false, "write the assets anew")

// engine is the one engine of this test binary.
var engine *chdb.DB

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "bi")
	if err == nil {
		engine, err = chdb.Open(context.Background(), chdb.Config{Path: dir})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = engine.Close(context.Background()) // what it could say is no longer of use
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// A world is a warehouse with the small company of testdata/world.sql in it, or
// an empty one.
type world struct {
	t      testing.TB
	schema warehouse.Schema
}

func newWorld(t testing.TB, database string, filled bool) *world {
	t.Helper()
	w := newStore(t, warehouse.Schema{Target: warehouse.Embedded, Database: database, Volatile: true, Segments: []string{"csm", "tier"}})
	if !filled {
		return w
	}
	text, err := os.ReadFile("testdata/world.sql")
	if err != nil {
		t.Fatal(err)
	}
	for s := range strings.SplitSeq(string(text), ";\n") {
		if strings.TrimSpace(s) != "" {
			w.run(strings.ReplaceAll(s, "STORE", w.schema.Store()), "Null")
		}
	}
	return w
}

// newStore makes the tables and views of a schema.
func newStore(t testing.TB, schema warehouse.Schema) *world {
	t.Helper()
	ddl, err := schema.DDL()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range ddl {
		if err := engine.Query(t.Context(), s.SQL, "Null", nil, nil); err != nil {
			t.Fatalf("%s: %v", s.Name, err)
		}
	}
	return &world{t, schema}
}

// run runs a statement, in which names without a database are views.
func (w *world) run(sql, format string) string {
	w.t.Helper()
	text, err := w.try(sql, format)
	if err != nil {
		w.t.Fatalf("%s\n%v", sql, err)
	}
	return text
}

func (w *world) try(sql, format string) (string, error) {
	var b bytes.Buffer
	_, err := engine.Run(w.t.Context(), chdb.Statement{SQL: sql, Format: format, Database: w.schema.Database}, &b)
	return b.String(), err
}

// An answer is what a statement gave: the names and types of its columns, and
// its rows as text.
type answer struct {
	names, types []string
	rows         [][]string
}

func (w *world) ask(sql string) (answer, error) {
	text, err := w.try(sql, "TSVWithNamesAndTypes")
	if err != nil {
		return answer{}, err
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	a := answer{names: strings.Split(lines[0], "\t"), types: strings.Split(lines[1], "\t")}
	for _, l := range lines[2:] {
		a.rows = append(a.rows, strings.Split(l, "\t"))
	}
	return a, nil
}
