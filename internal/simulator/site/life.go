package site

import (
	"fmt"
	"hash/fnv"
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
	teams
	crowds
	steps
	stepsYearly
	blocks
	community
	messages
	signals
	boxes
	kiosk
	metered
	yearlySupport
	quarterlySupport
	rampMonthly
	rampYearly
	agreement
	present
)

var shopWeights = []int{
	plainMonthly: 400, plainYearly: 130, plainQuarterly: 25, seatsMonthly: 130, seatsYearly: 25,
	teams: 30, crowds: 25, steps: 25, stepsYearly: 8, blocks: 15, community: 20, messages: 12, signals: 6,
	boxes: 12, kiosk: 4, metered: 45, yearlySupport: 18, quarterlySupport: 10, rampMonthly: 25, rampYearly: 15,
	agreement: 14, present: 8,
}

// live simulates own customer i, who arrives at a moment.
func (s *Site) live(i int, at int64) {
	d := dice.Roll(s.Config.Seed, forCustomer, uint64(i))
	n := d.Pick(240, 400, 200, 100, 60)
	c := &Customer{
		Ref: ref(i, 0, 0), Account: fmt.Sprintf("S-%06d", i+1), Name: name(d), Tagged: d.One(900),
		Country: []string{"US", "DE", "GB", "JP", "KW"}[n], Currency: []string{"USD", "EUR", "GBP", "JPY", "KWD"}[n],
	}
	first := CustomerVersion{
		At: at, Email: fmt.Sprintf("billing+s%d@example.com", i+1),
		Owner:   []string{"ana", "bo", "chi", ""}[d.Pick(30, 30, 20, 20)],
		Segment: []string{"smb", "mid-market", "enterprise", ""}[d.Pick(60, 20, 10, 10)],
	}
	c.Undated = d.One(40)
	deleted := int64(0)
	if d.One(8) {
		deleted = at + d.Span(60*reckon.Day, 500*reckon.Day)
	}
	s.welcome(c, first, deleted, d)
	s.subscribe(c, at, deleted, d)
	if deleted > 0 {
		s.leave(c, deleted)
	}
}

// welcome takes a customer in, who is deleted some day or (0) never.
func (s *Site) welcome(c *Customer, v CustomerVersion, deleted int64, d dice.Dice) {
	c.ID = s.id("", forCustomer, c.Ref)
	c.Versions = []CustomerVersion{v}
	p := map[string]int{"GB": 600, "DE": 400, "US": 150, "JP": 500}[c.Country]
	if t := taxes[c.Country]; t.Rate > 0 && d.One(p) {
		c.Tax = &t
	}
	s.add(c)
	s.of(c, v.At, "customer_created", nil)
	for range 2 {
		n := c.Versions[len(c.Versions)-1]
		n.At += d.Span(10*reckon.Day, 400*reckon.Day)
		if d.One(60) && (deleted == 0 || n.At < deleted) {
			if d.One(500) {
				n.Email = "new." + n.Email
			} else {
				n.Owner = map[string]string{"ana": "bo", "bo": "chi", "chi": "ana", "": "ana"}[n.Owner]
			}
			c.Versions = append(c.Versions, n)
			s.of(c, n.At, "customer_changed", nil)
		}
	}
}

// leave deletes a customer.
func (s *Site) leave(c *Customer, t int64) {
	v := c.Versions[len(c.Versions)-1]
	v.At, v.Deleted = t, true
	c.Versions = append(c.Versions, v)
	s.of(c, t, "customer_deleted", nil)
}

// of tells about the customer itself; owner 0xfe keeps its numbers apart.
func (s *Site) of(c *Customer, t int64, kind string, fill func(*Event)) {
	c.events++
	e := &Event{Ref: c.Ref + ref(0, 0xfe, c.events), At: t, Type: kind, Source: "admin_console", Customer: c}
	if fill != nil {
		fill(e)
	}
	s.emit(e)
}

