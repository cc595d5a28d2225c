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
		e.Null(whole)
	} else {
		e.Num(whole, unit/company.Scale)
	}
	e.Str(decimal, decimalOf(unit))
}

func (e *enc) tiers(list []company.Tier) {
	e.Arr("tiers")
	for _, t := range list {
		e.Open()
		if t.Flat == 0 {
			e.Nulls("flat_amount", "flat_amount_decimal")
		} else {
			e.Num("flat_amount", t.Flat)
			e.Str("flat_amount_decimal", strconv.FormatInt(t.Flat, 10))
		}
		e.unit(t.Unit, "unit_amount", "unit_amount_decimal")
		e.When("up_to", t.UpTo)
		e.End()
	}
	e.EndArr()
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
		e.Sep()
		e.B = append(e.B, p.archive[x][i].price...)
		return
	}
	e.Open()
	e.Str("id", x.ID)
	e.Str("object", "price")
	e.Bool("active", x.Archived == 0 || x.Archived > p.t)
	if x.Mode != 0 {
		e.Str("billing_scheme", "tiered")
	} else {
		e.Str("billing_scheme", "per_unit")
	}
	e.Num("created", x.Created)
	e.Str("currency", x.Currency)
	if want.has("currency_options") {
		p.options(e, x, want.at("currency_options"))
	}
	e.Null("custom_unit_amount")
	e.Bool("livemode", false)
	e.Null("lookup_key")
	e.Raw("metadata", []byte("{}"))
	e.Str("nickname", x.Nickname)
	if want.has("product") {
		e.Key("product")
		p.product(e, x.Product)
	} else {
		e.Str("product", x.Product.ID)
	}
	if x.OneTime {
		e.Null("recurring")
	} else {
		e.Obj("recurring")
		e.period(x)
		e.End()
	}
	e.Str("tax_behavior", "unspecified")
	if want.has("tiers") && x.Mode != 0 {
		e.tiers(x.Tiers)
	}
	e.Opt("tiers_mode", tiersMode(x.Mode))
	e.transform("transform_quantity", x)
	if x.OneTime {
		e.Str("type", "one_time")
	} else {
		e.Str("type", "recurring")
	}
	if x.Mode != 0 {
		e.Nulls("unit_amount", "unit_amount_decimal")
	} else {
		e.unit(x.Unit, "unit_amount", "unit_amount_decimal")
	}
	e.End()
}

func (e *enc) period(x *company.Price) {
	if x.Metered {
		e.Str("aggregate_usage", "sum")
	} else {
		e.Null("aggregate_usage")
	}
	e.Str("interval", x.Interval.String())
	e.Num("interval_count", int64(x.Count))
	if x.Metered {
		e.Str("usage_type", "metered")
	} else {
		e.Str("usage_type", "licensed")
	}
}

func (e *enc) transform(key string, x *company.Price) {
	if x.Divide == 0 {
		e.Null(key)
		return
	}
	e.Obj(key)
	e.Num("divide_by", x.Divide)
	if x.RoundUp {
		e.Str("round", "up")
	} else {
		e.Str("round", "down")
	}
	e.End()
}

func (p *moment) options(e *enc, x *company.Price, want *expand) {
	e.Obj("currency_options")
	one := func(currency string, a company.Amounts) {
		e.Obj(currency)
		e.Null("custom_unit_amount")
		e.Str("tax_behavior", "unspecified")
		if x.Mode != 0 {
			if want.at(currency).has("tiers") {
				e.tiers(a.Tiers)
			}
			e.Nulls("unit_amount", "unit_amount_decimal")
		} else {
			e.unit(a.Unit, "unit_amount", "unit_amount_decimal")
		}
		e.End()
	}
	one(x.Currency, x.Amounts)
	for _, c := range []string{"eur", "gbp", "jpy"} {
		if a, ok := x.Options[c]; ok {
			one(c, a)
		}
	}
	e.End()
}

