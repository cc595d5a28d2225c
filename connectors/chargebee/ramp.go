package chargebee

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// agreed is what a subscription charges, on the wire, while ramps change it.
type agreed struct {
	items     map[string]wireItem // by item price
	coupons   []wireApplied
	discounts []wireDiscount
	tiers     []wireTier
}

func agreedBy(w *wireSubscription) agreed {
	a := agreed{items: map[string]wireItem{}, coupons: w.applied(), discounts: w.Discounts, tiers: w.Tiers}
	for _, i := range w.items() {
		a.items[i.ItemPriceID] = i
	}
	return a
}

// change lays a ramp over what was agreed. What it updates or removes must be
// there; ok is false when it is not, so that the terms are not known.
func (a agreed) change(r *wireRamp) (agreed, bool) {
	ok := true
	a.items = maps.Clone(a.items)
	for _, id := range r.ItemsToRemove {
		delete(a.items, id)
	}
	for _, i := range r.ItemsToAdd {
		a.items[i.ItemPriceID] = i
	}
	for _, i := range r.ItemsToUpdate {
		old, known := a.items[i.ItemPriceID]
		ok = ok && (known || i.stands())
		a.items[i.ItemPriceID] = old.merge(i)
	}
	if len(r.Tiers) > 0 {
		touched := func(t wireTier) bool {
			return slices.ContainsFunc(r.Tiers, func(n wireTier) bool { return n.ItemPriceID == t.ItemPriceID })
		}
		a.tiers = append(slices.DeleteFunc(slices.Clone(a.tiers), touched), r.Tiers...)
	}
	a.coupons = slices.DeleteFunc(slices.Clone(a.coupons), func(c wireApplied) bool { return slices.Contains(r.CouponsToRemove, c.CouponID) })
	for _, c := range r.CouponsToAdd {
		if !slices.ContainsFunc(a.coupons, func(o wireApplied) bool { return o.CouponID == c.CouponID }) {
			a.coupons = append(a.coupons, c)
		}
	}
	a.discounts = slices.DeleteFunc(slices.Clone(a.discounts), func(d wireDiscount) bool { return slices.Contains(r.DiscountsToRemove, d.ID) })
	for _, d := range r.DiscountsToAdd {
		if d.ID == "" || !slices.ContainsFunc(a.discounts, func(o wireDiscount) bool { return o.ID == d.ID }) {
			a.discounts = append(a.discounts, d)
		}
	}
	return a, ok
}

// stands says that a ramp's item says all that it charges by itself.
func (i wireItem) stands() bool {
	return i.Amount != nil || i.AmountInDecimal != nil ||
		(i.UnitPrice != nil || i.UnitPriceInDecimal != nil) && (i.Quantity != nil || i.QuantityInDecimal != nil)
}

// understood says what of a ramp cannot be understood.
func (w *wireRamp) understood(o connectors.Object) *connectors.Unreadable {
	switch w.Status {
	case rampScheduled, rampSucceeded, rampDraft, rampFailed:
	default:
		return connectors.NewUnreadable(o.Kind, o.ID, "status_unknown", "unknown status %q", w.Status)
	}
	if w.SubscriptionID == "" || w.EffectiveFrom == 0 {
		return connectors.NewUnreadable(o.Kind, o.ID, "ramp_unknown", "the ramp names no subscription or no effective_from")
	}
	return nil
}

// phases are what ramps agreed: those that succeeded, as far as no version of
// the subscription speaks of that time, and those to come.
func (t *translation) phases(h *history, s *billing.Subscription) []billing.Phase {
	last := h.last
	var past, ahead []seen[wireRamp]
	for _, r := range h.ramps {
		switch {
		case r.wire.Status == rampSucceeded:
			past = append(past, r)
		case r.wire.Status == rampScheduled && !last.wire.ended() && r.wire.EffectiveFrom.Time().After(last.SeenAt):
			ahead = append(ahead, r)
		}
	}
	byDate := func(a, b seen[wireRamp]) int {
		return cmp.Or(cmp.Compare(a.wire.EffectiveFrom, b.wire.EffectiveFrom), cmp.Compare(a.ID, b.ID))
	}
	slices.SortFunc(past, byDate)
	slices.SortFunc(ahead, byDate)
	return append(t.pastPhases(h, s, past), t.phasesAhead(last.wire, ahead)...)
}

// phasesAhead are the scheduled ramps, each laid over what stands then.
func (t *translation) phasesAhead(w *wireSubscription, ramps []seen[wireRamp]) []billing.Phase {
	var all []billing.Phase
	now := agreedBy(w)
	for i, r := range ramps {
		var ok bool
		if now, ok = now.change(r.wire); !ok {
			t.reject(r.Object, connectors.NewUnreadable(kindRamp, r.ID, "ramp_unknown", "the ramp updates an item that subscription %s does not have", w.ID))
			return all
		}
		p, bad := t.phase(w, now, r)
		if bad != nil {
			t.reject(r.Object, bad)
			return all
		}
		if i+1 < len(ramps) {
			p.Until = ramps[i+1].wire.EffectiveFrom.Time()
		}
		if n := len(all); n > 0 && all[n-1].From.Equal(p.From) {
			all = all[:n-1] // two ramps of one moment make one phase
		}
		all = append(all, p)
	}
	return all
}

