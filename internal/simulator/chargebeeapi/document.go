package chargebeeapi

import (
	"strconv"

	"mrrsync/internal/simulator/site"
)

// lines writes the lines of an invoice or a credit note, and what belongs to
// them: tiers, discounts and taxes. u is the subscription charged.
func (v *view) lines(e *enc, lines []site.Line, u *site.Subscription, c *site.Customer, inclusive, odd bool) {
	e.Arr("line_items")
	for i := range lines {
		v.line(e, &lines[i], u, c, odd)
	}
	e.EndArr()
	v.lineTiers(e, lines)
	v.lineDiscounts(e, lines)
	v.taxes(e, lines, c, inclusive)
}

// entity is the type and the identifier of what a line charges for.
func (v *view) entity(l *site.Line) (kind, id string) {
	switch {
	case l.Entity == site.ForSetup:
		return "plan_setup", l.Price.ID
	case l.Entity == site.Adhoc || l.Price == nil:
		return "adhoc", ""
	case v.catalogue() == 2:
		return l.Price.Product.Kind.String() + "_item_price", l.Price.ID
	case l.Price.Product.Kind == site.Plan:
		return "plan", l.Price.ID
	}
	return "addon", l.Price.ID
}

func (v *view) line(e *enc, l *site.Line, u *site.Subscription, c *site.Customer, odd bool) {
	e.Open()
	e.Str("id", l.ID)
	e.Num("date_from", l.From)
	e.Num("date_to", l.To)
	exact := l.Price != nil && l.Price.Decimal
	e.Num("unit_amount", cents(l.Unit))
	v.quantity(e, "quantity", l.Quantity, exact, odd)
	if exact {
		e.Str("unit_amount_in_decimal", site.UnitExact(l.Unit, l.Price.Currency))
		e.some("amount_in_decimal", l.Exact)
	}
	e.Num("amount", l.Amount)
	if l.Price != nil && l.Entity != site.ForSetup {
		e.Str("pricing_model", l.Price.Model.String())
	} else {
		e.Str("pricing_model", "flat_fee")
	}
	e.Bool("is_taxed", l.Rate > 0)
	e.Num("tax_amount", l.Tax)
	if l.Rate > 0 {
		e.share("tax_rate", l.Rate)
	} else {
		e.Str("tax_exempt_reason", "tax_not_configured")
	}
	e.Str("object", "line_item")
	if u != nil {
		e.Str("subscription_id", u.ID)
	}
	e.Str("customer_id", c.ID)
	e.Str("description", describe(l))
	kind, id := v.entity(l)
	e.Str("entity_type", kind)
	e.some("entity_id", id)
	all, own := l.Discounted()
	e.Num("discount_amount", all)
	e.Num("item_level_discount_amount", own)
	e.Bool("metered", l.Price != nil && l.Price.Product.Metered)
	e.Bool("is_percentage_pricing", false)
	if l.Of != nil {
		e.Str("reference_line_item_id", l.Of.ID)
	}
	e.End()
}

// describe is a line's text, as a person reads it.
func describe(l *site.Line) string {
	name := "One-time charge"
	if l.Price != nil {
		name = l.Price.Name
	}
	switch {
	case l.Entity == site.ForSetup:
		return name + " setup fee"
	case l.Of != nil:
		return name + " - Prorated Credits"
	case l.Prorated:
		return name + " - Prorated Charges"
	}
	return name
}

func (v *view) lineTiers(e *enc, lines []site.Line) {
	open := false
	for i := range lines {
		l := &lines[i]
		for _, t := range l.Tiers {
			if !open {
				e.Arr("line_item_tiers")
				open = true
			}
			e.Open()
			e.Str("line_item_id", l.ID)
			if l.Price.Decimal {
				e.Str("starting_unit_in_decimal", strconv.FormatInt(t.From, 10))
				if t.To > 0 {
					e.Str("ending_unit_in_decimal", strconv.FormatInt(t.To, 10))
				}
				e.Str("quantity_used_in_decimal", strconv.FormatInt(t.Used, 10))
				e.Str("unit_amount_in_decimal", site.UnitExact(t.Unit, l.Price.Currency))
			} else {
				e.Num("starting_unit", t.From)
				e.any("ending_unit", t.To)
				e.Num("quantity_used", t.Used)
				e.Num("unit_amount", cents(t.Unit))
			}
			if t.Charging != 0 {
				e.Str("pricing_type", t.Charging.String())
			}
			e.any("package_size", t.Size)
			e.Str("object", "line_item_tier")
			e.End()
		}
	}
	if open {
		e.EndArr()
	}
}

