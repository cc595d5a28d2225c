package bi

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mrrsync/warehouse"
)

// jinja is what of dbt's language the project uses.
var (
	sourceCall = regexp.MustCompile(`\{\{ source\('mrr', '(\w+)'\) \}\}`)
	refCall    = regexp.MustCompile(`\{\{ ref\('(\w+)'\) \}\}`)
	configCall = regexp.MustCompile(`\{\{ config\([^)]*\) \}\}\n`)
	testBlock  = regexp.MustCompile(`(?s)\{% test (\w+)\(model, columns\) %\}\n(.*)\{% endtest %\}\n?$`)
)

// dbtSQL is a file of the project as dbt would run it: sources are views, a model
// is a subquery with its text. Whatever else of the language is in it is an error.
func dbtSQL(views []View, text string) (string, error) {
	var wrong error
	text = configCall.ReplaceAllString(text, "")
	text = sourceCall.ReplaceAllStringFunc(text, func(m string) string {
		name := sourceCall.FindStringSubmatch(m)[1]
		if _, ok := find(views, name); !ok {
			wrong = fmt.Errorf("there is no source %s", name)
		}
		return name
	})
	text = refCall.ReplaceAllStringFunc(text, func(m string) string {
		files, err := filepath.Glob("dbt/models/*/" + refCall.FindStringSubmatch(m)[1] + ".sql")
		if err != nil || len(files) != 1 {
			wrong = fmt.Errorf("%s names %v, %w", m, files, err)
			return m
		}
		inner, err := os.ReadFile(files[0])
		if err != nil {
			wrong = err
		}
		sql, err := dbtSQL(views, string(inner))
		if err != nil {
			wrong = err
		}
		return "(" + sql + ")"
	})
	if wrong == nil && (strings.Contains(text, "{{") || strings.Contains(text, "{%")) {
		wrong = fmt.Errorf("the test does not know this part of the language: %s", text)
	}
	return text, wrong
}

func (w *world) dbt(views []View, file string) (answer, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return answer{}, err
	}
	sql, err := dbtSQL(views, string(text))
	if err != nil {
		return answer{}, err
	}
	return w.ask(sql)
}

// TestDbtModels runs the models: their columns are those that models.yml
// describes, in order, and their keys hold.
func TestDbtModels(t *testing.T) {
	w := &world{t, small}
	views, err := Definition()
	if err != nil {
		t.Fatal(err)
	}
	var described struct {
		Models []struct {
			Name    string
			Columns []struct{ Name, Description string }
			Tests   []map[string]struct{ Arguments struct{ Columns []string } } `yaml:"data_tests"`
		}
	}
	read(t, "dbt/models/models.yml", &described)
	files, err := filepath.Glob("dbt/models/*/*.sql")
	if err != nil || len(files) != len(described.Models) {
		t.Errorf("%d models, %d of them described, %v", len(files), len(described.Models), err)
	}
	for _, m := range described.Models {
		files, err := filepath.Glob("dbt/models/*/" + m.Name + ".sql")
		if err != nil || len(files) != 1 {
			t.Errorf("%s has the files %v, %v", m.Name, files, err)
			continue
		}
		a, err := w.dbt(views, files[0])
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		var want []string
		for _, c := range m.Columns {
			want = append(want, c.Name)
		}
		if diff := cmp.Diff(want, a.names); diff != "" {
			t.Errorf("%s (-described +of its answer):\n%s", m.Name, diff)
		}
		if len(a.rows) == 0 {
			t.Errorf("%s has nothing of the small company", m.Name)
		}
		for _, test := range m.Tests {
			for name, x := range test {
				if got := w.generic(name, "(SELECT * FROM ("+w.text(views, files[0])+"))", x.Arguments.Columns); got != "" {
					t.Errorf("%s breaks %s: %s", m.Name, name, got)
				}
			}
		}
	}
}

func (w *world) text(views []View, file string) string {
	w.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	sql, err := dbtSQL(views, string(text))
	if err != nil {
		w.t.Fatal(err)
	}
	return sql
}

// generic runs a generic test of the project; the rows that break it are the
// answer.
func (w *world) generic(name, of string, columns []string) string {
	w.t.Helper()
	text, err := os.ReadFile("dbt/tests/generic/" + name + ".sql")
	if err != nil {
		w.t.Fatal(err)
	}
	m := testBlock.FindStringSubmatch(string(text))
	if m == nil || m[1] != name {
		w.t.Fatalf("dbt/tests/generic/%s.sql is no test of that name", name)
	}
	sql := strings.NewReplacer("{{ model }}", of, "{{ columns | join(', ') }}", strings.Join(columns, ", ")).Replace(m[2])
	return w.run(sql)
}

