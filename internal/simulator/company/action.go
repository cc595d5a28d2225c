package company

import (
	"slices"

	"mrrsync/internal/simulator/dice"
	"mrrsync/internal/simulator/reckon"
)

// plan has the customer think about the subscription once a month: mostly
// nothing comes of it.
func (b *biller) plan(kind shop, t int64) {
	if kind == yearlyRamp || kind == monthlyRamp {
		return
	}
	var think func(m int64) func(int64)
	think = func(m int64) func(int64) {
		return func(now int64) {
			b.act(kind, now, dice.Roll(b.c.Config.Seed, forAction, uint64(b.sub.Ref), uint64(m)))
			d := dice.Roll(b.c.Config.Seed, forAction, uint64(b.sub.Ref), uint64(m), 1)
			b.at(t+(m+1)*30*day+d.Span(0, 18*day), think(m+1))
		}
	}
	d := dice.Roll(b.c.Config.Seed, forAction, uint64(b.sub.Ref), 0, 1)
	b.at(t+12*day+d.Span(0, 18*day), think(0))
}

// calm says whether the subscription is in a state in which customers change it.
func (b *biller) calm(t int64) bool {
	v, c := b.last(), b.cycle()
	return v.Status == Active && b.sub.PauseAt(t) == nil && v.CancelAt == 0 && v.Pending == nil &&
		t-c.Start > 3*hour && c.End-t > 4*hour
}

// act is one month's decision.
func (b *biller) act(kind shop, t int64, d dice.Dice) {
	if !b.calm(t) {
		return
	}
	leave := []int{17, 6}
	if b.every == Year || b.count > 1 {
		leave = []int{9, 2}
	}
	single := kind != monthAndYear && kind != twentyItems
	changes := b.every == Month || b.every == Year
	ok := func(p int, when bool) int {
		if when {
			return p
		}
		return 0
	}
	monthlyOnly := b.every == Month && b.count == 1
	free := b.cust.Discounts == nil
	choice := d.Pick(
		700,
		leave[0], leave[1],
		8,
		ok(22, kind <= plainQuarterly),
		ok(26, single && changes && kind != micro),
		ok(14, single && changes && kind != micro),
		ok(14, kind <= plainYearly || kind == seatsMonthly || kind == seatsYearly),
		ok(5, len(b.last().Items) == 2 && single),
		ok(3, monthlyOnly && kind == plainMonthly),
		ok(4, monthlyOnly && single),
		ok(9, free && single),
		ok(5, free && single),
		ok(6, monthlyOnly && kind != monthAndYear),
		ok(3, monthlyOnly && single),
		ok(4, kind == plainMonthly && monthlyOnly),
		ok(3, single && changes),
		10,
		5,
		ok(3, single && changes && b.count == 1),
		4,
	)
	switch choice {
	case 1:
		b.resign(t)
	case 2:
		b.end(t, "cancellation_requested")
	case 3:
		b.waver(t, d)
	case 4:
		b.swapPlan(t, d)
	case 5:
		b.resize(t, d, true)
	case 6:
		b.resize(t, d, false)
	case 7:
		b.addOn(t, d)
	case 8:
		b.dropLast(t, d)
	case 9:
		b.swapItem(t)
	case 10:
		b.quietly(t, d)
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
		b.pend(t, d)
	case 17:
		b.fee(t, b.price("training"))
	case 18:
		b.version(t).Tier = []string{"gold", "silver"}[d.IntN(2)]
		b.updated(t)
	case 19:
		b.restart(t, b.every, b.last().Items)
	case 20:
		b.leaveOn(t, t+d.Span(10*day, 120*day))
	}
}

func (b *biller) clone() []Item { return slices.Clone(b.last().Items) }

func mode(d dice.Dice) prorating {
	if d.One(400) {
		return atOnce
	}
	return onNextInvoice
}

