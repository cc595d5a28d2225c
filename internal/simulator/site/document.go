package site

import (
	"slices"

	"mrrsync/internal/simulator/dice"
	"mrrsync/internal/simulator/reckon"
)

// termLines are the lines of the running term, which begins at t.
func (b *biller) termLines(t int64) []Line {
	v := b.last()
	var list []Line
	items := slices.Clone(v.Items)
	for i := range items {
		it := &items[i]
		p := it.Price
		switch {
		case p.Product.Kind == Charge:
			if it.Charged == 0 && b.k == 0 {
				it.Charged = t
				list = append(list, b.line(it, t, t))
			}
		case p.Product.Metered:
			if l, ok := b.usage(it, t); ok {
				list = append(list, l)
			}
		case it.Trial > t:
		default:
			if to := b.due(it); to > 0 {
				list = append(list, b.line(it, t, to))
			}
		}
		if i == 0 && p.Setup > 0 && len(b.sub.Invoices) == 0 && b.sub.From == nil {
			list = append(list, Line{Entity: ForSetup, Price: p, From: t, To: t, Quantity: 1, Unit: p.Setup * Scale, Amount: p.Setup})
		}
	}
	v.Items = items
	return list
}

// due says until when an item is charged at the start of the running term, 0
// when it is not charged now.
func (b *biller) due(it *Item) int64 {
	v, p := b.last(), it.Price
	if p.Every == v.Every && p.Count == v.Count {
		return v.Term.End
	}
	n := p.Count
	if p.Every == reckon.Yearly && v.Every == reckon.Monthly {
		n *= 12
	}
	n /= v.Count
	if b.k%n != 0 {
		return 0
	}
	return reckon.Boundary(b.anchor, v.Every, v.Count, b.k+n)
}

// line charges an item in full for a service period.
func (b *biller) line(it *Item, from, to int64) Line {
	l := Line{Price: it.Price, Entity: ForItem, From: from, To: to, Quantity: it.Quantity, Unit: it.Unit, Amount: it.Amount()}
	if it.Price.Tiers != nil {
		l.Tiers = it.uses(it.units())
	}
	if it.Price.Decimal {
		l.Exact = it.Exact()
	}
	return l
}

// usage charges a metered item in arrears, for the term before.
func (b *biller) usage(it *Item, t int64) (Line, bool) {
	if b.k == 0 {
		return Line{}, false
	}
	v := b.last()
	d := dice.Roll(b.s.Config.Seed, forUsage, uint64(b.sub.Ref), uint64(t))
	used := *it
	used.Quantity = d.Span(0, 6000)
	l := b.line(&used, reckon.Boundary(b.anchor, v.Every, v.Count, b.k-1), t)
	return l, true
}

// part charges an item for the rest of its service period.
func part(it *Item, from, start, end int64) Line {
	l := Line{Price: it.Price, Entity: ForItem, From: from, To: end, Quantity: it.Quantity, Prorated: true}
	left, whole := end-from, end-start
	switch it.Price.Model {
	case FlatFee, PerUnit:
		l.Unit = reckon.MulDiv(it.Unit/Scale, left, whole) * Scale
		l.Amount = l.Unit / Scale
		if it.Price.Model == PerUnit {
			l.Amount *= it.units()
		}
	default:
		l.Amount = reckon.MulDiv(it.Amount(), left, whole)
		l.Tiers = it.uses(it.units())
	}
	return l
}

// bill writes an invoice of some lines and what was not billed yet, unless that
// is nothing at all.
func (b *biller) bill(t int64, lines []Line) {
	lines = append(b.unbilled, lines...)
	if b.unbilled = nil; len(lines) == 0 {
		return
	}
	s := b.sub
	n := b.next(invoiceNumber)
	v := &Invoice{Ref: b.ref(n), Customer: b.cust, Sub: s, Currency: s.Currency, Date: t, Recurring: true, First: n == 1, Lines: lines}
	b.reduce(v)
	b.tax(v)
	for i := range v.Lines {
		l := &v.Lines[i]
		l.ID = b.lineID()
		if l.Entity == ForItem && l.To > l.From && !l.Price.Product.Metered {
			b.charged[l.Price] = charge{v, i}
		}
	}
	s.Invoices = append(s.Invoices, v)
	b.use(v)
	kind := "invoice_generated"
	if b.last().Term.Start < b.sub.Created {
		kind += "_with_backdating"
	}
	b.tell(t, kind, func(e *Event) { e.Invoice = v })
	b.collect(v)
}

