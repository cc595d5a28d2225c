// Package site simulates the company's Chargebee site: customers who subscribe,
// change their minds, pause, leave and come back, a billing engine that charges
// them as Chargebee does, and the truth about the recurring revenue of it all.
//
// A site is a pure function of its seed and its founding: nothing depends on
// where the history is cut off, so that any moment in it can be looked at as
// the present. Objects are lists of whole versions; what Chargebee's API shows
// at a moment is the latest version at that moment. Invoices, credit notes and
// ramps keep the moments of their own lives and are asked for their state.
//
// Truth values every item on every day straight from the lives, never from
// what the API shows, and says which days nobody could prove any more.
//
// All moments are seconds since 1970, 0 for never; all ranges are half-open.
// Amounts are in minor units as Chargebee counts them (hundredths for every
// currency, KWD too, but whole units of a currency without decimals); prices
// per unit are in ten-thousandths of a minor unit.
package site

import (
	"time"

	"mrrsync/internal/simulator/reckon"
)

// The source that the truth's rows name.
const Source = "emea"

// Window is how long Chargebee keeps events.
const Window = 90 * reckon.Day

// Catalogue is the version of Chargebee's product catalogue that a site has.
type Catalogue uint8

// The catalogues.
const (
	Plans Catalogue = iota + 1 // 1.0: plans and addons on the subscription
	Items                      // 2.0: items with item prices
)

// Config names a site.
type Config struct {
	Seed      uint64
	Catalogue Catalogue // 0: Items
	Customers int       // own customers, that have arrived by the end of Months; they keep arriving at that pace
	Months    int       // calendar months of history, the present one included
	Now       time.Time // the first moment one may look at
	Start     time.Time // the founding; zero: the first day of the month Months-1 before yesterday's
	Until     time.Time // the last moment one may look at; at least a day after Now
	Vanishing int       // one own customer in so many vanishes some day, with all it had and without a word; 0: none
	Guests    []Guest   // customers who live on the site for a part of their life only
}

// Guest is a customer who comes from another provider, leaves for one, or both.
// In each stay it has exactly one subscription, which counts from the first
// second (no trial, no future start) until the last, at which it is cancelled.
type Guest struct {
	Account  string // the company's number for the customer, one of a kind
	Tagged   bool   // the account stands in the customer's metadata
	Name     string
	Currency string // in either case; one that Sells
	Country  string // two letters
	Owner    string // metadata csm_owner
	Segment  string // metadata segment
	Stays    []Stay // in order of time, not overlapping
}

// Stay is a part of a customer's life.
type Stay struct {
	From  time.Time
	Until time.Time // zero: stays on, and lives and leaves like any other customer
	// Monthly is what the customer pays a month, untaxed and without coupons, in
	// minor units as Chargebee counts them: for the whole of a stay that ends,
	// else in the beginning. 0: a price from the site's own list.
	Monthly int64
}

// Site is the whole simulated history.
type Site struct {
	Config  Config
	Catalog *Catalog

	// These lists are in order of creation (of date, for documents).
	Customers     []*Customer
	Subscriptions []*Subscription
	Invoices      []*Invoice
	CreditNotes   []*CreditNote
	Ramps         []*Ramp
	Events        []*Event // of the ninety days before Now, and until Until

	start, until, first int64 // first: the oldest event that is kept
	customers           map[string]*Customer
	subscriptions       map[string]*Subscription
}

// Customer is one customer and all of its subscriptions.
type Customer struct {
	ID            string
	Ref           Ref
	Guest         bool
	Account       string // the company's number for it
	Tagged        bool   // meta_data carries the account as account_id
	Name          string // company
	Country       string
	Currency      string // upper case: preferred_currency_code
	Vanished      int64  // when the site lost all trace of it, 0 never
	Undated       bool   // the first version has neither updated_at nor resource_version
	Versions      []CustomerVersion
	Subscriptions []*Subscription
	Tax           *Tax // nil: not taxed
	events        int
}

// CustomerVersion is what changes about a customer, from At on.
type CustomerVersion struct {
	At      int64
	Email   string
	Owner   string // metadata csm_owner, "" none
	Segment string // metadata segment, "" none
	Deleted bool
}

// Gone says that the site has lost all trace of the customer.
func (c *Customer) Gone(t int64) bool { return c != nil && c.Vanished > 0 && c.Vanished <= t }

// Created is when the customer was created.
func (c *Customer) Created() int64 { return c.Versions[0].At }

// At is the version in force at a moment, nil before the customer exists.
func (c *Customer) At(t int64) *CustomerVersion {
	for i := len(c.Versions) - 1; i >= 0; i-- {
		if c.Versions[i].At <= t {
			return &c.Versions[i]
		}
	}
	return nil
}

// Tax is a sales tax. Rate is in hundredths of a percent: 1900 is 19 %.
type Tax struct {
	Name, Country string
	Rate          int64
	Inclusive     bool // prices contain it
}

// Customer finds a customer by its identifier, nil when there is none.
func (s *Site) Customer(id string) *Customer { return s.customers[id] }

// Subscription finds a subscription by its identifier, nil when there is none.
func (s *Site) Subscription(id string) *Subscription { return s.subscriptions[id] }

// Start is the founding of the site.
func (s *Site) Start() time.Time { return time.Unix(s.start, 0).UTC() }
