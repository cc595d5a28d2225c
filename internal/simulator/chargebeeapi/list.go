package chargebeeapi

import (
	"cmp"
	"encoding/json"
	"slices"
	"sort"
	"strconv"
	"sync"
)

// shelf is a list of objects in order of their birth (created_at, of documents
// the date, of events occurred_at), then of their ids, with what answering a
// list request about them needs.
type shelf[T any] struct {
	path    string
	all     []T
	birth   string // the name of the moment of birth
	down    bool   // its own order is latest first
	by      string // its own order, when it is not that of birth
	born    func(T) int64
	id      func(T) string
	there   func(T) bool // exists at the moment of the request, deleted or not
	deleted func(T) bool // nil: nothing ever is
	texts   map[string]func(T) string
	moments map[string]func(T) int64
	write   func(*enc, T) // the element's parts: "customer":{...}
}

// orders keeps what is sorted by what changes, as long as the moment does not.
type orders struct {
	mu   sync.Mutex
	kept map[string]order
	ids  map[string]map[string]int // of the shelves, by path
}

type order struct {
	at   int64
	rows []int32 // indices in the shelf
	keys []int64 // of moments: what the rows are sorted by
}

// way is a path through a shelf in the order asked for.
type way struct {
	n    int
	at   func(i int) int // the index in the shelf
	from int             // where the page begins
	next func(last, after int) string
}

// serve answers one page.
func (s *shelf[T]) serve(e *enc, p *params, now int64, o *orders, again bool) *failure {
	tests := s.tests(p)
	w, f := s.walk(p, now, o)
	if f != nil {
		return f
	}
	holds := func(i int) bool {
		x := s.all[w.at(i)]
		if !s.there(x) || !p.deleted && s.deleted != nil && s.deleted(x) {
			return false
		}
		for _, t := range tests {
			if !t(x) {
				return false
			}
		}
		return true
	}
	picked := make([]int, 0, p.limit)
	next := ""
	if again && p.offset != "" {
		for i := w.from - 1; i >= 0 && len(picked) < p.limit; i-- {
			if holds(i) {
				picked = append(picked, i)
			}
		}
		slices.Reverse(picked)
		next = p.offset
	}
	if len(picked) == 0 {
		next = ""
		for i := w.from; i < w.n; i++ {
			if !holds(i) {
				continue
			}
			if len(picked) == p.limit {
				next = w.next(picked[len(picked)-1], i)
				break
			}
			picked = append(picked, i)
		}
	}
	e.Open()
	e.Arr("list")
	for _, i := range picked {
		e.Open()
		s.write(e, s.all[w.at(i)])
		e.End()
	}
	e.EndArr()
	e.some("next_offset", next)
	e.End()
	return nil
}

// walk finds the way through the shelf. In the order of birth, which never
// changes, an offset names the last object that was given, and nothing is lost.
// In any other order it is a number of rows: whatever changes meanwhile moves,
// and one that the reader has not come to yet slips through.
func (s *shelf[T]) walk(p *params, now int64, o *orders) (way, *failure) {
	by, desc := p.sortBy, p.desc
	if by == "" {
		by, desc = s.birth, s.down
		if s.by != "" {
			by = s.by
		}
	}
	first, id, ok := readOffset(p.offset)
	if !ok {
		return way{}, wrong("offset", "invalid value")
	}
	var rows []int32 // nil: all
	if by == s.birth {
		rows = s.touched(p, now, o)
	} else {
		rows = s.order(by, now, o).rows
	}
	n := len(s.all)
	if rows != nil {
		n = len(rows)
	}
	w := way{n: n, at: func(i int) int {
		if desc {
			i = n - 1 - i
		}
		if rows != nil {
			return int(rows[i])
		}
		return i
	}}
	if by != s.birth {
		w.from = int(min(first, int64(n)))
		w.next = func(_, after int) string { return offset(int64(after), "") }
		return w, nil
	}
	w.next = func(last, _ int) string {
		x := s.all[w.at(last)]
		return offset(s.born(x)*1000, s.id(x))
	}
	if first > 0 || id != "" {
		w.from = sort.Search(n, func(i int) bool {
			x := s.all[w.at(i)]
			c := cmp.Or(cmp.Compare(s.born(x), first/1000), cmp.Compare(s.id(x), id))
			return desc && c < 0 || !desc && c > 0
		})
	}
	return w, nil
}

