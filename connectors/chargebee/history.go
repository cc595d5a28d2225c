package chargebee

import (
	"cmp"
	"slices"
	"time"

	"github.com/chargebee/chargebee-go/v3/enum"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/connectors/rawjson"
)

// history is all that is known of one subscription.
type history struct {
	id       string
	versions []seen[wireSubscription] // listed and fetched, by version
	events   []happening
	ramps    []seen[wireRamp]
	gone     *connectors.Object // found deleted, without its last version

	last   *seen[wireSubscription] // as last known, by a version or an event; nil: by neither
	object billing.Ref             // which that was
}

// happening is an event with the subscription that it carries; nil when that
// cannot be read.
type happening struct {
	seen[wireEvent]
	sub *wireSubscription
}

// findLast finds the subscription as last known.
func (h *history) findLast() {
	if n := len(h.versions); n > 0 {
		h.last, h.object = &h.versions[n-1], h.versions[n-1].Ref()
	}
	for i := range h.events {
		e := &h.events[i]
		if e.sub == nil || h.last != nil && e.version() <= h.last.Version {
			continue
		}
		h.last = &seen[wireSubscription]{connectors.Object{
			Kind: kindEvent, ID: e.ID, CustomerID: e.CustomerID, Version: e.version(), SeenAt: e.SeenAt, Payload: e.wire.Content.Subscription,
		}, e.sub}
		h.object = e.Ref()
	}
}

// version is the version of the subscription that the event carries.
func (e *happening) version() int64 {
	return cmp.Or(ordinal(e.sub.ResourceVersion), int64(cmp.Or(e.sub.UpdatedAt, e.wire.OccurredAt))*1000)
}

// start is when service began: the earliest that any version tells. A future
// subscription has yet to start, at whatever time it said last. Zero: nothing
// says that it ever did.
func (h *history) start() time.Time {
	var started, activated, ahead rawjson.Stamp
	earlier := func(a *rawjson.Stamp, b rawjson.Stamp) {
		if b != 0 && (*a == 0 || b < *a) {
			*a = b
		}
	}
	note := func(w *wireSubscription) {
		earlier(&started, w.StartedAt)
		earlier(&activated, w.ActivatedAt)
		ahead = 0
		if !w.ended() {
			ahead = w.StartDate
		}
	}
	for i := range h.events {
		if w := h.events[i].sub; w != nil {
			note(w)
		}
	}
	for i := range h.versions {
		note(h.versions[i].wire)
	}
	return cmp.Or(started, activated, ahead).Time()
}

// sightings are all versions of a subscription, in the order in which they came
// about, with what cannot be read replaced by what was understood before.
func (t *translation) sightings(h *history) []sighting {
	var all []sighting
	objects := map[billing.Ref]connectors.Object{}
	for _, v := range h.versions {
		from := v.wire.dated()
		objects[v.Ref()] = v.Object
		all = append(all, sighting{
			from: from, seen: v.SeenAt, order: v.Version, terms: t.terms(v.wire, cmp.Or(from, v.SeenAt)),
			paused: v.wire.pausedSince(), object: v.Ref(),
		})
	}
	for i := range h.events {
		e := &h.events[i]
		at := e.wire.OccurredAt.Time()
		s := sighting{from: at, seen: at, event: true, order: e.Version, object: e.Ref()}
		if w := e.sub; w != nil {
			if dated := w.dated(); !dated.IsZero() && dated.Before(at) {
				s.from = dated
			}
			s.order, s.paused = e.version(), w.pausedSince()
			if terms := t.terms(w, s.from); terms.whole() {
				s.terms = terms
			}
		}
		s.quiet = s.terms == nil && e.renews()
		all = append(all, s)
	}
	sortSightings(all)
	return t.hold(all, objects)
}

// renews says that the event tells of a new term alone: what changes with it has
// an event of its own.
func (e *happening) renews() bool {
	return e.wire.Type == string(enum.EventTypeSubscriptionRenewed) || e.wire.Type == string(enum.EventTypeSubscriptionItemsRenewed)
}

