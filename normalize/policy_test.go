package normalize_test

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"mrrsync/normalize"
)

// parse reads a policy section as a configuration does.
func parse(text string) (normalize.Policy, error) {
	return normalize.ParsePolicy(func(into any) error {
		return yaml.UnmarshalWithOptions([]byte(text), into, yaml.Strict())
	})
}

// choices are a policy's keys by name.
func choices(p normalize.Policy) map[string]string {
	out := map[string]string{}
	for _, kv := range p.Keys() {
		out[kv[0]] = kv[1]
	}
	return out
}

func TestPresets(t *testing.T) {
	committed, err := normalize.Preset("")
	if err != nil {
		t.Fatal(err)
	}
	base := choices(committed)
	if diff := cmp.Diff(map[string]string{
		"factors.week": "13/3", "factors.day": "365/12", "past_due": "count",
		"pause_collection.void": "exclude", "pause_collection.keep_as_draft": "exclude", "pause_collection.mark_uncollectible": "exclude",
		"chargebee_paused": "exclude", "churn_at": "effective",
		"discounts.forever": "subtract", "discounts.repeating": "subtract", "discounts.repeating_on_yearly": "subtract", "discounts.once": "ignore",
		"free_counts_as_customer": "false", "usage.commitment_metadata_key": "", "usage.metered_flat_fee": "exclude", "tax_inclusive": "back_out",
		"movements.grain": "account", "movements.reactivation_after_days": "0", "movements.same_month_new_and_churn": "keep",
	}, base); diff != "" {
		t.Errorf("committed (-want +got):\n%s", diff)
	}
	differs := map[string]map[string]string{
		"committed":  {},
		"stripe":     {"churn_at": "scheduled", "discounts.repeating": "ignore", "discounts.repeating_on_yearly": "ignore"},
		"chargebee":  {"movements.grain": "subscription", "discounts.repeating_on_yearly": "ignore"},
		"chartmogul": {"pause_collection.void": "keep", "pause_collection.keep_as_draft": "keep", "pause_collection.mark_uncollectible": "keep", "chargebee_paused": "keep", "free_counts_as_customer": "true"},
		"profitwell": {"discounts.once": "subtract", "movements.same_month_new_and_churn": "drop"},
		"recurly":    {"factors.week": "30/7", "factors.day": "30", "movements.reactivation_after_days": "30"},
	}
	for _, name := range normalize.Presets() {
		p, err := normalize.Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := map[string]string{}
		for k, v := range choices(p) {
			if base[k] != v {
				got[k] = v
			}
		}
		if diff := cmp.Diff(differs[name], got); diff != "" {
			t.Errorf("%s differs from committed (-want +got):\n%s", name, diff)
		}
		if same := p.Hash() == committed.Hash(); same != (name == "committed") {
			t.Errorf("%s: hash %s, committed %s", name, p.Hash(), committed.Hash())
		}
	}
	if _, err := normalize.Preset("baremetrics"); err == nil || !strings.Contains(err.Error(), "recurly") {
		t.Errorf("an unknown preset gives %v, which does not say what there is", err)
	}
}

func TestParsePolicy(t *testing.T) {
	p, err := parse(`
preset: stripe
factors: { week: 4.35, day: 30 }
past_due: { exclude_after_days: 14 }
pause_collection: { void: keep }
discounts: { once: subtract }
movements: { reactivation_after_days: 7 }
`)
	if err != nil {
		t.Fatal(err)
	}
	want := choices(p)
	for k, v := range map[string]string{
		"factors.week": "87/20", "factors.day": "30", "past_due": "exclude_after_days:14",
		"pause_collection.void": "keep", "pause_collection.keep_as_draft": "exclude", // beside the key that is given, the preset's
		"churn_at": "scheduled", "discounts.repeating": "ignore", "discounts.once": "subtract",
		"movements.reactivation_after_days": "7", "movements.grain": "account",
	} {
		if want[k] != v {
			t.Errorf("%s = %q, want %q", k, want[k], v)
		}
	}
	for _, word := range []string{"count", "exclude"} {
		if p, err = parse("past_due: " + word); err != nil || p.PastDue.String() != word {
			t.Errorf("past_due %s reads as %s, %v", word, p.PastDue, err)
		}
	}
	if p, err = normalize.ParsePolicy(nil); err != nil || p.Preset != "committed" {
		t.Errorf("no section gives %q, %v", p.Preset, err)
	}
	out, err := yaml.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	again, err := parse(string(out))
	if err != nil || again.Hash() != p.Hash() {
		t.Errorf("written and read again it is another policy: %v\n%s", err, out)
	}
}

func TestPolicyErrors(t *testing.T) {
	for text, want := range map[string]string{
		"preset: nobody":                            "want one of committed",
		"churn_at: tomorrow":                        `policy.churn_at is "tomorrow": want effective or scheduled`,
		"factors: { week: 0 }":                      "positive fraction",
		"factors: { day: many }":                    "positive fraction",
		"past_due: sometimes":                       "want count, exclude or {exclude_after_days: N}",
		"past_due: { exclude_after_days: -1 }":      "0 or more",
		"movements: { grain: item }":                `policy.movements.grain is "item"`,
		"movements: { reactivation_after_days: -1}": "0 or more",
		"discount: { once: subtract }":              "discount",
	} {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want it to say %q", text, err, want)
		}
	}
	_, err := parse("churn_at: x\ntax_inclusive: y\n")
	if err == nil || !strings.Contains(err.Error(), "churn_at") || !strings.Contains(err.Error(), "tax_inclusive") {
		t.Errorf("got %v, want both problems", err)
	}
}

// TestHashIsStable: the hash is stored with every load; it changes with a
// choice and with nothing else.
func TestHashIsStable(t *testing.T) {
	a, err := parse("preset: recurly")
	if err != nil {
		t.Fatal(err)
	}
	b, err := parse("factors: { week: 60/14, day: 30 }\nmovements: { reactivation_after_days: 30 }\n")
	if err != nil {
		t.Fatal(err)
	}
	if a.Hash() != b.Hash() {
		t.Errorf("the same choices hash to %s and %s", a.Hash(), b.Hash())
	}
	seen := map[string]string{a.Hash(): "recurly"}
	for _, text := range []string{
		"{}", "past_due: exclude", "past_due: {exclude_after_days: 3}", "pause_collection: {void: keep}", "pause_collection: {keep_as_draft: keep}",
		"pause_collection: {mark_uncollectible: keep}", "chargebee_paused: keep", "churn_at: scheduled", "discounts: {forever: ignore}",
		"discounts: {repeating: ignore}", "discounts: {repeating_on_yearly: ignore}", "discounts: {once: subtract}", "free_counts_as_customer: true",
		"usage: {commitment_metadata_key: minimum}", "usage: {metered_flat_fee: include}", "tax_inclusive: reject", "factors: {week: 4}", "factors: {day: 30}",
		"movements: {grain: subscription}", "movements: {reactivation_after_days: 1}", "movements: {same_month_new_and_churn: drop}",
	} {
		p, err := parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if other, ok := seen[p.Hash()]; ok {
			t.Errorf("%s and %s have one hash", text, other)
		}
		seen[p.Hash()] = text
	}
	committed, err := normalize.Preset("committed")
	if err != nil {
		t.Fatal(err)
	}
	if got := committed.Hash(); got != "b7b5155cb324a43a" {
		t.Errorf("committed hashes to %s: every warehouse would be derived again", got)
	}
}
