package normalize

import (
	"fmt"
	"math/big"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// refusal says why a part cannot be valued. It becomes a Reject; it is an error
// only between the functions of this package.
type refusal struct {
	code, detail string
	early        bool // what is missing comes with the first invoice: no Reject while that lies ahead of all evidence
}

func (r *refusal) Error() string { return r.code + ": " + r.detail }

func refuse(code, format string, args ...any) *refusal {
	return &refusal{code: code, detail: fmt.Sprintf(format, args...)}
}

// charge is what a price charges per interval for a quantity, in major units,
// before discounts and with whatever tax the price contains.
func charge(p *billing.Price, quantity decimal.Decimal, tr *trace) (*big.Rat, *refusal) {
	if p.Transform == nil && tr == nil {
		// Most prices, and no fraction before the one that is the answer.
		switch {
		case p.Model == billing.Flat && !quantity.IsZero():
			return p.Unit.Rat(), nil
		case p.Model == billing.PerUnit:
			return quantity.Mul(p.Unit).Rat(), nil
		}
	}
	units := quantity.Rat()
	if t := p.Transform; t != nil {
		if t.DivideBy < 1 {
			return nil, refuse("transform_invalid", "divide_by %d: want 1 or more", t.DivideBy)
		}
		units = whole(units.Quo(units, big.NewRat(t.DivideBy, 1)), t.RoundUp)
		if tr != nil {
			way := "down"
			if t.RoundUp {
				way = "up"
			}
			tr.add(StepUnits, nil, "", p.Object, "%d units make one: %s / %d, rounded %s, is %s", t.DivideBy, quantity, t.DivideBy, way, Exact(units))
		}
	}
	switch p.Model {
	case billing.Flat:
		if units.Sign() == 0 {
			tr.priced(p, new(big.Rat), "flat price %s, but for a quantity of 0", p.Unit)
			return new(big.Rat), nil
		}
		sum := p.Unit.Rat()
		tr.priced(p, sum, "flat price, whatever the quantity")
		return sum, nil
	case billing.PerUnit:
		counted := tr.units(units)
		units.Mul(units, p.Unit.Rat())
		if tr != nil {
			tr.priced(p, units, "%s at %s", counted, p.Unit)
		}
		return units, nil
	case billing.Package:
		if p.PackageSize < 1 {
			return nil, refuse("package_invalid", "package size %d: want 1 or more", p.PackageSize)
		}
		packages := whole(new(big.Rat).Quo(units, big.NewRat(p.PackageSize, 1)), true)
		sum := new(big.Rat).Mul(packages, p.Unit.Rat())
		if tr != nil {
			tr.priced(p, sum, "%s units begin %s packages of %d, at %s", Exact(units), Exact(packages), p.PackageSize, p.Unit)
		}
		return sum, nil
	case billing.Graduated, billing.Volume, billing.Stairstep:
		if len(p.Tiers) == 0 {
			return nil, refuse("tiers_missing", "price %s is tiered but its tiers are not known", p.ID)
		}
		if p.Model == billing.Graduated {
			return graduated(p, units, tr)
		}
		return oneTier(p, units, tr)
	}
	return nil, refuse("model_unknown", "price %s has pricing model %d", p.ID, p.Model)
}

// whole is r rounded up or down to a whole number.
func whole(r *big.Rat, up bool) *big.Rat {
	n, rest := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int))
	if up && rest.Sign() > 0 {
		n.Add(n, big.NewInt(1))
	}
	return new(big.Rat).SetInt(n)
}

// graduated charges each tier's units at that tier's price, and each reached
// tier's flat fee once. A quantity of zero reaches no tier.
func graduated(p *billing.Price, units *big.Rat, tr *trace) (*big.Rat, *refusal) {
	sum, below := new(big.Rat), new(big.Rat)
	if units.Sign() <= 0 {
		tr.priced(p, sum, "no units: no tier is reached")
	}
	for i := range p.Tiers {
		t := &p.Tiers[i]
		if units.Cmp(below) <= 0 {
			return sum, nil
		}
		top := units
		if upTo := t.UpTo.Rat(); !t.Unbounded && upTo.Cmp(units) < 0 {
			top = upTo
		}
		in := new(big.Rat).Sub(top, below)
		if in.Sign() < 0 {
			return nil, refuse("tiers_invalid", "price %s: the tiers do not ascend", p.ID)
		}
		counted := tr.units(in)
		sum.Add(sum, in.Mul(in, t.Unit.Rat()))
		sum.Add(sum, t.Flat.Rat())
		if tr != nil {
			tr.priced(p, sum, "%s: %s at %s%s", tierName(p, i), counted, t.Unit, fee(t.Flat))
		}
		below = top
	}
	if units.Cmp(below) > 0 {
		return nil, refuse("tiers_invalid", "price %s: quantity %s lies above the last tier", p.ID, units.RatString())
	}
	return sum, nil
}

