package billing

import (
	"time"

	"github.com/shopspring/decimal"
)

// InvoiceStatus is the state of a document.
type InvoiceStatus uint8

// The statuses. Draft and Void documents have no lines in the warehouse.
const (
	InvoiceDraft InvoiceStatus = iota + 1
	InvoiceOpen
	InvoicePaid
	InvoiceUncollectible
	InvoiceVoid
)

// Invoice is an invoice or, with CreditNote set, a credit note. Amounts of a
// credit note are negative.
type Invoice struct {
	ID             string
	CustomerID     string
	SubscriptionID string
	Currency       string
	Status         InvoiceStatus
	CreditNote     bool
	IssuedAt       time.Time // finalization, else creation
	Total          decimal.Decimal
	Lines          []Line // ordered by ID
	Object         Ref
}

// Line is one line of an invoice. Amount is ex tax and before discounts; Taxes
// and Discounts are what was added and taken off, both as positive amounts on
// an invoice; Amount + Taxes - Discounts of all lines is the document's total.
type Line struct {
	ID             string
	SubscriptionID string
	ItemID         string
	PriceID        string
	ProductID      string
	Usage          Usage
	Interval       Interval // zero for one-time lines
	Proration      bool
	Trial          bool // charges nothing because the trial ran
	Quantity       decimal.Decimal
	Amount         decimal.Decimal
	Discounts      decimal.Decimal
	Taxes          decimal.Decimal
	Commitment     *decimal.Decimal // of a metered line, for its period; nil: none
	From, Until    time.Time        // service period
	Description    string
}
