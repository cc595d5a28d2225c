// Package company simulates a company that sells subscriptions, and knows the
// truth about its recurring revenue.
//
// A company is a pure function of its seed and its founding date: customers
// arrive, subscribe, change their minds, fail to pay, leave and come back, and
// a small billing engine charges them as a real provider would. Nothing depends
// on where the history is cut off: a company simulated for longer is the same
// company with more days, so any moment in it can be looked at as the present.
//
// Two things are read from it. The wire packages render what a provider's API
// would show at a moment. Truth values every item on every day, straight from
// the lives and never from what the wire shows, and says which days nobody
// could prove any more from the wire alone.
package company

import (
	"slices"
	"sort"
	"time"

	"mrrsync/internal/simulator/dice"
	"mrrsync/internal/simulator/reckon"
)

// Config names a company.
type Config struct {
	Seed      uint64
	Customers int       // that have arrived by the end of Months; they keep arriving at that pace
	Months    int       // calendar months of history, the present one included
	Now       time.Time // the first moment one may look at
	Start     time.Time // the founding; zero: the first day of the month Months-1 before yesterday's
	Until     time.Time // the last moment one may look at; at least a day after Now
	OldEvents int       // one event in so many speaks another API version; 0: one in 40
	Deleted   int       // one customer in so many is deleted some day; 0: one in 150
	Vanishing int       // one customer in so many vanishes some day, with all it had and without a word; 0: none
	Moves     int       // one customer in so many moves to or from another provider; 0: none
}

// Company is the whole simulated history.
type Company struct {
	Config    Config
	Catalog   *Catalog
	Customers []*Customer
	Contracts []Contract

	Subscriptions []*Subscription // these lists are in order of creation
	Invoices      []*Invoice
	InvoiceItems  []*InvoiceItem
	CreditNotes   []*CreditNote
	Schedules     []*Schedule
	Events        []*Event // of the thirty days before Now, and until Until

	ids   ids
	start int64
	until int64
	first int64 // the oldest event that is kept
}

// Customer is one customer and all of its subscriptions.
type Customer struct {
	ID, Name, Email string
	Ref             Ref
	Created         int64
	Deleted         int64 // 0 never
	Vanished        int64 // when the provider lost all trace of it, 0 never
	Moved           int64 // when the e-mail address changed, 0 never
	Currency        string
	Country         string
	Account         string // the company's own number for it
	Untagged        bool   // its metadata lacks the number
	Owner, Segment  string // metadata
	Handed          int64  // when Owner gave it to Heir, 0 never
	Heir            string
	Left            int64 // when it moved to another provider, 0 never
	Back            int64 // when it is back from there, 0 never
	Tax             *TaxRate
	Discounts       []*Discount // of the customer itself
	Subscriptions   []*Subscription
	events          int
	path            path
	worth           int64 // its monthly price at the move, when it keeps that
}

// OwnerAt is who looked after the customer at a moment, as its metadata said.
func (x *Customer) OwnerAt(t int64) string {
	if x.Handed > 0 && x.Handed <= t {
		return x.Heir
	}
	return x.Owner
}

// Gone says that the provider has lost all trace of the customer.
func (x *Customer) Gone(t int64) bool { return x.Vanished > 0 && x.Vanished <= t }

// window is how long the provider keeps events.
const window = 30 * day

// New simulates a company.
func New(cfg Config) *Company {
	if cfg.Months < 1 {
		cfg.Months = 1
	}
	if cfg.OldEvents == 0 {
		cfg.OldEvents = 40
	}
	if cfg.Deleted == 0 {
		cfg.Deleted = 150
	}
	if cfg.Start.IsZero() {
		cfg.Start = founding(cfg.Now, cfg.Months)
	}
	if tomorrow := cfg.Now.Add(24 * time.Hour); cfg.Until.Before(tomorrow) {
		cfg.Until = tomorrow
	}
	c := &Company{Config: cfg, ids: newIDs(cfg.Seed), start: cfg.Start.Unix(), until: cfg.Until.Unix()}
	c.first = cfg.Now.Unix() - window - hour
	c.Catalog = newCatalog(cfg.Seed, c.start)
	c.catalogEvents()
	for i := 0; ; i++ {
		at, more := c.arrival(i, c.until)
		if !more {
			break
		}
		if at < c.until {
			c.Customers = append(c.Customers, c.live(i, at))
		}
	}
	c.Contracts = contracts(c)
	c.collect()
	return c
}

// founding is the first day of a history of so many calendar months.
func founding(now time.Time, months int) time.Time {
	y, m, _ := now.UTC().AddDate(0, 0, -1).Date()
	return time.Date(y, m-time.Month(months-1), 1, 0, 0, 0, 0, time.UTC)
}

