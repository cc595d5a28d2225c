package site

import (
	"sort"

	"mrrsync/internal/simulator/reckon"
)

// Status is the state of a subscription.
type Status uint8

// The states.
const (
	Future Status = iota + 1
	InTrial
	Active
	NonRenewing
	Paused
	Cancelled
	Transferred
)

// String is Chargebee's status.
func (s Status) String() string {
	return [...]string{"", "future", "in_trial", "active", "non_renewing", "paused", "cancelled", "transferred"}[s]
}

// Item is what a subscription charges for. It is a value; a subscription never
// has two items of one price.
type Item struct {
	Price    *Price
	Quantity int64
	Unit     int64  // ten-thousandths of a minor unit; 0 for prices with tiers
	Tiers    []Tier // the subscription's own item_tiers; nil: the price's. Not in catalogue 1.0
	Free     int64  // free_quantity
	Trial    int64  // its own trial_end, 0 none
	Own      bool   // it shows its own billing period, other than the subscription's
	OnEvent  bool   // a charge that waits for an event (charge_on_event; an event-based addon in catalogue 1.0)
	Charged  int64  // when a charge was last charged, 0 never
}

// Recurring says whether the item is charged every period for what was agreed.
func (i *Item) Recurring() bool { return i.Price.Product.Kind != Charge && !i.Price.Product.Metered }

// Discount is a coupon or a manual discount at work on a subscription.
type Discount struct {
	ID      string  // of a manual discount
	Coupon  *Coupon // nil: manual
	Twice   bool    // a coupon that shows up among the discounts too
	Created int64
	Till    int64 // apply_till of a limited one, 0 none
	Removed int64 // taken off, 0 never
	Reduction
	used bool // a one-time one, by an invoice
}

// Attached says whether the subscription shows the discount at a moment. A
// limited one is shown after its end, too.
func (d *Discount) Attached(t int64) bool {
	return d.Created <= t && (d.Removed == 0 || t < d.Removed)
}

// Runs says whether the discount is in force at a moment.
func (d *Discount) Runs(t int64) bool { return d.Attached(t) && (d.Till == 0 || t < d.Till) }

// Cycle is a stretch of time, half-open.
type Cycle struct{ Start, End int64 }

// Contract is a contract term.
type Contract struct {
	ID         string
	Start, End int64
	Cycles     int
	AtEnd      string // renew, evergreen or cancel
	Status     string // active, completed, cancelled or terminated
	Value      int64  // minor units
}

// Version is the subscription as it is from At (its updated_at) on.
type Version struct {
	At      int64
	Version int64 // resource_version
	Undated bool  // neither updated_at nor resource_version is shown
	Status  Status
	Every   reckon.Interval // billing period
	Count   int
	Items   []Item // the plan first; shared between versions, never changed in place
	Term    Cycle  // current_term; zero before the first
	Trial   Cycle  // zero without a trial
	Starts  int64  // start_date: announced start of a future subscription
	Started int64  // started_at
	Activated,
	Cancelled, // cancelled_at: the end, or the announced end
	Announced, // cancel_schedule_created_at
	PauseDate,
	ResumeDate,
	Changes, // changes_scheduled_at
	NextBilling int64
	Reason    string // cancel_reason
	Remaining int    // remaining_billing_cycles, -1: not shown
	Contract  *Contract
	Deleted   bool
	Tier      string // metadata, "" none
}

// Plan is the subscription's plan.
func (v *Version) Plan() *Item { return &v.Items[0] }

// Subscription is a life: its versions, and what was charged for them.
type Subscription struct {
	ID        string
	Ref       Ref
	Customer  *Customer
	Currency  string // upper case
	Created   int64
	Gift      string        // gift_id
	From      *Subscription // the transferred one it goes on from
	To        *Subscription // the one it was transferred to: active_id
	Tier      string        // metadata, "" none
	Versions  []Version
	Discounts []*Discount // coupons and manual ones, in the order in which they work
	Invoices  []*Invoice
	Credits   []*CreditNote
	Ramps     []*Ramp
	darks     []dark
	events    int
}

// At is the version in force at a moment, nil before the subscription exists.
func (s *Subscription) At(t int64) *Version {
	i := s.Index(t)
	if i < 0 {
		return nil
	}
	return &s.Versions[i]
}

// Index is the index of the version in force at a moment, -1 before the
// subscription exists.
func (s *Subscription) Index(t int64) int {
	return sort.Search(len(s.Versions), func(i int) bool { return s.Versions[i].At > t }) - 1
}

// RampState is the state of a ramp.
type RampState uint8

// The states of ramps.
const (
	Draft RampState = iota + 1
	Scheduled
	Succeeded
	Failed
)

// String is Chargebee's status.
func (s RampState) String() string {
	return [...]string{"", "draft", "scheduled", "succeeded", "failed"}[s]
}

// Ramp is a change of items that was planned ahead. Catalogue 1.0 has none.
type Ramp struct {
	ID        string
	Ref       Ref
	Sub       *Subscription
	Created   int64
	Effective int64
	Ends      RampState // what becomes of it at Effective: Succeeded, Failed, or Draft for good
	Deleted   int64     // when it was deleted with its subscription's end, 0 never
	Add       []Item
	Update    []Item
	Remove    []*Price
	Coupon    *Coupon   // to add, nil none
	Drop      *Coupon   // to remove, nil none
	Why       [2]string // code and message of a failure
}

// State is the ramp's state at a moment.
func (r *Ramp) State(t int64) RampState {
	if r.Ends == Draft {
		return Draft
	}
	if t < r.Effective {
		return Scheduled
	}
	return r.Ends
}

// Updated is when the ramp last changed before a moment.
func (r *Ramp) Updated(t int64) int64 {
	switch {
	case r.Deleted > 0 && r.Deleted <= t:
		return r.Deleted
	case r.Ends != Draft && r.Effective <= t:
		return r.Effective
	}
	return r.Created
}
