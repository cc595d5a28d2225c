package site

import "mrrsync/internal/simulator/reckon"

// Kind is a type of item.
type Kind uint8

// The kinds. Catalogue 1.0 has plans and addons; its charges are addons of the
// charge type non_recurring.
const (
	Plan Kind = iota + 1
	Addon
	Charge
)

// String is Chargebee's item_type.
func (k Kind) String() string { return [...]string{"", "plan", "addon", "charge"}[k] }

// Model is a pricing model.
type Model uint8

// The models.
const (
	FlatFee Model = iota + 1
	PerUnit
	Tiered // graduated
	Volume
	Stairstep
)

// String is Chargebee's pricing_model.
func (m Model) String() string {
	return [...]string{"", "flat_fee", "per_unit", "tiered", "volume", "stairstep"}[m]
}

// Charging is how a tier charges the units in it: tier.pricing_type.
type Charging uint8

// The ways to charge a tier.
const (
	EachUnit  Charging = iota + 1
	OneFee             // Unit once for the whole tier
	EachBlock          // Unit for every package of Size units begun
)

// String is Chargebee's pricing_type.
func (c Charging) String() string { return [...]string{"", "per_unit", "flat_fee", "package"}[c] }

// Tier is a band of quantities, From to To, both included; To is 0 in the last
// one. Unit is in ten-thousandths of a minor unit.
type Tier struct {
	From, To int64
	Unit     int64
	Charging Charging // 0: the model's own way
	Size     int64    // of a package
}

// Scale is the number of units of a Unit amount in a minor unit.
const Scale = 10_000

// Product is an item of catalogue 2.0; in 1.0 only its prices exist.
type Product struct {
	ID, Name string
	Kind     Kind
	Metered  bool
	Created  int64
	Renamed  int64  // when it got its new name, 0 never
	NewName  string // from Renamed on
}

// Price is an item price of catalogue 2.0, or a plan or addon of 1.0. It never
// changes, but may be archived.
type Price struct {
	ID, Name  string
	Product   *Product
	Currency  string // upper case
	Created   int64
	Archived  int64 // 0 while it is sold
	Model     Model
	Unit      int64  // ten-thousandths of a minor unit; not for prices with tiers
	Tiers     []Tier // of tiered, volume and stairstep prices
	Decimal   bool   // amounts and quantities are shown as *_in_decimal
	Every     reckon.Interval
	Count     int // of Every in a billing period; 0 for charges
	Free      int64
	TrialDays int64
	Setup     int64 // minor units: setup_fee of a plan of catalogue 1.0
}

// DiscountKind says what a discount takes off.
type DiscountKind uint8

// The kinds of discounts.
const (
	Percentage DiscountKind = iota + 1
	FixedAmount
	OfferQuantity // free units
)

// String is Chargebee's discount_type.
func (k DiscountKind) String() string {
	return [...]string{"", "percentage", "fixed_amount", "offer_quantity"}[k]
}

// Duration says how long a discount lasts.
type Duration uint8

// The durations.
const (
	OneTime Duration = iota + 1
	LimitedPeriod
	Forever
)

// String is Chargebee's duration_type.
func (d Duration) String() string { return [...]string{"", "one_time", "limited_period", "forever"}[d] }

// Reduction is what a coupon or a manual discount does.
type Reduction struct {
	Kind     DiscountKind
	Percent  int64 // hundredths of a percent
	Off      int64 // minor units of Currency, per invoice
	Units    int64 // free units
	Currency string
	Duration Duration
	Period   int // of a limited one, in PeriodUnit
	Unit     reckon.Interval
	// Prices limits the reduction to these prices, each on its own (apply_on
	// each_specified_item; of a manual discount specific_item_price). Empty: the
	// whole invoice (invoice_amount).
	Prices []*Price
}

// PerItem says whether the reduction works on items, not on the invoice.
func (r *Reduction) PerItem() bool { return len(r.Prices) > 0 }

// Coupon is a named reduction.
type Coupon struct {
	ID, Name string
	Created  int64
	Archived int64 // 0 while it can be redeemed
	Deleted  int64
	Reduction
}

// Catalog is all that the site sells, in order of creation.
type Catalog struct {
	Products []*Product
	Prices   []*Price
	Coupons  []*Coupon

	offers  map[string]map[string]*Price // offer, currency
	coupons map[string]*Coupon           // key, and key/currency for amounts
	prices  map[string]*Price
}

// Price finds a price by its identifier, nil when there is none.
func (c *Catalog) Price(id string) *Price { return c.prices[id] }
