package normalize

import (
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// Scale is the number of decimal places of every amount that leaves this
// package, reached by one rounding, half up, at the end of an item.
const Scale = 4

// digits is how many digits before the point an amount or a quantity may have. The
// warehouse holds one more: there is room for another currency.
const digits = 13

// beyond says that a figure is none of a subscription or an invoice, but a slip.
func beyond(d decimal.Decimal) bool {
	return !d.IsZero() && d.NumDigits()+int(d.Exponent()) > digits // as a comparison with 10^digits, which allocates
}

// Period is the truth of the warehouse: what an item's MRR was during the days
// [From, Until). Periods of one item never overlap; days without a period have
// no MRR.
type Period struct {
	Source         string
	CustomerID     string
	AccountID      string
	SubscriptionID string
	ItemID         string
	ProductID      string
	ProductName    string
	PlanID         string
	PlanName       string
	Currency       string // ISO 4217, upper case
	From           billing.Date
	Until          billing.Date // billing.Forever: open
	Quantity       decimal.Decimal
	MRR            decimal.Decimal // major units, Scale places; 0 for free items that count
	// Scheduled periods are agreed but wait for evidence (a trial's
	// conversion): they are in the forward view, in no past or present day.
	Scheduled bool
	// Segments are the values as of the days: a period ends where one changes.
	// A segment without a value is not there. Shared between rows: read only.
	Segments map[string]string
	// Evidence is the weakest kind that this period rests on, Object what it
	// came from, Rule the policy rule that decided, for instance
	// "discounts.repeating=subtract".
	Evidence billing.EvidenceKind
	Object   billing.Ref
	Rule     string
	// Refs are the catalogue objects that the amount was computed from, as
	// "kind/id".
	Refs []string
}

// MovementType is what a movement is to its account.
type MovementType uint8

// The movements. The numbers are the enum values in the warehouse.
const (
	New MovementType = iota + 1
	Expansion
	Contraction
	Churn
	Reactivation
)

// Movement is the change of one item's MRR against the day before. Amounts are
// signed; all rows of an account, currency and day carry one type, and their
// sum has that type's sign.
type Movement struct {
	Date           billing.Date
	Source         string
	CustomerID     string
	AccountID      string
	SubscriptionID string
	ItemID         string
	ProductID      string
	PlanID         string
	Currency       string
	Type           MovementType
	Amount         decimal.Decimal
	Reason         string            // new, quantity, price, plan, item, discount, trial, ramp, pause, resume, cancel, unpaid, recovered, transfer, restatement
	Scheduled      bool              // follows from a scheduled period
	Segments       map[string]string // as of the day
	Object         billing.Ref
}

// Treatment is what a part of an invoice line is.
type Treatment string

// The treatments.
const (
	TreatCommitted        Treatment = "committed"
	TreatProration        Treatment = "proration"
	TreatOneTime          Treatment = "one_time"
	TreatTrial            Treatment = "trial"
	TreatCommittedUsage   Treatment = "committed_usage"
	TreatUncommittedUsage Treatment = "uncommitted_usage"
	TreatTax              Treatment = "tax"
	TreatCredit           Treatment = "credit"
	TreatDiscount         Treatment = "discount"
)

// InvoiceLine is one treatment of one line of an invoice or credit note. Per
// document the rows other than credit add up to its total.
type InvoiceLine struct {
	Source         string
	InvoiceID      string
	LineID         string
	CustomerID     string
	AccountID      string
	SubscriptionID string
	PlanID         string
	IssuedAt       billing.Date
	PeriodStart    billing.Date
	PeriodEnd      billing.Date // exclusive
	Currency       string
	Amount         decimal.Decimal // signed, Scale places; discounts negative, credit notes negative
	Treatment      Treatment
	Segments       map[string]string // as of IssuedAt
}

// Customer is a customer as last known.
type Customer struct {
	Source     string
	CustomerID string
	AccountID  string
	Name       string
	Email      string
	Currency   string
	Country    string
	Created    billing.Date
	Deleted    bool
	// FirstMRR is the first day of the account with MRR, billing.NoDate if
	// there is none.
	FirstMRR billing.Date
	Segments map[string]string // as last known
}

// Subscription is a subscription as last known.
type Subscription struct {
	Source         string
	CustomerID     string
	AccountID      string
	SubscriptionID string
	Name           string
	Currency       string
	Status         string // active, past_due, non_renewing, trialing, future, incomplete, unpaid, paused, canceled
	Start          billing.Date
	End            billing.Date      // billing.Forever: open
	CancelAt       billing.Date      // the known end; billing.Forever: none
	TrialEnd       billing.Date      // billing.NoDate: no trial
	Segments       map[string]string // as last known
	ProviderMRR    *decimal.Decimal
	// Refs are the catalogue objects that any evidence of it names, as "kind/id",
	// ordered, whether it has MRR or not: when one changes, the account is
	// derived again.
	Refs []string
}

// Reject is a part of a subscription or document that the law cannot value: it
// stays out, is counted, and says why.
type Reject = billing.Reject

// Account is one paying party after identity resolution: the unit of
// derivation.
type Account struct {
	ID      string
	Records []billing.Record // one per source and customer, ordered by source and customer id
}

// Result is all that follows from one account's evidence.
type Result struct {
	Periods       []Period   // ordered by source, subscription, item, from
	Movements     []Movement // ordered by date, currency, source, subscription, item
	InvoiceLines  []InvoiceLine
	Customers     []Customer
	Subscriptions []Subscription
	Rejects       []Reject
}
