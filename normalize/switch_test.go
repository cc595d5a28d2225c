package normalize_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/wants"
	"mrrsync/normalize"
)

// choice is one key of the policy with one value.
type choice struct{ key, value string }

// TestSwitches turns every key of the policy by itself over a company of odd
// customers: those of whom the key speaks change by what the rule says, and all
// others stay as they are, to the last row.
func TestSwitches(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/switches/company.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var customers []string
	facts, plain := map[string]string{}, map[string]string{}
	changed := map[choice]map[string]string{}
	for _, f := range archive.Files {
		name, isFacts := strings.CutSuffix(f.Name, " facts")
		if isFacts {
			customers = append(customers, name)
			facts[name] = string(f.Data)
			continue
		}
		if name, isWant := strings.CutSuffix(f.Name, " want"); isWant {
			plain[name] = string(f.Data)
			continue
		}
		kv, name, _ := strings.Cut(f.Name, " ")
		key, value, ok := strings.Cut(kv, "=")
		if !ok || facts[name] == "" {
			t.Fatalf("section %q: want KEY=VALUE and a customer that stands above", f.Name)
		}
		c := choice{key, value}
		if changed[c] == nil {
			changed[c] = map[string]string{}
		}
		changed[c][name] = string(f.Data)
	}
	base := map[string]normalize.Result{}
	for _, name := range customers {
		base[name] = derived(t, facts[name], "")
		checkSwitched(t, name, base[name], plain[name])
	}
	for c, wanted := range changed {
		t.Run(c.key+"="+c.value, func(t *testing.T) {
			for _, name := range customers {
				r := derived(t, facts[name], c.key+"="+c.value)
				diff := cmp.Diff(base[name], r, cmp.Comparer(decimal.Decimal.Equal))
				want, speaks := wanted[name]
				switch {
				case speaks && diff == "":
					t.Errorf("%s does not change", name)
				case !speaks && diff != "":
					t.Errorf("%s changes, of whom the key does not speak:\n%s", name, diff)
				case speaks:
					checkSwitched(t, name, r, want)
				}
			}
		})
	}
	t.Run("every key", func(t *testing.T) {
		committed, err := normalize.Preset("")
		if err != nil {
			t.Fatal(err)
		}
		for _, kv := range committed.Keys() {
			turned := func(c choice) bool { return c.key == kv[0] && c.value != kv[1] }
			if !slices.ContainsFunc(keysOf(changed), turned) {
				t.Errorf("%s is never turned away from %q", kv[0], kv[1])
			}
			for _, name := range customers {
				if kv[1] == "" {
					continue
				}
				if diff := cmp.Diff(base[name], derived(t, facts[name], kv[0]+"="+kv[1]), cmp.Comparer(decimal.Decimal.Equal)); diff != "" {
					t.Errorf("%s=%s is the default, but said aloud it changes %s:\n%s", kv[0], kv[1], name, diff)
				}
			}
		}
	})
}

func keysOf[K comparable, V any](m map[K]V) []K {
	var keys []K
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// derived is what follows from a customer's facts under a policy that differs
// from the default by one choice.
func derived(t *testing.T, text, choice string) normalize.Result {
	t.Helper()
	if choice != "" {
		text = "policy " + choice + "\n" + text
	}
	f, err := parseFacts(text)
	if err != nil {
		t.Fatal(err)
	}
	return normalize.Derive(f.account, f.settings)
}

// checkSwitched holds a customer against its wants; besides those of all cases,
// whether anybody counts as a customer.
func checkSwitched(t *testing.T, name string, r normalize.Result, text string) {
	t.Helper()
	var rest []string
	for _, line := range strings.Split(text, "\n") {
		var who, date string
		if _, err := fmt.Sscanf(line, "counts %s on %s", &who, &date); err != nil {
			rest = append(rest, line)
			continue
		}
		day, err := billing.ParseDate(date)
		if err != nil {
			t.Fatal(err)
		}
		counts := slices.ContainsFunc(r.Periods, func(p normalize.Period) bool { return p.From <= day && day < p.Until })
		if counts != (who == "somebody") {
			t.Errorf("%s: %s: the periods are %v", name, line, r.Periods)
		}
	}
	for _, err := range wants.Check(r, strings.Join(rest, "\n")) {
		t.Errorf("%s: %v", name, err)
	}
}
