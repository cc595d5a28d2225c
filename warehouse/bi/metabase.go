package bi

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// metabaseFiles are the questions as SQL to paste, and as a collection that
// metabase/import.sh puts into Metabase through its API.
func metabaseFiles(views []View, questions []Question) ([]File, error) {
	var files []File
	var cards []object
	for _, q := range questions {
		sql, err := q.SQL(Metabase)
		if err != nil {
			return nil, err
		}
		files = append(files, File{"metabase/questions/" + q.Name + ".sql", q.pasted(views, sql)})
		cards = append(cards, q.card(views, sql))
	}
	board, err := metabaseBoard(questions)
	if err != nil {
		return nil, err
	}
	text, err := indented(object{
		"collection": object{"name": "MRR", "description": "Questions to the views of mrrsync, and their dashboard."},
		"dashboard":  board,
		"questions":  cards,
	})
	if err != nil {
		return nil, err
	}
	return append(files, File{"metabase/collection.json", text}), nil
}

// pasted is a question for whoever pastes it: what it is, how to draw it, what
// its columns are, and the statement.
func (q Question) pasted(views []View, sql string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "-- %s\n-- %s\n--\n-- Visualization: %s\n", q.Title, q.Note, q.hint())
	for _, v := range metabaseTags(sql) {
		fmt.Fprintf(&b, "-- Variable %s: %s\n", v.name, v.about)
	}
	for _, c := range q.Columns {
		if said := meaning(views, sql, c); said != "" {
			fmt.Fprintf(&b, "-- Column %s: %s\n", c, said)
		}
	}
	b.WriteString(sql)
	b.WriteString("\n")
	return b.Bytes()
}

// meaning is what the views say of a column that a statement passes on: the first
// of those it reads that has one. A statement may turn magnitudes round, to draw
// them below zero.
func meaning(views []View, sql, column string) string {
	for _, name := range reads(views, sql) {
		v, _ := find(views, name)
		if c, ok := v.column(column); ok {
			if regexp.MustCompile(`-[^,\s]+ AS ` + column + `\b`).MatchString(sql) {
				return c.Comment + ". Here it is negative"
			}
			return c.Comment
		}
	}
	return ""
}

// hint is how to draw the answer, in the words of Metabase's sidebar.
func (q Question) hint() string {
	x := q.Columns[0]
	switch q.Chart {
	case Stat:
		return "Trend, primary number mrr; other figures by choosing another column"
	case Breakdown, Movements, Customers:
		return "Combo, x-axis " + x + ", bars stacked, " + strings.Join(q.lines(), " and ") + " as line"
	case Level:
		return "Area of " + q.Columns[1] + " by " + x + ", " + q.Columns[2] + " as line on the right axis"
	case Shares:
		return "Line, x-axis " + x + ", percent"
	case Parts:
		return "Bar, stacked, x-axis " + x + ", series " + q.Columns[1] + ", y-axis " + q.Columns[2]
	case Heat:
		return "Table, conditional formatting by colour range from white to blue on the columns 0, 1, 2, ..., percent"
	case Table:
	}
	return "Table"
}

// lines are the columns that are drawn as lines over bars.
func (q Question) lines() []string {
	return slices.DeleteFunc(slices.Clone(q.Columns), func(c string) bool { return !slices.Contains(over(), c) })
}

// A tag is a variable of a Metabase question.
type tag struct {
	name, kind, about string
	fallback          string // what it is when nobody chooses; empty: the clause with it is left out
}

func tags() []tag {
	return []tag{
		{"currency", "text", "a currency such as USD, or reporting for all in the reporting currency", "reporting"},
		{"from", "date", "the first day or month; empty: all", ""},
		{"to", "date", "the last day or month; empty: all", ""},
		{"source", "text", "a source as the configuration names it; empty: all", ""},
		{"segment", "text", "a configured segment; empty: the first in alphabetical order", ""},
		{"value", "text", "a value of that segment, (none) for what has none; empty: all", ""},
	}
}

// metabaseTags are the variables in a statement.
func metabaseTags(sql string) []tag {
	return slices.DeleteFunc(tags(), func(t tag) bool { return !strings.Contains(sql, "{{"+t.name+"}}") })
}

