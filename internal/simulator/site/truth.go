package site

import (
	"iter"
	"math/big"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/internal/simulator/company"
	"mrrsync/internal/simulator/reckon"
)

// Truth yields one row per item and day on which it has MRR, or on which
// nobody could prove what it had; through the day before now, by the days of
// the reporting zone, under the policy `committed`.
//
// An item-day is provable when the present object, the line of an invoice
// (neither pending nor voided) or of a credit note, a succeeded ramp or an
// event of the last ninety days shows it. What only an older event told, or
// no event at all, lies in the dark, and so does all that a customer had who has
// vanished.
func (s *Site) Truth(now time.Time, zone *time.Location) iter.Seq[company.Row] {
	return func(yield func(company.Row) bool) {
		v := view{now: now.Unix(), zone: zone}
		v.today = v.day(v.now)
		for _, sub := range s.Subscriptions {
			if sub.Created <= v.now && !v.subscription(sub, yield) {
				return
			}
		}
	}
}

type view struct {
	now   int64
	zone  *time.Location
	today int
}

// day is the date of a moment in the reporting zone, in days since 1970.
func (v *view) day(t int64) int {
	if v.zone == time.UTC || v.zone == nil {
		return int(t / reckon.Day)
	}
	_, offset := time.Unix(t, 0).In(v.zone).Zone()
	return int((t + int64(offset)) / reckon.Day)
}

// worth is what an item is worth on a range of days, half-open.
type worth struct {
	price    *Price
	from, to int
	mrr      decimal.Decimal
}

// subscription yields the rows of one subscription.
func (v *view) subscription(s *Subscription, yield func(company.Row) bool) bool {
	all, dark := v.worths(s), v.darkness(s)
	for _, p := range pricesOf(s, v.now) {
		var spans []worth
		for _, w := range all {
			if w.price == p {
				spans = append(spans, w)
			}
		}
		if s.Customer.Gone(v.now) {
			spans = cutAt(spans, v.day(s.Customer.Vanished))
			dark = map[*Price][]worth{p: spans}
		}
		row := company.Row{Source: Source, Customer: s.Customer.ID, Subscription: s.ID, Item: s.ID + "/" + p.ID, Currency: s.Currency}
		if !days(slices.Clone(spans), slices.Clone(dark[p]), row, yield) {
			return false
		}
	}
	return true
}

// cutAt ends ranges on a day.
func cutAt(spans []worth, end int) []worth {
	var kept []worth
	for _, w := range spans {
		if w.to = min(w.to, end); w.from < w.to {
			kept = append(kept, w)
		}
	}
	return kept
}

// days yields the rows of one item: the days it has MRR and the dark ones.
func days(spans, dark []worth, row company.Row, yield func(company.Row) bool) bool {
	for len(spans) > 0 || len(dark) > 0 {
		d := 1 << 30
		for _, list := range [][]worth{spans, dark} {
			if len(list) > 0 {
				d = min(d, list[0].from)
			}
		}
		row.Day, row.MRR, row.Provable = d, decimal.Decimal{}, true
		if len(spans) > 0 && spans[0].from == d {
			row.MRR = spans[0].mrr
			spans = step(spans)
		}
		if len(dark) > 0 && dark[0].from == d {
			row.Provable = false
			dark = step(dark)
		}
		if !yield(row) {
			return false
		}
	}
	return true
}

// step takes a day off the first range.
func step(list []worth) []worth {
	list[0].from++
	if list[0].from >= list[0].to {
		return list[1:]
	}
	return list
}

// pricesOf lists the prices of the recurring items a subscription ever had.
func pricesOf(s *Subscription, now int64) []*Price {
	var list []*Price
	for i := range s.Versions {
		if s.Versions[i].At > now {
			break
		}
		for _, it := range s.Versions[i].Items {
			if it.Recurring() && !slices.Contains(list, it.Price) {
				list = append(list, it.Price)
			}
		}
	}
	return list
}

// worths values the subscription between any two moments at which something
// about it changes.
func (v *view) worths(s *Subscription) []worth {
	var moments []int64
	for i := range s.Versions {
		n := &s.Versions[i]
		moments = append(moments, n.At)
		for _, it := range n.Items {
			if it.Trial > 0 {
				moments = append(moments, it.Trial)
			}
		}
	}
	for _, d := range s.Discounts {
		for _, t := range []int64{d.Created, d.Till, d.Removed} {
			if t > 0 {
				moments = append(moments, t)
			}
		}
	}
	moments = append(moments, s.began(), v.now)
	slices.Sort(moments)
	moments = slices.Compact(moments)
	var list []worth
	for i, t := range moments[:len(moments)-1] {
		if t < s.began() || t >= v.now {
			continue
		}
		from, to := v.day(t), min(v.day(moments[i+1]), v.today)
		if from >= to {
			continue
		}
		for _, w := range s.valued(t) {
			w.from, w.to = from, to
			if w.mrr.Sign() > 0 {
				list = append(list, w)
			}
		}
	}
	return list
}

