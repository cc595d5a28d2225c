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
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
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
				checkWants(t, result, string(want.Data))
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

// checkWants reads the wants:
//
//	mrr [ITEM] on 2026-03-01 = 40.00 USD [scheduled]
//	2026-03-01 expansion +10.00 USD [plan]     the sum and the reasons of a day
//	no movement on 2026-03-01
//	reject tax_unknown si_1
//	no rejects
//	committed = 40.00                          the sum of a treatment
func checkWants(t *testing.T, r normalize.Result, text string) {
	t.Helper()
	checked := 0
	for _, raw := range strings.Split(text, "\n") {
		statement, _, _ := strings.Cut(raw, "#")
		w := strings.Fields(statement)
		if len(w) == 0 {
			continue
		}
		checked++
		if err := checkWant(r, w); err != nil {
			t.Errorf("%s: %v", strings.TrimSpace(raw), err)
		}
	}
	if checked == 0 {
		t.Error("a case without wants proves nothing")
	}
}

func checkWant(r normalize.Result, w []string) error {
	switch {
	case w[0] == "mrr":
		return checkMRR(r, w[1:])
	case w[0] == "reject":
		for _, rej := range r.Rejects {
			if rej.Code == w[1] && (len(w) < 3 || rej.ID == w[2]) {
				return nil
			}
		}
		return fmt.Errorf("the rejects are %v", r.Rejects)
	case w[0] == "no" && w[1] == "rejects":
		if len(r.Rejects) > 0 {
			return fmt.Errorf("the rejects are %v", r.Rejects)
		}
		return nil
	case w[0] == "no" && w[1] == "movement":
		return checkStill(r, w[3])
	case w[0] == "no" && w[1] == "movements":
		if len(r.Movements) > 0 {
			return fmt.Errorf("there are %d", len(r.Movements))
		}
		return nil
	case len(w) == 3 && w[1] == "=":
		sum := decimal.Zero
		for _, l := range r.InvoiceLines {
			if string(l.Treatment) == w[0] {
				sum = sum.Add(l.Amount)
			}
		}
		if !sum.Equal(decimal.RequireFromString(w[2])) {
			return fmt.Errorf("got %s", sum)
		}
		return nil
	}
	return checkMovement(r, w)
}

func checkMRR(r normalize.Result, w []string) error {
	item := ""
	if w[0] != "on" {
		item, w = w[0], w[1:]
	}
	day, err := billing.ParseDate(w[1])
	if err != nil {
		return err
	}
	scheduled := len(w) > 5 && w[5] == "scheduled"
	sum := decimal.Zero
	for _, p := range r.Periods {
		if p.Currency == w[4] && p.From <= day && day < p.Until && (item == "" || p.ItemID == item) && (!p.Scheduled || scheduled) {
			sum = sum.Add(p.MRR)
		}
	}
	if want := decimal.RequireFromString(w[3]); !sum.Equal(want) {
		return fmt.Errorf("got %s", sum)
	}
	return nil
}

func checkStill(r normalize.Result, date string) error {
	for _, m := range r.Movements {
		if m.Date.String() == date {
			return fmt.Errorf("there is %s %s %s", typeName(m.Type), m.Amount, m.Currency)
		}
	}
	return nil
}

func checkMovement(r normalize.Result, w []string) error {
	sum, reasons := decimal.Zero, map[string]bool{}
	found := ""
	for _, m := range r.Movements {
		if m.Date.String() != w[0] || m.Currency != w[3] || m.Scheduled != (w[len(w)-1] == "scheduled") {
			continue
		}
		if typeName(m.Type) != w[1] {
			return fmt.Errorf("got %s %s", typeName(m.Type), m.Amount)
		}
		sum = sum.Add(m.Amount)
		reasons[m.Reason] = true
		found += " " + m.Reason
	}
	if found == "" {
		return fmt.Errorf("no movement that day")
	}
	if !sum.Equal(decimal.RequireFromString(strings.TrimPrefix(w[2], "+"))) {
		return fmt.Errorf("got %s", sum)
	}
	if len(w) > 4 && w[4] != "scheduled" && !reasons[w[4]] {
		return fmt.Errorf("the reasons are%s", found)
	}
	return nil
}

func typeName(t normalize.MovementType) string {
	return [...]string{"?", "new", "expansion", "contraction", "churn", "reactivation"}[t]
}

func evidenceName(k billing.EvidenceKind) string {
	return [...]string{"?", "version", "phase", "invoice", "carried", "earliest", "observed", "held", "contract"}[k]
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
		fmt.Fprintf(&b, "%s..%s %s %s x%s %s %s %s", p.From, p.Until, p.ItemID, p.PlanID, p.Quantity, p.MRR.StringFixed(4), p.Currency, evidenceName(p.Evidence))
		if p.Scheduled {
			b.WriteString(" scheduled")
		}
		if p.Rule != "" {
			b.WriteString(" (" + p.Rule + ")")
		}
		b.WriteString(segments(p.Segments) + "\n")
	}
	for _, m := range r.Movements {
		fmt.Fprintf(&b, "%s %s %s %s %s %s %s", m.Date, typeName(m.Type), m.Amount.StringFixed(4), m.Currency, m.ItemID, m.PlanID, m.Reason)
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
