package company

import (
	"slices"
	"sort"

	"mrrsync/internal/simulator/dice"
	"mrrsync/internal/simulator/reckon"
)

// biller runs one subscription as a provider's billing engine would: service
// periods, invoices, prorations, payments, in order of time.
type biller struct {
	c     *Company
	cust  *Customer
	sub   *Subscription
	until int64

	arrives bool // from another provider, in the moment in which it was paid for there

	anchor int64
	every  Interval
	count  int
	k      int // number of the running period since the anchor

	timers []timer
	items  int // numbers given out
	marks  int
	asides int
	notes  int
}

type timer struct {
	at int64
	do func(t int64)
}

// at runs something later, unless the subscription has ended by then.
func (b *biller) at(t int64, do func(t int64)) {
	i := sort.Search(len(b.timers), func(i int) bool { return b.timers[i].at > t })
	b.timers = slices.Insert(b.timers, i, timer{t, do})
}

// run lives the subscription until it ends or the history does.
func (b *biller) run() {
	for b.sub.ended() == 0 && b.last().Status != IncompleteExpired {
		next := b.cycle().End
		if len(b.timers) > 0 && b.timers[0].at < next {
			t := b.timers[0]
			if t.at > b.until {
				return
			}
			b.timers = b.timers[1:]
			t.do(t.at)
			continue
		}
		if next > b.until {
			return
		}
		b.renew(next)
	}
}

func (b *biller) last() *Version { return &b.sub.Versions[len(b.sub.Versions)-1] }

func (b *biller) cycle() Cycle { return b.sub.Cycles[len(b.sub.Cycles)-1] }

// version starts a new version with the terms of the one before. Two changes
// of one second are one version.
func (b *biller) version(t int64) *Version {
	if b.last().At == t {
		return b.last()
	}
	v := *b.last()
	v.At = t
	b.sub.Versions = append(b.sub.Versions, v)
	return b.last()
}

func (b *biller) item(t int64, p *Price, quantity int64) Item {
	b.items++
	return Item{ID: b.c.ids.make(KindItem, b.ref(b.items)), Created: t, Price: p, Quantity: quantity}
}

func (b *biller) ref(n int) Ref { return ref(b.cust.Ref.Customer(), b.sub.Ref.Owner(), n) }

// open starts the subscription's first period. A trial is a period of its own,
// and the anchor is its end.
func (b *biller) open(t int64, items []Item, trialDays int64) {
	s := b.sub
	b.every, b.count = shortest(items)
	b.anchor = t
	status := Active
	first := Cycle{t, reckon.Boundary(t, b.every, b.count, 1)}
	if trialDays > 0 {
		first.End = t + trialDays*day
		s.Trial, b.anchor, status, b.k = first, first.End, Trialing, -1
	}
	s.Anchor = b.anchor
	s.Versions = append(s.Versions, Version{At: t, Status: status, Items: items})
	s.Cycles = append(s.Cycles, first)
	b.tell(t, "customer.subscription.created", AboutSubscription, nil)
}

// renew is the end of a period and the start of the next.
func (b *biller) renew(t int64) {
	s := b.sub
	if b.last().CancelAtEnd {
		b.end(t, b.last().Reason)
		return
	}
	if b.phase(t) {
		return
	}
	b.k++
	s.Cycles = append(s.Cycles, Cycle{t, reckon.Boundary(b.anchor, b.every, b.count, b.k+1)})
	if b.last().Status == Trialing {
		b.version(t).Status = Active
	}
	b.bill(t, "subscription_cycle", b.lines(t), true)
	b.updated(t)
}

// end ends the subscription at once.
func (b *biller) end(t int64, reason string) {
	v := b.version(t)
	v.Status, v.EndedAt, v.Reason, v.Pause, v.Pending = Canceled, t, reason, nil, nil
	if v.CanceledAt == 0 {
		v.CanceledAt = t
	}
	if h := b.sub.Schedule; h != nil && h.Released == 0 && h.Done == 0 {
		h.Canceled = t
		b.tell(t, "subscription_schedule.canceled", AboutSchedule, nil)
	}
	b.tell(t, "customer.subscription.deleted", AboutSubscription, nil)
}

// phase enters the schedule's phase that begins at t; done says that the
// subscription ended with its schedule instead.
func (b *biller) phase(t int64) (done bool) {
	h := b.sub.Schedule
	if h == nil || h.Released > 0 || h.Canceled > 0 {
		return false
	}
	for i, p := range h.Phases {
		if i > 0 && p.Start == t {
			items := slices.Clone(b.last().Items)
			items[0].Price, items[0].Quantity = p.Price, p.Quantity
			b.version(t).Items = items
			for _, d := range b.sub.Discounts {
				if d.Attached(t) && p.Coupon == nil {
					b.detach(t, d)
				}
			}
			b.tell(t, "subscription_schedule.updated", AboutSchedule, func(e *Event) { e.Updates = true })
			return false
		}
	}
	if t != h.Phases[len(h.Phases)-1].End {
		return false
	}
	if h.Cancels {
		h.Done = t
		b.tell(t, "subscription_schedule.completed", AboutSchedule, nil)
		b.end(t, "cancellation_requested")
		return true
	}
	b.release(t)
	return false
}

