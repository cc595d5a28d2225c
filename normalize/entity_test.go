package normalize_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

// TestEntities: customers and subscriptions as last known, dated in the zone.
func TestEntities(t *testing.T) {
	policy, err := normalize.Preset("")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	date := func(s string) billing.Date {
		d, err := billing.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	item := billing.Item{ID: "i", Quantity: decimal.NewFromInt(1), Price: billing.Price{
		ID: "p", Currency: "USD", Usage: billing.Licensed, Model: billing.PerUnit, Unit: decimal.NewFromInt(10),
		Interval: billing.Interval{Unit: billing.Month, Count: 1},
	}}
	start := at("2026-01-01T20:00:00Z") // the next day in Tokyo
	figure := decimal.NewFromInt(10)
	account := normalize.Account{ID: "acme", Records: []billing.Record{{
		Source: "main",
		Customer: billing.Customer{
			ID: "c", Name: "Acme", Email: "x", Currency: "USD", Country: "JP", Created: start,
			Metadata: map[string]string{"metadata.csm": "ann", "address.city": "Kyoto"},
		},
		Subscriptions: []billing.Subscription{{
			ID: "s", Currency: "USD", Name: "plan", Created: start, Start: start, ProviderMRR: &figure,
			Metadata: map[string]string{"tier": "gold"},
			States: []billing.State{
				{From: start, Until: at("2026-01-08T20:00:00Z"), Terms: billing.Terms{Status: billing.StatusTrialing, TrialStart: start, TrialEnd: at("2026-01-08T20:00:00Z"), Items: []billing.Item{item}}},
				{From: at("2026-01-08T20:00:00Z"), Terms: billing.Terms{
					Status: billing.StatusNonRenewing, TrialStart: start, TrialEnd: at("2026-01-08T20:00:00Z"),
					CancelAt: at("2026-06-30T16:00:00Z"), Items: []billing.Item{item},
				}, SeenAt: at("2026-02-01T00:00:00Z")},
			},
		}},
	}}}
	zone := time.FixedZone("Tokyo", 9*3600)
	r := normalize.Derive(account, normalize.Settings{Policy: policy, Zone: zone, Segments: map[string]string{
		"csm": "metadata.csm", "tier": "metadata.tier", "country": "address.country", "city": "address.city", "none": "metadata.none",
	}})
	ofCustomer := map[string]string{"csm": "ann", "country": "JP", "city": "Kyoto"}
	ofSubscription := map[string]string{"csm": "ann", "country": "JP", "city": "Kyoto", "tier": "gold"}
	if diff := cmp.Diff([]normalize.Customer{{
		Source: "main", CustomerID: "c", AccountID: "acme", Name: "Acme", Email: "x", Currency: "USD", Country: "JP",
		Created: date("2026-01-02"), FirstMRR: date("2026-01-09"), Segments: ofCustomer,
	}}, r.Customers); diff != "" {
		t.Errorf("customers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]normalize.Subscription{{
		Source: "main", CustomerID: "c", AccountID: "acme", SubscriptionID: "s", Name: "plan", Currency: "USD", Status: "non_renewing",
		Start: date("2026-01-02"), End: billing.Forever, CancelAt: date("2026-07-01"), TrialEnd: date("2026-01-09"),
		Segments: ofSubscription, ProviderMRR: &figure,
	}}, r.Subscriptions, cmp.Comparer(decimal.Decimal.Equal)); diff != "" {
		t.Errorf("subscriptions (-want +got):\n%s", diff)
	}
	if len(r.Periods) != 1 || r.Periods[0].From != date("2026-01-09") || r.Periods[0].Until != date("2026-07-01") {
		t.Errorf("periods are %v", r.Periods)
	}
}
