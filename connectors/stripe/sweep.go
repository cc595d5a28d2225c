package stripe

import (
	"context"
	"errors"
	"iter"
	"slices"

	"mrrsync/connectors"
)

// batch is one page of a span and what is left of it.
type batch struct {
	objects []connectors.Object // ready to land
	found   []found             // of events, which are sorted first
	count   int                 // of listed objects, for the density
	first   int64               // when the newest of them was created
	rest    span                // meaningless when more is false
	more    bool
}

// swept is one page together with the spans that remain once it is durable.
type swept struct {
	objects []connectors.Object
	found   []found
	first   int64 // when the newest of them was created
	remain  []span
}

// A sweep reads spans in parallel, page by page. Stripe's lists can only be read
// one page after the other, newest first, so that a list is as slow as its
// round trips unless it is cut. Where to cut cannot be known beforehand: the
// sweep starts with what it is given and, whenever workers are free, cuts what
// is left of a span by the density it has just seen, into pieces long enough
// that nearly all pages are full.
type sweep struct {
	workers int
	page    int // objects a full page holds
	fetch   func(ctx context.Context, s span) (batch, error)
}

const (
	// openPages is how long a piece cut from a span without a known beginning
	// is. Half a page is lost at a piece's end: at 25 pages, two in a hundred.
	openPages = 25
	// cutPages is how long the pieces of a span with a known beginning are at
	// least, in pages.
	cutPages = 14
)

// run yields every page of the spans and returns when all are read. It leaves
// no goroutine behind, however it ends.
func (w sweep) run(ctx context.Context, spans []span) iter.Seq2[swept, error] {
	return func(yield func(swept, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		// A little ahead of the consumer, so that it never waits for pages
		// that could already be here.
		pages := make(chan swept, w.workers)
		failed := make(chan error, 1)
		go func() {
			defer close(pages)
			failed <- w.collect(ctx, spans, pages)
		}()
		defer func() {
			cancel()
			for range pages { // drained, so that the collector ends
			}
		}()
		for p := range pages {
			if !yield(p, nil) {
				return
			}
		}
		if err := <-failed; err != nil {
			yield(swept{}, err)
		}
	}
}

// answer is what a worker brings back.
type answer struct {
	id    int
	batch batch
	err   error
}

// collect hands spans to workers and sends their pages on, in an order in which
// each page's remaining spans are exactly what has not been sent.
func (w sweep) collect(ctx context.Context, spans []span, pages chan<- swept) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	open := map[int]span{} // all that is not read, at the position last sent
	var idle []int
	next := 0
	add := func(s span) {
		open[next] = s
		idle = append(idle, next)
		next++
	}
	for _, s := range spans {
		add(s)
	}
	answers := make(chan answer, w.workers)
	flying := 0
	var read extent
	var failure error
	for len(idle) > 0 || flying > 0 {
		for failure == nil && len(idle) > 0 && flying < w.workers {
			id := idle[0]
			idle = idle[1:]
			flying++
			go func(s span) {
				b, err := w.fetch(ctx, s)
				answers <- answer{id, b, err}
			}(open[id])
		}
		if flying == 0 {
			break
		}
		a := <-answers
		flying--
		if failure != nil {
			continue // waiting for the others to come home
		}
		if a.err != nil {
			failure = a.err
			cancel()
			continue
		}
		was := open[a.id]
		delete(open, a.id)
		if a.batch.more {
			read.add(was, a.batch)
			pieces := w.cut(a.batch, w.workers-flying-len(idle), read)
			open[a.id] = pieces[0]
			// The oldest span goes to the front: it is the one that is cut.
			idle = append([]int{a.id}, idle...)
			for _, s := range pieces[1:] {
				add(s)
			}
		}
		select {
		case pages <- swept{a.batch.objects, a.batch.found, a.batch.first, remaining(open)}:
		case <-ctx.Done():
			failure = ctx.Err()
		}
	}
	return errors.Join(failure)
}

// remaining are the open spans, newest first.
func remaining(open map[int]span) []span {
	all := make([]span, 0, len(open))
	for _, s := range open {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b span) int {
		if a.Group != b.Group {
			return a.Group - b.Group
		}
		return int(b.To - a.To)
	})
	return all
}

// extent is what a sweep has read so far.
type extent struct {
	full    int   // pages with more to come
	covered int64 // seconds that they cover, empty ones too, without what lies unread between pieces
}

// add takes in a page of a span as it was before.
func (e *extent) add(was span, b batch) {
	from := was.To
	if was.After != "" {
		from = was.Last
	}
	e.covered += from - b.rest.Last
	e.full++
}

// cut divides what is left of a span among free workers, its own included. The
// first piece goes on where the span stood. There are never more pieces than
// full pages read so far: a list of three pages is not worth eight guesses.
func (w sweep) cut(b batch, free int, read extent) []span {
	s := b.rest
	free = min(free, read.full)
	if free < 2 || b.count == 0 {
		return []span{s}
	}
	// Seconds that a full page covers, as dense as the one just read, or on
	// average, if that is more: objects come in bursts.
	width := max(1, (b.first-s.Last)*int64(w.page)/int64(b.count), read.covered/int64(read.full))
	left := s.Last - s.From // seconds not read
	pieces, length := free, width*openPages
	if s.From > 0 {
		// The beginning is known: cut evenly, if there is enough to cut.
		n := left / width / cutPages
		pieces = int(min(int64(free), n))
		if pieces < 2 {
			return []span{s}
		}
		length = left / int64(pieces)
	}
	var cuts []span
	upper := s
	for range pieces - 1 {
		edge := upper.To - length
		if upper.After != "" {
			edge = upper.Last - length
		}
		if edge <= s.From+1 {
			break
		}
		lower := span{From: upper.From, To: edge, Group: s.Group}
		upper.From = edge
		cuts = append(cuts, upper)
		upper = lower
	}
	return append(cuts, upper)
}
