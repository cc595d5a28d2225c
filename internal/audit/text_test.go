package audit

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
	"mrrsync/warehouse"
)

var update = flag.Bool("update", false, "write the pages as they are")

func at(day string) time.Time {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return time.Time{}
	}
	return t
}

func date(day string) billing.Date { return billing.DateOf(at(day), time.UTC) }

// tiered is an account whose subscription has a tiered price, a discount of the
// item and one of the subscription, and an upgrade to another plan.
func tiered() normalize.Account {
	ref := func(kind, id string, day string) billing.Ref {
		return billing.Ref{Kind: kind, ID: id, Version: at(day).UnixMicro()}
	}
	month := billing.Interval{Unit: billing.Month, Count: 1}
	basic := billing.Price{
		ID: "price_basic", Name: "Basic", ProductID: "prod_1", Currency: "USD", Interval: month, Usage: billing.Licensed, Model: billing.PerUnit,
		Unit: decimal.NewFromInt(5), Object: ref("price", "price_basic", "2025-12-01"),
	}
	seats := basic
	seats.ID, seats.Name, seats.Object = "price_seats", "Seats", ref("price", "price_seats", "2025-12-02")
	seats.Model, seats.Tiers = billing.Graduated, []billing.Tier{
		{UpTo: decimal.NewFromInt(5), Unit: decimal.NewFromInt(10)}, {Unbounded: true, Unit: decimal.NewFromInt(8)},
	}
	loyal := billing.Discount{
		ID: "di_1", CouponID: "LOYAL10", Percent: decimal.NewFromInt(10), Duration: billing.Always, Start: at("2026-02-10"),
		Object: ref("coupon", "LOYAL10", "2025-12-03"),
	}
	spring := billing.Discount{
		ID: "di_2", CouponID: "SPRING", Name: "Spring\u202e", Percent: decimal.NewFromInt(20), Duration: billing.Repeating, Start: at("2026-02-10"),
		End: at("2026-05-10"), Object: ref("coupon", "SPRING", "2025-12-04"),
	}
	once := billing.Discount{
		ID: "di_3", CouponID: "YEARS", Amount: decimal.NewFromInt(6), Currency: "USD", Duration: billing.Always, Start: at("2026-02-10"),
		AppliesTo: []string{"prod_2"}, Object: ref("coupon", "YEARS", "2025-12-05"),
	}
	item := billing.Item{ID: "si_1", Created: at("2026-01-05"), Price: basic, Quantity: decimal.NewFromInt(8)}
	upgraded := item
	upgraded.Price, upgraded.Discounts = seats, []billing.Discount{loyal}
	sub := billing.Subscription{ID: "sub_1", Currency: "USD", Created: at("2026-01-05"), Start: at("2026-01-05"), Object: ref("subscription", "sub_1", "2026-03-01")}
	sub.States = []billing.State{{
		From: at("2026-02-10"), SeenAt: at("2026-03-01"), Evidence: billing.EvidenceVersion, Object: ref("event", "evt_1", "2026-02-10"),
		Terms: billing.Terms{Status: billing.StatusActive, Items: []billing.Item{upgraded}, Discounts: []billing.Discount{spring, once}},
	}}
	sub.Services = []billing.Service{{
		Kind: billing.Charged, ItemID: "si_1", From: at("2026-01-05"), Until: at("2026-02-05"), Price: basic, Quantity: item.Quantity,
		IssuedAt: at("2026-01-05"), Object: ref("invoice", "in_1", "2026-01-05"),
	}}
	return normalize.Account{ID: "main/cus_1", Records: []billing.Record{{
		Source: "main", Customer: billing.Customer{ID: "cus_1", Name: "Acme \x1b[31mInc"}, Subscriptions: []billing.Subscription{sub},
	}}}
}

func pageOn(t *testing.T, day string, published map[Item]decimal.Decimal) *Page {
	t.Helper()
	policy, err := normalize.Preset("")
	if err != nil {
		t.Fatal(err)
	}
	p := &Page{
		Explanation: normalize.Explain(tiered(), normalize.Settings{Policy: policy}, date(day)),
		Customers:   []Customer{{"main", "cus_1", "Acme \x1b[31mInc"}}, Preset: policy.Preset, Hash: policy.Hash(), Zone: "UTC",
		Load: warehouse.LoadInfo{ID: 1772330400000010, Through: date("2026-02-28")}, Published: published, store: "mrr_store",
	}
	p.mentionAll()
	return p
}

// TestPage holds whole pages to what they read like: the day before the upgrade,
// which an invoice no longer covers, and a day after it.
func TestPage(t *testing.T) {
	item := Item{"main", "sub_1", "si_1"}
	for name, p := range map[string]*Page{
		"before": pageOn(t, "2026-02-09", map[Item]decimal.Decimal{item: decimal.NewFromInt(40)}),
		"after":  pageOn(t, "2026-02-28", map[Item]decimal.Decimal{item: decimal.RequireFromString("53.28")}),
		"stale":  pageOn(t, "2026-02-28", map[Item]decimal.Decimal{item: decimal.NewFromInt(40), {"main", "sub_1", "si_0"}: decimal.NewFromInt(1)}),
	} {
		var b strings.Builder
		if err := p.Text(&b); err != nil {
			t.Fatal(err)
		}
		file := "testdata/" + name + ".txt"
		if *update {
			if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
