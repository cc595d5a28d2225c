package dashboard

import (
	"context"

	"mrrsync/internal/report"
)

// The columns of our own questions: what each is called by machines and by
// people, and what its values are.

func words(name, title string) report.Column {
	return report.Column{Name: name, Title: title, Kind: report.Text}
}

func number(name, title string) report.Column {
	return report.Column{Name: name, Title: title, Kind: report.Count}
}

func amount(name, title string) report.Column {
	return report.Column{Name: name, Title: title, Kind: report.Money}
}

func date(name, title string) report.Column {
	return report.Column{Name: name, Title: title, Kind: report.Day}
}

func moment(name, title string) report.Column {
	return report.Column{Name: name, Title: title, Kind: report.Instant}
}

// A question is a table of a page: what is asked, and what is said of the answer.
type question struct {
	name, heading, lead, empty string // name is that of its file of SQL, too
	columns                    []report.Column
	plans                      string // the column that has ids of plans
	link                       func(report.Row, string) string
}

// put asks a question and adds the answer to a page.
func (l *look) put(ctx context.Context, v *view, q question, dot, values map[string]any) error {
	t, err := l.ask(ctx, report.Report{Name: q.name, Title: q.heading, Columns: q.columns}, dot, values)
	if err != nil {
		return err
	}
	return l.lay(ctx, v, q, t)
}

// lay adds a table to a page.
func (l *look) lay(ctx context.Context, v *view, q question, t *report.Table) error {
	full := *t
	if q.plans != "" {
		if err := l.namePlans(ctx, t, q.plans); err != nil {
			return err
		}
	}
	t.Link = q.link
	v.table(l, q.name, t, func(s *section) {
		s.Heading, s.Lead, s.Empty = q.heading, q.lead, q.empty
		if len(t.Rows) == 0 {
			s.Lead = ""
		}
	})
	v.tables[q.name] = &full
	return nil
}
