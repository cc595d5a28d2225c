package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// A grid is a report of cohorts read across: a line for each, a place for each
// age.
type grid struct {
	cohorts []billing.Date
	size    []uint64
	base    []decimal.Decimal
	values  [][]float64 // by cohort and age; NaN: not there yet
	ages    int
	heads   bool // the values are shares of customers and not of MRR
}

// grid reads the section's rows, of which column is shown.
func (s section) grid(column string) grid {
	g := grid{heads: column == "customer_retention"}
	cohort, age, size, base, value := s.at("cohort"), s.at("age"), s.at("base_customers"), s.at("base_mrr"), s.at(column)
	for _, row := range s.rows {
		c, _ := row[cohort].(billing.Date)
		if n := len(g.cohorts); n == 0 || g.cohorts[n-1] != c {
			heads, _ := row[size].(uint64)
			worth, _ := row[base].(decimal.Decimal)
			g.cohorts, g.size, g.base, g.values = append(g.cohorts, c), append(g.size, heads), append(g.base, worth), append(g.values, nil)
		}
		a, _ := row[age].(uint64)
		v, _ := row[value].(float64)
		at := &g.values[len(g.values)-1]
		for len(*at) < int(a) {
			*at = append(*at, math.NaN())
		}
		*at = append(*at, v)
		g.ages = max(g.ages, len(*at))
	}
	return g
}

// weight is how much a cohort counts among all: its customers where these are
// what is shown, else its MRR.
func (g grid) weight(i int) float64 {
	if g.heads {
		return float64(g.size[i])
	}
	return g.base[i].InexactFloat64()
}

func (g grid) unit() string {
	if g.heads {
		return "Cust."
	}
	return "Base"
}

// beginning is what a cohort began with.
func (g grid) beginning(i int) string {
	if g.heads {
		return fmt.Sprint(g.size[i])
	}
	return brief(g.base[i])
}

