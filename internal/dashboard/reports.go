package dashboard

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"mrrsync/internal/report"
)

// single settles a page whose figures are of one currency each, and makes its
// form.
func (l *look) single(ctx context.Context, v *view, w wants) error {
	currencies, notice, err := l.settle(ctx, w.converted)
	if err != nil {
		return err
	}
	v.Lead = l.scope()
	v.notice(notice)
	v.Filter, err = l.form(ctx, currencies, w)
	return err
}

// unknown names what the address asks for that figures are not known by; known
// is what they are known by.
func (l *look) unknown(known ...string) string {
	var asked []string
	for _, part := range []struct {
		name string
		on   bool
	}{{"source", l.filter.source != ""}, {"plan", l.filter.plan != ""}, {"segment", l.filter.segment != ""}} {
		if part.on && !slices.Contains(known, part.name) {
			asked = append(asked, part.name)
		}
	}
	return strings.Join(asked, " or ")
}

// untold tells whether the address asks for a part that these figures are not
// known of. Then the page says so, and shows none: a figure is what the filter
// says, or it is not there.
func (l *look) untold(v *view, figures string, known ...string) bool {
	by := l.unknown(known...)
	if by != "" {
		v.notice(figures + " can't be told by " + by + ", so nothing is shown. Take the filter away to see the whole.")
	}
	return by != ""
}

// plans are what each plan gained and lost.
func (d *Dashboard) plans(ctx context.Context, l *look) (*view, error) {
	v := &view{Title: "Plans"}
	if err := l.single(ctx, v, wants{source: true, span: true}); err != nil || l.untold(v, "What plans gained and lost", "source", "plan") {
		return v, err
	}
	t, err := l.report(ctx, "plans", report.Query{From: l.filter.from, To: l.filter.to.AddMonths(1) - 1, Currency: l.filter.currency, Source: l.filter.source})
	if err != nil {
		return nil, err
	}
	// A plan is read by its name; the export has the id, too.
	ids := map[[2]string]string{}
	named := make([][]any, 0, len(t.Rows))
	for i, row := range t.Rows {
		row = slices.Clone(row)
		id, name, source := t.Row(i).Text("plan_id"), t.Row(i).Text("name"), t.Row(i).Text("source")
		if l.filter.plan != "" && l.filter.plan != id {
			continue
		}
		for at, c := range t.Columns {
			if c.Name != "name" {
				continue
			}
			if _, taken := ids[[2]string{source, name}]; taken {
				name += " " + id
				row[at] = name
			}
		}
		ids[[2]string{source, name}] = id
		named = append(named, row)
	}
	t.Rows = named
	t.Link = func(row report.Row, column string) string {
		source := row.Text("source")
		plan := ids[[2]string{source, row.Text("name")}]
		switch column {
		case "name", "ending_mrr":
			return l.to("", "plan", plan, "source", source, "currency", l.filter.currency)
		}
		return l.partMoves(row, column, "plan", plan, "source", source)
	}
	full := *t
	t.Columns, t.Rows = t.Without("plan_id")
	v.table(l, "plans", t, func(s *section) {
		s.Heading = "Plans, " + l.unit()
		s.Lead = "What each plan began the range with, its part in the movements, and what it ended with. Transfer is what accounts took along from one plan to another. A plan leads to its own breakdown."
	})
	v.tables["plans"] = &full
	return v, nil
}

// partMoves leads from a movement's figure of a part to the movements behind it.
func (l *look) partMoves(row report.Row, column string, pairs ...string) string {
	kind, ok := map[string]string{
		"new_mrr": "new", "expansion_mrr": "expansion", "reactivation_mrr": "reactivation", "contraction_mrr": "contraction", "churned_mrr": "churn",
	}[column]
	if !ok || row.Money(column).IsZero() {
		return ""
	}
	return l.to("/movements", append(pairs, "kind", kind, "currency", l.filter.currency, "range", "", "from", l.filter.from.String()[:7], "to", l.filter.to.String()[:7])...)
}