// card is a question as Metabase's API takes it, but for the numbers of the
// database and the collection, which import.sh knows.
func (q Question) card(views []View, sql string) object {
	declared, parameters := object{}, []object{}
	for _, t := range metabaseTags(sql) {
		d := object{"id": "mrrsync-" + t.name, "name": t.name, "display-name": title(t.name), "type": t.kind}
		p := object{
			"id": "mrrsync-" + t.name, "name": title(t.name), "slug": t.name, "type": map[string]string{"text": "category", "date": "date/single"}[t.kind],
			"target": []any{"variable", []any{"template-tag", t.name}},
		}
		if t.fallback != "" {
			d["required"], d["default"], p["default"] = true, t.fallback, t.fallback
		}
		declared[t.name] = d
		parameters = append(parameters, p)
	}
	display, settings := q.drawn(views)
	return object{
		"name": q.Title, "description": q.Note, "display": display, "parameters": parameters, "visualization_settings": settings,
		"dataset_query": object{"type": "native", "native": object{"query": sql, "template-tags": declared}},
	}
}

// drawn is Metabase's name of the chart, and its settings.
func (q Question) drawn(views []View) (string, object) {
	columns := object{}
	for _, c := range q.Columns {
		set := object{"column_title": title(c)}
		if strings.Trim(c, "0123456789") == "" {
			set["column_title"] = c
		}
		switch q.unit(views, c) {
		case Share:
			set["number_style"], set["decimals"] = "percent", 1
		case Money, Reporting:
			set["number_style"], set["decimals"] = "decimal", 2
		case Month:
			set["date_style"], set["date_abbreviate"] = "MMMM, YYYY", true
		default: // as Metabase shows it
		}
		columns[`["name","`+c+`"]`] = set
	}
	s := object{"column_settings": columns}
	series := object{}
	for _, c := range q.Columns[1:] {
		series[c] = object{"color": colourOf(c), "title": title(c)}
	}
	switch q.Chart {
	case Stat:
		s["scalar.field"] = "mrr"
		return "smartscalar", s
	case Heat:
		var ages []string
		for _, c := range q.Columns {
			if strings.Trim(c, "0123456789") == "" {
				ages = append(ages, c)
			}
		}
		s["table.column_formatting"] = []object{{
			"columns": ages, "type": "range", "colors": []string{"#ffffff", colours()["level"]}, "min_type": "custom", "min_value": 0, "max_type": "custom", "max_value": 1.5,
		}}
		return "table", s
	case Table:
		return "table", s
	case Parts:
		s["graph.dimensions"], s["graph.metrics"], s["stackable.stack_type"] = q.Columns[:2], q.Columns[2:], "stacked"
		return "bar", s
	default:
	}
	s["graph.dimensions"], s["graph.metrics"], s["series_settings"] = q.Columns[:1], q.Columns[1:], series
	switch q.Chart {
	case Shares:
		return "line", s
	case Level:
		series[q.Columns[1]] = object{"color": colourOf(q.Columns[1]), "title": title(q.Columns[1]), "display": "area", "axis": "left"}
		series[q.Columns[2]] = object{"color": ink, "title": title(q.Columns[2]), "display": "line", "axis": "right"}
		return "combo", s
	default:
	}
	for _, c := range q.Columns[1:] {
		series[c] = object{"color": colourOf(c), "title": title(c), "display": "bar"}
	}
	for _, c := range q.lines() {
		series[c] = object{"color": ink, "title": title(c), "display": "line"}
	}
	s["stackable.stack_type"] = "stacked"
	return "combo", s
}

// metabaseBoard is the dashboard: its filters, and where each question's card
// stands, in the places of Grafana's.
func metabaseBoard(questions []Question) (object, error) {
	filters := []object{}
	for _, t := range tags() {
		f := object{"id": "mrrsync-" + t.name, "name": title(t.name), "slug": t.name, "type": "string/=", "sectionId": "string", "isMultiSelect": false}
		if t.kind == "date" {
			f["type"], f["sectionId"] = "date/single", "date"
			delete(f, "isMultiSelect")
		}
		if t.fallback != "" {
			f["default"], f["required"] = []string{t.fallback}, true
		}
		filters = append(filters, f)
	}
	var places []object
	y := 0
	for _, r := range layout() {
		x, high := 0, 0
		for _, p := range r.panels {
			i := slices.IndexFunc(questions, func(q Question) bool { return q.Name == p.question })
			if i < 0 {
				return nil, fmt.Errorf("lay out the dashboard: there is no question %s", p.question)
			}
			if x+p.width > 24 {
				x, y, high = 0, y+high, 0
			}
			sql, err := questions[i].SQL(Metabase)
			if err != nil {
				return nil, err
			}
			names := []string{}
			for _, t := range metabaseTags(sql) {
				names = append(names, t.name)
			}
			places = append(places, object{"question": i, "row": y, "col": x, "size_x": p.width, "size_y": p.height, "filters": names})
			x, high = x+p.width, max(high, p.height)
		}
		y += high
	}
	return object{"name": "MRR", "description": "Committed monthly recurring revenue, from mrrsync's views.", "parameters": filters, "cards": places}, nil
}