// taxes are the sales taxes, by country.
var taxes = map[string]Tax{
	"US": {Name: "Sales tax", Country: "US", Rate: 825},
	"DE": {Name: "MwSt", Country: "DE", Rate: 1900, Inclusive: true},
	"GB": {Name: "VAT", Country: "GB", Rate: 2000},
	"JP": {Name: "Consumption tax", Country: "JP", Rate: 1000, Inclusive: true},
}

// subscribe lives the customer's subscriptions: a first one, perhaps others
// after it ended, and perhaps a second one beside it.
func (s *Site) subscribe(c *Customer, at, deleted int64, d dice.Dice) {
	beside := int64(0)
	if d.One(50) {
		beside = at + d.Span(20*reckon.Day, 400*reckon.Day)
	}
	t := at + d.Span(0, 2*reckon.Day)
	for n := range 5 {
		b := s.sell(c, n, t, deleted)
		if b == nil {
			break
		}
		back := dice.Roll(s.Config.Seed, forPlan, uint64(c.Ref), uint64(n), 1)
		end := b.sub.ended()
		if end == 0 || b.comeback || !back.One(200) {
			break
		}
		t = end + back.Span(3*reckon.Day, 220*reckon.Day)
	}
	if beside > 0 {
		s.sell(c, 8, beside, deleted)
	}
	slices.SortFunc(c.Subscriptions, func(a, b *Subscription) int { return int(a.Ref) - int(b.Ref) })
}

// ended is when the subscription ended for good, 0 while it may go on.
func (s *Subscription) ended() int64 {
	v := &s.Versions[len(s.Versions)-1]
	if v.Status == Cancelled {
		return v.Cancelled
	}
	return 0
}

// open makes the biller of subscription n of a customer.
func (s *Site) open(c *Customer, n int) *biller {
	r := c.Ref + ref(0, n, 0)
	sub := &Subscription{ID: s.id("", forPlan, r), Ref: r, Customer: c, Currency: c.Currency}
	c.Subscriptions = append(c.Subscriptions, sub)
	return &biller{s: s, cust: c, sub: sub, until: s.until}
}

// sell starts subscription n of a customer and lives it, nil when it lies
// beyond the history or the customer.
func (s *Site) sell(c *Customer, n int, t, deleted int64) *biller {
	if t > s.until || deleted > 0 && t > deleted-2*reckon.Day {
		return nil
	}
	d := dice.Roll(s.Config.Seed, forPlan, uint64(c.Ref), uint64(n))
	b := s.open(c, n)
	if deleted > 0 {
		b.at(deleted-reckon.Hour, func(t int64) {
			if s := b.last().Status; s != Cancelled && s != Transferred {
				b.cancelled(t, "")
			}
		})
		b.at(deleted, b.remove)
	}
	kind := shop(d.Pick(shopWeights...))
	if i := int(c.Ref >> 28); i < len(shopWeights) && n == 0 {
		kind = shop(i) // the first customers show the whole range
	}
	b.sign(kind, t, d)
	b.plan(kind, t)
	b.run()
	return b
}

// remove deletes the subscription.
func (b *biller) remove(t int64) {
	if v := b.last(); v.Deleted || v.Status == Transferred {
		return
	}
	b.version(t).Deleted = true
	b.tell(t, "subscription_deleted", nil)
}

// price finds the customer's price for an offer.
func (b *biller) price(offer string) *Price { return b.s.Catalog.offers[offer][b.sub.Currency] }

func (b *biller) item(offer string, quantity int64) Item {
	p := b.price(offer)
	return Item{Price: p, Quantity: quantity, Unit: p.Unit, Free: p.Free}
}

