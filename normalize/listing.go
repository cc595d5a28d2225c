package normalize

import (
	"cmp"
	"slices"
	"time"

	"mrrsync/connectors/billing"
)

// listing is a list of discounts as something showed it: an invoice at the
// instant it was made, a version from when it took effect.
type listing struct {
	at      time.Time
	until   time.Time // when the list itself ended, if that is known
	list    []billing.Discount
	invoice bool // what is good for one invoice is used up by it
	partial bool // what is missing from it may still have been there
}

// stretch is one discount with the time [from, until) during which it was on
// its list. Zero ends are open.
type stretch struct {
	discount    *billing.Discount
	from, until time.Time
}

// aDay is how long an invoice may lie open before it is finalized: what began
// meanwhile is not on it, though it began before the invoice's date.
const aDay = 24 * time.Hour

// key tells discounts apart: a coupon that is applied twice is two discounts.
func key(d *billing.Discount) string {
	if d.ID != "" {
		return d.ID
	}
	return d.CouponID + "@" + d.Start.UTC().Format(time.RFC3339)
}

// stretches dates each discount of a sequence of listings. A discount counts
// from its start, though it was seen later, unless a listing in between is
// without it; it ends at its end, or at the first later listing without it.
// They come in the order of the lists.
// One that is good for one invoice ends with it.
func stretches(listings []listing, skip map[string]bool) []stretch {
	slices.SortStableFunc(listings, func(a, b listing) int { return a.at.Compare(b.at) })
	type seen struct{ first, last, place int }
	sightings := make(map[string]*seen)
	var order []string
	for i := range listings {
		next := 0 // where in order a discount goes that is new here
		for j := range listings[i].list {
			k := key(&listings[i].list[j])
			if skip[k] {
				continue
			}
			if at := slices.Index(order, k); at >= 0 {
				next = at + 1
			} else {
				order = slices.Insert(order, next, k)
				next++
				sightings[k] = &seen{first: i}
			}
			sightings[k].last, sightings[k].place = i, j
		}
	}
	var out []stretch
	for _, k := range order {
		s := sightings[k]
		d := &listings[s.last].list[s.place]
		st := stretch{discount: d, from: d.Start, until: d.End}
		for i := range s.first {
			if !listings[i].partial && listings[i].at.Sub(d.Start) > aDay && listings[i].at.Before(listings[s.first].at) {
				st.from = listings[s.first].at
			}
		}
		if last := &listings[s.last]; last.invoice && durationOf(d) == billing.Once {
			st.until = last.at
		}
		if end := listings[s.last].until; !end.IsZero() && (st.until.IsZero() || end.Before(st.until)) {
			st.until = end
		}
		for i := s.last + 1; i < len(listings); i++ {
			if listings[i].partial || listings[i].at.Equal(listings[s.last].at) {
				continue
			}
			if at := listings[i].at; st.until.IsZero() || at.Before(st.until) {
				st.until = at
			}
			break
		}
		out = append(out, st)
	}
	return out
}

// made is when an invoice took its list of discounts. A renewal is made as its
// period begins, though it may be dated by the hour in which it was finalized.
func made(s *billing.Service) time.Time {
	if wait := s.IssuedAt.Sub(s.From); wait > 0 && wait <= aDay {
		return s.From
	}
	return s.IssuedAt
}

// costless says that a service's line came to nothing: then there was nothing
// for the item's discounts to be shown on.
func costless(s *billing.Service) bool {
	amount, no := charge(&s.Price, s.Quantity, nil)
	return no != nil || amount.Sign() == 0
}

// lasting leaves out the discounts that are good for one invoice: they are on
// their list while they wait for it, but lower nothing until then.
func lasting(list []*billing.Discount) []*billing.Discount {
	return slices.DeleteFunc(list, func(d *billing.Discount) bool { return durationOf(d) == billing.Once })
}

// active are the discounts of the stretches that are in force at t.
func active(list []stretch, t time.Time) []*billing.Discount {
	var out []*billing.Discount
	for i := range list {
		if s := &list[i]; within(t, s.from, s.until) {
			out = append(out, s.discount)
		}
	}
	return out
}

// running are the discounts of a list that was in force at t which have begun
// and not ended.
func running(list []billing.Discount, t time.Time) []*billing.Discount {
	var out []*billing.Discount
	for i := range list {
		if d := &list[i]; within(t, d.Start, d.End) {
			out = append(out, d)
		}
	}
	return out
}

// within says whether t lies in [from, until); zero ends are open.
func within(t, from, until time.Time) bool {
	return !t.Before(from) && (until.IsZero() || t.Before(until))
}

// listDiscounts dates the discounts of the items, of the subscription and of
// its customer from everything that lists them.
func (d *dossier) listDiscounts(customer *billing.Customer) {
	ofCustomer := make(map[string]bool)
	var listings []listing
	for i := range customer.Discounts {
		span := &customer.Discounts[i]
		d.spans = append(d.spans, span)
		for j := range span.Discounts {
			ofCustomer[key(&span.Discounts[j])] = true
		}
		listings = append(listings, listing{at: cmp.Or(span.From, span.Until), until: span.Until, list: span.Discounts})
	}
	slices.SortStableFunc(d.spans, func(a, b *billing.DiscountSpan) int { return a.From.Compare(b.From) })
	d.customer = stretches(listings, nil)

	shared := make([]listing, 0, len(d.services)+len(d.states))
	level := make(map[string][]listing)
	for _, s := range d.services {
		if s.IssuedAt.IsZero() || s.Kind == billing.Voided {
			continue
		}
		l := listing{at: made(s), list: s.Inherited, invoice: true, partial: s.Kind != billing.Charged}
		shared = append(shared, l)
		if s.Kind != billing.Stopped { // what an item had when it stopped is not what it has
			l.list, l.partial = s.Discounts, l.partial || len(s.Discounts) == 0 && costless(s)
			level[s.ItemID] = append(level[s.ItemID], l)
		}
	}
	for _, s := range d.states {
		for i := range s.Terms.Items {
			item := &s.Terms.Items[i]
			level[item.ID] = append(level[item.ID], listing{at: known(s), list: item.Discounts})
		}
		shared = append(shared, listing{at: known(s), list: s.Terms.Discounts})
	}
	d.shared = stretches(shared, ofCustomer)
	for _, t := range d.tracks {
		t.level = stretches(level[t.id], nil)
	}
}
