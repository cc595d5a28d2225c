package company

import (
	"iter"
	"math/big"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/internal/simulator/reckon"
)

// Row is the truth about one item on one day.
type Row struct {
	Day          int // days since 1970-01-01, in the reporting zone
	Source       string
	Customer     string
	Subscription string
	Item         string
	Currency     string          // upper case
	MRR          decimal.Decimal // scale 4, half up
	Provable     bool
}

// Date is the row's day as YYYY-MM-DD.
func (r Row) Date() string { return date(r.Day) }

func date(d int) string { return time.Unix(int64(d)*day, 0).UTC().Format(time.DateOnly) }

// Truth yields one row per item and day on which it has MRR, or on which
// nobody could prove what it had; through the day before now, by the days of
// the reporting zone, under the policy `committed`.
//
// An item-day is provable when the fields of the present objects, an invoice
// that is neither draft nor void, a proration that is on no void one, a schedule's
// phase or an event of the last thirty days shows it. What only an older event told, or no event at all,
// lies in the dark, and so does all that a customer had who has vanished.
func (c *Company) Truth(now time.Time, zone *time.Location) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		v := view{c: c, now: now.Unix(), zone: zone}
		v.today = v.day(v.now)
		for _, cust := range c.Customers {
			for _, s := range cust.Subscriptions {
				if !v.subscription(s, yield) {
					return
				}
			}
		}
		for _, k := range c.Contracts {
			if !v.contract(k, yield) {
				return
			}
		}
	}
}

type view struct {
	c     *Company
	now   int64
	zone  *time.Location
	today int
}

// day is the date of a moment in the reporting zone, in days since 1970.
func (v *view) day(t int64) int {
	if v.zone == time.UTC || v.zone == nil {
		return int(t / day)
	}
	_, offset := time.Unix(t, 0).In(v.zone).Zone()
	return int((t + int64(offset)) / day)
}

// worth is what an item is worth on a range of days, half-open.
type worth struct {
	item     string
	from, to int
	mrr      decimal.Decimal
}

