package stripe

import (
	"slices"
	"time"

	"mrrsync/connectors/billing"
)

// silently gives states back what time alone has ended since. A state that
// reaches back to the beginning of a watch, or to an event that could not be
// read, is the later terms, and they no longer show a discount that ran out, or
// a pause that ended at its date: no event tells of either. Invoices do.
func (t *translation) silently(s *billing.Subscription) {
	if len(s.States) == 0 {
		return
	}
	for i := range s.States {
		resumed(&s.States[i], s.Services)
	}
	for i := range s.Services {
		v := &s.Services[i]
		for _, d := range v.Inherited {
			if d.Duration == billing.Repeating && ownDiscount(t.pool[d.ID], s.ID) && t.ranOut(s, v, d) {
				for j := range s.States {
					s.States[j].Terms.Discounts = withExpired(s.States[j].Terms.Discounts, d, s.States[j].From)
				}
			}
		}
		for _, d := range v.Discounts {
			if d.Duration != billing.Repeating || !t.ranOut(s, v, d) {
				continue
			}
			for j := range s.States {
				terms := &s.States[j].Terms
				for k := range terms.Items {
					if terms.Items[k].ID == v.ItemID {
						terms.Items = slices.Clone(terms.Items)
						terms.Items[k].Discounts = withExpired(terms.Items[k].Discounts, d, s.States[j].From)
					}
				}
			}
		}
	}
}

// resumed lets a state without a pause begin after the periods that a pause
// voided, where its payload was made later than the state began.
func resumed(state *billing.State, services []billing.Service) {
	if state.From.IsZero() || state.Terms.Pause.Behavior != billing.PauseNone {
		return
	}
	limit := made(state)
	if !state.Until.IsZero() && state.Until.Before(limit) {
		limit = state.Until
	}
	if !state.From.Before(limit) {
		return // an event showed just this
	}
	for _, v := range services {
		switch {
		case v.Kind != billing.Voided || !v.From.Before(limit) || !v.Until.After(state.From):
		case v.Until.Before(limit):
			state.From = v.Until
		default:
			state.From = time.Time{} // the pause ended within the voided period, nobody knows when
			return
		}
	}
}

// made is when a state's payload was made, which may be later than its terms.
func made(state *billing.State) time.Time { return time.UnixMicro(state.Object.Version) }

func ownDiscount(d *wireDiscount, subscription string) bool {
	return d != nil && string(d.Subscription) == subscription
}

// ranOut says that a discount on an invoice came to its end in time, as far as
// is known: nothing that was made while it still had to run lacks it, neither a
// version nor a later invoice.
func (t *translation) ranOut(s *billing.Subscription, v *billing.Service, d billing.Discount) bool {
	names := func(list []billing.Discount) bool {
		return slices.ContainsFunc(list, func(o billing.Discount) bool { return o.ID == d.ID })
	}
	for i := range s.States {
		state := &s.States[i]
		if at := made(state); !names(state.Terms.Discounts) && at.After(d.Start) && at.Before(d.End) &&
			!slices.ContainsFunc(state.Terms.Items, func(i billing.Item) bool { return names(i.Discounts) }) {
			return false
		}
	}
	for _, later := range s.Services {
		if later.Kind == billing.Charged && later.IssuedAt.After(v.IssuedAt) && later.IssuedAt.Before(d.End) &&
			!names(later.Inherited) && !(later.ItemID == v.ItemID && names(later.Discounts)) && (names(v.Inherited) || later.ItemID == v.ItemID) {
			return false
		}
	}
	return true
}

// withExpired adds a discount that ended after a state began, before those that
// began later.
func withExpired(list []billing.Discount, d billing.Discount, from time.Time) []billing.Discount {
	if !d.End.After(from) || slices.ContainsFunc(list, func(o billing.Discount) bool { return o.ID == d.ID }) {
		return list
	}
	i := slices.IndexFunc(list, func(o billing.Discount) bool { return o.Start.After(d.Start) })
	if i < 0 {
		i = len(list)
	}
	return slices.Insert(slices.Clone(list), i, d)
}