// segments are the same for the values of each segment.
func (d *Dashboard) segments(ctx context.Context, l *look) (*view, error) {
	v := &view{Title: "Segments"}
	if err := l.single(ctx, v, wants{span: true}); err != nil || l.untold(v, "What segments gained and lost", "segment") {
		return v, err
	}
	if len(d.cfg.Views.Segments) == 0 {
		v.notice("No segment is configured. Name one under segments in the configuration, for instance tier: metadata.tier, and every page can be cut by it.")
		return v, nil
	}
	t, err := l.report(ctx, "segments", report.Query{From: l.filter.from, To: l.filter.to.AddMonths(1) - 1, Currency: l.filter.currency})
	if err != nil {
		return nil, err
	}
	if l.filter.segment != "" {
		t.Rows = l.ofSegment(t)
	}
	t.Link = func(row report.Row, column string) string {
		part := row.Text("segment") + "=" + row.Text("value")
		switch column {
		case "value", "ending_mrr":
			return l.to("", "segment", part, "currency", l.filter.currency)
		}
		return l.partMoves(row, column, "segment", part)
	}
	v.table(l, "segments", t, func(s *section) {
		_, key, _ := strings.Cut(s.Heading, " · ")
		s.Heading = "Segment " + key + ", " + l.unit()
		s.Lead = "Each segment has all of the MRR, so segments are never added up. A value leads to its own breakdown."
	})
	return v, nil
}

// ofSegment are the rows of the segment's value that is asked for.
func (l *look) ofSegment(t *report.Table) [][]any {
	var rows [][]any
	for i, row := range t.Rows {
		if r := t.Row(i); r.Text("segment") == l.filter.segment && r.Text("value") == l.filter.value {
			rows = append(rows, row)
		}
	}
	return rows
}

// retention is how much of a month's start is there at its end.
func (d *Dashboard) retention(ctx context.Context, l *look) (*view, error) {
	v := &view{Title: "Retention"}
	if err := l.single(ctx, v, wants{converted: true, source: true, part: true, span: true}); err != nil {
		return nil, err
	}
	t, err := l.report(ctx, "retention", l.filter.query())
	if err != nil {
		return nil, err
	}
	t.Mark = l.monthMark
	v.table(l, "retention", t, func(s *section) {
		s.Heading = "Retention by month, " + l.unitText()
		s.Lead = "Of each month's starting MRR and customers: how much, and how many of them, were there at its end. NRR counts growth of existing accounts, GRR does not."
		if l.filter.parted() {
			s.Note = "Of a part of the company: an account that went from it to another part counts as lost here."
		}
	})
	if l.filter.parted() {
		return v, nil
	}
	last := l.state.load.Through
	of := (last + 1).Month().AddMonths(-1)
	of = min(of, l.filter.to)
	marks, err := l.report(ctx, "benchmarks", report.Query{From: of, To: of.AddMonths(1) - 1})
	if err != nil {
		return nil, err
	}
	company, parts := *marks, *marks
	company.Rows, parts.Rows = nil, nil
	for i, row := range marks.Rows {
		if marks.Row(i).Text("scope") == "company" {
			company.Rows = append(company.Rows, row)
			continue
		}
		parts.Rows = append(parts.Rows, row)
	}
	v.table(l, "benchmarks", &company, func(s *section) {
		s.Heading = "Beside the trade, " + monthName(of)
		s.Lead = "Our figures beside published reference ranges. They are references of the trade, no targets."
	})
	if len(parts.Rows) > 0 {
		parts.Report.Chart = 0
		v.table(l, "benchmarks_by_segment", &parts, func(s *section) {
			s.Heading, s.Lead, s.Fold = "The same by segment", "", "Every value of every segment"
		})
	}
	return v, nil
}

// cohorts are what became of the accounts that began in one month.
func (d *Dashboard) cohorts(ctx context.Context, l *look) (*view, error) {
	v := &view{Title: "Cohorts"}
	if err := l.single(ctx, v, wants{converted: true, source: true, part: true, span: true}); err != nil {
		return nil, err
	}
	q := l.filter.query()
	for _, c := range []struct{ name, column, heading, lead string }{
		{"revenue", "revenue_retention", "MRR kept", "What share of the MRR that a month's new customers began with was there so many months later. Above 100 % they have grown beyond it."},
		{"customers", "customer_retention", "Customers kept", "What share of a month's new customers still had MRR so many months later."},
	} {
		t, err := l.report(ctx, "cohorts", q)
		if err != nil {
			return nil, err
		}
		t.Report.Drawn = []string{c.column}
		t.Report.Title = "Cohorts, " + c.heading
		t.Link = func(row report.Row, column string) string {
			if column != "cohort" {
				return ""
			}
			m := row.Text("cohort")[:7]
			kind := "new"
			if l.filter.parted() { // it may have come from another part
				kind = ""
			}
			return l.to("/movements", "kind", kind, "from", m, "to", m, "range", "", "currency", l.filter.currency)
		}
		v.table(l, c.name, t, func(s *section) {
			s.Heading, s.Lead = c.heading+", "+l.unitText(), c.lead
			s.Fold = "The same as a table"
			if l.filter.parted() {
				s.Note = "Of a part of the company: an account belongs to the first month at whose end it had MRR in the part, and began with what it had in it then. Who went on to another part has left this one."
			}
			if len(s.Rows) == 0 {
				s.Empty = "No cohort begins in these months."
			}
		})
	}
	return v, nil
}

