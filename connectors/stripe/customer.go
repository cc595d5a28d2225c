package stripe

import (
	"slices"
	"time"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// Naming is what a customer's metadata is read from.
func (*connector) Naming() []string { return []string{kindCustomer} }

// customer is the customer as last known, with the discounts that ran on it.
func (t *translation) customer() {
	t.record.Customer.ID = t.who
	if len(t.customers) == 0 {
		return
	}
	last := t.customers[len(t.customers)-1]
	shown := last.wire
	for i := len(t.customers) - 1; i > 0 && last.Deleted && shown.Created == 0; i-- {
		shown = t.customers[i-1].wire // a deleted customer shows nothing but its id
	}
	c := billing.Customer{
		ID: last.ID, Name: shown.Name, Email: shown.Email, Currency: upper(shown.Currency), Created: shown.Created.Time(),
		Deleted: last.Deleted, Metadata: fields(shown.Metadata), Object: last.Ref(),
	}
	if shown.Address != nil && shown.Address.Country != "" {
		c.Country = shown.Address.Country
		c.Metadata["address.country"] = shown.Address.Country
	}
	c.Profiles = t.customerProfiles()
	c.Discounts = t.customerDiscounts(shown.Created.Time())
	t.record.Customer = c
}

// customerDiscounts is when which discount ran on the customer. A discount's
// own start is exact, so that the first known one counts from there.
func (t *translation) customerDiscounts(created time.Time) []billing.DiscountSpan {
	var seen []sighting
	for _, v := range t.customers {
		if v.Deleted && v.wire.Created == 0 {
			continue
		}
		s := sighting{at: v.at(), seen: v.SeenAt, object: v.Ref()}
		if s.after = t.onCustomer(v.wire.Discount); s.after == nil {
			t.reject(v.Object, connectors.NewUnreadable(kindCustomer, v.ID, "discount_bare", "the customer's discount cannot be read"))
			continue
		}
		seen = append(seen, s)
	}
	for _, h := range t.occurrences {
		if h.subject != "" || h.kind != kindDiscount && (h.kind != kindCustomer || !h.touched("discount")) {
			continue
		}
		s := sighting{at: h.event.at(), seen: h.event.SeenAt, event: true, object: h.event.Ref()}
		t.turned(h, &s)
		seen = append(seen, s)
	}
	sortSightings(seen)
	var spans []billing.DiscountSpan
	for _, s := range walk(seen, t.watches, created) {
		span := billing.DiscountSpan{From: s.From, Until: s.Until, Discounts: s.Terms.Discounts, Object: s.Object}
		if len(span.Discounts) == 0 {
			continue
		}
		start := span.Discounts[0].Start
		if !start.IsZero() && (span.From.IsZero() || start.Before(span.From)) && (len(spans) == 0 || !spans[len(spans)-1].Until.After(start)) {
			span.From = start
		}
		spans = append(spans, span)
	}
	return t.lapsed(spans)
}

// lapsed adds the discounts that invoices show on the customer and that time
// alone has ended since, before anything else showed them.
func (t *translation) lapsed(spans []billing.DiscountSpan) []billing.DiscountSpan {
	last := t.customers[len(t.customers)-1]
	var ids []string
	for id, d := range t.pool {
		known := slices.ContainsFunc(spans, func(s billing.DiscountSpan) bool {
			return slices.ContainsFunc(s.Discounts, func(o billing.Discount) bool { return o.ID == id })
		})
		if string(d.Customer) == t.who && d.Subscription == "" && d.Start != 0 && d.End != 0 && !d.End.Time().After(last.SeenAt) && !known {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		list, bad := t.discounts([]wireDiscount{*t.pool[id]}, "")
		if bad != nil || list[0].Duration != billing.Repeating || t.lacked(list[0]) {
			continue
		}
		spans = append(spans, billing.DiscountSpan{
			From: list[0].Start, Until: list[0].End, Discounts: list, Object: billing.Ref{Kind: kindDiscount, ID: id},
		})
	}
	slices.SortStableFunc(spans, func(a, b billing.DiscountSpan) int { return a.From.Compare(b.From) })
	return spans
}

// lacked says that an invoice which a customer's discount should have lowered
// does not show it: it was removed before its end.
func (t *translation) lacked(d billing.Discount) bool {
	for _, list := range t.evidence {
		for _, s := range list {
			if s.Kind == billing.Charged && len(s.Inherited) == 0 && s.IssuedAt.After(d.Start) && s.IssuedAt.Before(d.End) {
				return true
			}
		}
	}
	return false
}

// onCustomer is a customer's discount in the form of terms; nil when it cannot
// be read.
func (t *translation) onCustomer(d *wireDiscount) *terms {
	if d == nil {
		return &terms{}
	}
	list, bad := t.discounts([]wireDiscount{*d}, "")
	if bad != nil {
		return nil
	}
	return &terms{Terms: billing.Terms{Discounts: list}}
}

// turned fills in what an event says of a customer's discount before and after.
func (t *translation) turned(h *happening, s *sighting) {
	switch {
	case h.customer != nil && h.customerBefore != nil:
		s.before, s.after = t.onCustomer(h.customerBefore.Discount), t.onCustomer(h.customer.Discount)
	case h.discount != nil && h.event.wire.Type == "customer.discount.created":
		s.before, s.after = &terms{}, t.onCustomer(h.discount)
	case h.discount != nil && h.event.wire.Type == "customer.discount.deleted":
		s.before, s.after = t.onCustomer(h.discount), &terms{}
	case h.discount != nil:
		s.before, s.after = t.onCustomer(h.discountBefore), t.onCustomer(h.discount)
	}
}
