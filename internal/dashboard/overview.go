package dashboard

import (
	"context"
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/report"
)

// overview is the first page: the headline figures with their course, what MRR is
// made of month by month, and where to look further.
func (d *Dashboard) overview(ctx context.Context, l *look) (*view, error) {
	currencies, notice, err := l.settle(ctx, true)
	if err != nil {
		return nil, err
	}
	v := &view{Title: "Monthly recurring revenue", Lead: l.scope()}
	v.notice(notice)
	latest, day := l.latest(), min(l.state.load.Through, l.filter.to.AddMonths(1)-1)
	err = l.warm(ctx,
		func(ctx context.Context) error { _, err := l.report(ctx, "waterfall", l.filter.query()); return err },
		func(ctx context.Context) error { _, err := l.report(ctx, "retention", l.filter.query()); return err },
		func(ctx context.Context) (err error) {
			v.Filter, err = l.form(ctx, currencies, wants{converted: true, source: true, part: true, span: true})
			return err
		},
		func(ctx context.Context) error { _, err := l.moved(ctx, latest); return err },
		func(ctx context.Context) error {
			if l.filter.parted() || len(currencies) < 2 {
				return nil
			}
			_, err := l.report(ctx, "daily", report.Query{From: day, To: day})
			return err
		},
	)
	if err != nil {
		return nil, err
	}
	flow, err := l.report(ctx, "waterfall", l.filter.query())
	if err != nil {
		return nil, err
	}
	kept, err := l.report(ctx, "retention", l.filter.query())
	if err != nil {
		return nil, err
	}
	if len(flow.Rows) == 0 {
		v.Notices = append(v.Notices, "There is no MRR and no movement in what is asked for. Take a filter away, or a longer range.")
		return v, nil
	}
	months := l.months(flow, kept)
	marks, err := l.benchmarks(ctx, months)
	if err != nil {
		return nil, err
	}
	v.Cards = l.cards(months, marks)
	flow.Link, flow.Mark = l.drill(), l.monthMark
	v.table(l, "waterfall", flow, func(s *section) {
		s.Heading = "MRR breakdown, " + l.unitText()
		s.Lead = "What each month began with, the five movements, and what it ended with. Each bar and each figure leads to the movements behind it."
		if l.filter.parted() {
			s.Note = "Of a part of the company. A movement of an account that is in several parts counts here with its share; what went from one part to another without changing the account is transfer."
		} else if l.filter.currency == report.Reporting {
			s.Note = "All currencies in " + l.unit() + " at the rates of the days; what rates alone changed is FX."
		}
	})
	if !l.filter.parted() && len(currencies) > 1 {
		if err := l.byCurrency(ctx, v); err != nil {
			return nil, err
		}
	}
	return v, l.largest(ctx, v, latest)
}

// part says in words which part of the company a page is about.
func (l *look) part() string {
	var parts []string
	if l.filter.source != "" {
		parts = append(parts, "source "+l.filter.source)
	}
	if l.filter.plan != "" {
		parts = append(parts, "plan "+l.planName)
	}
	if l.filter.segment != "" {
		parts = append(parts, l.filter.segment+" "+named(l.filter.value))
	}
	if len(parts) == 0 {
		return "The whole company"
	}
	return "Only " + strings.Join(parts, ", ")
}

// scope says in words what the page is about.
func (l *look) scope() string {
	text := l.part() + ", " + shortMonth(l.filter.from)
	if l.filter.to != l.filter.from {
		text += " to " + shortMonth(l.filter.to)
	}
	return text + ", in " + l.unitText() + ", as of " + longDay(min(l.state.load.Through, l.filter.to.AddMonths(1)-1))
}

func (l *look) unitText() string {
	if l.filter.currency == report.Reporting {
		return "all currencies in " + l.unit()
	}
	return l.unit()
}

func (v *view) notice(text string) {
	if text != "" {
		v.Notices = append(v.Notices, text)
	}
}

// drill leads from a figure of a month to the movements behind it.
func (l *look) drill() func(report.Row, string) string {
	kinds := map[string]string{
		"month": "", "new_mrr": "new", "expansion_mrr": "expansion", "reactivation_mrr": "reactivation", "contraction_mrr": "contraction", "churned_mrr": "churn", "net_new_mrr": "",
	}
	return func(row report.Row, column string) string {
		kind, ok := kinds[column]
		month, is := row.Value("month").(billing.Date)
		if !ok || !is {
			return ""
		}
		if amount, is := row.Value(column).(decimal.Decimal); is && amount.IsZero() {
			return ""
		}
		m := month.String()[:7]
		return l.to("/movements", "currency", l.filter.currency, "from", m, "to", m, "range", "", "kind", kind)
	}
}

// monthMark says of a month that it is not over, or not final.
func (l *look) monthMark(row report.Row) string {
	month, _ := row.Value("month").(billing.Date)
	end := month.AddMonths(1) - 1
	switch {
	case end > l.state.load.Through && l.state.load.Through > l.state.load.Final:
		return "to date, provisional"
	case end > l.state.load.Through:
		return "to date"
	case end > l.state.load.Final:
		return "provisional"
	}
	return ""
}

