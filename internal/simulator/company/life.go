package company

import (
	"fmt"
	"slices"

	"mrrsync/internal/simulator/dice"
	"mrrsync/internal/simulator/reckon"
)

// shop is how a kind of customer buys.
type shop uint8

const (
	plainMonthly shop = iota
	plainYearly
	plainQuarterly
	seatsMonthly
	seatsYearly
	tiersMonthly
	tiersYearly
	volumeMonthly
	packs
	micro
	metered
	fortnightly
	kiosk
	threeYears
	yearlyRamp
	monthlyRamp
	twentyItems
	monthAndYear
)

var shopWeights = []int{
	plainMonthly: 400, plainYearly: 140, plainQuarterly: 30, seatsMonthly: 130, seatsYearly: 30,
	tiersMonthly: 40, tiersYearly: 12, volumeMonthly: 30, packs: 20, micro: 15, metered: 50,
	fortnightly: 15, kiosk: 3, threeYears: 7, yearlyRamp: 25, monthlyRamp: 30, twentyItems: 6, monthAndYear: 12,
}

// person is customer i, who arrives at a moment, before anything happens, and
// the dice that its life is drawn with.
func (c *Company) person(i int, at int64) (*Customer, dice.Dice) {
	d := dice.Roll(c.Config.Seed, forCustomer, uint64(i))
	r := ref(i, 0, 0)
	cur := []string{"usd", "eur", "gbp", "jpy", "kwd", "isk", "cad", "huf"}[d.Pick(600, 160, 100, 50, 20, 10, 40, 20)]
	cust := &Customer{
		ID: c.ids.make(KindCustomer, r), Ref: r, Created: at, Currency: cur, Name: name(d),
		Account: fmt.Sprintf("A-%06d", i+1),
		Country: map[string]string{"usd": "US", "eur": "DE", "gbp": "GB", "jpy": "JP", "kwd": "KW", "isk": "IS", "cad": "CA", "huf": "HU"}[cur],
		Owner:   []string{"ana", "bo", "chi", ""}[d.Pick(30, 30, 20, 20)],
		Segment: []string{"smb", "mid-market", "enterprise", ""}[d.Pick(60, 20, 10, 10)],
	}
	cust.Email = fmt.Sprintf("billing+%d@example.com", i+1)
	cust.path = c.path(i, at, cur)
	cust.Untagged = cust.path.carried && !cust.path.tagged
	return cust, d
}

// live simulates customer i, who arrives at a moment.
func (c *Company) live(i int, at int64) *Customer {
	cust, d := c.person(i, at)
	c.taxes(cust, d)
	if d.One(20) {
		cust.Moved = at + d.Span(10*day, 500*day)
	}
	if d.IntN(c.Config.Deleted) == 0 {
		cust.Deleted = at + d.Span(40*day, 600*day)
	}
	if cust.path.carried {
		cust.Deleted = 0
	}
	if v := dice.Roll(c.Config.Seed, forVanishing, uint64(i)); c.Config.Vanishing > 0 && v.IntN(c.Config.Vanishing) == 0 && !cust.path.carried {
		cust.Vanished = at + v.Span(40*day, 600*day)
	}
	c.of(cust, at, "customer.created", AboutCustomer, nil)
	c.handOver(cust, at)
	if cust.Moved > 0 {
		c.of(cust, cust.Moved, "customer.updated", AboutCustomer, func(e *Event) { e.Updates = true })
	}
	if d.One(30) && !cust.path.arrives() {
		c.accountDiscount(cust, at, d)
	}
	c.subscribe(cust, at, d)
	if cust.Deleted > 0 {
		c.of(cust, cust.Deleted, "customer.deleted", AboutCustomer, nil)
	}
	return cust
}

// handOver gives some customers another owner during their life.
func (c *Company) handOver(cust *Customer, at int64) {
	d := dice.Roll(c.Config.Seed, forOwner, uint64(cust.Ref.Customer()))
	if !d.One(200) || cust.path.carried {
		return
	}
	owners := slices.DeleteFunc([]string{"ana", "bo", "chi", "dee"}, func(s string) bool { return s == cust.Owner })
	cust.Handed, cust.Heir = at+d.Span(20*day, 500*day), owners[d.IntN(len(owners))]
	c.of(cust, cust.Handed, "customer.updated", AboutCustomer, func(e *Event) { e.Updates = true })
}

func (c *Company) taxes(cust *Customer, d dice.Dice) {
	p := map[string]int{"GB": 600, "DE": 400, "US": 150, "JP": 500, "CA": 300}[cust.Country]
	if t := c.Catalog.taxes[cust.Country]; t != nil && d.One(p) && !cust.path.arrives() {
		cust.Tax = t
	}
}

