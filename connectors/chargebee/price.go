package chargebee

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/connectors/rawjson"
)

// catalog reads the catalogue's objects, each decoded once for all customers.
type catalog struct{ objects *connectors.Catalog }

// lookup finds a catalogue object; nil where the catalogue does not have it, or
// has it in a form that cannot be read.
func lookup[T any, P rawjson.Shaped[T]](c catalog, kind, id string) (*T, billing.Ref, *connectors.Unreadable) {
	if c.objects == nil || id == "" {
		return nil, billing.Ref{}, nil
	}
	v, ok, err := connectors.Lookup(c.objects, kind, id, rawjson.DecodeObject[T, P])
	if !ok {
		return nil, billing.Ref{}, nil
	}
	o, _ := c.objects.Object(kind, id)
	if err != nil {
		return nil, o.Ref(), malformed(o, err)
	}
	return v, o.Ref(), nil
}

// entry is what the catalogue says of an item price, plan or addon.
type entry struct {
	*wirePrice // nil: the catalogue does not have it
	kind       string
	object     billing.Ref
	product    *wireProduct           // nil: unknown, or catalogue 1.0
	bad        *connectors.Unreadable // the price or its product is there, but cannot be read
}

// entry finds a price. Catalogue 1.0 has plans and addons instead.
func (c catalog) entry(id, itemType string, one bool) entry {
	e := entry{kind: kindItemPrice}
	switch {
	case one && itemType == itemPlan:
		e.kind = kindPlan
	case one:
		e.kind = kindAddon
	}
	e.wirePrice, e.object, e.bad = lookup[wirePrice](c, e.kind, id)
	if e.wirePrice == nil {
		e.object = billing.Ref{Kind: e.kind, ID: id}
		return e
	}
	if e.kind == kindItemPrice {
		e.product, _, e.bad = lookup[wireProduct](c, kindItem, e.ItemID)
	}
	return e
}

// recurs says that the price is charged again and again.
func (e entry) recurs() bool {
	return e.wirePrice == nil || (e.ItemType != itemCharge && e.ChargeType != "non_recurring" && (e.product == nil || e.product.Type != itemCharge))
}

// named is the name of the price's product, and the object that it comes from.
func (e entry) named() (name string, object billing.Ref) {
	if e.wirePrice != nil && e.ItemID != "" {
		object = billing.Ref{Kind: kindItem, ID: e.ItemID}
	}
	if e.product != nil {
		name = e.product.Name
	}
	return name, object
}

func (e entry) metered() bool { return e.product != nil && e.product.Metered }

// model is how the price makes an amount of a quantity; empty: unknown.
func (e entry) model() string {
	if e.wirePrice == nil {
		return ""
	}
	switch {
	case e.PricingModel != "":
		return e.PricingModel
	case e.ChargeModel != "":
		return e.ChargeModel
	}
	switch e.Type { // of an old addon
	case "on_off":
		return "flat_fee"
	case "quantity":
		return "per_unit"
	}
	return e.Type
}

// maxPeriod is a longer period, in any unit, than anyone is billed for.
const maxPeriod = 10_000

// interval reads a billing period; ok is false when there is none.
func interval(period *rawjson.Number, unit string) (in billing.Interval, ok bool, bad bool) {
	if period == nil || unit == "" || unit == "not_applicable" {
		return in, false, false
	}
	units := map[string]billing.Unit{"day": billing.Day, "week": billing.Week, "month": billing.Month, "year": billing.Year}
	u, known := units[unit]
	if !known || !period.IsInteger() || !period.IsPositive() || period.GreaterThan(decimal.NewFromInt(maxPeriod)) {
		return in, false, true
	}
	return billing.Interval{Unit: u, Count: period.IntPart()}, true, false
}

// longer says that a takes more time than b, a year being 365 days and a month a
// twelfth of it.
func longer(a, b billing.Interval) bool {
	twelfths := map[billing.Unit]int64{billing.Day: 12, billing.Week: 7 * 12, billing.Month: 365, billing.Year: 365 * 12}
	return twelfths[a.Unit]*a.Count > twelfths[b.Unit]*b.Count
}