// pastPhases are the succeeded ramps before the first version. A ramp names only
// what it changes; the rest is known from the oldest version, unless a later
// ramp changed that too. Where something is missing the ramp makes no phase, and
// the invoices after it tell the same.
func (t *translation) pastPhases(h *history, s *billing.Subscription, ramps []seen[wireRamp]) []billing.Phase {
	if len(s.States) == 0 || len(ramps) == 0 {
		return nil
	}
	oldest := h.oldest()
	if oldest == nil {
		return nil
	}
	first := s.States[0].From
	base := agreedBy(oldest)
	touched := func(r *wireRamp) (ids []string) {
		for _, i := range slices.Concat(r.ItemsToAdd, r.ItemsToUpdate) {
			ids = append(ids, i.ItemPriceID)
		}
		return append(ids, r.ItemsToRemove...)
	}
	for _, r := range ramps {
		if !r.wire.EffectiveFrom.Time().Before(first) {
			continue
		}
		for _, id := range touched(r.wire) {
			delete(base.items, id) // what it was before is not known
		}
		base.coupons = slices.DeleteFunc(slices.Clone(base.coupons), func(c wireApplied) bool {
			return slices.ContainsFunc(r.wire.CouponsToAdd, func(o wireApplied) bool { return o.CouponID == c.CouponID })
		})
		base.discounts = slices.DeleteFunc(slices.Clone(base.discounts), func(d wireDiscount) bool {
			return slices.ContainsFunc(r.wire.DiscountsToAdd, func(o wireDiscount) bool { return o.ID == d.ID })
		})
	}
	var all []billing.Phase
	now := base
	for i, r := range ramps {
		from := r.wire.EffectiveFrom.Time()
		if !from.Before(first) {
			break
		}
		var ok bool
		if now, ok = now.change(r.wire); !ok {
			return nil
		}
		later := false // a later ramp speaks of what this one leaves open
		for _, next := range ramps[i+1:] {
			added := func(id string) bool {
				return slices.ContainsFunc(next.wire.ItemsToAdd, func(a wireItem) bool { return a.ItemPriceID == id })
			}
			for _, id := range touched(next.wire) {
				if _, known := now.items[id]; !known && !added(id) && next.wire.EffectiveFrom.Time().Before(first) {
					later = true
				}
			}
		}
		if later || len(now.items) == 0 {
			continue
		}
		p, bad := t.phase(oldest, now, r)
		if bad != nil {
			continue
		}
		p.Until = first
		if i+1 < len(ramps) && ramps[i+1].wire.EffectiveFrom.Time().Before(first) {
			p.Until = ramps[i+1].wire.EffectiveFrom.Time()
		}
		// From the next renewal on the invoices tell, whatever else changed.
		for _, service := range s.Services {
			if service.Kind == billing.Charged && service.From.After(from) && service.From.Before(p.Until) {
				p.Until = service.From
			}
		}
		all = append(all, p)
	}
	return all
}

// oldest is the first version that any sighting shows.
func (h *history) oldest() *wireSubscription {
	var oldest *wireSubscription
	var version int64
	note := func(w *wireSubscription, v int64) {
		if oldest == nil || v < version {
			oldest, version = w, v
		}
	}
	for i := range h.versions {
		note(h.versions[i].wire, h.versions[i].Version)
	}
	for i := range h.events {
		if e := &h.events[i]; e.sub != nil {
			note(e.sub, e.version())
		}
	}
	return oldest
}

// phase is what is agreed from a ramp on.
func (t *translation) phase(w *wireSubscription, a agreed, r seen[wireRamp]) (billing.Phase, *connectors.Unreadable) {
	from := r.wire.EffectiveFrom.Time()
	p := billing.Phase{From: from, Object: r.Ref()}
	as := wireSubscription{
		ID: w.ID, CustomerID: w.CustomerID, Status: "active", CurrencyCode: w.CurrencyCode, BillingPeriod: w.BillingPeriod,
		BillingPeriodUnit: w.BillingPeriodUnit, TrialEnd: w.TrialEnd, Tiers: a.tiers, Coupons: a.coupons, Discounts: a.discounts,
	}
	for _, id := range slices.Sorted(maps.Keys(a.items)) {
		as.Items = append(as.Items, a.items[id])
	}
	terms := t.terms(&as, from)
	for _, id := range slices.Sorted(maps.Keys(terms.failed)) {
		bad := terms.failed[id]
		bad.Detail = "ramp " + r.ID + ": " + bad.Detail
		return p, bad
	}
	p.Items, p.Discounts = terms.Items, terms.Discounts
	for i := range p.Discounts {
		p.Discounts[i].Start = began(p.Discounts[i], r.wire, from)
	}
	return p, nil
}

// began is when a discount starts that a ramp adds: with the ramp.
func began(d billing.Discount, r *wireRamp, from time.Time) time.Time {
	added := slices.ContainsFunc(r.CouponsToAdd, func(c wireApplied) bool { return c.CouponID == d.ID }) ||
		slices.ContainsFunc(r.DiscountsToAdd, func(o wireDiscount) bool { return o.ID == d.ID })
	if added {
		return from
	}
	return d.Start
}
