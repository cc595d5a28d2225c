package normalize

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// invoices treats the lines of a record's documents; stories are the segments by
// subscription, those of the customer alone under "". Drafts and voided ones say
// nothing; a document whose lines do not add up to its total is rejected as
// well as loaded, so that the difference is seen.
func (dv *derivation) invoices(r *billing.Record, stories map[string]story) {
	for i := range r.Invoices {
		inv := &r.Invoices[i]
		if inv.Status == billing.InvoiceDraft || inv.Status == billing.InvoiceVoid {
			continue
		}
		if l := slices.IndexFunc(inv.Lines, func(l billing.Line) bool { return beyond(l.Amount) || beyond(l.Taxes) || beyond(l.Discounts) }); l >= 0 {
			dv.reject(r, cmp.Or(inv.Object.Kind, "invoice"), inv.ID, refuse("out_of_range", "line %s is of %s %s, with %s off and taxes of %s",
				inv.Lines[l].ID, inv.Lines[l].Amount, inv.Currency, inv.Lines[l].Discounts, inv.Lines[l].Taxes), inv.Object)
			continue
		}
		sum := decimal.Zero
		for j := range inv.Lines {
			l := &inv.Lines[j]
			sum = sum.Add(l.Amount).Add(l.Taxes).Sub(l.Discounts)
			for _, part := range dv.treat(r, inv, l) {
				row := dv.invoiceLine(r, inv, l, part)
				s, ok := stories[row.SubscriptionID]
				if !ok {
					s = stories[""]
				}
				row.Segments = s.on(row.IssuedAt)
				dv.result.InvoiceLines = append(dv.result.InvoiceLines, row)
			}
		}
		if !sum.Equal(inv.Total) {
			dv.reject(r, cmp.Or(inv.Object.Kind, "invoice"), inv.ID, refuse("invoice_total",
				"the lines add up to %s %s, the document says %s", sum, inv.Currency, inv.Total), inv.Object)
		}
	}
}

// treated is a part of a line with what it is.
type treated struct {
	treatment Treatment
	amount    decimal.Decimal
}

// treat splits a line: its amount by precedence proration, trial, one_time,
// usage, committed; its discounts and taxes by themselves. What a credit note
// gives back is credit as a whole.
func (dv *derivation) treat(r *billing.Record, inv *billing.Invoice, l *billing.Line) []treated {
	if inv.CreditNote {
		return []treated{{TreatCredit, l.Amount.Add(l.Taxes).Sub(l.Discounts)}}
	}
	var out []treated
	switch {
	case l.Proration:
		out = append(out, treated{TreatProration, l.Amount})
	case l.Trial:
		out = append(out, treated{TreatTrial, l.Amount})
	case l.Usage == billing.OneTime || l.Usage != billing.Metered && l.Interval == (billing.Interval{}):
		out = append(out, treated{TreatOneTime, l.Amount})
	case l.Usage == billing.Metered:
		out = append(out, dv.usage(r, l)...)
	default:
		out = append(out, treated{TreatCommitted, l.Amount})
	}
	if !l.Discounts.IsZero() {
		out = append(out, treated{TreatDiscount, l.Discounts.Neg()})
	}
	if !l.Taxes.IsZero() {
		out = append(out, treated{TreatTax, l.Taxes})
	}
	return out
}

// usage splits a metered line at its commitment.
func (dv *derivation) usage(r *billing.Record, l *billing.Line) []treated {
	committed := decimal.Zero
	if minimum := dv.minimum(r, l); minimum != nil {
		committed = decimal.Min(l.Amount, *minimum)
	}
	rest := l.Amount.Sub(committed)
	switch {
	case committed.IsZero():
		return []treated{{TreatUncommittedUsage, rest}}
	case rest.IsZero():
		return []treated{{TreatCommittedUsage, committed}}
	}
	return []treated{{TreatCommittedUsage, committed}, {TreatUncommittedUsage, rest}}
}

// minimum is the commitment of a metered line's period: its own, else its
// item's or what the policy's metadata key says.
func (dv *derivation) minimum(r *billing.Record, l *billing.Line) *decimal.Decimal {
	if l.Commitment != nil {
		return l.Commitment
	}
	i := slices.IndexFunc(r.Subscriptions, func(s billing.Subscription) bool { return s.ID == l.SubscriptionID })
	if i < 0 {
		return nil
	}
	sub := &r.Subscriptions[i]
	for j := len(sub.States) - 1; j >= 0; j-- {
		item := metered(&sub.States[j], l)
		if item == nil {
			continue
		}
		minimum, no := dv.settings.Policy.commitment(item, sub)
		if no != nil {
			dv.reject(r, "item", item.ID, no, sub.States[j].Object)
		}
		return minimum
	}
	return nil
}

// metered is the item that a usage line is about: by its id, else by its price.
func metered(s *billing.State, l *billing.Line) *billing.Item {
	if item := itemOf(s, l.ItemID); item != nil {
		return item
	}
	i := slices.IndexFunc(s.Terms.Items, func(item billing.Item) bool {
		return l.PriceID != "" && item.Price.ID == l.PriceID && item.Price.Usage == billing.Metered
	})
	if i < 0 {
		return nil
	}
	return &s.Terms.Items[i]
}

func (dv *derivation) invoiceLine(r *billing.Record, inv *billing.Invoice, l *billing.Line, part treated) InvoiceLine {
	return InvoiceLine{
		Source: r.Source, InvoiceID: inv.ID, LineID: l.ID, CustomerID: cmp.Or(inv.CustomerID, r.Customer.ID),
		AccountID: dv.account, SubscriptionID: cmp.Or(l.SubscriptionID, inv.SubscriptionID), PlanID: l.PriceID,
		IssuedAt:    dv.day(inv.IssuedAt, billing.NoDate),
		PeriodStart: dv.day(l.From, billing.NoDate), PeriodEnd: dv.day(l.Until, billing.NoDate),
		Currency: strings.ToUpper(inv.Currency), Amount: rounded(part.amount), Treatment: part.treatment,
	}
}