// dated is since when the version is as it is; the zero time where it does not
// say.
func (w *wireSubscription) dated() time.Time { return dated(w.UpdatedAt, w.ResourceVersion) }

// dated is the second of a version; the zero time where it does not say.
func dated(updated rawjson.Stamp, version rawjson.Number) time.Time {
	if updated != 0 {
		return updated.Time()
	}
	if v := ordinal(version); v > 0 && v/1000 <= int64(rawjson.LastStamp) {
		return time.UnixMilli(v).UTC().Truncate(time.Second)
	}
	return time.Time{}
}

// pausedSince is since when a paused subscription is.
func (w *wireSubscription) pausedSince() time.Time {
	if w.Status != "paused" {
		return time.Time{}
	}
	return w.PauseDate.Time()
}

// hold puts what was understood last in the place of what cannot be read in a
// version, and rejects that. An event that cannot be read is not rejected: it
// dates a change, and the terms come from the version.
func (t *translation) hold(all []sighting, objects map[billing.Ref]connectors.Object) []sighting {
	var last *terms
	var newest *sighting
	kept := all[:0]
	for _, s := range all {
		switch {
		case s.terms == nil:
			kept = append(kept, s)
			continue
		case !s.terms.whole():
			for _, p := range s.terms.failed {
				t.reject(objects[s.object], p)
			}
			if s.terms.failed[""] != nil {
				if last == nil {
					continue
				}
				s.terms = &terms{Terms: last.Terms}
			} else {
				s.terms = &terms{Terms: filled(s.terms, last), odd: s.terms.odd}
			}
			s.held = true
		}
		last = s.terms
		kept = append(kept, s)
		newest = &kept[len(kept)-1]
	}
	if newest != nil {
		for _, p := range newest.terms.odd {
			o, ok := objects[newest.object]
			if !ok {
				o = connectors.Object{Kind: newest.object.Kind, ID: newest.object.ID, Version: newest.object.Version, CustomerID: t.who}
			}
			t.reject(o, p)
		}
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

// comeback adds the time that a reactivated subscription was away, where only
// the present object tells of it: activated_at says since when it is active,
// and the invoices before say up to when it was served.
func comeback(s *billing.Subscription, w *wireSubscription) []billing.State {
	back := w.ActivatedAt.Time()
	if back.IsZero() || len(s.States) == 0 || s.States[0].From.Before(back) || !counts(s.States[0].Terms.Status) || back.Sub(s.Start) < 24*time.Hour {
		return s.States
	}
	if away := back.Sub(w.TrialEnd.Time()).Abs(); w.TrialEnd != 0 && away < 48*time.Hour {
		return s.States // it was a trial that ended
	}
	var served time.Time
	for _, service := range s.Services {
		if service.Kind == billing.Charged && service.From.Before(back) {
			served = later(served, service.Until)
		}
	}
	if served.IsZero() || back.Sub(served) < 24*time.Hour {
		return s.States
	}
	away := billing.State{
		From: served, Until: back, SeenAt: s.States[0].SeenAt, Evidence: billing.EvidenceVersion, Object: s.States[0].Object,
		Terms: s.States[0].Terms, // with its trial, which was before
	}
	// What it had before and came back with is for the invoices to say, except for
	// discounts that tell themselves that they were there by then.
	away.Terms.Status, away.Terms.Items, away.Terms.Discounts = billing.StatusCanceled, nil, begun(away.Terms.Discounts, served)
	return append([]billing.State{away}, s.States...)
}

// begun are the discounts that say of themselves that they began before t.
func begun(list []billing.Discount, t time.Time) []billing.Discount {
	var out []billing.Discount
	for i := range list {
		if d := &list[i]; !d.Start.IsZero() && d.Start.Before(t) {
			out = append(out, *d)
		}
	}
	return out
}

func counts(s billing.Status) bool {
	return s == billing.StatusActive || s == billing.StatusNonRenewing
}