// accountDiscount hangs a coupon on the customer itself.
func (c *Company) accountDiscount(cust *Customer, at int64, d dice.Dice) {
	x := c.Catalog.coupons["ACCOUNT12"]
	if d.One(400) {
		x = c.Catalog.coupons["ACCOUNT30"]
	}
	start := at
	if d.One(500) {
		start += d.Span(20*day, 200*day)
	}
	m := &Discount{ID: c.ids.make(KindDiscount, ref(cust.Ref.Customer(), 0xfe, 1)), Coupon: x, Start: start, Customer: true}
	c.of(cust, start, "customer.discount.created", AboutDiscount, func(e *Event) { e.Discount = m })
	m.born = cust.events
	c.of(cust, start, "customer.updated", AboutCustomer, func(e *Event) { e.Updates = true })
	if x.Duration == Repeating {
		m.End = reckon.MonthsLater(start, x.Months)
	} else if d.One(250) {
		m.Removed = start + d.Span(40*day, 400*day)
		c.of(cust, m.Removed, "customer.discount.deleted", AboutDiscount, func(e *Event) { e.Discount = m })
		m.event = cust.events
		c.of(cust, m.Removed, "customer.updated", AboutCustomer, func(e *Event) { e.Updates = true })
	}
	cust.Discounts = append(cust.Discounts, m)
}

// subscribe lives the customer's subscriptions: a first one, perhaps others
// after it ended, and perhaps a second one beside it. Those that move have one
// at a time.
func (c *Company) subscribe(cust *Customer, at int64, d dice.Dice) {
	beside := int64(0)
	if d.One(60) {
		beside = at + d.Span(20*day, 400*day)
	}
	t := at + d.Span(0, 2*day)
	if cust.path.carried {
		beside = 0
	}
	if cust.path.arrives() {
		t = at
	}
	for n := range 5 {
		s := c.sell(cust, n, t)
		if s == nil {
			break
		}
		back := dice.Roll(c.Config.Seed, forPlan, uint64(cust.Ref), uint64(n), 1)
		end := s.ended()
		if end > 0 && end == cust.Left {
			if t = cust.Back; t == 0 {
				break
			}
			continue
		}
		if end == 0 || !back.One(200) {
			break
		}
		t = end + back.Span(3*day, 220*day)
	}
	if beside > 0 {
		c.sell(cust, 8, beside)
	}
	slices.SortFunc(cust.Subscriptions, func(a, b *Subscription) int { return a.Ref.Owner() - b.Ref.Owner() })
}

// sell starts subscription n of a customer and lives it, nil when it lies
// beyond the history or the customer.
func (c *Company) sell(cust *Customer, n int, t int64) *Subscription {
	if t > c.until || cust.Deleted > 0 && t > cust.Deleted-2*day {
		return nil
	}
	r := ref(cust.Ref.Customer(), n, 0)
	d := dice.Roll(c.Config.Seed, forPlan, uint64(cust.Ref), uint64(n))
	s := &Subscription{ID: c.ids.make(KindSubscription, r), Ref: r, Customer: cust, Currency: cust.Currency, Created: t, Start: t, Tax: cust.Tax}
	b := &biller{c: c, cust: cust, sub: s, until: c.until}
	cust.Subscriptions = append(cust.Subscriptions, s)
	if cust.Deleted > 0 {
		b.at(cust.Deleted, func(t int64) { b.end(t, "cancellation_requested") })
	}
	if cust.path.leaves > 0 && cust.Left == 0 && n < 4 {
		b.at(max(cust.path.leaves, t+20*day), b.depart)
	}
	kind := shop(d.Pick(shopWeights...))
	if kind == monthAndYear && cust.Discounts != nil {
		kind = plainMonthly
	}
	if b.arrives = t == cust.Back || n == 0 && cust.path.arrives(); b.arrives {
		kind = shop(d.Pick(shopWeights[:tiersMonthly]...))
	}
	b.sign(kind, t, d)
	b.plan(kind, t)
	b.run()
	return s
}

// sign opens the subscription with its first items and its first invoice.
func (b *biller) sign(kind shop, t int64, d dice.Dice) {
	s := b.sub
	items := b.basket(kind, t, d)
	if p := b.cust.path; b.arrives && p.arrives() && p.level {
		items = []Item{b.item(t, b.c.levelPrice(b.cust), p.units)}
	}
	if s.Tax != nil && s.Tax.Country == "DE" && d.One(150) {
		items[0].Tax = b.c.Catalog.taxes["DE reduced"]
	}
	ramp := kind == yearlyRamp || kind == monthlyRamp
	s.Sends = kind == yearlyRamp && d.One(600)
	var trial int64
	if !ramp && b.cust.Tax == nil && kind != monthAndYear && d.One(160) && !b.arrives {
		trial = []int64{7, 14, 30}[d.IntN(3)]
	}
	b.open(t, items, trial)
	switch {
	case ramp:
		b.schedule(kind, t, d)
	case !b.arrives:
		b.welcome(kind, t, d)
	}
	if trial == 0 && !ramp && kind != monthAndYear && kind != kiosk && d.One(12) && !b.arrives {
		s.Start = t - d.Span(5*day, 50*day)
		b.backdate(t)
	}
	if d.One(40) {
		p := b.price("setup")
		b.fee(t, p)
	}
	if trial > 0 {
		b.at(s.Trial.End-3*day, func(t int64) { b.tell(t, "customer.subscription.trial_will_end", AboutSubscription, nil) })
		b.convert(d)
	}
	v := b.bill(t, "subscription_create", b.lines(t), false)
	b.first(v, d)
}

