package stripe

import (
	"slices"
	"time"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// sighting is one moment at which something is known of an object: an event,
// with what was before it and after it, or a version that was listed or
// fetched.
type sighting struct {
	at     time.Time
	seen   time.Time // when we saw it
	event  bool
	birth  bool   // the event that created it: nothing was before
	before *terms // of an event; nil: it only dates a change
	after  *terms // of an event, or the version itself
	held   bool   // after is what was understood before: the version itself could not be read
	object billing.Ref
}

// runLength is how long after the end of a watch a version is still taken as
// watched: an account without any change since is not read again, so that its
// newest version is older than the watch, but one that was fetched while the
// feed was read may be a little newer.
const runLength = time.Hour

// walker turns sightings into states.
type walker struct {
	watches connectors.Watches
	created time.Time
	states  []billing.State
	cur     *billing.State // the open state; nil: unknown
	sure    time.Time      // the last moment at which cur was seen
	unknown time.Time      // since when the terms are not known, as an event dates it
}

// walk is the history that sightings show: what was in force, from when until
// when, and how surely. Sightings are ordered by time.
func walk(sightings []sighting, w connectors.Watches, created time.Time) []billing.State {
	k := walker{watches: w, created: created}
	for _, s := range sightings {
		switch {
		case s.event && s.after == nil:
			k.blind(s)
		case s.event:
			k.event(s)
		default:
			k.version(s)
		}
	}
	if k.cur != nil {
		k.states = append(k.states, *k.cur)
	}
	return k.states
}

// open makes t the terms in force from an instant on.
func (k *walker) open(t *terms, from, seen time.Time, e billing.EvidenceKind, object billing.Ref) {
	k.cur = &billing.State{From: from, SeenAt: seen, Terms: t.Terms, Evidence: e, Object: object}
	k.sure, k.unknown = seen, time.Time{}
}

// shut ends the open state. A state without duration was never in force.
func (k *walker) shut(at time.Time) {
	if k.cur == nil {
		return
	}
	if k.cur.From.IsZero() || k.cur.From.Before(at) {
		k.cur.Until = at
		k.states = append(k.states, *k.cur)
	}
	k.cur = nil
}

// since is from when terms first seen at t were in force: from the event that
// dates them, else from the beginning of the watch, else nobody knows.
func (k *walker) since(t time.Time) time.Time {
	if !k.unknown.IsZero() {
		return k.unknown
	}
	from := k.watches.Begin(t, runLength)
	if !from.IsZero() && from.Before(k.created) {
		return k.created
	}
	return from
}

// lapse ends the open state with the watch that it was last seen in, if an event
// at t lies behind a gap and does not tell what was before it: another change may
// have come in the gap, of which invoices may tell.
func (k *walker) lapse(t time.Time) {
	if k.cur == nil {
		return
	}
	if begin := k.watches.Begin(t, runLength); begin.After(k.sure) {
		k.shut(k.watches.End(k.sure))
	}
}

// blind is an event whose terms cannot be read: it dates a change.
func (k *walker) blind(s sighting) {
	k.lapse(s.at)
	k.shut(s.at)
	k.unknown = s.at
}

func (k *walker) event(s sighting) {
	switch {
	case s.birth:
	case s.before != nil:
		k.preceding(s)
	default:
		k.lapse(s.at)
	}
	if k.cur != nil && s.before != nil && sameTerms(&k.cur.Terms, &s.after.Terms, s.at) {
		k.cur.SeenAt, k.sure = s.seen, s.at // a renewal, for instance
		return
	}
	k.shut(s.at)
	k.open(s.after, s.at, s.seen, billing.EvidenceVersion, s.object)
	k.sure = s.at
}

// preceding takes in what an event says was before it.
func (k *walker) preceding(s sighting) {
	if k.cur != nil && sameTerms(&k.cur.Terms, &s.before.Terms, s.at) {
		return
	}
	from := k.since(s.at)
	if k.cur != nil {
		// What was before the event is not what we knew: a change that no
		// event dates. Within a watch its event is only late, and what we knew
		// stands until then; behind a gap the terms hold since the gap's end,
		// and of the gap itself invoices may tell.
		from = k.watches.Begin(s.at, runLength)
		if from.IsZero() || !from.After(k.sure) {
			return
		}
		k.shut(k.watches.End(k.sure))
	}
	k.open(s.before, from, s.seen, billing.EvidenceVersion, s.object)
}

func (k *walker) version(s sighting) {
	switch {
	case s.held:
		from := s.at
		if k.cur == nil && !k.unknown.IsZero() {
			from = k.unknown
		}
		k.shut(from)
		k.open(s.after, from, s.seen, billing.EvidenceHeld, s.object)
	case k.cur == nil:
		k.open(s.after, k.since(s.at), s.seen, billing.EvidenceVersion, s.object)
	case sameTerms(&k.cur.Terms, &s.after.Terms, s.at):
		k.cur.SeenAt, k.sure = s.seen, s.at
	default:
		// Nothing dates the change but our own look, or the end of a gap: of
		// the gap itself invoices may tell.
		from, until := s.at, s.at
		if begin := k.watches.Begin(s.at, runLength); begin.After(k.sure) {
			from, until = begin, k.watches.End(k.sure)
		}
		k.shut(until)
		k.open(s.after, from, s.seen, billing.EvidenceObserved, s.object)
	}
	k.sure = s.at
}

// sameTerms says that two versions agree at t on everything that makes terms.
// What time alone ends (a discount, a pause) makes no difference once it has.
func sameTerms(a, b *billing.Terms, t time.Time) bool {
	return a.Status == b.Status && samePause(pausedAt(a, t), pausedAt(b, t)) &&
		a.TrialEnd.Equal(b.TrialEnd) && a.TrialStart.Equal(b.TrialStart) && a.CancelAt.Equal(b.CancelAt) &&
		sameDiscounts(a.Discounts, b.Discounts, t) &&
		slices.EqualFunc(a.Items, b.Items, func(x, y billing.Item) bool {
			return x.ID == y.ID && x.Price.ID == y.Price.ID && x.Quantity.Equal(y.Quantity) &&
				sameDiscounts(x.Discounts, y.Discounts, t) &&
				slices.EqualFunc(x.Taxes, y.Taxes, func(m, n billing.TaxRate) bool {
					return m.ID == n.ID && m.Percent.Equal(n.Percent) && m.Inclusive == n.Inclusive
				})
		})
}

func pausedAt(t *billing.Terms, at time.Time) billing.Pause {
	if !t.Pause.ResumesAt.IsZero() && !t.Pause.ResumesAt.After(at) {
		return billing.Pause{}
	}
	return t.Pause
}

func samePause(a, b billing.Pause) bool {
	return a.Behavior == b.Behavior && a.ResumesAt.Equal(b.ResumesAt)
}

func sameDiscounts(a, b []billing.Discount, t time.Time) bool {
	running := func(list []billing.Discount) (ids []string) {
		for i := range list {
			// A coupon for one invoice goes by itself once it has been used.
			if d := &list[i]; d.Duration != billing.Once && (d.End.IsZero() || d.End.After(t)) {
				ids = append(ids, d.ID)
			}
		}
		return ids
	}
	return slices.Equal(running(a), running(b))
}
