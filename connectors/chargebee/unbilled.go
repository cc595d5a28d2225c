package chargebee

import (
	"slices"
	"time"

	"mrrsync/connectors/billing"
)

// unbilled are the new terms of changes whose charge no invoice shows. Chargebee
// keeps such a charge for the next invoice, which may be one of next year, and
// drops it where it is deleted; what the change ended it credits at once. So the
// credit tells when, and the next version what there is since.
func (h *history) unbilled(lines []*charged, states []billing.State) []billing.Service {
	var all []billing.Service
	var known time.Time // until when the version before tells
	for i := range states {
		s := &states[i]
		for j := range s.Terms.Items {
			item := &s.Terms.Items[j]
			if item.Amount == nil {
				continue // usage
			}
			if c := h.change(lines, item.Price.ID, known, s.From); c != nil {
				all = append(all, changed(item, c, s.Object))
			}
		}
		if known = s.Until; known.IsZero() {
			break
		}
	}
	return all
}

// change is the credit for the last change in [from, until] that may have brought
// an item in: one of its old terms, or if it was never charged, one of other
// terms in whose place nothing else was charged. Nil: there is none, or something
// else tells since when the item is there.
func (h *history) change(lines []*charged, price string, from, until time.Time) *charged {
	var own, other, last *charged
	for _, c := range lines {
		at, its := c.from(), c.line.EntityID == price
		switch {
		case at.After(until):
		case !c.credit:
			if its && (last == nil || at.After(last.from())) {
				last = c
			}
		case at.Before(from) || c.doc.ReasonCode != reasonChange:
		case its && (own == nil || at.After(own.from())):
			own = c
		case (other == nil || at.After(other.from())) && !slices.ContainsFunc(lines, func(o *charged) bool { return !o.credit && o.from().Equal(at) }):
			other = c
		}
	}
	if own == nil && last == nil {
		own = other
	}
	if own == nil || last != nil && !last.from().Before(own.from()) {
		return nil
	}
	if slices.ContainsFunc(h.ramps, func(r seen[wireRamp]) bool {
		at := r.wire.EffectiveFrom.Time()
		return r.wire.Status == rampSucceeded && !at.Before(own.from()) && at.Before(until)
	}) {
		return nil
	}
	return own
}

// changed is an item as a version has it, since a change.
func changed(item *billing.Item, c *charged, version billing.Ref) billing.Service {
	s := billing.Service{
		Kind: billing.Began, ItemID: item.ID, From: c.from(), Until: c.until, Price: item.Price, Quantity: item.Quantity, Taxes: item.Taxes,
		IssuedAt: c.doc.issued(), Evidence: billing.EvidenceEarliest, Object: version,
	}
	s.Price.Model, s.Price.Unit, s.Price.Tiers = billing.Flat, *item.Amount, nil
	if unit, ok := unitOf(*item.Amount, item.Quantity, c.places); ok {
		s.Price.Model, s.Price.Unit = billing.PerUnit, unit
	}
	return s
}
