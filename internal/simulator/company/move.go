package company

import (
	"fmt"
	"iter"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"

	"mrrsync/internal/simulator/dice"
)

// Stay is a time that a customer is paid for at another provider. A few
// customers move: from this company's Stripe account or contracts file to
// another provider, or from there to here, and a few of them back again. They
// are paid for there during [From, Until) and here at all other times.
//
// Who wants to move, and when, is drawn from the seed. A customer of Stripe
// that wants to go waits for an untroubled moment: its only subscription active
// and steady, not trialing, paused, dunned, planned ahead or about to end.
type Stay struct {
	Source, Customer string // the customer here: the source's name and the customer's identifier in it
	Number           int    // of the customer in its source, the first is 1
	Account          string // the company's own number for it, the same everywhere
	Tagged           bool   // both sides carry the number; if not, only the identity file tells
	Name, Email      string
	Country          string
	Owner, Segment   string
	Currency         string // upper case
	From, Until      int64  // half-open, Unix seconds; Until 0: for good
	Comes            bool   // here first and there from From on; if not, it has been there since From and comes here at Until
	// Monthly is the price of a month there, when it is the same as here, in
	// minor units with two decimals (none for JPY); 0: another price.
	Monthly int64
}

// path is what a customer's seed says about moving.
type path struct {
	leaves  int64 // from then on it looks for a moment to leave; 0 stays
	away    int64 // seconds until it is back, 0 for good
	since   int64 // it has been elsewhere since then, and comes from there; 0 does not
	level   bool  // at the same price
	units   int64 // bought on arrival
	tagged  bool
	carried bool // moves at all
}

// movable says whether the other provider counts a currency's minor units as
// this one does.
func movable(currency string) bool {
	return currency == "usd" || currency == "eur" || currency == "gbp" || currency == "jpy"
}

// longest is the longest time that a customer who comes here was elsewhere.
const longest = 400 * day

// path draws the path of customer i, who arrives here at a moment and pays in a
// currency.
func (c *Company) path(i int, at int64, currency string) path {
	d := dice.Roll(c.Config.Seed, forMove, uint64(i))
	if c.Config.Moves == 0 || d.IntN(c.Config.Moves) > 0 || !movable(currency) {
		return path{}
	}
	p := path{carried: true, tagged: d.One(500), level: d.One(650), units: d.Span(1, 3)}
	switch d.Pick(55, 15, 30) {
	case 0:
		p.leaves = at + d.Span(50*day, 300*day)
	case 1:
		p.leaves = at + d.Span(50*day, 200*day)
		p.away = d.Span(60*day, 200*day)
	case 2:
		p.since = max(at-d.Span(60*day, longest), c.start+day)
		if at-p.since < 40*day {
			return path{}
		}
	}
	return p
}

// arrives says whether the customer comes from elsewhere: its first
// subscription starts paid for in the moment in which the other one ends.
func (p path) arrives() bool { return p.since > 0 }

// depart ends the subscription because its customer moves away. Trouble puts
// it off for some days.
func (b *biller) depart(t int64) {
	sum := b.steady(t)
	if sum.Sign() == 0 {
		b.at(t+9*day, b.depart)
		return
	}
	b.cust.Left = t
	if b.cust.path.away > 0 {
		b.cust.Back = t + b.cust.path.away
	}
	if b.cust.path.level {
		b.cust.worth = hundredths(sum, b.sub.Currency)
	}
	b.end(t, "cancellation_requested")
}

// steady is what the subscription is worth a month, zero when it is in trouble
// or changed within the last two days.
func (b *biller) steady(t int64) decimal.Decimal {
	var now, before decimal.Decimal
	if !b.calm(t) || b.last().At > t-2*day || b.sub.Created > t-20*day || b.sub.Schedule != nil || !b.shown(t) {
		return now
	}
	for _, w := range valued(b.sub, t) {
		now = now.Add(w.mrr)
	}
	for _, w := range valued(b.sub, t-2*day) {
		before = before.Add(w.mrr)
	}
	if !now.Equal(before) {
		return decimal.Decimal{}
	}
	return now
}

// shown says whether the invoice of the running period shows the terms, and has
// done so for two days, so that what the customer had on the day before it moved
// can be told for ever.
func (b *biller) shown(t int64) bool {
	start := b.cycle().Start
	within := func(at int64) bool { return at > start && at <= t }
	return start <= t-2*day && b.last().At <= start && b.sub.PauseAt(start) == nil && !slices.ContainsFunc(b.cust.Discounts, func(d *Discount) bool {
		return within(d.Start) || within(d.Removed)
	})
}

// hundredths is an amount in minor units of two decimals (none for JPY), 0
// when it has more.
func hundredths(amount decimal.Decimal, currency string) int64 {
	if currency != "jpy" {
		amount = amount.Shift(2)
	}
	if !amount.IsInteger() {
		return 0
	}
	return amount.IntPart()
}

// levelPrice is what a customer that comes at the same price buys here.
func (c *Company) levelPrice(cust *Customer) *Price { return c.price(cust, "business-m") }

// Stays yields who is, was or will be paid for elsewhere, as far as it is known
// by the end of the history: whoever has been there until now and comes here
// later is among them.
func (c *Company) Stays() iter.Seq[Stay] {
	return func(yield func(Stay) bool) {
		for i := 0; ; i++ {
			at, more := c.arrival(i, c.until+longest)
			if !more {
				break
			}
			if s, ok := c.stay(i, at); ok && !yield(s) {
				return
			}
		}
		for _, k := range c.Contracts {
			if s, ok := k.stay(); ok && s.From <= c.until && !yield(s) {
				return
			}
		}
	}
}

// stay is the stay elsewhere of the customer who arrives here at a moment.
func (c *Company) stay(i int, at int64) (Stay, bool) {
	var cust *Customer
	if at < c.until {
		cust = c.Customers[i]
	} else {
		cust, _ = c.person(i, at)
	}
	p := cust.path
	s := Stay{
		Source: "main", Customer: cust.ID, Number: i + 1, Account: cust.Account, Tagged: p.tagged, Name: cust.Name, Email: cust.Email,
		Country: cust.Country, Owner: cust.Owner, Segment: cust.Segment, Currency: upper(cust.Currency),
	}
	switch {
	case p.arrives() && p.since < c.until:
		s.From, s.Until = p.since, at
		if p.level {
			s.Monthly = c.levelPrice(cust).In(cust.Currency).Unit / Scale * p.units
		}
	case cust.Left > 0:
		s.From, s.Until, s.Comes, s.Monthly = cust.Left, cust.Back, true, cust.worth
	default:
		return s, false
	}
	return s, true
}

// stay is the stay elsewhere of a contract's customer: one whose contract is
// ended early may go on elsewhere on the next day.
func (k *Contract) stay() (Stay, bool) {
	if k.Moves == 0 {
		return Stay{}, false
	}
	s := Stay{
		Source: "enterprise", Customer: k.Customer, Account: k.Account(), Tagged: k.Tagged, Name: "Enterprise " + k.Customer[4:],
		Email: "billing@" + k.Customer + ".example.com", Country: "US", Owner: k.Owner, Segment: k.Segment, Currency: k.Currency, From: k.Moves, Comes: true,
	}
	if _, err := fmt.Sscanf(k.Customer, "ENT-%d", &s.Number); err != nil {
		return s, false
	}
	if k.level {
		m := k.monthly()
		if k.Currency != "JPY" {
			m.Mul(m, big.NewRat(100, 1))
		}
		if m.IsInt() {
			s.Monthly = m.Num().Int64()
		}
	}
	return s, true
}
