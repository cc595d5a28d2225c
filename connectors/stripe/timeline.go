package stripe

import (
	"cmp"
	"slices"
	"time"

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

// watches are the times in which every change was visible as an event, ordered
// and apart.
type watches []watch

// newWatches joins watches that meet.
func newWatches(all []watch) watches {
	slices.SortFunc(all, func(a, b watch) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	var joined watches
	for _, w := range all {
		if n := len(joined); n > 0 && !w.From.After(joined[n-1].To) {
			if w.To.After(joined[n-1].To) {
				joined[n-1].To = w.To
			}
			continue
		}
		joined = append(joined, w)
	}
	return joined
}

// begin is since when all changes before t were watched; the zero time when t
// was not watched. A version read just after a watch's last event counts: the
// pull that extends the watch comes at the end of its run.
func (w watches) begin(t time.Time) time.Time {
	for i := len(w) - 1; i >= 0; i-- {
		if !w[i].From.After(t) {
			if t.After(w[i].To.Add(runLength)) {
				return time.Time{}
			}
			return w[i].From
		}
	}
	return time.Time{}
}

// end is until when what was in force at t is known to have stayed so, for want
// of an event: the end of the watch that t lies in, or t itself.
func (w watches) end(t time.Time) time.Time {
	for i := len(w) - 1; i >= 0; i-- {
		if !w[i].From.After(t) && t.Before(w[i].To) {
			return w[i].To
		}
	}
	return t
}

// runLength is how long after the end of a watch a version is still taken as
// watched: an account without any change since is not read again, so that its
// newest version is older than the watch, but one that was fetched while the
// feed was read may be a little newer.
const runLength = time.Hour

// walker turns sightings into states.
type walker struct {
	watches watches
	created time.Time
	states  []billing.State
	cur     *billing.State // the open state; nil: unknown
	sure    time.Time      // the last moment at which cur was seen
	unknown time.Time      // since when the terms are not known, as an event dates it
}

// walk is the history that sightings show: what was in force, from when until
// when, and how surely. Sightings are ordered by time.
func walk(sightings []sighting, w watches, created time.Time) []billing.State {
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
	from := k.watches.begin(t)
	if !from.IsZero() && from.Before(k.created) {
		return k.created
	}
	return from
}

// blind is an event whose terms cannot be read: it dates a change.
func (k *walker) blind(s sighting) {
	k.shut(s.at)
	k.unknown = s.at
}

func (k *walker) event(s sighting) {
	if !s.birth && s.before != nil {
		k.preceding(s)
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
		from = k.watches.begin(s.at)
		if from.IsZero() || !from.After(k.sure) {
			return
		}
		k.shut(k.watches.end(k.sure))
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
		if begin := k.watches.begin(s.at); begin.After(k.sure) {
			from, until = begin, k.watches.end(k.sure)
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
