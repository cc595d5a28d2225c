package site

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
	donated
)

var shopWeights = []int{
	plainMonthly: 400, plainYearly: 130, plainQuarterly: 25, seatsMonthly: 130, seatsYearly: 25,
	teams: 30, crowds: 25, steps: 25, stepsYearly: 8, blocks: 15, community: 20, messages: 12, signals: 6,
	boxes: 12, kiosk: 4, metered: 45, yearlySupport: 18, quarterlySupport: 10, rampMonthly: 25, rampYearly: 15,
	agreement: 14, donated: 8,
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
	if v := dice.Roll(s.Config.Seed, forVanishing, uint64(i)); s.Config.Vanishing > 0 && v.IntN(s.Config.Vanishing) == 0 {
		c.Vanished = at + v.Span(40*reckon.Day, 600*reckon.Day)
	}
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
	s.of(c, v.At, "customer_created")
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
			s.of(c, n.At, "customer_changed")
		}
	}
}

// leave deletes a customer.
func (s *Site) leave(c *Customer, t int64) {
	v := c.Versions[len(c.Versions)-1]
	v.At, v.Deleted = t, true
	c.Versions = append(c.Versions, v)
	s.of(c, t, "customer_deleted")
}

// of tells about the customer itself; owner 0xfe keeps its numbers apart.
func (s *Site) of(c *Customer, t int64, kind string) {
	c.events++
	s.emit(&Event{Ref: c.Ref + ref(0, 0xfe, c.events), At: t, Type: kind, Source: "admin_console", Customer: c})
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
	case donated:
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
	if kind == donated {
		b.sub.Gift = b.s.id("gift_", forPlan, b.sub.Ref)
	}
	undated := (kind == plainYearly || kind == seatsYearly) && d.One(200)
	terms := 0
	if kind == donated || kind == boxes && d.One(200) {
		terms = 1 + int(d.Span(0, 1))
	}
	if plain && trial == 0 && starts == t && items[len(items)-1].Recurring() && len(b.sub.Discounts) == 0 && !slices.ContainsFunc(items, func(x Item) bool { return x.Trial > 0 }) && d.One(15) {
		starts -= d.Span(2*reckon.Day, 25*reckon.Day) // agreed before it was written down
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
	if kind == rampMonthly || kind == rampYearly {
		b.schedule(kind, t, d)
	}
	if kind == agreement {
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

var (
	firstNames  = [...]string{"Alder", "Basalt", "Cedar", "Delta", "Elm", "Fern", "Glacier", "Heron", "Indigo", "Jasper", "Kite", "Linden", "Moss", "Nimbus", "Osprey", "Poplar", "Quill", "Rowan", "Sable", "Thistle"}
	secondNames = [...]string{"Archive", "Brewing", "Capital", "Design", "Engines", "Freight", "Gardens", "Hotels", "Imaging", "Joinery", "Keramik", "Logistics", "Mills", "Nautics", "Outdoor", "Printing", "Quarries", "Rail", "Solar", "Tours"}
	forms       = [...]string{"Ltd", "GmbH", "S.A.", "A/S", "AB", "& Sons", "\"Nord\" AG"}
)

func name(d dice.Dice) string {
	return firstNames[d.IntN(len(firstNames))] + " " + secondNames[d.IntN(len(secondNames))] + " " + forms[d.Pick(30, 30, 10, 10, 10, 5, 5)]
}
