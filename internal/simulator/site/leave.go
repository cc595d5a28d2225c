package site

import (
	"mrrsync/internal/simulator/dice"
	"mrrsync/internal/simulator/reckon"
)

// resign announces the end for the end of the term.
func (b *biller) resign(t int64, d dice.Dice) {
	v := b.version(t)
	v.Status, v.Cancelled, v.Announced, v.NextBilling = NonRenewing, v.Term.End, t, 0
	b.tell(t, "subscription_cancellation_scheduled", nil)
	b.afterwards(v.Term.End, d)
}

// quit ends the subscription at once, with or without a credit for the rest.
func (b *biller) quit(t int64, d dice.Dice) {
	if d.One(500) {
		b.credit(t, "subscription_cancellation", b.prices())
		b.curtail(t, b.prices())
	}
	b.cancelled(t, "")
	b.afterwards(t, d)
}

// afterwards decides what becomes of a subscription that ends at a moment: it
// may be taken up again, or be deleted.
func (b *biller) afterwards(end int64, d dice.Dice) {
	switch d.Pick(800, 130, 70) {
	case 1:
		b.returns, b.comeback = true, true
		b.at(end+d.Span(2*reckon.Day, 90*reckon.Day), func(t int64) {
			if v := b.last(); v.Status == Cancelled && !v.Deleted {
				b.reactivate(t)
			}
			b.returns = false
		})
	case 2:
		b.at(end+d.Span(20*reckon.Day, 200*reckon.Day), func(t int64) {
			if b.last().Status == Cancelled {
				b.remove(t)
			}
		})
	}
}

// reactivate takes a cancelled subscription up again: a new term begins.
func (b *biller) reactivate(t int64) {
	b.sub.darks = append(b.sub.darks, dark{from: b.last().Cancelled, to: t})
	b.charged = map[*Price]charge{}
	b.activate(t, t)
	b.tell(t, "subscription_reactivated", nil)
}

// waver announces the end and takes it back.
func (b *biller) waver(t int64, d dice.Dice) {
	end := b.last().Term.End
	back := min(t+d.Span(reckon.Hour, 6*reckon.Day), end-reckon.Hour)
	v := b.version(t)
	v.Status, v.Cancelled, v.Announced, v.NextBilling = NonRenewing, end, t, 0
	b.tell(t, "subscription_cancellation_scheduled", nil)
	b.at(back, func(t int64) {
		if b.last().Status != NonRenewing {
			return
		}
		v := b.version(t)
		v.Status, v.Cancelled, v.Announced, v.NextBilling = Active, 0, 0, v.Term.End
		b.tell(t, "subscription_scheduled_cancellation_removed", nil)
	})
}

// pause stops the subscription for a while: at once or at the end of the term,
// with or without a date to resume. Some never come back.
func (b *biller) pause(t int64, d dice.Dice) {
	back := t + d.Span(5*reckon.Day, 80*reckon.Day)
	dated, credit, stays := d.One(500), d.One(500), d.One(150)
	begin := func(t int64) {
		v := b.version(t)
		if v.Status != Active {
			return
		}
		if credit && t < v.Term.End {
			b.credit(t, "subscription_pause", b.prices())
			b.curtail(t, b.prices())
		}
		v.Status, v.PauseDate, v.NextBilling = Paused, t, 0
		if dated {
			v.ResumeDate = back
		}
		b.tell(t, "subscription_paused", nil)
	}
	if d.One(300) {
		v := b.version(t)
		v.PauseDate = v.Term.End - reckon.Hour
		back = max(back, v.PauseDate+5*reckon.Day)
		b.tell(t, "subscription_pause_scheduled", nil)
		b.at(v.PauseDate, begin)
	} else {
		begin(t)
	}
	if stays {
		b.at(back-reckon.Day, func(t int64) {
			if b.last().Status == Paused {
				b.cancelled(t, "")
			}
		})
	}
	b.at(back, b.resume)
}

// resume ends a pause. When the term has run out meanwhile, or was credited, a
// new one begins.
func (b *biller) resume(t int64) {
	v := b.last()
	if v.Status != Paused {
		return
	}
	b.sub.darks = append(b.sub.darks, dark{from: v.PauseDate, to: t})
	_, covered := b.charged[v.Plan().Price]
	if t < v.Term.End && covered {
		n := b.version(t)
		n.Status, n.PauseDate, n.ResumeDate, n.NextBilling = Active, 0, 0, n.Term.End
	} else {
		activated := v.Activated
		b.charged = map[*Price]charge{}
		b.activate(t, t)
		b.last().Activated = activated
	}
	b.tell(t, "subscription_resumed", nil)
}

// handOver has the subscription go over to another customer with the next term.
// Chargebee hands nothing over that is not billed: it is charged first.
func (b *biller) handOver(t int64) {
	b.bill(t, nil)
	b.heir = true
}

// transfer hands the subscription over to another customer of the same
// account, with the beginning of a term.
func (b *biller) transfer(t int64) {
	old := b.cust
	c := &Customer{
		Ref: old.Ref | ref(heirs, 0, 0), Account: old.Account, Name: old.Name + " (new)", Tagged: true,
		Country: old.Country, Currency: old.Currency, Tax: old.Tax,
	}
	last := *old.At(t)
	c.ID = b.s.id("", forCustomer, c.Ref)
	last.At = t
	c.Versions = []CustomerVersion{last}
	b.s.add(c)
	b.s.of(c, t, "customer_created")
	h := b.s.open(c, 0)
	h.sub.From, b.sub.To = b.sub, h.sub
	v := b.version(t)
	v.Status, v.NextBilling = Transferred, 0
	b.tell(t, "subscription_business_entity_changed", nil)
	items := b.clone()
	h.create(t, items, t, 0, 0)
	h.plan(plainMonthly, t)
	h.run()
}
