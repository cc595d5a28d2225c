package dashboard

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"mrrsync/connectors/billing"
	"mrrsync/internal/report"
)

// A filter is which part of the company a page is about, and over which months.
// It is in the address and nowhere else.
type filter struct {
	currency       string // ISO 4217, report.Reporting, or empty: the page's choice
	source, plan   string
	segment, value string // segment empty: all
	span           string // 12m, 24m, 36m, ytd, all or own; the months from and to follow from it
	from, to       billing.Date
}

// spans are the ranges that are offered, with their months; 0: not a number of
// months.
func spans() []option {
	return []option{{"12m", "12 months"}, {"24m", "24 months"}, {"36m", "36 months"}, {"ytd", "This year"}, {"all", "Everything"}}
}

// An option is one that a reader can choose.
type option struct{ Value, Text string }

const (
	defaultSpan = "24m"
	own         = "own" // the months that from and to name
)

// readFilter reads the address.
func (l *look) readFilter() (filter, error) {
	p := l.params
	f := filter{currency: strings.ToUpper(p.Get("currency")), source: p.Get("source"), plan: p.Get("plan"), span: cmp.Or(p.Get("range"), defaultSpan)}
	if strings.EqualFold(f.currency, report.Reporting) {
		f.currency = report.Reporting
	}
	if text := p.Get("segment"); text != "" {
		var ok bool
		if f.segment, f.value, ok = strings.Cut(text, "="); !ok {
			return f, wrong("A segment is written key=value, for instance segment=tier=enterprise; %q is not.", text)
		}
	}
	through := l.state.load.Through
	last := through.Month()
	f.to = last
	if span := p.Get("range"); span == own || span == "" && (p.Get("from") != "" || p.Get("to") != "") {
		f.span = own
		var err error
		if f.from, err = monthOf(p.Get("from"), l.state.load.First.Month()); err != nil {
			return f, err
		}
		if f.to, err = monthOf(p.Get("to"), last); err != nil {
			return f, err
		}
		if f.from > f.to {
			return f, wrong("The range ends in %s, before it begins in %s.", f.to.String()[:7], f.from.String()[:7])
		}
		return f, nil
	}
	switch f.span {
	case "all":
		f.from = l.state.load.First.Month()
	case "ytd":
		f.from = last.AddMonths(1 - int(last.Time().Month()))
	default:
		n, err := strconv.Atoi(strings.TrimSuffix(f.span, "m"))
		if err != nil || n < 1 || n > 1200 {
			return f, wrong("The range %q is none: take 12m, 24m, 36m, ytd or all, or name the months with from and to.", f.span)
		}
		f.from = last.AddMonths(1 - n)
	}
	f.from = min(max(f.from, l.state.load.First.Month()), f.to) // there is nothing before
	return f, nil
}

// monthOf reads a month, 2026-03.
func monthOf(text string, otherwise billing.Date) (billing.Date, error) {
	if text == "" {
		return otherwise, nil
	}
	if len(text) > len("2026-03") {
		if d, err := billing.ParseDate(text); err == nil {
			return d.Month(), nil
		}
	}
	d, err := billing.ParseDate(text + "-01")
	if err != nil {
		return 0, wrong("%q is no month: write 2026-03.", text)
	}
	return d, nil
}

// parted tells that only a part of the company is asked for.
func (f filter) parted() bool { return f.source != "" || f.sliced() }

// sliced tells that a part is asked for that accounts can be in with some of what
// they have: a plan, or a segment.
func (f filter) sliced() bool { return f.plan != "" || f.segment != "" }

// query is the filter as a report takes it.
func (f filter) query() report.Query {
	return report.Query{
		From: f.from, To: f.to.AddMonths(1) - 1, Currency: f.currency, Source: f.source, Plan: f.plan, Segment: f.segment, Value: f.value,
	}
}

// chosen is the condition on single rows, for questions of our own; its values
// are those of values.
func (f filter) chosen() string {
	all := []string{"true"}
	if f.source != "" {
		all = append(all, "source = {source:String}")
	}
	if f.plan != "" {
		all = append(all, "plan_id = {plan:String}")
	}
	if f.segment != "" {
		all = append(all, "segments[{key:String}] = {value:String}")
	}
	if f.currency != "" && f.currency != report.Reporting {
		all = append(all, "currency = {currency:String}")
	}
	return strings.Join(all, " AND ")
}

