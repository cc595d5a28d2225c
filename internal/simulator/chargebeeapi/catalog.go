package chargebeeapi

import (
	"slices"
	"strconv"

	"mrrsync/internal/simulator/site"
)

// cents writes ten-thousandths of a minor unit as whole minor units.
func cents(unit int64) int64 {
	if unit < 0 {
		return -cents(-unit)
	}
	return (unit + site.Scale/2) / site.Scale
}

// family is the item family that the site has.
type family struct {
	id, name string
	created  int64
}

func (v *view) familyShelf() *shelf[family] {
	return &shelf[family]{
		path: "item_families", all: []family{{"main", "Main", v.products[0].Created}}, birth: "created_at",
		born:    func(f family) int64 { return f.created },
		id:      func(f family) string { return f.id },
		there:   func(family) bool { return true },
		moments: map[string]func(family) int64{"updated_at": func(f family) int64 { return f.created }},
		write: func(e *enc, f family) {
			e.Obj("item_family")
			e.Str("id", f.id)
			e.Str("name", f.name)
			e.Str("status", "active")
			e.stamped(f.created, f.created*1000)
			e.Str("channel", "web")
			e.Str("object", "item_family")
			e.End()
		},
	}
}

func (v *view) productShelf() *shelf[*site.Product] {
	return &shelf[*site.Product]{
		path: "items", all: v.products, birth: "created_at", down: true,
		born:  func(p *site.Product) int64 { return p.Created },
		id:    func(p *site.Product) string { return p.ID },
		there: func(p *site.Product) bool { return p.Created <= v.t },
		texts: map[string]func(*site.Product) string{
			"id": func(p *site.Product) string { return p.ID }, "name": func(p *site.Product) string { return nameAt(p, v.t) },
		},
		moments: map[string]func(*site.Product) int64{"updated_at": v.productUpdated},
		write: func(e *enc, p *site.Product) {
			e.Key("item")
			v.product(e, p)
		},
	}
}

func nameAt(p *site.Product, t int64) string {
	if p.Renamed > 0 && p.Renamed <= t {
		return p.NewName
	}
	return p.Name
}

// latest is the last of some moments that has come, 0 for none.
func (v *view) latest(moments ...int64) int64 {
	var last int64
	for _, m := range moments {
		if m <= v.t {
			last = max(last, m)
		}
	}
	return last
}

func (v *view) productUpdated(p *site.Product) int64 { return v.latest(p.Created, p.Renamed) }

func (v *view) product(e *enc, p *site.Product) {
	updated := v.productUpdated(p)
	e.Open()
	e.Str("id", p.ID)
	e.Str("name", nameAt(p, v.t))
	e.Str("external_name", nameAt(p, v.t))
	e.Str("status", "active")
	e.stamped(updated, updated*1000)
	e.Str("item_family_id", "main")
	e.Str("type", p.Kind.String())
	e.Bool("is_shippable", false)
	e.Bool("is_giftable", p.Kind == site.Plan)
	e.Bool("enabled_for_checkout", true)
	e.Bool("enabled_in_portal", true)
	if p.Kind == site.Plan {
		e.Str("item_applicability", "all")
	}
	e.Bool("metered", p.Metered)
	if p.Metered {
		e.Str("usage_calculation", "sum_of_usages")
	}
	e.Str("channel", "web")
	e.Raw("metadata", []byte("{}"))
	e.Str("object", "item")
	e.End()
}

func (v *view) priceShelf(path string) *shelf[*site.Price] {
	return &shelf[*site.Price]{
		path: path, all: v.prices, birth: "created_at", down: path == "item_prices",
		born: func(p *site.Price) int64 { return p.Created },
		id:   func(p *site.Price) string { return p.ID },
		there: func(p *site.Price) bool {
			return p.Created <= v.t && (path == "item_prices" || (path == "plans") == (p.Product.Kind == site.Plan))
		},
		texts: map[string]func(*site.Price) string{
			"id": func(p *site.Price) string { return p.ID }, "name": func(p *site.Price) string { return p.Name },
		},
		moments: map[string]func(*site.Price) int64{"updated_at": v.priceUpdated},
		write: func(e *enc, p *site.Price) {
			e.Key(endpoints[path].object)
			v.price(e, p)
		},
	}
}

func (v *view) priceUpdated(p *site.Price) int64 { return v.latest(p.Created, p.Archived) }

func (v *view) price(e *enc, p *site.Price) {
	switch {
	case v.catalogue() == 2:
		v.itemPrice(e, p)
	case p.Product.Kind == site.Plan:
		v.plan(e, p)
	default:
		v.addon(e, p)
	}
}

// state writes the status of a price, and when it was archived.
func (v *view) state(e *enc, archived int64) {
	if archived > 0 && archived <= v.t {
		e.Str("status", "archived")
		e.Num("archived_at", archived)
		return
	}
	e.Str("status", "active")
}