// arrival is when customer i comes; more is false once nobody can come before
// a moment. A fifth of the customers come in the first tenth of the time.
func (c *Company) arrival(i int, before int64) (at int64, more bool) {
	n := int64(max(c.Config.Customers, 0))
	if n == 0 {
		return 0, false
	}
	span := reckon.MonthsLater(c.start, c.Config.Months) - c.start
	low := c.start + shape(int64(i), n, span)
	if low >= before {
		return 0, false
	}
	high := c.start + shape(int64(i)+1, n, span)
	return low + dice.Roll(c.Config.Seed, forArrival, uint64(i)).Int64N(max(high-low, 1)), true
}

// shape maps the i-th of n customers to a part of the span, and those beyond n
// to the time after it.
func shape(i, n, span int64) int64 {
	if i*5 <= n {
		return span * i / (2 * n)
	}
	return span/10 + span*9*(5*i-n)/(40*n)
}

// collect puts all that happened in order of time.
func (c *Company) collect() {
	for _, cust := range c.Customers {
		for _, s := range cust.Subscriptions {
			c.Subscriptions = append(c.Subscriptions, s)
			c.Invoices = append(c.Invoices, s.Invoices...)
			c.InvoiceItems = append(c.InvoiceItems, s.Pending...)
			c.CreditNotes = append(c.CreditNotes, s.Credits...)
			if s.Schedule != nil {
				c.Schedules = append(c.Schedules, s.Schedule)
			}
		}
	}
	byTime(c.Customers, func(x *Customer) (int64, Ref) { return x.Created, x.Ref })
	byTime(c.Subscriptions, func(x *Subscription) (int64, Ref) { return x.Created, x.Ref })
	byTime(c.Invoices, func(x *Invoice) (int64, Ref) { return x.Created, x.Ref })
	byTime(c.InvoiceItems, func(x *InvoiceItem) (int64, Ref) { return x.Date, x.Ref })
	byTime(c.CreditNotes, func(x *CreditNote) (int64, Ref) { return x.Created, x.Ref })
	byTime(c.Schedules, func(x *Schedule) (int64, Ref) { return x.Created, x.Sub.Ref })
	byTime(c.Events, func(x *Event) (int64, Ref) { return x.At, x.Ref })
}

func byTime[T any](list []T, key func(T) (int64, Ref)) {
	sort.Slice(list, func(i, j int) bool {
		ti, ri := key(list[i])
		tj, rj := key(list[j])
		return ti < tj || ti == tj && ri < rj
	})
}

// Start is the founding of the company.
func (c *Company) Start() time.Time { return time.Unix(c.start, 0).UTC() }

// ID writes the identifier of an object at a place.
func (c *Company) ID(k Kind, r Ref) string { return c.ids.make(k, r) }

// Find reads an identifier back.
func (c *Company) Find(k Kind, id string) (Ref, bool) { return c.ids.parse(k, id) }

// Customer finds a customer by its identifier, nil when there is none.
func (c *Company) Customer(id string) *Customer {
	r, ok := c.ids.parse(KindCustomer, id)
	if !ok {
		return nil
	}
	return c.customerAt(r)
}

func (c *Company) customerAt(r Ref) *Customer {
	// Arrivals keep the order of the indexes, so that the list by time is the list by index.
	i := r.Customer()
	if i < len(c.Customers) && c.Customers[i].Ref.Customer() == i {
		return c.Customers[i]
	}
	return nil
}

// Subscription finds a subscription by its identifier, nil when there is none.
func (c *Company) Subscription(id string) *Subscription {
	r, ok := c.ids.parse(KindSubscription, id)
	if !ok {
		return nil
	}
	return c.subscriptionAt(r)
}

func (c *Company) subscriptionAt(r Ref) *Subscription {
	cust := c.customerAt(r)
	if cust == nil {
		return nil
	}
	i := slices.IndexFunc(cust.Subscriptions, func(s *Subscription) bool { return s.Ref.Owner() == r.Owner() })
	if i < 0 {
		return nil
	}
	return cust.Subscriptions[i]
}

// SubscriptionOf finds the subscription that owns an identifier of a kind
// numbered within subscriptions, with the object's number.
func (c *Company) SubscriptionOf(k Kind, id string) (*Subscription, Ref) {
	r, ok := c.ids.parse(k, id)
	if !ok {
		return nil, 0
	}
	return c.subscriptionAt(r), r
}

// Invoice finds an invoice by its identifier, nil when there is none.
func (c *Company) Invoice(id string) *Invoice {
	s, r := c.SubscriptionOf(KindInvoice, id)
	if s == nil || r.N() >= len(s.Invoices) {
		return nil
	}
	return s.Invoices[r.N()]
}
