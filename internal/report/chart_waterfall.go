package report

import (
	"fmt"
	"math"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// A step is one month of a waterfall, in pixels' arithmetic.
type step struct {
	month                                billing.Date
	starting, gains, losses, net, ending float64
	parts                                map[string]float64
	tip                                  string
	open                                 bool // its days are not all there, or not final
	leads                                func(column string) string
}

// parts of a waterfall's bar, from the axis outwards; the class in the style has
// the same name.
func gainParts() [][2]string {
	return [][2]string{{"new_mrr", "new"}, {"expansion_mrr", "expansion"}, {"reactivation_mrr", "reactivation"}}
}

func lossParts() [][2]string {
	return [][2]string{{"contraction_mrr", "contraction"}, {"churned_mrr", "churn"}}
}

// drawWaterfall draws two panels over one axis of months. Above: the level, what
// a month started with and what came on top, what was lost below zero, and the
// line of what it ended with. Below: the movements alone, since beside years of
// starting MRR a month's movements are slivers, with the line of their net.
func (s section) drawWaterfall(f *figure) {
	steps := s.steps()
	var p pen
	left, right, top := 52.0, 50.0, 40.0
	upper, between, lower := 220.0, 46.0, 130.0
	if f.width < wide {
		left, right, top, upper, lower = 42, 48, 62, 180, 110
	}
	f.height = top + upper + between + lower + 44
	x := band{from: left, to: f.width - right, n: len(steps)}
	legend(&p, f.width, [][2]string{
		{"starting", "Starting"},
		{"new", "New"},
		{"expansion", "Expansion"},
		{"reactivation", "Reactivation"},
		{"contraction", "Contraction"},
		{"churn", "Churned"},
		{"ending", "Ending"},
		{"net", "Net new"},
	})

	var hi, lo, most, least float64
	for _, st := range steps {
		hi = max(hi, st.starting+st.gains, st.ending)
		lo = min(lo, -st.losses)
		most = max(most, st.gains, st.net)
		least = min(least, -st.losses, st.net)
	}
	level := axisOf(lo, hi, 5, top+upper, top)
	p.axis(level, left, f.width-right)
	base := top + upper + between
	moves := axisOf(least, most, 3, base+lower, base)
	p.text("caption", "start", left, base-14, "Movements")
	p.axis(moves, left, f.width-right)

	for i, st := range steps {
		p.open(st.tip)
		if st.open {
			p.b.WriteString(`<g class="open">`)
		}
		p.rect("hit", x.left(i), top, x.step(), base+lower-top)
		p.link(st.leads("starting_mrr"), func() {
			p.rect("starting", x.bar(i), level.at(st.starting), x.width(), level.at(0)-level.at(st.starting))
		})
		p.stack(st, x, i, level, st.starting)
		p.stack(st, x, i, moves, 0)
		if st.open {
			p.shut()
		}
		p.shut()
	}
	p.trend("ending", steps, x, level, func(st step) float64 { return st.ending })
	for i, st := range steps { // net new: a mark across its bar, since a line would cut through the others
		p.line("net", x.bar(i)-1, moves.at(st.net), x.bar(i)+x.width()+1, moves.at(st.net))
	}
	last := steps[len(steps)-1]
	p.text("value", "start", f.width-right+6, level.at(last.ending)+4, brief(s.last("ending_mrr")))
	p.text("value", "start", f.width-right+6, moves.at(last.net)+4, brief(s.last("net_new_mrr")))
	p.months(steps, x, base+lower+18, f.width < wide)
	f.body = p.b.String()
	f.desc = s.tell()
}

// stack draws a step's gains upwards from floor, its losses downwards from zero.
func (p *pen) stack(st step, x band, i int, y scale, floor float64) {
	up := floor
	for _, part := range gainParts() {
		v := st.parts[part[0]]
		p.link(st.leads(part[0]), func() { p.rect(part[1], x.bar(i), y.at(up+v), x.width(), y.at(up)-y.at(up+v)) })
		up += v
	}
	down := 0.0
	for _, part := range lossParts() {
		v := st.parts[part[0]]
		p.link(st.leads(part[0]), func() { p.rect(part[1], x.bar(i), y.at(down), x.width(), y.at(down-v)-y.at(down)) })
		down -= v
	}
}

// trend joins the middles of the bars; its last point is marked.
func (p *pen) trend(class string, steps []step, x band, y scale, value func(step) float64) {
	points := make([][2]float64, len(steps))
	for i, st := range steps {
		points[i] = [2]float64{x.middle(i), y.at(value(st))}
	}
	p.path("halo", points)
	p.path("trend "+class, points)
	last := points[len(points)-1]
	p.dot("point", last[0], last[1], 3.5)
}

// months writes the axis of months: names as far as there is room, and the year
// where it begins.
func (p *pen) months(steps []step, x band, y float64, initials bool) {
	every := 1
	room := 26.0
	if initials {
		room = 11
	}
	for x.step()*float64(every) < room {
		every *= 2
		if every == 4 {
			every = 3
		}
	}
	written := math.Inf(-1) // where the last year stands
	for i, st := range steps {
		at := st.month.Time()
		if (int(at.Month())-1)%every == 0 || len(steps) == 1 {
			p.text("tick", "middle", x.middle(i), y, monthName(st.month, initials))
		}
		// The first month has its year when the next one's leaves room for it.
		room := i == 0 && (at.Month() == 1 || x.step()*float64(13-int(at.Month())) > 44 || len(steps) <= 13-int(at.Month()))
		if (at.Month() == 1 || room) && x.middle(i)-written > 44 {
			p.text("year", "middle", x.middle(i), y+16, fmt.Sprint(at.Year()))
			written = x.middle(i)
		}
	}
}

// steps reads the section's rows.
func (s section) steps() []step {
	out := make([]step, len(s.rows))
	for r, row := range s.rows {
		st := step{parts: map[string]float64{}, leads: func(column string) string { return s.leads(row, column) }}
		tip := ""
		word := s.marked(row)
		st.open = word != ""
		for i, c := range s.columns {
			switch v := row[i].(type) {
			case billing.Date:
				st.month = v
				tip = v.Time().Format("January 2006")
				if word != "" {
					tip += ", " + word
				}
			case decimal.Decimal:
				if !v.IsZero() || c.Sum == First || c.Sum == Last {
					tip += fmt.Sprintf("\n%s %s", c.Title, Amount(v, Places(s.currency)))
				}
				st.parts[c.Name] = v.InexactFloat64()
			}
		}
		for _, part := range gainParts() {
			// A slice's part can run against its sign; it is left out of the bar, and in the table.
			st.parts[part[0]] = max(st.parts[part[0]], 0)
			st.gains += st.parts[part[0]]
		}
		for _, part := range lossParts() {
			st.parts[part[0]] = max(st.parts[part[0]], 0)
			st.losses += st.parts[part[0]]
		}
		st.starting, st.net, st.ending = st.parts["starting_mrr"], st.parts["net_new_mrr"], st.parts["ending_mrr"]
		st.tip = tip
		out[r] = st
	}
	return out
}

// tell says the picture in a sentence.
func (s section) tell() string {
	sum := s.totals()
	word := func(name string) string {
		d, _ := sum[s.at(name)].(decimal.Decimal)
		return Amount(d, Places(s.currency))
	}
	month := s.at("month")
	return fmt.Sprintf("From %s to %s MRR went from %s to %s: %s new, %s expansion and %s reactivation, less %s contraction and %s churned. The table has every month.",
		show(s.rows[0][month], Month, 0), show(s.rows[len(s.rows)-1][month], Month, 0),
		word("starting_mrr"), word("ending_mrr"), word("new_mrr"), word("expansion_mrr"), word("reactivation_mrr"), word("contraction_mrr"), word("churned_mrr"))
}

// last is the newest row's amount.
func (s section) last(name string) decimal.Decimal {
	d, _ := s.rows[len(s.rows)-1][s.at(name)].(decimal.Decimal)
	return d
}

// A band parts the width of a plot among n bars.
type band struct {
	from, to float64
	n        int
}

func (b band) step() float64        { return (b.to - b.from) / float64(b.n) }
func (b band) left(i int) float64   { return b.from + b.step()*float64(i) }
func (b band) middle(i int) float64 { return b.left(i) + b.step()/2 }
func (b band) width() float64       { return min(b.step()*0.72, 40) }
func (b band) bar(i int) float64    { return b.middle(i) - b.width()/2 }

// legend names the colours and the marks, in as many lines as it takes.
func legend(p *pen, width float64, entries [][2]string) {
	x, y := 0.0, 12.0
	for _, e := range entries {
		w := legendWidth(e[1])
		if x > 0 && x+w > width {
			x, y = 0, y+20
		}
		switch e[0] {
		case "ending", "net":
			p.line(e[0], x, y-3.5, x+12, y-3.5)
		default:
			p.rect(e[0], x, y-9, 11, 11)
		}
		p.text("legend", "start", x+17, y+1, e[1])
		x += w
	}
}

func legendWidth(text string) float64 { return 36 + 6.4*float64(len(text)) }

// legendLines is how many lines the entries take.
func legendLines(width float64, entries [][2]string) int {
	x, lines := 0.0, 1
	for _, e := range entries {
		w := legendWidth(e[1])
		if x > 0 && x+w > width {
			x, lines = 0, lines+1
		}
		x += w
	}
	return lines
}
