package chargebee

import (
	"errors"
	"math"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/rawjson"
)

// The wire types hold what facts are made of, and no more. Numbers are exact
// and of any size; a pointer tells absent from 0.

// precise is an amount: in minor units, or in major units where the site sends
// decimals.
func precise(minor, major *rawjson.Number, places int32) (decimal.Decimal, bool) {
	switch {
	case major != nil:
		return major.Decimal, true
	case minor != nil:
		return minor.Shift(-places), true
	}
	return decimal.Decimal{}, false
}

// ordinal is a version number; 0 where there is none that makes sense.
func ordinal(n rawjson.Number) int64 {
	if !n.IsPositive() || n.GreaterThan(decimal.NewFromInt(math.MaxInt64)) {
		return 0
	}
	return n.IntPart()
}

// count is a quantity, sent whole or as a decimal.
func count(whole, exact *rawjson.Number) (decimal.Decimal, bool) { return precise(whole, exact, 0) }

// wireItem is what a subscription or a ramp charges: an item price (catalogue
// 2.0), a plan or an addon (1.0).
type wireItem struct {
	ItemPriceID           string
	ID                    string // of an addon
	ItemType              string
	Quantity              *rawjson.Number
	QuantityInDecimal     *rawjson.Number
	UnitPrice             *rawjson.Number
	UnitPriceInDecimal    *rawjson.Number
	Amount                *rawjson.Number
	AmountInDecimal       *rawjson.Number
	FreeQuantity          *rawjson.Number
	FreeQuantityInDecimal *rawjson.Number
	BillingPeriod         *rawjson.Number
	BillingPeriodUnit     string
	TrialEnd              rawjson.Stamp
	ChargeOnEvent         string
	MeteredQuantity       *rawjson.Number
}

// wireItems are a subscription's. Where there are none Chargebee leaves the list
// out; a null in its place tells nothing of them.
type wireItems []wireItem

var errNoItems = errors.New("null in the place of a list of items")

// Read reads a list.
func (l *wireItems) Read(raw []byte) error {
	if string(raw) == "null" {
		return errNoItems
	}
	return rawjson.DecodeList(raw, (*[]wireItem)(l))
}

// The types of items.
const (
	itemPlan   = "plan"
	itemAddon  = "addon"
	itemCharge = "charge"
)

type wireTier struct {
	ItemPriceID           string // on a subscription
	StartingUnit          *rawjson.Number
	StartingUnitInDecimal *rawjson.Number
	EndingUnit            *rawjson.Number
	EndingUnitInDecimal   *rawjson.Number
	Price                 *rawjson.Number
	PriceInDecimal        *rawjson.Number
	PricingType           string
	PackageSize           *rawjson.Number
}

// wireApplied is a coupon as a subscription names it.
type wireApplied struct {
	CouponID  string
	ApplyTill rawjson.Stamp
}

// wireDiscount is a discount given by hand, or a coupon once more.
type wireDiscount struct {
	ID           string
	Name         string
	Type         string
	Percentage   *rawjson.Number
	Amount       *rawjson.Number
	Quantity     *rawjson.Number
	CurrencyCode string
	DurationType string
	ApplyOn      string
	ItemPriceID  string
	CreatedAt    rawjson.Stamp
	ApplyTill    rawjson.Stamp
	CouponID     string
}

type wireContractTerm struct {
	Status          string
	ContractEnd     rawjson.Stamp
	ActionAtTermEnd string
}

