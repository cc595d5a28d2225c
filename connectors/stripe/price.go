package stripe

import (
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/connectors/rawjson"
)

// catalog reads the catalogue's objects, each decoded once for all customers.
type catalog struct{ objects *connectors.Catalog }

func lookup[T any, P rawjson.Shaped[T]](c catalog, kind, id string) (*T, billing.Ref) {
	if c.objects == nil || id == "" {
		return nil, billing.Ref{}
	}
	v, ok, err := connectors.Lookup(c.objects, kind, id, rawjson.DecodeObject[T, P])
	if !ok || err != nil {
		return nil, billing.Ref{}
	}
	o, _ := c.objects.Object(kind, id)
	return v, o.Ref()
}

// price is a price in the subscription's currency. The catalogue's copy is
// preferred: an embedded one lacks tiers and currency options. An embedded copy
// serves where the catalogue has none (a deleted plan).
func (c catalog) price(embedded *wirePrice, plan *wirePlan, id, currency string) (billing.Price, *connectors.Unreadable) {
	w := embedded
	if w == nil && plan != nil {
		w = plan.price()
	}
	if w != nil {
		id = w.ID
	}
	listed, ref := lookup[wirePrice](c, kindPrice, id)
	if listed != nil {
		w = listed
	}
	if w == nil {
		return billing.Price{}, connectors.NewUnreadable(kindPrice, id, "price_missing", "the price is neither in the catalogue nor in the object that names it")
	}
	if ref == (billing.Ref{}) {
		ref = billing.Ref{Kind: kindPrice, ID: w.ID}
	}
	p, problem := w.facts(currency)
	if problem != nil {
		return p, problem
	}
	p.Object = ref
	if p.ProductID != "" {
		p.Product = billing.Ref{Kind: kindProduct, ID: p.ProductID}
	}
	if product, at := lookup[wireProduct](c, kindProduct, p.ProductID); product != nil {
		p.ProductName, p.Product = product.Name, at
	}
	return p, nil
}

// facts is the price in one currency, without what the catalogue adds.
func (w *wirePrice) facts(currency string) (billing.Price, *connectors.Unreadable) {
	fail := func(code, format string, args ...any) (billing.Price, *connectors.Unreadable) {
		return billing.Price{}, connectors.NewUnreadable(kindPrice, w.ID, code, format, args...)
	}
	if currency == "" {
		currency = w.Currency
	}
	amount := w.wireAmount
	if currency != w.Currency {
		option, ok := w.CurrencyOptions[currency]
		if !ok {
			return fail("currency_option_missing", "the price is in %s and has no amount in %s", w.Currency, currency)
		}
		if option.TaxBehavior == "" {
			option.TaxBehavior = w.TaxBehavior
		}
		amount = option
	}
	places, known := decimals(currency)
	if !known {
		return fail("currency_unknown", "it is not known how many decimals %q has", currency)
	}
	p := billing.Price{
		ID: w.ID, Name: w.Nickname, ProductID: string(w.Product), Currency: strings.ToUpper(currency),
		Model: billing.PerUnit, Metadata: w.Metadata.flat(),
	}
	var problem *connectors.Unreadable
	if p.Interval, p.Usage, problem = w.interval(); problem != nil {
		return p, problem
	}
	switch amount.TaxBehavior {
	case "exclusive":
		p.Tax = billing.TaxExclusive
	case "inclusive":
		p.Tax = billing.TaxInclusive
	case "unspecified", "":
		p.Tax = billing.TaxUnspecified
	default:
		return fail("tax_behavior_unknown", "unknown tax_behavior %q", amount.TaxBehavior)
	}
	if t := w.TransformQuantity; t != nil {
		if t.DivideBy < 1 || (t.Round != "up" && t.Round != "down") {
			return fail("transform_unknown", "transform_quantity divides by %d and rounds %q", t.DivideBy, t.Round)
		}
		p.Transform = &billing.Transform{DivideBy: t.DivideBy, RoundUp: t.Round == "up"}
	}
	switch w.BillingScheme {
	case "tiered":
		if p.Tiers, p.Model, problem = w.tiers(amount, places); problem != nil {
			return p, problem
		}
	case "per_unit", "":
		unit, ok := exact(amount.UnitAmountDecimal, amount.UnitAmount)
		if !ok {
			return fail("amount_missing", "the price has no unit_amount in %s", currency)
		}
		p.Unit = major(unit, places)
	default:
		return fail("billing_scheme_unknown", "unknown billing_scheme %q", w.BillingScheme)
	}
	return p, nil
}

