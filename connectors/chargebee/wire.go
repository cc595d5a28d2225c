package chargebee

//go:generate go run mrrsync/internal/places wire.go place.go

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
	ItemPriceID           string          `json:"item_price_id"`
	ID                    string          `json:"id"` // of an addon
	ItemType              string          `json:"item_type"`
	Quantity              *rawjson.Number `json:"quantity"`
	QuantityInDecimal     *rawjson.Number `json:"quantity_in_decimal"`
	UnitPrice             *rawjson.Number `json:"unit_price"`
	UnitPriceInDecimal    *rawjson.Number `json:"unit_price_in_decimal"`
	Amount                *rawjson.Number `json:"amount"`
	AmountInDecimal       *rawjson.Number `json:"amount_in_decimal"`
	FreeQuantity          *rawjson.Number `json:"free_quantity"`
	FreeQuantityInDecimal *rawjson.Number `json:"free_quantity_in_decimal"`
	BillingPeriod         *rawjson.Number `json:"billing_period"`
	BillingPeriodUnit     string          `json:"billing_period_unit"`
	TrialEnd              rawjson.Stamp   `json:"trial_end"`
	ChargeOnEvent         string          `json:"charge_on_event"`
	MeteredQuantity       *rawjson.Number `json:"metered_quantity"`
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
	ItemPriceID           string          `json:"item_price_id"` // on a subscription
	StartingUnit          *rawjson.Number `json:"starting_unit"`
	StartingUnitInDecimal *rawjson.Number `json:"starting_unit_in_decimal"`
	EndingUnit            *rawjson.Number `json:"ending_unit"`
	EndingUnitInDecimal   *rawjson.Number `json:"ending_unit_in_decimal"`
	Price                 *rawjson.Number `json:"price"`
	PriceInDecimal        *rawjson.Number `json:"price_in_decimal"`
	PricingType           string          `json:"pricing_type"`
	PackageSize           *rawjson.Number `json:"package_size"`
}

// wireApplied is a coupon as a subscription names it.
type wireApplied struct {
	CouponID  string        `json:"coupon_id"`
	ApplyTill rawjson.Stamp `json:"apply_till"`
}

// wireDiscount is a discount given by hand, or a coupon once more.
type wireDiscount struct {
	ID           string          `json:"id"`
	Name         string          `json:"invoice_name"`
	Type         string          `json:"type"`
	Percentage   *rawjson.Number `json:"percentage"`
	Amount       *rawjson.Number `json:"amount"`
	Quantity     *rawjson.Number `json:"quantity"`
	CurrencyCode string          `json:"currency_code"`
	DurationType string          `json:"duration_type"`
	ApplyOn      string          `json:"apply_on"`
	ItemPriceID  string          `json:"item_price_id"`
	CreatedAt    rawjson.Stamp   `json:"created_at"`
	ApplyTill    rawjson.Stamp   `json:"apply_till"`
	CouponID     string          `json:"coupon_id"`
}

type wireContractTerm struct {
	Status          string        `json:"status"`
	ContractEnd     rawjson.Stamp `json:"contract_end"`
	ActionAtTermEnd string        `json:"action_at_term_end"`
}

