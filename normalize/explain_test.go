package normalize_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

// TestExplainAgrees: whatever the evidence, an explanation says what the
// periods of the day say, item by item; its steps end at the figure; and asking
// changes no row.
func TestExplainAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		account, settings := drawAccount(t), drawSettings(t)
		day := billing.DateOf(epoch, settings.Zone) + billing.Date(rapid.IntRange(-3, 70).Draw(t, "day"))
		result := normalize.Derive(account, settings)
		e := normalize.Explain(account, settings, day)
		want := map[string]string{}
		for _, p := range result.Periods {
			if p.From <= day && day < p.Until {
				want[p.Source+"/"+p.SubscriptionID+"/"+p.ItemID] = fmt.Sprint(p.MRR, " ", p.Currency, " ", p.Scheduled)
			}
		}
		got := map[string]string{}
		for _, s := range e.Subscriptions {
			for _, it := range s.Items {
				if !it.MRR.IsPositive() {
					if _, free := want[s.Source+"/"+s.ID+"/"+it.Item.ID]; !free {
						continue
					}
				}
				got[s.Source+"/"+s.ID+"/"+it.Item.ID] = fmt.Sprint(it.MRR, " ", s.Currency, " ", it.Standing.Scheduled)
				if n := len(it.Steps); n == 0 || it.Steps[n-1].Left.Cmp(it.MRR.Rat()) != 0 {
					t.Errorf("item %s is worth %s, but its steps are %v", it.Item.ID, it.MRR, it.Steps)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("on %s (-periods +explanation):\n%s", day, diff)
		}
		if len(e.Moves) != len(result.Movements) {
			t.Fatalf("%d moves of %d movements", len(e.Moves), len(result.Movements))
		}
		for i, m := range e.Moves {
			if diff := cmp.Diff(result.Movements[i], m.Movement, cmp.Comparer(decimal.Decimal.Equal)); diff != "" {
				t.Error(diff)
			}
			checkSides(t, m, result)
		}
	})
}

// checkSides: where an item keeps its plan and nothing is merely agreed, the
// two sides of a movement differ by its amount.
func checkSides(t *rapid.T, m normalize.Move, r normalize.Result) {
	for _, p := range r.Periods {
		if p.Scheduled {
			return
		}
	}
	var from, to decimal.Decimal
	for _, s := range []struct {
		side *normalize.Side
		sum  *decimal.Decimal
	}{{m.Before, &from}, {m.After, &to}} {
		if s.side == nil || s.side.Why != "" {
			continue
		}
		if s.side.PlanID != m.PlanID {
			return
		}
		*s.sum = s.side.MRR
	}
	if !to.Sub(from).Equal(m.Amount) {
		t.Errorf("%s: item %s moves by %s, but from %s to %s", m.Date, m.ItemID, m.Amount, from, to)
	}
}

// TestExplainSteps reads the whole derivation of one item: tiers, discounts of
// both levels, one of them ignored, and a year put on a month.
func TestExplainSteps(t *testing.T) {
	f, err := parseFacts(`
price seats USD / year graduated 5@120 *@96+30
coupon ten 10% forever
coupon half 50% once
coupon flat 40 USD repeating
customer cus_1
subscription s USD 2026-01-01..
version 2026-01-01.. active : i1 seats x8 -ten@2026-01-01.. | -flat@2026-01-01..2026-06-01
`)
	if err != nil {
		t.Fatal(err)
	}
	e := normalize.Explain(f.account, f.settings, day(t, "2026-03-31"))
	item := e.Subscriptions[0].Items[0]
	var b strings.Builder
	for _, s := range item.Steps {
		left := "-"
		if s.Left != nil {
			left = normalize.Exact(s.Left)
		}
		fmt.Fprintf(&b, "%s [%s] = %s\n", s.Text, s.Rule, left)
	}
	want := `tier 1, up to 5: 5 units at 120 [] = 600
tier 2, without end: 3 units at 96 + 30 flat [] = 918
item discount ten: 10 %, since 2026-01-01 00:00:00Z [discounts.forever=subtract] = 826.2
subscription discount flat: 40 USD per invoice, 2026-01-01 00:00:00Z until 2026-06-01 00:00:00Z [discounts.repeating_on_yearly=subtract] = 786.2
charged per year: times 1/12 [] = 65.516667 (3931/60)
rounded once, to 4 places, half up [] = 65.5167
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if got := e.MRR()["USD"]; !got.Equal(decimal.RequireFromString("65.5167")) {
		t.Errorf("MRR is %s", got)
	}
}

func day(t *testing.T, s string) billing.Date {
	t.Helper()
	d, err := billing.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestExplainStanding: what does not count says why, and by which rule.
func TestExplainStanding(t *testing.T) {
	const facts = `
price p 100 USD / month
coupon half 50% repeating
policy churn_at=scheduled
customer cus_1
subscription trial USD 2026-01-01..
version 2026-01-01.. trialing trial=2026-01-01..2026-02-01 : a p
subscription gone USD 2026-01-01..2026-03-01 requested=2026-02-10
version 2026-01-01..2026-03-01 active : b p
version 2026-03-01.. canceled : b p
subscription later USD 2026-05-01..
version 2026-05-01.. active : c p
subscription paused USD 2026-01-01..
version 2026-01-01.. active pause=void : d p
`
	f, err := parseFacts(facts)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ day, sub, why, rule string }{
		{"2026-01-15", "trial", "trialing, on trial until 2026-02-01 00:00:00Z", ""},
		{"2026-02-09", "gone", "active", ""},
		{"2026-02-15", "gone", "its cancellation was asked for 2026-02-10 00:00:00Z", "churn_at=scheduled"},
		{"2026-03-15", "gone", "ended 2026-03-01 00:00:00Z", ""},
		{"2026-03-15", "later", "not begun", ""},
		{"2026-03-15", "paused", "active, its collection is paused", "pause_collection.void=exclude"},
	}
	for _, c := range cases {
		e := normalize.Explain(f.account, f.settings, day(t, c.day))
		for _, s := range e.Subscriptions {
			if s.ID != c.sub {
				continue
			}
			if s.Standing.Why != c.why || s.Standing.Rule != c.rule || s.Standing.Counts != (c.why == "active") {
				t.Errorf("%s on %s: %+v, want %q by %q", c.sub, c.day, s.Standing, c.why, c.rule)
			}
		}
	}
}