// TestDbtTests runs the project's tests on the small company: they pass, but for
// the one that warns of its reject.
func TestDbtTests(t *testing.T) {
	w := newWorld(t, warehouse.Schema{Database: "spoilt", Segments: []string{"csm"}}, true)
	views, err := Definition()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("dbt/tests/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		a, err := w.dbt(views, f)
		if err != nil {
			t.Errorf("%s: %v", f, err)
		}
		if want := strings.Contains(f, "rejected"); (len(a.rows) > 0) != want {
			t.Errorf("%s answers %v", f, a.rows)
		}
	}
	// And they can fail.
	w.exec("INSERT INTO " + w.schema.Store() + ".completeness (run, source, stream, seq, listed, landed, missing) VALUES (8, 'main', 'invoices', 1, 5, 4, 1)")
	if a, err := w.dbt(views, "dbt/tests/nothing_is_missing.sql"); err != nil || len(a.rows) != 1 {
		t.Errorf("what is missing is not told: %v, %v", a.rows, err)
	}
	w.exec("INSERT INTO " + w.schema.Store() + ".day_totals (load_id, date, currency, new_mrr, movements) VALUES (3, '2026-03-20', 'USD', 1, 1)")
	if a, err := w.dbt(views, "dbt/tests/days_add_up.sql"); err != nil || len(a.rows) == 0 {
		t.Errorf("days that don't add up are not told: %v, %v", a.rows, err)
	}
}

// TestDbtSources: every view is there with all its columns, its key holds, and its
// listed values are those that it has.
func TestDbtSources(t *testing.T) {
	w := &world{t, small}
	views, err := Definition()
	if err != nil {
		t.Fatal(err)
	}
	type tests []map[string]struct {
		Arguments struct{ Columns, Values []string }
	}
	var described struct {
		Sources []struct {
			Name   string
			Tables []struct {
				Name, Description string
				Config            struct {
					LoadedAt string `yaml:"loaded_at_field"`
				}
				Tests   tests `yaml:"data_tests"`
				Columns []struct {
					Name, Description string
					Tests             tests `yaml:"data_tests"`
				}
			}
		}
	}
	read(t, "dbt/models/sources.yml", &described)
	tables := described.Sources[0].Tables
	if len(tables) != len(views) {
		t.Errorf("%d sources, %d views", len(tables), len(views))
	}
	for _, table := range tables {
		for _, test := range table.Tests {
			for name, x := range test {
				if got := w.generic(name, table.Name, x.Arguments.Columns); got != "" {
					t.Errorf("%s breaks %s: %s", table.Name, name, got)
				}
			}
		}
		if f := table.Config.LoadedAt; f != "" {
			if got := w.run("SELECT max(" + f + ") FROM " + table.Name); got != "2026-04-11 02:00:09.000000\n" {
				t.Errorf("%s was loaded at %s", table.Name, got)
			}
		}
		for _, c := range table.Columns {
			if c.Description == "" {
				t.Errorf("%s.%s says nothing", table.Name, c.Name)
			}
			for _, test := range c.Tests {
				all := "'" + strings.Join(test["accepted_values"].Arguments.Values, "', '") + "'"
				if got := w.run("SELECT DISTINCT " + c.Name + " FROM " + table.Name + " WHERE toString(" + c.Name + ") NOT IN (" + all + ")"); got != "" {
					t.Errorf("%s.%s is %s, not one of %s", table.Name, c.Name, got, all)
				}
			}
		}
	}
}

// TestDbtMetrics runs every measure over its model, and looks that metrics name
// what there is.
func TestDbtMetrics(t *testing.T) {
	w := &world{t, small}
	views, err := Definition()
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Models []struct {
			Name, Model string
			Dimensions  []struct{ Name string }
			Measures    []struct {
				Name, Agg, Expr string
				Level           struct{ Name string } `yaml:"non_additive_dimension"`
			}
		} `yaml:"semantic_models"`
		Metrics []struct {
			Name, Type string
			Params     struct {
				Measure, Numerator, Denominator string
				Metrics                         []struct{ Name string }
			} `yaml:"type_params"`
		}
	}
	read(t, "dbt/models/metrics.yml", &d)
	figures, measures := map[string]string{}, map[string]bool{}
	for _, s := range d.Models {
		from, err := dbtSQL(views, "{{ "+s.Model+" }}")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, x := range s.Dimensions {
			names = append(names, x.Name)
		}
		w.run("SELECT " + strings.Join(names, ", ") + " FROM " + from)
		for _, m := range s.Measures {
			measures[m.Name] = true
			agg := map[string]string{"sum": "sum(%s)", "count_distinct": "count(DISTINCT %s)"}[m.Agg]
			where := ""
			if m.Level.Name != "" {
				where = " WHERE " + m.Level.Name + " = (SELECT max(" + m.Level.Name + ") FROM " + from + ")"
			}
			figures[m.Name] = strings.TrimSpace(w.run("SELECT " + fmt.Sprintf(agg, m.Expr) + " FROM " + from + where))
		}
	}
	known := map[string]bool{}
	for _, m := range d.Metrics {
		known[m.Name] = true
	}
	for _, m := range d.Metrics {
		needs := []string{m.Params.Numerator, m.Params.Denominator}
		for _, x := range m.Params.Metrics {
			needs = append(needs, x.Name)
		}
		for _, n := range needs {
			if n != "" && !known[n] {
				t.Errorf("metric %s needs %s, which there is not", m.Name, n)
			}
		}
		if m.Type == "simple" && !measures[m.Params.Measure] {
			t.Errorf("metric %s measures %s, which there is not", m.Name, m.Params.Measure)
		}
	}
	want := map[string]string{
		"new_mrr": "762.95", "expansion_mrr": "30", "reactivation_mrr": "300", "contraction_mrr": "30", "churned_mrr": "400", "net_new_mrr": "662.95",
		"gained_mrr": "1092.95", "lost_mrr": "430", "accounts_moved": "5", "mrr": "662.95", "customers": "5",
	}
	if diff := cmp.Diff(want, figures); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
}
