package site

import (
	"fmt"
	"strings"

	"mrrsync/internal/simulator/reckon"
)

// currencies are those the site sells in: how many of their minor units a US
// cent is worth in its price lists, in thousandths, and the step they round to.
var currencies = [...]struct {
	code       string
	rate, step int64
}{
	{"USD", 1000, 1},
	{"EUR", 920, 5},
	{"GBP", 790, 5},
	{"JPY", 1500, 10},
	{"KWD", 310, 5},
	{"CAD", 1360, 5},
}

// Sells says whether the site has prices in a currency.
func Sells(currency string) bool {
	for _, c := range currencies {
		if strings.EqualFold(c.code, currency) {
			return true
		}
	}
	return false
}

// local puts US cents into a currency.
func local(cents int64, currency string) int64 {
	for _, c := range currencies {
		if c.code != currency || cents == 0 {
			continue
		}
		n, step := cents*c.rate/1000, c.step
		if n > 4*step {
			n = (n + step/2) / step * step
		}
		return max(n, 1)
	}
	return 0
}

// offer is a line of the US price list. Amounts are in cents, unless fine is
// set: then in ten-thousandths of a cent.
type offer struct {
	key, product string
	kind         Kind
	model        Model
	cents        int64
	fine         bool
	every        reckon.Interval
	count        int
	tiers        []Tier // Unit in cents
	free         int64
	metered      bool
	setup        int64
	trial        int64
	archived     int // months after the founding, 0 never
	from         int // months after the founding when it appears
}

func offers() []offer {
	const m, y, w, d = reckon.Monthly, reckon.Yearly, reckon.Weekly, reckon.Daily
	seats := []Tier{{From: 1, To: 5, Unit: 1000}, {From: 6, To: 20, Unit: 800}, {From: 21, Unit: 650}}
	volume := []Tier{{From: 1, To: 5, Unit: 1000}, {From: 6, To: 50, Unit: 800}, {From: 51, Unit: 600}}
	steps := []Tier{{From: 1, To: 10, Unit: 4900}, {From: 11, To: 50, Unit: 14_900}, {From: 51, Unit: 39_900}}
	blocks := []Tier{
		{From: 1, To: 100, Unit: 2000, Charging: OneFee},
		{From: 101, To: 1000, Unit: 500, Charging: EachBlock, Size: 50},
		{From: 1001, Unit: 4, Charging: EachUnit},
	}
	return []offer{
		{key: "starter-m", product: "Starter", kind: Plan, model: FlatFee, cents: 1900, every: m, trial: 14},
		{key: "starter-y", product: "Starter", kind: Plan, model: FlatFee, cents: 19_000, every: y},
		{key: "pro-m-v1", product: "Pro", kind: Plan, model: PerUnit, cents: 4900, every: m, archived: 9},
		{key: "pro-m", product: "Pro", kind: Plan, model: PerUnit, cents: 5900, every: m, from: 9},
		{key: "pro-q", product: "Pro", kind: Plan, model: PerUnit, cents: 16_500, every: m, count: 3},
		{key: "pro-y", product: "Pro", kind: Plan, model: PerUnit, cents: 59_000, every: y},
		{key: "business-m", product: "Business", kind: Plan, model: FlatFee, cents: 19_900, every: m, setup: 50_000},
		{key: "business-y", product: "Business", kind: Plan, model: FlatFee, cents: 199_000, every: y, setup: 50_000},
		{key: "team-m", product: "Team", kind: Plan, model: Tiered, every: m, tiers: seats},
		{key: "volume-m", product: "Crowd", kind: Plan, model: Volume, every: m, tiers: volume},
		{key: "steps-m", product: "Steps", kind: Plan, model: Stairstep, every: m, tiers: steps},
		{key: "steps-y", product: "Steps", kind: Plan, model: Stairstep, every: y, tiers: []Tier{{From: 1, To: 10, Unit: 49_000}, {From: 11, Unit: 149_000}}},
		{key: "blocks-m", product: "Blocks", kind: Plan, model: Tiered, every: m, tiers: blocks},
		{key: "free-m", product: "Community", kind: Plan, model: PerUnit, cents: 75_000, every: m, free: 3},
		{key: "messages-m", product: "Messages", kind: Plan, model: PerUnit, cents: 2500, fine: true, every: m},
		{key: "signals-m", product: "Signals", kind: Plan, model: PerUnit, cents: 2, fine: true, every: m},
		{key: "boxes", product: "Boxes", kind: Plan, model: PerUnit, cents: 1000, every: w, count: 2},
		{key: "kiosk", product: "Kiosk", kind: Plan, model: FlatFee, cents: 100, every: d},
		{key: "scale-m", product: "Scale", kind: Plan, model: FlatFee, cents: 40_000, every: m},
		{key: "enterprise-y", product: "Enterprise", kind: Plan, model: FlatFee, cents: 4_800_000, every: y},
		{key: "seat-m", product: "Seats", kind: Addon, model: PerUnit, cents: 1200, every: m},
		{key: "seat-y", product: "Seats", kind: Addon, model: PerUnit, cents: 12_000, every: y},
		{key: "support-m", product: "Priority support", kind: Addon, model: FlatFee, cents: 9900, every: m},
		{key: "support-q", product: "Priority support", kind: Addon, model: FlatFee, cents: 27_000, every: m, count: 3},
		{key: "support-y", product: "Priority support", kind: Addon, model: FlatFee, cents: 99_000, every: y},
		{key: "storage-m", product: "Storage", kind: Addon, model: PerUnit, cents: 500, every: m},
		{key: "storage-y", product: "Storage", kind: Addon, model: PerUnit, cents: 5000, every: y},
		{key: "usage-m", product: "Usage", kind: Addon, model: PerUnit, cents: 2, every: m, metered: true},
		{key: "onboarding", product: "Onboarding", kind: Charge, model: FlatFee, cents: 50_000},
		{key: "training", product: "Training", kind: Charge, model: PerUnit, cents: 25_000},
		{key: "activation", product: "Activation", kind: Charge, model: FlatFee, cents: 9900},
	}
}