// resign announces the end for the end of the period.
func (b *biller) resign(t int64) {
	v := b.version(t)
	v.CancelAtEnd, v.CanceledAt, v.CancelAt, v.Reason = true, t, b.cycle().End, "cancellation_requested"
	b.updated(t)
}

// leaveOn announces the end for a day of the customer's choice.
func (b *biller) leaveOn(t, end int64) {
	v := b.version(t)
	v.CanceledAt, v.CancelAt, v.Reason = t, end, "cancellation_requested"
	b.updated(t)
	b.at(end, func(t int64) { b.end(t, "cancellation_requested") })
}

// waver announces the end and takes it back.
func (b *biller) waver(t int64, d dice.Dice) {
	end := b.cycle().End
	back := t + d.Span(hour, 6*day)
	b.resign(t)
	b.at(min(back, end-hour), func(t int64) {
		v := b.version(t)
		v.CancelAtEnd, v.CanceledAt, v.CancelAt, v.Reason = false, 0, 0, ""
		b.updated(t)
	})
}

// swapPlan moves the first item to a neighbouring plan of the same interval.
func (b *biller) swapPlan(t int64, d dice.Dice) {
	ladder := map[Interval][]string{Month: {"starter-m", "pro-m", "business-m"}, Year: {"starter-y", "pro-y", "business-y"}}[b.every]
	if b.count == 3 {
		ladder = []string{"pro-q", "business-q"}
	}
	items := b.clone()
	at := slices.IndexFunc(ladder, func(o string) bool {
		return b.c.Catalog.offers[o]["usd"].Product == items[0].Price.Product
	})
	if at < 0 {
		return
	}
	to := at + 1
	if d.One(300) || to == len(ladder) {
		to = at - 1
	}
	if to < 0 || ladder[to] == "pro-m" && t < monthsAfter(b.c.start, 9)+day {
		return
	}
	items[0].Price = b.price(ladder[to])
	b.change(t, items, mode(d))
}

func (b *biller) resize(t int64, d dice.Dice, more bool) {
	items := b.clone()
	i := len(items) - 1
	for items[i].Price.Metered {
		i--
	}
	q := items[i].Quantity
	step := max(q/4, 1)
	switch {
	case more:
		q += step
	case q > step:
		q -= step
	case d.One(100) && items[i].Price.Mode == 0:
		q = 0
	default:
		return
	}
	items[i].Quantity = q
	b.change(t, items, mode(d))
}

func (b *biller) addOn(t int64, d dice.Dice) {
	offer := "support-m"
	if d.One(500) {
		offer = "storage-m"
	}
	if b.every == Year {
		offer = map[string]string{"support-m": "support-y", "storage-m": "storage-y"}[offer]
	}
	items := b.clone()
	p := b.price(offer)
	if slices.ContainsFunc(items, func(x Item) bool { return x.Price.Product == p.Product }) {
		return
	}
	b.change(t, append(items, b.item(t, p, d.Span(1, 3))), mode(d))
}

func (b *biller) dropLast(t int64, d dice.Dice) {
	items := b.clone()
	b.change(t, items[:len(items)-1], mode(d))
}

// swapItem removes the first item and adds another in the same second.
func (b *biller) swapItem(t int64) {
	items := b.clone()
	if items[0].Price == b.price("business-m") || len(items) > 1 {
		return
	}
	items[0] = b.item(t, b.price("business-m"), items[0].Quantity)
	b.change(t, items, onNextInvoice)
}

// quietly changes the quantity without any proration.
func (b *biller) quietly(t int64, d dice.Dice) {
	items := b.clone()
	if items[0].Price.Mode != 0 || items[0].Quantity == 0 {
		return
	}
	items[0].Quantity += max(items[0].Quantity/d.Span(3, 6), 1)
	b.change(t, items, unannounced)
}

