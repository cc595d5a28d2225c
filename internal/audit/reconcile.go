package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/internal/pipeline"
	"mrrsync/internal/report"
	"mrrsync/normalize"
	"mrrsync/warehouse"
)

// Reconciliation holds our figures against the provider's: MRR where it states
// one of its own, and every invoice against what became of its lines. Memory
// grows with what differs, not with what agrees.
type Reconciliation struct {
	Law    normalize.Settings
	Day    billing.Date // of our MRR; the provider's is the one that it last stated
	Month  billing.Date // the first day of the only month whose documents are looked at; NoDate: all
	Source string       // empty: all

	Figures []Figure        // that differ; of each currency the unexplained ones first, then by reason and size
	Sums    []ReasonSum     // in the same order
	Months  []DocumentMonth // ordered by currency, month, source
	Papers  []Paper         // documents that differ, in the order of Figures
}

// Figure is one subscription for which the provider states another MRR than we
// do.
type Figure struct {
	Source, CustomerID, AccountID, SubscriptionID, Currency string

	Ours, Theirs decimal.Decimal // major units
	Reason       Reason
	Detail       string // the reason in words, for this subscription
}

// Difference is ours - theirs.
func (f *Figure) Difference() decimal.Decimal { return f.Ours.Sub(f.Theirs) }

// ReasonSum is what one reason does in a currency; subscriptions whose figures
// are equal have the reason Equal.
type ReasonSum struct {
	Currency      string
	Reason        Reason
	Subscriptions uint64
	Ours, Theirs  decimal.Decimal
}

// DocumentMonth is a month's invoices and credit notes of one source and
// currency: what the provider says they come to, and what the published
// treatments of their lines do. Drafts and void ones are left out.
type DocumentMonth struct {
	Currency, Source string
	Month            billing.Date
	Documents        uint64
	Invoiced         decimal.Decimal // the documents' totals, credit notes negative
	Treated          decimal.Decimal // the published rows of their lines
	Differing        uint64          // documents whose lines do not come to their total
}

// Paper is one document whose treatments do not come to its total.
type Paper struct {
	Source, CustomerID, InvoiceID, Currency string

	Issued            billing.Date
	Invoiced, Treated decimal.Decimal
	Reason            Reason
	Detail            string
}

// NewReconciliation prepares to reconcile.
func NewReconciliation(law normalize.Settings, day, month billing.Date, source string) *Reconciliation {
	return &Reconciliation{Law: law, Day: day, Month: month, Source: source}
}

// Run goes through all that is stored, calling took after each account, and
// compares with what is published.
func (r *Reconciliation) Run(ctx context.Context, w *warehouse.Warehouse, e *pipeline.Evidence, took func()) error {
	sums := map[reasonKey]*ReasonSum{}
	months := map[monthKey]*DocumentMonth{}
	err := pipeline.EachRead(ctx, e, r.look, func(l looked) error {
		r.Figures, r.Papers = append(r.Figures, l.figures...), append(r.Papers, l.papers...)
		for _, s := range l.sums {
			key := reasonKey{s.Currency, s.Reason}
			if sums[key] == nil {
				sums[key] = &ReasonSum{Currency: s.Currency, Reason: s.Reason}
			}
			to := sums[key]
			to.Subscriptions, to.Ours, to.Theirs = to.Subscriptions+1, to.Ours.Add(s.Ours), to.Theirs.Add(s.Theirs)
		}
		for _, m := range l.months {
			m.addTo(months)
		}
		took()
		return nil
	})
	if err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	if err := r.published(ctx, w, months); err != nil {
		return err
	}
	r.order(sums, months)
	return nil
}

type reasonKey struct {
	currency string
	reason   Reason
}

type monthKey struct {
	currency, source string
	month            billing.Date
}

// looked is what one account shows.
type looked struct {
	figures []Figure
	sums    []ReasonSum
	months  []DocumentMonth
	papers  []Paper
}

// look is pure and may be called from several goroutines at once.
func (r *Reconciliation) look(account normalize.Account, unread []connectors.Reject) looked {
	var out looked
	result := normalize.Derive(account, r.Law)
	for i := range account.Records {
		record := &account.Records[i]
		if r.Source != "" && record.Source != r.Source {
			continue
		}
		for j := range record.Subscriptions {
			r.figure(&out, account.ID, record, &record.Subscriptions[j], &result, unread)
		}
		r.documents(&out, record, &result)
	}
	return out
}

// figure compares one subscription.
func (r *Reconciliation) figure(out *looked, account string, record *billing.Record, sub *billing.Subscription, result *normalize.Result, unread []connectors.Reject) {
	if sub.ProviderMRR == nil {
		return
	}
	k := kase{law: r.Law, account: account, record: record, sub: sub, day: r.Day, theirs: *sub.ProviderMRR}
	for i := range result.Periods {
		if p := &result.Periods[i]; p.Source == record.Source && p.CustomerID == record.Customer.ID {
			k.periods = append(k.periods, *p)
		}
	}
	k.ours = on(k.periods, sub.ID, r.Day)
	of := func(source, customer, id string, object billing.Ref, code string) {
		if source == record.Source && customer == record.Customer.ID && (id == sub.ID || object.ID == sub.ID) {
			k.rejects = append(k.rejects, fmt.Sprintf("%s: something of it could not be read", code))
		}
	}
	for _, no := range unread {
		of(no.Source, no.CustomerID, no.ID, no.Object, no.Code)
	}
	for i := range result.Rejects {
		no := &result.Rejects[i]
		of(no.Source, no.CustomerID, no.ID, no.Object, no.Code)
	}
	reason, detail := k.explain()
	out.sums = append(out.sums, ReasonSum{Currency: sub.Currency, Reason: reason, Ours: k.ours, Theirs: k.theirs})
	if reason == Equal {
		return
	}
	out.figures = append(out.figures, Figure{
		Source: record.Source, CustomerID: record.Customer.ID, AccountID: account, SubscriptionID: sub.ID, Currency: sub.Currency,
		Ours: k.ours, Theirs: k.theirs, Reason: reason, Detail: detail,
	})
}

