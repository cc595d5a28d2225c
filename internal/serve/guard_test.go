package serve

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mrrsync/warehouse"
	"mrrsync/warehouse/chdb"
)

func openGuard(t testing.TB) *guard {
	t.Helper()
	db, err := chdb.Open(t.Context(), chdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	g, err := newGuard(t.Context(), db, "mrr")
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestListsKnowTheEngine holds the lists against the engine: a name that is not
// there is a slip, and what reaches out must not have got in.
func TestListsKnowTheEngine(t *testing.T) {
	g := openGuard(t)
	all := func(sql string) []string {
		t.Helper()
		text, err := g.ask(t.Context(), sql, nil)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(text)
	}
	functions := all("SELECT name FROM system.functions UNION ALL SELECT name FROM system.table_functions")
	var listed []string
	for line := range strings.Lines(functionList) {
		if !strings.HasPrefix(line, "#") {
			listed = append(listed, strings.Fields(line)...)
		}
	}
	for _, name := range append(listed, tableFunctions...) {
		if !slices.Contains(functions, name) {
			t.Errorf("the engine has no function %s", name)
		}
	}
	outputs := setOf(strings.Join(all("SELECT name FROM system.formats WHERE is_output"), " "))
	for name := range formats {
		if !outputs[name] {
			t.Errorf("the engine has no format %s", name)
		}
	}
	known := setOf(strings.Join(all("SELECT name FROM system.settings UNION ALL SELECT name FROM system.merge_tree_settings"), " "))
	for _, list := range []map[string]bool{passed, written, stored} {
		for name := range list {
			if !known[name] {
				t.Errorf("the engine has no setting %s", name)
			}
		}
	}
	for _, name := range []string{
		"file", "url", "s3", "executable", "remote", "cluster", "mysql", "postgresql", "mongodb", "redis", "sqlite", "odbc", "jdbc", "hdfs", "eval", "input",
		"merge", "dictionary", "dictGet", "joinGet", "sleep", "sleepEachRow", "hasColumnInTable", "catboostEvaluate", "showCertificate", "getServerSetting",
		"aiGenerate", "aiEmbed", "filesystem", "loop", "mergeTreeIndex", "formatRow", "formatQuery", "fuzzQuery", "addressToLine", "regionToName", "format",
	} {
		if name == "format" {
			continue // the scalar one writes text; the table function of that name is refused by the engine
		}
		if !slices.Contains(functions, name) {
			t.Errorf("the engine has no function %s any more: what is it called now?", name)
		}
		if g.allowed[strings.ToLower(name)] {
			t.Errorf("%s got in", name)
		}
	}
	for name := range keywords {
		if g.refused[name] || g.outlawed[name] {
			t.Errorf("the keyword %s is also a function that is refused", name)
		}
	}
}

// TestNoColumnIsRefused lets people write the columns of the views as they are.
func TestNoColumnIsRefused(t *testing.T) {
	g := openGuard(t)
	s := warehouse.Schema{Target: warehouse.Embedded, Database: "mrr", Segments: []string{"csm", "tier", "country", "source", "version"}}
	views, err := s.Views()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, v := range views {
		head, _, _ := strings.Cut(v.SQL, "\n)")
		_, columns, _ := strings.Cut(head, "\n(\n")
		for line := range strings.Lines(columns) {
			name := strings.Trim(strings.Fields(line)[0], "`")
			n++
			if g.refused[strings.ToLower(name)] {
				t.Errorf("%s: the column %s has the name of a function that is refused", v.Name, name)
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d columns were found", n)
	}
}

func TestTokens(t *testing.T) {
	got := ""
	for _, tok := range tokens("SELECT `a``b`, 'it\\'s ''x''', {p:Enum8('}' = 1)}, file('x'), (arr[1]).2, é") {
		got += fmt.Sprintf("%d:%s ", tok.kind, tok.text)
	}
	want := "1:SELECT 2:a`b 6:, 4:it's 'x' 6:, 5:p 6:, 1:file 6:( 4:x 6:) 6:, 6:( 1:arr 6:[ 3:1 6:] 6:) 6:. 3:2 6:, 1:é "
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// FuzzVet lets nothing through that the engine would take for more than the
// guard saw: whatever the text, a statement that is let through and calls file
// is a hole. Strings and quoted names are where one would hide.
func FuzzVet(f *testing.F) {
	for _, s := range []string{
		"SELECT 1", "SELECT 'a' || file('x')", "SELECT `file`('x')", "SELECT 1 /* ' */, file('x') -- '", "SELECT $$ ' $$, file('x')",
		"SELECT 'a\\' , file(\\'x\\')'", "SELECT {a:String}, file('x')", "SELECT \"a\"\"b\", file('x')", "SELECT '''', file('x'), ''''",
		"WITH `a'` AS (SELECT 1) SELECT file('x'), '`'", "SELECT x'27', file('x'), '", "SELECT '{', file('x'), '}'", "SELECT `{`, file('x'), `}`",
		"SELECT map('{', 1), file('x') AS `}`", "SELECT 1 AS `a\\`, file('x'), `b`", "SELECT arrayMap(file, ['x'])", "SELECT * APPLY file FROM t",
	} {
		f.Add(s)
	}
	g := openGuard(f)
	reader := user{"bi", Reader}
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) > 500 {
			return
		}
		if _, err := g.vet(t.Context(), reader, chdb.Statement{SQL: sql, Database: "mrr"}); err != nil {
			return
		}
		// The parser's tree shows functions in most places. It is not asked by the
		// guard, so that it can judge it.
		tree, err := g.ask(t.Context(), "SELECT * FROM (EXPLAIN AST "+strings.TrimRight(sql, "; \t\r\n")+"\n)", nil)
		if err == nil && (strings.Contains(tree, "Function file ") || strings.Contains(tree, "Function url ")) {
			t.Errorf("let through: %q\n%s", sql, tree)
		}
	})
}

// TestOurOwnQuestions lets through what our views are made of and what we ship
// for BI tools: nobody there must stumble over the lists.
func TestOurOwnQuestions(t *testing.T) {
	g := openGuard(t)
	reader := user{"bi", Reader}
	all := map[string]string{}
	s := warehouse.Schema{Target: warehouse.Embedded, Database: "mrr", Segments: []string{"csm"}}
	views, err := s.Views()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		_, body, _ := strings.Cut(v.SQL, "\nAS ")
		end := strings.LastIndex(body, "\nCOMMENT '")
		// Its settings belong to the view; the store is not what is asked about here.
		body = regexp.MustCompile(`\nSETTINGS [^\n]*`).ReplaceAllString(body[:max(end, 0)], "")
		all["view "+v.Name] = strings.ReplaceAll(body, s.Store()+".", "`mrr`.")
	}
	files, err := filepath.Glob("../../warehouse/bi/questions/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d questions, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "{{range") {
			continue // columns that only its renderer knows
		}
		all[filepath.Base(file)] = regexp.MustCompile(`\{\{[^}]*\}\}`).ReplaceAllString(string(text), "1")
	}
	for name, sql := range all {
		if _, err := g.vet(t.Context(), reader, chdb.Statement{SQL: sql, Database: "mrr"}); err != nil {
			t.Errorf("%s: %v\n%s", name, err, sql)
		}
	}
}
