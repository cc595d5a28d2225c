package billing

import (
	"time"

	"github.com/shopspring/decimal"
)

// Unit is the calendar unit of a billing interval.
type Unit uint8

// The units of an interval. Term is a contract's whole duration, from its start
// to its end.
const (
	Day Unit = iota + 1
	Week
	Month
	Year
	Term
)

// Interval is how often a price is charged: every Count Units. Count is at
// least 1.
type Interval struct {
	Unit  Unit
	Count int64
}

// Usage says what makes a price's amount.
type Usage uint8

// Licensed prices are charged for a quantity agreed in advance, Metered ones
// for measured usage in arrears, OneTime ones once.
const (
	Licensed Usage = iota + 1
	Metered
	OneTime
)

// Model is the arithmetic that makes an amount from a quantity.
type Model uint8

// The pricing models. PerUnit multiplies; Flat ignores the quantity; Graduated
// charges each tier's units at that tier's price; Volume charges all units at
// the price of the tier that holds the quantity; Stairstep charges that tier's
// price as a flat total; Package charges the price once for every started
// package of PackageSize units.
const (
	PerUnit Model = iota + 1
	Flat
	Graduated
	Volume
	Stairstep
	Package
)

// Tier is one step of a tiered price. UpTo is the last quantity inside the tier
// (inclusive).
type Tier struct {
	UpTo      decimal.Decimal
	Unbounded bool            // no upper bound: UpTo has no meaning
	Unit      decimal.Decimal // per unit inside the tier, major units
	Flat      decimal.Decimal // once when the tier is reached, major units
}

// Transform divides a quantity before it is priced: so many units make one.
type Transform struct {
	DivideBy int64 // at least 1
	RoundUp  bool  // ceil, else floor
}

// TaxBehavior says whether a price contains its tax.
type TaxBehavior uint8

// TaxExclusive prices are net; TaxInclusive ones contain tax that must be taken
// out; TaxUnspecified ones are net until a provider says otherwise.
const (
	TaxUnspecified TaxBehavior = iota + 1
	TaxExclusive
	TaxInclusive
)

// Price is a catalogue price in one currency, in major units.
type Price struct {
	ID          string
	Name        string
	ProductID   string
	ProductName string
	Currency    string // ISO 4217, upper case
	Interval    Interval
	Usage       Usage
	Model       Model
	Unit        decimal.Decimal // per unit (PerUnit), per package (Package), in total (Flat)
	PackageSize int64           // Package only
	Tiers       []Tier          // Graduated, Volume, Stairstep; ascending
	Transform   *Transform
	Tax         TaxBehavior
	Metadata    map[string]string
	Object      Ref
	Product     Ref // the catalogue object that ProductName comes from; zero: there is none
}

// Duration says how long a coupon's discount runs.
type Duration uint8

// An Always discount has no end, a Repeating one ends at Discount.End, a Once
// one touches a single invoice.
const (
	Always Duration = iota + 1
	Repeating
	Once
)

// Discount is a coupon as it applies to one subscription, item or customer.
// Percent or Amount is set, the other zero.
type Discount struct {
	ID        string
	CouponID  string
	Name      string
	Percent   decimal.Decimal // 0 to 100
	Amount    decimal.Decimal // major units of Currency, per invoice, positive
	Currency  string          // of Amount; empty for a percent
	Duration  Duration
	Start     time.Time // the instant from which it counts
	End       time.Time // the instant from which it no longer counts; zero: open
	AppliesTo []string  // product ids; empty: every item
	FreeUnits decimal.Decimal
	Object    Ref
}

// TaxRate is one rate on an item. Percent is 0 to 100; Inclusive says the price
// contains it.
type TaxRate struct {
	ID        string
	Percent   decimal.Decimal
	Inclusive bool
}