func (b *biller) coupon(t int64, d dice.Dice) {
	for _, x := range b.sub.Discounts {
		if x.Attached(t) {
			return
		}
	}
	id := []string{"HALF3", "FOREVER10", "WELCOME20"}[d.Pick(50, 30, 20)]
	b.attach(t, b.c.Catalog.coupons[id], "")
	b.version(t)
	b.updated(t)
}

func (b *biller) uncoupon(t int64) {
	for _, x := range b.sub.Discounts {
		if x.Attached(t) && x.Item == "" && x.Coupon.Duration != Once {
			b.detach(t, x)
			b.version(t)
			x.event = b.updated(t)
			return
		}
	}
}

// pause stops the collection for a while, with or without a date to resume.
func (b *biller) pause(t int64, d dice.Dice) {
	p := &Pause{Behavior: []Behavior{Void, KeepAsDraft, MarkUncollectible}[d.Pick(60, 20, 20)]}
	back := t + d.Span(5*day, 80*day)
	if d.One(500) {
		p.Resumes = back
	}
	b.version(t).Pause = p
	told := b.updated(t)
	b.sub.pauses = append(b.sub.pauses, pausing{from: t, told: told, silent: p.Resumes > 0})
	i := len(b.sub.pauses) - 1
	if d.One(150) { // some never come back
		b.at(t+d.Span(2*day, back-t), func(t int64) { b.end(t, "cancellation_requested") })
	}
	b.at(back, func(t int64) {
		b.sub.pauses[i].to = t
		if p.Resumes > 0 {
			return // the provider says nothing when the date comes
		}
		b.version(t).Pause = nil
		b.sub.pauses[i].back = b.updated(t)
	})
}

// upAndDown raises the quantity and takes it back on the same day.
func (b *biller) upAndDown(t int64) {
	if t%day > 18*hour || !b.calm(t+3*hour) {
		return
	}
	before := b.last().Items
	items := b.clone()
	if items[0].Price.Mode != 0 {
		return
	}
	items[0].Quantity += 5
	b.change(t, items, onNextInvoice)
	b.at(t+2*hour, func(t int64) {
		if b.calm(t) {
			b.change(t, before, onNextInvoice)
		}
	})
}

// goYearly changes the interval: the period starts anew and is charged at once.
func (b *biller) goYearly(t int64) {
	offer := map[string]string{"Starter": "starter-y", "Pro": "pro-y", "Business": "business-y"}
	items := b.clone()
	if len(items) > 1 || offer[items[0].Price.Product.Name] == "" {
		return
	}
	items[0].Price = b.price(offer[items[0].Price.Product.Name])
	b.restart(t, Year, items)
}

// restart begins a new period on the spot: the rest of the old one is credited,
// the new one is charged in full.
func (b *biller) restart(t int64, every Interval, items []Item) {
	old := b.last().Items
	for i := range old {
		b.aside(t, &old[i], -1)
	}
	b.version(t).Items = items
	b.anchor, b.every, b.count, b.k = t, every, 1, 0
	b.sub.Anchors = append(b.sub.Anchors, t)
	b.sub.Cycles = append(b.sub.Cycles, Cycle{t, reckon.Boundary(t, every, 1, 1)})
	b.bill(t, "subscription_update", b.lines(t), true)
	b.updated(t)
}

// pend asks for an upgrade that waits for its payment: it comes through two
// hours later, or lapses.
func (b *biller) pend(t int64, d dice.Dice) {
	items := b.clone()
	if items[0].Price.Mode != 0 {
		return
	}
	items[0].Quantity += 2
	b.version(t).Pending = &Pending{Expires: t + 23*hour, Items: items}
	b.updated(t)
	lapses := d.One(500)
	after := 2 * hour
	if lapses {
		after = 3 * hour
	}
	b.at(t+after, func(t int64) {
		v := b.version(t)
		v.Pending = nil
		if lapses {
			b.tell(t, "customer.subscription.pending_update_expired", AboutSubscription, func(e *Event) { e.Updates = true })
			return
		}
		b.change(t, items, atOnce)
	})
}
