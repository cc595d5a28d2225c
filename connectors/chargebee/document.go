package chargebee

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// readDocuments turns invoices and credit notes into facts.
func (t *translation) readDocuments() {
	for _, v := range t.invoices {
		t.document(v, false)
	}
	for _, v := range t.notes {
		t.document(v, true)
	}
	slices.SortFunc(t.record.Invoices, func(a, b billing.Invoice) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Object.Kind, b.Object.Kind))
	})
}

func (t *translation) document(v seen[wireDocument], credit bool) {
	status, _ := documentStatus(v.wire.Status)
	places, _ := decimals(v.wire.CurrencyCode)
	w := v.wire
	inv := billing.Invoice{
		ID: w.ID, CustomerID: w.CustomerID, SubscriptionID: w.SubscriptionID, Currency: upper(w.CurrencyCode), Status: status,
		CreditNote: credit, IssuedAt: w.issued(), Object: v.Ref(),
	}
	inv.Total, _ = precise(w.Total, nil, places)
	sum := decimal.Zero
	for i := range w.LineItems {
		l := t.line(w, &w.LineItems[i], places)
		sum = sum.Add(l.Amount).Sub(l.Discounts).Add(l.Taxes)
		inv.Lines = append(inv.Lines, l)
	}
	// What was rounded off has no line of its own, but is part of the total.
	if off := inv.Total.Sub(sum); w.RoundOffAmount != nil && !off.IsZero() && off.Abs().Equal(w.RoundOffAmount.Shift(-places).Abs()) {
		inv.Lines = append(inv.Lines, billing.Line{
			ID: w.ID + "/round_off", SubscriptionID: w.SubscriptionID, Usage: billing.OneTime, Amount: off, Description: "Round off",
		})
	}
	if credit {
		inv.Total = inv.Total.Neg()
		for i := range inv.Lines {
			l := &inv.Lines[i]
			l.Amount, l.Discounts, l.Taxes = l.Amount.Neg(), l.Discounts.Neg(), l.Taxes.Neg()
		}
	}
	slices.SortFunc(inv.Lines, func(a, b billing.Line) int { return cmp.Compare(a.ID, b.ID) })
	t.record.Invoices = append(t.record.Invoices, inv)
}

// understood says what of a document cannot be understood.
func (w *wireDocument) understood(o connectors.Object) *connectors.Unreadable {
	if _, known := documentStatus(w.Status); !known {
		return connectors.NewUnreadable(o.Kind, o.ID, "status_unknown", "unknown status %q", w.Status)
	}
	if _, known := decimals(w.CurrencyCode); !known {
		return connectors.NewUnreadable(o.Kind, o.ID, "currency_unknown", "it is not known how many decimals %q has", w.CurrencyCode)
	}
	return nil
}

// documentStatus reads the status of an invoice or a credit note.
func documentStatus(s string) (billing.InvoiceStatus, bool) {
	switch s {
	case "pending":
		return billing.InvoiceDraft, true
	case "posted", "payment_due", "refund_due":
		return billing.InvoiceOpen, true
	case "not_paid":
		return billing.InvoiceUncollectible, true
	case "paid", "adjusted", "refunded":
		return billing.InvoicePaid, true
	case "voided":
		return billing.InvoiceVoid, true
	}
	return 0, false
}

// line is one line, ex tax and before discount. Where prices contain their tax,
// it is taken out of the amount, so that what the line adds to the total stays.
func (t *translation) line(w *wireDocument, wire *wireLine, places int32) billing.Line {
	l := billing.Line{
		ID: wire.ID, SubscriptionID: wire.subscription(w), PriceID: wire.EntityID, ProductID: wire.EntityID, Usage: billing.OneTime,
		From: wire.DateFrom.Time(), Until: wire.DateTo.Time(), Description: wire.Description,
	}
	l.Quantity, _ = count(wire.Quantity, wire.QuantityInDecimal)
	l.Amount, _ = precise(wire.Amount, nil, places)
	l.Taxes, _ = precise(wire.TaxAmount, nil, places)
	off, stated := precise(wire.DiscountAmount, nil, places)
	if !stated {
		for _, d := range w.LineItemDiscounts {
			if d.LineItemID == wire.ID && d.DiscountAmount != nil {
				off = off.Add(d.DiscountAmount.Shift(-places))
			}
		}
	}
	l.Discounts = off
	if w.inclusive() {
		l.Amount = l.Amount.Sub(l.Taxes)
	}
	if wire.recurring() {
		t.recurring(&l, w, wire)
	}
	return l
}

// recurring fills in what the line of a plan or addon tells beyond its amounts.
func (t *translation) recurring(l *billing.Line, w *wireDocument, wire *wireLine) {
	e := t.entry(wire.EntityID, wire.itemType(), wire.one())
	if e.wirePrice != nil {
		l.ProductID = cmp.Or(e.ItemID, l.ProductID)
	}
	if !e.recurs() {
		return
	}
	l.Usage = billing.Licensed
	l.ItemID = itemID(l.SubscriptionID, wire.EntityID)
	if wire.Metered || e.metered() {
		l.Usage = billing.Metered
	}
	h := t.subs[l.SubscriptionID]
	if h == nil {
		h = &history{id: l.SubscriptionID}
	}
	l.Interval = t.rhythm(h, &charged{doc: w, line: wire, entry: e})
	if l.Interval.Count < 1 {
		l.Interval = billing.Interval{Unit: billing.Month, Count: 1} // recurring, at an unknown rhythm: only that it recurs matters
	}
	l.Proration = l.Usage == billing.Licensed && l.From.Before(l.Until) && periods(l.From, wire.end().Time(), l.Interval) == 0
}