// drawHeat draws the cohorts as a grid of squares: the fuller, the more is left.
// What has grown beyond its beginning has a colour of its own.
func (s section) drawHeat(f *figure, column string) {
	var p pen
	g := s.grid(column)
	left, right, top := 128.0, 8.0, 62.0
	shown := g.ages
	if f.width < wide { // a phone has room for a year and a half
		left, shown = 74, min(shown, 18)
	}
	cell := min((f.width-left-right)/float64(max(shown, 1)), 46)
	line := min(max(cell*0.72, 16), 26)
	f.height = top + float64(len(g.cohorts))*line + 12
	numbers := cell >= 27
	p.text("caption", "start", left, 34, "Months since the first")
	for a := range shown {
		if every := int(math.Ceil(20 / cell)); a%every == 0 {
			p.text("tick", "middle", left+(float64(a)+0.5)*cell, 52, fmt.Sprint(a))
		}
	}
	if f.width >= wide {
		p.text("tick", "end", left-66, 52, g.unit())
	}
	p.heatLegend(f.width)
	for i, c := range g.cohorts {
		y := top + float64(i)*line
		p.text("label", "end", left-10, y+line/2+4, show(c, Month, 0))
		if f.width >= wide {
			p.text("tick", "end", left-66, y+line/2+4, g.beginning(i))
		}
		for a, v := range g.values[i][:min(len(g.values[i]), shown)] {
			if math.IsNaN(v) {
				continue
			}
			x := left + float64(a)*cell
			p.open(fmt.Sprintf("%s, month %d\n%s of what they began with: %s %s MRR, %d customers", c.Time().Format("January 2006"), a, percent(v),
				Amount(g.base[i], Places(s.currency)), s.currency, g.size[i]))
			class, strength := heatOf(v)
			fmt.Fprintf(&p.b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s" fill-opacity="%.2f"/>`, class, px(x+0.5), px(y+0.5), px(cell-1), px(line-1), strength)
			if numbers {
				ink := "inside"
				if class == "grown" {
					ink = "inside ongrown"
				}
				p.text(ink, "middle", x+cell/2, y+line/2+4, fmt.Sprintf("%.0f", v*100))
			}
			p.shut()
		}
	}
	f.body = p.b.String()
	f.desc = s.tellCohorts(g)
}

// heatOf is the class and the strength of a share's colour.
func heatOf(v float64) (string, float64) {
	if v > 1.0005 {
		return "grown", min(0.7+(v-1)*0.5, 1) // no paler than what kept nearly all
	}
	return "kept", 0.06 + 0.53*max(v, 0)*max(v, 0) // no stronger than the figure on it can be read
}

func (p *pen) heatLegend(width float64) {
	x := 0.0
	for _, v := range []float64{0, 0.25, 0.5, 0.75, 1, 1.25, 1.6} {
		class, strength := heatOf(v)
		fmt.Fprintf(&p.b, `<rect class="%s" x="%s" y="3" width="20" height="11" fill-opacity="%.2f"/>`, class, px(x), strength)
		x += 20
	}
	text := "0 to 100 % of what they began with, green above"
	if width < wide {
		text = "0 to 100 %, green above"
	}
	p.text("legend", "start", x+8, 13, text)
}

// tellCohorts says the picture in a sentence: what the cohorts together had left
// after some months.
func (s section) tellCohorts(g grid) string {
	var parts []string
	for _, age := range []int{1, 3, 6, 12, 24} {
		var kept, base float64
		for i, row := range g.values {
			if age < len(row) && !math.IsNaN(row[age]) {
				b := g.weight(i)
				kept, base = kept+row[age]*b, base+b
			}
		}
		if base > 0 {
			parts = append(parts, fmt.Sprintf("%s after %d", percent(kept/base), age))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("%d cohorts, none of them a month old.", len(g.cohorts))
	}
	return fmt.Sprintf("%d cohorts. Of what they began with they had left together, by months: %s.", len(g.cohorts), strings.Join(parts, ", "))
}

// crossed is the table read across, one row a cohort and one column an age: for
// people. Machines get a row for each. With limit above 0 it has the ages at
// which cohorts are usually compared, no more than that many.
func (t *Table) crossed(limit int) *Table {
	groups := 0
	for groups < len(t.Columns) && t.Columns[groups].Group {
		groups++
	}
	sections := t.sections()
	grids := make([]grid, len(sections))
	most := 0
	for i, s := range sections {
		grids[i] = s.grid(t.Report.Drawn[0])
		most = max(most, grids[i].ages)
	}
	ages := agesShown(most, limit)
	out := *t
	out.Report.Crossed = false
	out.Columns = append(append([]Column{}, t.Columns[:groups]...),
		Column{Name: "cohort", Title: "Cohort", Kind: Month},
		Column{Name: "base_customers", Title: "Customers", Short: "Cust.", Kind: Count, Sum: Total},
		Column{Name: "base_mrr", Title: "Base MRR", Short: "Base", Kind: Money, Sum: Total})
	for _, a := range ages {
		out.Columns = append(out.Columns, Column{Name: fmt.Sprintf("month_%d", a), Title: fmt.Sprint(a), Kind: Rate})
	}
	out.Rows = nil
	for i, s := range sections {
		for r, c := range grids[i].cohorts {
			var row []any
			for _, key := range s.keys {
				row = append(row, key)
			}
			row = append(row, c, grids[i].size[r], grids[i].base[r])
			for _, a := range ages {
				v := math.NaN()
				if a < len(grids[i].values[r]) {
					v = grids[i].values[r][a]
				}
				row = append(row, v)
			}
			out.Rows = append(out.Rows, row)
		}
	}
	return &out
}

// agesShown are all ages there are, or as many as there is room for of those
// that are usually looked at.
func agesShown(most, limit int) []int {
	var out []int
	if limit <= 0 || most <= limit {
		for a := range most {
			out = append(out, a)
		}
		return out
	}
	for _, a := range []int{0, 1, 2, 3, 6, 9, 12, 18, 24, 36, 48} {
		if a < most && len(out) < limit {
			out = append(out, a)
		}
	}
	return out
}
