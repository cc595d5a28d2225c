package stripe

//go:generate go run mrrsync/internal/places wire.go place.go

import (
	"mrrsync/connectors/rawjson"
)

// The wire types hold what facts are made of, and no more. Numbers are exact;
// a pointer tells null from 0, because a tiered price's unit_amount is null and
// a free price's is 0.

// reference is another object's id, sent as it is or as the object itself.
type reference string

func (r *reference) Bare(id string) { *r = reference(id) }
func (r *reference) Place(key []byte) any {
	if string(key) == "id" {
		return (*string)(r)
	}
	return nil
}

// metadata may hold null where a previous value did not exist.
type metadata rawjson.Texts

func (m *metadata) Read(raw []byte) error { return (*rawjson.Texts)(m).Read(raw) }

type wireRecurring struct {
	Interval      string `json:"interval"`
	IntervalCount int64  `json:"interval_count"`
	UsageType     string `json:"usage_type"`
}

type wireTier struct {
	UpTo              *rawjson.Number `json:"up_to"`
	UnitAmount        *rawjson.Number `json:"unit_amount"`
	UnitAmountDecimal *rawjson.Number `json:"unit_amount_decimal"`
	FlatAmount        *rawjson.Number `json:"flat_amount"`
	FlatAmountDecimal *rawjson.Number `json:"flat_amount_decimal"`
}

type wireTransform struct {
	DivideBy int64  `json:"divide_by"`
	Round    string `json:"round"`
}

// wireAmount is what a price costs in one currency.
type wireAmount struct {
	UnitAmount        *rawjson.Number `json:"unit_amount"`
	UnitAmountDecimal *rawjson.Number `json:"unit_amount_decimal"`
	Tiers             []wireTier      `json:"tiers"`
	TaxBehavior       string          `json:"tax_behavior"`
}

type wirePrice struct {
	wireAmount
	ID                string                `json:"id"`
	Type              string                `json:"type"` // one_time or recurring; empty in a sketch of a price
	Nickname          string                `json:"nickname"`
	Product           reference             `json:"product"`
	Currency          string                `json:"currency"`
	BillingScheme     string                `json:"billing_scheme"`
	TiersMode         string                `json:"tiers_mode"`
	TransformQuantity *wireTransform        `json:"transform_quantity"`
	Recurring         *wireRecurring        `json:"recurring"`
	CurrencyOptions   map[string]wireAmount `json:"currency_options"`
	Metadata          metadata              `json:"metadata"`
}

// wirePlan is the older form of a price; old objects have no other.
type wirePlan struct {
	ID             string          `json:"id"`
	Nickname       string          `json:"nickname"`
	Product        reference       `json:"product"`
	Currency       string          `json:"currency"`
	Amount         *rawjson.Number `json:"amount"`
	AmountDecimal  *rawjson.Number `json:"amount_decimal"`
	BillingScheme  string          `json:"billing_scheme"`
	TiersMode      string          `json:"tiers_mode"`
	Tiers          []wireTier      `json:"tiers"`
	TransformUsage *wireTransform  `json:"transform_usage"`
	Interval       string          `json:"interval"`
	IntervalCount  int64           `json:"interval_count"`
	UsageType      string          `json:"usage_type"`
	Metadata       metadata        `json:"metadata"`
}

// price is the plan in the newer form.
func (p *wirePlan) price() *wirePrice {
	return &wirePrice{
		wireAmount:        wireAmount{UnitAmount: p.Amount, UnitAmountDecimal: p.AmountDecimal, Tiers: p.Tiers},
		ID:                p.ID,
		Nickname:          p.Nickname,
		Product:           p.Product,
		Currency:          p.Currency,
		BillingScheme:     p.BillingScheme,
		TiersMode:         p.TiersMode,
		TransformQuantity: p.TransformUsage,
		Recurring:         &wireRecurring{Interval: p.Interval, IntervalCount: p.IntervalCount, UsageType: p.UsageType},
		Metadata:          p.Metadata,
	}
}

type wireProduct struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Metadata metadata `json:"metadata"`
}

// wireAppliesTo is absent unless expanded: nil says nothing, Products empty
// says every product.
type wireAppliesTo struct {
	Products []string `json:"products"`
}

type wireAmountOff struct {
	AmountOff *rawjson.Number `json:"amount_off"`
}

type wireCoupon struct {
	ID               string                   `json:"id"`
	Name             string                   `json:"name"`
	PercentOff       *rawjson.Number          `json:"percent_off"`
	AmountOff        *rawjson.Number          `json:"amount_off"`
	Currency         string                   `json:"currency"`
	Duration         string                   `json:"duration"`
	DurationInMonths int                      `json:"duration_in_months"`
	AppliesTo        *wireAppliesTo           `json:"applies_to"`
	CurrencyOptions  map[string]wireAmountOff `json:"currency_options"`

	bare bool // only its id is known
}

