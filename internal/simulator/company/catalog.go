package company

import (
	"fmt"

	"mrrsync/internal/simulator/dice"
	"mrrsync/internal/simulator/reckon"
)

// Product is something the company sells.
type Product struct {
	ID, Name string
	Created  int64
}

// TiersMode says how a tiered price reads its tiers.
type TiersMode uint8

// The modes of tiered prices; the zero value is a price without tiers.
const (
	Graduated TiersMode = iota + 1
	Volume
)

// Tier is a band of a tiered price: Unit ten-thousandths of a minor unit each, plus
// Flat minor units, for quantities up to UpTo (0: without bound).
type Tier struct {
	UpTo, Unit, Flat int64
}

// Amounts is what a price costs in one currency. Unit amounts are in
// ten-thousandths of a minor unit, so that sub-cent prices stay whole numbers.
type Amounts struct {
	Unit  int64
	Tiers []Tier
}

// Scale is the number of units of Amounts.Unit and Tier.Unit in a minor unit.
const Scale = 10_000

// Price is one price of a product; it never changes but may be archived.
type Price struct {
	ID, Nickname, Currency string
	Product                *Product
	Created, Archived      int64 // Archived is 0 while the price is sold
	OneTime, Metered       bool
	Interval               Interval
	Count                  int
	Mode                   TiersMode
	Amounts                                   // in Currency
	Options                map[string]Amounts // in other currencies
	Divide                 int64              // transform_quantity; 0 is none
	RoundUp                bool
	SubCent                bool // the unit is no whole number of minor units
}

// In is the price's amounts in a currency.
func (p *Price) In(currency string) Amounts {
	if currency == p.Currency {
		return p.Amounts
	}
	return p.Options[currency]
}

// Duration says how long a coupon's discount lasts.
type Duration uint8

// The durations.
const (
	Once Duration = iota + 1
	Repeating
	Forever
)

func (d Duration) String() string { return [...]string{"", "once", "repeating", "forever"}[d] }

// Coupon is a reduction in percent (Percent, in hundredths) or in money (Off,
// minor units per currency).
type Coupon struct {
	ID, Name         string
	Created, Deleted int64
	Percent          int64
	Currency         string // of Off[Currency], the coupon's own
	Off              map[string]int64
	Duration         Duration
	Months           int
	Products         []*Product // applies_to; none means all
}

// Applies says whether the coupon touches a product.
func (c *Coupon) Applies(p *Product) bool {
	if len(c.Products) == 0 {
		return true
	}
	for _, x := range c.Products {
		if x == p {
			return true
		}
	}
	return false
}

// TaxRate is a tax; Rate is in hundredths of a percent: 1900 is 19 %.
type TaxRate struct {
	ID, Name, Country, Type string
	Created, Rate           int64
	Inclusive               bool
}

// Catalog is all that the company sells, and on which terms.
type Catalog struct {
	Products []*Product
	Prices   []*Price
	Coupons  []*Coupon
	Taxes    []*TaxRate

	offers  map[string]map[string]*Price // offer, currency
	coupons map[string]*Coupon
	taxes   map[string]*TaxRate
}

// Currencies are those the company sells in, with the minor units that one US
// cent is worth in its price lists, in thousandths.
var currencies = [...]struct {
	code string
	rate int64
	step int64 // price lists round to this
}{
	{"usd", 1000, 1},
	{"eur", 920, 5},
	{"gbp", 790, 5},
	{"jpy", 1500, 10},
	{"kwd", 3100, 10},
	{"isk", 138_000, 10_000},
	{"cad", 1360, 5},
	{"huf", 360_000, 10_000},
}

// local puts an amount of the US price list, in cents, into a currency.
func local(cents int64, currency string) int64 {
	for _, c := range currencies {
		if c.code != currency || cents == 0 {
			continue
		}
		n := cents * c.rate / 1000
		if n > 4*c.step {
			n = (n + c.step/2) / c.step * c.step
		}
		return max(n, 1)
	}
	return 0
}

// offer is a line of the US price list.
type offer struct {
	key, product string
	cents        int64
	sub          int64 // instead of cents: ten-thousandths of a cent
	every        Interval
	count        int
	tiers        []Tier // Unit in cents
	mode         TiersMode
	divide       int64
	up, metered  bool
	once         bool
	archived     int // months after the start; 0 never
	from         int // months after the start when it appears
}

