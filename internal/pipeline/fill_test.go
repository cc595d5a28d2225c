package pipeline

import (
	"fmt"
	"strings"
	"testing"

	"mrrsync/connectors"
	"mrrsync/warehouse"
)

// TestCollapses tells a field that ceased to come from chance, from small
// numbers and from quiet nights. Each history is the runs as filled/objects,
// oldest first; a letter before names another API version.
func TestCollapses(t *testing.T) {
	for _, c := range []struct {
		name, runs string
		want       string // before and now, pooled; empty: no warning
	}{
		{"it vanishes", "1000/1000 30/30 0/25", "1030/1030 0/25"},
		{"it vanishes from most", "1000/1000 5/25", "1000/1000 5/25"},
		{"it vanishes from fewer than half", "1000/1000 15/25", ""},
		{"it was never there", "0/1000 0/25", ""},
		{"it was rare by right, and chance leaves it out", "50/1000 0/30", ""},
		{"it comes", "0/1000 25/25", ""},
		{"too few to say", "1000/1000 0/19", ""},
		{"too few before", "49/49 0/100", ""},
		{"quiet nights add up", "1000/1000 0/5 0/5 0/5 0/5", "1000/1000 0/20"},
		{"quiet nights do not add up to enough", "1000/1000 0/5 0/5 0/5", ""},
		{"quiet nights with it", "1000/1000 5/5 5/5 0/1 5/5", ""},
		{"a new version has it", "1000/1000 b25/25", ""},
		{"a new version lacks it", "1000/1000 b0/25", "1000/1000 0/25"},
		{"the other version lacked it ever", "b0/100 1000/1000 b0/25", ""},
		{"a first run", "0/1000", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var now, before []warehouse.Fill
			runs := strings.Fields(c.runs)
			for i, text := range runs {
				f := warehouse.Fill{Run: uint64(i + 1), Field: warehouse.Field{Stream: "s", Kind: "k", APIVersion: "a", Path: "p"}}
				if rest, ok := strings.CutPrefix(text, "b"); ok {
					f.APIVersion, text = "b", rest
				}
				if _, err := fmt.Sscanf(text, "%d/%d", &f.Filled, &f.Objects); err != nil {
					t.Fatal(err)
				}
				if i == len(runs)-1 {
					now = append(now, f)
				} else {
					before = append([]warehouse.Fill{f}, before...)
				}
			}
			got := ""
			for _, x := range collapses(now, before) {
				got += fmt.Sprintf("%d/%d %d/%d", x.before.Filled, x.before.Objects, x.now.Filled, x.now.Objects)
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// gauged is a shop that depends on fields.
type gauged struct{ *shop }

func (gauged) Fields() map[string][]string {
	return map[string][]string{"subscription": {"MRR", "Account"}}
}
func (gauged) APIVersion(connectors.Object) string { return "v1" }

func TestFieldVanishes(t *testing.T) {
	s := &shop{account: "a", changes: customers(60)}
	b := newBench(t, nil)
	b.o.Sources = []Source{{Name: "main", Connector: gauged{s}}}
	b.o.MaxRejects = 100
	b.must(Done)(b.run())
	night := func(mrr string) Receipt {
		t.Helper()
		for i := range 25 {
			s.changes = append(s.changes, change{Customer: fmt.Sprintf("c%02d", i), From: b.now.Format("2006-01-02"), MRR: mrr})
		}
		return b.must(Done)(b.night())
	}
	if r := night("100"); len(r.Warnings) != 0 {
		t.Errorf("a usual night: %v", r.Warnings)
	}
	b.must(Done)(b.night())
	const want = "source main: stream changes: the subscription's field MRR (API version v1) was there in 100.0 % of 85, now in 0.0 % of 25:"
	if r := night("?"); len(r.Warnings) != 0 {
		t.Errorf("there, though unreadable: %v", r.Warnings)
	}
	if r := night(""); len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0], strings.Replace(want, "85", "110", 1)) {
		t.Errorf("the field has gone: %v", r.Warnings)
	}
}
