package audit

import (
	"fmt"
	"io"

	"mrrsync/internal/report"
)

// The tables of a reconciliation. limit is how many rows of each currency a list
// names; 0: all.

func (r *Reconciliation) table(title, summary string, columns []report.Column) *report.Table {
	t := &report.Table{Report: report.Report{Name: "reconcile", Title: title, Summary: summary, Columns: columns}, Columns: columns}
	t.Query.Source = r.Source
	return t
}

func total(name, title string, kind report.Kind) report.Column {
	c := column(name, title, kind)
	c.Sum = report.Total
	return c
}

// Subscriptions are those whose figures differ, with the reason of each; with
// coarse those that differ by rounding alone are left out.
func (r *Reconciliation) Subscriptions(limit int, coarse bool) *report.Table {
	account := column("account_id", "Account", report.Text)
	account.Extra = true
	t := r.table("Our MRR on "+r.Day.String()+" and the provider's own figure",
		"Subscriptions for which the provider states another MRR than we do, and why. Unexplained ones stand first.",
		[]report.Column{
			group("currency", "Currency"), column("reason", "Reason", report.Text), column("source", "Source", report.Text),
			column("subscription_id", "Subscription", report.Text), account,
			total("mrr", "MRR", report.Money), total("provider_mrr", "Provider's", report.Money), total("difference", "Difference", report.Money),
			column("detail", "Because", report.Text),
		})
	named := map[string]int{}
	for i := range r.Figures {
		f := &r.Figures[i]
		if coarse && f.Reason == Rounding {
			continue
		}
		if named[f.Currency]++; limit > 0 && named[f.Currency] > limit {
			continue
		}
		t.Rows = append(t.Rows, []any{f.Currency, string(f.Reason), f.Source, f.SubscriptionID, f.AccountID, f.Ours, f.Theirs, f.Difference(), f.Detail})
	}
	return t
}

// Reasons adds the figures up by reason, those that are equal too.
func (r *Reconciliation) Reasons() *report.Table {
	t := r.table("Our MRR on "+r.Day.String()+" and the providers' own figures, by reason",
		"What the reasons for which providers state another MRR than we do come to.",
		[]report.Column{
			group("currency", "Currency"), column("reason", "Reason", report.Text), total("subscriptions", "Subscriptions", report.Count),
			total("mrr", "MRR", report.Money), total("provider_mrr", "Provider's", report.Money), total("difference", "Difference", report.Money),
		})
	for _, s := range r.Sums {
		t.Rows = append(t.Rows, []any{s.Currency, string(s.Reason), s.Subscriptions, s.Ours, s.Theirs, s.Ours.Sub(s.Theirs)})
	}
	return t
}

// Documents adds invoices and credit notes up by month and source, beside the
// published treatments of their lines.
func (r *Reconciliation) Documents() *report.Table {
	t := r.table("Invoices and the treatments of their lines",
		"What the provider says its documents come to, and what the published treatments of their lines do.",
		[]report.Column{
			group("currency", "Currency"), column("month", "Month", report.Month), column("source", "Source", report.Text),
			total("documents", "Documents", report.Count), total("invoiced", "Invoiced", report.Money), total("treated", "Treatments", report.Money),
			total("difference", "Difference", report.Money), total("differing", "Differing", report.Count),
		})
	for _, m := range r.Months {
		t.Rows = append(t.Rows, []any{m.Currency, m.Month, m.Source, m.Documents, m.Invoiced, m.Treated, m.Treated.Sub(m.Invoiced), m.Differing})
	}
	return t
}

// Invoices are the documents whose treatments do not come to their totals.
func (r *Reconciliation) Invoices(limit int) *report.Table {
	t := r.table("Documents that do not come to their totals",
		"Invoices and credit notes whose lines do not come to what the provider says, and why. Unexplained ones stand first.",
		[]report.Column{
			group("currency", "Currency"), column("reason", "Reason", report.Text), column("source", "Source", report.Text),
			column("invoice_id", "Document", report.Text), column("issued_at", "Issued", report.Day),
			total("invoiced", "Invoiced", report.Money), total("treated", "Treatments", report.Money), total("difference", "Difference", report.Money),
			column("detail", "Because", report.Text),
		})
	named := map[string]int{}
	for i := range r.Papers {
		p := &r.Papers[i]
		if named[p.Currency]++; limit > 0 && named[p.Currency] > limit {
			continue
		}
		t.Rows = append(t.Rows, []any{p.Currency, string(p.Reason), p.Source, p.InvoiceID, p.Issued, p.Invoiced, p.Treated, p.Treated.Sub(p.Invoiced), p.Detail})
	}
	return t
}

// Verdict says in a few sentences how it stands.
func (r *Reconciliation) Verdict(w io.Writer) error {
	var compared, equal, rounding, unexplained uint64
	for _, s := range r.Sums {
		compared += s.Subscriptions
		switch s.Reason {
		case Equal:
			equal += s.Subscriptions
		case Rounding:
			rounding += s.Subscriptions
		case Unexplained:
			unexplained += s.Subscriptions
		default:
		}
	}
	var documents, differing uint64
	apart := 0 // months in which what is published is not what the documents come to
	for _, m := range r.Months {
		documents, differing = documents+m.Documents, differing+m.Differing
		if !m.Invoiced.Equal(m.Treated) && m.Differing == 0 {
			apart++
		}
	}
	text := fmt.Sprintf("MRR: %d subscriptions have a figure of their provider's; %d are equal, %d but for rounding, %d differ for a known reason, %d are unexplained.\n",
		compared, equal, rounding, compared-equal-rounding-unexplained, unexplained)
	if compared == 0 {
		text = "MRR: no subscription has a figure of its provider's to compare with.\n"
	}
	text += fmt.Sprintf("Invoices: %d of %d documents come to their totals.\n", documents-differing, documents)
	if apart > 0 {
		text += fmt.Sprintf("In %d months what is published is not what the documents come to: evidence or settings changed since; `mrrsync sync` publishes them, but for closed months, which stand.\n", apart)
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write reconciliation: %w", err)
	}
	return nil
}
