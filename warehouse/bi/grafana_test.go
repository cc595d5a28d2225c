package bi

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dashboard is what the tests read of a dashboard.
type dashboard struct {
	UID, Title string
	Templating struct {
		List []struct {
			Name, Type, Query string
			Multi, IncludeAll bool
		}
	}
	Panels []panel
}

type panel struct {
	ID          int
	Type, Title string
	Description string
	GridPos     struct{ X, Y, W, H int }
	Targets     []struct {
		RawSQL, QueryType string
		Format            int
		Datasource        struct{ Type, UID string }
	}
	FieldConfig struct {
		Overrides []struct {
			Matcher struct{ ID, Options string }
		}
	}
	Panels []panel
}

func readDashboard(t *testing.T) (dashboard, []panel) {
	t.Helper()
	text, err := os.ReadFile("grafana/mrr.json")
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	var all []panel
	for _, p := range d.Panels {
		all = append(append(all, p), p.Panels...)
	}
	return d, all
}

// choice is what somebody has chosen in a dashboard's drop-downs: the values of
// each variable, and the range.
type choice struct {
	values   map[string][]string // several for a multi-value variable; [$__all] for All
	from, to int64               // seconds since 1970
}

var (
	formatted = regexp.MustCompile(`\$\{(\w+):singlequote\}`)
	leftOver  = regexp.MustCompile(`\$(__)?\w+|\$\{`)
)

// grafanaSQL replaces macros and variables as the ClickHouse data source
// documents it: first $__conditionalAll, then variables, then the other macros.
func grafanaSQL(sql string, c choice) (string, error) {
	const macro = "$__conditionalAll("
	for at := strings.LastIndex(sql, macro); at >= 0; at = strings.LastIndex(sql, macro) {
		depth, comma, end := 1, -1, -1
		for i := at + len(macro); i < len(sql) && end < 0; i++ {
			switch {
			case sql[i] == '(':
				depth++
			case sql[i] == ')':
				if depth--; depth == 0 {
					end = i
				}
			case sql[i] == ',' && depth == 1:
				comma = i
			}
		}
		if end < 0 || comma < 0 {
			return "", fmt.Errorf("$__conditionalAll has no two arguments: %s", sql[at:])
		}
		condition, variable := sql[at+len(macro):comma], strings.TrimSpace(sql[comma+1:end])
		chosen, known := c.values[strings.TrimPrefix(variable, "$")]
		if !known {
			return "", fmt.Errorf("$__conditionalAll names %s, which is no plain variable", variable)
		}
		if joined := strings.Join(chosen, ","); joined == "" || joined == "$__all" {
			condition = "1=1"
		}
		sql = sql[:at] + condition + sql[end+1:]
	}
	var unknown error
	sql = formatted.ReplaceAllStringFunc(sql, func(m string) string {
		chosen, known := c.values[formatted.FindStringSubmatch(m)[1]]
		if !known {
			unknown = fmt.Errorf("there is no variable %s", m)
		}
		quoted := []string{}
		for _, v := range chosen {
			quoted = append(quoted, "'"+strings.ReplaceAll(v, "'", `\'`)+"'")
		}
		return strings.Join(quoted, ",")
	})
	if unknown != nil {
		return "", unknown
	}
	sql = strings.NewReplacer("$__fromTime", fmt.Sprintf("toDateTime(%d)", c.from), "$__toTime", fmt.Sprintf("toDateTime(%d)", c.to)).Replace(sql)
	if rest := leftOver.FindString(sql); rest != "" {
		return "", fmt.Errorf("%s is neither a variable nor a macro", rest)
	}
	return sql, nil
}

// choices are some of what can be chosen.
func choices() map[string]choice {
	all := []string{"$__all"}
	const january, april = 1767225600, 1777593599 // 2026-01-01 to 2026-04-30
	return map[string]choice{
		"everything":       {map[string][]string{"currency": {"reporting"}, "source": all, "segment": {"csm"}, "value": all}, january, april},
		"several values":   {map[string][]string{"currency": {"USD"}, "source": {"main", "emea"}, "segment": {"csm"}, "value": {"ada", "(none)"}}, january, april},
		"odd words, a day": {map[string][]string{"currency": {"o'x"}, "source": {"it's"}, "segment": {"a'b"}, "value": {`c'd`}}, january + 40*86400, january + 41*86400},
		"nothing is there": {map[string][]string{"currency": {""}, "source": all, "segment": {""}, "value": all}, january, april},
	}
}