// release lets the subscription go on without its schedule.
func (b *biller) release(t int64) {
	b.sub.Schedule.Released = t
	b.version(t)
	b.tell(t, "subscription_schedule.released", AboutSchedule, nil)
}

// lines are the subscription's own lines for the period that begins at t.
func (b *biller) lines(t int64) []Line {
	var list []Line
	c := b.cycle()
	items := b.last().Items
	trial := b.last().Status == Trialing
	for i := range items {
		it := &items[i]
		p := it.Price
		tax := it.Tax
		if tax == nil {
			tax = b.sub.Tax
		}
		l := Line{ItemID: it.ID, Price: p, Quantity: it.Quantity, Start: t, End: c.End, Tax: tax, OwnTax: it.Tax != nil}
		switch {
		case trial:
			if p.Metered {
				continue
			}
			l.Trial = true
		case p.Metered:
			if !b.usage(&l, t) {
				continue
			}
		default:
			if !b.due(p, &l) {
				continue
			}
			if p.Mode == Graduated {
				list = append(list, b.tierLines(l)...)
				continue
			}
			l.Amount = p.charge(b.sub.Currency, it.Quantity)
		}
		list = append(list, l)
	}
	return list
}

// due says whether a price of a longer interval than the subscription's period
// is charged now, and stretches its line over its own interval.
func (b *biller) due(p *Price, l *Line) bool {
	if p.Interval == b.every && p.Count == b.count {
		return true
	}
	n := p.Count
	if p.Interval == Year {
		n *= 12
	}
	n /= b.count
	if b.k%n != 0 {
		return false
	}
	l.End = reckon.Boundary(b.anchor, b.every, b.count, b.k+n)
	return true
}

// usage fills a metered line: in arrears, for the period before.
func (b *biller) usage(l *Line, t int64) bool {
	s := b.sub
	if len(s.Cycles) < 2 {
		return false
	}
	c := s.Cycles[len(s.Cycles)-2]
	if c == s.Trial || c.End != t {
		return false
	}
	d := dice.Roll(b.c.Config.Seed, forUsage, uint64(s.Ref), uint64(len(s.Cycles)))
	l.Start, l.End, l.Quantity = c.Start, c.End, d.Span(0, 6000)
	l.Amount = l.Price.charge(s.Currency, l.Quantity)
	return true
}

// tierLines splits a graduated line as the provider does: one line per tier
// that is reached, and one of quantity 0 for a tier's flat fee.
func (b *biller) tierLines(l Line) []Line {
	var list []Line
	for _, s := range l.Price.In(b.sub.Currency).Shares(l.Quantity) {
		x := l
		x.Quantity = s.Units
		x.Amount = reckon.HalfUp(units10k(s.Unit, s.Units)).Int64()
		x.Tier = "Tier " + string(rune('1'+s.Tier))
		list = append(list, x)
		if s.Flat > 0 {
			x.Quantity, x.Amount, x.Tier = 0, s.Flat, x.Tier+" flat fee"
			list = append(list, x)
		}
	}
	return list
}

// bill writes an invoice with what is pending and the given lines. Renewals
// stay drafts for an hour; everything else is final at once.
func (b *biller) bill(t int64, reason string, lines []Line, collect bool) *Invoice {
	s := b.sub
	r := b.ref(len(s.Invoices))
	v := &Invoice{
		ID: b.c.ids.make(KindInvoice, r), Ref: r, Customer: b.cust, Sub: s, Currency: s.Currency, Reason: reason,
		Created: t, Finalized: t, Period: Cycle{t, t}, Number: len(s.Invoices) + 1,
	}
	if reason == "subscription_cycle" {
		v.Finalized = t + hour
		if len(s.Cycles) > 1 {
			v.Period = s.Cycles[len(s.Cycles)-2]
		}
	}
	for _, x := range s.Pending {
		if x.Invoice != nil || x.Date > t {
			continue
		}
		x.Invoice = v
		v.Lines = append(v.Lines, Line{
			ItemID: x.ItemID, Price: x.Price, Quantity: x.Quantity, Amount: x.Amount, Start: x.Start, End: x.End,
			Proration: x.Proration, Aside: x, Tax: x.Tax, OwnTax: x.Tax != s.Tax,
		})
		if reason == "subscription_cycle" {
			b.tell(t, "invoiceitem.updated", AboutInvoiceItem, func(e *Event) { e.Item, e.Updates = x, true })
		}
	}
	v.Lines = append(v.Lines, lines...)
	b.discount(v, t)
	s.Invoices = append(s.Invoices, v)
	b.billed(t, "invoice.created", v)
	if collect {
		b.collect(v)
	}
	return v
}

