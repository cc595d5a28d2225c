package company

import (
	"cmp"
	"slices"
)

// told says whether an event is still listed and speaks a version one reads.
// The margin of an hour keeps a reader's own clock out of it.
func (v *view) told(at int64, r Ref, items int) bool {
	return at > v.now-window+hour && v.c.foreign(r) == 0 && items <= 10
}

// darkness is, per item, the ranges of days that nobody could prove.
func (v *view) darkness(s *Subscription) map[string][]worth {
	var list []dark
	add := func(d dark) {
		if d.from >= v.now || v.told(d.told, ref(s.Ref.Customer(), s.Ref.Owner(), d.event), len(s.Versions[0].Items)) {
			return
		}
		if d.next {
			d.to = v.shown(s, d.from)
		}
		list = append(list, d)
	}
	for _, d := range s.darks {
		add(d)
	}
	for _, p := range s.pauses {
		v.pauseDark(s, p, add)
	}
	for _, x := range s.Pending {
		if x.Proration && x.Invoice != nil && x.Invoice.Created <= v.now && !x.Invoice.lists(v.now) {
			add(dark{from: x.Date, next: true, told: x.Date, event: x.event})
		}
	}
	for _, d := range s.Discounts {
		if d.Item == "" {
			v.discountDark(s, d, add)
		}
	}
	for _, d := range s.Customer.Discounts {
		v.customerDark(s, d, &list)
	}
	return v.spread(s, list)
}

// shown is when the next invoice, for a period that begins at t or later, shows
// the full terms again; 0 when none has.
func (v *view) shown(s *Subscription, t int64) int64 {
	for _, x := range s.Invoices {
		if x.Created < t || x.Created > v.now || !x.shows(v.now) {
			continue
		}
		i := slices.IndexFunc(x.Lines, func(l Line) bool { return l.Aside == nil && !l.Trial && !l.Price.Metered && l.Start >= t })
		if i >= 0 {
			return x.Created // a reissued invoice shows its period only once it is there
		}
	}
	return 0
}

// pauseDark: voided and uncollectible invoices show whole paused periods; the
// rest of a pause was only told.
func (v *view) pauseDark(s *Subscription, p pausing, add func(dark)) {
	how := s.At(p.from).Pause.Behavior
	c := s.CycleAt(p.from)
	back := p.to
	if back == 0 || back > v.now {
		back = v.now
	}
	first := dark{from: p.from, to: back, told: p.from, event: p.told}
	if how != KeepAsDraft {
		first.to = min(back, c.End)
	}
	add(first)
	if p.to == 0 || p.to > v.now || p.to < c.End {
		return
	}
	rest := dark{from: p.to, next: true, told: p.to, event: p.back}
	if p.silent {
		rest.told, rest.event = p.from, p.told
	}
	add(rest)
}

// discountDark: a discount that no invoice and no present object carries was
// only told; one taken off early shows its end with the next invoice.
func (v *view) discountDark(s *Subscription, d *Discount, add func(dark)) {
	if d.Coupon.Duration == Once || d.Start >= v.now {
		return
	}
	if !d.Attached(v.now) && !v.carried(s, d) {
		add(dark{from: d.Start, to: d.until(), told: d.Start, event: d.born})
	}
	if d.Removed > 0 && d.Removed < v.now && d.until() == d.Removed {
		add(dark{from: d.Removed, next: true, told: d.Removed, event: d.event})
	}
}

// customerDark is the same for a discount of the customer, whose events are
// the customer's.
func (v *view) customerDark(s *Subscription, d *Discount, list *[]dark) {
	if d.Start >= v.now {
		return
	}
	told := func(at int64, n int) bool { return v.told(at, ref(s.Ref.Customer(), 0xfe, n), 0) }
	idle := func(t int64) bool { // the subscription's own keep it away
		return slices.ContainsFunc(s.Discounts, func(x *Discount) bool { return x.Item == "" && x.Attached(t) })
	}
	gone := s.Customer.Deleted > 0 && s.Customer.Deleted <= v.now
	if (!d.Attached(v.now) || gone) && !v.carried(s, d) && !told(d.Start, d.born) && !idle(max(d.Start, s.Start)) {
		*list = append(*list, dark{from: d.Start, to: d.until()})
	}
	if d.Removed > 0 && d.Removed < v.now && d.Removed > s.Created && !told(d.Removed, d.event) && !idle(d.Removed) {
		*list = append(*list, dark{from: d.Removed, to: v.shown(s, d.Removed)})
	}
}

func (v *view) carried(s *Subscription, d *Discount) bool {
	return slices.ContainsFunc(s.Invoices, func(x *Invoice) bool {
		return x.Created <= v.now && x.shows(v.now) && slices.Contains(x.Discounts, d)
	})
}

// spread turns moments into days and gives them to the items that were there
// before, during or after.
func (v *view) spread(s *Subscription, list []dark) map[string][]worth {
	if len(list) == 0 {
		return nil
	}
	byItem := map[string][]worth{}
	for _, d := range list {
		end := d.to
		if e := s.ended(); e > 0 && (end == 0 || e < end) {
			end = e
		}
		if end == 0 || end > v.now {
			end = v.now
		}
		from, to := v.day(max(d.from, s.Start)), min(v.day(end), v.today)
		if from >= to {
			continue
		}
		for id := range present(s, d.from-1, end) {
			byItem[id] = append(byItem[id], worth{item: id, from: from, to: to})
		}
	}
	for id, spans := range byItem {
		byItem[id] = union(spans)
	}
	return byItem
}

// present is the licensed items a subscription had at any moment of [from, to].
func present(s *Subscription, from, to int64) map[string]bool {
	set := map[string]bool{}
	for i := range s.Versions {
		if i+1 < len(s.Versions) && s.Versions[i+1].At <= from || s.Versions[i].At > to {
			continue
		}
		for _, it := range s.Versions[i].Items {
			if !it.Price.Metered {
				set[it.ID] = true
			}
		}
	}
	return set
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