// period is how often an item is charged: its own period where it has one, else
// the subscription's, at whose rhythm addons are charged even if the period of
// their price is shorter. One that is longer is kept: nothing is charged before
// its period is over.
func (w *wireSubscription) period(i *wireItem, e entry) (billing.Interval, *connectors.Unreadable) {
	in, ok, bad := interval(i.BillingPeriod, i.BillingPeriodUnit)
	if !ok && !bad {
		in, ok, bad = interval(w.BillingPeriod, w.BillingPeriodUnit)
		if e.wirePrice != nil && !bad {
			if own, known, wrong := interval(e.Period, e.PeriodUnit); !ok || known && longer(own, in) {
				in, ok, bad = own, known, wrong
			}
		}
	}
	if !ok || bad {
		return in, connectors.NewUnreadable(e.kind, i.ItemPriceID, "interval_unknown", "it is not known how often %s is charged: every %v %q of the item, every %v %q of the subscription",
			i.ItemPriceID, i.BillingPeriod, i.BillingPeriodUnit, w.BillingPeriod, w.BillingPeriodUnit)
	}
	return in, nil
}

// price is an item's price in the subscription's currency.
func (c catalog) price(w *wireSubscription, i *wireItem, e entry, places int32) (billing.Price, *connectors.Unreadable) {
	p := billing.Price{
		ID: i.ItemPriceID, ProductID: i.ItemPriceID, Currency: strings.ToUpper(w.CurrencyCode), Usage: billing.Licensed,
		Tax: billing.TaxUnspecified, Object: e.object,
	}
	var bad *connectors.Unreadable
	if p.Interval, bad = w.period(i, e); bad != nil {
		return p, bad
	}
	if e.wirePrice != nil {
		p.Name = e.Name
		if e.CurrencyCode != "" && !strings.EqualFold(e.CurrencyCode, w.CurrencyCode) && i.Amount == nil && i.AmountInDecimal == nil && i.UnitPrice == nil && i.UnitPriceInDecimal == nil {
			return p, connectors.NewUnreadable(e.kind, e.ID, "currency_mismatch", "the price is in %s, the subscription in %s", e.CurrencyCode, w.CurrencyCode)
		}
		if e.ItemID != "" {
			p.ProductID = e.ItemID
		}
		p.Metadata = c.metadata(e)
	}
	p.ProductName, p.Product = e.named()
	if e.metered() || e.product == nil && i.MeteredQuantity != nil {
		p.Usage = billing.Metered
	}
	s, bad := c.scheme(w.Tiers, i, e, places)
	if bad != nil {
		return p, bad
	}
	p.Model, p.Unit, p.Tiers = s.model, s.unit, s.priced()
	return p, nil
}

// metadata is the owner's own data on a price: what a policy may look for.
func (c catalog) metadata(e entry) map[string]string {
	o, ok := c.objects.Object(e.kind, e.ID)
	if !ok {
		return nil
	}
	return custom(o.Payload)
}

// scheme is the arithmetic of a price.
type scheme struct {
	model billing.Model // 0: unknown
	unit  decimal.Decimal
	sure  bool // unit or tiers are the subscription's own, not the catalogue's of today
	tiers []tier
}

// tier is a step of a scheme. per is what its price buys: a unit, the whole
// step, or a package of so many units.
type tier struct {
	upTo  decimal.Decimal
	open  bool
	price decimal.Decimal
	per   string
	size  decimal.Decimal
}

// The pricing types of a tier.
const (
	perUnit    = "per_unit"
	perTier    = "flat_fee"
	perPackage = "package"
)

