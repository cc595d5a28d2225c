package company

import "sort"

// Status is the state of a subscription.
type Status uint8

// The states.
const (
	Trialing Status = iota + 1
	Incomplete
	IncompleteExpired
	Active
	PastDue
	Unpaid
	Canceled
)

func (s Status) String() string {
	return [...]string{"", "trialing", "incomplete", "incomplete_expired", "active", "past_due", "unpaid", "canceled"}[s]
}

// Item is what a subscription charges for. It is a value: a change makes a new
// one with the same ID.
type Item struct {
	ID       string
	Created  int64
	Price    *Price
	Quantity int64
	Tax      *TaxRate // its own, instead of the subscription's
}

// Behavior is what becomes of the invoices of a paused subscription.
type Behavior uint8

// The behaviors.
const (
	Void Behavior = iota + 1
	KeepAsDraft
	MarkUncollectible
)

func (b Behavior) String() string {
	return [...]string{"", "void", "keep_as_draft", "mark_uncollectible"}[b]
}

// Pause is a pause of collection; Resumes is 0 when it is open.
type Pause struct {
	Behavior Behavior
	Resumes  int64
}

// Pending is an update that waits for its payment; it is not in force.
type Pending struct {
	Expires int64
	Items   []Item
}

// Version is the terms of a subscription from At until the next version.
type Version struct {
	At          int64
	Status      Status
	Items       []Item // shared between versions, never changed in place
	Pause       *Pause
	Pending     *Pending
	CancelAtEnd bool
	CancelAt    int64 // the announced end
	CanceledAt  int64 // the request
	EndedAt     int64
	Reason      string // of the cancellation
	Tier        string // metadata
}

// Cycle is one service period, half-open.
type Cycle struct{ Start, End int64 }

// Discount is a coupon at work: on an item, a subscription, or a customer.
type Discount struct {
	ID       string
	Coupon   *Coupon
	Start    int64
	End      int64 // natural end, 0 never
	Removed  int64 // taken off early, 0 never
	Used     int64 // a once coupon's invoice, 0 not yet
	Item     string
	Customer bool
	Sub      *Subscription // nil for the customer's
	born     int           // the number of the event that tells of the start
	event    int           // the number of the event that tells of the removal
}

// Attached says whether the discount hangs on its owner at a moment.
func (d *Discount) Attached(t int64) bool {
	return d.Start <= t && (d.End == 0 || t < d.End) && (d.Removed == 0 || t < d.Removed) && (d.Used == 0 || t < d.Used)
}

// until is the moment the discount stops, 0 for never.
func (d *Discount) until() int64 {
	end := d.End
	for _, t := range []int64{d.Removed, d.Used} {
		if t > 0 && (end == 0 || t < end) {
			end = t
		}
	}
	return end
}

// Phase is a stretch of a schedule, half-open.
type Phase struct {
	Start, End int64
	Price      *Price
	Quantity   int64
	Coupon     *Coupon
}

// Schedule plans a subscription ahead.
type Schedule struct {
	ID       string
	Sub      *Subscription
	Created  int64
	Phases   []Phase
	Released int64 // 0: still in charge
	Canceled int64 // with its subscription
	Cancels  bool  // the subscription ends with the last phase
	Done     int64 // completed
}

// dark is a stretch of a subscription's life that the wire shows only through
// one event, and so for thirty days only.
type dark struct {
	next     bool  // it ends with the next invoice that shows the terms
	from, to int64 // half-open; to 0 is open
	told     int64 // when the event happened
	event    int   // its number, 0 when there is none
}

// Subscription is a life: its versions, its service periods, and what was
// charged for them.
type Subscription struct {
	ID        string
	Ref       Ref
	Customer  *Customer
	Currency  string
	Created   int64
	Start     int64 // may lie before Created
	Anchor    int64
	Trial     Cycle // zero without a trial
	Sends     bool  // invoices are sent, and paid when the customer gets to it
	Tax       *TaxRate
	Versions  []Version
	Cycles    []Cycle
	Invoices  []*Invoice
	Discounts []*Discount
	Pending   []*InvoiceItem // every item ever charged aside
	Credits   []*CreditNote
	Schedule  *Schedule
	Anchors   []int64 // where the period started anew
	darks     []dark
	pauses    []pausing
	events    int
}

// pausing is a pause as it really was.
type pausing struct {
	from, to int64 // half-open; to 0 is open
	told     int   // the event of its start
	back     int   // the event of its end, 0 when it ends silently
	silent   bool
}

// AnchorAt is the billing cycle anchor at a moment.
func (s *Subscription) AnchorAt(t int64) int64 {
	a := s.Anchor
	for _, x := range s.Anchors {
		if x <= t {
			a = x
		}
	}
	return a
}

// At is the version in force at a moment; nil before the subscription exists.
func (s *Subscription) At(t int64) *Version {
	i := sort.Search(len(s.Versions), func(i int) bool { return s.Versions[i].At > t })
	if i == 0 {
		return nil
	}
	return &s.Versions[i-1]
}

// CycleAt is the service period that runs at a moment.
func (s *Subscription) CycleAt(t int64) Cycle {
	i := sort.Search(len(s.Cycles), func(i int) bool { return s.Cycles[i].Start > t })
	return s.Cycles[max(i-1, 0)]
}

// InvoiceAt is the latest invoice at a moment, nil without one.
func (s *Subscription) InvoiceAt(t int64) *Invoice {
	i := sort.Search(len(s.Invoices), func(i int) bool { return s.Invoices[i].Created > t })
	if i == 0 {
		return nil
	}
	return s.Invoices[i-1]
}

// PauseAt is the pause in force at a moment, nil without one.
func (s *Subscription) PauseAt(t int64) *Pause {
	v := s.At(t)
	if v == nil || v.Pause == nil || v.Pause.Resumes > 0 && t >= v.Pause.Resumes {
		return nil
	}
	return v.Pause
}

// ended is the moment of the end, 0 while it lives.
func (s *Subscription) ended() int64 { return s.Versions[len(s.Versions)-1].EndedAt }

// shortest is the shortest interval of a subscription's licensed items (of all
// its items when it has no licensed one).
func shortest(items []Item) (Interval, int) {
	var best *Price
	for _, licensed := range []bool{true, false} {
		for i := range items {
			p := items[i].Price
			if licensed && p.Metered {
				continue
			}
			if best == nil || p.Interval.Factor(p.Count).Cmp(best.Interval.Factor(best.Count)) > 0 {
				best = p
			}
		}
		if best != nil {
			break
		}
	}
	if best == nil {
		return Month, 1
	}
	return best.Interval, best.Count
}
