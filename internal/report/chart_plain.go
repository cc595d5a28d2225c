package report

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/plain"
)

// drawLine draws the level of MRR by day as an area.
func (s section) drawLine(f *figure) {
	var p pen
	left, right, top, plot := 52.0, 54.0, 16.0, 240.0
	if f.width < wide {
		left, right, plot = 42, 44, 200
	}
	f.height = top + plot + 44
	day, mrr := s.at("date"), s.at("mrr")
	var hi float64
	for _, row := range s.rows {
		hi = max(hi, floatOf(row[mrr]))
	}
	y := axisOf(0, hi, 5, top+plot, top)
	p.axis(y, left, f.width-right)
	first, _ := s.rows[0][day].(billing.Date)
	final, _ := s.rows[len(s.rows)-1][day].(billing.Date)
	x := scale{lo: float64(first), hi: float64(final), from: left, to: f.width - right}
	points := make([][2]float64, len(s.rows))
	for i, row := range s.rows {
		d, _ := row[day].(billing.Date)
		points[i] = [2]float64{x.at(float64(d)), y.at(floatOf(row[mrr]))}
	}
	end := points[len(points)-1]
	area := append(slices.Clone(points), [2]float64{end[0], y.at(0)}, [2]float64{points[0][0], y.at(0)})
	p.path("area", area)
	p.path("trend level", points)
	p.dot("point", end[0], end[1], 3.5)
	p.text("value", "start", f.width-right+6, end[1]+4, brief(s.last("mrr")))
	p.days(first, final, x, top+plot+18)
	f.body = p.b.String()
	from, _ := s.rows[0][mrr].(decimal.Decimal)
	f.desc = fmt.Sprintf("From %s to %s MRR went from %s to %s. The table has every day.", first, final,
		Amount(from, Places(s.currency)), Amount(s.last("mrr"), Places(s.currency)))
}

// days writes the axis of days: the firsts of months, or single days when the
// range is short, as many as there is room for.
func (p *pen) days(first, final billing.Date, x scale, y float64) {
	const room = 46
	fits := int((x.to - x.from) / room)
	var marks []billing.Date
	layout := "2 Jan"
	if int(final-first) < 62 {
		step := max(1, (int(final-first)+fits)/max(fits, 1))
		for d := first; d <= final; d += billing.Date(step) {
			marks = append(marks, d)
		}
	} else {
		layout = "Jan"
		months := int(final-first)/30 + 1
		step := 1
		for _, step = range []int{1, 2, 3, 6, 12, 24, 60} {
			if months/step <= fits {
				break
			}
		}
		for d := first.Month(); d <= final; d = d.AddMonths(1) {
			t := d.Time()
			if d >= first && (t.Year()*12+int(t.Month())-1)%step == 0 {
				marks = append(marks, d)
			}
		}
	}
	year := first.Time().Year()
	for i, d := range marks {
		p.text("tick", "middle", x.at(float64(d)), y, d.Time().Format(layout))
		if i == 0 || d.Time().Year() != year {
			year = d.Time().Year()
			p.text("year", "middle", x.at(float64(d)), y+16, fmt.Sprint(year))
		}
	}
}

// drawBars draws a ranking, the largest on top.
func (s section) drawBars(f *figure, column string) {
	var p pen
	mrr := s.at(column)
	rows := slices.DeleteFunc(slices.Clone(s.rows), func(row []any) bool { return floatOf(row[mrr]) <= 0 })
	rows = rows[:min(len(rows), maxBars)]
	if len(rows) == 0 {
		f.height, f.desc = 40, "None of them has MRR. The table has what they were."
		p.text("label", "start", 0, 24, "None has MRR on the last day")
		f.body = p.b.String()
		return
	}
	label, right, line := 250.0, 20.0, 24.0
	if f.width < wide {
		label = 130
	}
	for _, row := range rows { // the largest bar leaves room for its figure
		right = max(right, 14+7.8*float64(len(show(row[mrr], Money, Places(s.currency)))))
	}
	f.height = float64(len(rows))*line + 12
	var hi float64
	for _, row := range rows {
		hi = max(hi, floatOf(row[mrr]))
	}
	x := scale{lo: 0, hi: max(hi, 1), from: label, to: f.width - right}
	for i, row := range rows {
		y := 6 + float64(i)*line
		name, amount := s.label(row), row[mrr]
		value := show(amount, Money, Places(s.currency))
		p.open(name + "\n" + value + " " + s.currency)
		p.link(s.leads(row, column), func() {
			p.text("label", "end", label-10, y+line/2+4, cut(plain.Line(name), int(label/8.4)))
			p.rect("level", label, y+4, max(1, x.at(floatOf(amount))-label), line-8)
			p.text("value", "start", x.at(floatOf(amount))+6, y+line/2+4, value)
		})
		p.shut()
	}
	f.body = p.b.String()
	f.desc = fmt.Sprintf("The %d largest; the first is %s with %s. The table has them all.", len(rows), plain.Line(s.label(rows[0])), show(rows[0][mrr], Money, Places(s.currency)))
}

// label is what a ranked row is called: its name, else its id.
func (s section) label(row []any) string {
	for _, c := range []string{"name", "value", "plan_id", "account_id"} {
		if i := s.at(c); i >= 0 {
			if v, _ := row[i].(string); v != "" {
				return v
			}
		}
	}
	return "(none)"
}