// basket is what a kind of customer starts with.
func (b *biller) basket(kind shop, t int64, d dice.Dice) []Item {
	pro := "pro-m"
	if t < reckon.MonthsLater(b.s.start, 9)+reckon.Day {
		pro = "pro-m-v1"
	}
	few := func() int64 { return []int64{1, 1, 1, 2, 3}[d.IntN(5)] }
	some := func(offers ...string) Item {
		it := b.item(offers[d.IntN(len(offers))], few())
		if it.Price.Model == FlatFee {
			it.Quantity = 1
		}
		return it
	}
	switch kind {
	case plainYearly:
		return []Item{some("starter-y", "pro-y", "pro-y", "business-y")}
	case plainQuarterly:
		return []Item{some("pro-q")}
	case seatsMonthly:
		return []Item{some(pro), b.item("seat-m", d.Span(2, 40))}
	case seatsYearly:
		return []Item{some("pro-y"), b.item("seat-y", d.Span(2, 40))}
	case teams:
		it := b.item("team-m", d.Span(1, 40))
		if b.s.Config.Catalogue == Items && d.One(300) {
			it.Tiers = ownTiers(it.Price)
		}
		return []Item{it}
	case crowds:
		return []Item{b.item("volume-m", d.Span(1, 80))}
	case steps:
		return []Item{b.item("steps-m", d.Span(1, 80))}
	case stepsYearly:
		return []Item{b.item("steps-y", d.Span(1, 30))}
	case blocks:
		return []Item{b.item("blocks-m", d.Span(1, 1500))}
	case community:
		return []Item{b.item("free-m", d.Span(1, 5)), b.item("seat-m", d.Span(1, 5))}
	case messages:
		return []Item{b.item("messages-m", 100_000*d.Span(1, 9)+d.Span(0, 1)*333)}
	case signals:
		return []Item{b.item("signals-m", 1<<31+d.Span(1, 900_000_000))}
	case boxes:
		return []Item{b.item("boxes", few())}
	case kiosk:
		return []Item{b.item("kiosk", 1)}
	case metered:
		return []Item{some(pro), b.item("usage-m", 0)}
	case yearlySupport, quarterlySupport:
		offer := map[shop]string{yearlySupport: "support-y", quarterlySupport: "support-q"}[kind]
		it := b.item(offer, 1)
		it.Own = true
		return []Item{some(pro), it}
	case rampMonthly:
		return []Item{b.item("scale-m", 1)}
	case rampYearly:
		return []Item{b.item("enterprise-y", 1)}
	case agreement:
		return []Item{some("business-m", "pro-q")}
	case present:
		return []Item{some("starter-y", "pro-m", "pro-q")}
	default:
		return []Item{some("starter-m", pro, pro, "business-m")}
	}
}

// ownTiers are what a customer agreed instead of the price's tiers.
func ownTiers(p *Price) []Tier {
	list := slices.Clone(p.Tiers)
	for i := range list {
		list[i].Unit = list[i].Unit * 9 / 10 / Scale * Scale
	}
	return list
}

// sign opens the subscription.
func (b *biller) sign(kind shop, t int64, d dice.Dice) {
	items := b.basket(kind, t, d)
	starts, trial := t, int64(0)
	plain := kind <= seatsYearly || kind == metered || kind == teams
	if plain && d.One(25) {
		starts = t + d.Span(2*reckon.Day, 40*reckon.Day)
	}
	if plain && d.One(150) {
		trial = []int64{7, 14, 30}[d.IntN(3)]
	}
	if plain && trial == 0 && starts == t && kind == seatsMonthly && d.One(60) {
		items[1].Trial = t + d.Span(10, 20)*reckon.Day
	}
	if plain && d.One(40) {
		items = append(items, b.item("onboarding", 1))
	}
	if plain && d.One(12) {
		it := b.item("activation", 1)
		it.OnEvent = true
		items = append(items, it)
	}
	b.coupons(kind, t, starts+trial*reckon.Day, items, d)
	if kind == present {
		b.sub.Gift = b.s.id("gift_", forPlan, b.sub.Ref)
	}
	undated := (kind == plainYearly || kind == seatsYearly) && d.One(200)
	terms := 0
	if kind == present || kind == boxes && d.One(200) {
		terms = 1 + int(d.Span(0, 1))
	}
	b.create(t, items, starts, trial, terms)
	if undated && starts == t && trial == 0 {
		b.sub.Versions[0].Undated = true
	}
	if items[len(items)-1].Trial > 0 || len(items) > 1 && items[1].Trial > 0 {
		b.at(items[1].Trial, b.itemTrialEnds)
	}
	if trial > 0 {
		b.hesitate(starts, trial, d)
	}
	switch kind {
	case rampMonthly, rampYearly:
		b.schedule(kind, t, d)
	case agreement:
		b.agree(t, d)
	}
}

