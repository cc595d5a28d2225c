package site

import (
	"cmp"
	"slices"

	"mrrsync/internal/simulator/reckon"
)

// darkness is, per price, the ranges of days that nobody could prove.
func (v *view) darkness(s *Subscription) map[*Price][]worth {
	list := slices.Clone(s.darks)
	for _, x := range s.Invoices {
		if x.Date > v.now || x.Shows(v.now) {
			continue
		}
		for i := range x.Lines {
			if l := &x.Lines[i]; l.To > l.From && !l.Price.Product.Metered {
				list = append(list, dark{from: l.From, to: l.To})
			}
		}
	}
	if len(list) == 0 {
		return nil
	}
	byPrice := map[*Price][]worth{}
	lit := v.lit(s)
	for _, d := range list {
		if d.from >= v.now {
			continue
		}
		end := d.to
		if end == 0 {
			end = v.shown(s, d.from)
		}
		end = min(end, lit)
		from, to := v.day(d.from), min(v.day(end), v.today)
		if from >= to {
			continue
		}
		for _, p := range s.present(d.from-1, end) {
			byPrice[p] = append(byPrice[p], worth{price: p, from: from, to: to})
		}
	}
	for p, spans := range byPrice {
		byPrice[p] = union(spans)
	}
	return byPrice
}

// lit is the moment from which on everything is shown: by the present object
// since its last change, by the events of the last ninety days, each of which
// carries the whole subscription. The margin of an hour keeps a reader's own
// clock out of it.
func (v *view) lit(s *Subscription) int64 {
	last := s.Index(v.now)
	t := s.Versions[last].At
	for i := last; i >= 0 && s.Versions[i].At > v.now-Window+reckon.Hour; i-- {
		t = s.Versions[i].At
	}
	return t
}

// shown is when the next invoice for a whole term that begins at t or later
// shows the full terms again; now when none has.
func (v *view) shown(s *Subscription, t int64) int64 {
	for _, x := range s.Invoices {
		if x.Date <= t || x.Date > v.now || !x.Shows(v.now) {
			continue
		}
		for i := range x.Lines {
			l := &x.Lines[i]
			if l.Entity == ForItem && l.Price.Product.Kind == Plan && !l.Prorated && l.From >= t {
				return l.From
			}
		}
	}
	return v.now
}

// present is the prices of the recurring items a subscription had at any
// moment of [from, to].
func (s *Subscription) present(from, to int64) []*Price {
	var list []*Price
	for i := range s.Versions {
		if i+1 < len(s.Versions) && s.Versions[i+1].At <= from || s.Versions[i].At > to {
			continue
		}
		for _, it := range s.Versions[i].Items {
			if it.Recurring() && !slices.Contains(list, it.Price) {
				list = append(list, it.Price)
			}
		}
	}
	return list
}

// union merges overlapping ranges.
func union(spans []worth) []worth {
	slices.SortFunc(spans, func(a, b worth) int { return cmp.Compare(a.from, b.from) })
	out := spans[:1]
	for _, w := range spans[1:] {
		if last := &out[len(out)-1]; w.from <= last.to {
			last.to = max(last.to, w.to)
			continue
		}
		out = append(out, w)
	}
	return out
}