type wireSubscription struct {
	ID                        string
	CustomerID                string
	Status                    string
	CurrencyCode              string
	BillingPeriod             *rawjson.Number
	BillingPeriodUnit         string
	PlanID                    string // this and the next: catalogue 1.0
	PlanQuantity              *rawjson.Number
	PlanQuantityInDecimal     *rawjson.Number
	PlanUnitPrice             *rawjson.Number
	PlanUnitPriceInDecimal    *rawjson.Number
	PlanAmount                *rawjson.Number
	PlanAmountInDecimal       *rawjson.Number
	PlanFreeQuantity          *rawjson.Number
	PlanFreeQuantityInDecimal *rawjson.Number
	StartDate                 rawjson.Stamp
	TrialStart                rawjson.Stamp
	TrialEnd                  rawjson.Stamp
	CurrentTermEnd            rawjson.Stamp
	CreatedAt                 rawjson.Stamp
	StartedAt                 rawjson.Stamp
	ActivatedAt               rawjson.Stamp
	PauseDate                 rawjson.Stamp
	ResumeDate                rawjson.Stamp
	CancelledAt               rawjson.Stamp
	CancelScheduleCreatedAt   rawjson.Stamp
	UpdatedAt                 rawjson.Stamp
	ResourceVersion           rawjson.Number
	Items                     wireItems
	Tiers                     []wireTier
	Addons                    wireItems
	Coupon                    string // the older form of coupons
	Coupons                   []wireApplied
	Discounts                 []wireDiscount
	ContractTerm              *wireContractTerm
	MRR                       *rawjson.Number
	Deleted                   bool
}

// one says that the subscription is of catalogue 1.0.
func (w *wireSubscription) one() bool { return w.PlanID != "" && len(w.Items) == 0 }

// items are what the subscription charges, of either catalogue, in one form.
func (w *wireSubscription) items() []wireItem {
	if !w.one() {
		return w.Items
	}
	all := []wireItem{{
		ItemPriceID: w.PlanID, ItemType: itemPlan,
		Quantity: w.PlanQuantity, QuantityInDecimal: w.PlanQuantityInDecimal,
		UnitPrice: w.PlanUnitPrice, UnitPriceInDecimal: w.PlanUnitPriceInDecimal,
		Amount: w.PlanAmount, AmountInDecimal: w.PlanAmountInDecimal,
		FreeQuantity: w.PlanFreeQuantity, FreeQuantityInDecimal: w.PlanFreeQuantityInDecimal,
	}}
	for _, a := range w.Addons {
		a.ItemPriceID, a.ItemType = a.ID, itemAddon
		all = append(all, a)
	}
	return all
}

// applied are the coupons on the subscription.
func (w *wireSubscription) applied() []wireApplied {
	if len(w.Coupons) == 0 && w.Coupon != "" {
		return []wireApplied{{CouponID: w.Coupon}}
	}
	return w.Coupons
}

// references are the catalogue objects that the subscription names, as kind and
// id.
func (w *wireSubscription) references() [][2]string {
	var all [][2]string
	for _, i := range w.items() {
		kind := kindItemPrice
		switch {
		case w.one() && i.ItemType == itemPlan:
			kind = kindPlan
		case w.one():
			kind = kindAddon
		}
		all = append(all, [2]string{kind, i.ItemPriceID})
	}
	for _, c := range w.applied() {
		all = append(all, [2]string{kindCoupon, c.CouponID})
	}
	return all
}

type wireAddress struct {
	Country string
}

type wireCustomer struct {
	ID              string
	FirstName       string
	LastName        string
	Company         string
	Email           string
	Currency        string
	CreatedAt       rawjson.Stamp
	UpdatedAt       rawjson.Stamp
	ResourceVersion rawjson.Number
	BillingAddress  wireAddress
}

// name is the company's, else the person's.
func (w *wireCustomer) name() string {
	if w.Company != "" {
		return w.Company
	}
	return strings.TrimSpace(w.FirstName + " " + w.LastName)
}