// hesitate decides how a trial ends: by itself into a paid term, or not.
func (b *biller) hesitate(starts, days int64, d dice.Dice) {
	end := starts + days*reckon.Day
	at := starts + d.Span(reckon.Day, end-starts-reckon.Hour)
	switch d.Pick(65, 20, 15) {
	case 1: // gives up; runs out at the end of the trial
		b.at(at, func(t int64) {
			v := b.version(t)
			v.Cancelled, v.Announced, v.NextBilling = end, t, 0
			b.tell(t, "subscription_cancellation_scheduled", nil)
		})
	case 2: // gives up at once
		b.at(at, func(t int64) { b.cancelled(t, "") })
	}
}

// itemTrialEnds charges the rest of the term for items whose own trial ends.
func (b *biller) itemTrialEnds(t int64) {
	v := b.last()
	if v.Status != Active && v.Status != NonRenewing || t >= v.Term.End {
		return
	}
	var lines []Line
	for i := range v.Items {
		if it := &v.Items[i]; it.Trial == t {
			lines = append(lines, part(it, t, v.Term.Start, v.Term.End))
		}
	}
	b.bill(t, lines)
}

// agree puts the subscription under a contract.
func (b *biller) agree(t int64, d dice.Dice) {
	v := b.version(t)
	cycles := 12 / v.Count
	c := &Contract{
		ID: b.s.id("", forPlan, b.ref(1)), Start: t, Cycles: cycles, Status: "active",
		End:   reckon.Boundary(b.anchor, v.Every, v.Count, cycles),
		AtEnd: []string{"renew", "evergreen", "cancel"}[d.IntN(3)],
		Value: v.Items[0].Amount() * int64(cycles),
	}
	v.Contract = c
	b.term(t)
}

// schedule plans rising prices ahead: by ramps, or in catalogue 1.0 by changes
// at the end of a term.
func (b *biller) schedule(kind shop, t int64, d dice.Dice) {
	months, factors := int64(12), []int64{100, 125, 150}
	if kind == rampMonthly {
		months = []int64{3, 6, 12}[d.IntN(3)]
	}
	plan := b.last().Items[0]
	if b.s.Config.Catalogue == Plans {
		for i := 1; i < len(factors); i++ {
			dearer := plan
			dearer.Unit = plan.Unit * factors[i] / 100 / Scale * Scale
			b.at(reckon.MonthsLater(t, i*int(months))-5*reckon.Day, func(t int64) {
				if b.calm(t) {
					b.later(t, []Item{dearer})
				}
			})
		}
		return
	}
	middle := int64(0)
	if kind == rampMonthly && (b.cust.Tax == nil || !b.cust.Tax.Inclusive) && d.One(300) {
		middle = 11*reckon.Day + 5*reckon.Hour // ramps in the middle of a term
	}
	support := kind == rampMonthly && d.One(300)
	for i := 1; i < len(factors); i++ {
		dearer := plan
		dearer.Unit = plan.Unit * factors[i] / 100 / Scale * Scale
		r := b.newRamp(t, reckon.MonthsLater(t, i*int(months))+middle)
		r.Update = []Item{dearer}
		switch {
		case support && i == 1:
			r.Add = []Item{b.item("support-m", 1)}
		case support:
			r.Remove = []*Price{b.price("support-m")}
		}
		if i == 1 && len(b.sub.Discounts) > 0 && b.sub.Discounts[0].Duration == Forever {
			r.Drop = b.sub.Discounts[0].Coupon
		}
		if middle > 0 {
			b.at(r.Effective, b.ramp)
		}
		b.tell(t, "subscription_ramp_created", func(e *Event) { e.Ramp = r })
	}
	if d.One(200) {
		r := b.newRamp(t, reckon.MonthsLater(t, int(months)+1))
		r.Ends, r.Update = Draft, []Item{plan}
	}
	if d.One(200) {
		r := b.newRamp(t, reckon.MonthsLater(t, 2)+reckon.Day)
		r.Ends, r.Update = Failed, []Item{plan}
		r.Update[0].Unit = plan.Unit * 3
		r.Why = [2]string{"ramp_effective_date_in_past", "The ramp could not be applied."}
	}
}

