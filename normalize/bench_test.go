package normalize_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

// ordinary is an account with one monthly subscription of 24 invoices, a
// discount, and an upgrade in the middle of a period.
func ordinary(items int) normalize.Account {
	start := time.Date(2024, 1, 17, 9, 30, 0, 0, time.UTC)
	price := billing.Price{
		ID: "price", ProductID: "prod", Currency: "USD", Usage: billing.Licensed, Model: billing.PerUnit,
		Unit: decimal.New(4900, -2), Interval: billing.Interval{Unit: billing.Month, Count: 1}, Object: billing.Ref{Kind: "price", ID: "price"},
	}
	large := price
	large.ID, large.Unit = "large", decimal.New(9900, -2)
	half := billing.Discount{ID: "di", CouponID: "half", Percent: decimal.NewFromInt(50), Duration: billing.Repeating, Start: start, End: start.AddDate(0, 3, 0)}
	sub := billing.Subscription{ID: "sub", Currency: "USD", Created: start, Start: start}
	now := start.AddDate(0, 24, 3)
	state := billing.State{From: now.AddDate(0, 0, -30), SeenAt: now, Evidence: billing.EvidenceVersion, Terms: billing.Terms{Status: billing.StatusActive}}
	for i := range items {
		item := billing.Item{ID: fmt.Sprintf("i%02d", i), Created: start, Price: price, Quantity: decimal.NewFromInt(3)}
		for m := range 24 {
			from := start.AddDate(0, m, 0)
			s := serviceOf(billing.Charged, item, from, start.AddDate(0, m+1, 0), from, nil)
			if m < 3 {
				s.Inherited = []billing.Discount{half}
			}
			if m == 9 {
				stop, begin := s, s
				stop.Kind, begin.Kind = billing.Stopped, billing.Began
				stop.From, begin.From = from.AddDate(0, 0, 11), from.AddDate(0, 0, 11)
				item.Price = large
				begin.Price = large
				sub.Services = append(sub.Services, stop, begin)
			}
			sub.Services = append(sub.Services, s)
		}
		state.Terms.Items = append(state.Terms.Items, item)
	}
	sub.States = []billing.State{state}
	return normalize.Account{ID: "a", Records: []billing.Record{{Source: "main", Customer: billing.Customer{ID: "c"}, Subscriptions: []billing.Subscription{sub}}}}
}

func BenchmarkDerive(b *testing.B) {
	policy, err := normalize.Preset("")
	if err != nil {
		b.Fatal(err)
	}
	for _, items := range []int{1, 3, 20} {
		account := ordinary(items)
		b.Run(fmt.Sprintf("items=%d", items), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				normalize.Derive(account, normalize.Settings{Policy: policy})
			}
		})
	}
}