// newCatalog draws up the catalogue of a site founded at start.
func newCatalog(version Catalogue, start int64) *Catalog {
	c := &Catalog{offers: map[string]map[string]*Price{}, coupons: map[string]*Coupon{}, prices: map[string]*Price{}}
	opened := start - 40*reckon.Day
	products := map[string]*Product{}
	for _, o := range offers() {
		p := products[o.product]
		if p == nil {
			p = &Product{
				ID: strings.ReplaceAll(o.product, " ", "-"), Name: o.product, Kind: o.kind, Metered: o.metered,
				Created: opened + int64(len(products))*reckon.Minute,
			}
			products[o.product] = p
			c.Products = append(c.Products, p)
		}
		c.offers[o.key] = map[string]*Price{}
		for _, cur := range currencies {
			price := o.price(version, p, cur.code)
			price.Created = opened + reckon.Hour + int64(len(c.Prices))
			if o.from > 0 {
				price.Created = reckon.MonthsLater(start, o.from) + int64(len(c.Prices))
			}
			if o.archived > 0 {
				price.Archived = reckon.MonthsLater(start, o.archived) + int64(len(c.Prices))
			}
			c.offers[o.key][cur.code] = price
			c.prices[price.ID] = price
			c.Prices = append(c.Prices, price)
		}
	}
	products["Team"].Renamed, products["Team"].NewName = reckon.MonthsLater(start, 5), "Team & Friends"
	c.addCoupons(start, opened)
	return c
}

