package bi

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"mrrsync/warehouse"
)

// TestAssetsAreCurrent: what is committed is what the views and questions make.
func TestAssetsAreCurrent(t *testing.T) {
	files, err := Assets()
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]bool{}
	for _, f := range files {
		made[filepath.Clean(f.Path)] = true
		if *update {
			if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(f.Path, f.Text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		was, err := os.ReadFile(f.Path)
		if err != nil {
			t.Errorf("%v: run `go test ./warehouse/bi -update`", err)
			continue
		}
		if diff := cmp.Diff(string(was), string(f.Text)); diff != "" {
			t.Errorf("%s is stale, run `go test ./warehouse/bi -update` (-committed +made):\n%s", f.Path, diff)
		}
	}
	// What is no longer made does not stay behind.
	for _, pattern := range []string{"grafana/*.json", "metabase/questions/*", "rill/metrics/*", "rill/dashboards/*", "dbt/models/*.yml"} {
		there, err := filepath.Glob(pattern)
		if err != nil || len(there) == 0 {
			t.Errorf("%s: %v, %v", pattern, there, err)
		}
		for _, f := range there {
			if !made[f] {
				t.Errorf("%s is made from nothing: remove it", f)
			}
		}
	}
}

// TestDefinition: what is read out of the files is what the engine says of the
// views.
func TestDefinition(t *testing.T) {
	views, err := Definition()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, warehouse.Schema{Database: "plain"}, false)
	var got []string
	for _, v := range views {
		got = append(got, v.Name+"\t"+v.Comment)
		for _, c := range v.Columns {
			got = append(got, v.Name+"\t"+c.Name+"\t"+c.Type+"\t"+c.Comment)
		}
	}
	want := strings.Split(strings.TrimSuffix(w.run(`SELECT line FROM
		(
			SELECT name AS view, 0 AS place, concat(name, '\t', comment) AS line FROM system.tables WHERE database = 'plain'
			UNION ALL
			SELECT table, position, concat(table, '\t', name, '\t', type, '\t', comment) FROM system.columns WHERE database = 'plain'
		) ORDER BY view, place`), "\n"), "\n")
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-engine +files):\n%s", diff)
	}
}

// TestGrain: every view has a key, and its rows keep to it.
func TestGrain(t *testing.T) {
	w := &world{t, small}
	views, err := Definition()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		if len(v.Key) == 0 || v.Group == "" {
			t.Errorf("%s: say in definition.go which columns tell its rows apart, and what its file's first digit stands for", v.Name)
			continue
		}
		for _, k := range v.Key {
			if _, ok := v.column(k); !ok {
				t.Errorf("%s has no column %s, which is in its key", v.Name, k)
			}
		}
		key := strings.Join(v.Key, ", ")
		if got := w.run("SELECT count() FROM " + v.Name); got == "0\n" {
			t.Errorf("the small company has nothing in %s", v.Name)
		}
		if got := w.run(fmt.Sprintf("SELECT %s, count() AS n FROM %s GROUP BY %s HAVING n > 1", key, v.Name, key)); got != "" {
			t.Errorf("%s has several rows of one key (%s):\n%s", v.Name, key, got)
		}
		for _, c := range v.Columns {
			if c.Unit == 0 || c.Unit.String() == "" {
				t.Errorf("%s.%s has no unit", v.Name, c.Name)
			}
		}
	}
	for name := range keys() {
		if _, ok := find(views, name); !ok {
			t.Errorf("there is a key of %s, and no such view", name)
		}
	}
}

// TestColours: components have the colours of the reports.
func TestColours(t *testing.T) {
	style, err := os.ReadFile("../../internal/report/chart.css")
	if err != nil {
		t.Fatal(err)
	}
	light, _, _ := strings.Cut(string(style), "@media")
	for name, want := range colours() {
		m := regexp.MustCompile(`--` + name + `: (#[0-9a-f]{6});`).FindStringSubmatch(light)
		if m == nil || m[1] != want {
			t.Errorf("%s is %s here and %v in the reports", name, want, m)
		}
	}
	for i, c := range tones() {
		if want := fmt.Sprintf("--s%d: %s;", i+1, c); !strings.Contains(light, want) {
			t.Errorf("the reports don't say %s", want)
		}
	}
}

// TestQuestionsAreRefused: a question that says too little is not taken.
func TestQuestionsAreRefused(t *testing.T) {
	for _, text := range []string{
		"SELECT 1\n",
		"-- title: A\n-- note: B\n-- chart: pie\n-- columns: a\nSELECT 1 AS a\n",
		"-- title: A\n-- note: B\n-- chart: table\nSELECT 1 AS a\n",
	} {
		if q, err := parseQuestion("x", text); err == nil {
			t.Errorf("%q is taken: %+v", text, q)
		}
	}
	q, err := parseQuestion("x", "-- title: A\n-- note: B\n-- chart: table\n-- columns: a b:share\nSELECT {{nothing}}\n")
	if err != nil || !slices.Equal(q.Columns, []string{"a", "b"}) || !slices.Equal(q.Shares, []string{"b"}) {
		t.Errorf("%+v, %v", q, err)
	}
	if sql, err := q.SQL(Grafana); err == nil {
		t.Errorf("an unknown variable became %s", sql)
	}
}

// TestYAML: every YAML file can be read, and none is empty.
func TestYAML(t *testing.T) {
	for _, pattern := range []string{"rill/*.yaml", "rill/*/*.yaml", "dbt/*.yml", "dbt/models/*.yml", "grafana/provisioning/*/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Errorf("%s: %v, %v", pattern, files, err)
		}
		for _, f := range files {
			var v map[string]any
			if read(t, f, &v); len(v) == 0 {
				t.Errorf("%s says nothing", f)
			}
		}
	}
}

// read reads a YAML file.
func read(t testing.TB, file string, v any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// TestLinks: what the texts point to is there.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	for _, f := range []string{"README.md", "../../docs/views.md"} {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all := link.FindAllStringSubmatch(string(text), -1)
		if len(all) == 0 {
			t.Errorf("%s has no links", f)
		}
		for _, m := range all {
			if _, err := os.Stat(filepath.Join(filepath.Dir(f), m[1])); err != nil {
				t.Errorf("%s: %v", f, err)
			}
		}
	}
}
