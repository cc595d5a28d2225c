package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// drawHistory draws a level that changes on single days: it stands from one row
// to the next, and each change is marked in its movement's colour. The rows are
// days with the level at their end, the last one the day as of which it is told.
func (s section) drawHistory(f *figure) {
	var p pen
	left, right, plot := 52.0, 58.0, 190.0
	if f.width < wide {
		left, right, plot = 42, 48, 150
	}
	day, mrr, kind := s.at("date"), s.at("mrr"), s.at("movement")
	entries := [][2]string{{"new", "New"}, {"expansion", "Expansion"}, {"reactivation", "Reactivation"}, {"contraction", "Contraction"}, {"churn", "Churn"}}
	top := 16 + 20*float64(legendLines(f.width, entries))
	f.height = top + plot + 44
	legend(&p, f.width, entries)
	var hi float64
	for _, row := range s.rows {
		hi = max(hi, floatOf(row[mrr]))
	}
	y := axisOf(0, hi, 4, top+plot, top)
	p.axis(y, left, f.width-right)
	first, _ := s.rows[0][day].(billing.Date)
	final, _ := s.rows[len(s.rows)-1][day].(billing.Date)
	x := scale{lo: float64(first), hi: float64(max(final, first+1)), from: left, to: f.width - right}
	level := [][2]float64{{x.from, y.at(0)}}
	var marks pen
	for _, row := range s.rows {
		d, _ := row[day].(billing.Date)
		at, to := x.at(float64(d)), y.at(floatOf(row[mrr]))
		level = append(level, [2]float64{at, level[len(level)-1][1]}, [2]float64{at, to})
		what, _ := row[kind].(string)
		if what == "" {
			continue
		}
		marks.open(s.tip(row))
		marks.link(s.leads(row, "date"), func() { marks.dot("event "+what, at, to, 5) })
		marks.shut()
	}
	end := level[len(level)-1]
	p.path("area", append(append([][2]float64{}, level...), [2]float64{end[0], y.at(0)}))
	p.path("trend level", level[1:])
	p.b.WriteString(marks.b.String())
	p.text("value", "start", f.width-right+8, end[1]+4, brief(s.last("mrr")))
	p.days(first, final, x, top+plot+18)
	f.body = p.b.String()
	var steps []string
	for _, row := range s.rows {
		if what, _ := row[kind].(string); what != "" && len(steps) < 6 {
			d, _ := row[day].(billing.Date)
			amount, _ := row[mrr].(decimal.Decimal)
			steps = append(steps, fmt.Sprintf("%s on %s to %s", what, d, Amount(amount, Places(s.currency))))
		}
	}
	f.desc = fmt.Sprintf("MRR steps from %s to %s: %s. The table has every movement.", first, final, strings.Join(steps, ", "))
}

// Spark draws a few values as a small line, without words: it stands beside the
// figure that it tells the course of. Values that mean nothing are left out.
func Spark(values []float64) string {
	const width, height = 120.0, 28.0
	lo, hi, n := math.Inf(1), math.Inf(-1), 0
	for _, v := range values {
		if !math.IsNaN(v) {
			lo, hi, n = min(lo, v), max(hi, v), n+1
		}
	}
	if n < 2 {
		return ""
	}
	pad := (hi - lo) * 0.08
	y := scale{lo: lo - pad, hi: hi + pad, from: height - 2, to: 2}
	x := scale{lo: 0, hi: float64(len(values) - 1), from: 2, to: width - 4}
	if hi == lo {
		y = scale{lo: lo - 1, hi: hi + 1, from: height - 2, to: 2}
	}
	var p pen
	var points [][2]float64
	for i, v := range values {
		if !math.IsNaN(v) {
			points = append(points, [2]float64{x.at(float64(i)), y.at(v)})
		}
	}
	p.path("trend level", points)
	end := points[len(points)-1]
	p.dot("point", end[0], end[1], 2.5)
	return fmt.Sprintf(`<svg class="chart spark" viewBox="0 0 %s %s" width="%s" height="%s" aria-hidden="true" focusable="false">%s</svg>`,
		px(width), px(height), px(width), px(height), p.b.String())
}
