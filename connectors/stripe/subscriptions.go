package stripe

import (
	"cmp"
	"slices"
	"time"

	"mrrsync/connectors/billing"
)

// subscriptions are all agreements of the customer that anything speaks of.
func (t *translation) subscriptions() {
	happened := map[string][]*happening{}
	for _, h := range t.occurrences {
		if h.subject != "" {
			happened[h.subject] = append(happened[h.subject], h)
		}
	}
	for id := range happened {
		if len(t.subs[id]) == 0 && slices.ContainsFunc(happened[id], func(h *happening) bool { return h.sub != nil }) {
			t.subs[id] = nil // known through events alone
		}
	}
	for id, versions := range t.subs {
		if s, ok := t.subscription(id, versions, happened[id]); ok {
			t.record.Subscriptions = append(t.record.Subscriptions, s)
		}
	}
	slices.SortFunc(t.record.Subscriptions, func(a, b billing.Subscription) int { return cmp.Compare(a.ID, b.ID) })
}

// subscription is one agreement with its history.
func (t *translation) subscription(id string, versions []version[wireSubscription], happened []*happening) (billing.Subscription, bool) {
	last, object, gone := newest(versions, happened)
	if last == nil {
		return billing.Subscription{}, false
	}
	s := billing.Subscription{
		ID: id, CustomerID: t.who, Name: last.Description, Currency: upper(last.Currency), Created: last.Created.Time(),
		Start: cmp.Or(last.StartDate, last.Created).Time(), Ended: last.EndedAt.Time(), Requested: last.CanceledAt.Time(),
		Metadata: fields(last.Metadata), Profiles: profiles(versions, happened), Object: object,
	}
	if !gone.IsZero() && s.Ended.IsZero() {
		s.Ended = gone // deleted without a word: it ended when that was seen
	}
	s.Services = t.evidence[id]
	s.States = walk(t.sightings(versions, happened), t.watches, s.Created)
	t.silently(&s)
	taxed(&s)
	return s, true
}

// taxed gives the items of inclusive prices the rates that the provider computed
// for them: with automatic tax no rate stands on the subscription, only on its
// invoices. The latest known then counts, else the first one after.
func taxed(s *billing.Subscription) {
	for i := range s.States {
		state := &s.States[i]
		for k := range state.Terms.Items {
			item := &state.Terms.Items[k]
			if item.Price.Tax != billing.TaxInclusive || len(item.Taxes) > 0 {
				continue
			}
			var rates []billing.TaxRate
			for _, v := range s.Services { // by the beginning of their period
				if v.ItemID != item.ID || len(v.Taxes) == 0 {
					continue
				}
				if rates != nil && !state.Until.IsZero() && !v.From.Before(state.Until) {
					break
				}
				rates = v.Taxes
			}
			if rates != nil {
				state.Terms.Items = slices.Clone(state.Terms.Items)
				state.Terms.Items[k].Taxes = rates
			}
		}
	}
}

// newest is the subscription as last known, and when it was found deleted.
func newest(versions []version[wireSubscription], happened []*happening) (last *wireSubscription, object billing.Ref, gone time.Time) {
	var at int64
	for _, v := range versions {
		if v.Deleted {
			gone = v.at()
			if v.wire.Created == 0 {
				continue // nothing but its id
			}
		} else {
			gone = time.Time{}
		}
		last, object, at = v.wire, v.Ref(), v.Version
	}
	for _, h := range happened {
		if h.sub != nil && h.event.Version/1e6 > at/1e6 {
			last, object, at = h.sub, h.event.Ref(), h.event.Version
		}
	}
	return last, object, gone
}

// readServices gathers what invoices and pending invoice items say of each
// subscription.
func (t *translation) readServices() {
	t.evidence = map[string][]billing.Service{}
	taken, landed := map[string]bool{}, map[string]bool{}
	add := func(by map[string][]billing.Service) {
		for id, services := range by {
			t.evidence[id] = append(t.evidence[id], services...)
		}
	}
	for _, v := range t.invoices {
		landed[v.ID] = true
		for i := range v.wire.Lines.Data {
			taken[string(v.wire.Lines.Data[i].InvoiceItem)] = true
		}
		by, bad := t.services(v.wire, v.Ref())
		for _, p := range bad {
			t.reject(v.Object, p)
		}
		add(by)
	}
	for _, v := range t.pending {
		// One that names an invoice which the lists did not have yet waits still.
		if landed[string(v.wire.Invoice)] || taken[v.ID] || !v.wire.Proration {
			continue
		}
		g := grouped{resolver: t.resolver, currency: v.wire.Currency, issued: v.wire.Date.Time(), object: v.Ref()}
		line := v.wire.line()
		if len(line.TaxRates) == 0 {
			line.TaxRates = t.ratesOf(string(v.wire.Subscription), string(v.wire.SubscriptionItem))
		}
		g.add(line)
		by, bad := g.done()
		for _, p := range bad {
			t.reject(v.Object, p)
		}
		add(by)
	}
	for id, list := range t.evidence {
		t.evidence[id] = onlyVoided(list)
	}
}

// ratesOf are the tax rates of an item as last known: what is not invoiced yet
// does not name those that it inherits.
func (t *translation) ratesOf(subscription, item string) []wireTaxRate {
	versions := t.subs[subscription]
	for i := len(versions) - 1; i >= 0; i-- {
		w := versions[i].wire
		if w.Items == nil {
			continue
		}
		for j := range w.Items.Data {
			if it := &w.Items.Data[j]; it.ID == item && len(it.TaxRates) > 0 {
				return it.TaxRates
			}
		}
		return w.DefaultTaxRates
	}
	return nil
}

// onlyVoided keeps a voided period only where no invoice charged it, and orders
// the services.
func onlyVoided(list []billing.Service) []billing.Service {
	charged := func(v billing.Service) bool {
		return slices.ContainsFunc(list, func(s billing.Service) bool {
			return s.Kind == billing.Charged && s.ItemID == v.ItemID && s.From.Equal(v.From)
		})
	}
	kept := list
	if slices.ContainsFunc(list, func(s billing.Service) bool { return s.Kind == billing.Voided }) {
		kept = nil
		for _, s := range list {
			if s.Kind != billing.Voided || !charged(s) {
				kept = append(kept, s)
			}
		}
	}
	slices.SortStableFunc(kept, func(a, b billing.Service) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ItemID, b.ItemID), a.IssuedAt.Compare(b.IssuedAt),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Object.ID, b.Object.ID), cmp.Compare(a.Price.ID, b.Price.ID))
	})
	return kept
}

// readPhases gives each subscription the phases of its schedules.
func (t *translation) readPhases() {
	for _, v := range t.schedules {
		if v.Deleted {
			continue
		}
		i := slices.IndexFunc(t.record.Subscriptions, v.wire.about)
		if i < 0 {
			continue // not begun: it agrees on a subscription that does not exist yet
		}
		s := &t.record.Subscriptions[i]
		phases, bad := t.phases(v.wire, lower(s.Currency), v.Ref())
		for _, p := range bad {
			t.reject(v.Object, p)
		}
		s.Phases = append(s.Phases, phases...)
		slices.SortStableFunc(s.Phases, func(a, b billing.Phase) int {
			return cmp.Or(a.From.Compare(b.From), a.Until.Compare(b.Until), cmp.Compare(a.Object.ID, b.Object.ID))
		})
	}
}
