package report

import (
	"fmt"
	"html"
	"math"
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/plain"
)

// Chart is the kind of picture a report makes.
type Chart uint8

// The pictures.
const (
	Waterfall Chart = iota + 1 // stacked bars by month: level and movements
	Line                       // a level by day
	Bars                       // ranked, horizontal: the one drawn column
	Rates                      // lines of shares by month: the drawn columns
	Heat                       // cohorts by age, coloured by the one drawn column
	Outlook                    // a level by month with the range that it may lie in: level, low, high
	Stacks                     // what each of the drawn columns came to, by month
	Marks                      // shares beside their reference ranges
	History                    // a level that steps, each step marked by its movement
)

// Two widths are drawn of every picture: type that is readable on a screen is
// not when a phone scales it down.
const (
	wide   = 960
	narrow = 380
)

// maxBars is how many of a ranking are drawn; the table has them all.
const maxBars = 20

// A figure is one drawn section: an SVG body of a known size, with the words for
// whoever does not see it.
type figure struct {
	width, height float64
	title, desc   string
	body          string
}

// draw makes the section's picture, ok false when there is nothing to see.
func (s section) draw(r Report, width float64) (f figure, ok bool) {
	if len(s.rows) == 0 {
		return figure{}, false
	}
	f.width = width
	f.title = r.Title + ", " + s.title()
	switch r.Chart {
	case Waterfall:
		s.drawWaterfall(&f)
	case Line:
		s.drawLine(&f)
	case Bars:
		s.drawBars(&f, r.Drawn[0])
	case Rates:
		s.drawRates(&f, r.Drawn)
	case Heat:
		s.drawHeat(&f, r.Drawn[0])
	case Outlook:
		s.drawOutlook(&f, r.Drawn)
	case Stacks:
		s.drawStacks(&f, r.Drawn)
	case Marks:
		s.drawMarks(&f)
	case History:
		s.drawHistory(&f)
	default:
		return figure{}, false
	}
	return f, true
}

// A pen writes SVG. Whatever text it is given is escaped here and nowhere else.
type pen struct{ b strings.Builder }

func (p *pen) rect(class string, x, y, w, h float64) {
	if w <= 0 || h <= 0 {
		return
	}
	fmt.Fprintf(&p.b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"/>`, class, px(x), px(y), px(w), px(h))
}

func (p *pen) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&p.b, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, px(x1), px(y1), px(x2), px(y2))
}

func (p *pen) dot(class string, x, y, r float64) {
	fmt.Fprintf(&p.b, `<circle class="%s" cx="%s" cy="%s" r="%s"/>`, class, px(x), px(y), px(r))
}

// path joins points; closed down to base it is an area.
func (p *pen) path(class string, points [][2]float64) {
	var d strings.Builder
	for i, at := range points {
		d.WriteByte("ML"[min(i, 1)])
		d.WriteString(px(at[0]) + " " + px(at[1]))
	}
	fmt.Fprintf(&p.b, `<path class="%s" d="%s"/>`, class, d.String())
}

// text sets a text; anchor is start, middle or end.
func (p *pen) text(class, anchor string, x, y float64, s string) {
	fmt.Fprintf(&p.b, `<text class="%s" text-anchor="%s" x="%s" y="%s">%s</text>`, class, anchor, px(x), px(y), xmlText(s))
}

// open begins a group with a tip that appears on pointing at it; shut ends it.
func (p *pen) open(tip string) {
	fmt.Fprintf(&p.b, `<g><title>%s</title>`, xmlText(tip))
}

func (p *pen) shut() { p.b.WriteString(`</g>`) }

// link makes what is drawn within lead somewhere, for whoever points: with the
// keyboard one goes by the table, where the same figure leads to the same place.
func (p *pen) link(href string, draw func()) {
	if href == "" {
		draw()
		return
	}
	fmt.Fprintf(&p.b, `<a href="%s" tabindex="-1">`, xmlText(href))
	draw()
	p.b.WriteString(`</a>`)
}

// px writes a coordinate, to a tenth of a pixel.
func px(f float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0")
}

// xmlText escapes a text for SVG and HTML alike. Control characters are not
// allowed in XML at all, however they are written.
func xmlText(s string) string { return html.EscapeString(plain.Line(s)) }

// A scale maps amounts to pixels. This is the one place where an amount becomes
// a float: a tenth of a pixel needs no more.
type scale struct{ lo, hi, from, to, step float64 }

func (s scale) at(v float64) float64 {
	if s.hi == s.lo {
		return s.from
	}
	return s.from + (v-s.lo)/(s.hi-s.lo)*(s.to-s.from)
}

// ticks are the multiples of the step from lo to hi.
func (s scale) ticks() []float64 {
	var out []float64
	for n := math.Ceil(s.lo/s.step - 1e-9); n*s.step <= s.hi*(1+1e-9); n++ {
		out = append(out, n*s.step)
	}
	return out
}

// niceStep is the least of 1, 2, 2.5 and 5 times a power of ten that is not
// below v.
func niceStep(v float64) float64 {
	if v <= 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return 1
	}
	base := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*base >= v*(1-1e-9) {
			return m * base
		}
	}
	return 10 * base
}

// axisOf is a scale from from to to that holds lo and hi, zero among them, with
// about n steps. Its ends are round numbers, but that little below zero gets the
// room it needs and not a whole step.
func axisOf(lo, hi float64, n int, from, to float64) scale {
	if hi <= lo {
		hi = lo + 1
	}
	s := scale{from: from, to: to, step: niceStep((hi - lo) / float64(n))}
	s.lo, s.hi = math.Floor(lo/s.step)*s.step, math.Ceil(hi/s.step)*s.step
	if tight := lo - (hi-lo)*0.02; lo < 0 && tight > s.lo && -tight < s.hi*0.2 {
		s.lo = tight
	}
	return s
}

// axis draws the round numbers of a scale and a line for each across the plot.
func (p *pen) axis(s scale, x1, x2 float64) {
	for _, v := range s.ticks() {
		y := s.at(v)
		class := "grid"
		if v == 0 {
			class = "zero"
		}
		p.line(class, x1, y, x2, y)
		p.text("tick", "end", x1-8, y+4, brief(decimal.NewFromInt(int64(math.Round(v*100))).Shift(-2)))
	}
}

// monthName is the short English name of a month, or its first letter.
func monthName(d billing.Date, initial bool) string {
	name := d.Time().Format("Jan")
	if initial {
		return name[:1]
	}
	return name
}

func floatOf(v any) float64 {
	d, _ := v.(decimal.Decimal)
	return d.InexactFloat64()
}