func (w *wireCoupon) Bare(id string) { w.ID, w.bare = id, true }

// wireDiscount is sent as a bare id unless expanded. A bare id that nothing
// else explains is an error, never 0 %.
type wireDiscount struct {
	ID           string        `json:"id"`
	Coupon       *wireCoupon   `json:"coupon"`
	Customer     reference     `json:"customer"`
	Subscription reference     `json:"subscription"`
	Start        rawjson.Stamp `json:"start"`
	End          rawjson.Stamp `json:"end"`

	bare bool
}

func (w *wireDiscount) Bare(id string) { w.ID, w.bare = id, true }

type wireTaxRate struct {
	ID                  string          `json:"id"`
	Percentage          *rawjson.Number `json:"percentage"`
	EffectivePercentage *rawjson.Number `json:"effective_percentage"`
	Inclusive           bool            `json:"inclusive"`

	bare bool
}

func (w *wireTaxRate) Bare(id string) { w.ID, w.bare = id, true }

type wireItem struct {
	ID        string          `json:"id"`
	Created   rawjson.Stamp   `json:"created"`
	Price     *wirePrice      `json:"price"`
	Plan      *wirePlan       `json:"plan"`
	Quantity  *rawjson.Number `json:"quantity"`
	Discounts []wireDiscount  `json:"discounts"`
	TaxRates  []wireTaxRate   `json:"tax_rates"`
}

type wirePause struct {
	Behavior  string        `json:"behavior"`
	ResumesAt rawjson.Stamp `json:"resumes_at"`
}

type wireItemList struct {
	Data    []wireItem `json:"data"`
	HasMore bool       `json:"has_more"`
}

type wireSubscription struct {
	ID                string         `json:"id"`
	Customer          reference      `json:"customer"`
	Status            string         `json:"status"`
	Currency          string         `json:"currency"`
	Description       string         `json:"description"`
	Created           rawjson.Stamp  `json:"created"`
	StartDate         rawjson.Stamp  `json:"start_date"`
	EndedAt           rawjson.Stamp  `json:"ended_at"`
	CanceledAt        rawjson.Stamp  `json:"canceled_at"`
	CancelAt          rawjson.Stamp  `json:"cancel_at"`
	CancelAtPeriodEnd bool           `json:"cancel_at_period_end"`
	CurrentPeriodEnd  rawjson.Stamp  `json:"current_period_end"`
	TrialStart        rawjson.Stamp  `json:"trial_start"`
	TrialEnd          rawjson.Stamp  `json:"trial_end"`
	Items             *wireItemList  `json:"items"`
	Discount          *wireDiscount  `json:"discount"` // the older form of discounts
	Discounts         []wireDiscount `json:"discounts"`
	PauseCollection   *wirePause     `json:"pause_collection"`
	DefaultTaxRates   []wireTaxRate  `json:"default_tax_rates"`
	Metadata          metadata       `json:"metadata"`
}

type wireAddress struct {
	Country string `json:"country"`
}

type wireCustomer struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Email    string        `json:"email"`
	Currency string        `json:"currency"`
	Created  rawjson.Stamp `json:"created"`
	Discount *wireDiscount `json:"discount"`
	Metadata metadata      `json:"metadata"`
	Address  *wireAddress  `json:"address"`
}

type wirePhaseDiscount struct {
	Coupon   *wireCoupon   `json:"coupon"`
	Discount *wireDiscount `json:"discount"`
}

type wirePhaseItem struct {
	Price     rawjson.Raw         `json:"price"` // an id unless expanded
	Plan      reference           `json:"plan"`
	Quantity  *rawjson.Number     `json:"quantity"`
	Discounts []wirePhaseDiscount `json:"discounts"`
	TaxRates  []wireTaxRate       `json:"tax_rates"`
}

type wirePhase struct {
	StartDate       rawjson.Stamp       `json:"start_date"`
	EndDate         rawjson.Stamp       `json:"end_date"`
	Currency        string              `json:"currency"`
	Items           []wirePhaseItem     `json:"items"`
	Coupon          *wireCoupon         `json:"coupon"` // the older form of discounts
	Discounts       []wirePhaseDiscount `json:"discounts"`
	DefaultTaxRates []wireTaxRate       `json:"default_tax_rates"`
	TrialEnd        rawjson.Stamp       `json:"trial_end"`
}

type wireSchedule struct {
	ID                   string        `json:"id"`
	Status               string        `json:"status"`
	EndBehavior          string        `json:"end_behavior"`
	Subscription         reference     `json:"subscription"`
	ReleasedSubscription reference     `json:"released_subscription"`
	ReleasedAt           rawjson.Stamp `json:"released_at"`
	CanceledAt           rawjson.Stamp `json:"canceled_at"`
	CompletedAt          rawjson.Stamp `json:"completed_at"`
	Phases               []wirePhase   `json:"phases"`
}