func offers() []offer {
	list := []offer{
		{key: "starter-m", product: "Starter", cents: 1900, every: Month},
		{key: "starter-y", product: "Starter", cents: 19_000, every: Year},
		{key: "pro-m-v1", product: "Pro", cents: 4900, every: Month, archived: 9},
		{key: "pro-m", product: "Pro", cents: 5900, every: Month, from: 9},
		{key: "pro-y", product: "Pro", cents: 59_000, every: Year},
		{key: "pro-q", product: "Pro", cents: 16_500, every: Month, count: 3},
		{key: "business-m", product: "Business", cents: 19_900, every: Month},
		{key: "business-y", product: "Business", cents: 199_000, every: Year},
		{key: "business-q", product: "Business", cents: 55_000, every: Month, count: 3},
		{key: "seat-m", product: "Seats", cents: 1200, every: Month},
		{key: "seat-y", product: "Seats", cents: 12_000, every: Year},
		{key: "support-m", product: "Priority support", cents: 9900, every: Month},
		{key: "support-y", product: "Priority support", cents: 99_000, every: Year},
		{key: "storage-m", product: "Storage", cents: 500, every: Month},
		{key: "storage-y", product: "Storage", cents: 5000, every: Year},
		{key: "pack-m", product: "API packs", cents: 2000, every: Month, divide: 1000, up: true},
		{key: "pack-down-m", product: "API packs", cents: 2500, every: Month, divide: 1000},
		{key: "graduated-m", product: "Team seats", every: Month, mode: Graduated, tiers: []Tier{{UpTo: 5, Unit: 1000}, {UpTo: 20, Unit: 800}, {Unit: 650, Flat: 900}}},
		{key: "graduated-y", product: "Team seats", every: Year, mode: Graduated, tiers: []Tier{{UpTo: 5, Unit: 10_000}, {Unit: 8000, Flat: 2500}}},
		{key: "volume-m", product: "Volume seats", every: Month, mode: Volume, tiers: []Tier{{UpTo: 5, Unit: 1000}, {UpTo: 50, Unit: 800, Flat: 500}, {Unit: 600}}},
		{key: "micro-m", product: "Messages", sub: 500, every: Month},
		{key: "usage-m", product: "Usage", sub: 4000, every: Month, metered: true},
		{key: "usage-tiered-m", product: "Usage", every: Month, metered: true, mode: Graduated, tiers: []Tier{{UpTo: 1000, Unit: 0}, {Unit: 2}}},
		{key: "fortnight", product: "Boxes", cents: 1000, every: Week, count: 2},
		{key: "daily", product: "Kiosk", cents: 100, every: Day},
		{key: "three-years", product: "Pro", cents: 159_000, every: Year, count: 3},
		{key: "ramp-y1", product: "Enterprise", cents: 4_800_000, every: Year},
		{key: "ramp-y2", product: "Enterprise", cents: 6_000_000, every: Year},
		{key: "ramp-y3", product: "Enterprise", cents: 7_200_000, every: Year},
		{key: "ramp-m1", product: "Scale", cents: 40_000, every: Month},
		{key: "ramp-m2", product: "Scale", cents: 50_000, every: Month},
		{key: "ramp-m3", product: "Scale", cents: 60_000, every: Month},
		{key: "setup", product: "Setup", cents: 50_000, once: true},
		{key: "training", product: "Training", cents: 25_000, once: true},
	}
	for i := range 20 {
		list = append(list, offer{key: fmt.Sprintf("module-%d", i+1), product: fmt.Sprintf("Module %d", i+1), cents: 700 + 100*int64(i), every: Month})
	}
	return list
}

// newCatalog draws up the catalogue of a company founded at start.
func newCatalog(seed uint64, start int64) *Catalog {
	c := &Catalog{offers: map[string]map[string]*Price{}, coupons: map[string]*Coupon{}, taxes: map[string]*TaxRate{}}
	s := newIDs(dice.Hash(seed, uint64(len("catalog"))))
	opened := start - 40*day
	products := map[string]*Product{}
	n := 0
	for _, o := range offers() {
		p := products[o.product]
		if p == nil {
			p = &Product{ID: "prod_" + s.make(KindCustomer, Ref(len(products)))[4:], Name: o.product, Created: opened + int64(len(products))*minute}
			products[o.product] = p
			c.Products = append(c.Products, p)
		}
		c.offers[o.key] = map[string]*Price{}
		for _, cur := range currencies {
			n++
			price := o.price(cur.code, p)
			price.ID = "price_1" + s.make(KindInvoice, Ref(n))[4:]
			price.Created = max(opened, monthsAfter(start, o.from)) + hour + int64(n)
			if o.archived > 0 {
				price.Archived = monthsAfter(start, o.archived) + int64(n)
			}
			c.offers[o.key][cur.code] = price
			c.Prices = append(c.Prices, price)
		}
	}
	c.addCoupons(start, opened, products)
	c.addTaxes(&s, opened)
	return c
}

