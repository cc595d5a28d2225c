package chargebee

import (
	"slices"
	"strings"
	"time"

	"mrrsync/connectors/rawjson"

	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// offer is a discount before it is known what it falls on: a coupon, or a
// discount given by hand.
type offer struct {
	billing.Discount
	kind    string // percentage, fixed_amount or offer_quantity
	applyOn string
	coupon  *wireCoupon // whose constraints choose the items
	price   string      // the item price that a manual discount is for
	places  int32
	free    decimal.Decimal
}

// The ways in which a discount is applied.
const (
	onInvoice  = "invoice_amount"
	onEach     = "each_specified_item"
	onTotal    = "specified_items_total"
	onEachUnit = "each_unit_of_specified_items"
	onPrice    = "specific_item_price"
)

func durationOf(s string) (billing.Duration, bool) {
	switch s {
	case "forever":
		return billing.Always, true
	case "limited_period":
		return billing.Repeating, true
	case "one_time":
		return billing.Once, true
	}
	return 0, false
}

// fill sets what a discount takes off.
func (o *offer) fill(id string, percent, amount, quantity *rawjson.Number, currency string) *connectors.Unreadable {
	switch o.kind {
	case "percentage":
		if percent == nil || percent.IsNegative() || percent.GreaterThan(decimal.NewFromInt(100)) {
			return connectors.NewUnreadable(o.Object.Kind, id, "discount_unknown", "the percentage is %v", percent)
		}
		o.Percent = percent.Decimal
	case "fixed_amount":
		places, known := decimals(currency)
		if amount == nil || amount.IsNegative() || !known {
			return connectors.NewUnreadable(o.Object.Kind, id, "discount_unknown", "the amount is %v %q", amount, currency)
		}
		o.Amount, o.Currency, o.places = amount.Shift(-places), strings.ToUpper(currency), places
	case "offer_quantity":
		if quantity == nil || quantity.IsNegative() {
			return connectors.NewUnreadable(o.Object.Kind, id, "discount_unknown", "the free quantity is %v", quantity)
		}
		o.free = quantity.Decimal
	default:
		return connectors.NewUnreadable(o.Object.Kind, id, "discount_unknown", "unknown type of discount %q", o.kind)
	}
	return nil
}

// coupon reads a coupon of the catalogue as it is applied.
func (c catalog) coupon(a wireApplied, currency string) (offer, *connectors.Unreadable) {
	var o offer
	o.End = a.ApplyTill.Time()
	w, ref, bad := lookup[wireCoupon](c, kindCoupon, a.CouponID)
	if bad != nil {
		return o, bad
	}
	if w == nil {
		return o, connectors.NewUnreadable(kindCoupon, a.CouponID, "coupon_missing", "the coupon is not in the catalogue")
	}
	o.kind, o.applyOn, o.coupon = w.DiscountType, w.ApplyOn, w
	o.ID, o.CouponID, o.Name, o.Object = w.ID, w.ID, w.Name, ref
	var known bool
	if o.Duration, known = durationOf(w.DurationType); !known {
		return o, connectors.NewUnreadable(kindCoupon, w.ID, "coupon_unknown", "unknown duration_type %q", w.DurationType)
	}
	if w.CurrencyCode != "" {
		currency = w.CurrencyCode
	}
	return o, o.fill(w.ID, w.DiscountPercentage, w.DiscountAmount, w.DiscountQuantity, currency)
}

// manual reads a discount given by hand.
func manual(w *wireDiscount, subscription, currency string) (offer, *connectors.Unreadable) {
	o := offer{kind: w.Type, applyOn: w.ApplyOn, price: w.ItemPriceID}
	o.ID, o.CouponID, o.Name, o.Start, o.End = w.ID, w.CouponID, w.Name, w.CreatedAt.Time(), w.ApplyTill.Time()
	o.Object = billing.Ref{Kind: kindSubscription, ID: subscription}
	var known bool
	if o.Duration, known = durationOf(w.DurationType); !known {
		return o, connectors.NewUnreadable("discount", w.ID, "discount_unknown", "unknown duration_type %q", w.DurationType)
	}
	if w.CurrencyCode != "" {
		currency = w.CurrencyCode
	}
	bad := o.fill(w.ID, w.Percentage, w.Amount, w.Quantity, currency)
	if bad != nil {
		bad.Kind = "discount"
	}
	return o, bad
}

// matches says that the discount is for an item.
func (o *offer) matches(item *billing.Item, itemType string, e entry) bool {
	if o.coupon == nil {
		return o.price == "" || o.price == item.Price.ID
	}
	w := o.coupon
	chosen := func(constraint string, ids []string) bool {
		return constraint == "all" || constraint == "specific" && slices.Contains(ids, item.Price.ID)
	}
	if len(w.ItemConstraints) == 0 && len(w.Criteria) == 0 {
		if w.PlanConstraint == "" && w.AddonConstraint == "" {
			return true
		}
		if itemType == itemPlan {
			return chosen(w.PlanConstraint, w.PlanIDs)
		}
		return chosen(w.AddonConstraint, w.AddonIDs)
	}
	for _, c := range w.ItemConstraints {
		if c.ItemType == itemType && (chosen(c.Constraint, c.ItemPriceIDs) || c.Constraint == "criteria" && w.meets(itemType, item, e)) {
			return true
		}
	}
	return len(w.ItemConstraints) == 0 && w.meets(itemType, item, e)
}

// meets says that an item fulfils a coupon's criteria. An empty list asks for
// nothing.
func (w *wireCoupon) meets(itemType string, item *billing.Item, e entry) bool {
	asks := func(list []string, value string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, value) })
	}
	for _, c := range w.Criteria {
		if c.ItemType != itemType {
			continue
		}
		family, period := "", ""
		if e.wirePrice != nil {
			family = e.ItemFamilyID
			if e.Period != nil {
				period = e.PeriodUnit
				if e.Period.String() != "1" {
					period = e.Period.String() + "_" + e.PeriodUnit
				}
			}
		}
		if asks(c.Currencies, item.Price.Currency) && asks(c.ItemFamilyIDs, family) && asks(c.Periods, period) {
			return true
		}
	}
	return false
}

