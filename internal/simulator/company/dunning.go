package company

import (
	"slices"

	"mrrsync/internal/simulator/dice"
	"mrrsync/internal/simulator/reckon"
)

// collect tries to get an invoice paid. What becomes of it is drawn at once;
// what follows for the subscription happens when its time comes.
func (b *biller) collect(v *Invoice) {
	s := b.sub
	if p := s.PauseAt(v.Created); p != nil && v.Reason == "subscription_cycle" {
		b.park(v, p.Behavior)
		return
	}
	if b.last().Status == Unpaid {
		v.Finalized = 0
		return
	}
	b.finalize(v)
	d := dice.Roll(b.c.Config.Seed, forPayment, uint64(v.Ref))
	if v.Sums().Total <= 0 {
		b.pay(v, v.Finalized)
		return
	}
	if s.Sends {
		b.pay(v, v.Finalized+d.Span(3*day, 28*day))
		return
	}
	if v.Reason == "subscription_cycle" && b.every >= Month && b.last().Status == Active && !b.last().CancelAtEnd && d.One(25) {
		b.dun(v, d)
		return
	}
	if v.Reason == "subscription_cycle" && b.every >= Month && d.One(3) {
		b.reissue(v, v.Finalized+d.Span(hour, 2*day))
		return
	}
	b.pay(v, v.Finalized+d.Span(2, 50))
}

// reissue voids an invoice before it is paid and puts a corrected copy in its
// place: the service period stays charged.
func (b *biller) reissue(v *Invoice, t int64) {
	if slices.ContainsFunc(v.Lines, func(l Line) bool { return l.Aside != nil }) {
		b.pay(v, v.Finalized)
		return
	}
	b.at(t, func(t int64) {
		v.Voided = t
		b.billed(t, "invoice.voided", v)
		r := b.ref(len(b.sub.Invoices))
		w := *v
		w.ID, w.Ref, w.Created, w.Finalized, w.Voided = b.c.ids.make(KindInvoice, r), r, t, t, 0
		w.Reason, w.Number, w.Revises = "manual", len(b.sub.Invoices)+1, v
		w.Lines = slices.Clone(v.Lines)
		v.Revised = &w
		b.sub.Invoices = append(b.sub.Invoices, &w)
		b.billed(t, "invoice.created", &w)
		b.finalize(&w)
		b.pay(&w, t+20)
	})
}

func (b *biller) finalize(v *Invoice) {
	b.billed(v.Finalized, "invoice.finalized", v)
}

func (b *biller) pay(v *Invoice, t int64) {
	v.Paid = t
	b.billed(t, "invoice.paid", v)
	b.billed(t, "invoice.payment_succeeded", v)
	b.credit(v)
}

// park is what a pause makes of an invoice.
func (b *biller) park(v *Invoice, how Behavior) {
	switch how {
	case Void:
		v.Finalized, v.Voided = v.Created, v.Created
		b.billed(v.Created, "invoice.voided", v)
	case MarkUncollectible:
		v.Finalized, v.Uncollectible = v.Created, v.Created
		b.billed(v.Created, "invoice.marked_uncollectible", v)
	case KeepAsDraft:
		v.Finalized = 0
	}
}

// dun is the story of a failed payment: mostly it is paid some days later,
// sometimes the subscription becomes unpaid, sometimes it is cancelled.
func (b *biller) dun(v *Invoice, d dice.Dice) {
	failed := v.Finalized + 2
	v.Attempts = append(v.Attempts, failed)
	b.at(failed, func(t int64) {
		b.version(t).Status = PastDue
		b.billed(t, "invoice.payment_failed", v)
		b.updated(t)
	})
	paid := func(t int64) {
		b.pay(v, t)
		b.version(t).Status = Active
		b.updated(t)
	}
	limit := failed + d.Span(14*day, 18*day)
	switch d.Pick(72, 10, 18) {
	case 0:
		b.at(failed+d.Span(day, 11*day), paid)
	case 1:
		back, gone := d.Span(8*day, 45*day), d.Span(15*day, 60*day)
		recovers := d.One(550)
		b.at(limit, func(t int64) {
			b.version(t).Status = Unpaid
			n := b.updated(t)
			b.sub.darks = append(b.sub.darks, dark{from: t, told: t, event: n})
			i := len(b.sub.darks) - 1
			if !recovers {
				b.at(t+gone, func(t int64) { b.end(t, "payment_failed") })
				return
			}
			b.at(t+back, func(t int64) {
				paid(t)
				b.sub.darks[i].to = t
				b.sub.darks = append(b.sub.darks, dark{from: t, next: true, told: t, event: b.sub.events})
			})
		})
	case 2:
		b.at(limit, func(t int64) { b.end(t, "payment_failed") })
	}
}

// first collects the invoice of a new subscription, which may stay incomplete.
func (b *biller) first(v *Invoice, d dice.Dice) {
	if v.Sums().Total <= 0 || b.last().Status == Trialing {
		b.finalize(v)
		b.pay(v, v.Finalized)
		return
	}
	b.finalize(v)
	if b.sub.Sends {
		b.pay(v, v.Created+d.Span(3*day, 28*day))
		return
	}
	if !d.One(30) || b.arrives {
		b.pay(v, v.Created+d.Span(1, 9))
		return
	}
	b.last().Status = Incomplete
	if d.One(600) {
		b.at(v.Created+d.Span(2*minute, 20*minute), func(t int64) {
			b.pay(v, t)
			b.version(t).Status = Active
			b.sub.darks = append(b.sub.darks, dark{from: v.Created, to: t, told: t, event: b.updated(t)})
		})
		return
	}
	b.at(v.Created+23*hour, func(t int64) {
		v.Voided = t
		b.billed(t, "invoice.voided", v)
		x := b.version(t)
		x.Status, x.EndedAt = IncompleteExpired, t
		b.updated(t)
	})
}

// credit gives part of a paid invoice back now and then.
func (b *biller) credit(v *Invoice) {
	d := dice.Roll(b.c.Config.Seed, forPayment, uint64(v.Ref), 1)
	if !d.One(8) {
		return
	}
	t := v.Paid + d.Span(2*day, 20*day)
	for i := range v.Lines {
		l := &v.Lines[i]
		base := l.Amount - l.Discounted()
		if base < 100 || l.Proration {
			continue
		}
		r := b.ref(b.notes)
		b.notes++
		n := &CreditNote{ID: b.c.ids.make(KindCreditNote, r), Ref: r, Customer: b.cust, Invoice: v, Created: t, Line: i, Amount: base / 4, Number: b.notes}
		if l.Tax != nil && !l.Tax.Inclusive {
			n.Tax = reckon.MulDiv(n.Amount, l.Tax.Rate, 10_000)
		}
		b.sub.Credits = append(b.sub.Credits, n)
		b.tell(t, "credit_note.created", AboutCreditNote, func(e *Event) { e.Credit, e.Invoice = n, v })
		return
	}
}