func (c catalog) scheme(own []wireTier, i *wireItem, e entry, places int32) (scheme, *connectors.Unreadable) {
	var s scheme
	models := map[string]billing.Model{
		"flat_fee": billing.Flat, "per_unit": billing.PerUnit, "tiered": billing.Graduated, "volume": billing.Volume, "stairstep": billing.Stairstep,
	}
	if name := e.model(); name != "" {
		if s.model = models[name]; s.model == 0 {
			return s, connectors.NewUnreadable(e.kind, i.ItemPriceID, "model_unknown", "unknown pricing model %q", name)
		}
	}
	if s.unit, s.sure = precise(i.UnitPrice, i.UnitPriceInDecimal, places); !s.sure && e.wirePrice != nil {
		s.unit, _ = precise(e.Price, e.PriceInDecimal, places)
	}
	if s.model == billing.Flat || s.model == billing.PerUnit {
		return s, nil
	}
	var list []wireTier
	for _, t := range own {
		if t.ItemPriceID == i.ItemPriceID {
			list = append(list, t)
		}
	}
	s.sure = len(list) > 0
	if !s.sure && e.wirePrice != nil {
		list = e.Tiers
	}
	var bad *connectors.Unreadable
	if s.tiers, bad = readTiers(list, e.kind, i.ItemPriceID, places); bad != nil {
		return s, bad
	}
	if s.model == 0 && len(s.tiers) == 0 {
		s.model, s.sure = billing.PerUnit, false
	}
	return s, nil
}

func readTiers(list []wireTier, kind, id string, places int32) ([]tier, *connectors.Unreadable) {
	var all []tier
	for _, w := range list {
		t := tier{per: w.PricingType}
		upTo, bounded := count(w.EndingUnit, w.EndingUnitInDecimal)
		t.upTo, t.open = upTo, !bounded || upTo.IsNegative()
		t.price, _ = precise(w.Price, w.PriceInDecimal, places)
		switch t.per {
		case "":
			t.per = perUnit
		case perUnit, perTier:
		case perPackage:
			if w.PackageSize == nil || !w.PackageSize.IsPositive() {
				return nil, connectors.NewUnreadable(kind, id, "package_invalid", "a tier is priced by package of %v units", w.PackageSize)
			}
			t.size = w.PackageSize.Decimal
		default:
			return nil, connectors.NewUnreadable(kind, id, "pricing_type_unknown", "unknown pricing_type %q of a tier", t.per)
		}
		all = append(all, t)
	}
	slices.SortStableFunc(all, func(a, b tier) int {
		switch {
		case a.open != b.open && a.open:
			return 1
		case a.open != b.open:
			return -1
		}
		return a.upTo.Cmp(b.upTo)
	})
	return all, nil
}

// priced are the tiers as facts. A package within tiers has no such form: its
// tier shows the price of a package as if it were the tier's. The amount that
// the provider states is what counts.
func (s scheme) priced() []billing.Tier {
	var all []billing.Tier
	for _, t := range s.tiers {
		b := billing.Tier{UpTo: t.upTo, Unbounded: t.open}
		if t.per == perUnit && s.model != billing.Stairstep {
			b.Unit = t.price
		} else {
			b.Flat = t.price
		}
		all = append(all, b)
	}
	return all
}

// amount is what the scheme charges for a quantity, before discounts. ok is
// false when the scheme is not known well enough.
func (s scheme) amount(quantity decimal.Decimal) (sum decimal.Decimal, ok bool) {
	quantity = decimal.Max(quantity, decimal.Zero)
	switch {
	case s.model == billing.Flat:
		return s.unit, true
	case s.model == billing.PerUnit:
		return s.unit.Mul(quantity), true
	case len(s.tiers) == 0:
		return sum, false
	}
	below := decimal.Zero
	for _, t := range s.tiers {
		holds := t.open || quantity.LessThanOrEqual(t.upTo)
		switch {
		case s.model != billing.Graduated && !holds:
			continue
		case s.model == billing.Stairstep:
			return t.price, true
		case s.model == billing.Volume:
			return t.charge(quantity), true
		case holds:
			return sum.Add(t.charge(quantity.Sub(below))), true
		}
		sum = sum.Add(t.charge(t.upTo.Sub(below)))
		below = t.upTo
	}
	return decimal.Zero, false // the quantity lies above the last tier
}

// charge is the price of so many units within the tier.
func (t tier) charge(units decimal.Decimal) decimal.Decimal {
	switch {
	case !units.IsPositive():
		return decimal.Zero
	case t.per == perTier:
		return t.price
	case t.per == perPackage:
		packages, rest := units.QuoRem(t.size, 0)
		if rest.IsPositive() {
			packages = packages.Add(decimal.NewFromInt(1))
		}
		return t.price.Mul(packages)
	}
	return t.price.Mul(units)
}
