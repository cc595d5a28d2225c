package site

// Entity is what a line of a document charges for.
type Entity uint8

// The entities; their names differ between the catalogues.
const (
	ForItem  Entity = iota + 1 // the line's Price: plan_item_price, addon_item_price, charge_item_price; plan, addon
	ForSetup                   // the plan's setup fee: plan_setup (catalogue 1.0)
	Adhoc
)

// Line is one line of an invoice or a credit note.
type Line struct {
	ID       string
	Entity   Entity
	Price    *Price // nil for Adhoc
	From, To int64  // service period; of a charge one moment
	Quantity int64
	Unit     int64  // ten-thousandths of a minor unit; 0 for prices with tiers
	Amount   int64  // minor units, before discounts
	Prorated bool   // for a part of a term: Unit and Amount are that part's
	Exact    string // amount_in_decimal of a decimal price
	Tiers    []TierUse
	Cuts     []Cut
	Rate     int64 // tax rate in hundredths of a percent, 0 not taxed
	Tax      int64
	Of       *Line // of a credit note: the line it credits
}

// Discounted is what discounts take off the line; own is the part of it that
// works on the item, not on the invoice.
func (l *Line) Discounted() (all, own int64) {
	for _, c := range l.Cuts {
		all += c.Amount
		if c.Discount.PerItem() {
			own += c.Amount
		}
	}
	return all, own
}

// TierUse is the part of a line's quantity that one tier charges.
type TierUse struct {
	Tier
	Used int64
}

// Cut is what one discount takes off a line.
type Cut struct {
	Discount *Discount
	Amount   int64
}

// Invoice is one bill. The moments of its life are facts known to the
// simulation; those after the present have not happened yet.
type Invoice struct {
	Number    int    // from 1, in order of date
	ID        string // the number as text
	Ref       Ref
	Customer  *Customer
	Sub       *Subscription
	Currency  string
	Date      int64
	Due       int64
	Posted    int64 // until then it is pending (0: at Date)
	Paid      int64 // 0 never
	Unpaid    int64 // when collection was given up: not_paid
	Voided    int64
	Attempts  []int64 // failed ones
	Recurring bool    // it belongs to a subscription
	First     bool
	Inclusive bool // price_type tax_inclusive
	Lines     []Line
	Applied   []Allocation  // credits used to pay it
	Adjusted  []*CreditNote // adjustment credit notes of it
}

// Allocation is a part of a credit note that paid an invoice.
type Allocation struct {
	Credit  *CreditNote
	Invoice *Invoice
	Amount  int64
	At      int64
}

// State is the invoice's status at a moment.
func (v *Invoice) State(t int64) string {
	past := func(m int64) bool { return m > 0 && m <= t }
	switch {
	case past(v.Voided):
		return "voided"
	case past(v.Paid):
		return "paid"
	case past(v.Unpaid):
		return "not_paid"
	case v.Posted > 0 && t < v.Posted:
		return "pending"
	case v.Due > 0 && t < v.Due:
		return "posted"
	}
	return "payment_due"
}

// Updated is when the invoice last changed before a moment.
func (v *Invoice) Updated(t int64) int64 {
	last := v.Date
	for _, m := range append([]int64{v.Posted, v.Paid, v.Unpaid, v.Voided}, v.Attempts...) {
		if m <= t {
			last = max(last, m)
		}
	}
	for _, c := range v.Adjusted {
		if c.Date <= t {
			last = max(last, c.Date)
		}
	}
	for _, a := range v.Applied {
		if a.At <= t {
			last = max(last, a.At)
		}
	}
	return last
}

// Shows says whether the invoice is evidence of its service periods.
func (v *Invoice) Shows(t int64) bool {
	s := v.State(t)
	return s != "voided" && s != "pending"
}

// Sums is a document added up: Total = Subtotal - Discount, plus Tax unless
// prices contain it.
type Sums struct {
	Subtotal, Discount, Tax, Total int64
}

func sums(lines []Line, inclusive bool) Sums {
	var s Sums
	for i := range lines {
		cut, _ := lines[i].Discounted()
		s.Subtotal += lines[i].Amount
		s.Discount += cut
		s.Tax += lines[i].Tax
	}
	s.Total = s.Subtotal - s.Discount
	if !inclusive {
		s.Total += s.Tax
	}
	return s
}

// Sums adds the invoice up.
func (v *Invoice) Sums() Sums { return sums(v.Lines, v.Inclusive) }

// Balance is how the invoice stands at a moment: what credits and adjustments
// took, what was paid and what is due. They add up to the total.
type Balance struct{ Adjusted, Credited, Paid, Due int64 }

// Balance is how the invoice stands at a moment.
func (v *Invoice) Balance(t int64) Balance {
	var b Balance
	for _, c := range v.Adjusted {
		if c.Date <= t {
			b.Adjusted += c.Sums().Total
		}
	}
	for _, a := range v.Applied {
		if a.At <= t {
			b.Credited += a.Amount
		}
	}
	rest := v.Sums().Total - b.Adjusted - b.Credited
	switch {
	case v.Voided > 0 && v.Voided <= t:
	case v.Paid > 0 && v.Paid <= t:
		b.Paid = rest
	default:
		b.Due = rest
	}
	return b
}

// CreditNote gives back parts of an invoice: of type adjustment when that was
// still unpaid, else refundable.
type CreditNote struct {
	Number     int    // from 1, in order of date
	ID         string // CN-number
	Ref        Ref
	Customer   *Customer
	Sub        *Subscription
	Invoice    *Invoice // reference_invoice_id
	Adjustment bool
	Reason     string // reason_code
	Date       int64
	Refunded   int64 // what no invoice used was paid back then, 0 never
	Voided     int64
	Lines      []Line // positive amounts
	Used       []Allocation
}

// Sums adds the credit note up.
func (c *CreditNote) Sums() Sums { return sums(c.Lines, c.Invoice.Inclusive) }

// Allocated is what invoices had used of the credit note at a moment.
func (c *CreditNote) Allocated(t int64) int64 {
	if c.Adjustment {
		return c.Sums().Total
	}
	var n int64
	for _, a := range c.Used {
		if a.At <= t {
			n += a.Amount
		}
	}
	return n
}

// State is the credit note's status at a moment.
func (c *CreditNote) State(t int64) string {
	switch {
	case c.Voided > 0 && c.Voided <= t:
		return "voided"
	case c.Adjustment || c.Allocated(t) == c.Sums().Total:
		return "adjusted"
	case c.Refunded > 0 && c.Refunded <= t:
		return "refunded"
	}
	return "refund_due"
}

// Updated is when the credit note last changed before a moment.
func (c *CreditNote) Updated(t int64) int64 {
	last := c.Date
	for _, m := range []int64{c.Refunded, c.Voided} {
		if m <= t {
			last = max(last, m)
		}
	}
	for _, a := range c.Used {
		if a.At <= t {
			last = max(last, a.At)
		}
	}
	return last
}