// plan writes a price in its older form.
func (p *moment) plan(e *enc, x *company.Price) {
	if p.archive[x] != nil {
		i := 0
		if x.Archived > 0 && x.Archived <= p.t {
			i = 1
		}
		e.Sep()
		e.B = append(e.B, p.archive[x][i].plan...)
		return
	}
	e.Open()
	e.Str("id", x.ID)
	e.Str("object", "plan")
	e.Bool("active", x.Archived == 0 || x.Archived > p.t)
	if x.Mode != 0 {
		e.Nulls("amount", "amount_decimal")
		e.Str("billing_scheme", "tiered")
	} else {
		e.unit(x.Unit, "amount", "amount_decimal")
		e.Str("billing_scheme", "per_unit")
	}
	e.Num("created", x.Created)
	e.Str("currency", x.Currency)
	e.period(x)
	e.Bool("livemode", false)
	e.Raw("metadata", []byte("{}"))
	e.Str("nickname", x.Nickname)
	e.Str("product", x.Product.ID)
	e.Opt("tiers_mode", tiersMode(x.Mode))
	e.transform("transform_usage", x)
	e.Null("trial_period_days")
	e.End()
}

func (p *moment) product(e *enc, x *company.Product) {
	e.Open()
	e.Str("id", x.ID)
	e.Str("object", "product")
	e.Bool("active", true)
	e.Num("created", x.Created)
	e.Nulls("default_price", "description")
	e.Raw("features", []byte("[]"))
	e.Raw("images", []byte("[]"))
	e.Bool("livemode", false)
	e.Raw("metadata", []byte("{}"))
	e.Str("name", x.Name)
	e.Nulls("package_dimensions", "shippable", "statement_descriptor", "tax_code", "unit_label")
	e.Num("updated", x.Created)
	e.Null("url")
	e.End()
}

func (p *moment) coupon(e *enc, x *company.Coupon, want *expand) {
	e.Open()
	e.Str("id", x.ID)
	e.Str("object", "coupon")
	if x.Percent == 0 {
		e.Num("amount_off", x.Off[x.Currency])
	} else {
		e.Null("amount_off")
	}
	if want.has("applies_to") && len(x.Products) > 0 {
		e.Obj("applies_to")
		e.Arr("products")
		for _, q := range x.Products {
			e.Item(q.ID)
		}
		e.EndArr()
		e.End()
	}
	e.Num("created", x.Created)
	e.Opt("currency", x.Currency)
	if want.has("currency_options") && len(x.Off) > 0 {
		e.Obj("currency_options")
		for _, c := range currencies {
			e.Obj(c)
			e.Num("amount_off", x.Off[c])
			e.End()
		}
		e.End()
	}
	e.Str("duration", x.Duration.String())
	e.When("duration_in_months", int64(x.Months))
	e.Bool("livemode", false)
	e.Null("max_redemptions")
	e.Raw("metadata", []byte("{}"))
	e.Str("name", x.Name)
	if x.Percent > 0 {
		e.Raw("percent_off", []byte(percent(x.Percent)))
	} else {
		e.Null("percent_off")
	}
	e.Null("redeem_by")
	e.Num("times_redeemed", 0)
	e.Bool("valid", true)
	e.End()
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
	e.Open()
	e.Str("id", x.ID)
	e.Str("object", "tax_rate")
	e.Bool("active", true)
	e.Str("country", x.Country)
	e.Num("created", x.Created)
	e.Null("description")
	e.Str("display_name", x.Name)
	e.Raw("effective_percentage", []byte(percent(x.Rate)))
	e.Bool("inclusive", x.Inclusive)
	e.Null("jurisdiction")
	e.Str("jurisdiction_level", "country")
	e.Bool("livemode", false)
	e.Raw("metadata", []byte("{}"))
	e.Raw("percentage", []byte(percent(x.Rate)))
	e.Null("state")
	e.Str("tax_type", x.Type)
	e.End()
}

func (p *moment) taxes(e *enc, key string, x *company.TaxRate) {
	e.Arr(key)
	if x != nil {
		p.tax(e, x)
	}
	e.EndArr()
}
