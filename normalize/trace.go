package normalize

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// StepKind is what a step of a valuation does.
type StepKind uint8

// The kinds of step, in the order in which they happen to an item.
const (
	// StepUnits changes the quantity that is priced: free units, or so many
	// units that make one. Nothing is left yet.
	StepUnits StepKind = iota + 1
	// StepPrice is what the price charges per interval. A tiered price has one
	// for each tier, each with what the tiers so far come to.
	StepPrice
	// StepCommitment is the agreed part of a metered item.
	StepCommitment
	// StepTax takes out the tax that the price contains.
	StepTax
	// StepDiscount takes a discount off.
	StepDiscount
	// StepPassed is a discount that is there and takes nothing off.
	StepPassed
	// StepFactor puts one interval's amount on one month.
	StepFactor
	// StepRound is the one rounding at the end.
	StepRound
)

// Step is one line of a valuation: what was done and what was left after it.
type Step struct {
	Kind StepKind
	Text string // what was done, in words and figures
	// Rule is the policy rule that decided, for instance
	// "discounts.repeating=subtract"; empty where the law leaves no choice.
	Rule   string
	Object billing.Ref // what the step was read from; zero where it is plain arithmetic
	// Left is the exact amount after the step, in major units: per interval of
	// the price until StepFactor, per month from there on. Nil after StepUnits.
	Left *big.Rat
}

// trace notes the steps of a valuation. A nil trace notes nothing: that is how
// Derive values, and why whoever notes a step asks first, so that no words are
// made for nobody.
type trace struct{ steps []Step }

func (t *trace) add(kind StepKind, left *big.Rat, rule string, object billing.Ref, format string, args ...any) {
	if left != nil {
		left = new(big.Rat).Set(left)
	}
	t.steps = append(t.steps, Step{Kind: kind, Text: fmt.Sprintf(format, args...), Rule: rule, Object: object, Left: left})
}

// units writes a quantity before it is computed with: "1 unit", "8 units";
// nobody's is empty.
func (t *trace) units(r *big.Rat) string {
	switch {
	case t == nil:
		return ""
	case r.Cmp(big.NewRat(1, 1)) == 0:
		return "1 unit"
	}
	return Exact(r) + " units"
}

// priced notes the price of units.
func (t *trace) priced(p *billing.Price, left *big.Rat, format string, args ...any) {
	if t != nil {
		t.add(StepPrice, left, "", p.Object, format, args...)
	}
}

// discounted notes what became of a discount. share is the part of its amount
// that falls on the item, nil for all of it.
func (t *trace) discounted(kind StepKind, d *billing.Discount, shared bool, left, share *big.Rat, rule, why string) {
	if t == nil {
		return
	}
	var b strings.Builder
	level := "item"
	if shared {
		level = "subscription"
	}
	fmt.Fprintf(&b, "%s discount %s: %s", level, discountName(d), discountSize(d, share))
	if !d.Start.IsZero() || !d.End.IsZero() {
		fmt.Fprintf(&b, ", %s", during(d))
	}
	if why != "" {
		b.WriteString("; not taken off: " + why)
	}
	t.add(kind, left, rule, d.Object, "%s", b.String())
}

func discountName(d *billing.Discount) string {
	id := d.CouponID
	if id == "" {
		id = d.ID
	}
	if d.Name != "" && d.Name != id {
		return fmt.Sprintf("%s %q", id, d.Name)
	}
	return id
}

func discountSize(d *billing.Discount, share *big.Rat) string {
	var parts []string
	if d.FreeUnits.IsPositive() {
		parts = append(parts, d.FreeUnits.String()+" units free")
	}
	if d.Percent.IsPositive() {
		parts = append(parts, d.Percent.String()+" %")
	}
	if d.Amount.IsPositive() {
		amount := d.Amount.String() + " " + d.Currency + " per invoice"
		if share != nil && share.Cmp(big.NewRat(1, 1)) != 0 {
			amount += ", of which this item bears " + Exact(share) + " = " + Exact(new(big.Rat).Mul(d.Amount.Rat(), share))
		}
		parts = append(parts, amount)
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, " and ")
}

// during says how long a discount runs, by the second, as it counts.
func during(d *billing.Discount) string {
	const layout = "2006-01-02 15:04:05Z"
	switch {
	case d.End.IsZero():
		return "since " + d.Start.UTC().Format(layout)
	case d.Start.IsZero():
		return "until " + d.End.UTC().Format(layout)
	}
	return d.Start.UTC().Format(layout) + " until " + d.End.UTC().Format(layout)
}

// Exact writes a fraction with all its decimals where they end, and otherwise
// as six decimals with the fraction behind them: "53.28", "21.666667 (65/3)".
func Exact(r *big.Rat) string {
	if digits, ends := r.FloatPrec(); ends {
		return r.FloatString(digits)
	}
	return r.FloatString(6) + " (" + r.RatString() + ")"
}

// tierName says which tier: "tier 2, up to 10".
func tierName(p *billing.Price, i int) string {
	t := &p.Tiers[i]
	if t.Unbounded {
		return fmt.Sprintf("tier %d, without end", i+1)
	}
	return fmt.Sprintf("tier %d, up to %s", i+1, t.UpTo)
}

// fee is a tier's flat fee, as an addend.
func fee(d decimal.Decimal) string {
	if d.IsZero() {
		return ""
	}
	return " + " + d.String() + " flat"
}

// every is an interval as an adverb: "per month", "per 3 months".
func every(in billing.Interval) string {
	unit := map[billing.Unit]string{
		billing.Day: "day", billing.Week: "week", billing.Month: "month", billing.Year: "year", billing.Term: "term",
	}[in.Unit]
	if in.Unit == billing.Term || in.Count == 1 {
		return "per " + unit
	}
	return fmt.Sprintf("per %d %ss", in.Count, unit)
}
