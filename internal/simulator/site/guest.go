package site

import (
	"hash/fnv"

	"mrrsync/internal/simulator/dice"
)

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
				b.curtail(t, b.prices())
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
