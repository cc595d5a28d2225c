package connectors

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// KindWatch is the kind of the catalogue objects that hold a Watch.
const KindWatch = "watch"

// Watch says that during [From, To) every change of the account was visible as
// an event: what no event changed meanwhile stayed as it was.
type Watch struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Object is the watch as it lands. A watch that goes on is a newer version of the
// one that began at the same time.
func (w Watch) Object(version int64, seen time.Time) (Object, error) {
	payload, err := json.Marshal(w)
	if err != nil {
		return Object{}, fmt.Errorf("write the watch: %w", err)
	}
	return Object{
		Kind: KindWatch, ID: w.From.UTC().Format(time.RFC3339), Version: version, SeenAt: seen.UTC(), Origin: Fetched, Payload: payload,
	}, nil
}

// Watches are ordered and apart.
type Watches []Watch

// ReadWatches are the watches of a catalogue, found once for all customers.
func ReadWatches(c *Catalog) Watches {
	if c == nil {
		return nil
	}
	return c.watches()
}

func readWatches(c *Catalog) Watches {
	var all []Watch
	for _, o := range c.All(KindWatch) {
		var w Watch
		if json.Unmarshal(o.Payload, &w) == nil && w.From.Before(w.To) {
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(a, b Watch) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	var joined Watches
	for _, w := range all {
		n := len(joined)
		switch {
		case n == 0 || w.From.After(joined[n-1].To):
			joined = append(joined, w)
		case w.To.After(joined[n-1].To):
			joined[n-1].To = w.To
		}
	}
	return joined
}

// Begin is since when all changes up to t were watched; the zero time when t was
// not. What was seen within the grace after a watch's end counts as watched.
func (w Watches) Begin(t time.Time, grace time.Duration) time.Time {
	for _, one := range slices.Backward(w) {
		if !one.From.After(t) {
			if t.After(one.To.Add(grace)) {
				return time.Time{}
			}
			return one.From
		}
	}
	return time.Time{}
}

// End is until when what was in force at t is known to have stayed so, for want
// of an event: the end of the watch that t lies in, or t itself.
func (w Watches) End(t time.Time) time.Time {
	for _, one := range slices.Backward(w) {
		if !one.From.After(t) && t.Before(one.To) {
			return one.To
		}
	}
	return t
}

// Whole says that every change from an instant up to another was watched.
func (w Watches) Whole(from, to time.Time) bool {
	begin := w.Begin(to, 0)
	return !begin.IsZero() && !begin.After(from)
}
