package chargebee

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// sighting is a version of a subscription: since when it holds, as the version
// itself dates it, and until when it certainly did.
type sighting struct {
	from   time.Time // zero: nothing dates it
	seen   time.Time
	event  bool // carried by an event, else listed or fetched
	held   bool // terms are those understood before: the version itself could not be read
	order  int64
	terms  *terms // nil: an event that cannot be read; it only dates a change
	quiet  bool   // an event that cannot be read, and tells of no change
	paused time.Time
	object billing.Ref
}

// sortSightings puts versions into the order in which they came about. What
// shares a second is ordered by its version number.
func sortSightings(all []sighting) {
	slices.SortStableFunc(all, func(a, b sighting) int {
		return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.order, b.order), a.seen.Compare(b.seen), cmp.Compare(a.object.Kind, b.object.Kind), cmp.Compare(a.object.ID, b.object.ID))
	})
}

// walker turns sightings into states.
type walker struct {
	watches connectors.Watches
	created time.Time
	states  []billing.State
	cur     *billing.State // the open state; nil: unknown
	sure    time.Time      // the last moment at which cur was certainly in force
	unknown time.Time      // since when the terms are not known, as an event dates it
	touched time.Time      // the last event that tells of no change
}

// walk is the history that sightings show. Between two versions that nothing
// joins, the first ends where it was last seen: what was in between is for
// weaker evidence to say.
func walk(sightings []sighting, w connectors.Watches, created time.Time) []billing.State {
	k := walker{watches: w, created: created}
	for i := range sightings {
		s := &sightings[i]
		switch {
		case s.quiet:
			k.touched = s.from
		case s.terms == nil && k.cur != nil && !k.sure.Before(s.from):
			// A version that was seen after the event dates itself before it.
		case s.terms == nil:
			k.shut(s.from)
			k.unknown = s.from
		case k.cur != nil && sameTerms(&k.cur.Terms, &s.terms.Terms, s.from):
			k.cur.SeenAt = later(k.cur.SeenAt, s.seen)
			k.sure = later(k.sure, s.seen)
		default:
			k.open(s)
		}
	}
	if n := len(k.states); k.cur == nil && n > 0 {
		// The last event cannot be read and nothing was seen since: what was
		// understood last goes on.
		held := k.states[n-1]
		held.From, held.Until, held.Evidence = k.unknown, time.Time{}, billing.EvidenceHeld
		k.cur = &held
	}
	if k.cur != nil {
		k.states = append(k.states, *k.cur)
	}
	return k.states
}

// open makes a sighting's terms those in force.
func (k *walker) open(s *sighting) {
	evidence := billing.EvidenceVersion
	if s.held {
		evidence = billing.EvidenceHeld
	}
	from := s.from
	switch {
	case !k.unknown.IsZero() && (from.IsZero() || !k.unknown.After(from)):
		from = k.unknown
	case from.IsZero() && k.cur != nil:
		from, evidence = s.seen, billing.EvidenceObserved
	case k.cur == nil && !s.event && (k.touched.IsZero() || k.touched.Before(from)):
		// No event tells of the moment that dates the version: something was
		// touched then that makes no terms. They hold since the watch began.
		if begin := k.watches.Begin(later(from, k.created), 0); !begin.IsZero() {
			from = later(begin, k.created)
			if s.terms.Status == billing.StatusCanceled {
				from = later(from, s.terms.CancelAt) // a transfer may make no event at all
			}
		}
	}
	if since := s.paused; !since.IsZero() && since.Before(from) && (k.cur == nil || k.cur.From.Before(since)) {
		from = since // a paused subscription tells since when it is
	}
	k.shut(from)
	k.cur = &billing.State{From: from, SeenAt: s.seen, Terms: s.terms.Terms, Evidence: evidence, Object: s.object}
	k.sure, k.unknown = later(s.seen, from), time.Time{}
}

// shut ends the open state at an instant, or where it was last certain. A state
// without duration was never in force.
func (k *walker) shut(at time.Time) {
	if k.cur == nil {
		return
	}
	until := at
	if k.sure.Before(at) && !k.watches.Whole(k.sure, at) {
		until = later(k.sure, k.cur.From.Add(time.Second))
	}
	if k.cur.From.IsZero() || k.cur.From.Before(until) {
		k.cur.Until = until
		k.states = append(k.states, *k.cur)
	}
	k.cur = nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sameTerms says that two versions agree at t on everything that makes terms.
// What time alone ends (a discount, a pause) makes no difference once it has.
func sameTerms(a, b *billing.Terms, t time.Time) bool {
	return a.Status == b.Status && a.Pause == b.Pause && a.TrialStart.Equal(b.TrialStart) && a.TrialEnd.Equal(b.TrialEnd) &&
		a.CancelAt.Equal(b.CancelAt) && sameDiscounts(a.Discounts, b.Discounts, t) &&
		slices.EqualFunc(a.Items, b.Items, func(x, y billing.Item) bool {
			return x.ID == y.ID && x.Price.ID == y.Price.ID && x.Price.Interval == y.Price.Interval && x.Price.Usage == y.Price.Usage &&
				x.Quantity.Equal(y.Quantity) && sameAmount(x.Amount, y.Amount) && x.TrialEnd.Equal(y.TrialEnd) &&
				sameDiscounts(x.Discounts, y.Discounts, t)
		})
}

func sameAmount(a, b *decimal.Decimal) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

func sameDiscounts(a, b []billing.Discount, t time.Time) bool {
	running := func(list []billing.Discount) (left []billing.Discount) {
		for _, d := range list {
			// A coupon for one invoice goes by itself once it has been used.
			if d.Duration != billing.Once && (d.End.IsZero() || d.End.After(t)) {
				left = append(left, d)
			}
		}
		return left
	}
	return slices.EqualFunc(running(a), running(b), func(x, y billing.Discount) bool {
		return x.ID == y.ID && x.Percent.Equal(y.Percent) && x.Amount.Equal(y.Amount) && x.FreeUnits.Equal(y.FreeUnits) &&
			x.End.Equal(y.End) && slices.Equal(x.AppliesTo, y.AppliesTo)
	})
}

// pauseAhead adds the pause that the last version has agreed for later.
func pauseAhead(states []billing.State, w *wireSubscription) []billing.State {
	n := len(states)
	at := w.PauseDate.Time()
	if n == 0 || at.IsZero() || w.Deleted || (w.Status != "active" && w.Status != "non_renewing") || !at.After(states[n-1].SeenAt) || !states[n-1].Until.IsZero() {
		return states
	}
	paused := states[n-1]
	states[n-1].Until = at
	paused.From, paused.Terms.Status = at, billing.StatusPaused
	paused.Terms.Pause = billing.Pause{ResumesAt: w.ResumeDate.Time()}
	return append(states, paused)
}
