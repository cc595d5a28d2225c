package company

import (
	"mrrsync/internal/simulator/dice"
)

// Subject says what an event is about.
type Subject uint8

// The subjects.
const (
	AboutCustomer Subject = iota + 1
	AboutSubscription
	AboutInvoice
	AboutInvoiceItem
	AboutDiscount
	AboutSchedule
	AboutCreditNote
	AboutPrice
	AboutProduct
	AboutCoupon
)

// Event is something that happened to an object. What it carries is the object
// as of At; what it was before is the object as of the second before.
type Event struct {
	Ref      Ref
	At       int64
	Type     string
	About    Subject
	Updates  bool // it has previous attributes
	Customer *Customer
	Sub      *Subscription
	Invoice  *Invoice
	Item     *InvoiceItem
	Discount *Discount
	Credit   *CreditNote
	Price    *Price
	Product  *Product
	Coupon   *Coupon
	Foreign  int // 0: it speaks the current API version; else which other one
}

// catalogOwner is the owner number of events without a customer.
const catalogOwner = 0xff

// foreign says which other API version an event speaks, 0 for the current one.
func (c *Company) foreign(r Ref) int {
	h := dice.Hash(c.Config.Seed, forEvent, uint64(r))
	if h%uint64(c.Config.OldEvents) != 0 {
		return 0
	}
	return 1 + int(h>>32)%2
}

// emit keeps an event when anybody may ask for it.
func (c *Company) emit(e Event) {
	if e.At < c.first || e.At > c.until {
		return
	}
	e.Foreign = c.foreign(e.Ref)
	c.Events = append(c.Events, &e)
}

// tell emits an event of a subscription and returns its number.
func (b *biller) tell(t int64, kind string, about Subject, fill func(*Event)) int {
	b.sub.events++
	n := b.sub.events
	if t < b.c.first || t > b.c.until {
		return n
	}
	e := Event{Ref: ref(b.cust.Ref.Customer(), b.sub.Ref.Owner(), n), At: t, Type: kind, About: about, Customer: b.cust, Sub: b.sub}
	if fill != nil {
		fill(&e)
	}
	b.c.emit(e)
	return n
}

// updated tells that the subscription changed.
func (b *biller) updated(t int64) int {
	return b.tell(t, "customer.subscription.updated", AboutSubscription, func(e *Event) { e.Updates = true })
}

func (b *biller) billed(t int64, kind string, v *Invoice) {
	b.tell(t, kind, AboutInvoice, func(e *Event) { e.Invoice = v })
}

// of tells about the customer itself; owner 0xfe keeps its numbers apart.
func (c *Company) of(cust *Customer, t int64, kind string, about Subject, fill func(*Event)) {
	cust.events++
	if cust.Deleted > 0 && t >= cust.Deleted && kind != "customer.deleted" {
		return // nothing happens to a customer that is gone
	}
	e := Event{Ref: ref(cust.Ref.Customer(), 0xfe, cust.events), At: t, Type: kind, About: about, Customer: cust}
	if fill != nil {
		fill(&e)
	}
	c.emit(e)
}

func (c *Company) catalogEvents() {
	n := 0
	tell := func(t int64, kind string, about Subject, fill func(*Event)) {
		n++
		if t == 0 {
			return
		}
		e := Event{Ref: ref(0, catalogOwner, n), At: t, Type: kind, About: about}
		fill(&e)
		c.emit(e)
	}
	for _, p := range c.Catalog.Products {
		tell(p.Created, "product.created", AboutProduct, func(e *Event) { e.Product = p })
	}
	for _, p := range c.Catalog.Prices {
		tell(p.Created, "price.created", AboutPrice, func(e *Event) { e.Price = p })
		tell(p.Archived, "price.updated", AboutPrice, func(e *Event) { e.Price, e.Updates = p, true })
	}
	for _, x := range c.Catalog.Coupons {
		tell(x.Created, "coupon.created", AboutCoupon, func(e *Event) { e.Coupon = x })
		tell(x.Deleted, "coupon.deleted", AboutCoupon, func(e *Event) { e.Coupon = x })
	}
}