func (b *biller) newRamp(t, effective int64) *Ramp {
	n := len(b.sub.Ramps)
	r := &Ramp{ID: b.s.id("ramp_", forPlan, b.ref(n+2)), Ref: b.ref(n), Sub: b.sub, Created: t, Effective: effective, Ends: Succeeded}
	b.sub.Ramps = append(b.sub.Ramps, r)
	return r
}

// ramp applies the ramp that takes effect at t. One in the middle of a term
// charges nothing for the rest of it.
func (b *biller) ramp(t int64) {
	for _, r := range b.sub.Ramps {
		if r.Effective != t || r.Ends != Succeeded || r.Deleted > 0 {
			continue
		}
		if s := b.last().Status; s != Active && s != NonRenewing {
			r.Ends, r.Why = Failed, [2]string{"subscription_not_active", "The subscription is not active."}
			continue
		}
		v := b.version(t)
		var items []Item
		for _, it := range v.Items {
			if slices.Contains(r.Remove, it.Price) {
				continue
			}
			for _, u := range r.Update {
				if u.Price == it.Price {
					it = u
				}
			}
			items = append(items, it)
		}
		v.Items = append(items, r.Add...)
		for _, x := range b.sub.Discounts {
			if r.Drop != nil && x.Coupon == r.Drop && x.Attached(t) {
				x.Removed = t
			}
		}
		b.tell(t, "subscription_ramp_applied", func(e *Event) { e.Ramp = r })
	}
}

// coupons hands out the coupons of the beginning; paid is when the first paid
// term begins.
func (b *biller) coupons(kind shop, t, paid int64, items []Item, d dice.Dice) {
	inclusive := b.cust.Tax != nil && b.cust.Tax.Inclusive
	seats := slices.ContainsFunc(items, func(x Item) bool { return x.Price.Product.Name == "Seats" })
	if slices.ContainsFunc(items, func(x Item) bool { return x.Trial > 0 }) || kind == present {
		return
	}
	give := func(keys ...string) {
		for _, k := range keys {
			x := b.s.Catalog.coupon(k, b.sub.Currency)
			if (x.Kind != Percentage) && inclusive {
				return
			}
			if x.Archived == 0 || t < x.Archived {
				b.attach(t, paid, x)
			}
		}
	}
	switch d.Pick(720, 45, 5, 50, 35, 10, 30, 25, 15, 4, 25, 40, 12, 8) {
	case 1:
		give("FOREVER10")
	case 2:
		give("STAFF100")
	case 3:
		give("HALF3")
	case 4:
		give("YEAR25")
	case 5:
		give("WEEKS6")
	case 6:
		give("WELCOME20")
	case 7:
		give("FIVE")
	case 8:
		give("TWENTY6")
	case 9:
		if kind < rampMonthly {
			give("HUGE")
		}
	case 10:
		if seats {
			give("SEATS15")
		}
		give("FIVE")
	case 11:
		if seats && !inclusive {
			give("TWOSEATS")
		} else {
			give("FOREVER10")
		}
	case 12:
		give("LAUNCH")
	case 13:
		b.manual(t, d)
	}
}

// attach gives the subscription a coupon.
func (b *biller) attach(t, paid int64, x *Coupon) *Discount {
	m := &Discount{Coupon: x, Created: t, Reduction: x.Reduction, Twice: dice.Hash(uint64(b.sub.Ref), uint64(t))%4 == 0}
	if x.Duration == LimitedPeriod {
		m.Till = reckon.Boundary(paid, x.Unit, x.Period, 1)
	}
	b.sub.Discounts = append(b.sub.Discounts, m)
	return m
}

