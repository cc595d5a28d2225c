package site

import (
	"slices"

	"mrrsync/internal/simulator/dice"
	"mrrsync/internal/simulator/reckon"
)

// coupons hands out the coupons of the beginning; paid is when the first paid
// term begins.
func (b *biller) coupons(kind shop, t, paid int64, items []Item, d dice.Dice) {
	inclusive := b.cust.Tax != nil && b.cust.Tax.Inclusive
	seats := slices.ContainsFunc(items, func(x Item) bool { return x.Price.Product.Name == "Seats" })
	if slices.ContainsFunc(items, func(x Item) bool { return x.Trial > 0 }) || kind == donated {
		return
	}
	give := func(keys ...string) {
		for _, k := range keys {
			x := b.s.Catalog.coupon(k, b.sub.Currency)
			if (x.Kind != Percentage) && inclusive {
				return
			}
			if x.Archived == 0 || t < x.Archived {
				b.attach(t, paid, x)
			}
		}
	}
	switch d.Pick(720, 45, 5, 50, 35, 10, 30, 25, 15, 4, 25, 40, 12, 8) {
	case 1:
		give("FOREVER10")
	case 2:
		give("STAFF100")
	case 3:
		give("HALF3")
	case 4:
		give("YEAR25")
	case 5:
		give("WEEKS6")
	case 6:
		give("WELCOME20")
	case 7:
		give("FIVE")
	case 8:
		give("TWENTY6")
	case 9:
		if kind < rampMonthly {
			give("HUGE")
		}
	case 10:
		if seats {
			give("SEATS15")
		}
		give("FIVE")
	case 11:
		if seats && !inclusive {
			give("TWOSEATS")
		} else {
			give("FOREVER10")
		}
	case 12:
		give("LAUNCH")
	case 13:
		b.manual(t, d)
	}
}

// attach gives the subscription a coupon.
func (b *biller) attach(t, paid int64, x *Coupon) {
	m := &Discount{Coupon: x, Created: t, Reduction: x.Reduction, Twice: dice.Hash(uint64(b.sub.Ref), uint64(t))%4 == 0}
	if x.Duration == LimitedPeriod {
		m.Till = reckon.Boundary(paid, x.Unit, x.Period, 1)
	}
	b.sub.Discounts = append(b.sub.Discounts, m)
}

// manual gives the subscription a discount without a coupon.
func (b *biller) manual(t int64, d dice.Dice) {
	if b.s.Config.Catalogue == Plans {
		return
	}
	r := Reduction{Kind: Percentage, Percent: 100 * d.Span(5, 20), Duration: Forever}
	m := &Discount{ID: b.s.id("", forPlan, b.ref(900+b.next(discountNumber))), Created: t, Reduction: r}
	switch d.Pick(50, 30, 20) {
	case 1:
		if b.cust.Tax == nil || !b.cust.Tax.Inclusive {
			m.Reduction = Reduction{Kind: FixedAmount, Off: local(700, b.sub.Currency), Currency: b.sub.Currency, Duration: Forever}
		}
	case 2:
		m.Duration, m.Period, m.Unit = LimitedPeriod, 4, reckon.Monthly
		m.Till = reckon.MonthsLater(t, 4)
	}
	b.sub.Discounts = append(b.sub.Discounts, m)
}
