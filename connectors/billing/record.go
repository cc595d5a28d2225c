package billing

import (
	"time"

	"github.com/shopspring/decimal"
)

// Ref names a provider's object: what a figure can be traced to. Version orders
// the stored versions of one object.
type Ref struct {
	Kind    string
	ID      string
	Version int64
}

// Record is all that one source knows of one customer.
type Record struct {
	Source        string
	Customer      Customer
	Subscriptions []Subscription // ordered by ID
	Invoices      []Invoice      // invoices and credit notes, ordered by ID
}

// Customer is the paying party as last known. Personal data beyond the name and
// an (optionally hashed) e-mail never gets this far.
type Customer struct {
	ID       string
	Name     string
	Email    string
	Currency string
	Country  string
	Created  time.Time
	Deleted  bool
	Metadata map[string]string // flat: "metadata.key", and fields such as "address.country"

	// Profiles is how Metadata and the other fields changed, ordered by From;
	// empty: they are not known to have ever been different.
	Profiles []Profile

	// Discounts that run on the customer, with the time each was known to be
	// there: a subscription without discounts of its own inherits them.
	Discounts []DiscountSpan

	Object Ref
}

// Profile is what an object said of itself from an instant on until the next
// Profile: what segments are read from. Before the first one nothing is known;
// whoever needs a value then extends the first one back.
type Profile struct {
	From   time.Time         // zero in the first: since an unknown time
	Values map[string]string // flat, as Metadata: "metadata.key", "address.country", "currency", "name"
}

// DiscountSpan is a customer's list of discounts during [From, Until). A zero
// From or Until is open.
type DiscountSpan struct {
	From, Until time.Time
	Discounts   []Discount
	Object      Ref
}

// Status is what a subscription is at an instant, in terms on which providers
// agree.
type Status uint8

// The statuses. Whether one counts for MRR is decided by the policy.
const (
	StatusActive Status = iota + 1
	StatusPastDue
	StatusNonRenewing // active until its term's end
	StatusTrialing
	StatusFuture     // not begun
	StatusIncomplete // first payment outstanding, or never made
	StatusUnpaid
	StatusPaused
	StatusCanceled
)

// PauseBehavior is what happens to the invoices of a subscription whose
// collection is paused.
type PauseBehavior uint8

// The pause behaviors.
const (
	PauseNone PauseBehavior = iota
	PauseVoid
	PauseKeepAsDraft
	PauseMarkUncollectible
)

// Pause is a paused collection. ResumesAt zero: until someone ends it.
type Pause struct {
	Behavior  PauseBehavior // PauseNone: collection is not paused
	ResumesAt time.Time
}

// Item is one priced line of a subscription.
type Item struct {
	ID         string
	Created    time.Time // zero: unknown
	Price      Price
	Quantity   decimal.Decimal
	Amount     *decimal.Decimal // what the provider itself says the item charges per interval, major units, before discounts; nil: compute from Price
	Discounts  []Discount       // item level, in order
	Taxes      []TaxRate
	TrialEnd   time.Time        // the item's own trial; zero: none
	Commitment *decimal.Decimal // contractual minimum of a metered item per price interval, major units; nil: none

	// TermFrom and TermUntil are the days [TermFrom, TermUntil) that an amount
	// per Term is for: a contract row's start, and the day after its end.
	// NoDate where the price has another interval.
	TermFrom, TermUntil Date
}

// Terms is what a subscription is and charges at an instant.
type Terms struct {
	Status     Status
	Items      []Item     // ordered by ID
	Discounts  []Discount // subscription level, in order
	Pause      Pause
	TrialStart time.Time
	TrialEnd   time.Time
	CancelAt   time.Time // the known end, if one is scheduled; zero: none
}

// Subscription is one agreement with all evidence of its past and future.
type Subscription struct {
	ID         string
	CustomerID string
	Name       string
	Currency   string // upper case
	Created    time.Time
	Start      time.Time // the start of service; may lie before Created
	Ended      time.Time // the effective end; zero: open
	Requested  time.Time // when its cancellation was asked for; zero: never
	Metadata   map[string]string
	Profiles   []Profile // how Metadata changed, as the customer's

	States   []State   // rank 1, ordered by From, never overlapping
	Phases   []Phase   // rank 2, ordered by From
	Services []Service // rank 3, ordered by From, then ItemID

	// Names are catalogue objects that the subscription names although its terms
	// may not show them: a coupon that fits none of its items today, for instance.
	Names []Ref

	// ProviderMRR is the provider's own figure, for comparison only.
	ProviderMRR *decimal.Decimal

	Object Ref
}

// EvidenceKind names how strong a statement about the past is, strongest first.
type EvidenceKind uint8

// The kinds of evidence.
const (
	// EvidenceVersion is a version that was stored or that an event carried.
	EvidenceVersion EvidenceKind = iota + 1
	// EvidencePhase is a schedule phase or a succeeded ramp.
	EvidencePhase
	// EvidenceInvoice is an invoice line.
	EvidenceInvoice
	// EvidenceCarried is a gap filled with the terms before it.
	EvidenceCarried
	// EvidenceEarliest is the time before the first evidence, filled with it.
	EvidenceEarliest
	// EvidenceObserved is a change that nothing dates but our own look.
	EvidenceObserved
	// EvidenceHeld is the last understood version, standing in for one that
	// could not be read.
	EvidenceHeld
	// EvidenceContract is a row of a contracts file.
	EvidenceContract
)

// State says that these terms were in force during [From, Until). A zero From
// means: since an unknown time, and weaker evidence may speak for what lies
// before From's next neighbour; a zero Until means: still, as far as was seen
// at SeenAt.
type State struct {
	From, Until time.Time
	SeenAt      time.Time
	Terms       Terms
	Evidence    EvidenceKind // EvidenceVersion, EvidenceObserved, EvidenceHeld or EvidenceContract
	Object      Ref
}

// Phase says which items and discounts were agreed for [From, Until). It says
// nothing of the status.
type Phase struct {
	From, Until time.Time
	Items       []Item // ID empty where the provider does not say which item: matched by price
	Discounts   []Discount
	Object      Ref
}

// ServiceKind says what an invoice tells about an item.
type ServiceKind uint8

const (
	// Charged: a recurring line; the item had these terms for the period.
	Charged ServiceKind = iota + 1
	// Began: the positive half of a proration; the new terms from From on.
	Began
	// Stopped: the negative half of a proration; the item's terms ended at From.
	Stopped
	// Voided: the period's only invoices were voided or left uncollectible by a
	// pause; nothing was charged for it.
	Voided
	// OnTrial: a line that charges nothing because the trial ran.
	OnTrial
)

// Service is what an invoice says of one item for a service period [From,
// Until). Several lines of one item and period (a line per tier) are one
// Service. Draft, deleted and plainly void invoices make none.
type Service struct {
	Kind        ServiceKind
	ItemID      string
	From, Until time.Time
	Price       Price
	Quantity    decimal.Decimal
	Taxes       []TaxRate
	Discounts   []Discount   // item level
	Inherited   []Discount   // invoice level, from the subscription or the customer
	IssuedAt    time.Time    // when the invoice was made: what it says is as of then
	Evidence    EvidenceKind // zero: EvidenceInvoice; EvidenceEarliest: the document shows since when, its Object the terms
	Object      Ref
}
