package stripeapi

import (
	"strconv"
	"strings"

	"mrrsync/internal/simulator/company"
)

// decimalOf writes ten-thousandths of a minor unit as Stripe writes decimals.
func decimalOf(unit int64) string {
	s := strconv.FormatInt(unit/company.Scale, 10)
	if r := unit % company.Scale; r != 0 {
		f := strconv.FormatInt(company.Scale+r, 10)[1:]
		s += "." + strings.TrimRight(f, "0")
	}
	return s
}

func (e *enc) unit(unit int64, whole, decimal string) {
	if unit%company.Scale != 0 {
		e.null(whole)
	} else {
		e.num(whole, unit/company.Scale)
	}
	e.str(decimal, decimalOf(unit))
}

func (e *enc) tiers(list []company.Tier) {
	e.arr("tiers")
	for _, t := range list {
		e.open()
		if t.Flat == 0 {
			e.nulls("flat_amount", "flat_amount_decimal")
		} else {
			e.num("flat_amount", t.Flat)
			e.str("flat_amount_decimal", strconv.FormatInt(t.Flat, 10))
		}
		e.unit(t.Unit, "unit_amount", "unit_amount_decimal")
		e.when("up_to", t.UpTo)
		e.end()
	}
	e.endArr()
}

func tiersMode(m company.TiersMode) string {
	return [...]string{"", "graduated", "volume"}[m]
}

// price writes a price. What is absent unless expanded is written only then.
func (p *moment) price(e *enc, x *company.Price, want *expand) {
	if want == nil && p.archive[x] != nil {
		i := 0
		if x.Archived > 0 && x.Archived <= p.t {
			i = 1
		}
		e.sep()
		e.b = append(e.b, p.archive[x][i].price...)
		return
	}
	e.open()
	e.str("id", x.ID)
	e.str("object", "price")
	e.bool("active", x.Archived == 0 || x.Archived > p.t)
	if x.Mode != 0 {
		e.str("billing_scheme", "tiered")
	} else {
		e.str("billing_scheme", "per_unit")
	}
	e.num("created", x.Created)
	e.str("currency", x.Currency)
	if want.has("currency_options") {
		p.options(e, x, want.at("currency_options"))
	}
	e.null("custom_unit_amount")
	e.bool("livemode", false)
	e.null("lookup_key")
	e.raw("metadata", []byte("{}"))
	e.str("nickname", x.Nickname)
	if want.has("product") {
		e.key("product")
		p.product(e, x.Product)
	} else {
		e.str("product", x.Product.ID)
	}
	if x.OneTime {
		e.null("recurring")
	} else {
		e.obj("recurring")
		e.period(x)
		e.end()
	}
	e.str("tax_behavior", "unspecified")
	if want.has("tiers") && x.Mode != 0 {
		e.tiers(x.Tiers)
	}
	e.opt("tiers_mode", tiersMode(x.Mode))
	e.transform("transform_quantity", x)
	if x.OneTime {
		e.str("type", "one_time")
	} else {
		e.str("type", "recurring")
	}
	if x.Mode != 0 {
		e.nulls("unit_amount", "unit_amount_decimal")
	} else {
		e.unit(x.Unit, "unit_amount", "unit_amount_decimal")
	}
	e.end()
}

func (e *enc) period(x *company.Price) {
	if x.Metered {
		e.str("aggregate_usage", "sum")
	} else {
		e.null("aggregate_usage")
	}
	e.str("interval", x.Interval.String())
	e.num("interval_count", int64(x.Count))
	if x.Metered {
		e.str("usage_type", "metered")
	} else {
		e.str("usage_type", "licensed")
	}
}

func (e *enc) transform(key string, x *company.Price) {
	if x.Divide == 0 {
		e.null(key)
		return
	}
	e.obj(key)
	e.num("divide_by", x.Divide)
	if x.RoundUp {
		e.str("round", "up")
	} else {
		e.str("round", "down")
	}
	e.end()
}

func (p *moment) options(e *enc, x *company.Price, want *expand) {
	e.obj("currency_options")
	one := func(currency string, a company.Amounts) {
		e.obj(currency)
		e.null("custom_unit_amount")
		e.str("tax_behavior", "unspecified")
		if x.Mode != 0 {
			if want.at(currency).has("tiers") {
				e.tiers(a.Tiers)
			}
			e.nulls("unit_amount", "unit_amount_decimal")
		} else {
			e.unit(a.Unit, "unit_amount", "unit_amount_decimal")
		}
		e.end()
	}
	one(x.Currency, x.Amounts)
	for _, c := range []string{"eur", "gbp", "jpy"} {
		if a, ok := x.Options[c]; ok {
			one(c, a)
		}
	}
	e.end()
}