// wirePrice is an item price, a plan or an addon: what they share.
type wirePrice struct {
	ID                    string
	Name                  string
	ItemID                string
	ItemFamilyID          string
	ItemType              string
	CurrencyCode          string
	Period                *rawjson.Number
	PeriodUnit            string
	PricingModel          string
	ChargeModel           string // of a plan, the older form
	Type                  string // of an addon, the older form
	ChargeType            string // of an addon
	Price                 *rawjson.Number
	PriceInDecimal        *rawjson.Number
	FreeQuantity          *rawjson.Number // this and the next: in every period
	FreeQuantityInDecimal *rawjson.Number

	Tiers []wireTier
}

type wireProduct struct {
	ID      string
	Name    string
	Type    string
	Metered bool
}

type wireConstraint struct {
	ItemType     string
	Constraint   string
	ItemPriceIDs []string
}

type wireCriteria struct {
	ItemType      string
	Currencies    []string
	ItemFamilyIDs []string
	Periods       []string
}

type wireCoupon struct {
	ID                 string
	Name               string
	DiscountType       string
	DiscountPercentage *rawjson.Number
	DiscountAmount     *rawjson.Number
	DiscountQuantity   *rawjson.Number
	CurrencyCode       string
	DurationType       string
	ApplyOn            string
	PlanConstraint     string // catalogue 1.0
	PlanIDs            []string
	AddonConstraint    string
	AddonIDs           []string
	ItemConstraints    []wireConstraint
	Criteria           []wireCriteria
}

// The statuses of a ramp. Only a succeeded one explains the past; only a
// scheduled one is agreed for later.
const (
	rampScheduled = "scheduled"
	rampSucceeded = "succeeded"
	rampFailed    = "failed"
	rampDraft     = "draft"
)

type wireRamp struct {
	ID                string
	SubscriptionID    string
	EffectiveFrom     rawjson.Stamp
	Status            string
	ItemsToAdd        []wireItem
	ItemsToUpdate     []wireItem
	ItemsToRemove     []string
	Tiers             []wireTier
	CouponsToAdd      []wireApplied
	CouponsToRemove   []string
	DiscountsToAdd    []wireDiscount
	DiscountsToRemove []string
}

type wireLine struct {
	ID                  string
	SubscriptionID      string
	EntityType          string
	EntityID            string
	DateFrom            rawjson.Stamp
	DateTo              rawjson.Stamp
	UnitAmount          *rawjson.Number
	UnitAmountInDecimal *rawjson.Number
	Quantity            *rawjson.Number
	QuantityInDecimal   *rawjson.Number
	Amount              *rawjson.Number
	AmountInDecimal     *rawjson.Number
	PricingModel        string
	TaxAmount           *rawjson.Number
	TaxRate             *rawjson.Number
	DiscountAmount      *rawjson.Number
	Metered             bool
	Description         string
}

type wireLineDiscount struct {
	LineItemID     string
	DiscountType   string
	CouponID       string
	EntityID       string
	DiscountAmount *rawjson.Number
}

type wireLineTax struct {
	LineItemID string
	TaxName    string
	TaxRate    *rawjson.Number
}

// wireDocument is an invoice or a credit note: what they share.
type wireDocument struct {
	ID                string
	CustomerID        string
	SubscriptionID    string
	Status            string
	PriceType         string
	CurrencyCode      string
	ReasonCode        string // of a credit note
	Date              rawjson.Stamp
	GeneratedAt       rawjson.Stamp
	Total             *rawjson.Number
	RoundOffAmount    *rawjson.Number
	LineItems         []wireLine
	LineItemDiscounts []wireLineDiscount
	LineItemTaxes     []wireLineTax
}

// inclusive says that the document's prices contain their tax.
func (w *wireDocument) inclusive() bool { return w.PriceType == "tax_inclusive" }

// issued is the document's date.
func (w *wireDocument) issued() time.Time {
	if w.Date != 0 {
		return w.Date.Time()
	}
	return w.GeneratedAt.Time()
}

type wireContent struct {
	Subscription rawjson.Raw
}

type wireEvent struct {
	ID         string
	Type       string
	APIVersion string
	OccurredAt rawjson.Stamp
	Content    wireContent
}