// touched picks the rows that a filter of updated_at can be about, in the order
// of the shelf; nil for most of them. It spares looking at a long history for
// the few that changed last night.
func (s *shelf[T]) touched(p *params, now int64, o *orders) []int32 {
	f := p.filter("updated_at")
	if f == nil || s.moments["updated_at"] == nil || f.op == "is_present" {
		return nil
	}
	k := s.order("updated_at", now, o)
	lo, _ := slices.BinarySearch(k.keys, f.lo)
	hi, _ := slices.BinarySearch(k.keys, f.hi)
	if hi-lo > len(s.all)/8 {
		return nil
	}
	rows := append(make([]int32, 0, max(hi-lo, 0)), k.rows[lo:max(hi, lo)]...) // not nil, though it may be empty
	slices.Sort(rows)
	return rows
}

// order is the shelf by what may change.
func (s *shelf[T]) order(by string, now int64, o *orders) order {
	o.mu.Lock()
	defer o.mu.Unlock()
	name := s.path + " " + by
	if k, ok := o.kept[name]; ok && k.at == now {
		return k
	}
	k := order{at: now, rows: make([]int32, len(s.all))}
	for i := range k.rows {
		k.rows[i] = int32(i)
	}
	if m := s.moments[by]; m != nil {
		keys := make([]int64, len(s.all))
		for i, x := range s.all {
			if s.there(x) {
				keys[i] = m(x)
			}
		}
		slices.SortStableFunc(k.rows, func(i, j int32) int { return cmp.Compare(keys[i], keys[j]) })
		k.keys = make([]int64, len(keys))
		for i, r := range k.rows {
			k.keys[i] = keys[r]
		}
	} else if t := s.texts[by]; t != nil {
		slices.SortStableFunc(k.rows, func(i, j int32) int { return cmp.Compare(t(s.all[i]), t(s.all[j])) })
	}
	o.kept[name] = k
	return k
}

// tests turns the filters into functions. Those which are asked often look at
// the company; the others at the object as it is written.
func (s *shelf[T]) tests(p *params) []func(T) bool {
	var cheap, dear []func(T) bool
	for i := range p.filters {
		f := &p.filters[i]
		if m := s.moments[f.name]; m != nil {
			cheap = append(cheap, func(x T) bool { t := m(x); return f.lies(t, t != 0) })
			continue
		}
		if t := s.texts[f.name]; t != nil {
			cheap = append(cheap, func(x T) bool { v := t(x); return f.holds(v, v != "") })
			continue
		}
		var e enc
		object := endpoints[s.path].object
		dear = append(dear, func(x T) bool {
			e.B = append(e.B[:0], '{')
			s.write(&e, x)
			e.B = append(e.B, '}')
			return f.reads(top(top(e.B, object), f.name))
		})
	}
	return append(cheap, dear...)
}

// reads is holds for a value as it is written.
func (f *condition) reads(raw []byte) bool {
	if raw == nil {
		if f.class == stamp || f.class == number {
			return f.lies(0, false)
		}
		return f.holds("", false)
	}
	if f.class == stamp || f.class == number {
		n, err := strconv.ParseFloat(string(raw), 64)
		return f.lies(int64(n), err == nil)
	}
	v := string(raw)
	if raw[0] == '"' {
		if json.Unmarshal(raw, &v) != nil {
			return false
		}
	}
	return f.holds(v, true)
}

// offset writes an opaque place in a list. It stays good for as long as the
// list does, whoever serves it.
func offset(n int64, id string) string {
	b := append([]byte{'['}, '"')
	b = strconv.AppendInt(b, n, 10)
	b = append(b, `","`...)
	b = append(b, id...)
	return string(append(b, `"]`...))
}

// readOffset reads what offset wrote; the empty one is the beginning.
func readOffset(v string) (n int64, id string, ok bool) {
	if v == "" {
		return 0, "", true
	}
	parts, ok := list(v)
	if !ok || len(parts) != 2 {
		return 0, "", false
	}
	n, err := strconv.ParseInt(parts[0], 10, 64)
	return n, parts[1], err == nil && n >= 0
}

// single writes one object by its identifier.
func (s *shelf[T]) single(e *enc, id string, o *orders) bool {
	i, ok := s.index(o)[id]
	if !ok || !s.there(s.all[i]) || s.deleted != nil && s.deleted(s.all[i]) {
		return false
	}
	e.Open()
	s.write(e, s.all[i])
	e.End()
	return true
}

// index finds objects by identifier. A shelf never changes, so it is made once.
func (s *shelf[T]) index(o *orders) map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	ids := o.ids[s.path]
	if ids == nil {
		ids = make(map[string]int, len(s.all))
		for i, x := range s.all {
			ids[s.id(x)] = i
		}
		o.ids[s.path] = ids
	}
	return ids
}
