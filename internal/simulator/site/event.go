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

// dark is a stretch of a subscription's life that the API shows only through
// one event, and so for ninety days only.
type dark struct {
	next     bool  // it ends with the next invoice that shows the terms
	from, to int64 // to 0 is open
	told     int64 // when the event happened, 0 when none told
}