// discount puts the running discounts on an invoice and uses up the once ones.
func (b *biller) discount(v *Invoice, t int64) {
	var items []*Discount
	for _, d := range b.sub.Discounts {
		if !d.Attached(t) {
			continue
		}
		if d.Item != "" {
			items = append(items, d)
		} else {
			v.Discounts = append(v.Discounts, d)
		}
	}
	if len(v.Discounts) == 0 {
		for _, d := range b.cust.Discounts {
			if d.Attached(t) {
				v.Discounts = append(v.Discounts, d)
			}
		}
	}
	v.settle(items)
	for _, d := range v.Discounts {
		if d.Coupon.Duration == Once && slices.ContainsFunc(v.Lines, func(l Line) bool {
			return slices.ContainsFunc(l.Discounts, func(c Cut) bool { return c.Discount == d })
		}) {
			d.Used = t
		}
	}
}

// attach hangs a coupon on the subscription, or on one item.
func (b *biller) attach(t int64, x *Coupon, item string) {
	b.marks++
	d := &Discount{ID: b.c.ids.make(KindDiscount, b.ref(b.marks)), Coupon: x, Start: t, Item: item, Sub: b.sub}
	if x.Duration == Repeating {
		d.End = reckon.MonthsLater(t, x.Months)
	}
	b.sub.Discounts = append(b.sub.Discounts, d)
	d.born = b.tell(t, "customer.discount.created", AboutDiscount, func(e *Event) { e.Discount = d })
}

// detach takes a discount off before its time.
func (b *biller) detach(t int64, d *Discount) {
	d.Removed = t
	b.tell(t, "customer.discount.deleted", AboutDiscount, func(e *Event) { e.Discount = d })
}

// Modes of charging a change in the middle of a period.
type prorating uint8

const (
	onNextInvoice prorating = iota + 1
	atOnce
	unannounced
)

// change puts other items in force in the middle of a period.
func (b *biller) change(t int64, items []Item, mode prorating) {
	old := b.last().Items
	b.version(t).Items = items
	switch mode {
	case unannounced:
		n := b.updated(t)
		b.sub.darks = append(b.sub.darks, dark{from: t, next: true, told: t, event: n})
		return
	case onNextInvoice, atOnce:
		if b.last().Status != Trialing {
			b.prorate(t, old, items)
		}
	}
	if mode == atOnce {
		b.bill(t, "subscription_update", nil, true)
	}
	b.updated(t)
}

// prorate credits the rest of the period on the old terms and charges it on
// the new ones, item by item.
func (b *biller) prorate(t int64, old, items []Item) {
	find := func(list []Item, id string) *Item {
		i := slices.IndexFunc(list, func(x Item) bool { return x.ID == id })
		if i < 0 {
			return nil
		}
		return &list[i]
	}
	for i := range old {
		now := find(items, old[i].ID)
		if now != nil && now.Price == old[i].Price && now.Quantity == old[i].Quantity {
			continue
		}
		b.aside(t, &old[i], -1)
		if now != nil {
			b.aside(t, now, 1)
		}
	}
	for i := range items {
		if find(old, items[i].ID) == nil {
			b.aside(t, &items[i], 1)
		}
	}
}

// aside charges (or credits, by sign) an item for the rest of the period.
func (b *biller) aside(t int64, it *Item, sign int64) {
	if it.Price.Metered {
		return
	}
	c := b.cycle()
	full := it.Price.charge(b.sub.Currency, it.Quantity)
	if full == 0 {
		return // what costs nothing is neither credited nor charged
	}
	x := b.charge(t, it.Price, it.Quantity, sign*reckon.MulDiv(full, c.End-t, c.End-c.Start))
	x.ItemID, x.Start, x.End, x.Proration, x.Tax = it.ID, t, c.End, true, it.Tax
	if x.Tax == nil {
		x.Tax = b.sub.Tax
	}
	x.event = b.tell(t, "invoiceitem.created", AboutInvoiceItem, func(e *Event) { e.Item = x })
}

// charge makes a pending invoice item.
func (b *biller) charge(t int64, p *Price, quantity, amount int64) *InvoiceItem {
	r := b.ref(b.asides)
	b.asides++
	x := &InvoiceItem{
		ID: b.c.ids.make(KindInvoiceItem, r), Ref: r, Customer: b.cust, Sub: b.sub, Currency: b.sub.Currency,
		Date: t, Price: p, Quantity: quantity, Amount: amount, Start: t, End: t, Tax: b.sub.Tax,
	}
	b.sub.Pending = append(b.sub.Pending, x)
	return x
}

// fee charges a one-time price with the next invoice.
func (b *biller) fee(t int64, p *Price) {
	x := b.charge(t, p, 1, p.charge(b.sub.Currency, 1))
	b.tell(t, "invoiceitem.created", AboutInvoiceItem, func(e *Event) { e.Item = x })
}