func (b *biller) lineID() string {
	return b.s.id("li_", forLines, b.ref(b.next(lineNumber)))
}

// reduce puts the running discounts on an invoice, those of items first, and
// uses up the one-time ones.
func (b *biller) reduce(v *Invoice) {
	for _, perItem := range []bool{true, false} {
		for _, d := range b.sub.Discounts {
			if d.PerItem() != perItem || !d.Runs(v.Date) || d.used {
				continue
			}
			if took := v.cut(d); took && d.Duration == OneTime {
				d.used = true
			}
		}
	}
}

// cut lets one discount work on the invoice's lines. Money and one-time
// coupons wait for a line of a whole period.
func (v *Invoice) cut(d *Discount) bool {
	var at []int
	var left []int64
	var sum int64
	for i := range v.Lines {
		l := &v.Lines[i]
		cut, _ := l.Discounted()
		n := l.Amount - cut
		if n <= 0 || d.PerItem() && (l.Entity != ForItem || !slices.Contains(d.Prices, l.Price)) {
			continue
		}
		if l.Prorated && (d.Kind == FixedAmount || d.Duration == OneTime) {
			continue
		}
		at, left, sum = append(at, i), append(left, n), sum+n
	}
	if sum == 0 {
		return false
	}
	var cuts []int64
	if d.Kind == FixedAmount && !d.PerItem() {
		cuts = reckon.Spread(min(d.Off, sum), left, sum)
	} else {
		for j, i := range at {
			l := &v.Lines[i]
			switch d.Kind {
			case Percentage:
				cuts = append(cuts, reckon.MulDiv(left[j], d.Percent, 10_000))
			case FixedAmount:
				cuts = append(cuts, min(d.Off, left[j]))
			default:
				cuts = append(cuts, min(reckon.MulDiv(min(d.Units, l.Quantity), l.Unit, Scale), left[j]))
			}
		}
	}
	for j, i := range at {
		v.Lines[i].Cuts = append(v.Lines[i].Cuts, Cut{Discount: d, Amount: cuts[j]})
	}
	return true
}

// tax taxes an invoice's lines.
func (b *biller) tax(v *Invoice) {
	x := b.cust.Tax
	if x == nil {
		return
	}
	v.Inclusive = x.Inclusive
	for i := range v.Lines {
		l := &v.Lines[i]
		cut, _ := l.Discounted()
		base := l.Amount - cut
		l.Rate = x.Rate
		if x.Inclusive {
			l.Tax = base - reckon.MulDiv(base, 10_000, 10_000+x.Rate)
		} else {
			l.Tax = reckon.MulDiv(base, x.Rate, 10_000)
		}
	}
}

// use pays an invoice with what credit notes have left.
func (b *biller) use(v *Invoice) {
	due := v.Sums().Total
	for _, c := range b.sub.Credits {
		left := c.Sums().Total - c.Allocated(v.Date)
		if c.Adjustment || c.Refunded > 0 || left <= 0 || due == 0 {
			continue
		}
		a := Allocation{Credit: c, Invoice: v, Amount: min(left, due), At: v.Date}
		c.Used, v.Applied = append(c.Used, a), append(v.Applied, a)
		due -= a.Amount
		b.tell(v.Date, "credit_note_updated", func(e *Event) { e.Credit = c })
	}
}

// credit gives back what is left of the charges for some items at t, one note
// per invoice.
func (b *biller) credit(t int64, reason string, prices []*Price) {
	notes := map[*Invoice]*CreditNote{}
	var order []*CreditNote
	for _, p := range prices {
		ch, ok := b.charged[p]
		if !ok {
			continue
		}
		delete(b.charged, p)
		l := &ch.invoice.Lines[ch.line]
		if l.To <= t || l.Amount == 0 || ch.invoice.Voided > 0 {
			continue
		}
		c := notes[ch.invoice]
		if c == nil {
			n := b.next(creditNumber)
			c = &CreditNote{Ref: b.ref(n), Customer: b.cust, Sub: b.sub, Invoice: ch.invoice, Reason: reason, Date: t}
			notes[ch.invoice] = c
			order = append(order, c)
		}
		c.Lines = append(c.Lines, b.unused(l, t, ch.invoice.Inclusive))
	}
	for _, c := range order {
		total := c.Sums().Total
		c.Adjustment = c.Invoice.Balance(t).Due >= total && total > 0
		if c.Adjustment {
			c.Invoice.Adjusted = append(c.Invoice.Adjusted, c)
			if c.Invoice.Balance(t).Due == 0 {
				c.Invoice.Paid = t
			}
		} else if reason != "subscription_change" && dice.Hash(b.s.Config.Seed, forPayment, uint64(c.Ref), 1)%2 == 0 {
			c.Refunded = t + reckon.Day
			b.at(c.Refunded, func(t int64) { b.tell(t, "credit_note_updated", func(e *Event) { e.Credit = c }) })
		}
		b.sub.Credits = append(b.sub.Credits, c)
		b.tell(t, "credit_note_created", func(e *Event) { e.Credit = c })
	}
}

