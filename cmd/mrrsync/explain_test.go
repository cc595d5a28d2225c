package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/internal/lengthy"
	"mrrsync/internal/simulator"
)

// TestExplainTown explains accounts of a simulated company on different days:
// whatever their lives, the pages agree with what is published, and every
// object that a figure came from is named.
func TestExplainTown(t *testing.T) {
	lengthy.Test(t)
	s := newTown(t, simulator.Config{Seed: 21, Customers: 40, Months: 15, Now: time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)})
	s.sync()
	list := s.mrrsync(exitDone, "query", "--format", "TSV", `
		SELECT account_id, toString(addDays(min(date), cityHash64(account_id) % dateDiff('day', min(date), toDate('2026-03-10'))))
		FROM mrr_daily GROUP BY account_id ORDER BY cityHash64(account_id) LIMIT 25`)
	explained := 0
	for _, row := range strings.Split(strings.TrimSpace(list), "\n") {
		account, day, _ := strings.Cut(row, "\t")
		var page struct {
			Agrees        bool
			Verdict       string
			MRR           map[string]string
			Subscriptions []struct {
				Items []struct {
					MRR    string
					Object int
					Steps  []struct{ Left string }
				}
			}
			Movements []struct{ Object int }
		}
		text := s.mrrsync(exitDone, "explain", account, "--on", day, "--format", "json")
		if err := json.Unmarshal([]byte(text), &page); err != nil {
			t.Fatal(err)
		}
		if !page.Agrees {
			t.Errorf("%s on %s: %s\n%s", account, day, page.Verdict, s.mrrsync(exitDone, "explain", account, "--on", day))
		}
		for _, sub := range page.Subscriptions {
			for _, it := range sub.Items {
				if it.MRR == "0.0000" {
					continue
				}
				explained++
				if it.Object == 0 || len(it.Steps) < 3 {
					t.Errorf("%s on %s: an item with MRR %s has object %d and %d steps", account, day, it.MRR, it.Object, len(it.Steps))
				}
			}
		}
		for _, m := range page.Movements {
			if m.Object == 0 {
				t.Errorf("%s: a movement names no object:\n%s", account, fmt.Sprint(page.Movements))
			}
		}
	}
	if explained < 15 {
		t.Errorf("only %d items with MRR were explained: the days are no test", explained)
	}
}

// TestCompareTown values a simulated company under every preset: month by month
// the rules add up to what the preset makes of it, and the configured figures
// are the published ones.
func TestCompareTown(t *testing.T) {
	s := newTown(t, simulator.Config{Seed: 22, Customers: 40, Months: 15, Now: time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)})
	s.sync()
	presets := []string{"stripe", "chargebee", "chartmogul", "profitwell", "recurly"}
	ask := func(by string) []map[string]any {
		var rows []map[string]any
		d := json.NewDecoder(strings.NewReader(s.mrrsync(exitDone, append([]string{"compare", "--by", by, "--format", "json"}, presets...)...)))
		d.UseNumber()
		if err := d.Decode(&rows); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	key := func(row map[string]any, preset any) string { return fmt.Sprint(row["currency"], row["month"], preset) }
	amount := func(v any) decimal.Decimal { return decimal.RequireFromString(fmt.Sprint(v)) }
	effects := map[string]decimal.Decimal{}
	loud := 0
	for _, row := range ask("rule") {
		k := key(row, row["preset"])
		effects[k] = effects[k].Add(amount(row["difference"]))
		if !amount(row["difference"]).IsZero() {
			loud++
		}
	}
	months := ask("month")
	for _, row := range months {
		for _, preset := range presets {
			if got, want := effects[key(row, preset)], amount(row[preset]).Sub(amount(row["configured"])); !got.Equal(want) {
				t.Errorf("%s: the rules add up to %s, the difference is %s", key(row, preset), got, want)
			}
		}
	}
	if loud < 10 {
		t.Errorf("only %d differences: the company is no test", loud)
	}
	published := s.mrrsync(exitDone, "query", "--format", "TSV", "SELECT currency, month, ending_mrr FROM mrr_waterfall_monthly ORDER BY currency, month")
	for _, line := range strings.Split(strings.TrimSpace(published), "\n") {
		f := strings.Split(line, "\t")
		for _, row := range months {
			if row["currency"] == f[0] && row["month"] == f[1] && !amount(row["configured"]).Equal(amount(f[2])) {
				t.Errorf("%s: compared %s, published %s", line, row["configured"], f[2])
			}
		}
	}
}
