package bi

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"
)

//go:embed questions/*.sql
var questionFiles embed.FS

// A Question is one thing to ask the views: a statement, and how to draw its
// answer. Its file in questions/ is a text/template, so that each tool gets its
// own variables in it:
//
//	{{time "month"}}            the column of time, as the tool's charts want it
//	{{months "m"}} {{days "d"}} a condition: m, d lies in the range chosen on the dashboard
//	{{currency}}                the chosen currency, or 'reporting' for all in the reporting one
//	{{source}}                  a condition on the column source
//	{{segment}}                 the chosen segment's name
//	{{value "s.value"}}         a condition: the column is one of the chosen values of that segment
//	{{slice}}                   source and value together, for views that have the column segments
//	{{ages}}                    the ages of cohorts that have a column
type Question struct {
	Name    string // of the file: 11_mrr_breakdown
	Title   string
	Note    string // what the answer says, for whoever looks at it
	Chart   Chart
	Columns []string // of the answer, in order
	Shares  []string // those of them that are shares, though no view's column of the name is
	text    string
}

// Chart is how an answer is drawn.
type Chart string

// The charts.
const (
	Stat      Chart = "stat"      // the last value of each column, with its trend
	Breakdown Chart = "breakdown" // components stacked as bars, the ending as a line
	Movements Chart = "movements" // movements stacked as bars, their net as a line
	Customers Chart = "customers" // the same of heads
	Level     Chart = "level"     // an area by day
	Shares    Chart = "shares"    // lines of percentages
	Parts     Chart = "parts"     // column 3 stacked as bars by what column 2 names
	Heat      Chart = "heat"      // a table whose cells are coloured by their share
	Table     Chart = "table"
)

func charts() []Chart {
	return []Chart{Stat, Breakdown, Movements, Customers, Level, Shares, Parts, Heat, Table}
}

// timed says that the first column of the answer is the axis.
func (c Chart) timed() bool { return c != Heat && c != Table }

// Tool is what a question is written for.
type Tool uint8

// The tools.
const (
	Grafana Tool = iota + 1
	Metabase
)

// oldest is the highest age of cohorts that has a column: two years.
const oldest = 24

// Questions reads all questions, in the order of their names.
func Questions() ([]Question, error) {
	files, err := questionFiles.ReadDir("questions")
	if err != nil {
		return nil, fmt.Errorf("list questions: %w", err)
	}
	var all []Question
	for _, f := range files {
		text, err := questionFiles.ReadFile("questions/" + f.Name())
		if err != nil {
			return nil, fmt.Errorf("read question: %w", err)
		}
		q, err := parseQuestion(strings.TrimSuffix(f.Name(), ".sql"), string(text))
		if err != nil {
			return nil, fmt.Errorf("read question %s: %w", f.Name(), err)
		}
		all = append(all, q)
	}
	return all, nil
}

var headerPattern = regexp.MustCompile(`^-- (title|note|chart|columns): (.+)\n`)

func parseQuestion(name, text string) (Question, error) {
	q := Question{Name: name}
	for {
		m := headerPattern.FindStringSubmatch(text)
		if m == nil {
			break
		}
		text = text[len(m[0]):]
		switch m[1] {
		case "title":
			q.Title = m[2]
		case "note":
			q.Note = m[2]
		case "chart":
			q.Chart = Chart(m[2])
		case "columns":
			names, err := fill(m[2], Grafana)
			if err != nil {
				return Question{}, err
			}
			for _, c := range strings.Fields(names) {
				c, unit, _ := strings.Cut(strings.Trim(c, `"`), ":")
				if unit == "share" {
					q.Shares = append(q.Shares, c)
				}
				q.Columns = append(q.Columns, c)
			}
		}
	}
	q.text = strings.TrimSuffix(text, "\n")
	if q.Title == "" || q.Note == "" || len(q.Columns) == 0 || !slices.Contains(charts(), q.Chart) {
		return Question{}, fmt.Errorf("want title, note, columns and a chart of %v in its first lines", charts())
	}
	return q, nil
}

// SQL is the question's statement for a tool.
func (q Question) SQL(t Tool) (string, error) {
	sql, err := fill(q.text, t)
	if err != nil {
		return "", fmt.Errorf("write question %s: %w", q.Name, err)
	}
	return sql, nil
}

var readsPattern = regexp.MustCompile(`\b(?:FROM|JOIN) (\w+)\b`)

// reads are the views that a statement names, in the order of the alphabet.
func reads(views []View, sql string) []string {
	var all []string
	for _, m := range readsPattern.FindAllStringSubmatch(sql, -1) {
		if _, ok := find(views, m[1]); ok {
			all = append(all, m[1])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// fill replaces what stands for a tool's variables.
func fill(text string, t Tool) (string, error) {
	words := grafanaWords()
	if t == Metabase {
		words = metabaseWords()
	}
	words["ages"] = func() []int {
		all := make([]int, oldest+1)
		for i := range all {
			all[i] = i
		}
		return all
	}
	tpl, err := template.New("question").Option("missingkey=error").Funcs(words).Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := tpl.Execute(&b, nil); err != nil {
		return "", err
	}
	return b.String(), nil
}

// named is a column of segment values as people choose them: what has none has
// a name, since tools take an empty choice for no choice.
func named(column string) string { return "if(" + column + " = '', '(none)', " + column + ")" }

// grafanaWords are Grafana's variables, and the macros of its ClickHouse data
// source.
func grafanaWords() template.FuncMap {
	source := "$__conditionalAll(source IN (${source:singlequote}), $source)"
	value := func(column string) string {
		return "$__conditionalAll(" + named(column) + " IN (${value:singlequote}), $value)"
	}
	return template.FuncMap{
		"time": func(column string) string { return "toDateTime(" + column + ", 'UTC') AS time" },
		"months": func(column string) string {
			return column + " BETWEEN toStartOfMonth($__fromTime) AND toDate($__toTime)"
		},
		"days":     func(column string) string { return column + " BETWEEN toDate($__fromTime) AND toDate($__toTime)" },
		"currency": func() string { return "${currency:singlequote}" },
		"source":   func() string { return source },
		"segment":  func() string { return "${segment:singlequote}" },
		"value":    value,
		"slice":    func() string { return source + " AND " + value("segments[${segment:singlequote}]") },
	}
}

// metabaseWords are Metabase's variables; what stands in [[ ]] is left out while
// its variables are empty. Text concatenated with nothing is the text: that
// makes a value of a variable that may be empty.
func metabaseWords() template.FuncMap {
	source := "true [[AND source = {{source}}]]"
	segment := "if([[{{segment}} || ]]'' = '', (SELECT min(segment) FROM mrr_by_segment_monthly), [[{{segment}} || ]]'')"
	value := func(column string) string { return "true [[AND " + named(column) + " = {{value}}]]" }
	between := func(column, from string) string {
		return "true [[AND " + column + " >= " + from + "]] [[AND " + column + " <= toDate({{to}})]]"
	}
	return template.FuncMap{
		"time":     func(column string) string { return column },
		"months":   func(column string) string { return between(column, "toStartOfMonth(toDate({{from}}))") },
		"days":     func(column string) string { return between(column, "toDate({{from}})") },
		"currency": func() string { return "{{currency}}" },
		"source":   func() string { return source },
		"segment":  func() string { return segment },
		"value":    value,
		// A value means something beside its segment alone. Clauses can't stand in one another.
		"slice": func() string { return source + " [[AND " + named("segments[{{segment}}]") + " = {{value}}]]" },
	}
}