// plan writes a price in its older form.
func (p *moment) plan(e *enc, x *company.Price) {
	if p.archive[x] != nil {
		i := 0
		if x.Archived > 0 && x.Archived <= p.t {
			i = 1
		}
		e.sep()
		e.b = append(e.b, p.archive[x][i].plan...)
		return
	}
	e.open()
	e.str("id", x.ID)
	e.str("object", "plan")
	e.bool("active", x.Archived == 0 || x.Archived > p.t)
	if x.Mode != 0 {
		e.nulls("amount", "amount_decimal")
		e.str("billing_scheme", "tiered")
	} else {
		e.unit(x.Unit, "amount", "amount_decimal")
		e.str("billing_scheme", "per_unit")
	}
	e.num("created", x.Created)
	e.str("currency", x.Currency)
	e.period(x)
	e.bool("livemode", false)
	e.raw("metadata", []byte("{}"))
	e.str("nickname", x.Nickname)
	e.str("product", x.Product.ID)
	e.opt("tiers_mode", tiersMode(x.Mode))
	e.transform("transform_usage", x)
	e.null("trial_period_days")
	e.end()
}

func (p *moment) product(e *enc, x *company.Product) {
	e.open()
	e.str("id", x.ID)
	e.str("object", "product")
	e.bool("active", true)
	e.num("created", x.Created)
	e.nulls("default_price", "description")
	e.raw("features", []byte("[]"))
	e.raw("images", []byte("[]"))
	e.bool("livemode", false)
	e.raw("metadata", []byte("{}"))
	e.str("name", x.Name)
	e.nulls("package_dimensions", "shippable", "statement_descriptor", "tax_code", "unit_label")
	e.num("updated", x.Created)
	e.null("url")
	e.end()
}

func (p *moment) coupon(e *enc, x *company.Coupon, want *expand) {
	e.open()
	e.str("id", x.ID)
	e.str("object", "coupon")
	if x.Percent == 0 {
		e.num("amount_off", x.Off[x.Currency])
	} else {
		e.null("amount_off")
	}
	if want.has("applies_to") && len(x.Products) > 0 {
		e.obj("applies_to")
		e.arr("products")
		for _, q := range x.Products {
			e.item(q.ID)
		}
		e.endArr()
		e.end()
	}
	e.num("created", x.Created)
	e.opt("currency", x.Currency)
	if want.has("currency_options") && len(x.Off) > 0 {
		e.obj("currency_options")
		for _, c := range currencies {
			e.obj(c)
			e.num("amount_off", x.Off[c])
			e.end()
		}
		e.end()
	}
	e.str("duration", x.Duration.String())
	e.when("duration_in_months", int64(x.Months))
	e.bool("livemode", false)
	e.null("max_redemptions")
	e.raw("metadata", []byte("{}"))
	e.str("name", x.Name)
	if x.Percent > 0 {
		e.raw("percent_off", []byte(percent(x.Percent)))
	} else {
		e.null("percent_off")
	}
	e.null("redeem_by")
	e.num("times_redeemed", 0)
	e.bool("valid", true)
	e.end()
}

var currencies = []string{"usd", "eur", "gbp", "jpy", "kwd", "isk", "cad", "huf"}

// percent writes hundredths of a percent.
func percent(n int64) string {
	s := strconv.FormatInt(n/100, 10)
	if n%100 == 0 {
		return s
	}
	return s + "." + strings.TrimRight(strconv.FormatInt(100+n%100, 10)[1:], "0")
}

func (p *moment) tax(e *enc, x *company.TaxRate) {
	e.open()
	e.str("id", x.ID)
	e.str("object", "tax_rate")
	e.bool("active", true)
	e.str("country", x.Country)
	e.num("created", x.Created)
	e.null("description")
	e.str("display_name", x.Name)
	e.raw("effective_percentage", []byte(percent(x.Rate)))
	e.bool("inclusive", x.Inclusive)
	e.null("jurisdiction")
	e.str("jurisdiction_level", "country")
	e.bool("livemode", false)
	e.raw("metadata", []byte("{}"))
	e.raw("percentage", []byte(percent(x.Rate)))
	e.null("state")
	e.str("tax_type", x.Type)
	e.end()
}

func (p *moment) taxes(e *enc, key string, x *company.TaxRate) {
	e.arr(key)
	if x != nil {
		p.tax(e, x)
	}
	e.endArr()
}