// subscription yields the rows of one subscription.
func (v *view) subscription(s *Subscription, yield func(Row) bool) bool {
	if s.Created > v.now {
		return true
	}
	dark, all := v.darkness(s), v.worths(s)
	gone := s.Customer.Gone(v.now)
	for _, id := range itemsOf(s, v.now) {
		var spans []worth
		for _, w := range all {
			if w.item == id {
				spans = append(spans, w)
			}
		}
		if gone {
			spans = cutAt(spans, v.day(s.Customer.Vanished))
			dark = map[string][]worth{id: slices.Clone(spans)}
		}
		row := Row{Source: "main", Customer: s.Customer.ID, Subscription: s.ID, Item: id, Currency: upper(s.Currency)}
		if !days(spans, dark[id], row, yield) {
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
func days(spans []worth, dark []worth, row Row, yield func(Row) bool) bool {
	zero := decimal.Decimal{}
	i, j := 0, 0
	for i < len(spans) || j < len(dark) {
		d := 1 << 30
		if i < len(spans) {
			d = spans[i].from
		}
		if j < len(dark) {
			d = min(d, dark[j].from)
		}
		row.Day, row.MRR, row.Provable = d, zero, true
		if i < len(spans) && spans[i].from == d {
			row.MRR = spans[i].mrr
			spans[i].from++
			if spans[i].from >= spans[i].to {
				i++
			}
		}
		if j < len(dark) && dark[j].from == d {
			row.Provable = false
			dark[j].from++
			if dark[j].from >= dark[j].to {
				j++
			}
		}
		if !yield(row) {
			return false
		}
	}
	return true
}

// itemsOf lists the licensed items a subscription ever had, in order.
func itemsOf(s *Subscription, now int64) []string {
	var list []string
	for i := range s.Versions {
		if s.Versions[i].At > now {
			break
		}
		for _, it := range s.Versions[i].Items {
			if !it.Price.Metered && !slices.Contains(list, it.ID) {
				list = append(list, it.ID)
			}
		}
	}
	return list
}

// worths values the subscription between any two moments at which something
// about it changes.
func (v *view) worths(s *Subscription) []worth {
	moments := []int64{s.Start}
	for i := range s.Versions {
		moments = append(moments, s.Versions[i].At)
		if p := s.Versions[i].Pause; p != nil && p.Resumes > 0 {
			moments = append(moments, p.Resumes)
		}
	}
	for _, list := range [][]*Discount{s.Discounts, s.Customer.Discounts} {
		for _, d := range list {
			moments = append(moments, d.Start)
			if t := d.until(); t > 0 {
				moments = append(moments, t)
			}
		}
	}
	moments = append(moments, v.now)
	slices.Sort(moments)
	moments = slices.Compact(moments)
	var list []worth
	for i, t := range moments[:len(moments)-1] {
		if t < s.Start || t >= v.now || t < s.Created && s.At(v.now).Status == Incomplete {
			continue
		}
		from, to := v.day(t), min(v.day(moments[i+1]), v.today)
		if from >= to {
			continue
		}
		for _, w := range valued(s, t) {
			w.from, w.to = from, to
			if n := len(list) - 1; w.mrr.Sign() > 0 {
				if n >= 0 && list[n].item == w.item && list[n].to == w.from && list[n].mrr.Equal(w.mrr) {
					list[n].to = w.to
					continue
				}
				list = append(list, w)
			}
		}
	}
	return list
}

// agreed is the version that rules the time before a backdated subscription was
// made: its first one, unless that only waited for the first payment.
func (s *Subscription) agreed() *Version {
	if first := &s.Versions[0]; first.Status != Incomplete || len(s.Versions) == 1 {
		return first
	}
	return &s.Versions[1]
}

// valued is what each licensed item is worth a month at a moment.
func valued(s *Subscription, t int64) []worth {
	ver := s.At(max(t, s.Created))
	if t < s.Created {
		ver = s.agreed()
	}
	if ver.Status != Active && ver.Status != PastDue || s.PauseAt(t) != nil {
		return nil
	}
	var items []Item
	var left []*big.Rat // per interval, in minor units
	for _, it := range ver.Items {
		if it.Price.Metered {
			continue
		}
		g := it.Price.Gross(s.Currency, it.Quantity)
		tax := it.Tax
		if tax == nil {
			tax = s.Tax
		}
		if tax != nil && tax.Inclusive {
			g.Mul(g, reckon.Ratio(10_000, 10_000+tax.Rate))
		}
		items, left = append(items, it), append(left, g)
	}
	for _, d := range running(s, t) {
		reduce(d, s.Currency, items, left)
	}
	list := make([]worth, len(items))
	for i, it := range items {
		m := new(big.Rat).Mul(left[i], it.Price.Interval.Factor(it.Price.Count))
		m.Mul(m, reckon.Ratio(1, minor(s.Currency)))
		list[i] = worth{item: it.ID, mrr: reckon.Scale4(m)}
	}
	return list
}

// running lists the discounts that count at a moment, in the order in which
// they work: of items, then of the subscription; of the customer only when the
// subscription has none of its own. One-time coupons never count.
func running(s *Subscription, t int64) []*Discount {
	var items, own, all []*Discount
	for _, d := range s.Discounts {
		if d.Attached(t) {
			if d.Item != "" {
				items = append(items, d)
			} else {
				own = append(own, d)
			}
		}
	}
	if len(own) == 0 {
		for _, d := range s.Customer.Discounts {
			if d.Attached(t) {
				own = append(own, d)
			}
		}
	}
	for _, d := range append(items, own...) {
		if d.Coupon.Duration != Once {
			all = append(all, d)
		}
	}
	return all
}

// reduce takes one discount off what is left of the items it touches.
func reduce(d *Discount, currency string, items []Item, left []*big.Rat) {
	every, count := shortest(items)
	var touched []int
	sum := new(big.Rat)
	for i, it := range items {
		if d.Item != "" && d.Item != it.ID || !d.Coupon.Applies(it.Price.Product) {
			continue
		}
		if d.Coupon.Percent == 0 && d.Item == "" && (it.Price.Interval != every || it.Price.Count != count) {
			continue
		}
		touched = append(touched, i)
		sum.Add(sum, left[i])
	}
	if sum.Sign() == 0 {
		return
	}
	keep := reckon.Ratio(10_000-d.Coupon.Percent, 10_000)
	if d.Coupon.Percent == 0 {
		off := reckon.Whole(d.Coupon.Off[currency])
		if off.Cmp(sum) > 0 {
			off = sum
		}
		keep = new(big.Rat).Sub(reckon.Whole(1), new(big.Rat).Quo(off, sum))
	}
	for _, i := range touched {
		left[i].Mul(left[i], keep)
	}
}
