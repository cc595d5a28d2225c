package report

import (
	"fmt"
	"math"
	"strings"

	"mrrsync/internal/plain"
)

// drawMarks draws the newest month's shares, a line each: the reference range as
// a bar, our figure as a mark on it. Each line has a scale of its own, since the
// metrics' ranges have nothing to do with one another.
func (s section) drawMarks(f *figure) {
	var p pen
	dates := s.dates()
	newest := dates[len(dates)-1]
	metric, scope, value, from, to, verdict := s.at("metric"), s.at("scope"), s.at("value"), s.at("reference_from"), s.at("reference_to"), s.at("band")
	label, right, line := 250.0, 310.0, 30.0
	if f.width < wide {
		label, right, line = 0, 112, 46
	}
	y, heading := 6.0, ""
	var said []string
	for r, row := range s.rows {
		v, _ := row[value].(float64)
		lo, _ := row[from].(float64)
		hi, _ := row[to].(float64)
		if dates[r] != newest || math.IsNaN(v) || math.IsNaN(hi) {
			continue
		}
		who, _ := row[scope].(string)
		what := metricName(row[metric])
		if who != heading { // each scope under its name
			p.text("caption", "start", 0, y+20, cut(plain.Line(who), 40))
			if label > 0 && heading == "" {
				p.text("tick", "end", f.width, y+20, "reference range")
			}
			y, heading = y+30, who
		}
		word, _ := row[verdict].(string)
		p.open(fmt.Sprintf("%s, %s\n%s: %s\nReference %s to %s", what, plain.Line(who), percent(v), word, percent(lo), percent(hi)))
		mid := y + line/2
		if label > 0 {
			p.text("label", "end", label-14, mid+4, what)
		} else {
			p.text("label", "start", 0, y+12, what)
			mid = y + 28
		}
		x := scale{lo: min(0, max(v, -hi)), hi: hi * 2, from: label, to: f.width - right}
		p.rect("track", x.from, mid-3, x.to-x.from, 6)
		p.rect("range", x.at(lo), mid-7, x.at(hi)-x.at(lo), 14)
		place := x.at(min(max(v, x.lo), x.hi))
		p.rect("mark", place-2, mid-10, 4, 20)
		text := minus(percent(v))
		if v > x.hi || v < x.lo { // beyond the line: an arrow says so
			text += map[bool]string{true: " →", false: " ←"}[v > x.hi]
		}
		p.text("value", "start", f.width-right+12, mid+4, text)
		if label > 0 {
			p.text("label", "start", f.width-right+84, mid+4, word)
			p.text("tick", "end", f.width, mid+4, percent(lo)+" to "+percent(hi))
		} else {
			p.text("tick", "end", f.width, y+12, word)
		}
		p.shut()
		if len(said) < 4 {
			said = append(said, fmt.Sprintf("%s %s (%s)", what, percent(v), word))
		}
		y += line
	}
	f.height = y + 8
	f.body = p.b.String()
	f.desc = fmt.Sprintf("%s: %s. The table has all.", newest.Time().Format("January 2006"), strings.Join(said, ", "))
}

// metricName is a metric in words.
func metricName(v any) string {
	name, _ := v.(string)
	switch name {
	case "net_growth_existing":
		return "Net growth from existing customers"
	case "mrr_growth":
		return "MRR growth"
	case "gross_churn":
		return "Gross MRR churn"
	case "expansion_share":
		return "Expansion's share of growth"
	case "managed_share":
		return "Managed share of MRR"
	}
	return name
}
