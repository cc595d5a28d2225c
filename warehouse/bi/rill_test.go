package bi

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// metricsView is a metrics view of Rill as it reads it.
type metricsView struct {
	Type, Table, Connector, Timeseries string
	Grain                              string `yaml:"smallest_time_grain"`
	Dimensions                         []struct{ Name, Column, Description string }
	Measures                           []struct{ Name, Expression, Description string }
}

func readMetrics(t testing.TB) map[string]metricsView {
	t.Helper()
	files, err := filepath.Glob("rill/metrics/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	all := map[string]metricsView{}
	for _, f := range files {
		var m metricsView
		read(t, f, &m)
		all[strings.TrimSuffix(filepath.Base(f), ".yaml")] = m
	}
	return all
}

// measured is the list of all measures, as Rill selects them.
func (m metricsView) measured() string {
	var all []string
	for _, x := range m.Measures {
		all = append(all, "("+x.Expression+") AS \""+x.Name+"\"")
	}
	return strings.Join(all, ", ")
}

// TestRill runs each metrics view as Rill does: the measures over all, over time,
// and by each dimension.
func TestRill(t *testing.T) {
	w := &world{t, small}
	for name, m := range readMetrics(t) {
		if m.Type != "metrics_view" || m.Connector != "clickhouse" || len(m.Measures) == 0 {
			t.Errorf("%s: %+v", name, m)
		}
		statements := []string{
			"SELECT " + m.measured() + " FROM \"" + m.Table + "\"",
			"SELECT date_trunc('" + m.Grain + "', \"" + m.Timeseries + "\") AS ts, " + m.measured() + " FROM \"" + m.Table + "\" WHERE \"" + m.Timeseries + "\" >= '2026-02-01' GROUP BY ts ORDER BY ts",
		}
		var names, by []string
		for _, d := range m.Dimensions {
			names, by = append(names, `("`+d.Column+`") AS "`+d.Name+`"`), append(by, `"`+d.Name+`"`)
			if d.Description == "" {
				t.Errorf("%s: dimension %s says nothing", name, d.Name)
			}
		}
		statements = append(statements, "SELECT "+strings.Join(names, ", ")+", "+m.measured()+` FROM "`+m.Table+`" GROUP BY `+strings.Join(by, ", ")+` ORDER BY "`+m.Measures[0].Name+`" DESC NULLS LAST LIMIT 250`)
		for _, sql := range statements {
			a, err := w.ask(sql)
			if err != nil {
				t.Errorf("%s: %v\n%s", name, err, sql)
			} else if len(a.rows) == 0 {
				t.Errorf("%s: no rows\n%s", name, sql)
			}
		}
	}
}

// TestRillAddsUp: over any months the measures close, and they are what the
// waterfall says; amounts of several currencies or segments are not added up.
func TestRillAddsUp(t *testing.T) {
	w := &world{t, small}
	all := readMetrics(t)
	for name, where := range map[string]string{"mrr": "currency = 'USD'", "segments": "currency = 'USD' AND segment = 'csm'"} {
		m := all[name]
		for _, months := range []string{"month >= '2026-01-01'", "month BETWEEN '2026-02-01' AND '2026-03-01'", "month = '2026-03-01'"} {
			got := w.run("SELECT starting, new, expansion, reactivation, contraction, churned, ending FROM (SELECT " + m.measured() + " FROM " + m.Table + " WHERE " + where + " AND " + months + ")")
			want := w.run("SELECT argMin(starting_mrr, month), sum(new_mrr), sum(expansion_mrr), sum(reactivation_mrr), sum(contraction_mrr), sum(churned_mrr), argMax(ending_mrr, month) FROM mrr_waterfall_monthly WHERE currency = 'USD' AND " + months)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s (-waterfall +measures):\n%s", name, months, diff)
			}
		}
		// Of each plan or value, too.
		key := map[string]string{"mrr": "plan_id", "segments": "value"}[name]
		open := w.run("SELECT count() FROM (SELECT " + m.measured() + " FROM " + m.Table + " WHERE " + where + " GROUP BY " + key + ") WHERE starting + net_new + transfer != ending")
		if open != "0\n" {
			t.Errorf("%s: %s lines do not close", name, open)
		}
		if got := w.run("SELECT ending IS NULL FROM (SELECT " + m.measured() + " FROM " + m.Table + ")"); got != "1\n" {
			t.Errorf("%s adds up currencies: %s", name, got)
		}
	}
	if got := w.run("SELECT ending IS NULL FROM (SELECT " + all["segments"].measured() + " FROM mrr_by_segment_monthly WHERE currency = 'USD')"); got != "1\n" {
		t.Errorf("segments adds up segments: %s", got)
	}
}

// TestRillDashboards: each shows what its metrics view has.
func TestRillDashboards(t *testing.T) {
	all := readMetrics(t)
	files, err := filepath.Glob("rill/dashboards/*.yaml")
	if err != nil || len(files) != len(all) {
		t.Fatalf("%d dashboards for %d metrics views, %v", len(files), len(all), err)
	}
	for _, f := range files {
		var d struct {
			Type     string
			Metrics  string `yaml:"metrics_view"`
			Defaults struct{ Measures, Dimensions []string }
		}
		read(t, f, &d)
		m, ok := all[d.Metrics]
		if !ok || d.Type != "explore" {
			t.Errorf("%s: %+v", f, d)
			continue
		}
		has := map[string]bool{}
		for _, x := range m.Measures {
			has[x.Name] = true
		}
		for _, x := range m.Dimensions {
			has[x.Name] = true
		}
		for _, name := range append(d.Defaults.Measures, d.Defaults.Dimensions...) {
			if !has[name] {
				t.Errorf("%s shows %s, which %s does not have", f, name, d.Metrics)
			}
		}
	}
}
