package normalize_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

var epoch = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// instants drawn close together, so that things meet, swap and net out within
// days.
func drawTime(t *rapid.T, name string) time.Time {
	return epoch.Add(time.Duration(rapid.IntRange(0, 40*24).Draw(t, name)) * time.Hour)
}

func drawSpan(t *rapid.T, name string) (from, until time.Time) {
	from = drawTime(t, name+" from")
	if rapid.IntRange(0, 3).Draw(t, name+" open") == 0 {
		return from, time.Time{}
	}
	return from, from.Add(time.Duration(rapid.IntRange(1, 20*24).Draw(t, name+" hours")) * time.Hour)
}

func drawPrice(t *rapid.T, currency string) billing.Price {
	n := rapid.IntRange(0, 5).Draw(t, "price")
	p := billing.Price{
		ID: fmt.Sprintf("p%d", n), ProductID: fmt.Sprintf("prod%d", n%3), Currency: currency, Usage: billing.Licensed, Model: billing.PerUnit,
		Unit: decimal.New(int64(n)*777, -2), Interval: billing.Interval{Unit: billing.Month, Count: 1},
	}
	switch n {
	case 1:
		p.Interval = billing.Interval{Unit: billing.Year, Count: 1}
	case 2:
		p.Model, p.Tiers = billing.Graduated, []billing.Tier{{UpTo: decimal.NewFromInt(2), Unit: decimal.New(333, -2)}, {Unbounded: true, Unit: decimal.New(111, -2), Flat: decimal.NewFromInt(1)}}
	case 3:
		p.Interval = billing.Interval{Unit: billing.Week, Count: 2}
	case 4:
		p.Usage = billing.Metered
	}
	return p
}

func drawDiscounts(t *rapid.T, name string) []billing.Discount {
	var out []billing.Discount
	for i := range rapid.IntRange(0, 2).Draw(t, name+" count") {
		n := rapid.IntRange(0, 3).Draw(t, name)
		d := billing.Discount{
			ID: fmt.Sprintf("%s%d-%d", name, n, i), CouponID: fmt.Sprintf("c%d", n),
			Duration: billing.Duration(rapid.IntRange(1, 3).Draw(t, name+" duration")),
		}
		d.Start, d.End = drawSpan(t, name)
		if n == 0 {
			d.Amount, d.Currency = decimal.New(555, -2), "USD"
		} else {
			d.Percent = decimal.NewFromInt(int64(n) * 25)
		}
		out = append(out, d)
	}
	return out
}

func drawItems(t *rapid.T, sub, currency string) []billing.Item {
	var out []billing.Item
	for i := range rapid.IntRange(0, 3).Draw(t, "items") {
		item := billing.Item{
			ID: fmt.Sprintf("%s-i%d", sub, i), Price: drawPrice(t, currency),
			Quantity: decimal.NewFromInt(int64(rapid.IntRange(0, 4).Draw(t, "quantity"))), Discounts: drawDiscounts(t, "i"),
		}
		if rapid.Bool().Draw(t, "dated") {
			item.Created = drawTime(t, "created")
		}
		if rapid.IntRange(0, 5).Draw(t, "own trial") == 0 {
			item.TrialEnd = drawTime(t, "own trial end")
		}
		out = append(out, item)
	}
	return out
}

func drawStates(t *rapid.T, sub, currency string) []billing.State {
	var cuts []time.Time
	for range rapid.IntRange(0, 5).Draw(t, "versions") {
		cuts = append(cuts, drawTime(t, "cut"))
	}
	slices.SortFunc(cuts, time.Time.Compare)
	cuts = slices.CompactFunc(cuts, time.Time.Equal)
	var out []billing.State
	for i, from := range cuts {
		s := billing.State{
			From: from, SeenAt: epoch.AddDate(0, 0, 45), Evidence: billing.EvidenceVersion,
			Terms: billing.Terms{
				Status:    billing.Status(rapid.IntRange(1, 9).Draw(t, "status")),
				Items:     drawItems(t, sub, currency),
				Discounts: drawDiscounts(t, "s"),
			},
			Object: billing.Ref{Kind: "subscription", ID: sub, Version: int64(i)},
		}
		if i+1 < len(cuts) {
			s.Until = cuts[i+1]
			if rapid.IntRange(0, 5).Draw(t, "hole") == 0 {
				s.Until = from.Add(s.Until.Sub(from) / 2)
			}
		} else if rapid.IntRange(0, 4).Draw(t, "closed") == 0 {
			s.Until = from.AddDate(0, 0, 3)
		}
		if i == 0 && rapid.IntRange(0, 2).Draw(t, "since unknown") == 0 {
			s.From = time.Time{}
		}
		switch rapid.IntRange(0, 5).Draw(t, "extra") {
		case 0:
			s.Terms.TrialStart, s.Terms.TrialEnd = drawSpan(t, "trial")
		case 1:
			s.Terms.Pause.Behavior = billing.PauseBehavior(rapid.IntRange(1, 3).Draw(t, "pause"))
			_, s.Terms.Pause.ResumesAt = drawSpan(t, "pause")
		case 2:
			s.Terms.CancelAt = drawTime(t, "cancel at")
		}
		out = append(out, s)
	}
	return out
}

