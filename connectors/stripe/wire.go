package stripe

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
	Interval      string
	IntervalCount int64
	UsageType     string
}

type wireTier struct {
	UpTo              *rawjson.Number
	UnitAmount        *rawjson.Number
	UnitAmountDecimal *rawjson.Number
	FlatAmount        *rawjson.Number
	FlatAmountDecimal *rawjson.Number
}

type wireTransform struct {
	DivideBy int64
	Round    string
}

// wireAmount is what a price costs in one currency.
type wireAmount struct {
	UnitAmount        *rawjson.Number
	UnitAmountDecimal *rawjson.Number
	Tiers             []wireTier
	TaxBehavior       string
}

type wirePrice struct {
	wireAmount
	ID                string
	Type              string // one_time or recurring; empty in a sketch of a price
	Nickname          string
	Product           reference
	Currency          string
	BillingScheme     string
	TiersMode         string
	TransformQuantity *wireTransform
	Recurring         *wireRecurring
	CurrencyOptions   map[string]wireAmount
	Metadata          metadata
}

// wirePlan is the older form of a price; old objects have no other.
type wirePlan struct {
	ID             string
	Nickname       string
	Product        reference
	Currency       string
	Amount         *rawjson.Number
	AmountDecimal  *rawjson.Number
	BillingScheme  string
	TiersMode      string
	Tiers          []wireTier
	TransformUsage *wireTransform
	Interval       string
	IntervalCount  int64
	UsageType      string
	Metadata       metadata
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
	ID       string
	Name     string
	Metadata metadata
}

// wireAppliesTo is absent unless expanded: nil says nothing, Products empty
// says every product.
type wireAppliesTo struct {
	Products []string
}

type wireAmountOff struct {
	AmountOff *rawjson.Number
}

type wireCoupon struct {
	ID               string
	Name             string
	PercentOff       *rawjson.Number
	AmountOff        *rawjson.Number
	Currency         string
	Duration         string
	DurationInMonths int
	AppliesTo        *wireAppliesTo
	CurrencyOptions  map[string]wireAmountOff

	bare bool // only its id is known
}

func (w *wireCoupon) Bare(id string) { w.ID, w.bare = id, true }

// wireDiscount is sent as a bare id unless expanded. A bare id that nothing
// else explains is an error, never 0 %.
type wireDiscount struct {
	ID           string
	Coupon       *wireCoupon
	Customer     reference
	Subscription reference
	Start        rawjson.Stamp
	End          rawjson.Stamp

	bare bool
}

func (w *wireDiscount) Bare(id string) { w.ID, w.bare = id, true }

type wireTaxRate struct {
	ID                  string
	Percentage          *rawjson.Number
	EffectivePercentage *rawjson.Number
	Inclusive           bool

	bare bool
}

func (w *wireTaxRate) Bare(id string) { w.ID, w.bare = id, true }

type wireItem struct {
	ID        string
	Created   rawjson.Stamp
	Price     *wirePrice
	Plan      *wirePlan
	Quantity  *rawjson.Number
	Discounts []wireDiscount
	TaxRates  []wireTaxRate
}

type wirePause struct {
	Behavior  string
	ResumesAt rawjson.Stamp
}

type wireItemList struct {
	Data    []wireItem
	HasMore bool
}

type wireSubscription struct {
	ID                string
	Customer          reference
	Status            string
	Currency          string
	Description       string
	Created           rawjson.Stamp
	StartDate         rawjson.Stamp
	EndedAt           rawjson.Stamp
	CanceledAt        rawjson.Stamp
	CancelAt          rawjson.Stamp
	CancelAtPeriodEnd bool
	CurrentPeriodEnd  rawjson.Stamp
	TrialStart        rawjson.Stamp
	TrialEnd          rawjson.Stamp
	Items             *wireItemList
	Discount          *wireDiscount // the older form of discounts
	Discounts         []wireDiscount
	PauseCollection   *wirePause
	DefaultTaxRates   []wireTaxRate
	Metadata          metadata
}

type wireAddress struct {
	Country string
}

