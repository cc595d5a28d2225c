package stripeapi

import (
	"slices"
	"sort"
	"strings"

	"mrrsync/internal/simulator/company"
)

// shelf is a list of objects in order of creation, with all that answering a
// list request about them needs.
type shelf[T any] struct {
	all   []T
	key   func(T) (int64, company.Ref) // when it was created, and what breaks ties
	find  func(id string) (T, bool)    // for cursors
	keep  func(T) bool
	write func(*enc, T)
}

// serve answers one page, newest first.
func (s shelf[T]) serve(e *enc, p *params, now int64, kind, url string) *failure {
	lo, hi := p.bounds("created")
	hi = min(hi, now+1)
	from := sort.Search(len(s.all), func(i int) bool { t, _ := s.key(s.all[i]); return t >= lo })
	to := sort.Search(len(s.all), func(i int) bool { t, _ := s.key(s.all[i]); return t >= hi })
	up, again := p.one["ending_before"] != "", false
	if cursor := p.one["starting_after"] + p.one["ending_before"]; cursor != "" {
		at, ok := s.find(cursor)
		if !ok {
			param := "starting_after"
			if up {
				param = "ending_before"
			}
			f := missing(kind, cursor, param)
			f.status = 400
			return f
		}
		i := s.place(at)
		switch {
		case up:
			from = max(from, i+1)
		case p.again && i < to:
			from, up, again = max(from, i), true, true
		default:
			to = min(to, i)
		}
	}
	picked, more := s.pick(from, to, p.limit, up)
	more = more || again
	e.Open()
	e.Str("object", "list")
	e.Arr("data")
	for _, x := range picked {
		s.write(e, x)
	}
	e.EndArr()
	e.Bool("has_more", more)
	e.Str("url", url)
	e.End()
	return nil
}

// place is the index of an object, or where it would stand.
func (s shelf[T]) place(x T) int {
	t, r := s.key(x)
	return sort.Search(len(s.all), func(i int) bool {
		ti, ri := s.key(s.all[i])
		return ti > t || ti == t && ri >= r
	})
}

// pick takes up to limit objects of [from, to): the newest, or going up the
// oldest; always newest first. more says that others follow.
func (s shelf[T]) pick(from, to, limit int, up bool) (picked []T, more bool) {
	picked = make([]T, 0, limit)
	for n := range max(to-from, 0) {
		i := to - 1 - n
		if up {
			i = from + n
		}
		x := s.all[i]
		if s.keep != nil && !s.keep(x) {
			continue
		}
		if len(picked) == limit {
			more = true
			break
		}
		picked = append(picked, x)
	}
	if up {
		slices.Reverse(picked)
	}
	return picked, more
}

// inOrder answers one page of a short list that keeps its own order.
func inOrder(e *enc, ids []string, p *params, kind, url string, write func(*enc, int)) *failure {
	from, to := 0, len(ids)
	if c := p.one["starting_after"]; c != "" {
		i := slices.Index(ids, c)
		if i < 0 {
			return missing(kind, c, "starting_after")
		}
		from = i + 1
	}
	if c := p.one["ending_before"]; c != "" {
		i := slices.Index(ids, c)
		if i < 0 {
			return missing(kind, c, "ending_before")
		}
		to = i
		from = max(from, to-p.limit)
	}
	end := min(to, from+p.limit)
	e.Open()
	e.Str("object", "list")
	e.Arr("data")
	for i := from; i < end; i++ {
		write(e, i)
	}
	e.EndArr()
	e.Bool("has_more", end < to || p.one["ending_before"] != "" && from > 0)
	e.Str("url", url)
	e.End()
	return nil
}

// typed says whether an event's type is among those asked for; a trailing
// `.*` stands for all of a kind.
func typed(kind string, wanted []string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool {
		if p, ok := strings.CutSuffix(w, "*"); ok {
			return strings.HasPrefix(kind, p)
		}
		return w == kind
	})
}
