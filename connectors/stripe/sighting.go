package stripe

import (
	"cmp"
	"slices"
	"time"

	"mrrsync/connectors/billing"
)

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