// convert decides how a trial ends: by itself into a paid period, or not.
func (b *biller) convert(d dice.Dice) {
	end := b.sub.Trial.End
	switch d.Pick(65, 20, 15) {
	case 1: // gives up; runs out at the end of the trial
		b.at(b.sub.Created+d.Span(day, (end-b.sub.Created)-day), b.resign)
	case 2: // gives up at once
		b.at(b.sub.Created+d.Span(day, (end-b.sub.Created)-hour), func(t int64) { b.end(t, "cancellation_requested") })
	}
}

// backdate charges the time before the subscription was made.
func (b *biller) backdate(t int64) {
	items := b.last().Items
	for i := range items {
		it := &items[i]
		if it.Price.Metered {
			continue
		}
		full := it.Price.charge(b.sub.Currency, it.Quantity)
		c := b.cycle()
		x := b.charge(t, it.Price, it.Quantity, reckon.MulDiv(full, t-b.sub.Start, c.End-c.Start))
		x.ItemID, x.Start, x.End, x.Proration = it.ID, b.sub.Start, t, true
		if it.Tax != nil {
			x.Tax = it.Tax
		}
		x.event = b.tell(t, "invoiceitem.created", AboutInvoiceItem, func(e *Event) { e.Item = x })
	}
}

func (b *biller) price(offer string) *Price { return b.c.price(b.cust, offer) }

func (c *Company) price(cust *Customer, offer string) *Price {
	cur := cust.Currency
	list := c.Catalog.offers[offer]
	// Every other customer of the big currencies buys from the US list.
	if us := list["usd"]; cust.Ref.Customer()%2 == 0 && us.Options != nil && !us.Metered && us.Mode == 0 {
		if _, ok := us.Options[cur]; ok {
			return us
		}
	}
	return list[cur]
}

// basket is what a kind of customer starts with.
func (b *biller) basket(kind shop, t int64, d dice.Dice) []Item {
	one := func(offer string, quantity int64) Item { return b.item(t, b.price(offer), quantity) }
	pro := "pro-m"
	if t < monthsAfter(b.c.start, 9)+day {
		pro = "pro-m-v1"
	}
	few := func() int64 { return []int64{1, 1, 1, 2, 3}[d.IntN(5)] }
	switch kind {
	case plainYearly:
		return []Item{one([]string{"starter-y", "pro-y", "business-y"}[d.Pick(40, 40, 20)], few())}
	case plainQuarterly:
		return []Item{one([]string{"pro-q", "business-q"}[d.Pick(70, 30)], few())}
	case seatsMonthly:
		return []Item{one(pro, 1), one("seat-m", d.Span(2, 40))}
	case seatsYearly:
		return []Item{one("pro-y", 1), one("seat-y", d.Span(2, 40))}
	case tiersMonthly:
		return []Item{one("graduated-m", d.Span(1, 40))}
	case tiersYearly:
		return []Item{one("graduated-y", d.Span(1, 30))}
	case volumeMonthly:
		return []Item{one("volume-m", d.Span(1, 80))}
	case packs:
		return []Item{one([]string{"pack-m", "pack-down-m"}[d.IntN(2)], d.Span(300, 9000))}
	case micro:
		return []Item{one("micro-m", 10_000*d.Span(1, 60)+d.Span(0, 77))}
	case metered:
		return []Item{one(pro, 1), one([]string{"usage-m", "usage-tiered-m"}[d.IntN(2)], 0)}
	case fortnightly:
		return []Item{one("fortnight", few())}
	case kiosk:
		return []Item{one("daily", few())}
	case threeYears:
		return []Item{one("three-years", few())}
	case yearlyRamp:
		return []Item{one("ramp-y1", 1)}
	case monthlyRamp:
		return []Item{one("ramp-m1", few())}
	case twentyItems:
		var list []Item
		for i := range 20 {
			list = append(list, one(fmt.Sprintf("module-%d", i+1), few()))
		}
		return list
	case monthAndYear:
		return []Item{one(pro, 1), one("support-y", 1)}
	default:
		return []Item{one([]string{"starter-m", pro, "business-m"}[d.Pick(45, 40, 15)], few())}
	}
}