func monthsAfter(start int64, n int) int64 {
	if n == 0 {
		return 0
	}
	return reckon.MonthsLater(start, n)
}

func (o offer) price(currency string, product *Product) *Price {
	p := &Price{
		Nickname: o.key, Currency: currency, Product: product,
		OneTime: o.once, Metered: o.metered, Interval: o.every, Count: max(o.count, 1), Mode: o.mode,
		Divide: o.divide, RoundUp: o.up,
		Amounts: o.amounts(currency),
	}
	if o.once {
		p.Interval, p.Count = 0, 0
	}
	if currency == "usd" {
		p.Options = map[string]Amounts{"eur": o.amounts("eur"), "gbp": o.amounts("gbp"), "jpy": o.amounts("jpy")}
	}
	p.SubCent = p.Unit%Scale != 0
	return p
}

func (o offer) amounts(currency string) Amounts {
	var a Amounts
	switch {
	case o.mode != 0:
		for _, t := range o.tiers {
			a.Tiers = append(a.Tiers, Tier{UpTo: t.UpTo, Unit: local(t.Unit, currency) * Scale, Flat: local(t.Flat, currency)})
		}
	case o.sub > 0:
		a.Unit = local(o.sub, currency)
	default:
		a.Unit = local(o.cents, currency) * Scale
	}
	return a
}

func (c *Catalog) addCoupons(start, opened int64, products map[string]*Product) {
	add := func(x Coupon, cents int64) {
		x.Created = opened + 2*hour + int64(len(c.Coupons))
		if cents > 0 {
			x.Currency, x.Off = "usd", map[string]int64{}
			for _, cur := range currencies {
				x.Off[cur.code] = local(cents, cur.code)
			}
		}
		c.Coupons = append(c.Coupons, &x)
		c.coupons[x.ID] = &x
	}
	add(Coupon{ID: "FOREVER10", Name: "Partner 10 %", Percent: 1000, Duration: Forever}, 0)
	add(Coupon{ID: "STAFF", Name: "Free of charge", Percent: 10_000, Duration: Forever}, 0)
	add(Coupon{ID: "HALF3", Name: "Half price for three months", Percent: 5000, Duration: Repeating, Months: 3}, 0)
	add(Coupon{ID: "YEAR25", Name: "25 % in the first year", Percent: 2500, Duration: Repeating, Months: 12}, 0)
	add(Coupon{ID: "WELCOME20", Name: "20 % once", Percent: 2000, Duration: Once}, 0)
	add(Coupon{ID: "FIVE", Name: "5 off", Duration: Forever}, 500)
	add(Coupon{ID: "TWENTY6", Name: "20 off for six months", Duration: Repeating, Months: 6}, 2000)
	add(Coupon{ID: "FIVETHOUSAND", Name: "5,000 off", Duration: Forever}, 500_000)
	add(Coupon{ID: "SEATS15", Name: "15 % on seats", Percent: 1500, Duration: Forever, Products: []*Product{products["Seats"], products["Team seats"], products["Volume seats"]}}, 0)
	add(Coupon{ID: "ITEM20", Name: "20 % on one item", Percent: 2000, Duration: Forever}, 0)
	add(Coupon{ID: "LAUNCH", Name: "Launch", Percent: 3333, Duration: Repeating, Months: 6}, 0)
	c.coupons["LAUNCH"].Deleted = reckon.MonthsLater(start, 8)
	add(Coupon{ID: "ACCOUNT12", Name: "12.5 % for the whole account", Percent: 1250, Duration: Forever}, 0)
	add(Coupon{ID: "ACCOUNT30", Name: "30 % for four months", Percent: 3000, Duration: Repeating, Months: 4}, 0)
}

func (c *Catalog) addTaxes(s *ids, opened int64) {
	for i, t := range []TaxRate{
		{Name: "VAT", Country: "GB", Type: "vat", Rate: 2000},
		{Name: "MwSt.", Country: "DE", Type: "vat", Rate: 1900, Inclusive: true},
		{Name: "Sales tax", Country: "US", Type: "sales_tax", Rate: 888},
		{Name: "JCT", Country: "JP", Type: "jct", Rate: 1000, Inclusive: true},
		{Name: "GST", Country: "CA", Type: "gst", Rate: 500},
		{Name: "MwSt. reduced", Country: "DE reduced", Type: "vat", Rate: 700, Inclusive: true},
	} {
		t.ID = "txr_1" + s.make(KindLine, Ref(i))[4:]
		t.Created = opened + 3*hour + int64(i)
		c.Taxes = append(c.Taxes, &t)
		c.taxes[t.Country] = &t
		t.Country = t.Country[:2]
	}
}
