// Package spans reads a list in several places at once. A list whose pages each
// name the next one is as slow as its round trips, unless it can be cut: by when
// objects were created, which never changes.
//
// What is read is a [Span]; a [Page] names the spans that are left, so that they
// are a cursor: whoever starts from them reads exactly the rest.
package spans

import (
	"context"
	"errors"
	"iter"
	"slices"
)

// Span is a range of creation times [From, To) of one list, in seconds since
// 1970, that has been read from its newest object down to After. From 0: from
// the beginning of the account, whenever that was.
type Span struct {
	From  int64  `json:"from,omitempty"`
	To    int64  `json:"to"`
	After string `json:"after,omitempty"` // where to go on, as the provider names it; empty: nothing was read
	Last  int64  `json:"last,omitempty"`  // when the last object read was created
	Group int    `json:"group,omitempty"` // of several lists read together, which
}

// Batch is one page of a span and what is left of it.
type Batch[T any] struct {
	Found T     // what the page holds
	Count int   // of listed objects, for the density
	First int64 // when the newest of them was created
	Rest  Span  // meaningless when More is false
	More  bool
}

// Page is one page together with the spans that remain once it is durable.
type Page[T any] struct {
	Found  T
	First  int64 // when the newest of its objects was created
	Remain []Span
}

// A Reader reads spans in parallel, page by page, each newest first. Where to
// cut cannot be known beforehand: it starts with what it is given and, whenever
// workers are free, cuts what is left of a span by the density it has just seen,
// into pieces long enough that nearly all pages are full.
type Reader[T any] struct {
	Workers int
	Page    int // objects a full page holds
	Fetch   func(ctx context.Context, s Span) (Batch[T], error)
}

const (
	// openPages is how long a piece cut from a span without a known beginning
	// is. Half a page is lost at a piece's end: at 25 pages, two in a hundred.
	openPages = 25
	// cutPages is how long the pieces of a span with a known beginning are at
	// least, in pages.
	cutPages = 14
)

// Read yields every page of the spans and returns when all are read. It leaves
// no goroutine behind, however it ends.
func (r Reader[T]) Read(ctx context.Context, spans []Span) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		// A little ahead of the consumer, so that it never waits for pages
		// that could already be here.
		pages := make(chan Page[T], r.Workers)
		failed := make(chan error, 1)
		go func() {
			defer close(pages)
			failed <- r.collect(ctx, spans, pages)
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
			yield(Page[T]{}, err)
		}
	}
}

// answer is what a worker brings back.
type answer[T any] struct {
	id    int
	batch Batch[T]
	err   error
}

// collect hands spans to workers and sends their pages on, in an order in which
// each page's remaining spans are exactly what has not been sent.
func (r Reader[T]) collect(ctx context.Context, spans []Span, pages chan<- Page[T]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	open := map[int]Span{} // all that is not read, at the position last sent
	var idle []int
	next := 0
	add := func(s Span) {
		open[next] = s
		idle = append(idle, next)
		next++
	}
	for _, s := range spans {
		add(s)
	}
	answers := make(chan answer[T], r.Workers)
	flying := 0
	var read extent
	var failure error
	for len(idle) > 0 || flying > 0 {
		for failure == nil && len(idle) > 0 && flying < r.Workers {
			id := idle[0]
			idle = idle[1:]
			flying++
			go func(s Span) {
				b, err := r.Fetch(ctx, s)
				answers <- answer[T]{id, b, err}
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
		if a.batch.More {
			read.add(was, a.batch.Rest)
			pieces := cut(a.batch, r.Page, r.Workers-flying-len(idle), read)
			open[a.id] = pieces[0]
			// The oldest span goes to the front: it is the one that is cut.
			idle = append([]int{a.id}, idle...)
			for _, s := range pieces[1:] {
				add(s)
			}
		}
		select {
		case pages <- Page[T]{a.batch.Found, a.batch.First, remaining(open)}:
		case <-ctx.Done():
			failure = ctx.Err()
		}
	}
	return errors.Join(failure)
}

// remaining are the open spans, newest first.
func remaining(open map[int]Span) []Span {
	all := make([]Span, 0, len(open))
	for _, s := range open {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Span) int {
		if a.Group != b.Group {
			return a.Group - b.Group
		}
		return int(b.To - a.To)
	})
	return all
}

// extent is what a Reader has read so far.
type extent struct {
	full    int   // pages with more to come
	covered int64 // seconds that they cover, empty ones too, without what lies unread between pieces
}

// add takes in a page of a span as it was before.
func (e *extent) add(was, rest Span) {
	from := was.To
	if was.After != "" {
		from = was.Last
	}
	e.covered += from - rest.Last
	e.full++
}

// cut divides what is left of a span among free workers, its own included. The
// first piece goes on where the span stood. There are never more pieces than
// full pages read so far: a list of three pages is not worth eight guesses.
func cut[T any](b Batch[T], page, free int, read extent) []Span {
	s := b.Rest
	free = min(free, read.full)
	if free < 2 || b.Count == 0 {
		return []Span{s}
	}
	// Seconds that a full page covers, as dense as the one just read, or on
	// average, if that is more: objects come in bursts.
	width := max(1, (b.First-s.Last)*int64(page)/int64(b.Count), read.covered/int64(read.full))
	left := s.Last - s.From // seconds not read
	pieces, length := free, width*openPages
	if s.From > 0 {
		// The beginning is known: cut evenly, if there is enough to cut.
		n := left / width / cutPages
		pieces = int(min(int64(free), n))
		if pieces < 2 {
			return []Span{s}
		}
		length = left / int64(pieces)
	}
	var cuts []Span
	upper := s
	for range pieces - 1 {
		edge := upper.To - length
		if upper.After != "" {
			edge = upper.Last - length
		}
		if edge <= s.From+1 {
			break
		}
		lower := Span{From: upper.From, To: edge, Group: s.Group}
		upper.From = edge
		cuts = append(cuts, upper)
		upper = lower
	}
	return append(cuts, upper)
}