// unused is the part of an invoice's line from t on, as a credit note has it.
func (b *biller) unused(l *Line, t int64, inclusive bool) Line {
	left, whole := l.To-t, l.To-l.From
	n := Line{ID: b.lineID(), Entity: l.Entity, Price: l.Price, From: t, To: l.To, Quantity: l.Quantity, Prorated: true, Rate: l.Rate, Of: l}
	n.Amount = reckon.MulDiv(l.Amount, left, whole)
	if l.Unit > 0 {
		n.Unit = reckon.MulDiv(l.Unit/Scale, left, whole) * Scale
		if m := n.Unit / Scale; l.Price.Model == PerUnit && l.Unit > 0 {
			n.Amount = m * (l.Amount * Scale / l.Unit)
		}
	}
	base := n.Amount
	for _, c := range l.Cuts {
		x := Cut{Discount: c.Discount, Amount: reckon.MulDiv(c.Amount, n.Amount, l.Amount)}
		n.Cuts = append(n.Cuts, x)
		base -= x.Amount
	}
	switch {
	case l.Rate == 0:
	case inclusive:
		n.Tax = base - reckon.MulDiv(base, 10_000, 10_000+l.Rate)
	default:
		n.Tax = reckon.MulDiv(base, l.Rate, 10_000)
	}
	return n
}

// collect decides how an invoice is paid.
func (b *biller) collect(v *Invoice) {
	t := v.Date
	if v.Balance(t).Due == 0 {
		v.Paid = t
		return
	}
	d := dice.Roll(b.s.Config.Seed, forPayment, uint64(v.Ref))
	told := func(at int64, kind string) {
		b.at(at, func(t int64) {
			if kind != "payment_succeeded" || v.Paid == t {
				b.tell(t, kind, func(e *Event) { e.Invoice = v })
			}
		})
	}
	// The rate of an inclusive tax stands on invoices alone: they stay valid.
	valid := 0
	if !v.Inclusive && b.bound == 0 && len(v.Applied) == 0 {
		valid = 1
	}
	if b.cust.Ref>>28%16 == 3 { // pays on account
		v.Due = t + 30*reckon.Day
		v.Paid = t + d.Span(3*reckon.Day, 50*reckon.Day)
		told(v.Paid, "payment_succeeded")
		return
	}
	switch d.Pick(935, 45, 8, 5, 7*valid, 2*valid) {
	case 1: // fails at first
		v.Attempts = []int64{t, t + 3*reckon.Day}
		v.Paid = t + d.Span(3*reckon.Day+1, 12*reckon.Day)
		told(t, "payment_failed")
		told(v.Paid, "payment_succeeded")
	case 2: // never paid, and nobody minds
		v.Attempts = []int64{t, t + 3*reckon.Day, t + 7*reckon.Day}
		v.Unpaid = t + 14*reckon.Day
		told(v.Unpaid, "invoice_updated")
	case 3: // never paid: dunning ends the subscription
		v.Attempts = []int64{t, t + 3*reckon.Day, t + 7*reckon.Day}
		v.Unpaid = t + 14*reckon.Day
		b.at(v.Unpaid, func(t int64) {
			b.tell(t, "invoice_updated", func(e *Event) { e.Invoice = v })
			if v.Paid == 0 && b.bound == 0 && (b.last().Status == Active || b.last().Status == NonRenewing) {
				b.cancelled(t, "not_paid")
			}
		})
	case 4: // pending for a day
		v.Posted = t + reckon.Day
		v.Paid = v.Posted
		told(v.Paid, "invoice_updated")
	case 5: // voided in the end
		v.Voided = t + d.Span(2*reckon.Day, 20*reckon.Day)
		told(v.Voided, "invoice_updated")
	default:
		v.Paid = t
		b.tell(t, "payment_succeeded", func(e *Event) { e.Invoice = v })
	}
}
