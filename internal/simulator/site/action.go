package site

import (
	"slices"

	"mrrsync/internal/simulator/dice"
	"mrrsync/internal/simulator/reckon"
)

// plan has the customer think about the subscription once a month: mostly
// nothing comes of it.
func (b *biller) plan(kind shop, t int64) {
	if kind == rampMonthly || kind == rampYearly || kind == donated {
		return
	}
	seed := b.s.Config.Seed
	var think func(m int64) func(int64)
	think = func(m int64) func(int64) {
		return func(now int64) {
			if b.gone() {
				return
			}
			b.act(kind, now, dice.Roll(seed, forAction, uint64(b.sub.Ref), uint64(m)))
			d := dice.Roll(seed, forAction, uint64(b.sub.Ref), uint64(m), 1)
			b.at(max(now, t+(m+1)*30*reckon.Day+d.Span(0, 18*reckon.Day)), think(m+1))
		}
	}
	d := dice.Roll(seed, forAction, uint64(b.sub.Ref), 0, 1)
	b.at(t+12*reckon.Day+d.Span(0, 18*reckon.Day), think(0))
}

// gone says whether the subscription ended for good.
func (b *biller) gone() bool {
	s := b.last().Status
	return s == Cancelled && !b.returns || s == Transferred
}

// calm says whether the subscription is in a state in which customers change it.
func (b *biller) calm(t int64) bool {
	v := b.last()
	trial := slices.ContainsFunc(v.Items, func(x Item) bool { return x.Trial > t })
	return v.Status == Active && v.PauseDate == 0 && b.waiting == nil && !trial && !b.heir &&
		t-v.Term.Start > 3*reckon.Hour && v.Term.End-t > 4*reckon.Hour &&
		(b.bound == 0 || b.bound-t > reckon.Day)
}

// act is one month's decision.
func (b *biller) act(kind shop, t int64, d dice.Dice) {
	if !b.calm(t) {
		return
	}
	v := b.last()
	free := b.bound == 0
	monthly := v.Every == reckon.Monthly && v.Count == 1
	ok := func(p int, when bool) int {
		if when {
			return p
		}
		return 0
	}
	leave := []int{9, 2}
	if monthly {
		leave = []int{17, 6}
	}
	one := !slices.ContainsFunc(v.Items, func(x Item) bool { return x.Own })
	exclusive := b.cust.Tax == nil || !b.cust.Tax.Inclusive
	whole := one && (v.Every == reckon.Monthly || v.Every == reckon.Yearly) && v.Contract == nil
	coarse := whole && !v.Plan().Price.Decimal
	choice := d.Pick(
		690,
		ok(leave[0], free),
		ok(leave[1], free),
		ok(8*leave[1]/6, free),
		ok(22, coarse),
		ok(26, coarse),
		ok(14, coarse),
		ok(14, coarse && kind <= seatsYearly),
		ok(5, coarse && len(v.Items) == 2),
		ok(4, whole && exclusive && monthly),
		ok(7, whole),
		ok(5, monthly && exclusive),
		ok(4, monthly),
		ok(6, free && monthly && one),
		ok(3, coarse),
		ok(4, coarse && monthly && kind == plainMonthly),
		10,
		5,
		ok(2, free && one && b.cust.Tagged && v.Contract == nil && len(b.sub.Discounts) == 0 && b.cust.Ref>>28 < heirs),
		ok(4, monthly && !slices.ContainsFunc(b.sub.Discounts, func(x *Discount) bool { return x.Runs(t) })),
	)
	switch choice {
	case 1:
		b.resign(t, d)
	case 2:
		b.quit(t, d)
	case 3:
		b.waver(t, d)
	case 4:
		b.swap(t, d)
	case 5:
		b.resize(t, true)
	case 6:
		b.resize(t, false)
	case 7:
		b.addOn(t, d)
	case 8:
		b.change(t, b.clone()[:1])
	case 9:
		b.quietly(t)
	case 10:
		b.delay(t, d)
	case 11:
		b.coupon(t, d)
	case 12:
		b.uncoupon(t)
	case 13:
		b.pause(t, d)
	case 14:
		b.upAndDown(t)
	case 15:
		b.goYearly(t)
	case 16:
		b.fee(t, d)
	case 17:
		b.version(t).Tier = []string{"gold", "silver"}[d.IntN(2)]
		b.tell(t, "subscription_changed", nil)
	case 18:
		b.handOver(t)
	case 19:
		b.version(t)
		b.manual(t, d)
		b.tell(t, "subscription_changed", nil)
	}
}

func (b *biller) clone() []Item { return slices.Clone(b.last().Items) }