type wireSubscription struct {
	ID                        string            `json:"id"`
	CustomerID                string            `json:"customer_id"`
	Status                    string            `json:"status"`
	CurrencyCode              string            `json:"currency_code"`
	BillingPeriod             *rawjson.Number   `json:"billing_period"`
	BillingPeriodUnit         string            `json:"billing_period_unit"`
	PlanID                    string            `json:"plan_id"` // this and the next: catalogue 1.0
	PlanQuantity              *rawjson.Number   `json:"plan_quantity"`
	PlanQuantityInDecimal     *rawjson.Number   `json:"plan_quantity_in_decimal"`
	PlanUnitPrice             *rawjson.Number   `json:"plan_unit_price"`
	PlanUnitPriceInDecimal    *rawjson.Number   `json:"plan_unit_price_in_decimal"`
	PlanAmount                *rawjson.Number   `json:"plan_amount"`
	PlanAmountInDecimal       *rawjson.Number   `json:"plan_amount_in_decimal"`
	PlanFreeQuantity          *rawjson.Number   `json:"plan_free_quantity"`
	PlanFreeQuantityInDecimal *rawjson.Number   `json:"plan_free_quantity_in_decimal"`
	StartDate                 rawjson.Stamp     `json:"start_date"`
	TrialStart                rawjson.Stamp     `json:"trial_start"`
	TrialEnd                  rawjson.Stamp     `json:"trial_end"`
	CurrentTermEnd            rawjson.Stamp     `json:"current_term_end"`
	CreatedAt                 rawjson.Stamp     `json:"created_at"`
	StartedAt                 rawjson.Stamp     `json:"started_at"`
	ActivatedAt               rawjson.Stamp     `json:"activated_at"`
	PauseDate                 rawjson.Stamp     `json:"pause_date"`
	ResumeDate                rawjson.Stamp     `json:"resume_date"`
	CancelledAt               rawjson.Stamp     `json:"cancelled_at"`
	CancelScheduleCreatedAt   rawjson.Stamp     `json:"cancel_schedule_created_at"`
	UpdatedAt                 rawjson.Stamp     `json:"updated_at"`
	ResourceVersion           rawjson.Number    `json:"resource_version"`
	Items                     wireItems         `json:"subscription_items"`
	Tiers                     []wireTier        `json:"item_tiers"`
	Addons                    wireItems         `json:"addons"`
	Coupon                    string            `json:"coupon"` // the older form of coupons
	Coupons                   []wireApplied     `json:"coupons"`
	Discounts                 []wireDiscount    `json:"discounts"`
	ContractTerm              *wireContractTerm `json:"contract_term"`
	MRR                       *rawjson.Number   `json:"mrr"`
	Deleted                   bool              `json:"deleted"`
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
	Country string `json:"country"`
}

type wireCustomer struct {
	ID              string         `json:"id"`
	FirstName       string         `json:"first_name"`
	LastName        string         `json:"last_name"`
	Company         string         `json:"company"`
	Email           string         `json:"email"`
	Currency        string         `json:"preferred_currency_code"`
	CreatedAt       rawjson.Stamp  `json:"created_at"`
	UpdatedAt       rawjson.Stamp  `json:"updated_at"`
	ResourceVersion rawjson.Number `json:"resource_version"`
	BillingAddress  wireAddress    `json:"billing_address"`
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
	ID                    string          `json:"id"`
	Name                  string          `json:"name"`
	ItemID                string          `json:"item_id"`
	ItemFamilyID          string          `json:"item_family_id"`
	ItemType              string          `json:"item_type"`
	CurrencyCode          string          `json:"currency_code"`
	Period                *rawjson.Number `json:"period"`
	PeriodUnit            string          `json:"period_unit"`
	PricingModel          string          `json:"pricing_model"`
	ChargeModel           string          `json:"charge_model"` // of a plan, the older form
	Type                  string          `json:"type"`         // of an addon, the older form
	ChargeType            string          `json:"charge_type"`  // of an addon
	Price                 *rawjson.Number `json:"price"`
	PriceInDecimal        *rawjson.Number `json:"price_in_decimal"`
	FreeQuantity          *rawjson.Number `json:"free_quantity"` // this and the next: in every period
	FreeQuantityInDecimal *rawjson.Number `json:"free_quantity_in_decimal"`

	Tiers []wireTier `json:"tiers"`
}

type wireProduct struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Type    string `json:"type"`
	Metered bool   `json:"metered"`
}

type wireConstraint struct {
	ItemType     string   `json:"item_type"`
	Constraint   string   `json:"constraint"`
	ItemPriceIDs []string `json:"item_price_ids"`
}

type wireCriteria struct {
	ItemType      string   `json:"item_type"`
	Currencies    []string `json:"currencies"`
	ItemFamilyIDs []string `json:"item_family_ids"`
	Periods       []string `json:"item_price_periods"`
}