// began is when the subscription's first version is in force from: its
// creation, or an earlier start.
func (s *Subscription) began() int64 {
	if t := s.Versions[0].Started; t > 0 && t < s.Created {
		return t
	}
	return s.Created
}

// valued is what each recurring item is worth a month at a moment.
func (s *Subscription) valued(t int64) []worth {
	n := s.At(max(t, s.Created))
	if n.Status != Active && n.Status != NonRenewing {
		return nil
	}
	items, left := gross(n, s.Customer.Tax, t)
	for _, perItem := range []bool{true, false} {
		for _, d := range s.Discounts {
			if d.PerItem() == perItem && d.Runs(t) && d.Duration != OneTime {
				reduce(d, items, left)
			}
		}
	}
	return monthly(items, left)
}

// gross lists the items that count at a moment and what each costs an
// interval, ex tax and before discounts, in minor units.
func gross(n *Version, tax *Tax, t int64) ([]Item, []*big.Rat) {
	var items []Item
	var left []*big.Rat
	for _, it := range n.Items {
		if !it.Recurring() || it.Trial > t {
			continue
		}
		g := it.value()
		if tax != nil && tax.Inclusive {
			g = new(big.Rat).Mul(g, reckon.Ratio(10_000, 10_000+tax.Rate))
		}
		items, left = append(items, it), append(left, g)
	}
	return items, left
}

// monthly puts what is left of the items on a month, in major units.
func monthly(items []Item, left []*big.Rat) []worth {
	list := make([]worth, len(items))
	for i, it := range items {
		m := new(big.Rat).Mul(left[i], it.Price.Every.Factor(it.Price.Count))
		m.Mul(m, reckon.Ratio(1, minor(it.Price.Currency)))
		list[i] = worth{price: it.Price, mrr: reckon.Scale4(m)}
	}
	return list
}

// reduce takes one discount off what is left of the items it touches. Money is
// per invoice: in mixed intervals it works on the items of the shortest one.
func reduce(d *Discount, items []Item, left []*big.Rat) {
	if d.PerItem() {
		for i := range items {
			if slices.Contains(d.Prices, items[i].Price) {
				reduceOne(d, &items[i], left[i])
			}
		}
		return
	}
	var touched []int
	sum := new(big.Rat)
	every := shortest(items)
	for i, it := range items {
		if d.Kind == FixedAmount && it.Price.Every.Factor(it.Price.Count).Cmp(every) != 0 {
			continue
		}
		touched = append(touched, i)
		sum.Add(sum, left[i])
	}
	if sum.Sign() == 0 {
		return
	}
	keep := reckon.Ratio(10_000-d.Percent, 10_000)
	if d.Kind == FixedAmount {
		off := reckon.Whole(d.Off)
		if off.Cmp(sum) > 0 {
			off = sum
		}
		keep = new(big.Rat).Sub(reckon.Whole(1), new(big.Rat).Quo(off, sum))
	}
	for _, i := range touched {
		left[i].Mul(left[i], keep)
	}
}

// reduceOne takes a discount of its own off one item.
func reduceOne(d *Discount, it *Item, left *big.Rat) {
	switch d.Kind {
	case Percentage:
		left.Mul(left, reckon.Ratio(10_000-d.Percent, 10_000))
		return
	case FixedAmount:
		left.Sub(left, reckon.Whole(d.Off))
	case OfferQuantity:
		left.Sub(left, scaled(it.Unit, min(d.Units, it.units())))
	}
	if left.Sign() < 0 {
		left.SetInt64(0)
	}
}

// shortest is the greatest factor of the items: that of the shortest interval.
func shortest(items []Item) *big.Rat {
	best := new(big.Rat)
	for _, it := range items {
		if f := it.Price.Every.Factor(it.Price.Count); f.Cmp(best) > 0 {
			best = f
		}
	}
	return best
}

// MRR is Chargebee's own figure for a subscription at a moment, in minor
// units, as the site setting Regular has it: limited coupons on yearly plans
// are left out, one-time ones too.
func (s *Subscription) MRR(t int64) int64 {
	n := s.At(t)
	if n == nil || n.Status != Active && n.Status != NonRenewing {
		return 0
	}
	items, left := gross(n, s.Customer.Tax, t)
	for _, perItem := range []bool{true, false} {
		for _, d := range s.Discounts {
			late := d.Duration == LimitedPeriod && n.Every == reckon.Yearly
			if d.PerItem() == perItem && d.Runs(t) && d.Duration != OneTime && !late {
				reduce(d, items, left)
			}
		}
	}
	sum := new(big.Rat)
	for i, it := range items {
		sum.Add(sum, new(big.Rat).Mul(left[i], it.Price.Every.Factor(it.Price.Count)))
	}
	return reckon.HalfUp(sum).Int64()
}
