package connectors

import (
	"maps"
	"slices"
	"time"

	"mrrsync/connectors/billing"
)

// Glimpse is one moment at which an object showed its metadata and fields.
type Glimpse struct {
	At     time.Time
	Values map[string]string // as billing.Profile has them; nil: they changed then, but it cannot be read what to
	Before map[string]string // of an event that tells: what they were until then; nil: it does not
}

// Profiles is how an object's metadata and fields changed, as glimpses of it
// show. What an event does not date is dated by the glimpse that shows it.
// Glimpses of one second keep their order, but that an event follows the one
// after which its own Before holds. It is nil where nothing is known to have
// changed.
func Profiles(seen []Glimpse) []billing.Profile {
	seen = slices.Clone(seen)
	slices.SortStableFunc(seen, func(a, b Glimpse) int { return second(a).Compare(second(b)) })
	p := profiling{}
	for len(seen) > 0 {
		n := 1
		for n < len(seen) && second(seen[n]).Equal(second(seen[0])) {
			n++
		}
		p.take(seen[:n])
		seen = seen[n:]
	}
	if len(p.list) < 2 {
		return nil
	}
	return p.list
}

func second(g Glimpse) time.Time { return g.At.Truncate(time.Second) }

type profiling struct {
	list  []billing.Profile
	blind time.Time // when they changed to what could not be read
}

// take takes in what was seen in one second: first the events, since a version
// that was read in the second of an event may show what was before it.
func (p *profiling) take(seen []Glimpse) {
	var old []map[string]string
	var events, others []Glimpse
	for _, g := range seen {
		if g.Before != nil {
			events = append(events, g)
		} else {
			others = append(others, g)
		}
	}
	for len(events) > 0 {
		next := max(0, slices.IndexFunc(events, func(g Glimpse) bool { return p.holds(g.Before) }))
		e := events[next]
		events = slices.Delete(events, next, next+1)
		old = append(old, e.Before)
		p.set(e.Before, e.At)
		p.set(e.Values, e.At)
	}
	for _, g := range others {
		switch {
		case g.Values == nil:
			p.blind = g.At
		case !slices.ContainsFunc(old, func(m map[string]string) bool { return maps.Equal(m, g.Values) }):
			p.set(g.Values, g.At)
		}
	}
}

func (p *profiling) holds(values map[string]string) bool {
	n := len(p.list)
	return n > 0 && maps.Equal(p.list[n-1].Values, values)
}

// set says that the values are these at an instant.
func (p *profiling) set(values map[string]string, at time.Time) {
	if !p.blind.IsZero() {
		at = p.blind
	}
	p.blind = time.Time{}
	if p.holds(values) {
		return
	}
	if n := len(p.list); n > 1 && p.list[n-1].From.Equal(at) {
		p.list = p.list[:n-1] // it never held
		if p.holds(values) {
			return
		}
	}
	if len(p.list) == 0 {
		at = time.Time{} // since when is not known
	}
	p.list = append(p.list, billing.Profile{From: at, Values: values})
}