func (v *view) itemPrice(e *enc, p *site.Price) {
	updated := v.priceUpdated(p)
	e.Open()
	e.Str("id", p.ID)
	e.Str("name", p.Name)
	e.Str("item_family_id", "main")
	e.Str("item_id", p.Product.ID)
	v.state(e, p.Archived)
	e.Str("external_name", p.Name)
	e.Str("pricing_model", p.Model.String())
	v.amounts(e, p)
	if p.Count > 0 {
		e.Num("period", int64(p.Count))
		e.Str("period_unit", p.Every.String())
	}
	e.Str("currency_code", p.Currency)
	v.trial(e, p)
	v.free(e, "free_quantity", p.Free, p.Decimal)
	e.Str("channel", "web")
	e.stamped(updated, updated*1000)
	e.Num("created_at", p.Created)
	e.tiers("tiers", p, p.Tiers)
	e.Bool("is_taxable", true)
	e.Raw("metadata", []byte("{}"))
	e.Str("item_type", p.Product.Kind.String())
	e.Bool("show_description_in_invoices", false)
	e.Bool("show_description_in_quotes", false)
	e.Str("object", "item_price")
	e.End()
}

// amounts writes the price of a unit, where the model has one.
func (v *view) amounts(e *enc, p *site.Price) {
	switch {
	case len(p.Tiers) > 0:
	case p.Decimal:
		e.Str("price_in_decimal", site.UnitExact(p.Unit, p.Currency))
	default:
		e.Num("price", cents(p.Unit))
	}
}

func (v *view) trial(e *enc, p *site.Price) {
	if p.TrialDays > 0 {
		e.Num("trial_period", p.TrialDays)
		e.Str("trial_period_unit", "day")
	}
}

func (v *view) free(e *enc, key string, n int64, exact bool) {
	if exact {
		e.Str(key+"_in_decimal", strconv.FormatInt(n, 10))
		return
	}
	e.Num(key, n)
}

// tiers writes the bands of a price; the last has no end.
func (e *enc) tiers(key string, p *site.Price, list []site.Tier) {
	if len(list) == 0 {
		return
	}
	e.Arr(key)
	for i := range list {
		e.Open()
		e.tier(p, &list[i])
		e.Str("object", "tier")
		e.End()
	}
	e.EndArr()
}

func (e *enc) tier(p *site.Price, t *site.Tier) {
	if p.Decimal {
		e.Str("starting_unit_in_decimal", strconv.FormatInt(t.From, 10))
		if t.To > 0 {
			e.Str("ending_unit_in_decimal", strconv.FormatInt(t.To, 10))
		}
		e.Str("price_in_decimal", site.UnitExact(t.Unit, p.Currency))
	} else {
		e.Num("starting_unit", t.From)
		e.any("ending_unit", t.To)
		e.Num("price", cents(t.Unit))
	}
	if t.Charging != 0 {
		e.Str("pricing_type", t.Charging.String())
	}
	e.any("package_size", t.Size)
}

func (v *view) plan(e *enc, p *site.Price) {
	updated := v.priceUpdated(p)
	e.Open()
	e.Str("id", p.ID)
	e.Str("name", p.Name)
	e.Str("invoice_name", p.Name)
	v.amounts(e, p)
	e.Str("currency_code", p.Currency)
	e.Num("period", int64(p.Count))
	e.Str("period_unit", p.Every.String())
	v.trial(e, p)
	e.Str("pricing_model", p.Model.String())
	e.Str("charge_model", p.Model.String())
	v.free(e, "free_quantity", p.Free, p.Decimal)
	e.any("setup_cost", p.Setup)
	v.state(e, p.Archived)
	e.Bool("enabled_in_hosted_pages", true)
	e.Bool("enabled_in_portal", true)
	e.Str("addon_applicability", "all")
	e.Bool("is_shippable", false)
	e.stamped(updated, updated*1000)
	e.Bool("giftable", false)
	e.Str("channel", "web")
	e.Bool("taxable", true)
	e.tiers("tiers", p, p.Tiers)
	e.Bool("show_description_in_invoices", false)
	e.Bool("show_description_in_quotes", false)
	e.Str("object", "plan")
	e.End()
}