// prices are those of the recurring items in force.
func (b *biller) prices() []*Price {
	var list []*Price
	for _, it := range b.last().Items {
		list = append(list, it.Price)
	}
	return list
}

// swapped is the items with the plan moved to a neighbouring one, nil when
// there is none.
func (b *biller) swapped(t int64, d dice.Dice) []Item {
	v := b.last()
	ladder := []string{"starter-m", "pro-m", "business-m"}
	if v.Every == reckon.Yearly {
		ladder = []string{"starter-y", "pro-y", "business-y"}
	}
	if v.Count != 1 {
		return nil
	}
	items := b.clone()
	at := slices.IndexFunc(ladder, func(o string) bool { return b.price(o).Product == items[0].Price.Product })
	if at < 0 {
		return nil
	}
	to := at + 1
	if d.One(300) || to == len(ladder) {
		to = at - 1
	}
	if to < 0 {
		return nil
	}
	offer := ladder[to]
	if offer == "pro-m" && t < b.price("pro-m").Created+reckon.Day {
		offer = "pro-m-v1"
	}
	items[0] = b.item(offer, 1)
	return items
}

// swap moves to a neighbouring plan of the same period.
func (b *biller) swap(t int64, d dice.Dice) {
	if items := b.swapped(t, d); items != nil {
		b.change(t, items)
	}
}

// resized is the items with the last one that has a quantity made more or
// less, nil when there is none.
func (b *biller) resized(more bool) []Item {
	items := b.clone()
	for i := len(items) - 1; i >= 0; i-- {
		it := &items[i]
		if !it.Recurring() || it.Price.Model == FlatFee {
			continue
		}
		step := max(it.Quantity/4, 1)
		switch {
		case more:
			it.Quantity += step
		case it.Quantity > step:
			it.Quantity -= step
		default:
			return nil
		}
		return items
	}
	return nil
}

func (b *biller) resize(t int64, more bool) {
	if items := b.resized(more); items != nil {
		b.change(t, items)
	}
}

// addOn takes an addon more.
func (b *biller) addOn(t int64, d dice.Dice) {
	offer := []string{"support-m", "storage-m"}[d.IntN(2)]
	switch v := b.last(); {
	case v.Every == reckon.Yearly:
		offer = []string{"support-y", "storage-y"}[d.IntN(2)]
	case v.Count == 3:
		offer = "support-q"
	}
	it := b.item(offer, 1)
	if it.Price.Model == PerUnit {
		it.Quantity = d.Span(1, 6)
	}
	items := b.clone()
	if slices.ContainsFunc(items, func(x Item) bool { return x.Price == it.Price }) {
		return
	}
	b.change(t, append(items, it))
	if x := b.s.Catalog.coupon("SUPPORT10", b.sub.Currency); offer == "support-m" && len(b.sub.Discounts) == 0 && d.One(300) && (b.cust.Tax == nil || !b.cust.Tax.Inclusive) {
		b.attach(t, t, x)
		b.sub.darks = append(b.sub.darks, dark{from: t})
	}
}

// change puts other items in force in the middle of a term: the rest of the
// old ones is credited, the rest of the new ones charged.
func (b *biller) change(t int64, items []Item) {
	v := b.version(t)
	old := v.Items
	same := func(list []Item, it Item) bool {
		return slices.ContainsFunc(list, func(x Item) bool {
			return x.Price == it.Price && x.Quantity == it.Quantity && x.Unit == it.Unit && slices.Equal(x.Tiers, it.Tiers)
		})
	}
	var ended []*Price
	for _, it := range old {
		if it.Recurring() && !same(items, it) {
			ended = append(ended, it.Price)
		}
	}
	b.credit(t, "subscription_change", ended)
	b.curtail(t, ended)
	v.Items = items
	var lines []Line
	for i := range items {
		it := &items[i]
		if !it.Recurring() || same(old, *it) {
			continue
		}
		lines = append(lines, part(it, t, v.Term.Start, v.Term.End))
		if it.Unit != it.Price.Unit || it.Tiers != nil { // no catalogue tells its full price
			b.sub.darks = append(b.sub.darks, dark{from: t})
		}
	}
	// Some charges wait for the next invoice; not where that alone can tell what
	// tax the price of a new item contains.
	untaxed := b.cust.Tax != nil && b.cust.Tax.Inclusive && slices.ContainsFunc(lines, func(l Line) bool {
		return !slices.ContainsFunc(old, func(x Item) bool { return x.Price == l.Price })
	})
	if monthly := v.Every == reckon.Monthly && v.Count == 1; monthly && !untaxed && dice.Hash(b.s.Config.Seed, forAction, uint64(b.sub.Ref), uint64(t))%10 < 3 {
		b.unbilled = append(b.unbilled, lines...)
	} else {
		b.bill(t, lines)
	}
	b.tell(t, "subscription_changed", nil)
}