// offers are all discounts that a subscription names, in the order in which
// they are applied: coupons as listed, then those given by hand. One that is
// over says what was before, if it can still be read.
func (c catalog) offers(w *wireSubscription, from time.Time) ([]offer, *connectors.Unreadable) {
	var all []offer
	take := func(o offer, bad *connectors.Unreadable) *connectors.Unreadable {
		over := !o.End.IsZero() && !o.End.After(from)
		if over && (bad != nil || o.Duration == billing.Once) {
			return nil
		}
		all = append(all, o)
		return bad
	}
	for _, a := range w.applied() {
		if bad := take(c.coupon(a, w.CurrencyCode)); bad != nil {
			return nil, bad
		}
	}
	coupons := len(all)
	for i := range w.Discounts {
		d := &w.Discounts[i]
		named := func(a wireApplied) bool { return a.CouponID == d.CouponID }
		same := func(o offer) bool { return o.ID == d.ID }
		if d.CouponID != "" && slices.ContainsFunc(w.applied(), named) || slices.ContainsFunc(all[coupons:], same) {
			continue
		}
		if bad := take(manual(d, w.ID, w.CurrencyCode)); bad != nil {
			return nil, bad
		}
	}
	return all, nil
}

// priced is an item with what decides whether a discount is for it.
type priced struct {
	item     *billing.Item
	itemType string
	entry    entry
}

// apply lays discounts on the items that they are for. What is left for the
// subscription as a whole is returned, in order.
func apply(offers []offer, items []priced) (shared []billing.Discount) {
	for i := range offers {
		o := &offers[i]
		if o.applyOn == onInvoice || o.applyOn == "" {
			if o.kind != "offer_quantity" {
				shared = append(shared, o.Discount)
				continue
			}
		}
		var on []*billing.Item
		for _, p := range items {
			if p.item.Price.Usage == billing.Licensed && o.matches(p.item, p.itemType, p.entry) {
				on = append(on, p.item)
			}
		}
		if o.applyOn == onTotal && o.kind == "fixed_amount" && len(on) > 1 {
			d := o.Discount
			for _, item := range on {
				if !slices.Contains(d.AppliesTo, item.Price.ProductID) {
					d.AppliesTo = append(d.AppliesTo, item.Price.ProductID)
				}
			}
			slices.Sort(d.AppliesTo)
			shared = append(shared, d)
			continue
		}
		for _, item := range on {
			if d, ok := o.onItem(item); ok {
				item.Discounts = append(item.Discounts, d)
			}
		}
	}
	return shared
}

// onItem is the discount as it falls on one item.
func (o *offer) onItem(item *billing.Item) (billing.Discount, bool) {
	d := o.Discount
	switch {
	case o.kind == "offer_quantity" && o.Duration == billing.Once:
		return d, false // free units on one invoice lower no committed MRR
	case o.kind == "offer_quantity":
		d.FreeUnits = o.free
	case o.kind == "fixed_amount" && o.applyOn == onEachUnit:
		d.Amount = d.Amount.Mul(item.Quantity)
	}
	return d, true
}
