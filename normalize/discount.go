package normalize

import (
	"cmp"
	"math/big"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// rules collects the policy rules that decided a figure.
type rules struct{ list []string }

func (r *rules) add(key, choice string) {
	rule := key + "=" + choice
	if !slices.Contains(r.list, rule) {
		r.list = append(r.list, rule)
	}
}

func (r *rules) String() string {
	slices.Sort(r.list)
	return strings.Join(r.list, ", ")
}

// part is one item while its subscription is valued: what is left of its
// amount per interval, and the factor that puts that on a month.
type part struct {
	item      *billing.Item
	discounts []*billing.Discount // of the item, in order, those in force
	left      *big.Rat
	factor    *big.Rat
	rules     rules
	no        *refusal
}

// value prices the items of one subscription at one instant. shared are the
// discounts of the subscription or customer that are in force, in order. What
// cannot be valued carries its refusal; reject is told of discounts that mean
// nothing here, and the items stand without them.
func (p Policy) value(parts []part, shared []*billing.Discount, sub *billing.Subscription, reject func(*billing.Discount, *refusal)) {
	for i := range parts {
		it := &parts[i]
		if it.factor, it.no = p.monthly(it.item.Price.Interval, it.item.TermFrom, it.item.TermUntil); it.no != nil {
			continue
		}
		if it.left, it.no = p.amount(it.item, p.freeUnits(it, shared), sub, &it.rules); it.no != nil {
			continue
		}
		for _, d := range it.discounts {
			if no := usable(d, sub); no != nil {
				reject(d, no)
			} else if p.takes(d, it) {
				takeOff(d, it.left, big.NewRat(1, 1))
			}
		}
	}
	for _, d := range shared {
		if no := usable(d, sub); no != nil {
			reject(d, no)
			continue
		}
		p.spread(d, parts)
	}
	for i := range parts {
		it := &parts[i]
		if it.no == nil {
			it.left = new(big.Rat).Mul(it.left, it.factor)
		}
	}
}

// freeUnits is how many units of an item its coupons make free. A coupon of the
// whole subscription does so only for the products it names.
func (p Policy) freeUnits(it *part, shared []*billing.Discount) decimal.Decimal {
	sum := decimal.Zero
	for i, list := range [][]*billing.Discount{it.discounts, shared} {
		for _, d := range list {
			if d.FreeUnits.IsPositive() && appliesTo(d, it.item) && (i == 0 || len(d.AppliesTo) > 0) && p.takes(d, it) {
				sum = sum.Add(d.FreeUnits)
			}
		}
	}
	return sum
}

// spread applies a discount of the whole subscription. A percentage falls on
// every item; an amount falls on the items of the invoice that carries it, the
// most frequent one, in proportion to what is left of them.
func (p Policy) spread(d *billing.Discount, parts []part) {
	shortest := mostFrequent(parts)
	var on []*part
	total := new(big.Rat)
	for i := range parts {
		it := &parts[i]
		switch {
		case it.no != nil || it.item.Price.Usage == billing.Metered || !appliesTo(d, it.item):
		case d.Amount.IsPositive() && it.factor.Cmp(shortest) != 0:
		case p.takes(d, it):
			on = append(on, it)
			total.Add(total, it.left)
		}
	}
	if total.Sign() == 0 {
		return
	}
	for _, it := range on {
		takeOff(d, it.left, new(big.Rat).Quo(it.left, total))
	}
}

// mostFrequent is the monthly factor of the shortest interval among the
// licensed items.
func mostFrequent(parts []part) *big.Rat {
	shortest := new(big.Rat)
	for i := range parts {
		if it := &parts[i]; it.no == nil && it.item.Price.Usage != billing.Metered && it.factor.Cmp(shortest) > 0 {
			shortest = it.factor
		}
	}
	return shortest
}

// takeOff lowers left in place by the discount's percentage, or by share of its
// amount, never below zero.
func takeOff(d *billing.Discount, left, share *big.Rat) {
	if d.Percent.IsPositive() {
		left.Mul(left, decimal.NewFromInt(100).Sub(d.Percent).Shift(-2).Rat())
	}
	if d.Amount.IsPositive() {
		off := d.Amount.Rat()
		left.Sub(left, off.Mul(off, share))
	}
	if left.Sign() < 0 {
		left.SetInt64(0)
	}
}

// takes asks the policy whether a discount lowers an item's MRR, and notes the
// rule that said so.
func (p Policy) takes(d *billing.Discount, it *part) bool {
	var rule DiscountRule
	switch durationOf(d) {
	case billing.Once:
		rule = p.Discounts.Once
		it.rules.add("discounts.once", string(rule))
	case billing.Repeating:
		rule = p.Discounts.Repeating
		if rule == Subtract && it.factor.Cmp(big.NewRat(1, 12)) <= 0 {
			rule = p.Discounts.RepeatingOnYearly
			it.rules.add("discounts.repeating_on_yearly", string(rule))
		} else {
			it.rules.add("discounts.repeating", string(rule))
		}
	default:
		rule = p.Discounts.Forever
		it.rules.add("discounts.forever", string(rule))
	}
	return rule == Subtract
}

// durationOf is the discount's duration; one that has an end and no duration of
// its own repeats until then.
func durationOf(d *billing.Discount) billing.Duration {
	if d.Duration == 0 && !d.End.IsZero() {
		return billing.Repeating
	}
	return cmp.Or(d.Duration, billing.Always)
}

func appliesTo(d *billing.Discount, item *billing.Item) bool {
	return len(d.AppliesTo) == 0 || slices.Contains(d.AppliesTo, item.Price.ProductID)
}

// usable refuses discounts that cannot mean anything for the subscription.
func usable(d *billing.Discount, sub *billing.Subscription) *refusal {
	switch {
	case d.Percent.IsNegative() || d.Amount.IsNegative() || d.Percent.GreaterThan(decimal.NewFromInt(100)):
		return refuse("discount_invalid", "discount %s takes off %s %% and %s", d.ID, d.Percent, d.Amount)
	case d.Amount.IsPositive() && d.Currency != "" && d.Currency != sub.Currency:
		return refuse("discount_currency", "discount %s is in %s, the subscription in %s", d.ID, d.Currency, sub.Currency)
	}
	return nil
}
