package stripe

import (
	"strings"

	"mrrsync/connectors/rawjson"

	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// pool is every discount that any object of a customer shows in full. Events
// and lists name discounts by bare ids where they are not expanded; what one
// object leaves out another may have shown.
type pool map[string]*wireDiscount

// add keeps the fullest sighting of a discount.
func (p pool) add(all ...*wireDiscount) {
	for _, d := range all {
		if d == nil || d.bare || d.ID == "" || d.Coupon == nil || d.Coupon.bare {
			continue
		}
		old := p[d.ID]
		if old == nil || old.Coupon.AppliesTo == nil && d.Coupon.AppliesTo != nil {
			p[d.ID] = d
		}
	}
}

func (p pool) addList(list []wireDiscount) {
	for i := range list {
		p.add(&list[i])
	}
}

// resolver reads discounts.
type resolver struct {
	catalog catalog
	pool    pool
}

// discounts are a list's discounts, in order. A bare id that nothing explains
// is a problem: it would otherwise pass for 0 %.
func (r resolver) discounts(list []wireDiscount, currency string) ([]billing.Discount, *connectors.Unreadable) {
	var all []billing.Discount
	for i := range list {
		d := &list[i]
		if d.bare || d.Coupon == nil || d.Coupon.bare {
			known := r.pool[d.ID]
			if known == nil {
				return nil, connectors.NewUnreadable(kindDiscount, d.ID, "discount_bare", "only the id of the discount is known, not its coupon")
			}
			d = known
		} else if known := r.pool[d.ID]; known != nil && d.Coupon.AppliesTo == nil && known.Coupon.AppliesTo != nil {
			full := *d
			full.Coupon = known.Coupon
			d = &full
		}
		fact, problem := r.discount(d.Coupon, d.ID, currency)
		if problem != nil {
			return nil, problem
		}
		fact.Start, fact.End = d.Start.Time(), d.End.Time()
		if fact.Duration == billing.Repeating && fact.End.IsZero() && !fact.Start.IsZero() {
			fact.End = fact.Start.AddDate(0, d.Coupon.DurationInMonths, 0)
		}
		all = append(all, fact)
	}
	return all, nil
}

// discount is a coupon's terms. What an embedded copy leaves out comes from the
// catalogue, as long as that is still the same coupon: an id may be used again.
func (r resolver) discount(c *wireCoupon, id, currency string) (billing.Discount, *connectors.Unreadable) {
	listed, ref := lookup[wireCoupon](r.catalog, kindCoupon, c.ID)
	if c.bare {
		if listed == nil {
			return billing.Discount{}, connectors.NewUnreadable(kindCoupon, c.ID, "coupon_missing", "the coupon is not in the catalogue")
		}
		c = listed
	}
	if ref == (billing.Ref{}) {
		ref = billing.Ref{Kind: kindCoupon, ID: c.ID}
	}
	full := *c
	if listed != nil && listed.sameTerms(c) {
		if full.AppliesTo == nil {
			full.AppliesTo = listed.AppliesTo
		}
		if full.CurrencyOptions == nil {
			full.CurrencyOptions = listed.CurrencyOptions
		}
	}
	d := billing.Discount{ID: id, CouponID: full.ID, Name: full.Name, Object: ref}
	switch full.Duration {
	case "forever":
		d.Duration = billing.Always
	case "repeating":
		d.Duration = billing.Repeating
	case "once":
		d.Duration = billing.Once
	default:
		return d, connectors.NewUnreadable(kindCoupon, full.ID, "coupon_unknown", "unknown duration %q", full.Duration)
	}
	if full.AppliesTo != nil {
		d.AppliesTo = full.AppliesTo.Products
	}
	switch {
	case full.PercentOff != nil:
		d.Percent = full.PercentOff.Decimal
		if d.Percent.IsNegative() || d.Percent.GreaterThan(decimal.NewFromInt(100)) {
			return d, connectors.NewUnreadable(kindCoupon, full.ID, "coupon_unknown", "percent_off is %s", d.Percent)
		}
	case full.AmountOff != nil:
		off, in := full.AmountOff.Decimal, full.Currency
		if option, ok := full.CurrencyOptions[currency]; ok && option.AmountOff != nil {
			off, in = option.AmountOff.Decimal, currency
		}
		places, known := decimals(in)
		if !known || off.IsNegative() {
			return d, connectors.NewUnreadable(kindCoupon, full.ID, "coupon_unknown", "amount_off is %s %q", off, in)
		}
		d.Amount, d.Currency = major(off, places), strings.ToUpper(in)
	default:
		return d, connectors.NewUnreadable(kindCoupon, full.ID, "coupon_unknown", "the coupon has neither percent_off nor amount_off")
	}
	return d, nil
}

func (c *wireCoupon) sameTerms(o *wireCoupon) bool {
	return same(c.PercentOff, o.PercentOff) && same(c.AmountOff, o.AmountOff) && c.Duration == o.Duration &&
		c.DurationInMonths == o.DurationInMonths && (c.AmountOff == nil || c.Currency == o.Currency)
}

func same(a, b *rawjson.Number) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(b.Decimal)
}
