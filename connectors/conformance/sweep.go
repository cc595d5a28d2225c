package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"mrrsync/connectors"
)

// sweeper is the subject's connector, if it can look for what vanished.
func (b *bench) sweeper() (connectors.Sweeper, *wire) {
	c, w := b.open()
	s, _ := c.(connectors.Sweeper)
	return s, w
}

// invented is how many objects a sweep is asked for that were never there.
const invented = 3

// known are objects of a kind as a warehouse would name them for a sweep, a few
// that do not exist among them.
func (b *bench) known(kind string, most int) []connectors.Object {
	s := b.full()
	var all []connectors.Object
	for _, i := range slices.Sorted(maps.Values(s.newest)) {
		if o := s.objects[i]; o.Kind == kind && !o.Deleted {
			o.SeenAt = b.s.Now.AddDate(0, 0, -20)
			all = append(all, o)
		}
	}
	if len(all) == 0 {
		b.fatalf("Sweeps names the kind %q, of which the provider holds nothing", kind)
	}
	b.dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	all = all[:min(len(all), max(most-invented, 1), 40)]
	for i := range invented {
		gone := all[i%len(all)]
		gone.ID += "gone"
		all = slices.Insert(all, b.dice.IntN(len(all)+1), gone)
	}
	return all
}

// sweepAnswers asks for known objects, and expects an answer to each: what is
// there as it is, what is not as gone since nobody knows when.
func sweepAnswers(b *bench) {
	s, w := b.sweeper()
	if s == nil {
		return
	}
	kind, most := s.Sweeps()
	if kind == "" || most < 2*invented {
		b.fatalf("Sweeps says kind %q, at most %d: nothing would ever be asked for", kind, most)
	}
	if w.requests() > 0 {
		b.errorf("Sweeps asked the provider %d times; it does no I/O", w.requests())
	}
	known := b.known(kind, most)
	due := map[string]connectors.Object{}
	for _, o := range known {
		due[o.ID] = o
	}
	c, _ := b.open()
	there := b.full()
	for objects, err := range c.(connectors.Sweeper).Sweep(b.ctx, known) {
		if err != nil {
			b.fatalf("sweep: %v", err)
		}
		for _, o := range objects {
			old, asked := due[o.ID]
			_, exists := there.newest[Name(o.Kind, o.ID)]
			switch {
			case o.Kind != kind || !asked:
				continue // it came along
			case o.Deleted == exists:
				b.errorf("%s: exists %t, and the sweep says deleted %t", Name(o.Kind, o.ID), exists, o.Deleted)
			case o.CustomerID != old.CustomerID:
				b.errorf("%s: customer %q, want %q", Name(o.Kind, o.ID), o.CustomerID, old.CustomerID)
			case !o.SeenAt.Equal(b.s.Now):
				b.errorf("%s: seen at %s, want the moment of asking", Name(o.Kind, o.ID), o.SeenAt)
			case o.Deleted && o.Version <= old.Version:
				b.errorf("%s is gone in version %d, which does not come after %d", Name(o.Kind, o.ID), o.Version, old.Version)
			case !json.Valid(o.Payload):
				b.errorf("%s: the payload is not JSON: %.100q", Name(o.Kind, o.ID), o.Payload)
			}
			delete(due, o.ID)
		}
	}
	for id := range due {
		b.errorf("%s was asked for and not answered", Name(kind, id))
	}
}

// sweepStops leaves a sweep at its first answer, and ends its context.
func sweepStops(b *bench) {
	s, w := b.sweeper()
	if s == nil {
		return
	}
	kind, most := s.Sweeps()
	known := b.known(kind, most)
	for _, err := range s.Sweep(b.ctx, known) {
		if err != nil {
			b.errorf("sweep: %v", err)
		}
		break
	}
	before := w.requests()
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	var last error
	for _, err := range s.Sweep(ctx, known) {
		last = err
	}
	if last == nil || !errors.Is(last, ctx.Err()) {
		b.errorf("a sweep whose context has ended gives %v", last)
	}
	if n := w.requests() - before; n > 0 {
		b.errorf("a sweep whose context has ended asks %d times", n)
	}
}