func (v *view) addon(e *enc, p *site.Price) {
	updated := v.priceUpdated(p)
	e.Open()
	e.Str("id", p.ID)
	e.Str("name", p.Name)
	e.Str("invoice_name", p.Name)
	e.Str("pricing_model", p.Model.String())
	switch p.Model {
	case site.FlatFee:
		e.Str("type", "on_off")
	case site.PerUnit:
		e.Str("type", "quantity")
	default:
		e.Str("type", p.Model.String())
	}
	if p.Product.Kind == site.Charge {
		e.Str("charge_type", "non_recurring")
	} else {
		e.Str("charge_type", "recurring")
		e.Num("period", int64(p.Count))
		e.Str("period_unit", p.Every.String())
	}
	v.amounts(e, p)
	e.Str("currency_code", p.Currency)
	v.state(e, p.Archived)
	e.Bool("enabled_in_portal", true)
	e.Bool("is_shippable", false)
	e.stamped(updated, updated*1000)
	e.Str("channel", "web")
	e.Bool("taxable", true)
	e.tiers("tiers", p, p.Tiers)
	e.Bool("show_description_in_invoices", false)
	e.Bool("show_description_in_quotes", false)
	e.Str("object", "addon")
	e.End()
}

func (v *view) couponShelf() *shelf[*site.Coupon] {
	return &shelf[*site.Coupon]{
		path: "coupons", all: v.coupons, birth: "created_at",
		born:  func(c *site.Coupon) int64 { return c.Created },
		id:    func(c *site.Coupon) string { return c.ID },
		there: func(c *site.Coupon) bool { return c.Created <= v.t },
		texts: map[string]func(*site.Coupon) string{"id": func(c *site.Coupon) string { return c.ID }},
		moments: map[string]func(*site.Coupon) int64{
			"created_at": func(c *site.Coupon) int64 { return c.Created },
			"updated_at": v.couponUpdated,
		},
		write: func(e *enc, c *site.Coupon) {
			e.Key("coupon")
			v.coupon(e, c)
		},
	}
}

func (v *view) couponUpdated(c *site.Coupon) int64 { return v.latest(c.Created, c.Archived, c.Deleted) }

func (v *view) coupon(e *enc, c *site.Coupon) {
	updated := v.couponUpdated(c)
	e.Open()
	e.Str("id", c.ID)
	e.Str("name", c.Name)
	e.Str("invoice_name", c.Name)
	e.Str("discount_type", c.Kind.String())
	switch c.Kind {
	case site.Percentage:
		e.share("discount_percentage", c.Percent)
	case site.FixedAmount:
		e.Num("discount_amount", c.Off)
		e.Str("currency_code", c.Currency)
	case site.OfferQuantity:
		e.Num("discount_quantity", c.Units)
	}
	e.Str("duration_type", c.Duration.String())
	if c.Duration == site.LimitedPeriod {
		e.Num("period", int64(c.Period))
		e.Str("period_unit", c.Unit.String())
		if c.Unit.String() == "month" {
			e.Num("duration_month", int64(c.Period))
		}
	}
	if c.Deleted > 0 && c.Deleted <= v.t {
		e.Str("status", "deleted")
	} else {
		v.state(e, c.Archived)
	}
	if c.PerItem() {
		e.Str("apply_on", "each_specified_item")
	} else {
		e.Str("apply_on", "invoice_amount")
	}
	v.constraints(e, c)
	e.Num("created_at", c.Created)
	e.stamped(updated, updated*1000)
	e.Num("redemptions", v.redeemed(c))
	e.Bool("deleted", c.Deleted > 0 && c.Deleted <= v.t)
	e.Str("object", "coupon")
	e.End()
}

// constraints say which items a coupon is for.
func (v *view) constraints(e *enc, c *site.Coupon) {
	ids := map[site.Kind][]string{}
	for _, p := range c.Prices {
		ids[p.Product.Kind] = append(ids[p.Product.Kind], p.ID)
	}
	word := func(list []string) string {
		switch {
		case len(list) > 0:
			return "specific"
		case c.PerItem():
			return "none"
		}
		return "all"
	}
	array := func(key string, list []string) {
		e.Arr(key)
		for _, id := range list {
			e.Item(id)
		}
		e.EndArr()
	}
	if v.catalogue() == 1 {
		addons := slices.Concat(ids[site.Addon], ids[site.Charge])
		e.Str("plan_constraint", word(ids[site.Plan]))
		e.Str("addon_constraint", word(addons))
		if len(ids[site.Plan]) > 0 {
			array("plan_ids", ids[site.Plan])
		}
		if len(addons) > 0 {
			array("addon_ids", addons)
		}
		return
	}
	e.Arr("item_constraints")
	for _, k := range []site.Kind{site.Plan, site.Addon, site.Charge} {
		e.Open()
		e.Str("item_type", k.String())
		e.Str("constraint", word(ids[k]))
		if len(ids[k]) > 0 {
			array("item_price_ids", ids[k])
		}
		e.Str("object", "item_constraint")
		e.End()
	}
	e.EndArr()
}

// redeemed counts how often a coupon had been applied.
func (v *view) redeemed(c *site.Coupon) int64 {
	n, _ := slices.BinarySearch(v.redemptions[c], v.t+1)
	return int64(n)
}
