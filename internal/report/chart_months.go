package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// A plot is the room for a picture over months, with its margins.
type plot struct {
	left, right, top, height float64
	narrow                   bool
}

func (f *figure) plot(top float64) plot {
	p := plot{left: 52, right: 66, top: top, height: 230}
	if f.width < wide {
		p = plot{left: 42, right: 52, top: top + 6, height: 190, narrow: true}
	}
	f.height = p.top + p.height + 44
	return p
}

func (p plot) bottom() float64 { return p.top + p.height }

// stepsOf are bare months, for the axis.
func stepsOf(months []billing.Date) []step {
	out := make([]step, len(months))
	for i, m := range months {
		out[i].month = m
	}
	return out
}

// dates are the section's values of its column of months or days.
func (s section) dates() []billing.Date {
	for i, c := range s.columns {
		if c.Kind == Month || c.Kind == Day {
			out := make([]billing.Date, len(s.rows))
			for r, row := range s.rows {
				out[r], _ = row[i].(billing.Date)
			}
			return out
		}
	}
	return nil
}

// drawRates draws shares by month, each column a line. The axis goes from zero
// when the lines come near it, else it leaves out what is empty.
func (s section) drawRates(f *figure, columns []string) {
	var p pen
	at := f.plot(40)
	at.right = 66 // for what the lines end with
	months := s.dates()
	x := band{from: at.left, to: f.width - at.right, n: len(months)}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, c := range columns {
		for _, row := range s.rows {
			if v, _ := row[s.at(c)].(float64); !math.IsNaN(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	if lo > hi {
		lo, hi = 0, 1
	}
	lo, hi = min(lo, 1), max(hi, 1)
	y := axisOf(lo, hi, 5, at.bottom(), at.top)
	if lo > 0.4 { // all well above zero
		pad := max((hi-lo)*0.08, 0.01)
		y = scale{lo: lo - pad, hi: hi + pad, from: at.bottom(), to: at.top, step: niceStep((hi - lo + 2*pad) / 5)}
	}
	for _, v := range y.ticks() {
		p.line("grid", at.left, y.at(v), f.width-at.right, y.at(v))
		p.text("tick", "end", at.left-8, y.at(v)+4, short(v, y.step))
	}
	p.line("zero", at.left, y.at(1), f.width-at.right, y.at(1)) // what keeps all
	var names [][2]string
	said := make([]string, len(columns))
	ends := make([]float64, 0, len(columns))
	for i, c := range columns {
		class := fmt.Sprintf("series%d", i+1)
		title := s.columns[s.at(c)].Title
		names = append(names, [2]string{class, title})
		last := math.NaN()
		for _, run := range s.runs(c, x, y) {
			p.path("trend "+class, run)
			end := run[len(run)-1]
			p.dot("point "+class, end[0], end[1], 3)
		}
		if v, _ := s.rows[len(s.rows)-1][s.at(c)].(float64); !math.IsNaN(v) {
			last = v
			place := y.at(v) + 4
			for _, taken := range ends { // two figures are not set one over the other
				if math.Abs(place-taken) < 13 {
					place = taken + 13
				}
			}
			ends = append(ends, place)
			p.text("value", "start", f.width-at.right+6, place, minus(percent(v)))
		}
		said[i] = title + " " + percent(last)
	}
	legend(&p, f.width, names)
	p.hits(s, x, at)
	p.months(stepsOf(months), x, at.bottom()+18, at.narrow)
	f.body = p.b.String()
	f.desc = fmt.Sprintf("From %s to %s; in the last month %s. The table has every month.",
		show(months[0], Month, 0), show(months[len(months)-1], Month, 0), strings.Join(said, ", "))
}

// short writes a share for an axis whose marks are so far apart.
func short(v, step float64) string {
	if math.Abs(step*100-math.Round(step*100)) > 1e-6 {
		return fmt.Sprintf("%.1f%%", v*100)
	}
	return fmt.Sprintf("%.0f%%", v*100)
}

// runs are the points of a column, parted where it means nothing.
func (s section) runs(column string, x band, y scale) [][][2]float64 {
	var out [][][2]float64
	open := false
	for r, row := range s.rows {
		v, _ := row[s.at(column)].(float64)
		if math.IsNaN(v) {
			open = false
			continue
		}
		if !open {
			out, open = append(out, nil), true
		}
		out[len(out)-1] = append(out[len(out)-1], [2]float64{x.middle(r), y.at(v)})
	}
	return out
}

// hits lays an invisible strip over each row, which shows all its figures when
// pointed at.
func (p *pen) hits(s section, x band, at plot) {
	for r, row := range s.rows {
		p.open(s.tip(row))
		p.rect("hit", x.left(r), at.top, x.step(), at.height)
		p.shut()
	}
}

// tip is a row in words.
func (s section) tip(row []any) string {
	var lines []string
	for i, c := range s.columns {
		switch text := show(row[i], c.Kind, Places(s.currency)); {
		case c.Kind == Month:
			d, _ := row[i].(billing.Date)
			lines = append(lines, d.Time().Format("January 2006"))
		case text != "":
			lines = append(lines, c.Title+" "+text)
		}
	}
	return strings.Join(lines, "\n")
}

// drawOutlook draws a level at the ends of months to come: dashed, since it has
// not happened, over the range between its low and its high.
func (s section) drawOutlook(f *figure, columns []string) {
	var p pen
	at := f.plot(16)
	months := s.dates()
	level, low, high := s.at(columns[0]), s.at(columns[1]), s.at(columns[2])
	x := band{from: at.left, to: f.width - at.right, n: len(months)}
	var top float64
	for _, row := range s.rows {
		top = max(top, floatOf(row[high]), floatOf(row[level]))
	}
	y := axisOf(0, top, 5, at.bottom(), at.top)
	p.axis(y, at.left, f.width-at.right)
	line := make([][2]float64, len(s.rows))
	var upper, lower [][2]float64
	for r, row := range s.rows {
		line[r] = [2]float64{x.middle(r), y.at(floatOf(row[level]))}
		upper = append(upper, [2]float64{x.middle(r), y.at(floatOf(row[high]))})
		lower = append(lower, [2]float64{x.middle(r), y.at(floatOf(row[low]))})
	}
	slices.Reverse(lower)
	p.path("area", append(upper, lower...))
	p.path("trend level outlook", line)
	end := line[len(line)-1]
	p.dot("point", end[0], end[1], 3.5)
	last, _ := s.rows[len(s.rows)-1][level].(decimal.Decimal)
	p.text("value", "start", f.width-at.right+8, end[1]+4, brief(last))
	p.hits(s, x, at)
	p.months(stepsOf(months), x, at.bottom()+18, at.narrow)
	f.body = p.b.String()
	from, _ := s.rows[0][level].(decimal.Decimal)
	least, _ := s.rows[len(s.rows)-1][low].(decimal.Decimal)
	most, _ := s.rows[len(s.rows)-1][high].(decimal.Decimal)
	f.desc = fmt.Sprintf("Expected, not seen: %s at the end of %s, %s at the end of %s, there between %s and %s. The table has every month.",
		Amount(from, Places(s.currency)), show(months[0], Month, 0), Amount(last, Places(s.currency)), show(months[len(months)-1], Month, 0),
		Amount(least, Places(s.currency)), Amount(most, Places(s.currency)))
}

// drawStacks draws what each of the columns came to by month: what is above zero
// upwards, what is below downwards. A report of single rows is added up first.
func (s section) drawStacks(f *figure, columns []string) {
	var p pen
	dates, names, cells := s.piled(columns)
	var used [][2]string // the parts that occur
	for i, name := range names {
		if slices.ContainsFunc(cells, func(row []decimal.Decimal) bool { return !row[i].IsZero() }) {
			used = append(used, name)
		}
	}
	at := f.plot(22 + 20*float64(legendLines(f.width, used)))
	x := band{from: at.left, to: f.width - at.right, n: len(dates)}
	var hi, lo float64
	for _, row := range cells {
		var up, down float64
		for _, v := range row {
			up, down = up+max(v.InexactFloat64(), 0), down+min(v.InexactFloat64(), 0)
		}
		hi, lo = max(hi, up), min(lo, down)
	}
	y := axisOf(lo, hi, 5, at.bottom(), at.top)
	p.axis(y, at.left, f.width-at.right)
	legend(&p, f.width, used)
	for r, row := range cells {
		tip := dates[r].Time().Format("January 2006")
		if !monthly(dates) {
			tip = dates[r].String()
		}
		var up, down float64
		var bars pen
		for i, d := range row {
			v := d.InexactFloat64()
			if d.IsZero() {
				continue
			}
			tip += "\n" + names[i][1] + " " + Amount(d, Places(s.currency))
			floor := &up
			if v < 0 {
				floor = &down
			}
			a, b := y.at(*floor), y.at(*floor+v)
			bars.rect(names[i][0], x.bar(r), min(a, b), x.width(), math.Abs(a-b))
			*floor += v
		}
		p.open(tip)
		p.rect("hit", x.left(r), at.top, x.step(), at.height)
		p.b.WriteString(bars.b.String())
		p.shut()
	}
	p.line("zero", at.left, y.at(0), f.width-at.right, y.at(0))
	if monthly(dates) {
		p.months(stepsOf(dates), x, at.bottom()+18, at.narrow)
	} else {
		p.days(dates[0], dates[len(dates)-1], scale{lo: float64(dates[0]), hi: float64(max(dates[len(dates)-1], dates[0]+1)), from: x.middle(0), to: x.middle(len(dates) - 1)}, at.bottom()+18)
	}
	f.body = p.b.String()
	var sums []string
	for i := range names {
		var sum decimal.Decimal
		for _, row := range cells {
			sum = sum.Add(row[i])
		}
		if !sum.IsZero() {
			sums = append(sums, strings.ToLower(names[i][1])+" "+Amount(sum, Places(s.currency)))
		}
	}
	f.desc = fmt.Sprintf("From %s to %s: %s. The table has the parts.", dates[0], dates[len(dates)-1], strings.Join(sums, ", "))
}

func monthly(dates []billing.Date) bool {
	return !slices.ContainsFunc(dates, func(d billing.Date) bool { return d != d.Month() })
}

// piled are the amounts of each month and part, and the class and the name of
// each part. Months without a row are there as nothing. Single movements are
// piled up by what they are, and by day where there are no more than two months.
func (s section) piled(columns []string) (dates []billing.Date, names [][2]string, cells [][]decimal.Decimal) {
	days := s.dates()
	kind := s.at("movement")
	next := func(d billing.Date) billing.Date { return d.AddMonths(1) }
	slot := billing.Date.Month
	if kind >= 0 && days[len(days)-1]-days[0] <= 62 {
		next = func(d billing.Date) billing.Date { return d + 1 }
		slot = func(d billing.Date) billing.Date { return d }
	}
	for d := slot(days[0]); d <= days[len(days)-1]; d = next(d) {
		dates = append(dates, d)
	}
	part := map[string]int{}
	if kind >= 0 {
		for i, m := range []string{"new", "expansion", "reactivation", "contraction", "churn"} {
			part[m] = i
			names = append(names, [2]string{m, strings.ToUpper(m[:1]) + m[1:]})
		}
	} else {
		for i, c := range columns {
			names = append(names, [2]string{fmt.Sprintf("series%d", i+1), s.columns[s.at(c)].Title})
		}
	}
	cells = make([][]decimal.Decimal, len(dates))
	for i := range cells {
		cells[i] = make([]decimal.Decimal, len(names))
	}
	for r, row := range s.rows {
		i, _ := slices.BinarySearch(dates, slot(days[r]))
		if kind >= 0 {
			m, _ := row[kind].(string)
			v, _ := row[s.at(columns[0])].(decimal.Decimal)
			cells[i][part[m]] = cells[i][part[m]].Add(v)
			continue
		}
		for k, c := range columns {
			v, _ := row[s.at(c)].(decimal.Decimal)
			cells[i][k] = cells[i][k].Add(v)
		}
	}
	return dates, names, cells
}
