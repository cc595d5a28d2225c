package audit

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

var began = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// drawAccount is a customer whose subscription falls under many rules: odd
// intervals, discounts of every duration, pauses, an end that was asked for
// earlier.
func drawAccount(t *rapid.T, id string) normalize.Account {
	start := began.AddDate(0, 0, rapid.IntRange(0, 90).Draw(t, "start"))
	item := billing.Item{ID: "i-" + id, Created: start, Quantity: decimal.NewFromInt(int64(rapid.IntRange(0, 5).Draw(t, "quantity"))), Price: billing.Price{
		ID: "p", Currency: "USD", Usage: billing.Licensed, Model: billing.PerUnit, Unit: decimal.New(int64(rapid.IntRange(1, 9999).Draw(t, "unit")), -2),
		Interval: billing.Interval{Unit: billing.Unit(rapid.IntRange(1, 4).Draw(t, "interval")), Count: 1},
	}}
	sub := billing.Subscription{ID: "s-" + id, Currency: "USD", Created: start, Start: start}
	terms := billing.Terms{Status: billing.Status(rapid.SampledFrom([]int{1, 1, 1, 2, 7}).Draw(t, "status")), Items: []billing.Item{item}}
	terms.Pause.Behavior = billing.PauseBehavior(rapid.IntRange(0, 3).Draw(t, "pause"))
	for i := range rapid.IntRange(0, 2).Draw(t, "discounts") {
		terms.Discounts = append(terms.Discounts, billing.Discount{
			ID: fmt.Sprint("d", i), Percent: decimal.NewFromInt(int64(rapid.IntRange(1, 100).Draw(t, "percent"))),
			Duration: billing.Duration(rapid.IntRange(1, 3).Draw(t, "duration")), Start: start, End: start.AddDate(0, 2, 0),
		})
	}
	if rapid.Bool().Draw(t, "ends") {
		sub.Ended = start.AddDate(0, 0, rapid.IntRange(1, 120).Draw(t, "days"))
		sub.Requested = start.Add(sub.Ended.Sub(start) / 2)
	}
	sub.States = []billing.State{{From: start, Until: sub.Ended, SeenAt: began.AddDate(1, 0, 0), Terms: terms, Evidence: billing.EvidenceVersion}}
	return normalize.Account{ID: id, Records: []billing.Record{{Source: "main", Customer: billing.Customer{ID: id}, Subscriptions: []billing.Subscription{sub}}}}
}

// TestComparisonAddsUp: under every preset and whatever the configuration, the
// configured MRR and the effects of the rules add up to the MRR that the preset
// gives by itself, and the customers of each rule add up to the rule.
func TestComparisonAddsUp(t *testing.T) {
	differ := 0
	rapid.Check(t, func(t *rapid.T) {
		base, err := normalize.Preset(rapid.SampledFrom(normalize.Presets()).Draw(t, "configured"))
		if err != nil {
			t.Fatal(err)
		}
		base.PastDue.Days = rapid.IntRange(-1, 20).Draw(t, "past due")
		days := MonthEnds(billing.DateOf(began, time.UTC), billing.DateOf(began, time.UTC)+billing.Date(rapid.IntRange(20, 150).Draw(t, "through")))
		c, err := NewComparison(normalize.Settings{Policy: base}, normalize.Presets(), days, rapid.IntRange(0, 3).Draw(t, "keep"))
		if err != nil {
			t.Fatal(err)
		}
		alone := make([]Levels, len(c.Presets))
		for n := range rapid.IntRange(1, 6).Draw(t, "accounts") {
			account := drawAccount(t, fmt.Sprint("a", n))
			c.add(c.value(account))
			for i, p := range c.Presets {
				if alone[i] == nil {
					alone[i] = Levels{}
				}
				policy, err := normalize.Preset(p.Name)
				if err != nil {
					t.Fatal(err)
				}
				alone[i].join(c.levels(normalize.Derive(account, normalize.Settings{Policy: policy}).Periods))
			}
		}
		for i := range c.Presets {
			p := &c.Presets[i]
			for d := range days {
				sum := c.Levels.on("USD", d)
				for j := range p.Effects {
					sum = sum.Add(p.Effects[j].Levels.on("USD", d))
				}
				if !sum.Equal(p.Levels.on("USD", d)) || !sum.Equal(alone[i].on("USD", d)) {
					t.Errorf("%s on %s: the parts are %s, the whole is %s, alone it is %s", p.Name, days[d], sum, p.Levels.on("USD", d), alone[i].on("USD", d))
				}
				if !sum.Equal(c.Levels.on("USD", d)) {
					differ++
				}
			}
			for j := range p.Effects {
				sum := decimal.Zero
				if top := p.Effects[j].Top["USD"]; top != nil {
					sum = top.Rest
					for _, s := range top.Largest {
						sum = sum.Add(s.Amount)
					}
				}
				if want := p.Effects[j].Levels.on("USD", len(days)-1); !sum.Equal(want) {
					t.Errorf("%s: the customers of %s add up to %s, want %s", p.Name, p.Effects[j].Rule(), sum, want)
				}
			}
		}
	})
	if differ == 0 {
		t.Error("no policy ever made a difference: the accounts are no test")
	}
}

func TestTopShare(t *testing.T) {
	top := TopShare{keep: 2}
	for i, amount := range []int64{3, -9, 5, 5, 1} {
		top.add(Share{fmt.Sprint("a", i), decimal.NewFromInt(amount)})
	}
	got := fmt.Sprint(top.Largest, top.Rest, top.Others)
	if diff := cmp.Diff("[{a1 -9} {a2 5}] 9 3", got); diff != "" {
		t.Error(diff)
	}
}