func drawSubscription(t *rapid.T, id string) billing.Subscription {
	currency := rapid.SampledFrom([]string{"USD", "EUR"}).Draw(t, "currency")
	s := billing.Subscription{ID: id, Currency: currency, Created: drawTime(t, "created")}
	s.Start = s.Created
	if rapid.IntRange(0, 2).Draw(t, "ends") == 0 {
		s.Ended = drawTime(t, "ended")
		s.Requested = s.Ended.AddDate(0, 0, -5)
	}
	s.States = drawStates(t, id, currency)
	for range rapid.IntRange(0, 5).Draw(t, "services") {
		v := billing.Service{
			Kind: billing.ServiceKind(rapid.IntRange(1, 5).Draw(t, "kind")), ItemID: fmt.Sprintf("%s-i%d", id, rapid.IntRange(0, 3).Draw(t, "item")),
			Price: drawPrice(t, currency), Quantity: decimal.NewFromInt(int64(rapid.IntRange(0, 4).Draw(t, "quantity"))),
			Discounts: drawDiscounts(t, "i"), Inherited: drawDiscounts(t, "s"), IssuedAt: drawTime(t, "issued"),
		}
		v.From = drawTime(t, "service")
		v.Until = v.From.AddDate(0, 0, rapid.IntRange(1, 20).Draw(t, "days"))
		s.Services = append(s.Services, v)
	}
	for range rapid.IntRange(0, 2).Draw(t, "phases") {
		p := billing.Phase{Items: drawItems(t, id, currency), Discounts: drawDiscounts(t, "s")}
		p.From, p.Until = drawSpan(t, "phase")
		if rapid.Bool().Draw(t, "nameless") {
			for i := range p.Items {
				p.Items[i].ID = ""
			}
		}
		s.Phases = append(s.Phases, p)
	}
	return s
}

func drawAccount(t *rapid.T) normalize.Account {
	a := normalize.Account{ID: "acct"}
	for r := range rapid.IntRange(1, 2).Draw(t, "records") {
		rec := billing.Record{Source: fmt.Sprintf("s%d", r), Customer: billing.Customer{ID: fmt.Sprintf("c%d", r)}}
		for range rapid.IntRange(0, 2).Draw(t, "customer discounts") {
			span := billing.DiscountSpan{Discounts: drawDiscounts(t, "c")}
			span.From, span.Until = drawSpan(t, "span")
			rec.Customer.Discounts = append(rec.Customer.Discounts, span)
		}
		for i := range rapid.IntRange(1, 2).Draw(t, "subscriptions") {
			rec.Subscriptions = append(rec.Subscriptions, drawSubscription(t, fmt.Sprintf("sub%d%d", r, i)))
		}
		a.Records = append(a.Records, rec)
	}
	return a
}

func drawSettings(t *rapid.T) normalize.Settings {
	p, err := normalize.Preset(rapid.SampledFrom(normalize.Presets()).Draw(t, "preset"))
	if err != nil {
		t.Fatal(err)
	}
	if rapid.Bool().Draw(t, "overdue") {
		p.PastDue.Days = rapid.IntRange(0, 5).Draw(t, "days")
	}
	zone := time.UTC
	if rapid.Bool().Draw(t, "zone") {
		zone = time.FixedZone("far", 9*3600)
	}
	return normalize.Settings{Policy: p, Zone: zone}
}

// TestLaws: whatever the evidence, however contradictory, under every preset:
// periods never overlap, movements telescope to the closing MRR per item and
// currency, types and logos add up.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		account, settings := drawAccount(t), drawSettings(t)
		checkLaws(t, normalize.Derive(account, settings), settings.Policy)
	})
}

// TestOrder: the order in which evidence comes does not matter.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		account, settings := drawAccount(t), drawSettings(t)
		want := normalize.Derive(account, settings)
		shuffled := normalize.Account{ID: account.ID, Records: rapid.Permutation(account.Records).Draw(t, "records")}
		shuffled.Records = slices.Clone(shuffled.Records)
		for i := range shuffled.Records {
			r := &shuffled.Records[i]
			r.Subscriptions = slices.Clone(rapid.Permutation(r.Subscriptions).Draw(t, "subscriptions"))
			for j := range r.Subscriptions {
				s := &r.Subscriptions[j]
				s.States = slices.Clone(rapid.Permutation(s.States).Draw(t, "states"))
				s.Services = rapid.Permutation(s.Services).Draw(t, "services")
				for k := range s.States {
					s.States[k].Terms.Items = rapid.Permutation(s.States[k].Terms.Items).Draw(t, "items")
				}
			}
		}
		got := normalize.Derive(shuffled, settings)
		if diff := cmp.Diff(want, got, cmp.Comparer(decimal.Decimal.Equal)); diff != "" {
			t.Errorf("in another order (-want +got):\n%s", diff)
		}
	})
}

// TestTwice: deriving leaves the evidence as it was.
func TestTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		account, settings := drawAccount(t), drawSettings(t)
		first := normalize.Derive(account, settings)
		if diff := cmp.Diff(first, normalize.Derive(account, settings), cmp.Comparer(decimal.Decimal.Equal)); diff != "" {
			t.Errorf("a second time (-first +second):\n%s", diff)
		}
	})
}