// level is how the discounts of documents are called: by what they work on,
// and whether they have the name of a coupon.
func level(d *site.Discount) string {
	switch {
	case d.Coupon != nil && d.PerItem():
		return "item_level_coupon"
	case d.Coupon != nil:
		return "document_level_coupon"
	case d.PerItem():
		return "item_level_discount"
	}
	return "document_level_discount"
}

func (v *view) lineDiscounts(e *enc, lines []site.Line) {
	type total struct {
		line   *site.Line // of item level
		amount int64
	}
	totals := map[*site.Discount]*total{}
	var order []*site.Discount
	for i := range lines {
		for _, c := range lines[i].Cuts {
			if c.Amount == 0 {
				continue
			}
			if len(order) == 0 {
				e.Arr("line_item_discounts")
			}
			e.Open()
			e.Str("line_item_id", lines[i].ID)
			e.Str("discount_type", level(c.Discount))
			e.Str("entity_id", discountID(c.Discount))
			if c.Discount.Coupon != nil {
				e.Str("coupon_id", c.Discount.Coupon.ID)
			}
			e.Num("discount_amount", c.Amount)
			e.Str("object", "line_item_discount")
			e.End()
			t := totals[c.Discount]
			if t == nil {
				t = &total{line: &lines[i]}
				totals[c.Discount] = t
				order = append(order, c.Discount)
			}
			t.amount += c.Amount
		}
	}
	if len(order) == 0 {
		return
	}
	e.EndArr()
	e.Arr("discounts")
	for _, d := range order {
		t := totals[d]
		e.Open()
		e.Num("amount", t.amount)
		e.Str("description", discountName(d))
		if d.PerItem() {
			e.Str("line_item_id", t.line.ID)
		}
		e.Str("entity_type", level(d))
		if d.Kind == site.Percentage {
			e.Str("discount_type", "percentage")
		} else {
			e.Str("discount_type", "fixed_amount")
		}
		e.Str("entity_id", discountID(d))
		e.Str("object", "discount")
		e.End()
	}
	e.EndArr()
}

func (v *view) taxes(e *enc, lines []site.Line, c *site.Customer, inclusive bool) {
	var sum int64
	name, country := "Tax", c.Country
	if c.Tax != nil {
		name, country = c.Tax.Name, c.Tax.Country
	}
	open := false
	for i := range lines {
		l := &lines[i]
		if l.Rate == 0 {
			continue
		}
		if !open {
			e.Arr("line_item_taxes")
			open = true
		}
		sum += l.Tax
		cut, _ := l.Discounted()
		base := l.Amount - cut
		if inclusive {
			base -= l.Tax
		}
		e.Open()
		e.Str("line_item_id", l.ID)
		e.Str("tax_name", name)
		e.share("tax_rate", l.Rate)
		e.Bool("is_partial_tax_applied", false)
		e.Bool("is_non_compliance_tax", false)
		e.Num("taxable_amount", base)
		e.Num("tax_amount", l.Tax)
		e.Str("tax_juris_type", "country")
		e.Str("tax_juris_name", country)
		e.Str("object", "line_item_tax")
		e.End()
	}
	if !open {
		return
	}
	e.EndArr()
	e.Arr("taxes")
	e.Open()
	e.Str("name", name)
	e.Num("amount", sum)
	e.Str("description", name)
	e.Str("object", "tax")
	e.End()
	e.EndArr()
}

// price type of a document.
func priceType(inclusive bool) string {
	if inclusive {
		return "tax_inclusive"
	}
	return "tax_exclusive"
}
