package company

import (
	"mrrsync/internal/simulator/reckon"
)

// Line is one line of an invoice, in minor units of its currency.
type Line struct {
	ItemID     string // subscription item, "" for one-time charges
	Price      *Price
	Quantity   int64
	Amount     int64
	Start, End int64
	Proration  bool
	Aside      *InvoiceItem // the invoice item it came from, nil for lines of the subscription itself
	Trial      bool
	Tax        *TaxRate
	OwnTax     bool // the rate is the item's own, not the subscription's
	TaxAmount  int64
	Discounts  []Cut
	Tier       string
}

// discountable says whether coupons touch the line.
func (l *Line) discountable() bool { return !l.Proration && !l.Trial }

// Discounted is what the coupons took off the line.
func (l *Line) Discounted() int64 {
	var sum int64
	for _, c := range l.Discounts {
		sum += c.Amount
	}
	return sum
}

// Cut is what one discount took off a line or an invoice.
type Cut struct {
	Discount *Discount
	Amount   int64
}

// Invoice is one bill. The moments of its life are facts known to the
// simulation; those after the present have not happened yet.
type Invoice struct {
	ID            string
	Ref           Ref
	Customer      *Customer
	Sub           *Subscription
	Currency      string
	Reason        string // billing_reason
	Created       int64
	Finalized     int64 // 0: stays a draft
	Paid          int64 // 0: never
	Voided        int64
	Uncollectible int64
	Period        Cycle // the usage window
	Lines         []Line
	Discounts     []*Discount // of subscription or customer, in order
	Number        int
	Attempts      []int64  // failed ones
	Revises       *Invoice // the voided one in whose place it stands
	Revised       *Invoice // the one that stands in its place
}

// State is the invoice's status at a moment.
func (v *Invoice) State(t int64) string {
	past := func(m int64) bool { return m > 0 && m <= t }
	switch {
	case past(v.Voided):
		return "void"
	case past(v.Uncollectible):
		return "uncollectible"
	case past(v.Paid):
		return "paid"
	case past(v.Finalized):
		return "open"
	}
	return "draft"
}

// shows says whether the invoice is evidence of its service periods.
func (v *Invoice) shows(t int64) bool {
	s := v.State(t)
	return s == "paid" || s == "open"
}

// lists says whether the invoice is evidence of the changes that its prorations
// charge: as long as it is a draft, these are invoice items that wait.
func (v *Invoice) lists(t int64) bool { return v.shows(t) || v.State(t) == "draft" }

// Sums is an invoice added up: Total = Subtotal - Discount + Exclusive.
type Sums struct {
	Subtotal, Discount, Exclusive, Inclusive, Total int64
}

// Sums adds the invoice up.
func (v *Invoice) Sums() Sums {
	var s Sums
	for i := range v.Lines {
		l := &v.Lines[i]
		s.Subtotal += l.Amount
		s.Discount += l.Discounted()
		if l.Tax != nil && l.Tax.Inclusive {
			s.Inclusive += l.TaxAmount
		} else {
			s.Exclusive += l.TaxAmount
		}
	}
	s.Total = s.Subtotal - s.Discount + s.Exclusive
	return s
}

// InvoiceItem is a charge beside the subscription's own lines: a proration or
// a one-time fee. Until Invoice is set it is pending.
type InvoiceItem struct {
	ID         string
	Ref        Ref
	Customer   *Customer
	Sub        *Subscription
	ItemID     string
	Currency   string
	Date       int64
	Amount     int64
	Price      *Price
	Quantity   int64
	Start, End int64
	Proration  bool
	Invoice    *Invoice
	event      int // the number of the event that tells of it
	Tax        *TaxRate
}

// CreditNote gives back part of one line of a paid invoice.
type CreditNote struct {
	ID       string
	Ref      Ref
	Customer *Customer
	Invoice  *Invoice
	Created  int64
	Line     int
	Amount   int64 // of the line, ex exclusive tax
	Tax      int64
	Number   int
}

// settle computes the discounts and the taxes of an invoice's lines.
func (v *Invoice) settle(itemLevel []*Discount) {
	for _, d := range itemLevel {
		v.cut(d, func(l *Line) bool { return l.ItemID == d.Item })
	}
	for _, d := range v.Discounts {
		v.cut(d, func(*Line) bool { return true })
	}
	for i := range v.Lines {
		l := &v.Lines[i]
		if l.Tax == nil {
			continue
		}
		base := l.Amount - l.Discounted()
		if l.Tax.Inclusive {
			l.TaxAmount = base - reckon.MulDiv(base, 10_000, 10_000+l.Tax.Rate)
		} else {
			l.TaxAmount = reckon.MulDiv(base, l.Tax.Rate, 10_000)
		}
	}
}

// cut lets one discount work on the lines it touches. Money is spread in
// proportion to what is left, the odd units going to the largest remainders.
func (v *Invoice) cut(d *Discount, touches func(*Line) bool) {
	var lines []*Line
	var left []int64
	var sum int64
	for i := range v.Lines {
		l := &v.Lines[i]
		n := l.Amount - l.Discounted()
		if n <= 0 || !l.discountable() || !touches(l) || !d.Coupon.Applies(l.Price.Product) {
			continue
		}
		lines, left, sum = append(lines, l), append(left, n), sum+n
	}
	var cuts []int64
	if d.Coupon.Percent > 0 {
		for _, n := range left {
			cuts = append(cuts, reckon.MulDiv(n, d.Coupon.Percent, 10_000))
		}
	} else {
		cuts = reckon.Spread(min(d.Coupon.Off[v.Currency], sum), left, sum)
	}
	for i, l := range lines {
		l.Discounts = append(l.Discounts, Cut{Discount: d, Amount: cuts[i]})
	}
}
