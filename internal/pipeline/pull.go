package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"mrrsync/connectors"
	"mrrsync/internal/progress"
	"mrrsync/warehouse"
)

// A batch is landed when it holds this many objects or bytes, whichever comes
// first: large enough for the engine, small enough that a kill repeats little.
const (
	batchObjects = 20_000
	batchBytes   = 16 << 20
)

// pull reads the sources, several at once, and seals each that was read
// completely. A source's failure stands in its receipt, not in the error, so
// that the others go on. The error is the context's.
func (r *run) pull(ctx context.Context) error {
	var wg sync.WaitGroup
	for i := range r.receipt.Sources {
		s, receipt := r.o.Sources[i], &r.receipt.Sources[i]
		if s.Skip {
			continue
		}
		wg.Go(func() {
			started := time.Now() //nolint:forbidigo // a duration, not a date: the clock of dates may stand still
			receipt.StartedAt = r.o.Now().UTC()
			if err := r.pullSource(ctx, s, receipt); err != nil {
				receipt.fail(err)
				r.log.Error("source failed; its accounts go on from its last complete pull", "source", s.Name, "error", err)
			}
			receipt.FinishedAt, receipt.Seconds = r.o.Now().UTC(), time.Since(started).Seconds() //nolint:forbidigo // the same duration
		})
	}
	wg.Wait()
	return ctx.Err()
}

// pullSource reads one source to its end and seals it.
func (r *run) pullSource(ctx context.Context, s Source, receipt *SourceReceipt) error {
	covered := r.o.Now()
	account, err := r.open(ctx, s)
	if err != nil {
		return err
	}
	if r.o.Full {
		if err := r.restart(ctx, s); err != nil {
			return err
		}
	}
	g := newGauge(s)
	err = r.pullStreams(ctx, s, receipt, g)
	if errors.Is(err, connectors.ErrGap) {
		r.warn("source %s: %v: everything is listed again", s.Name, err)
		if err = r.restart(ctx, s); err == nil {
			err = r.pullStreams(ctx, s, receipt, g)
		}
	}
	if err == nil {
		err = r.sweep(ctx, s, receipt)
	}
	if err != nil {
		return err
	}
	if err := r.watchFields(ctx, s, g); err != nil {
		return err
	}
	if err := r.prove(ctx, s, receipt); err != nil {
		return err
	}
	if err := r.w.Seal(ctx, r.id, s.Name, covered, account); err != nil {
		return err
	}
	receipt.Status = warehouse.Done
	receipt.CoveredThrough = &covered
	return nil
}

// restart sets a source's streams back to where a full listing begins.
func (r *run) restart(ctx context.Context, s Source) error {
	restarter, ok := s.Connector.(connectors.Restarter)
	if !ok {
		return r.w.ResetCursors(ctx, r.id, s.Name)
	}
	cursors, err := r.w.Cursors(ctx, s.Name)
	if err != nil {
		return err
	}
	for stream, last := range cursors {
		if err := r.w.SaveCursor(ctx, r.id, s.Name, stream, restarter.Restart(stream, last)); err != nil {
			return err
		}
	}
	return nil
}

// open asks which provider account the credentials open and holds it against
// the one that the source was first synced from. A new source is sealed before
// anything was read, so that its first sync too, cut short, goes on from the
// same account only.
func (r *run) open(ctx context.Context, s Source) (account string, err error) {
	if account, err = s.Connector.Account(ctx); err != nil {
		return "", fmt.Errorf("open account: %w", err)
	}
	switch known := r.seals[s.Name].Account; known {
	case account:
		return account, nil
	case "":
		return account, r.w.Seal(ctx, 0, s.Name, time.Unix(0, 0), account)
	default:
		return "", fmt.Errorf("%w: source %s was synced from %q, but its credentials now open %q: restore the old key, or give the other account a source of its own",
			ErrAccount, s.Name, known, account)
	}
}

