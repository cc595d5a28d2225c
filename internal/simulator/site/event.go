package site

// Ref is the place of an object on the site: the customer's index, the number
// of the subscription (or other owner) within the customer, and the number of
// the object within that.
type Ref uint64

func ref(customer, owner, n int) Ref {
	return Ref(uint64(customer)<<28 | uint64(owner)<<20 | uint64(n))
}

// Event is something that happened: a line of the event log. Its content is
// every object that it names, each as it was at At; a subscription's content
// has the customer too.
type Event struct {
	Ref    Ref
	ID     string
	At     int64 // occurred_at
	Type   string
	Source string // admin_console, api, scheduled_job ...

	Customer *Customer
	Sub      *Subscription
	Invoice  *Invoice
	Credit   *CreditNote
	Ramp     *Ramp
	Product  *Product
	Price    *Price
	Coupon   *Coupon
}

// dark is a stretch of a subscription's life, half-open, that no document
// shows. Events and the present object may still show a part of it.
type dark struct {
	from, to int64 // to 0: until the next invoice that shows the terms
}