// curtail ends the charges for some items, that are not billed yet, at t.
func (b *biller) curtail(t int64, prices []*Price) {
	for i := range b.unbilled {
		l := &b.unbilled[i]
		if l.To <= t || !slices.Contains(prices, l.Price) {
			continue
		}
		l.Unit = reckon.MulDiv(l.Unit/Scale, t-l.From, l.To-l.From) * Scale
		if l.Price.Model == PerUnit {
			l.Amount = l.Unit / Scale * max(l.Quantity-l.Price.Free, 0)
		} else {
			l.Amount = reckon.MulDiv(l.Amount, t-l.From, l.To-l.From)
		}
		l.To = t
	}
}

// quietly changes the items without any proration.
func (b *biller) quietly(t int64) {
	items := b.resized(true)
	if items == nil {
		return
	}
	b.version(t).Items = items
	b.sub.darks = append(b.sub.darks, dark{from: t})
	b.tell(t, "subscription_changed", nil)
}

// delay changes the items at the end of the term.
func (b *biller) delay(t int64, d dice.Dice) {
	items := b.resized(d.One(600))
	if items == nil || d.One(300) {
		items = b.swapped(t, d)
	}
	if items != nil {
		b.later(t, items)
	}
}

// later schedules a change for the end of the term.
func (b *biller) later(t int64, items []Item) {
	b.waiting = items
	v := b.version(t)
	v.Changes = v.Term.End
	b.tell(t, "subscription_changes_scheduled", nil)
}

// coupon redeems a coupon in the middle of a term.
func (b *biller) coupon(t int64, d dice.Dice) {
	if slices.ContainsFunc(b.sub.Discounts, func(x *Discount) bool { return x.Runs(t) }) {
		return
	}
	x := b.s.Catalog.coupons[[]string{"HALF3", "FOREVER10", "WELCOME20"}[d.Pick(50, 30, 20)]]
	if slices.ContainsFunc(b.sub.Discounts, func(m *Discount) bool { return m.Coupon == x }) {
		return // a coupon stands on a subscription once
	}
	b.version(t)
	b.attach(t, t, x)
	if x.Duration != OneTime {
		b.sub.darks = append(b.sub.darks, dark{from: t})
	}
	b.tell(t, "subscription_changed", nil)
}

// uncoupon takes a coupon off before its time.
func (b *biller) uncoupon(t int64) {
	for _, x := range b.sub.Discounts {
		if x.Coupon != nil && x.Runs(t) && x.Duration != OneTime {
			b.version(t)
			x.Removed = t
			b.sub.darks = append(b.sub.darks, dark{from: t})
			b.tell(t, "subscription_changed", nil)
			return
		}
	}
}

// upAndDown raises the quantity and takes it back on the same day.
func (b *biller) upAndDown(t int64) {
	items := b.resized(true)
	if items == nil || t%reckon.Day > 18*reckon.Hour || b.last().Term.End-t < reckon.Day {
		return
	}
	before := b.clone()
	b.change(t, items)
	b.at(t+2*reckon.Hour, func(t int64) {
		if b.calm(t) {
			b.change(t, before)
		}
	})
}

// goYearly changes the period: the rest of the term is credited, and a new one
// begins at once.
func (b *biller) goYearly(t int64) {
	items := b.clone()
	offer := map[string]string{"Starter": "starter-y", "Pro": "pro-y", "Business": "business-y"}[items[0].Price.Product.Name]
	if len(items) > 1 || offer == "" {
		return
	}
	items[0] = b.item(offer, items[0].Quantity)
	b.credit(t, "subscription_change", b.prices())
	b.curtail(t, b.prices())
	v := b.version(t)
	v.Items, v.Every, v.Count = items, reckon.Yearly, 1
	b.anchor, b.k = t, 0
	b.term(t)
	b.bill(t, b.termLines(t))
	b.tell(t, "subscription_changed", nil)
}

// fee charges something once, at once: a charge item, or anything at all.
func (b *biller) fee(t int64, d dice.Dice) {
	it := b.item("training", d.Span(1, 3))
	l := b.line(&it, t, t)
	if d.One(300) {
		l = Line{Entity: Adhoc, From: t, To: t, Quantity: 1, Unit: local(12_300, b.sub.Currency) * Scale, Amount: local(12_300, b.sub.Currency)}
	}
	b.bill(t, []Line{l})
}
