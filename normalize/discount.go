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
	trace     *trace // nil: nobody wants to know
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
		if it.left, it.no = p.amount(it.item, p.freeUnits(it, shared), sub, &it.rules, it.trace); it.no != nil {
			continue
		}
		for _, d := range it.discounts {
			if no := usable(d, sub); no != nil {
				reject(d, no)
				it.passed(p, d, false, no.Error())
			} else if p.takes(d, it) {
				takeOff(d, it.left, big.NewRat(1, 1))
				it.taken(p, d, false, nil)
			} else {
				it.passed(p, d, false, "")
			}
		}
	}
	for _, d := range shared {
		if no := usable(d, sub); no != nil {
			reject(d, no)
			for i := range parts {
				parts[i].passed(p, d, true, no.Error())
			}
			continue
		}
		p.spread(d, parts)
	}
	for i := range parts {
		it := &parts[i]
		if it.no == nil {
			it.left = new(big.Rat).Mul(it.left, it.factor)
			if it.trace != nil {
				it.trace.add(StepFactor, it.left, p.factorRule(it.item.Price.Interval.Unit), billing.Ref{}, "charged %s: times %s", every(it.item.Price.Interval), it.factor.RatString())
			}
		}
	}
}

// mrr is what is left, rounded once.
func (it *part) mrr() (decimal.Decimal, *refusal) {
	mrr := round(it.left)
	if beyond(mrr) {
		return decimal.Zero, refuse("out_of_range", "item %s comes to %s a month", it.item.ID, mrr)
	}
	return mrr, nil
}

// taken notes a discount that was taken off.
func (it *part) taken(p Policy, d *billing.Discount, shared bool, share *big.Rat) {
	if it.trace != nil {
		key, rule := p.ruling(d, it)
		it.trace.discounted(StepDiscount, d, shared, it.left, share, key+"="+string(rule), "")
	}
}

// passed notes a discount that was not, and why: a refusal, or else the policy.
func (it *part) passed(p Policy, d *billing.Discount, shared bool, why string) {
	if it.trace == nil || it.no != nil {
		return
	}
	rule := ""
	if why == "" {
		key, choice := p.ruling(d, it)
		rule, why = key+"="+string(choice), "the policy ignores it"
	}
	it.trace.discounted(StepPassed, d, shared, it.left, nil, rule, why)
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
		case it.no != nil:
		case it.item.Price.Usage == billing.Metered:
			it.passed(p, d, true, "it does not lower usage")
		case !appliesTo(d, it.item):
			it.passed(p, d, true, "it is limited to other products")
		case d.Amount.IsPositive() && it.factor.Cmp(shortest) != 0:
			it.passed(p, d, true, "it falls on the more frequent invoice, without this item")
		case p.takes(d, it):
			on = append(on, it)
			total.Add(total, it.left)
		default:
			it.passed(p, d, true, "")
		}
	}
	if total.Sign() == 0 {
		for _, it := range on {
			it.passed(p, d, true, "nothing is left")
		}
		return
	}
	for _, it := range on {
		share := new(big.Rat).Quo(it.left, total)
		takeOff(d, it.left, share)
		it.taken(p, d, true, share)
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
	key, rule := p.ruling(d, it)
	it.rules.add(key, string(rule))
	return rule == Subtract
}

// ruling is the policy key that decides about a discount of an item, and what
// it says.
func (p Policy) ruling(d *billing.Discount, it *part) (key string, rule DiscountRule) {
	switch durationOf(d) {
	case billing.Once:
		return "discounts.once", p.Discounts.Once
	case billing.Repeating:
		if p.Discounts.Repeating == Subtract && it.factor.Cmp(big.NewRat(1, 12)) <= 0 {
			return "discounts.repeating_on_yearly", p.Discounts.RepeatingOnYearly
		}
		return "discounts.repeating", p.Discounts.Repeating
	case billing.Always:
	}
	return "discounts.forever", p.Discounts.Forever
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
