package chargebeeapi

import "mrrsync/internal/simulator/site"

// couponsOf writes the coupons that are applied, and in older form the first.
func (v *view) couponsOf(e *enc, u *site.Subscription) {
	open := false
	for _, d := range u.Discounts {
		if d.Coupon == nil || !d.Attached(v.t) {
			continue
		}
		if !open {
			e.Str("coupon", d.Coupon.ID)
			e.Arr("coupons")
			open = true
		}
		e.Open()
		e.Str("coupon_id", d.Coupon.ID)
		e.any("apply_till", d.Till)
		e.Num("applied_count", v.applied(u, d))
		e.Str("object", "coupon")
		e.End()
	}
	if open {
		e.EndArr()
	}
}

// applied counts the invoices that a discount worked on.
func (v *view) applied(u *site.Subscription, d *site.Discount) (n int64) {
	for _, x := range u.Invoices {
		if x.Date > v.t {
			break
		}
		if uses(x, d) {
			n++
		}
	}
	return n
}

func uses(x *site.Invoice, d *site.Discount) bool {
	for i := range x.Lines {
		for _, c := range x.Lines[i].Cuts {
			if c.Discount == d {
				return true
			}
		}
	}
	return false
}

// manual says whether a discount stands among the discounts: a manual one, or
// a coupon that shows up there again.
func manual(d *site.Discount) bool { return d.Coupon == nil || d.Twice }

// discountsOf writes the manual ones, and coupons that show up there again.
func (v *view) discountsOf(e *enc, u *site.Subscription) {
	n := int64(0)
	for _, d := range u.Discounts {
		if !manual(d) || !d.Attached(v.t) {
			continue
		}
		if n == 0 {
			e.Arr("discounts")
		}
		v.discountOf(e, u, d, n)
		n++
	}
	if n > 0 {
		e.EndArr()
	}
}

func (v *view) discountOf(e *enc, u *site.Subscription, d *site.Discount, n int64) {
	e.Open()
	e.Str("id", discountID(d))
	e.Str("invoice_name", discountName(d))
	e.reduction(&d.Reduction)
	e.Num("created_at", d.Created)
	e.any("apply_till", d.Till)
	e.Num("applied_count", v.applied(u, d))
	if d.Coupon != nil {
		e.Str("coupon_id", d.Coupon.ID)
	}
	e.Num("index", n)
	e.Str("object", "discount")
	e.End()
}

func discountID(d *site.Discount) string {
	if d.ID == "" && d.Coupon != nil {
		return d.Coupon.ID
	}
	return d.ID
}

func discountName(d *site.Discount) string {
	if d.Coupon != nil {
		return d.Coupon.Name
	}
	return "Special price"
}

// reduction writes what a manual discount does.
func (e *enc) reduction(r *site.Reduction) {
	e.Str("type", r.Kind.String())
	switch r.Kind {
	case site.Percentage:
		e.share("percentage", r.Percent)
	case site.FixedAmount:
		e.Num("amount", r.Off)
		e.Str("currency_code", r.Currency)
	case site.OfferQuantity:
		e.Num("quantity", r.Units)
	}
	e.Str("duration_type", r.Duration.String())
	if r.Duration == site.LimitedPeriod {
		e.Num("period", int64(r.Period))
		e.Str("period_unit", r.Unit.String())
	}
	if r.PerItem() {
		e.Str("apply_on", "specific_item_price")
		e.Str("item_price_id", r.Prices[0].ID)
	} else {
		e.Str("apply_on", "invoice_amount")
	}
}