// oneTier prices the whole quantity by the tier that holds it.
func oneTier(p *billing.Price, units *big.Rat, tr *trace) (*big.Rat, *refusal) {
	for i := range p.Tiers {
		t := &p.Tiers[i]
		if !t.Unbounded && units.Cmp(t.UpTo.Rat()) > 0 {
			continue
		}
		if p.Model == billing.Stairstep {
			sum := t.Flat.Rat()
			sum.Add(sum, t.Unit.Rat())
			if tr != nil {
				tr.priced(p, sum, "%s, holds %s units: its price in total", tierName(p, i), Exact(units))
			}
			return sum, nil
		}
		sum := new(big.Rat).Mul(units, t.Unit.Rat())
		sum.Add(sum, t.Flat.Rat())
		if tr != nil {
			tr.priced(p, sum, "%s, holds all %s units: each at %s%s", tierName(p, i), Exact(units), t.Unit, fee(t.Flat))
		}
		return sum, nil
	}
	return nil, refuse("tiers_invalid", "price %s: quantity %s lies above the last tier", p.ID, units.RatString())
}

// monthly is the factor that puts one charge of an interval on one month.
// from and until are the days [from, until) of a Term.
func (p Policy) monthly(in billing.Interval, from, until billing.Date) (*big.Rat, *refusal) {
	if in.Unit == billing.Term {
		return p.term(from, until)
	}
	if in.Count < 1 {
		return nil, refuse("interval_invalid", "interval count %d: want 1 or more", in.Count)
	}
	var factor *big.Rat
	switch in.Unit {
	case billing.Year:
		factor = big.NewRat(1, 12)
	case billing.Month:
		if in.Count == 1 {
			return new(big.Rat).SetInt64(1), nil
		}
		factor = big.NewRat(1, 1)
	case billing.Week:
		factor = p.Factors.Week.Rat()
	case billing.Day:
		factor = p.Factors.Day.Rat()
	default:
		return nil, refuse("interval_unknown", "interval unit %d", in.Unit)
	}
	return factor.Quo(factor, big.NewRat(in.Count, 1)), nil
}

// factorRule is the policy rule behind the factor of a unit; empty where the
// calendar decides.
func (p Policy) factorRule(u billing.Unit) string {
	switch u {
	case billing.Week:
		return "factors.week=" + p.Factors.Week.String()
	case billing.Day:
		return "factors.day=" + p.Factors.Day.String()
	case billing.Month, billing.Year, billing.Term:
	}
	return ""
}

// term spreads a contract's total over its calendar months, or over its days
// where it does not end with a month.
func (p Policy) term(from, until billing.Date) (*big.Rat, *refusal) {
	if from == billing.NoDate || until == billing.NoDate || until == billing.Forever || until <= from {
		return nil, refuse("term_open", "the amount is for the whole term, but the term has no end")
	}
	y1, m1, _ := from.Time().Date()
	y2, m2, _ := until.Time().Date()
	months := (y2-y1)*12 + int(m2-m1)
	for n := max(1, months-1); n <= months+1; n++ {
		if from.AddMonths(n) == until {
			return big.NewRat(1, int64(n)), nil
		}
	}
	return big.NewRat(365, 12*int64(until-from)), nil
}

// amount is what one item charges per interval, ex tax and before discounts,
// with so many of its units free.
func (p Policy) amount(item *billing.Item, free decimal.Decimal, sub *billing.Subscription, rules *rules, tr *trace) (*big.Rat, *refusal) {
	if item.Price.Currency != "" && item.Price.Currency != sub.Currency {
		return nil, refuse("currency_mismatch", "price %s is in %s, the subscription in %s", item.Price.ID, item.Price.Currency, sub.Currency)
	}
	if beyond(item.Quantity) {
		return nil, refuse("out_of_range", "item %s has quantity %s", item.ID, item.Quantity)
	}
	if item.Price.Usage == billing.Metered {
		return p.committed(item, sub, rules, tr)
	}
	if item.Quantity.IsNegative() {
		return nil, refuse("quantity_negative", "item %s has quantity %s", item.ID, item.Quantity)
	}
	var amount *big.Rat
	paid := decimal.Max(item.Quantity.Sub(free), decimal.Zero)
	if tr != nil && free.IsPositive() {
		tr.add(StepUnits, nil, "", billing.Ref{}, "coupons make %s of %s units free: %s are left", free, item.Quantity, paid)
	}
	if item.Amount != nil {
		amount = item.Amount.Rat()
		if free.IsPositive() && item.Quantity.IsPositive() {
			amount.Mul(amount, paid.Rat()).Quo(amount, item.Quantity.Rat())
		}
		if tr != nil {
			tr.priced(&item.Price, amount, "the amount that the provider states for the item, for %s units", paid)
		}
	} else {
		var no *refusal
		if amount, no = charge(&item.Price, paid, tr); no != nil {
			return nil, no
		}
	}
	if amount.Sign() < 0 {
		return nil, refuse("amount_negative", "item %s charges %s", item.ID, amount.FloatString(Scale))
	}
	return p.net(amount, item, rules, tr)
}

