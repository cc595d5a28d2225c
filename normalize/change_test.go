package normalize_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mrrsync/normalize"
)

// TestChanges walks from every preset to one that differs in every key, and
// back: each step changes its own key and no other, and the last one arrives.
func TestChanges(t *testing.T) {
	week, err := normalize.ParseFraction("4")
	if err != nil {
		t.Fatal(err)
	}
	other := normalize.Policy{
		Factors: normalize.Factors{Week: week, Day: week}, PastDue: normalize.PastDue{Days: 7},
		PauseCollection: normalize.PauseCollection{Void: "v", KeepAsDraft: "k", MarkUncollectible: "m"}, ChargebeePaused: "c", ChurnAt: "at",
		Discounts: normalize.DiscountRules{Forever: "f", Repeating: "r", RepeatingOnYearly: "y", Once: "o"}, FreeCountsAsCustomer: true,
		Usage: normalize.UsageRules{CommitmentMetadataKey: "key", MeteredFlatFee: "fee"}, TaxInclusive: "tax",
		Movements: normalize.MovementRules{Grain: "grain", ReactivationAfterDays: 9, SameMonthNewAndChurn: "short"},
	}
	for _, name := range normalize.Presets() {
		preset, err := normalize.Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, way := range [][2]normalize.Policy{{preset, other}, {other, preset}} {
			before := way[0].Keys()
			changes := normalize.Changes(way[0], way[1])
			for _, c := range changes {
				differ := 0
				for i, kv := range c.Policy.Keys() {
					if kv == before[i] {
						continue
					}
					differ++
					if kv[0] != c.Key || kv[1] != c.To || before[i][1] != c.From {
						t.Errorf("%s: the step to %s turns %v into %v", name, c.Rule(), before[i], kv)
					}
				}
				if differ != 1 {
					t.Errorf("%s: the step to %s changes %d keys", name, c.Rule(), differ)
				}
				before = c.Policy.Keys()
			}
			if diff := cmp.Diff(way[1].Keys(), before); diff != "" {
				t.Errorf("%s: the last step does not arrive (-want +got):\n%s", name, diff)
			}
		}
	}
}