func (o offer) price(version Catalogue, product *Product, currency string) *Price {
	p := &Price{
		ID: product.ID + "-" + currency, Name: product.Name + " " + currency, Product: product, Currency: currency,
		Model: o.model, Every: o.every, Count: max(o.count, 1), Free: o.free, TrialDays: o.trial,
	}
	if o.every > 0 {
		word := [...]string{"", "Daily", "Weekly", "Monthly", "Yearly"}[o.every]
		if o.count > 1 {
			word = fmt.Sprintf("Every-%d-%ss", o.count, strings.ToLower(o.every.String()))
		}
		p.ID += "-" + word
		p.Name += " " + strings.ReplaceAll(word, "-", " ")
	}
	if strings.HasSuffix(o.key, "-v1") {
		p.ID += "-v1"
	}
	if version == Plans {
		p.ID = strings.ToLower(strings.ReplaceAll(p.ID, "-", "_"))
		p.Setup = local(o.setup, currency)
	}
	switch {
	case o.tiers != nil:
		for _, t := range o.tiers {
			t.Unit = local(t.Unit, currency) * Scale
			p.Tiers = append(p.Tiers, t)
		}
	case o.fine:
		p.Unit, p.Decimal = max(o.cents*minor(currency)/100, 1), true
	default:
		p.Unit = local(o.cents, currency) * Scale
	}
	if o.every == 0 {
		p.Count = 0
	}
	return p
}

// addCoupons lists the coupons; those that take off money exist per currency.
func (c *Catalog) addCoupons(start, opened int64) {
	add := func(key string, r Reduction) *Coupon {
		x := &Coupon{ID: key, Name: strings.ToLower(key), Created: opened + 2*reckon.Hour + int64(len(c.Coupons)), Reduction: r}
		c.coupons[key] = x
		c.Coupons = append(c.Coupons, x)
		return x
	}
	of := func(keys ...string) (list []*Price) {
		for _, k := range keys {
			for _, cur := range currencies {
				list = append(list, c.offers[k][cur.code])
			}
		}
		return list
	}
	add("FOREVER10", Reduction{Kind: Percentage, Percent: 1000, Duration: Forever})
	add("STAFF100", Reduction{Kind: Percentage, Percent: 10_000, Duration: Forever})
	add("HALF3", Reduction{Kind: Percentage, Percent: 5000, Duration: LimitedPeriod, Period: 3, Unit: reckon.Monthly})
	add("YEAR25", Reduction{Kind: Percentage, Percent: 2500, Duration: LimitedPeriod, Period: 1, Unit: reckon.Yearly})
	add("WEEKS6", Reduction{Kind: Percentage, Percent: 1250, Duration: LimitedPeriod, Period: 6, Unit: reckon.Weekly})
	add("WELCOME20", Reduction{Kind: Percentage, Percent: 2000, Duration: OneTime})
	add("SEATS15", Reduction{Kind: Percentage, Percent: 1500, Duration: Forever, Prices: of("seat-m", "seat-y")})
	add("TWOSEATS", Reduction{Kind: OfferQuantity, Units: 2, Duration: Forever, Prices: of("seat-m", "seat-y")})
	x := add("LAUNCH", Reduction{Kind: Percentage, Percent: 3333, Duration: Forever})
	x.Archived = reckon.MonthsLater(start, 4)
	for _, cur := range currencies {
		money := func(key string, cents int64, r Reduction) {
			r.Kind, r.Off, r.Currency = FixedAmount, local(cents, cur.code), cur.code
			add(key+"-"+cur.code, r)
		}
		money("FIVE", 500, Reduction{Duration: Forever})
		money("TWENTY6", 2000, Reduction{Duration: LimitedPeriod, Period: 6, Unit: reckon.Monthly})
		money("HUGE", 500_000, Reduction{Duration: Forever})
		money("SUPPORT10", 1000, Reduction{Duration: Forever, Prices: []*Price{c.offers["support-m"][cur.code]}})
	}
}

// coupon finds a coupon by its key, in a currency when there is one for each.
func (c *Catalog) coupon(key, currency string) *Coupon {
	if x := c.coupons[key]; x != nil {
		return x
	}
	return c.coupons[key+"-"+currency]
}