type wirePeriod struct {
	Start rawjson.Stamp `json:"start"`
	End   rawjson.Stamp `json:"end"`
}

type wireTaxAmount struct {
	Amount    rawjson.Number `json:"amount"`
	Inclusive bool           `json:"inclusive"`
	TaxRate   wireTaxRate    `json:"tax_rate"`
}

type wireDiscountAmount struct {
	Amount rawjson.Number `json:"amount"`
}

type wireProrationDetails struct {
	CreditedItems rawjson.Raw `json:"credited_items"`
}

type wireLine struct {
	ID               string                `json:"id"`
	Type             string                `json:"type"`
	Amount           rawjson.Number        `json:"amount"`
	Currency         string                `json:"currency"`
	Description      string                `json:"description"`
	DiscountAmounts  []wireDiscountAmount  `json:"discount_amounts"`
	Discounts        []wireDiscount        `json:"discounts"`
	InvoiceItem      reference             `json:"invoice_item"`
	Period           wirePeriod            `json:"period"`
	Price            *wirePrice            `json:"price"`
	Plan             *wirePlan             `json:"plan"`
	Proration        bool                  `json:"proration"`
	ProrationDetails *wireProrationDetails `json:"proration_details"`
	Quantity         *rawjson.Number       `json:"quantity"`
	Subscription     reference             `json:"subscription"`
	SubscriptionItem reference             `json:"subscription_item"`
	TaxAmounts       []wireTaxAmount       `json:"tax_amounts"`
	TaxRates         []wireTaxRate         `json:"tax_rates"`
}

type wireTransitions struct {
	FinalizedAt           rawjson.Stamp `json:"finalized_at"`
	VoidedAt              rawjson.Stamp `json:"voided_at"`
	MarkedUncollectibleAt rawjson.Stamp `json:"marked_uncollectible_at"`
}

type wireLineList struct {
	Data    []wireLine `json:"data"`
	HasMore bool       `json:"has_more"`
}

type wireInvoice struct {
	ID                string          `json:"id"`
	Customer          reference       `json:"customer"`
	Subscription      reference       `json:"subscription"`
	Currency          string          `json:"currency"`
	Status            string          `json:"status"`
	Created           rawjson.Stamp   `json:"created"`
	Attempted         bool            `json:"attempted"`
	AttemptCount      int64           `json:"attempt_count"`
	Total             rawjson.Number  `json:"total"`
	Discounts         []wireDiscount  `json:"discounts"`
	Discount          *wireDiscount   `json:"discount"`
	StatusTransitions wireTransitions `json:"status_transitions"`
	Lines             wireLineList    `json:"lines"`
}

type wireCreditLine struct {
	ID              string               `json:"id"`
	Amount          rawjson.Number       `json:"amount"`
	Description     string               `json:"description"`
	DiscountAmounts []wireDiscountAmount `json:"discount_amounts"`
	InvoiceLineItem string               `json:"invoice_line_item"`
	Quantity        *rawjson.Number      `json:"quantity"`
	TaxAmounts      []wireTaxAmount      `json:"tax_amounts"`
}

type wireCreditLineList struct {
	Data []wireCreditLine `json:"data"`
}

type wireCreditNote struct {
	ID          string             `json:"id"`
	Customer    reference          `json:"customer"`
	Invoice     reference          `json:"invoice"`
	Currency    string             `json:"currency"`
	Status      string             `json:"status"`
	Created     rawjson.Stamp      `json:"created"`
	EffectiveAt rawjson.Stamp      `json:"effective_at"`
	Total       rawjson.Number     `json:"total"`
	Lines       wireCreditLineList `json:"lines"`
}

type wireInvoiceItem struct {
	ID               string          `json:"id"`
	Amount           rawjson.Number  `json:"amount"`
	Currency         string          `json:"currency"`
	Date             rawjson.Stamp   `json:"date"`
	Description      string          `json:"description"`
	Discounts        []wireDiscount  `json:"discounts"`
	Invoice          reference       `json:"invoice"`
	Period           wirePeriod      `json:"period"`
	Price            *wirePrice      `json:"price"`
	Plan             *wirePlan       `json:"plan"`
	Proration        bool            `json:"proration"`
	Quantity         *rawjson.Number `json:"quantity"`
	Subscription     reference       `json:"subscription"`
	SubscriptionItem reference       `json:"subscription_item"`
	TaxRates         []wireTaxRate   `json:"tax_rates"`
}

type wireEventData struct {
	Object             rawjson.Raw `json:"object"`
	PreviousAttributes rawjson.Raw `json:"previous_attributes"`
}

type wireEvent struct {
	ID         string        `json:"id"`
	Type       string        `json:"type"`
	APIVersion string        `json:"api_version"`
	Created    rawjson.Stamp `json:"created"`
	Data       wireEventData `json:"data"`
}
