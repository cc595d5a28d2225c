package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/warehouse"
)

const (
	// sweepAfter is how long the provider need not show an open subscription
	// before it is asked for: a subscription that vanished counts at most that
	// much too long, as long as the requests suffice.
	sweepAfter = 7 * 24 * time.Hour
	// fewGone is how many objects may be gone before their share is looked at.
	fewGone = 20
	// shrunkWarn is the share of known objects, in percent, of which a list may
	// lack some before that is told.
	shrunkWarn = 5
)

// streamSweep is where what a sweep brought stands in completeness.
const streamSweep connectors.Stream = "sweep"

// ErrShrunk says that far fewer objects are there than are known: more likely
// they are hidden than gone.
var ErrShrunk = errors.New("far fewer objects than are known")

// sweep asks for open subscriptions that the provider has not shown for long.
// What is gone lands last, and only when it is few enough to be believed.
func (r *run) sweep(ctx context.Context, s Source, receipt *SourceReceipt) error {
	sweeper, ok := s.Connector.(connectors.Sweeper)
	if !ok || r.base.ID == 0 {
		return nil
	}
	kind, most := sweeper.Sweeps()
	if most == 0 {
		return nil
	}
	known, err := r.w.Unseen(ctx, r.base, r.id, s.Name, kind, r.o.Now().Add(-sweepAfter), most)
	if err != nil || len(known) == 0 {
		return err
	}
	stage := r.o.Progress.Stage(s.Name+" "+string(streamSweep), len(known))
	defer stage.Done()
	requests := int64(0)
	if s.Requests != nil {
		requests = s.Requests()
	}
	receipt.Sweep = &SweepReceipt{Due: len(known)}
	gone, err := r.ask(ctx, s, sweeper, known, receipt, stage.Add)
	if s.Requests != nil {
		receipt.Sweep.Requests = int(s.Requests() - requests)
	}
	if err != nil || len(gone) == 0 {
		return err
	}
	if asked := receipt.Sweep.Asked; receipt.Sweep.Gone >= fewGone && r.tooMany(receipt.Sweep.Gone, asked) {
		return fmt.Errorf("%w: of %d open subscriptions that were asked for, %d are not there any more: a narrowed key or cleared test data looks like that; --accept-churn ends them",
			ErrShrunk, asked, receipt.Sweep.Gone)
	}
	if err := r.landSwept(ctx, s, gone, receipt); err != nil {
		return err
	}
	r.warn("source %s: %s not there any more, though no event told of it: ended as of now (receipt: sweep)", s.Name, subscriptions(receipt.Sweep.Gone))
	return nil
}

// ask lands what the sweep finds and returns what is gone, its customers
// included.
func (r *run) ask(ctx context.Context, s Source, sweeper connectors.Sweeper, known []connectors.Object, receipt *SourceReceipt, progress func(int)) ([]connectors.Object, error) {
	due := map[string]connectors.Object{}
	for _, o := range known {
		due[o.ID] = o
	}
	var gone []connectors.Object
	for found, err := range sweeper.Sweep(ctx, known) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			// What was asked for has landed; the rest has its turn again.
			r.warn("source %s: %v: the search for vanished subscriptions goes on in the next run", s.Name, err)
			break
		}
		var there []connectors.Object
		for _, o := range found {
			if old, ok := due[o.ID]; ok && old.Kind == o.Kind {
				delete(due, o.ID)
				receipt.Sweep.Asked++
				if o.Deleted {
					receipt.Sweep.Gone++
				}
				progress(1)
			}
			if o.Deleted {
				gone = append(gone, o)
			} else {
				there = append(there, o)
			}
		}
		if err := r.landSwept(ctx, s, there, receipt); err != nil {
			return nil, err
		}
	}
	return gone, nil
}

// landSwept lands what was asked for, and notes that it was.
func (r *run) landSwept(ctx context.Context, s Source, found []connectors.Object, receipt *SourceReceipt) error {
	if len(found) == 0 {
		return nil
	}
	landed, err := r.w.Land(ctx, r.id, s.Name, streamSweep, found)
	if err != nil {
		return err
	}
	receipt.Listed += landed.Listed
	receipt.New += landed.New
	return r.w.SaveSweep(ctx, r.id, s.Name, found)
}

// tooMany says that some are a greater part of all than may churn in a day.
func (r *run) tooMany(some, all int) bool {
	return !r.o.Guards.AcceptChurn && decimal.NewFromInt(int64(some)*100).GreaterThan(r.o.Guards.MaxChurn.Mul(decimal.NewFromInt(int64(all))))
}

// shrunk holds a stream that was read from its beginning against what the
// warehouse knew. What a list does not show is not taken for gone; but when it
// is much, the list is no list of everything any more, and somebody has to look.
func (r *run) shrunk(ctx context.Context, s Source, stream connectors.Stream) error {
	indexer, ok := s.Connector.(connectors.Indexer)
	if !ok || r.base.ID == 0 {
		return nil
	}
	kind, ok := indexer.Index()[stream]
	if !ok {
		return nil
	}
	held, err := r.w.Listed(ctx, r.id, s.Name, kind)
	if err != nil {
		return err
	}
	lost := held.Known - held.Listed
	if lost < fewGone || lost*100 <= shrunkWarn*held.Known {
		return nil
	}
	text := shrinkage(stream, held)
	if r.tooMany(lost, held.Known) {
		// The next run has to see the same, or better.
		if err := r.w.SaveCursor(ctx, r.id, s.Name, stream, ""); err != nil {
			return err
		}
		return fmt.Errorf("stream %s: %w: %s: a narrowed key, a changed filter or cleared test data looks like that; --accept-churn goes on all the same", stream, ErrShrunk, text)
	}
	r.warn("source %s: stream %s: %s: has the key been narrowed, or a filter changed?", s.Name, stream, text)
	return nil
}

func shrinkage(stream connectors.Stream, held warehouse.Held) string {
	return fmt.Sprintf("the full list brings %d of the %d %s that are known; missing are %s, among others",
		held.Listed, held.Known, stream, strings.Join(held.Unlisted, ", "))
}

func subscriptions(n int) string {
	if n == 1 {
		return "1 open subscription is"
	}
	return fmt.Sprintf("%d open subscriptions are", n)
}