func (f filter) values() map[string]any {
	return map[string]any{
		"source": f.source, "plan": f.plan, "key": f.segment, "value": f.value, "currency": f.currency,
		"from": f.from.String(), "to": (f.to.AddMonths(1) - 1).String(),
	}
}

// params is the filter as an address has it; only what differs from what a page
// takes by itself.
func (l *look) kept() url.Values {
	out := url.Values{}
	for _, name := range []string{"currency", "source", "plan", "segment", "range", "from", "to"} {
		if v := l.params.Get(name); v != "" {
			out.Set(name, v)
		}
	}
	return out
}

// to is the address of a page with this look's filter and some parameters more;
// an empty value takes one away.
func (l *look) to(path string, pairs ...string) string {
	v := l.kept()
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			v.Del(pairs[i])
			continue
		}
		v.Set(pairs[i], pairs[i+1])
	}
	return address(path, v)
}

// here is this page's address with some parameters changed, all others kept.
func (l *look) here(pairs ...string) string {
	v := url.Values{}
	for name, values := range l.params {
		if name != "csv" {
			v[name] = slices.Clone(values)
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			v.Del(pairs[i])
			continue
		}
		v.Set(pairs[i], pairs[i+1])
	}
	return address(l.path, v)
}

func address(path string, v url.Values) string {
	if len(v) == 0 {
		return Root + path
	}
	return Root + path + "?" + v.Encode()
}

// currencies are those in which the part of the company that is asked for ever
// had MRR, the largest first by what it is worth in the reporting currency, or by
// customers where nothing is converted.
func (l *look) currencies(ctx context.Context) ([]string, error) {
	f := l.filter
	f.currency = ""
	t, err := l.ask(ctx, report.Report{Name: "currencies", Columns: []report.Column{{Name: "currency", Kind: report.Text}}},
		map[string]any{"Chosen": f.chosen()}, map[string]any{"source": f.source, "plan": f.plan, "key": f.segment, "value": f.value})
	if err != nil {
		return nil, err
	}
	var all []string
	for _, row := range t.Rows {
		code, _ := row[0].(string)
		all = append(all, code)
	}
	return all, nil
}

// settle decides the currency where the address leaves it open: the reporting
// currency for the whole company, and else, since parts are not converted, the
// one with the most.
func (l *look) settle(ctx context.Context, converted bool) (all []string, notice string, err error) {
	if l.filter.segment != "" && !slices.Contains(l.d.cfg.Views.Segments, l.filter.segment) {
		return nil, "", wrong("No segment %q is configured.", l.filter.segment)
	}
	if all, err = l.currencies(ctx); err != nil {
		return nil, "", err
	}
	if l.filter.plan != "" {
		offered, err := l.offered(ctx)
		if err != nil {
			return nil, "", err
		}
		l.planName = cmp.Or(planNames(offered)[l.filter.plan], l.filter.plan)
	}
	f := &l.filter
	reporting := l.state.load.Currency != "" && converted && !f.parted()
	switch {
	case f.currency == report.Reporting && !reporting:
		f.currency = ""
		switch {
		case l.state.load.Currency == "":
			notice = "Nothing is converted in this warehouse: each currency stands by itself."
		case f.parted() && converted:
			notice = "A part of the company is shown in a currency of its own, since what exchange rates did to a part can't be told from what moved into it."
		default:
			notice = "This page has each currency by itself."
		}
	case f.currency == "" && reporting && (len(all) > 1 || len(all) == 1 && all[0] != l.state.load.Currency):
		f.currency = report.Reporting
	}
	if f.currency == "" {
		f.currency = l.state.load.Currency
		if len(all) > 0 {
			f.currency = all[0]
		}
	}
	return all, notice, nil
}

// unit is the currency of the page's amounts.
func (l *look) unit() string {
	if l.filter.currency == report.Reporting {
		return l.state.load.Currency
	}
	return l.filter.currency
}