// documents compares every document's total with the treatments of its lines.
func (r *Reconciliation) documents(out *looked, record *billing.Record, result *normalize.Result) {
	treated := map[string]decimal.Decimal{}
	for i := range result.InvoiceLines {
		if l := &result.InvoiceLines[i]; l.Source == record.Source {
			treated[l.InvoiceID] = treated[l.InvoiceID].Add(l.Amount)
		}
	}
	zone := cmp.Or(r.Law.Zone, time.UTC)
	for i := range record.Invoices {
		inv := &record.Invoices[i]
		issued := billing.DateOf(inv.IssuedAt, zone)
		if inv.Status == billing.InvoiceDraft || inv.Status == billing.InvoiceVoid || r.Month != billing.NoDate && issued.Month() != r.Month {
			continue
		}
		m := DocumentMonth{Currency: inv.Currency, Source: record.Source, Month: issued.Month(), Documents: 1, Invoiced: inv.Total}
		if difference := treated[inv.ID].Sub(inv.Total); !difference.IsZero() {
			m.Differing = 1
			p := Paper{
				Source: record.Source, CustomerID: record.Customer.ID, InvoiceID: inv.ID, Currency: inv.Currency, Issued: issued,
				Invoiced: inv.Total, Treated: treated[inv.ID],
			}
			p.Reason, p.Detail = why(inv, difference)
			out.papers = append(out.papers, p)
		}
		out.months = append(out.months, m)
	}
}

// why is the reason for which the treatments of a document do not come to its
// total.
func why(inv *billing.Invoice, difference decimal.Decimal) (Reason, string) {
	sum := decimal.Zero
	for i := range inv.Lines {
		sum = sum.Add(inv.Lines[i].Amount).Add(inv.Lines[i].Taxes).Sub(inv.Lines[i].Discounts)
	}
	switch {
	case len(inv.Lines) == 0:
		return "no_lines", "the provider shows no lines of it"
	case !sum.Equal(inv.Total):
		return "lines", fmt.Sprintf("the provider's own lines come to %s", sum)
	case difference.Abs().LessThan(decimal.New(1, -report.Places(inv.Currency))):
		return Rounding, "less than one minor unit, by amounts of more than four places"
	}
	return Unexplained, ""
}

func (m DocumentMonth) addTo(all map[monthKey]*DocumentMonth) {
	key := monthKey{m.Currency, m.Source, m.Month}
	to := all[key]
	if to == nil {
		to = &DocumentMonth{Currency: m.Currency, Source: m.Source, Month: m.Month}
		all[key] = to
	}
	to.Documents, to.Differing = to.Documents+m.Documents, to.Differing+m.Differing
	to.Invoiced, to.Treated = to.Invoiced.Add(m.Invoiced), to.Treated.Add(m.Treated)
}

// published adds what readers see of the documents' lines.
func (r *Reconciliation) published(ctx context.Context, w *warehouse.Warehouse, months map[monthKey]*DocumentMonth) error {
	return each(ctx, w.Conn(), "read published treatments", `
		SELECT toString(currency), toString(source), toStartOfMonth(issued_at) AS month, sum(amount) FROM `+w.Schema().DB()+`.invoice_lines
		WHERE ({source:String} = '' OR source = {source:String}) AND (toDate({month:String}) = toDate(0) OR month = toDate({month:String}))
		GROUP BY ALL`, func(scan func(...any) error) error {
		var m DocumentMonth
		var month time.Time
		if err := scan(&m.Currency, &m.Source, &month, &m.Treated); err != nil {
			return err
		}
		m.Month = billing.DateOf(month, time.UTC)
		m.addTo(months)
		return nil
	}, clickhouse.Named("source", r.Source), clickhouse.Named("month", r.Month.Time().Format(time.DateOnly)))
}

// order puts what nobody can explain first.
func (r *Reconciliation) order(sums map[reasonKey]*ReasonSum, months map[monthKey]*DocumentMonth) {
	slices.SortFunc(r.Figures, func(a, b Figure) int {
		return cmp.Or(
			cmp.Compare(a.Currency, b.Currency), byReason(a.Reason, b.Reason), b.Difference().Abs().Cmp(a.Difference().Abs()),
			cmp.Compare(a.Source, b.Source), cmp.Compare(a.SubscriptionID, b.SubscriptionID),
		)
	})
	slices.SortFunc(r.Papers, func(a, b Paper) int {
		return cmp.Or(
			cmp.Compare(a.Currency, b.Currency), byReason(a.Reason, b.Reason), cmp.Compare(a.Issued, b.Issued),
			cmp.Compare(a.Source, b.Source), cmp.Compare(a.InvoiceID, b.InvoiceID),
		)
	})
	for _, s := range sums {
		r.Sums = append(r.Sums, *s)
	}
	slices.SortFunc(r.Sums, func(a, b ReasonSum) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), byReason(a.Reason, b.Reason))
	})
	for _, m := range months {
		r.Months = append(r.Months, *m)
	}
	slices.SortFunc(r.Months, func(a, b DocumentMonth) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Source, b.Source))
	})
}

// byReason orders reasons: Unexplained before all, Rounding and Equal behind all.
func byReason(a, b Reason) int {
	rank := func(r Reason) int {
		switch r {
		case Unexplained:
			return 0
		case Rounding:
			return 2
		case Equal:
			return 3
		default:
			return 1
		}
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}
