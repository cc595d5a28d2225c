package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// Overview is what the one page says of a company beside its figures.
type Overview struct {
	Title string   // empty: "Monthly recurring revenue"
	Notes []string // lines at the foot, for instance how the figures were checked
	Top   int      // customers listed per currency; 0: 10
}

// WriteOverview writes one self-contained page: the headline figures of the last
// published day, the waterfall by month as picture and table, and the largest
// customers. With a reporting currency the headline is over all currencies,
// else over the one with the most customers.
func WriteOverview(ctx context.Context, src Source, w io.Writer, o Overview) error {
	now, err := src.published(ctx)
	if err != nil {
		return err
	}
	for range 3 {
		p, err := src.overview(ctx, o, now)
		if err != nil {
			return err
		}
		// The page takes several statements. If a load was published between them it could show both.
		after, err := src.published(ctx)
		if err != nil {
			return err
		}
		if after == now {
			return p.write(w)
		}
		now = after
	}
	return errors.New("write overview: loads are published faster than a page can be made of one; try again later")
}

// published is what readers see: the newest load, its last day and its reporting
// currency. It is zero before the first one.
type published struct {
	load     uint64
	through  billing.Date
	currency string
}

func (src Source) published(ctx context.Context) (published, error) {
	var p published
	var day time.Time
	err := src.Conn.QueryRow(ctx, "SELECT max(load_id), max(through), max(reporting_currency) FROM "+src.Database+".loads WHERE status = 'current'").
		Scan(&p.load, &day, &p.currency)
	if err != nil {
		return published{}, fmt.Errorf("ask what is published: %w", err)
	}
	p.through = billing.DateOf(day, time.UTC)
	return p, nil
}

// overview gathers the page of a load.
func (src Source) overview(ctx context.Context, o Overview, now published) (page, error) {
	p := page{Title: cmp.Or(o.Title, "Monthly recurring revenue"), Notes: o.Notes}
	if now.load == 0 {
		p.Subtitle = "Nothing is published yet"
		return p, nil
	}
	p.Subtitle = "Through " + now.through.Time().Format("2 January 2006")
	size, err := src.sizes(ctx, now.through)
	if err != nil {
		return page{}, err
	}
	whole := ""
	if _, alone := size[now.currency]; now.currency != "" && (!alone || len(size) > 1) {
		whole = Reporting
	}
	flow, err := waterfall().Run(ctx, src, Query{Currency: whole})
	if err != nil {
		return page{}, err
	}
	flow.order(size)
	payers, err := customers().Run(ctx, src, Query{Currency: whole, Limit: cmp.Or(o.Top, 10)})
	if err != nil {
		return page{}, err
	}
	payers.order(size)
	day, err := src.lastDay(ctx, flow, now.through)
	if err != nil {
		return page{}, err
	}
	p.Cards = headline(flow, day)
	p.Blocks = append(flow.Blocks(), payers.Blocks()...)
	if whole == Reporting {
		each, err := waterfall().Run(ctx, src, Query{})
		if err != nil {
			return page{}, err
		}
		each.order(size)
		p.Folded = each.folded()
	}
	return p, nil
}

// folded are the sections as blocks that open when asked: each says in a line
// what it came to.
func (t *Table) folded() []Block {
	blocks := t.Blocks()
	for i, s := range t.sections() {
		blocks[i].Heading = s.title()
		blocks[i].Lead = minus(Amount(s.last("ending_mrr"), Places(s.currency))) + " MRR"
	}
	return blocks
}

// sizes are the customers of each currency on a day: amounts of different
// currencies can't be compared, heads can.
func (src Source) sizes(ctx context.Context, on billing.Date) (map[string]uint64, error) {
	t, err := daily().Run(ctx, src, Query{From: on, To: on})
	if err != nil {
		return nil, err
	}
	size := map[string]uint64{}
	for _, s := range t.sections() {
		size[s.currency], _ = s.rows[0][s.at("customers")].(uint64)
	}
	return size, nil
}

// order puts the currencies with the most customers first.
func (t *Table) order(size map[string]uint64) {
	slices.SortStableFunc(t.Rows, func(a, b []any) int {
		x, _ := a[0].(string)
		y, _ := b[0].(string)
		return cmp.Compare(size[y], size[x])
	})
}

// lastDay is the last day's totals in the currency of a waterfall.
func (src Source) lastDay(ctx context.Context, flow *Table, through billing.Date) (section, error) {
	q := Query{From: through, To: through, Currency: flow.Query.Currency}
	if s := flow.sections(); q.Currency != Reporting && len(s) > 0 {
		q.Currency = s[0].currency
	}
	t, err := daily().Run(ctx, src, q)
	if err != nil || len(t.Rows) == 0 {
		return section{}, err
	}
	return t.sections()[0], nil
}

// headline picks the figures for the cards of the first section.
func headline(flow *Table, day section) []card {
	sections := flow.sections()
	if len(sections) == 0 || len(day.rows) == 0 {
		return nil
	}
	s := sections[0]
	last := s.rows[len(s.rows)-1]
	amount := func(name string) decimal.Decimal {
		d, _ := last[s.at(name)].(decimal.Decimal)
		return d
	}
	month, _ := last[s.at("month")].(billing.Date)
	name := month.Time().Format("January")
	growth, _ := last[s.at("growth_rate")].(float64)
	of := func(column string) string {
		i := day.at(column)
		return minus(show(day.rows[0][i], day.columns[i].Kind, 0))
	}
	money := func(d decimal.Decimal) string { return minus(Amount(d, 0)) }
	signed := func(text string) string {
		if !strings.HasPrefix(text, "−") && strings.Trim(text, "0.% ") != "" {
			return "+" + text
		}
		return text
	}
	gains := amount("new_mrr").Add(amount("expansion_mrr")).Add(amount("reactivation_mrr"))
	losses := amount("contraction_mrr").Add(amount("churned_mrr"))
	return []card{
		{Label: "MRR", Value: of("mrr"), Unit: s.currency, Note: signed(minus(percent(growth))) + " in " + name},
		{Label: "ARR", Value: of("arr"), Unit: s.currency, Note: "12 × MRR"},
		{Label: "Net new", Value: signed(money(amount("net_new_mrr"))), Unit: s.currency, Note: fmt.Sprintf("+%s −%s in %s", money(gains), money(losses), month.Time().Format("Jan"))},
		{Label: "Customers", Value: of("customers"), Note: of("subscriptions") + " subscriptions"},
		{Label: "ARPA", Value: of("arpa"), Unit: s.currency, Note: "MRR per customer"},
	}
}

// minus writes negative figures with the sign that typography has for it.
func minus(s string) string { return strings.ReplaceAll(s, "-", "−") }