// interval is how often the price is charged, and for what.
func (w *wirePrice) interval() (billing.Interval, billing.Usage, *connectors.Unreadable) {
	r := w.Recurring
	if r == nil || r.Interval == "" {
		if w.Type == "recurring" {
			return billing.Interval{}, 0, connectors.NewUnreadable(kindPrice, w.ID, "interval_unknown", "the price is recurring and does not say how often")
		}
		return billing.Interval{}, billing.OneTime, nil
	}
	units := map[string]billing.Unit{"day": billing.Day, "week": billing.Week, "month": billing.Month, "year": billing.Year}
	unit, ok := units[r.Interval]
	if !ok || r.IntervalCount < 1 {
		return billing.Interval{}, 0, connectors.NewUnreadable(kindPrice, w.ID, "interval_unknown", "unknown interval: every %d %q", r.IntervalCount, r.Interval)
	}
	usage := billing.Licensed
	switch r.UsageType {
	case "licensed", "":
	case "metered":
		usage = billing.Metered
	default:
		return billing.Interval{}, 0, connectors.NewUnreadable(kindPrice, w.ID, "usage_type_unknown", "unknown usage_type %q", r.UsageType)
	}
	return billing.Interval{Unit: unit, Count: r.IntervalCount}, usage, nil
}

func (w *wirePrice) tiers(a wireAmount, places int32) ([]billing.Tier, billing.Model, *connectors.Unreadable) {
	fail := func(code, format string, args ...any) ([]billing.Tier, billing.Model, *connectors.Unreadable) {
		return nil, 0, connectors.NewUnreadable(kindPrice, w.ID, code, format, args...)
	}
	var model billing.Model
	switch w.TiersMode {
	case "graduated":
		model = billing.Graduated
	case "volume":
		model = billing.Volume
	default:
		return fail("tiers_mode_unknown", "unknown tiers_mode %q", w.TiersMode)
	}
	if len(a.Tiers) == 0 {
		return fail("tiers_missing", "the price is tiered and its tiers are not known")
	}
	tiers := make([]billing.Tier, 0, len(a.Tiers))
	var last decimal.Decimal
	for i, t := range a.Tiers {
		tier := billing.Tier{Unbounded: t.UpTo == nil}
		if t.UpTo != nil {
			tier.UpTo = t.UpTo.Decimal
			if !tier.UpTo.GreaterThan(last) {
				return fail("tiers_disordered", "tier %d ends at %s, the one before at %s", i+1, tier.UpTo, last)
			}
			last = tier.UpTo
		} else if i != len(a.Tiers)-1 {
			return fail("tiers_disordered", "tier %d of %d has no upper bound", i+1, len(a.Tiers))
		}
		unit, _ := exact(t.UnitAmountDecimal, t.UnitAmount)
		flat, _ := exact(t.FlatAmountDecimal, t.FlatAmount)
		tier.Unit, tier.Flat = major(unit, places), major(flat, places)
		tiers = append(tiers, tier)
	}
	return tiers, model, nil
}

// exact is the decimal form of an amount, else the whole one.
func exact(precise, whole *rawjson.Number) (decimal.Decimal, bool) {
	switch {
	case precise != nil:
		return precise.Decimal, true
	case whole != nil:
		return whole.Decimal, true
	}
	return decimal.Decimal{}, false
}

// flat is the metadata without what is null.
func (m metadata) flat() map[string]string {
	if len(m) == 0 {
		return nil
	}
	flat := make(map[string]string, len(m))
	for k, v := range m {
		if v != nil {
			flat[k] = *v
		}
	}
	return flat
}

// taxes are the rates of an item; a bare id is looked up.
func (c catalog) taxes(rates []wireTaxRate, owner string) ([]billing.TaxRate, *connectors.Unreadable) {
	var all []billing.TaxRate
	for _, r := range rates {
		if r.bare || r.Percentage == nil && r.EffectivePercentage == nil {
			listed, _ := lookup[wireTaxRate](c, kindTaxRate, r.ID)
			if listed == nil {
				return nil, connectors.NewUnreadable(kindTaxRate, r.ID, "tax_unknown", "the tax rate of %s is not in the catalogue", owner)
			}
			r = *listed
		}
		percent := r.Percentage
		if r.EffectivePercentage != nil {
			percent = r.EffectivePercentage
		}
		if percent == nil {
			return nil, connectors.NewUnreadable(kindTaxRate, r.ID, "tax_unknown", "the tax rate of %s has no percentage", owner)
		}
		all = append(all, billing.TaxRate{ID: r.ID, Percent: percent.Decimal, Inclusive: r.Inclusive})
	}
	return all, nil
}