// TestGrafana runs every statement of the dashboard as Grafana would.
func TestGrafana(t *testing.T) {
	full, empty := &world{t, small}, &world{t, empty}
	questions, err := Questions()
	if err != nil {
		t.Fatal(err)
	}
	d, panels := readDashboard(t)
	for name, c := range choices() {
		w := full
		if name == "nothing is there" {
			w = empty
		}
		for _, v := range d.Templating.List {
			if v.Type == "query" {
				w.check("variable "+v.Name, v.Query, c, nil, name == "everything")
			}
		}
		for _, p := range panels {
			for _, target := range p.Targets {
				i := slices.IndexFunc(questions, func(q Question) bool { return q.Title == p.Title })
				want := slices.Clone(questions[i].Columns)
				if questions[i].Chart.timed() {
					want[0] = "time"
				}
				a := w.check(name+": "+p.Title, target.RawSQL, c, want, name == "everything")
				if want[0] == "time" && len(a.types) > 0 && !strings.HasPrefix(a.types[0], "DateTime") {
					t.Errorf("%s: time is a %s", p.Title, a.types[0])
				}
				if w == empty && len(a.rows) > 0 {
					t.Errorf("%s shows %v of an empty warehouse", p.Title, a.rows)
				}
			}
		}
	}
}

// check runs a statement of Grafana's: it must answer the columns, and rows if
// some are expected.
func (w *world) check(what, text string, c choice, columns []string, rows bool) answer {
	w.t.Helper()
	sql, err := grafanaSQL(text, c)
	if err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
	a, err := w.ask(sql)
	if err != nil {
		w.t.Errorf("%s: %v\n%s", what, err, sql)
		return answer{}
	}
	if diff := cmp.Diff(columns, a.names); columns != nil && diff != "" {
		w.t.Errorf("%s (-columns it declares +of its answer):\n%s", what, diff)
	}
	if rows && len(a.rows) == 0 {
		w.t.Errorf("%s: nothing of the small company\n%s", what, sql)
	}
	return a
}

// TestGrafanaShape: what Grafana would stumble over when it imports.
func TestGrafanaShape(t *testing.T) {
	d, panels := readDashboard(t)
	if d.UID == "" || d.Title == "" {
		t.Error("the dashboard has no uid or no title")
	}
	questions, err := Questions()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	ids := map[int]bool{}
	for i, p := range panels {
		if ids[p.ID] || p.ID == 0 {
			t.Errorf("%s has the id %d, as another", p.Title, p.ID)
		}
		ids[p.ID], shown[p.Title] = true, true
		if g := p.GridPos; g.X < 0 || g.W <= 0 || g.H <= 0 || g.X+g.W > 24 {
			t.Errorf("%s stands beyond the grid: %+v", p.Title, g)
		}
		for _, o := range panels[:i] {
			a, b := p.GridPos, o.GridPos
			if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("%s lies over %s", p.Title, o.Title)
			}
		}
		if p.Type == "row" {
			continue
		}
		if len(p.Targets) != 1 || p.Description == "" {
			t.Errorf("%s has %d targets and says %q", p.Title, len(p.Targets), p.Description)
			continue
		}
		target := p.Targets[0]
		if target.Datasource.Type != "grafana-clickhouse-datasource" || target.Datasource.UID != "${datasource}" {
			t.Errorf("%s asks %+v", p.Title, target.Datasource)
		}
		if want := map[string]int{"timeseries": 0, "table": 1}; want[target.QueryType] != target.Format {
			t.Errorf("%s: query type %s goes with format %d, not %d", p.Title, target.QueryType, want[target.QueryType], target.Format)
		}
	}
	for _, q := range questions {
		if !shown[q.Title] {
			t.Errorf("no panel shows %q", q.Title)
		}
	}
}

// TestMovementsAreTheWaterfall: the panels that add up movements row by row say
// what those say that read the waterfalls, and these close.
func TestMovementsAreTheWaterfall(t *testing.T) {
	w := &world{t, small}
	sql := func(name, currency string) string {
		text, err := questionOf(t, name).SQL(Grafana)
		if err != nil {
			t.Fatal(err)
		}
		c := choices()["everything"]
		c.values["currency"] = []string{currency}
		done, err := grafanaSQL(text, c)
		if err != nil {
			t.Fatal(err)
		}
		return "(" + done + ")"
	}
	for _, currency := range []string{"USD", "EUR", "JPY", "reporting"} {
		const parts = "time, new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr"
		flow := sql("11_mrr_breakdown", currency)
		shown := w.run("SELECT " + parts + " FROM " + flow)
		for line := range strings.Lines(w.run("SELECT " + parts + " FROM " + sql("12_movements", currency))) {
			if !strings.Contains(shown, line) { // months without movements are in the waterfall alone
				t.Errorf("%s: %q is not in the waterfall:\n%s", currency, line, shown)
			}
		}
		open := "countIf(starting_mrr + new_mrr + expansion_mrr + reactivation_mrr + contraction_mrr + churned_mrr + fx_adjustment != ending_mrr)"
		if got := w.run("SELECT " + open + ", count() >= 2 FROM " + flow); got != "0\t1\n" {
			t.Errorf("%s: the breakdown does not close: %s", currency, got)
		}
	}
}

func questionOf(t testing.TB, name string) Question {
	t.Helper()
	questions, err := Questions()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(questions, func(q Question) bool { return q.Name == name })
	if i < 0 {
		t.Fatalf("there is no question %s", name)
	}
	return questions[i]
}
