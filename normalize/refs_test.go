package normalize_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

// A subscription names every catalogue object that its evidence names, whether
// there is a period or not: a change of one may make one.
func TestRefsOfWhatIsFree(t *testing.T) {
	ref := func(kind, id string) billing.Ref { return billing.Ref{Kind: kind, ID: id, Version: 3} }
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	price := func(id string) billing.Price {
		return billing.Price{
			ID: id, Currency: "USD", Interval: billing.Interval{Unit: billing.Month, Count: 1}, Usage: billing.Licensed, Model: billing.PerUnit,
			Unit: decimal.NewFromInt(10), Object: ref("item_price", id), Product: ref("item", "of_"+id),
		}
	}
	item := billing.Item{
		ID: "i", Quantity: decimal.NewFromInt(1), Price: price("p"), Taxes: []billing.TaxRate{{ID: "vat"}},
		Discounts: []billing.Discount{{ID: "d", Percent: decimal.NewFromInt(100), Duration: billing.Always, Object: ref("coupon", "all")}},
	}
	later := item
	later.Price, later.Discounts, later.Taxes = price("next"), nil, nil
	sub := billing.Subscription{
		ID: "s", Names: []billing.Ref{ref("coupon", "misfit")}, Currency: "USD", Start: start, Created: start,
		States: []billing.State{{
			From: start, SeenAt: start, Evidence: billing.EvidenceVersion, Object: ref("subscription", "s"),
			Terms: billing.Terms{Status: billing.StatusActive, Items: []billing.Item{item}},
		}},
		Phases:   []billing.Phase{{From: start.AddDate(9, 0, 0), Until: start.AddDate(10, 0, 0), Items: []billing.Item{later}}},
		Services: []billing.Service{{Kind: billing.Charged, ItemID: "i", From: start, Until: start.AddDate(0, 1, 0), Price: price("old"), IssuedAt: start}},
	}
	account := normalize.Account{ID: "a", Records: []billing.Record{{
		Source: "main", Subscriptions: []billing.Subscription{sub},
		Customer: billing.Customer{ID: "c", Discounts: []billing.DiscountSpan{{From: start, Discounts: []billing.Discount{{ID: "x", Object: ref("coupon", "hers")}}}}},
	}}}
	policy, err := normalize.Preset("committed")
	if err != nil {
		t.Fatal(err)
	}
	r := normalize.Derive(account, normalize.Settings{Policy: policy})
	for _, p := range r.Periods {
		if p.From < billing.NewDate(2035, 1, 1) {
			t.Errorf("it is not free: %+v", p)
		}
	}
	want := []string{
		"coupon/all", "coupon/hers", "coupon/misfit", "item/of_next", "item/of_old", "item/of_p", "item_price/next", "item_price/old", "item_price/p", "tax_rate/vat",
	}
	if d := cmp.Diff(want, r.Subscriptions[0].Refs); d != "" {
		t.Errorf("refs (-want +got):\n%s", d)
	}
}