// manual gives the subscription a discount without a coupon.
func (b *biller) manual(t int64, d dice.Dice) {
	if b.s.Config.Catalogue == Plans {
		return
	}
	r := Reduction{Kind: Percentage, Percent: 100 * d.Span(5, 20), Duration: Forever}
	m := &Discount{ID: b.s.id("", forPlan, b.ref(900+b.next(discountNumber))), Created: t, Reduction: r}
	switch d.Pick(50, 30, 20) {
	case 1:
		if b.cust.Tax == nil || !b.cust.Tax.Inclusive {
			m.Reduction = Reduction{Kind: FixedAmount, Off: local(700, 1, b.sub.Currency), Currency: b.sub.Currency, Duration: Forever}
		}
	case 2:
		m.Duration, m.Period, m.Unit = LimitedPeriod, 4, reckon.Monthly
		m.Till = reckon.MonthsLater(t, 4)
	}
	b.sub.Discounts = append(b.sub.Discounts, m)
}

// host lives a guest's stays on the site.
func (s *Site) host(g Guest) {
	if len(g.Stays) == 0 || g.Stays[0].From.Unix() > s.until {
		return
	}
	// Other guests may come or stay away: who a guest is depends on its account.
	h := fnv.New64a()
	_, _ = h.Write([]byte(g.Account))
	d := dice.Roll(s.Config.Seed, forGuest, h.Sum64())
	c := &Customer{
		Ref: ref(guests|int(h.Sum64()%guests), 0, 0), Guest: true, Account: g.Account, Tagged: g.Tagged, Name: g.Name,
		Country: g.Country, Currency: upper(g.Currency),
	}
	at := g.Stays[0].From.Unix()
	s.welcome(c, CustomerVersion{At: at, Email: "billing+" + g.Account + "@example.com", Owner: g.Owner, Segment: g.Segment}, 0, d)
	for _, y := range g.Stays {
		if y.Monthly > 0 {
			c.Tax = nil // what was agreed is what counts
		}
	}
	for n, y := range g.Stays {
		t := y.From.Unix()
		if t > s.until {
			break
		}
		b := s.open(c, n)
		if !y.Until.IsZero() {
			b.bound = y.Until.Unix()
			b.at(b.bound, func(t int64) {
				b.credit(t, "subscription_cancellation", b.prices())
				b.cancelled(t, "")
			})
		}
		d := dice.Roll(s.Config.Seed, forPlan, uint64(c.Ref), uint64(n))
		items := b.basket([]shop{plainMonthly, plainYearly, seatsMonthly}[d.Pick(60, 15, 25)], t, d)
		if y.Monthly > 0 {
			items = []Item{b.item("starter-m", 1)}
			items[0].Unit = y.Monthly * Scale
		}
		b.create(t, items, t, 0, 0)
		if b.bound == 0 || y.Monthly == 0 {
			b.plan(plainMonthly, t)
		}
		b.run()
	}
}

var (
	firstNames  = [...]string{"Alder", "Basalt", "Cedar", "Delta", "Elm", "Fern", "Glacier", "Heron", "Indigo", "Jasper", "Kite", "Linden", "Moss", "Nimbus", "Osprey", "Poplar", "Quill", "Rowan", "Sable", "Thistle"}
	secondNames = [...]string{"Archive", "Brewing", "Capital", "Design", "Engines", "Freight", "Gardens", "Hotels", "Imaging", "Joinery", "Keramik", "Logistics", "Mills", "Nautics", "Outdoor", "Printing", "Quarries", "Rail", "Solar", "Tours"}
	forms       = [...]string{"Ltd", "GmbH", "S.A.", "A/S", "AB", "& Sons", "\"Nord\" AG"}
)

func name(d dice.Dice) string {
	return firstNames[d.IntN(len(firstNames))] + " " + secondNames[d.IntN(len(secondNames))] + " " + forms[d.Pick(30, 30, 10, 10, 10, 5, 5)]
}