// forward is the MRR of months to come: what is agreed, and what may be.
func (d *Dashboard) forward(ctx context.Context, l *look) (*view, error) {
	v := &view{Title: "Forward"}
	if err := l.single(ctx, v, wants{}); err != nil || l.untold(v, "What is agreed and what is to be expected") {
		return v, err
	}
	v.Lead = "The months after " + longDay(l.state.load.Through) + ", in " + l.unit()
	agreed, err := l.report(ctx, "forward", report.Query{Currency: l.filter.currency})
	if err != nil {
		return nil, err
	}
	v.table(l, "forward", agreed, func(s *section) {
		s.Heading = "Scheduled MRR, " + l.unit()
		s.Lead = "As agreed today: known ends, trials, ramps and discounts that end, and nothing else. No renewal is doubted and no sale foretold. The lower edge leaves trials out."
		s.Empty = "Nothing is agreed in this currency."
	})
	method := l.params.Get("method")
	if method == "" {
		method = "trend"
	}
	ahead := 12
	if text := l.params.Get("months"); text != "" {
		if ahead, err = strconv.Atoi(text); err != nil || ahead < 1 {
			return nil, wrong("%q is no number of months: take 1 to 60.", text)
		}
	}
	guess, err := l.report(ctx, "forecast", report.Query{Currency: l.filter.currency, Method: method, Months: ahead})
	if err != nil {
		return nil, err
	}
	told := map[string]string{
		"committed": "A forecast and no fact: what is agreed, and nothing else.",
		"trend":     "A forecast and no fact: the last twelve whole months' growth, carried on, with the range that holds four of five outcomes.",
		"cohort":    "A forecast and no fact: today's customers, and new ones as many as of late, stay as the cohorts before them did.",
	}
	v.table(l, "forecast", guess, func(s *section) {
		s.Heading, s.Lead = "Forecast by "+method+", "+l.unit(), told[method]
		s.Empty = "There is not enough history for this method."
		for _, m := range []string{"trend", "cohort", "committed"} {
			s.Tabs = append(s.Tabs, link{Text: "By " + m, Href: l.here("method", m) + "#forecast-1", Here: m == method})
		}
	})
	return v, nil
}

// invoices are what was billed, by what it is.
func (d *Dashboard) invoices(ctx context.Context, l *look) (*view, error) {
	v := &view{Title: "Invoices"}
	if err := l.single(ctx, v, wants{source: true, part: true, span: true}); err != nil {
		return nil, err
	}
	q := l.filter.query()
	for _, c := range []struct{ name, heading, lead string }{
		{"invoices", "Invoiced, by what it is", "What was invoiced, less credit notes. Only what is committed stands behind MRR; the parts add up to the documents' totals."},
		{"usage", "Billed by use", "Up to and above commitments; beside MRR and never in it."},
	} {
		if by := l.unknown("source"); c.name == "usage" && by != "" {
			v.Sections = append(v.Sections, section{Block: report.Block{ID: "usage-1", Heading: c.heading}, Empty: "It is known by customer, and can't be told by " + by + "."})
			break
		}
		t, err := l.report(ctx, c.name, q)
		if err != nil {
			return nil, err
		}
		t.Mark = l.monthMark
		v.table(l, c.name, t, func(s *section) {
			s.Heading, s.Lead, s.Empty = c.heading+", "+l.unit(), c.lead, "Nothing in these months."
			if l.filter.sliced() {
				s.Note = "Of a part of the company: lines of the plan, or that were of the segment when they were issued. What a document has as a whole, such as some taxes, is of no plan; a document that has lines of several parts counts in each."
			}
		})
	}
	return v, nil
}
