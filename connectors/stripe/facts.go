package stripe

import (
	"cmp"
	"slices"
	"time"

	"mrrsync/connectors/billing"
)

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
		ID: last.ID, Name: shown.Name, Email: shown.Email, Currency: upper(shown.Currency), Created: shown.Created.time(),
		Deleted: last.Deleted, Metadata: fields("", shown.Metadata), Object: last.Ref(),
	}
	if shown.Address != nil && shown.Address.Country != "" {
		c.Country = shown.Address.Country
		c.Metadata["address.country"] = shown.Address.Country
	}
	c.Discounts = t.customerDiscounts(shown.Created.time())
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
			t.reject(v.Object, unreadable(kindCustomer, v.ID, "discount_bare", "the customer's discount cannot be read"))
			continue
		}
		seen = append(seen, s)
	}
	for _, h := range t.occurrences {
		if h.subject != "" || (h.kind != kindCustomer && h.kind != kindDiscount) {
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
		if string(d.Customer) == t.who && d.Subscription == "" && d.Start != 0 && d.End != 0 && !d.End.time().After(last.SeenAt) && !known {
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

// sortSightings orders by time. What shares a second is put into a chain: an
// event follows the one after which its own before holds; a version that was
// seen in the same second stands where it fits.
func sortSightings(all []sighting) {
	slices.SortStableFunc(all, func(a, b sighting) int {
		return cmp.Or(a.at.Truncate(time.Second).Compare(b.at.Truncate(time.Second)), boolOrder(b.event, a.event), a.at.Compare(b.at), cmp.Compare(a.object.ID, b.object.ID))
	})
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && all[i].event && all[j].event && all[j].at.Equal(all[i].at) {
			j++
		}
		var now *terms
		if i > 0 {
			now = all[i-1].after
		}
		chain(all[i:j], now)
		i = j
	}
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// chain orders events of one second, beginning from what was known before.
func chain(events []sighting, now *terms) {
	for i := range events {
		for j := i; j < len(events); j++ {
			e := events[j]
			fits := e.birth || now != nil && e.before != nil && sameTerms(&now.Terms, &e.before.Terms, e.at)
			if now == nil && !e.birth && e.before != nil {
				fits = first(events[i:], j-i)
			}
			if fits {
				copy(events[i+1:j+1], events[i:j])
				events[i] = e
				break
			}
		}
		now = events[i].after
	}
}

// first says that no other event leads to what was before the k-th one.
func first(events []sighting, k int) bool {
	for i, e := range events {
		if i != k && e.after != nil && sameTerms(&e.after.Terms, &events[k].before.Terms, e.at) {
			return false
		}
	}
	return true
}

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
		ID: id, CustomerID: t.who, Name: last.Description, Currency: upper(last.Currency), Created: last.Created.time(),
		Start: cmp.Or(last.StartDate, last.Created).time(), Ended: last.EndedAt.time(), Requested: last.CanceledAt.time(),
		Metadata: fields("", last.Metadata), Object: object,
	}
	if !gone.IsZero() && s.Ended.IsZero() {
		s.Ended = gone // deleted without a word: it ended when that was seen
	}
	s.Services = t.evidence[id]
	s.States = walk(t.sightings(versions, happened), t.watches, s.Created)
	t.silently(&s)
	return s, true
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

// sightings are all moments at which something is known of a subscription, in
// order.
func (t *translation) sightings(versions []version[wireSubscription], happened []*happening) []sighting {
	var all []sighting
	for _, v := range versions {
		if v.wire.Created == 0 && v.Deleted {
			continue
		}
		all = append(all, sighting{at: v.at(), seen: v.SeenAt, after: t.terms(v.wire), object: v.Ref()})
	}
	for _, h := range happened {
		s := sighting{at: h.event.at(), seen: h.event.SeenAt, event: true, object: h.event.Ref()}
		switch {
		case h.kind == kindDiscount:
			// The subscription's own event tells the same in full; an item's
			// discount has none. Either way something changed then.
			if slices.ContainsFunc(happened, func(o *happening) bool { return o.sub != nil && o.event.Version == h.event.Version }) {
				continue
			}
		case h.sub != nil:
			s.birth = h.created
			if after := t.terms(h.sub); after.whole() {
				s.after = after
			}
			if h.subBefore != nil && !h.created {
				if before := t.terms(h.subBefore); before.whole() {
					s.before = before
				}
			}
		}
		all = append(all, s)
	}
	sortSightings(all)
	return t.hold(all, versions)
}

// hold puts what was understood last in the place of what cannot be read in a
// version, and rejects that. An event that cannot be read is not rejected: it
// dates a change, and the terms come from the version.
func (t *translation) hold(all []sighting, versions []version[wireSubscription]) []sighting {
	var last *terms
	kept := all[:0]
	for _, s := range all {
		if s.event {
			if s.after != nil {
				last = s.after
			}
			kept = append(kept, s)
			continue
		}
		if s.after.whole() {
			last = s.after
			kept = append(kept, s)
			continue
		}
		for _, v := range versions {
			if v.Ref() == s.object {
				for _, p := range s.after.failed {
					t.reject(v.Object, p)
				}
				break
			}
		}
		if s.after.failed[""] != nil {
			if last == nil {
				continue
			}
			s.after = &terms{Terms: last.Terms}
		} else {
			s.after = &terms{Terms: filled(s.after, last)}
		}
		s.held = true
		last = s.after
		kept = append(kept, s)
	}
	return kept
}

// filled is the terms with each item that could not be read as it was before;
// one that was never understood is left out.
func filled(t, last *terms) billing.Terms {
	out := t.Terms
	out.Items = slices.Clone(out.Items)
	if last != nil {
		for _, item := range last.Items {
			if t.failed[item.ID] != nil {
				out.Items = append(out.Items, item)
			}
		}
	}
	slices.SortFunc(out.Items, func(a, b billing.Item) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// readServices gathers what invoices and pending invoice items say of each
// subscription.
func (t *translation) readServices() {
	t.evidence = map[string][]billing.Service{}
	taken := map[string]bool{}
	add := func(by map[string][]billing.Service) {
		for id, services := range by {
			t.evidence[id] = append(t.evidence[id], services...)
		}
	}
	for _, v := range t.invoices {
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
		if v.wire.Invoice != "" || taken[v.ID] || !v.wire.Proration {
			continue
		}
		g := grouped{resolver: t.resolver, currency: v.wire.Currency, issued: v.wire.Date.time(), object: v.Ref()}
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
	var kept []billing.Service
	for _, s := range list {
		if s.Kind != billing.Voided || !charged(s) {
			kept = append(kept, s)
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

// fields is metadata in the flat form that segments refer to.
func fields(prefix string, m metadata) map[string]string {
	out := map[string]string{}
	for k, v := range m.flat() {
		out[prefix+"metadata."+k] = v
	}
	return out
}