// A month is a row of the waterfall with the row of retention beside it.
type month struct {
	of                                         billing.Date
	last                                       billing.Date // its last day that is published
	ending, net, gains, losses, starting, arpa decimal.Decimal
	growth, nrr, grr                           float64
	customers                                  uint64
	known                                      bool // there is a row of retention
}

func (m month) done() bool { return m.last == m.of.AddMonths(1)-1 }

// quick is the quick ratio; NaN when nothing was lost.
func (m month) quick() float64 {
	if m.losses.IsZero() {
		return math.NaN()
	}
	q, err := parseFloat(m.gains.DivRound(m.losses, 6).String())
	if err != nil {
		return math.NaN()
	}
	return q
}

type months []month

// whole is the last month that is over, or the first one if none is.
func (ms months) whole() int {
	i := len(ms) - 1
	if i > 0 && !ms[i].done() {
		i--
	}
	return i
}

func (l *look) months(flow, kept *report.Table) months {
	rates := map[billing.Date]report.Row{}
	for i := range kept.Rows {
		row := kept.Row(i)
		if of, ok := row.Value("month").(billing.Date); ok {
			rates[of] = row
		}
	}
	var all months
	for i := range flow.Rows {
		row := flow.Row(i)
		m := month{growth: row.Rate("growth_rate"), nrr: math.NaN(), grr: math.NaN()}
		m.of, _ = row.Value("month").(billing.Date)
		m.last = min(m.of.AddMonths(1)-1, l.state.load.Through)
		m.starting, m.ending, m.net = row.Money("starting_mrr"), row.Money("ending_mrr"), row.Money("net_new_mrr")
		m.gains = row.Money("new_mrr").Add(row.Money("expansion_mrr")).Add(row.Money("reactivation_mrr"))
		m.losses = row.Money("contraction_mrr").Add(row.Money("churned_mrr"))
		if r, ok := rates[m.of]; ok {
			m.nrr, m.grr, m.arpa, m.known = r.Rate("nrr"), r.Rate("grr"), r.Money("arpa"), true
			m.customers, _ = r.Value("customers_end").(uint64)
		}
		all = append(all, m)
	}
	return all
}

// mark is a figure of ours beside its reference.
type mark struct {
	value, from, to float64
	band            string
}

// benchmarks are the marks of the last whole month. There are none of a part.
func (l *look) benchmarks(ctx context.Context, ms months) (map[string]mark, error) {
	if l.filter.parted() || l.state.load.Currency != "" && l.filter.currency != report.Reporting && l.filter.currency != l.state.load.Currency {
		return nil, nil
	}
	of := ms[ms.whole()].of
	t, err := l.report(ctx, "benchmarks", report.Query{From: of, To: of.AddMonths(1) - 1, Currency: l.unit()})
	if err != nil {
		return nil, err
	}
	marks := map[string]mark{}
	for i := range t.Rows {
		if row := t.Row(i); row.Text("scope") == "company" {
			marks[row.Text("metric")] = mark{row.Rate("value"), row.Rate("reference_from"), row.Rate("reference_to"), row.Text("band")}
		}
	}
	return marks, nil
}