type wireCoupon struct {
	ID                 string           `json:"id"`
	Name               string           `json:"name"`
	DiscountType       string           `json:"discount_type"`
	DiscountPercentage *rawjson.Number  `json:"discount_percentage"`
	DiscountAmount     *rawjson.Number  `json:"discount_amount"`
	DiscountQuantity   *rawjson.Number  `json:"discount_quantity"`
	CurrencyCode       string           `json:"currency_code"`
	DurationType       string           `json:"duration_type"`
	ApplyOn            string           `json:"apply_on"`
	PlanConstraint     string           `json:"plan_constraint"` // catalogue 1.0
	PlanIDs            []string         `json:"plan_ids"`
	AddonConstraint    string           `json:"addon_constraint"`
	AddonIDs           []string         `json:"addon_ids"`
	ItemConstraints    []wireConstraint `json:"item_constraints"`
	Criteria           []wireCriteria   `json:"item_constraint_criteria"`
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
	ID                string         `json:"id"`
	SubscriptionID    string         `json:"subscription_id"`
	EffectiveFrom     rawjson.Stamp  `json:"effective_from"`
	Status            string         `json:"status"`
	ItemsToAdd        []wireItem     `json:"items_to_add"`
	ItemsToUpdate     []wireItem     `json:"items_to_update"`
	ItemsToRemove     []string       `json:"items_to_remove"`
	Tiers             []wireTier     `json:"item_tiers"`
	CouponsToAdd      []wireApplied  `json:"coupons_to_add"`
	CouponsToRemove   []string       `json:"coupons_to_remove"`
	DiscountsToAdd    []wireDiscount `json:"discounts_to_add"`
	DiscountsToRemove []string       `json:"discounts_to_remove"`
}

type wireLine struct {
	ID                  string          `json:"id"`
	SubscriptionID      string          `json:"subscription_id"`
	EntityType          string          `json:"entity_type"`
	EntityID            string          `json:"entity_id"`
	DateFrom            rawjson.Stamp   `json:"date_from"`
	DateTo              rawjson.Stamp   `json:"date_to"`
	UnitAmount          *rawjson.Number `json:"unit_amount"`
	UnitAmountInDecimal *rawjson.Number `json:"unit_amount_in_decimal"`
	Quantity            *rawjson.Number `json:"quantity"`
	QuantityInDecimal   *rawjson.Number `json:"quantity_in_decimal"`
	Amount              *rawjson.Number `json:"amount"`
	AmountInDecimal     *rawjson.Number `json:"amount_in_decimal"`
	PricingModel        string          `json:"pricing_model"`
	TaxAmount           *rawjson.Number `json:"tax_amount"`
	TaxRate             *rawjson.Number `json:"tax_rate"`
	DiscountAmount      *rawjson.Number `json:"discount_amount"`
	Metered             bool            `json:"metered"`
	Description         string          `json:"description"`
}

type wireLineDiscount struct {
	LineItemID     string          `json:"line_item_id"`
	DiscountType   string          `json:"discount_type"`
	CouponID       string          `json:"coupon_id"`
	EntityID       string          `json:"entity_id"`
	DiscountAmount *rawjson.Number `json:"discount_amount"`
}

type wireLineTax struct {
	LineItemID string          `json:"line_item_id"`
	TaxName    string          `json:"tax_name"`
	TaxRate    *rawjson.Number `json:"tax_rate"`
}

// wireDocument is an invoice or a credit note: what they share.
type wireDocument struct {
	ID                string             `json:"id"`
	CustomerID        string             `json:"customer_id"`
	SubscriptionID    string             `json:"subscription_id"`
	Status            string             `json:"status"`
	PriceType         string             `json:"price_type"`
	CurrencyCode      string             `json:"currency_code"`
	ReasonCode        string             `json:"reason_code"` // of a credit note
	Date              rawjson.Stamp      `json:"date"`
	GeneratedAt       rawjson.Stamp      `json:"generated_at"`
	Total             *rawjson.Number    `json:"total"`
	RoundOffAmount    *rawjson.Number    `json:"round_off_amount"`
	LineItems         []wireLine         `json:"line_items"`
	LineItemDiscounts []wireLineDiscount `json:"line_item_discounts"`
	LineItemTaxes     []wireLineTax      `json:"line_item_taxes"`
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
	Subscription rawjson.Raw `json:"subscription"`
}

type wireEvent struct {
	ID         string        `json:"id"`
	Type       string        `json:"event_type"`
	APIVersion string        `json:"api_version"`
	OccurredAt rawjson.Stamp `json:"occurred_at"`
	Content    wireContent   `json:"content"`
}
