package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/internal/lengthy"
	"mrrsync/internal/simulator"
	"mrrsync/normalize"
)

// publishedLaws are statements that count the rows that break a law, whatever
// the policy.
var publishedLaws = map[string]string{
	"days close": `SELECT count() FROM mrr_waterfall_daily WHERE starting_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr != ending_mrr
		OR least(new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr, ending_mrr) < 0`,
	"months close": `SELECT count() FROM mrr_waterfall_monthly WHERE starting_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr != ending_mrr
		OR least(new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr, ending_mrr) < 0`,
	"a month is the sum of its days": `SELECT count() FROM (SELECT month, currency, sum(n) AS a, sum(e) AS b, sum(r) AS c, sum(k) AS d, sum(x) AS f FROM (
		SELECT month, currency, new_mrr AS n, expansion_mrr AS e, reactivation_mrr AS r, contraction_mrr AS k, churned_mrr AS x FROM mrr_waterfall_monthly
		UNION ALL SELECT toStartOfMonth(date), currency, -new_mrr, -expansion_mrr, -reactivation_mrr, -contraction_mrr, -churned_mrr FROM mrr_waterfall_daily)
		GROUP BY month, currency) WHERE a != 0 OR b != 0 OR c != 0 OR d != 0 OR f != 0`,
	"a day ends at its rows": `SELECT count() FROM (SELECT date, currency, sum(m) AS d FROM (
		SELECT date, currency, ending_mrr AS m FROM mrr_waterfall_daily UNION ALL SELECT date, currency, -mrr FROM mrr_daily) GROUP BY date, currency) WHERE d != 0`,
	"an account telescopes": `SELECT count() FROM (SELECT account_id, currency, sum(m) AS d FROM (
		SELECT account_id, currency, amount AS m FROM mrr_movements
		UNION ALL SELECT account_id, currency, -mrr FROM mrr_daily WHERE date = (SELECT max(date) FROM mrr_waterfall_daily)) GROUP BY account_id, currency) WHERE d != 0`,
	"an item has one row a day":    "SELECT count() FROM (SELECT date, source, subscription_id, item_id, count() AS n FROM mrr_daily GROUP BY ALL) WHERE n > 1",
	"plans close":                  "SELECT count() FROM mrr_by_plan_monthly WHERE starting_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr + transfer_mrr != ending_mrr",
	"segments close":               "SELECT count() FROM mrr_by_segment_monthly WHERE starting_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr + transfer_mrr != ending_mrr",
	"retention keeps its bounds":   "SELECT count() FROM retention_monthly WHERE grr < 0 OR grr > 1 OR grr > nrr OR customers_start + customers_new + customers_reactivated != customers_end + customers_churned",
	"the reporting waterfall ends": "SELECT count() FROM mrr_waterfall_monthly_reporting WHERE starting_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr + fx_adjustment != ending_mrr",
	// By account, or by subscription where that is the grain: one type a day.
	"a day has one type": `SELECT count() FROM (SELECT date, currency, GRAIN, uniqExact(movement) AS n, any(movement) AS kind, sum(amount) AS s FROM mrr_movements GROUP BY ALL)
		WHERE n > 1 OR kind IN ('new', 'reactivation') AND s <= 0 OR kind IN ('contraction', 'churn') AND s >= 0 OR kind = 'expansion' AND s < 0`,
}

// TestPresetsTown rebuilds a simulated company under every preset: whatever is
// valued how, the laws hold in what is published, and its months are those that
// `compare` foretold from the same evidence.
func TestPresetsTown(t *testing.T) {
	lengthy.Test(t)
	s := newTown(t, simulator.Config{Seed: 23, Customers: 24, Months: 8, Now: time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)})
	s.sync()
	foretold := s.foretold()
	file := filepath.Join(s.folder, simulator.ConfigFile)
	plain, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	different := map[string]bool{}
	presets := normalize.Presets()
	for _, preset := range presets[:few(len(presets), 3)] {
		t.Run(preset, func(t *testing.T) {
			s.T = t
			if err := os.WriteFile(file, append(plain, "policy: { preset: "+preset+" }\n"...), 0o600); err != nil {
				t.Fatal(err)
			}
			s.mrrsync(exitDone, "rebuild", "--accept-restatement", "--accept-churn")
			unit := "account_id"
			if p, _ := normalize.Preset(preset); p.Movements.Grain == normalize.GrainSubscription {
				unit = "(source, subscription_id)"
			}
			var all []string
			for law, sql := range publishedLaws {
				all = append(all, "SELECT '"+law+"', ("+strings.ReplaceAll(sql, "GRAIN", unit)+")")
			}
			for _, f := range s.table(strings.Join(all, " UNION ALL ")) {
				if f[1] != "0" {
					t.Errorf("%s: %s rows break it", f[0], f[1])
				}
			}
			months := s.table("SELECT currency, month, ending_mrr FROM mrr_waterfall_monthly ORDER BY currency, month")
			for _, f := range months {
				if want := foretold[preset][f[0]+f[1]]; !want.Equal(decimal.RequireFromString(f[2])) {
					t.Errorf("%s %s: published %s, compare says %s", f[0], f[1], f[2], want)
				}
			}
			different[fmt.Sprint(months, s.table("SELECT sum(new_mrr), sum(churned_mrr), sum(expansion_mrr) FROM mrr_waterfall_monthly"))] = true
		})
	}
	if s.T = t; len(different) < few(4, 2) {
		t.Errorf("the presets give only %d different waterfalls: the company is no test", len(different))
	}
}

// foretold is what compare says each month ends with, by preset.
func (s *town) foretold() map[string]map[string]decimal.Decimal {
	s.Helper()
	var rows []map[string]any
	d := json.NewDecoder(strings.NewReader(s.mrrsync(exitDone, append([]string{"compare", "--by", "month", "--format", "json"}, normalize.Presets()[1:]...)...)))
	d.UseNumber()
	if err := d.Decode(&rows); err != nil {
		s.Fatal(err)
	}
	all := map[string]map[string]decimal.Decimal{}
	for _, row := range rows {
		for _, preset := range normalize.Presets() {
			column := preset
			if preset == "committed" {
				column = "configured"
			}
			if all[preset] == nil {
				all[preset] = map[string]decimal.Decimal{}
			}
			all[preset][fmt.Sprint(row["currency"], row["month"])] = decimal.RequireFromString(fmt.Sprint(row[column]))
		}
	}
	return all
}