// prove holds what the provider listed against what the warehouse holds.
func (r *run) prove(ctx context.Context, s Source, receipt *SourceReceipt) error {
	counts, err := r.w.Completeness(ctx, r.id, s.Name)
	if err != nil {
		return err
	}
	receipt.Streams = receipt.Streams[:0]
	var where []string
	for _, c := range counts {
		stream := newStreamReceipt(c)
		receipt.Streams = append(receipt.Streams, stream)
		receipt.Missing += c.Missing
		if c.Missing > 0 {
			where = append(where, stream.missing())
		}
	}
	if receipt.Missing > 0 {
		return fmt.Errorf("%w: %d objects that the provider listed are not in the warehouse (views completeness and completeness_slices): %s: run `mrrsync sync --full %s`",
			ErrIncomplete, receipt.Missing, strings.Join(where, "; "), s.Name)
	}
	return nil
}

// pullStreams reads the streams, each from its cursor: the connector's strands at
// the same time, then the others in their order. The first error ends them all.
func (r *run) pullStreams(ctx context.Context, s Source, receipt *SourceReceipt, g *gauge) error {
	cursors, err := r.w.Cursors(ctx, s.Name)
	if err != nil {
		return err
	}
	inOrder := func(ctx context.Context, streams []connectors.Stream) error {
		for _, stream := range streams {
			if err := r.pullStream(ctx, s, stream, cursors[stream], receipt, g); err != nil {
				return err
			}
			if cursors[stream] != "" {
				continue
			}
			if err := r.shrunk(ctx, s, stream); err != nil {
				return err
			}
		}
		return nil
	}
	rest := s.Connector.Streams()
	if weaver, ok := s.Connector.(connectors.Weaver); ok {
		together, ctx := errgroup.WithContext(ctx)
		for _, strand := range weaver.Strands() {
			together.Go(func() error { return inOrder(ctx, strand) })
			rest = slices.DeleteFunc(rest, func(s connectors.Stream) bool { return slices.Contains(strand, s) })
		}
		if err := together.Wait(); err != nil {
			return err
		}
	}
	return inOrder(ctx, rest)
}

// pullStream lands a stream's pages while the next ones are on their way.
func (r *run) pullStream(ctx context.Context, s Source, stream connectors.Stream, since connectors.Cursor, receipt *SourceReceipt, g *gauge) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stage := r.o.Progress.Stage(s.Name+" "+string(stream), 0)
	defer stage.Done()

	// One batch lands while the next one fills; a third would only fill memory.
	full := make(chan batch)
	var landing sync.WaitGroup
	landing.Go(func() {
		for b := range full {
			g.add(stream, b.pages)
			if err := r.land(ctx, s, stream, b, receipt); err != nil {
				cancel(err)
				for range full { // the reader must not block on a full channel
				}
				return
			}
		}
	})
	err := read(s.Connector.Pull(ctx, stream, since), stage, full)
	close(full)
	landing.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// batch is what lands together, with the cursor that covers it.
type batch struct {
	pages   []connectors.Page
	objects int
	bytes   int
	cursor  connectors.Cursor
}

// read gathers pages into batches. On an error the pages before it still land:
// their cursor is good, and the next run goes on from there.
func read(pages func(func(connectors.Page, error) bool), stage *progress.Stage, full chan<- batch) error {
	var b batch
	for page, err := range pages {
		if err != nil {
			if b.cursor != "" {
				full <- b
			}
			return err
		}
		if page.Total > 0 {
			stage.Total(page.Total)
		}
		stage.Add(len(page.Objects))
		if len(page.Objects) > 0 {
			b.pages = append(b.pages, page)
			b.objects += len(page.Objects)
		}
		for _, o := range page.Objects {
			b.bytes += len(o.Payload)
		}
		b.cursor = page.Cursor
		if b.objects >= batchObjects || b.bytes >= batchBytes {
			full <- b
			b = batch{}
		}
	}
	if b.cursor != "" {
		full <- b
	}
	return nil
}

// land makes a batch durable, and only then its cursor.
func (r *run) land(ctx context.Context, s Source, stream connectors.Stream, b batch, receipt *SourceReceipt) error {
	for _, page := range b.pages {
		if err := r.forget(s, page.Objects); err != nil {
			return err
		}
	}
	if b.objects > 0 {
		landed, err := r.w.LandPages(ctx, r.id, s.Name, stream, b.pages)
		if err != nil {
			return err
		}
		r.mu.Lock()
		receipt.Listed += landed.Listed
		receipt.New += landed.New
		r.mu.Unlock()
	}
	return r.w.SaveCursor(ctx, r.id, s.Name, stream, b.cursor)
}