// committed is the part of a metered item that is agreed in advance: a
// contractual minimum, and by policy the flat fee of its first tier.
func (p Policy) committed(item *billing.Item, sub *billing.Subscription, rules *rules, tr *trace) (*big.Rat, *refusal) {
	sum := new(big.Rat)
	minimum, no := p.commitment(item, sub)
	if no != nil {
		return nil, no
	}
	if minimum != nil {
		sum.Add(sum, minimum.Rat())
		if tr != nil {
			tr.add(StepCommitment, sum, "", item.Price.Object, "usage is billed in arrears; its agreed minimum is %s", minimum)
		}
	} else if tr != nil {
		tr.add(StepCommitment, sum, "", item.Price.Object, "usage is billed in arrears and no minimum is agreed")
	}
	if len(item.Price.Tiers) > 0 && !item.Price.Tiers[0].Flat.IsZero() {
		rules.add("usage.metered_flat_fee", string(p.Usage.MeteredFlatFee))
		if p.Usage.MeteredFlatFee == FeeInclude {
			flat, no := p.net(item.Price.Tiers[0].Flat.Rat(), item, rules, nil)
			if no != nil {
				return nil, no
			}
			sum.Add(sum, flat)
		}
		if tr != nil {
			tr.add(StepCommitment, sum, "usage.metered_flat_fee="+string(p.Usage.MeteredFlatFee), item.Price.Object, "flat fee of the first tier, %s", item.Price.Tiers[0].Flat)
		}
	}
	return sum, nil
}

// commitment is the contractual minimum of a metered item per price interval:
// its own, else what the policy's metadata key says on the price or the
// subscription. Nil: none.
func (p Policy) commitment(item *billing.Item, sub *billing.Subscription) (*decimal.Decimal, *refusal) {
	if item.Commitment != nil {
		return item.Commitment, nil
	}
	key := p.Usage.CommitmentMetadataKey
	if key == "" {
		return nil, nil
	}
	for _, from := range []map[string]string{item.Price.Metadata, sub.Metadata} {
		text, ok := lookup(from, key)
		if !ok || text == "" {
			continue
		}
		d, err := decimal.NewFromString(text)
		if err != nil || d.IsNegative() {
			return nil, refuse("commitment_invalid", "metadata %s is %q: want an amount in major units", key, text)
		}
		return &d, nil
	}
	return nil, nil
}

// net takes the inclusive taxes out of an amount.
func (p Policy) net(amount *big.Rat, item *billing.Item, rules *rules, tr *trace) (*big.Rat, *refusal) {
	var gross *big.Rat // what 1 costs with its tax
	for i := range item.Taxes {
		if item.Taxes[i].Inclusive {
			if gross == nil {
				gross = big.NewRat(1, 1)
			}
			gross.Add(gross, item.Taxes[i].Percent.Shift(-2).Rat())
		}
	}
	if gross == nil {
		if item.Price.Tax == billing.TaxInclusive {
			no := refuse("tax_unknown", "price %s contains tax, but its rates are not known", item.Price.ID)
			no.early = true
			return nil, no
		}
		return amount, nil
	}
	rules.add("tax_inclusive", string(p.TaxInclusive))
	if p.TaxInclusive == TaxReject {
		return nil, refuse("tax_inclusive", "item %s contains tax and policy.tax_inclusive is reject", item.ID)
	}
	left := new(big.Rat).Quo(amount, gross)
	if tr != nil {
		tr.add(StepTax, left, "tax_inclusive="+string(p.TaxInclusive), billing.Ref{}, "the price contains tax: divided by %s", Exact(gross))
	}
	return left, nil
}

// rounded is round of an amount that may need none.
func rounded(d decimal.Decimal) decimal.Decimal {
	if d.Exponent() >= -Scale {
		return d
	}
	return round(d.Rat())
}

// round is the one rounding of an amount: Scale places, half up.
func round(r *big.Rat) decimal.Decimal {
	scaled := new(big.Int).Mul(r.Num(), big.NewInt(2*10_000))
	scaled.Add(scaled, r.Denom())
	scaled.Div(scaled, new(big.Int).Lsh(r.Denom(), 1)) // floor
	return decimal.NewFromBigInt(scaled, -Scale)
}