// welcome hands out the coupons of the beginning.
func (b *biller) welcome(kind shop, t int64, d dice.Dice) {
	get := func(id string) *Coupon { return b.c.Catalog.coupons[id] }
	items := b.last().Items
	if b.cust.Discounts != nil {
		if d.One(200) {
			b.attach(t, get("FOREVER10"), "")
		}
		return
	}
	money := b.cust.Tax == nil || !b.cust.Tax.Inclusive
	switch d.Pick(760, 40, 5, 50, 30, 30, 25, 15, 3, 20, 12, 10) {
	case 1:
		b.attach(t, get("FOREVER10"), "")
	case 2:
		b.attach(t, get("STAFF"), "")
	case 3:
		b.attach(t, get("HALF3"), "")
	case 4:
		b.attach(t, get("YEAR25"), "")
	case 5:
		b.attach(t, get("WELCOME20"), "")
	case 6:
		if money {
			b.attach(t, get("FIVE"), "")
		}
	case 7:
		if money {
			b.attach(t, get("TWENTY6"), "")
		}
	case 8:
		if money && kind != yearlyRamp {
			b.attach(t, get("FIVETHOUSAND"), "")
		}
	case 9:
		b.attach(t, get("SEATS15"), "")
		if money {
			b.attach(t, get("FIVE"), "")
		}
	case 10:
		b.attach(t, get("ITEM20"), items[0].ID)
		b.attach(t, get("FOREVER10"), "")
	case 11:
		if x := get("LAUNCH"); t < x.Deleted {
			b.attach(t, x, "")
		}
	}
}

// schedule plans the subscription ahead: three phases of rising prices.
func (b *biller) schedule(kind shop, t int64, d dice.Dice) {
	s := b.sub
	offers, months := []string{"ramp-y1", "ramp-y2", "ramp-y3"}, 12
	if kind == monthlyRamp {
		offers, months = []string{"ramp-m1", "ramp-m2", "ramp-m3"}, []int{3, 6, 12}[d.IntN(3)]
	}
	h := &Schedule{ID: b.c.ids.make(KindSchedule, s.Ref), Sub: s, Created: t, Cancels: d.One(150)}
	middle := int64(0)
	if kind == monthlyRamp && d.One(200) {
		middle = 11*day + 5*hour // phases that change in the middle of a period
	}
	quantity := b.last().Items[0].Quantity
	for i, o := range offers {
		p := Phase{Start: reckon.MonthsLater(t, i*months), End: reckon.MonthsLater(t, (i+1)*months), Price: b.price(o), Quantity: quantity}
		if middle > 0 {
			if i > 0 {
				p.Start += middle
			}
			if i < len(offers)-1 {
				p.End += middle
			}
		}
		h.Phases = append(h.Phases, p)
	}
	s.Schedule = h
	if middle == 0 && d.One(250) {
		h.Phases[0].Coupon = b.c.Catalog.coupons["FOREVER10"]
		b.attach(t, h.Phases[0].Coupon, "")
	}
	b.tell(t, "subscription_schedule.created", AboutSchedule, nil)
	if middle > 0 {
		for _, p := range h.Phases[1:] {
			b.at(p.Start, func(t int64) {
				if h.Released == 0 {
					b.phase(t)
					b.updated(t)
				}
			})
		}
	}
	if kind == monthlyRamp && !h.Cancels && d.One(250) {
		early := h.Phases[1].Start + d.Span(5*day, int64(months)*24*day)
		b.at(early, func(t int64) {
			if h.Released == 0 {
				b.release(t)
				b.updated(t)
			}
		})
	}
}

var (
	firstNames  = [...]string{"Amber", "Birch", "Cobalt", "Dune", "Ember", "Fjord", "Granite", "Harbor", "Iris", "Juniper", "Kestrel", "Lumen", "Maple", "North", "Onyx", "Pine", "Quartz", "River", "Slate", "Tundra"}
	secondNames = [...]string{"Analytics", "Bakery", "Clinics", "Dynamics", "Energy", "Foods", "Games", "Health", "Insurance", "Journal", "Kitchens", "Labs", "Media", "Networks", "Optics", "Pharma", "Robotics", "Studios", "Textiles", "Works"}
	forms       = [...]string{"Inc.", "Ltd", "GmbH", "B.V.", "K.K.", "& Söhne", "\"Plus\", Inc."}
)

func name(d dice.Dice) string {
	return firstNames[d.IntN(len(firstNames))] + " " + secondNames[d.IntN(len(secondNames))] + " " + forms[d.Pick(40, 20, 15, 10, 5, 5, 5)]
}