// cards are the headline figures. Levels are those of the last day; what happens
// over a month is told of the last one that is over, since a few days of a month
// say little.
func (l *look) cards(ms months, marks map[string]mark) []card {
	unit := l.unit()
	n, w := len(ms)-1, ms.whole()
	end, than := "on "+longDay(ms[n].last), ""
	if n > 0 {
		than = "since " + shortDay(ms[n-1].last)
	}
	inMonth, thanMonth := "in "+monthName(ms[w].of), ""
	if !ms[w].done() {
		inMonth = monthName(ms[w].of) + " to date"
	}
	if w > 0 {
		thanMonth = "vs " + shortMonth(ms[w-1].of)
	}
	money := func(label string, of func(month) decimal.Decimal) card {
		c := card{Label: label, Value: headline(of(ms[n]), unit), Unit: unit, As: end, Than: than, Spark: spark(ms, func(m month) float64 { return about(of(m)) })}
		if n > 0 {
			c.Delta, c.Class = change(of(ms[n-1]), of(ms[n]))
		}
		return c
	}
	rate := func(label string, of func(month) float64) card {
		c := card{Label: label, Value: report.Percent(of(ms[w])), As: inMonth, Than: thanMonth, Spark: spark(ms[:w+1], of)}
		if c.Value == "" {
			c.Value = "–"
		}
		if w > 0 {
			c.Delta, c.Class = points(of(ms[w-1]), of(ms[w]))
		}
		return c
	}
	net := card{Label: "Net new MRR", Value: signed(headline(ms[w].net, unit)), Unit: unit, As: inMonth, Than: thanMonth, Spark: spark(ms[:w+1], func(m month) float64 { return about(m.net) })}
	if w > 0 {
		net.Delta, net.Class = change(ms[w-1].net, ms[w].net)
		net.Delta, _, _ = strings.Cut(net.Delta, " (")
	}
	net.note(marks["expansion_share"], "Expansion's share")
	growth := rate("Growth", func(m month) float64 { return m.growth })
	growth.note(marks["mrr_growth"], "")
	nrr := rate("NRR, net retention", func(m month) float64 { return m.nrr })
	nrr.note(marks["net_growth_existing"], "Growth of existing")
	grr := rate("GRR, gross retention", func(m month) float64 { return m.grr })
	grr.note(marks["gross_churn"], "Gross churn")
	quick := card{Label: "Quick ratio", Value: ratio(ms[w].quick()), As: inMonth, Than: thanMonth, Spark: spark(ms[:w+1], month.quick)}
	if ms[w].losses.IsZero() && ms[w].gains.IsPositive() {
		quick.Value, quick.As = "∞", inMonth+": nothing was lost"
	}
	if w > 0 && !math.IsNaN(ms[w].quick()) && !math.IsNaN(ms[w-1].quick()) {
		by := ms[w].quick() - ms[w-1].quick()
		quick.Delta, quick.Class = signed(ratio(by)), direction(by)
	}
	heads := card{Label: "Customers", Value: report.Grouped(ms[n].customers), As: end, Than: than, Spark: spark(ms, func(m month) float64 { return float64(m.customers) })}
	if n > 0 && ms[n].known {
		by := int64(ms[n].customers) - int64(ms[n-1].customers) //nolint:gosec // heads
		heads.Delta, heads.Class = signed(minus(fmt.Sprint(by))), direction(float64(by))
	}
	return []card{
		money("MRR", func(m month) decimal.Decimal { return m.ending }),
		money("ARR", func(m month) decimal.Decimal { return m.ending.Mul(decimal.NewFromInt(12)) }),
		net, growth, nrr, grr, quick,
		money("ARPA, MRR per customer", func(m month) decimal.Decimal { return m.arpa }),
		heads,
	}
}

// note puts a reference beside the figure; what is the mark's name when it is not
// the card's own figure.
func (c *card) note(m mark, what string) {
	if !(m.to > 0) || math.IsNaN(m.value) { // no reference is none at all
		return
	}
	c.Band, c.BandClass = m.band, "fair"
	switch m.band {
	case "below", "high":
		c.BandClass = "poor"
	case "great", "world class", "best in class", "above", "low":
		c.BandClass = "good"
	}
	c.Reference = fmt.Sprintf("reference %s–%s\u00a0%%", round(m.from), round(m.to))
	if what != "" {
		c.Reference = fmt.Sprintf("%s %s, %s", what, report.Percent(m.value), c.Reference)
	}
}

// byCurrency is the last day of each currency by itself.
func (l *look) byCurrency(ctx context.Context, v *view) error {
	day := min(l.state.load.Through, l.filter.to.AddMonths(1)-1)
	t, err := l.report(ctx, "daily", report.Query{From: day, To: day})
	if err != nil || len(t.Rows) < 2 {
		return err
	}
	// One table of all of them: the currency is a column like others.
	for i := range t.Columns {
		t.Columns = append([]report.Column{}, t.Columns...)
		t.Columns[i].Group, t.Columns[i].Sum = false, 0
	}
	t.Report.Chart = 0
	t.Columns, t.Rows = t.Without("date") // it is said above
	t.Link = func(row report.Row, column string) string {
		if column != "currency" {
			return ""
		}
		return l.to("", "currency", row.Text("currency"))
	}
	v.table(l, "currencies", t, func(s *section) {
		s.Heading, s.Lead = "Each currency by itself", "On "+longDay(day)+". Amounts of different currencies are never added up; a customer may pay in several."
	})
	return nil
}

// latest are the largest movements of the last month that is asked for.
func (l *look) latest() moves {
	return moves{from: l.filter.to, to: l.filter.to.AddMonths(1) - 1, size: 8}
}

// largest is what moved most in the last month.
func (l *look) largest(ctx context.Context, v *view, which moves) error {
	of := which.from
	t, err := l.moved(ctx, which)
	if err != nil || len(t.Rows) == 0 {
		return err
	}
	narrow(t, 2)
	v.table(l, "largest", t, func(s *section) {
		s.Heading, s.Lead, s.Export = "Largest movements of "+monthName(of), "", ""
		m := of.String()[:7]
		s.Tabs = []link{{Text: "All of the month", Href: l.to("/movements", "currency", l.filter.currency, "from", m, "to", m, "range", "")}}
	})
	return nil
}

// spark is the course of a figure; the words are beside it.
func spark(ms months, of func(month) float64) template.HTML {
	values := make([]float64, len(ms))
	for i, m := range ms {
		values[i] = of(m)
	}
	return template.HTML(report.Spark(values)) //nolint:gosec // numbers alone
}