type wireCustomer struct {
	ID       string
	Name     string
	Email    string
	Currency string
	Created  rawjson.Stamp
	Discount *wireDiscount
	Metadata metadata
	Address  *wireAddress
}

type wirePhaseDiscount struct {
	Coupon   *wireCoupon
	Discount *wireDiscount
}

type wirePhaseItem struct {
	Price     rawjson.Raw // an id unless expanded
	Plan      reference
	Quantity  *rawjson.Number
	Discounts []wirePhaseDiscount
	TaxRates  []wireTaxRate
}

type wirePhase struct {
	StartDate       rawjson.Stamp
	EndDate         rawjson.Stamp
	Currency        string
	Items           []wirePhaseItem
	Coupon          *wireCoupon // the older form of discounts
	Discounts       []wirePhaseDiscount
	DefaultTaxRates []wireTaxRate
	TrialEnd        rawjson.Stamp
}

type wireSchedule struct {
	ID                   string
	Status               string
	EndBehavior          string
	Subscription         reference
	ReleasedSubscription reference
	ReleasedAt           rawjson.Stamp
	CanceledAt           rawjson.Stamp
	CompletedAt          rawjson.Stamp
	Phases               []wirePhase
}

type wirePeriod struct {
	Start rawjson.Stamp
	End   rawjson.Stamp
}

type wireTaxAmount struct {
	Amount    rawjson.Number
	Inclusive bool
	TaxRate   wireTaxRate
}

type wireDiscountAmount struct {
	Amount rawjson.Number
}

type wireProrationDetails struct {
	CreditedItems rawjson.Raw
}

type wireLine struct {
	ID               string
	Type             string
	Amount           rawjson.Number
	Currency         string
	Description      string
	DiscountAmounts  []wireDiscountAmount
	Discounts        []wireDiscount
	InvoiceItem      reference
	Period           wirePeriod
	Price            *wirePrice
	Plan             *wirePlan
	Proration        bool
	ProrationDetails *wireProrationDetails
	Quantity         *rawjson.Number
	Subscription     reference
	SubscriptionItem reference
	TaxAmounts       []wireTaxAmount
	TaxRates         []wireTaxRate
}

type wireTransitions struct {
	FinalizedAt           rawjson.Stamp
	VoidedAt              rawjson.Stamp
	MarkedUncollectibleAt rawjson.Stamp
}

type wireLineList struct {
	Data    []wireLine
	HasMore bool
}

type wireInvoice struct {
	ID                string
	Customer          reference
	Subscription      reference
	Currency          string
	Status            string
	Created           rawjson.Stamp
	Attempted         bool
	AttemptCount      int64
	Total             rawjson.Number
	Discounts         []wireDiscount
	Discount          *wireDiscount
	StatusTransitions wireTransitions
	Lines             wireLineList
}

type wireCreditLine struct {
	ID              string
	Amount          rawjson.Number
	Description     string
	DiscountAmounts []wireDiscountAmount
	InvoiceLineItem string
	Quantity        *rawjson.Number
	TaxAmounts      []wireTaxAmount
}

type wireCreditLineList struct {
	Data []wireCreditLine
}

type wireCreditNote struct {
	ID          string
	Customer    reference
	Invoice     reference
	Currency    string
	Status      string
	Created     rawjson.Stamp
	EffectiveAt rawjson.Stamp
	Total       rawjson.Number
	Lines       wireCreditLineList
}

type wireInvoiceItem struct {
	ID               string
	Amount           rawjson.Number
	Currency         string
	Date             rawjson.Stamp
	Description      string
	Discounts        []wireDiscount
	Invoice          reference
	Period           wirePeriod
	Price            *wirePrice
	Plan             *wirePlan
	Proration        bool
	Quantity         *rawjson.Number
	Subscription     reference
	SubscriptionItem reference
	TaxRates         []wireTaxRate
}

type wireEventData struct {
	Object             rawjson.Raw
	PreviousAttributes rawjson.Raw
}

type wireEvent struct {
	ID         string
	Type       string
	APIVersion string
	Created    rawjson.Stamp
	Data       wireEventData
}
