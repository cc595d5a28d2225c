package stripe

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/connectors/rawjson"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

var exactly = cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) })

// stored is an object as it lies in the raw store.
func stored(kind, customer, json string, version int64) connectors.Object {
	return connectors.Object{
		Kind: kind, ID: rawjson.Text(rawjson.Member([]byte(json), "id")), CustomerID: customer, Version: version * 1e6,
		SeenAt: rawjson.Stamp(version).Time(), Origin: connectors.Listed, Payload: []byte(json),
	}
}

const monthly = `"recurring":{"interval":"month","interval_count":1,"usage_type":"licensed"}`

func TestPrices(t *testing.T) {
	month := billing.Interval{Unit: billing.Month, Count: 1}
	for _, c := range []struct {
		name, json, currency string
		want                 billing.Price
	}{
		{
			"interval_count 3 months", `"unit_amount":30000,"recurring":{"interval":"month","interval_count":3}`, "usd",
			billing.Price{Currency: "USD", Interval: billing.Interval{Unit: billing.Month, Count: 3}, Usage: billing.Licensed, Model: billing.PerUnit, Unit: dec("300")},
		},
		{
			"week x2", `"unit_amount":1000,"recurring":{"interval":"week","interval_count":2}`, "usd",
			billing.Price{Currency: "USD", Interval: billing.Interval{Unit: billing.Week, Count: 2}, Usage: billing.Licensed, Model: billing.PerUnit, Unit: dec("10")},
		},
		{
			"three-year price", `"unit_amount":18000000,"recurring":{"interval":"year","interval_count":3}`, "usd",
			billing.Price{Currency: "USD", Interval: billing.Interval{Unit: billing.Year, Count: 3}, Usage: billing.Licensed, Model: billing.PerUnit, Unit: dec("180000")},
		},
		{
			"daily", `"unit_amount":100,"recurring":{"interval":"day","interval_count":1}`, "usd",
			billing.Price{Currency: "USD", Interval: billing.Interval{Unit: billing.Day, Count: 1}, Usage: billing.Licensed, Model: billing.PerUnit, Unit: dec("1")},
		},
		{
			"unit_amount_decimal with unit_amount null", `"unit_amount":null,"unit_amount_decimal":"0.05",` + monthly, "usd",
			billing.Price{Currency: "USD", Interval: month, Usage: billing.Licensed, Model: billing.PerUnit, Unit: dec("0.0005")},
		},
		{
			"unit_amount_decimal wins", `"unit_amount":1,"unit_amount_decimal":"1.25",` + monthly, "usd",
			billing.Price{Currency: "USD", Interval: month, Usage: billing.Licensed, Model: billing.PerUnit, Unit: dec("0.0125")},
		},
		{
			"free", `"unit_amount":0,` + monthly, "usd",
			billing.Price{Currency: "USD", Interval: month, Usage: billing.Licensed, Model: billing.PerUnit},
		},
		{
			"metered", `"unit_amount":5,"recurring":{"interval":"month","interval_count":1,"usage_type":"metered"}`, "usd",
			billing.Price{Currency: "USD", Interval: month, Usage: billing.Metered, Model: billing.PerUnit, Unit: dec("0.05")},
		},
		{
			"one-time", `"unit_amount":5000,"recurring":null`, "usd",
			billing.Price{Currency: "USD", Usage: billing.OneTime, Model: billing.PerUnit, Unit: dec("50")},
		},
		{
			"divide_by, rounded up", `"unit_amount":500,"transform_quantity":{"divide_by":10,"round":"up"},` + monthly, "usd",
			billing.Price{Currency: "USD", Interval: month, Usage: billing.Licensed, Model: billing.PerUnit, Unit: dec("5"), Transform: &billing.Transform{DivideBy: 10, RoundUp: true}},
		},
		{
			"divide_by, rounded down", `"unit_amount":500,"transform_quantity":{"divide_by":10,"round":"down"},` + monthly, "usd",
			billing.Price{Currency: "USD", Interval: month, Usage: billing.Licensed, Model: billing.PerUnit, Unit: dec("5"), Transform: &billing.Transform{DivideBy: 10}},
		},
		{
			"JPY has no decimals", `"currency":"jpy","unit_amount":1200,` + monthly, "jpy",
			billing.Price{Currency: "JPY", Interval: month, Usage: billing.Licensed, Model: billing.PerUnit, Unit: dec("1200")},
		},
		{
			"KWD has three", `"currency":"kwd","unit_amount":12340,` + monthly, "kwd",
			billing.Price{Currency: "KWD", Interval: month, Usage: billing.Licensed, Model: billing.PerUnit, Unit: dec("12.34")},
		},
		{
			"ISK is sent in hundredths", `"currency":"isk","unit_amount":120000,` + monthly, "isk",
			billing.Price{Currency: "ISK", Interval: month, Usage: billing.Licensed, Model: billing.PerUnit, Unit: dec("1200")},
		},
		{
			"GBP subscription on a USD price", `"unit_amount":1000,"currency_options":{"gbp":{"unit_amount":800,"unit_amount_decimal":"800","tax_behavior":"inclusive"}},` + monthly, "gbp",
			billing.Price{Currency: "GBP", Interval: month, Usage: billing.Licensed, Model: billing.PerUnit, Unit: dec("8"), Tax: billing.TaxInclusive},
		},
		{
			"inclusive tax", `"unit_amount":11900,"tax_behavior":"inclusive",` + monthly, "usd",
			billing.Price{Currency: "USD", Interval: month, Usage: billing.Licensed, Model: billing.PerUnit, Unit: dec("119"), Tax: billing.TaxInclusive},
		},
		{
			"graduated, flat fee in a tier, open end", `"unit_amount":null,"billing_scheme":"tiered","tiers_mode":"graduated","tiers":[
			{"up_to":5,"unit_amount":1000,"unit_amount_decimal":"1000","flat_amount":300,"flat_amount_decimal":"300"},{"up_to":null,"unit_amount":800,"flat_amount":null}],` + monthly, "usd",
			billing.Price{Currency: "USD", Interval: month, Usage: billing.Licensed, Model: billing.Graduated, Tiers: []billing.Tier{
				{UpTo: dec("5"), Unit: dec("10"), Flat: dec("3")}, {Unbounded: true, Unit: dec("8")},
			}},
		},
		{
			"volume in another currency", `"billing_scheme":"tiered","tiers_mode":"volume","tiers":[{"up_to":null,"unit_amount":10}],
			"currency_options":{"eur":{"tiers":[{"up_to":10,"unit_amount_decimal":"0.5"},{"up_to":null,"unit_amount":4}]}},` + monthly, "eur",
			billing.Price{Currency: "EUR", Interval: month, Usage: billing.Licensed, Model: billing.Volume, Tiers: []billing.Tier{
				{UpTo: dec("10"), Unit: dec("0.005")}, {Unbounded: true, Unit: dec("0.04")},
			}},
		},
		{
			"names and metadata", `"unit_amount":100,"nickname":"Pro","product":"prod_1","metadata":{"commit":"5"},` + monthly, "usd",
			billing.Price{
				Currency: "USD", Name: "Pro", ProductID: "prod_1", ProductName: "Product", Metadata: map[string]string{"commit": "5"},
				Interval: month, Usage: billing.Licensed, Model: billing.PerUnit, Unit: dec("1"),
			},
		},
		{
			"archived", `"active":false,"unit_amount":100,` + monthly, "usd",
			billing.Price{Currency: "USD", Interval: month, Usage: billing.Licensed, Model: billing.PerUnit, Unit: dec("1")},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			json := `{"id":"price_1","object":"price",` + c.json + `}`
			if !strings.Contains(c.json, `"currency":"`) {
				json = `{"id":"price_1","object":"price","currency":"usd",` + c.json + `}`
			}
			objects := connectors.NewCatalog([]connectors.Object{
				stored(kindPrice, "", json, 9), stored(kindProduct, "", `{"id":"prod_1","object":"product","name":"Product"}`, 9),
			})
			got, bad := catalog{objects}.price(nil, nil, "price_1", c.currency)
			if bad != nil {
				t.Fatalf("rejected: %+v", bad)
			}
			c.want.ID = "price_1"
			c.want.Object = billing.Ref{Kind: kindPrice, ID: "price_1", Version: 9e6}
			if c.want.ProductID != "" {
				c.want.Product = billing.Ref{Kind: kindProduct, ID: c.want.ProductID, Version: 9e6}
			}
			if c.want.Tax == 0 {
				c.want.Tax = billing.TaxUnspecified
			}
			if d := cmp.Diff(c.want, got, exactly); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestPricesThatCannotBeRead(t *testing.T) {
	for code, json := range map[string]string{
		"tiers_missing":           `"billing_scheme":"tiered","tiers_mode":"volume",` + monthly,
		"tiers_disordered":        `"billing_scheme":"tiered","tiers_mode":"volume","tiers":[{"up_to":null},{"up_to":5}],` + monthly,
		"tiers_mode_unknown":      `"billing_scheme":"tiered","tiers_mode":"stairs","tiers":[{"up_to":null}],` + monthly,
		"amount_missing":          `"unit_amount":null,"unit_amount_decimal":null,` + monthly,
		"billing_scheme_unknown":  `"billing_scheme":"auction","unit_amount":1,` + monthly,
		"interval_unknown":        `"unit_amount":1,"recurring":{"interval":"fortnight","interval_count":1}`,
		"usage_type_unknown":      `"unit_amount":1,"recurring":{"interval":"month","interval_count":1,"usage_type":"dreamt"}`,
		"currency_option_missing": `"currency":"gbp","unit_amount":1,` + monthly,
		"tax_behavior_unknown":    `"unit_amount":1,"tax_behavior":"odd",` + monthly,
		"transform_unknown":       `"unit_amount":1,"transform_quantity":{"divide_by":0,"round":"up"},` + monthly,
	} {
		if !strings.Contains(json, `"currency"`) {
			json = `"currency":"usd",` + json
		}
		objects := connectors.NewCatalog([]connectors.Object{stored(kindPrice, "", `{"id":"price_1","object":"price",`+json+`}`, 9)})
		_, bad := catalog{objects}.price(nil, nil, "price_1", "usd")
		if bad == nil || bad.Code != code || bad.ID != "price_1" || bad.Detail == "" {
			t.Errorf("%s: got %+v", code, bad)
		}
	}
	if _, bad := (catalog{connectors.NewCatalog(nil)}).price(nil, nil, "price_9", "usd"); bad == nil || bad.Code != "price_missing" {
		t.Errorf("a price that nobody has: %+v", bad)
	}
	unknown := connectors.NewCatalog([]connectors.Object{stored(kindPrice, "", `{"id":"price_1","object":"price","currency":"zzz","unit_amount":1}`, 9)})
	if _, bad := (catalog{unknown}).price(nil, nil, "price_1", "zzz"); bad == nil || bad.Code != "currency_unknown" {
		t.Errorf("a currency that nobody knows: %+v", bad)
	}
}

func TestLegacyPlanWithoutPrice(t *testing.T) {
	plan := `{"id":"gold","object":"plan","currency":"usd","amount":4900,"interval":"year","interval_count":1,"usage_type":"licensed","product":"prod_1"}`
	w, err := rawjson.DecodeObject[wirePlan](stored(kindPlan, "", plan, 1))
	if err != nil {
		t.Fatal(err)
	}
	got, bad := catalog{connectors.NewCatalog(nil)}.price(nil, w, "", "usd")
	if bad != nil || got.ID != "gold" || !got.Unit.Equal(dec("49")) || got.Interval != (billing.Interval{Unit: billing.Year, Count: 1}) {
		t.Errorf("got %+v, %+v", got, bad)
	}
}

func TestCurrenciesOfStripe(t *testing.T) {
	for currency, want := range map[string]int32{"usd": 2, "jpy": 0, "krw": 0, "bhd": 3, "tnd": 3, "isk": 2, "ugx": 2, "huf": 2, "twd": 2, "xpf": 0} {
		if got, known := decimals(currency); got != want || !known {
			t.Errorf("%s: %d, %t", currency, got, known)
		}
	}
	for _, currency := range []string{"", "zzz", "us", "usd ", "d e", "aed afn"} {
		if _, known := decimals(currency); known {
			t.Errorf("%q is known", currency)
		}
	}
}
