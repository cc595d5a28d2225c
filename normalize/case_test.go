package normalize_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"mrrsync/internal/wants"
	"mrrsync/normalize"
)

var update = flag.Bool("update", false, "write what the cases give into their out sections")

// TestCases runs testdata/*.txtar. Each case has facts, what a person wants of
// them, and out: all that follows from the facts, so that nothing changes
// unseen. The wants are never written by -update.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+2 < len(archive.Files)+0; i += 3 {
			facts, want, out := &archive.Files[i], &archive.Files[i+1], &archive.Files[i+2]
			name, _ := strings.CutSuffix(facts.Name, " facts")
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name, func(t *testing.T) {
				if want.Name != name+" want" || out.Name != name+" out" {
					t.Fatalf("case %q: its sections are %q, %q, %q", name, facts.Name, want.Name, out.Name)
				}
				f, err := parseFacts(string(facts.Data))
				if err != nil {
					t.Fatal(err)
				}
				result := normalize.Derive(f.account, f.settings)
				for _, err := range wants.Check(result, string(want.Data)) {
					t.Error(err)
				}
				checkLaws(t, result, f.settings.Policy)
				got := written(result)
				if *update {
					out.Data = []byte(got)
				} else if diff := cmp.Diff(string(out.Data), got); diff != "" {
					t.Errorf("out (-want +got):\n%s", diff)
				}
			})
		}
		if len(archive.Files)%3 != 0 {
			t.Errorf("%s: want facts, want and out for every case", file)
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func segments(m map[string]string) string {
	var b strings.Builder
	for _, k := range sortedKeys(m) {
		b.WriteString(" " + k + "=" + strconv.Quote(m[k]))
	}
	return b.String()
}

// written is a result as a person reads it.
func written(r normalize.Result) string {
	var b strings.Builder
	for _, p := range r.Periods {
		fmt.Fprintf(&b, "%s..%s %s %s x%s %s %s %s", p.From, p.Until, p.ItemID, p.PlanID, p.Quantity, p.MRR.StringFixed(4), p.Currency, wants.EvidenceName(p.Evidence))
		if p.Scheduled {
			b.WriteString(" scheduled")
		}
		if p.Rule != "" {
			b.WriteString(" (" + p.Rule + ")")
		}
		b.WriteString(segments(p.Segments) + "\n")
	}
	for _, m := range r.Movements {
		fmt.Fprintf(&b, "%s %s %s %s %s %s %s", m.Date, wants.TypeName(m.Type), m.Amount.StringFixed(4), m.Currency, m.ItemID, m.PlanID, m.Reason)
		if m.Scheduled {
			b.WriteString(" scheduled")
		}
		b.WriteString(segments(m.Segments) + "\n")
	}
	for _, l := range r.InvoiceLines {
		fmt.Fprintf(&b, "invoice %s %s %s %s %s%s\n", l.InvoiceID, l.LineID, l.Treatment, l.Amount.StringFixed(4), l.Currency, segments(l.Segments))
	}
	for _, rej := range r.Rejects {
		fmt.Fprintf(&b, "reject %s %s %s: %s\n", rej.Kind, rej.ID, rej.Code, rej.Detail)
	}
	return b.String()
}
