package views_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"mrrsync/connectors/billing"
)

// TestLaws: on random companies the waterfalls close, and whatever is summed
// equals the daily rows.
func TestLaws(t *testing.T) {
	s := newStore(t, "laws")
	load := uint64(0)
	all := laws()
	maps.Copy(all, analysisLaws())
	rapid.Check(t, func(rt *rapid.T) {
		load++ // each company is a load of its own, published over those before
		first := day(t, "2026-01-20")
		lines := randomCompany(rt, first)
		through := first + billing.Date(rapid.IntRange(40, 110).Draw(rt, "through"))
		s.fill(load, lines, through)
		s.publish(load, first, through, through, nil)
		for law, sql := range all {
			if got := s.one(sql); got != "0" {
				rt.Errorf("%s: %s rows break it", law, got)
			}
		}
	})
}

func randomCompany(rt *rapid.T, first billing.Date) []period {
	var lines []period
	for i := range rapid.IntRange(1, 12).Draw(rt, "items") {
		at := first + billing.Date(rapid.IntRange(0, 60).Draw(rt, "from"))
		account := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "account")
		source := rapid.SampledFrom([]string{"main", "emea"}).Draw(rt, "source")
		for range rapid.IntRange(1, 3).Draw(rt, "periods") {
			until := at + billing.Date(rapid.IntRange(1, 50).Draw(rt, "days"))
			if rapid.IntRange(0, 4).Draw(rt, "open") == 0 {
				until = billing.Forever
			}
			lines = append(lines, period{
				source: source, customer: "cus_" + account, account: account,
				subscription: fmt.Sprint("sub_", i/2), item: fmt.Sprint("si_", i), quantity: "1",
				plan:      rapid.SampledFrom([]string{"p", "q", "r"}).Draw(rt, "plan"),
				segments:  rapid.SampledFrom([]map[string]string{nil, {"csm": "ada"}, {"csm": "bo", "tier": "smb"}, {"tier": "mid-market"}}).Draw(rt, "segments"),
				scheduled: rapid.IntRange(0, 7).Draw(rt, "scheduled") == 0,
				currency:  []string{"USD", "EUR", "JPY"}[i%3], from: at, until: until,
				mrr: decimal.New(rapid.Int64Range(1, 30).Draw(rt, "mrr")*3333, -4),
			})
			if until == billing.Forever {
				break
			}
			at = until + billing.Date(rapid.IntRange(0, 3).Draw(rt, "gap"))
		}
	}
	return lines
}

// laws are statements that count what breaks them.
func laws() map[string]string {
	const closes = "starting_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr != ending_mrr OR starting_mrr + net_new_mrr != ending_mrr"
	const sane = "least(starting_mrr, new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr, ending_mrr) < 0"
	return map[string]string{
		"a day closes":              "SELECT count() FROM VIEWS.mrr_waterfall_daily WHERE " + closes,
		"a month closes":            "SELECT count() FROM VIEWS.mrr_waterfall_monthly WHERE " + closes,
		"no amount of a day is < 0": "SELECT count() FROM VIEWS.mrr_waterfall_daily WHERE " + sane,
		"no amount of a month < 0":  "SELECT count() FROM VIEWS.mrr_waterfall_monthly WHERE " + sane,
		"a day ends at its daily rows": `SELECT count() FROM (SELECT date, currency, sum(a) - sum(b) AS d FROM (
			SELECT date, currency, ending_mrr AS a, toDecimal128(0, 4) AS b FROM VIEWS.mrr_waterfall_daily
			UNION ALL SELECT date, currency, 0, mrr FROM VIEWS.mrr_daily) GROUP BY date, currency) WHERE d != 0`,
		"a month ends at its monthly rows": `SELECT count() FROM (SELECT month, currency, sum(a) - sum(b) AS d FROM (
			SELECT month, currency, ending_mrr AS a, toDecimal128(0, 4) AS b FROM VIEWS.mrr_waterfall_monthly
			UNION ALL SELECT month, currency, 0, mrr FROM VIEWS.mrr_monthly) GROUP BY month, currency) WHERE d != 0`,
		"a day starts where the one before ended": `SELECT count() FROM (SELECT date, starting_mrr, any(ending_mrr) OVER w AS before, any(date) OVER w AS day, row_number() OVER (PARTITION BY currency ORDER BY date) AS n
			FROM VIEWS.mrr_waterfall_daily WINDOW w AS (PARTITION BY currency ORDER BY date ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING))
			WHERE if(n = 1, starting_mrr != 0, starting_mrr != before OR day + 1 != date)`,
		"a month starts where the one before ended": `SELECT count() FROM (SELECT month, starting_mrr, any(ending_mrr) OVER w AS before, any(month) OVER w AS day, row_number() OVER (PARTITION BY currency ORDER BY month) AS n
			FROM VIEWS.mrr_waterfall_monthly WINDOW w AS (PARTITION BY currency ORDER BY month ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING))
			WHERE if(n = 1, starting_mrr != 0, starting_mrr != before OR addMonths(day, 1) != month)`,
		"every currency reaches the last day": `SELECT count() FROM (SELECT currency, max(date) AS last FROM VIEWS.mrr_waterfall_daily GROUP BY currency)
			WHERE last != (SELECT through FROM VIEWS.loads WHERE status = 'current')`,
		"totals are the sums of daily rows": `SELECT count() FROM (SELECT date, currency, sum(m) AS m1, sum(r) AS r1, sum(c) AS c1, sum(s) AS s1 FROM (
			SELECT date, currency, mrr AS m, mrr_reporting AS r, toInt64(customers) AS c, toInt64(subscriptions) AS s FROM VIEWS.mrr_totals_daily
			UNION ALL SELECT date, currency, -sum(mrr), -sum(mrr_reporting), -toInt64(uniqExact(account_id)), -toInt64(uniqExact((source, customer_id, subscription_id))) FROM VIEWS.mrr_daily GROUP BY date, currency)
			GROUP BY date, currency) WHERE m1 != 0 OR r1 != 0 OR c1 != 0 OR s1 != 0`,
		"a month closes in the reporting currency": `SELECT count() FROM VIEWS.mrr_waterfall_monthly_reporting
			WHERE starting_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr + fx_adjustment != ending_mrr`,
		"a month in the reporting currency ends at its rows": `SELECT count() FROM (SELECT month, sum(a) - sum(b) AS d, sum(n) AS n FROM (
			SELECT month, ending_mrr AS a, toDecimal128(0, 4) AS b, 1 AS n FROM VIEWS.mrr_waterfall_monthly_reporting
			UNION ALL SELECT month, 0, sum(mrr_reporting), 0 FROM VIEWS.mrr_monthly GROUP BY month
			UNION ALL SELECT DISTINCT month, 0, 0, -1 FROM VIEWS.mrr_waterfall_monthly) GROUP BY month) WHERE d != 0 OR n != 0`,
		"totals in the reporting currency are the sums of daily rows": `SELECT count() FROM (SELECT date, sum(m) AS m1, sum(c) AS c1, sum(s) AS s1 FROM (
			SELECT date, mrr AS m, toInt64(customers) AS c, toInt64(subscriptions) AS s FROM VIEWS.mrr_totals_daily_reporting
			UNION ALL SELECT date, -sum(mrr_reporting), -toInt64(uniqExact(account_id)), -toInt64(uniqExact((source, customer_id, subscription_id))) FROM VIEWS.mrr_daily GROUP BY date)
			GROUP BY date) WHERE m1 != 0 OR c1 != 0 OR s1 != 0`,
		// An account's month, from the levels of its rows at the ends of two months.
		"retention is that of the accounts' levels": `SELECT count() FROM (
			WITH ends AS (SELECT month, currency, account_id, sum(mrr) AS level FROM VIEWS.mrr_monthly GROUP BY ALL),
				pairs AS (SELECT month, currency, account_id, sum(a) AS before, sum(b) AS after FROM (
					SELECT month, currency, account_id, toDecimal128(0, 4) AS a, level AS b FROM ends
					UNION ALL SELECT addMonths(month, 1), currency, account_id, level, 0 FROM ends) GROUP BY ALL)
			SELECT month, currency, sum(x) AS x1, sum(n) AS n1, sum(g) AS g1, sum(c) AS c1, sum(e) AS e1 FROM (
				SELECT month, currency, toInt64(customers_start) AS x, nrr AS n, grr AS g, toInt64(customers_churned) AS c, toInt64(customers_end) AS e FROM VIEWS.retention_monthly
				UNION ALL SELECT month, currency, -toInt64(countIf(before > 0)),
					if(sum(before) = 0, 0, -round(toFloat64(sumIf(after, before > 0)) / toFloat64(sum(before)), 6)),
					if(sum(before) = 0, 0, -round(toFloat64(sumIf(least(before, after), before > 0)) / toFloat64(sum(before)), 6)),
					-toInt64(countIf(before > 0 AND after = 0)), -toInt64(countIf(after > 0))
				FROM pairs WHERE month <= (SELECT toStartOfMonth(through) FROM VIEWS.loads WHERE status = 'current') GROUP BY month, currency)
			GROUP BY month, currency) WHERE x1 != 0 OR abs(n1) > 0.000002 OR abs(g1) > 0.000002 OR c1 != 0 OR e1 != 0`,
		"customers of a month add up": `SELECT count() FROM VIEWS.retention_monthly
			WHERE customers_start + customers_new + customers_reactivated != customers_end + customers_churned OR grr > 1 OR grr > nrr OR grr < 0`,
		"totals have the waterfall's days": `SELECT count() FROM (SELECT date, currency, count() AS n FROM (
			SELECT date, currency FROM VIEWS.mrr_totals_daily UNION ALL SELECT date, currency FROM VIEWS.mrr_waterfall_daily) GROUP BY date, currency) WHERE n != 2`,
	}
}

// analysisLaws are the same for the views that cut the waterfall up, follow
// cohorts or look ahead.
func analysisLaws() map[string]string {
	const parts = "starting_mrr, new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr, ending_mrr"
	const closes = "starting_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr + transfer_mrr != ending_mrr"
	// whole compares the sums of a view's slices with the company's waterfall.
	whole := func(slices string) string {
		return `SELECT count() FROM (SELECT month, currency, sum(p.1) AS s, sum(p.2) AS n, sum(p.3) AS e, sum(p.4) AS r, sum(p.5) AS c, sum(p.6) AS x, sum(p.7) AS f, sum(t) AS moved FROM (
			SELECT month, currency, (` + parts + `) AS p, transfer_mrr AS t FROM ` + slices + `
			UNION ALL SELECT month, currency, (-starting_mrr, -new_mrr, -expansion_mrr, -reactivation_mrr, -contraction_mrr, -churned_mrr, -ending_mrr), 0 FROM VIEWS.mrr_waterfall_monthly)
			GROUP BY month, currency) WHERE s != 0 OR n != 0 OR e != 0 OR r != 0 OR c != 0 OR x != 0 OR f != 0 OR moved != 0`
	}
	const after = "addMonths(month, 1) - 1"
	const through = "(SELECT through FROM VIEWS.loads WHERE status = 'current')"
	const published = "load_id = (SELECT load_id FROM VIEWS.loads WHERE status = 'current')"
	return map[string]string{
		"a plan closes":                 "SELECT count() FROM VIEWS.mrr_by_plan_monthly WHERE " + closes + " OR least(" + parts + ") < 0",
		"a segment closes":              "SELECT count() FROM VIEWS.mrr_by_segment_monthly WHERE " + closes + " OR least(" + parts + ") < 0",
		"plans are the company":         whole("VIEWS.mrr_by_plan_monthly"),
		"a segment is the company":      whole("VIEWS.mrr_by_segment_monthly WHERE segment = 'csm'"),
		"another segment is it as well": whole("VIEWS.mrr_by_segment_monthly WHERE segment = 'tier'"),
		"a plan ends at its rows": `SELECT count() FROM (SELECT month, source, plan_id, currency, sum(a) AS m, sum(c) AS n FROM (
			SELECT month, source, plan_id, currency, ending_mrr AS a, toInt64(customers) AS c FROM VIEWS.mrr_by_plan_monthly
			UNION ALL SELECT month, source, plan_id, currency, -sum(mrr), -toInt64(uniqExact(account_id)) FROM VIEWS.mrr_monthly GROUP BY ALL) GROUP BY ALL) WHERE m != 0 OR n != 0`,
		"a segment ends at its rows": `SELECT count() FROM (SELECT month, value, currency, sum(a) AS m, sum(c) AS n FROM (
			SELECT month, value, currency, ending_mrr AS a, toInt64(customers) AS c FROM VIEWS.mrr_by_segment_monthly WHERE segment = 'csm'
			UNION ALL SELECT month, seg_csm, currency, -sum(mrr), -toInt64(uniqExact(account_id)) FROM VIEWS.mrr_monthly GROUP BY ALL) GROUP BY ALL) WHERE m != 0 OR n != 0`,
		"a cohort begins with its new amounts": `SELECT count() FROM (SELECT cohort, currency, sum(b) AS d FROM (
			SELECT cohort, currency, base_mrr AS b FROM VIEWS.cohorts_monthly WHERE age = 0
			UNION ALL SELECT month, currency, -new_mrr FROM VIEWS.mrr_waterfall_monthly) GROUP BY ALL) WHERE d != 0`,
		"cohorts are the company": `SELECT count() FROM (SELECT month, currency, sum(m) AS d, sum(n) AS heads FROM (
			SELECT month, currency, mrr AS m, toInt64(customers) AS n FROM VIEWS.cohorts_monthly
			UNION ALL SELECT month, currency, -ending_mrr, 0 FROM VIEWS.mrr_waterfall_monthly
			UNION ALL SELECT month, currency, 0, -toInt64(customers_end) FROM VIEWS.retention_monthly) GROUP BY ALL) WHERE d != 0 OR heads != 0`,
		"cohorts have no gaps": `SELECT count() FROM (SELECT cohort, currency, count() AS n, max(age) AS last, max(month) AS final, uniqExact(base_mrr) AS bases FROM VIEWS.cohorts_monthly GROUP BY ALL)
			WHERE n != last + 1 OR final != toStartOfMonth(` + through + `) OR bases != 1`,
		"cohorts in the reporting currency are the company": `SELECT count() FROM (SELECT month, sum(m) AS d, sum(n) AS heads, sum(b) AS base FROM (
			SELECT month, mrr AS m, toInt64(customers) AS n, if(age = 0, base_mrr, 0) AS b FROM VIEWS.cohorts_monthly_reporting
			UNION ALL SELECT month, -ending_mrr, 0, -new_mrr FROM VIEWS.mrr_waterfall_monthly_reporting
			UNION ALL SELECT month, 0, -toInt64(customers_end), 0 FROM VIEWS.retention_monthly_reporting) GROUP BY ALL) WHERE d != 0 OR heads != 0 OR base != 0`,
		"customers of a month add up over currencies": `SELECT count() FROM VIEWS.retention_monthly_reporting
			WHERE customers_start + customers_new + customers_reactivated != customers_end + customers_churned OR grr > 1 OR grr > nrr OR grr < 0`,
		"customers over currencies are those of the last day": `SELECT count() FROM (SELECT sum(n) AS d, date FROM (
			SELECT least(` + after + `, ` + through + `) AS date, toInt64(customers_end) AS n FROM VIEWS.retention_monthly_reporting
			UNION ALL SELECT date, -toInt64(customers) FROM VIEWS.mrr_totals_daily_reporting WHERE date = least(toLastDayOfMonth(date), ` + through + `)) GROUP BY date) WHERE d != 0`,
		// Both ends of an account's month at the rates of its start, where all currencies have one, those too that come and go within it. Each item is converted and rounded by
		// itself: a start of a few cents is no measure.
		"retention in the reporting currency is that of the accounts' levels": `SELECT count() FROM (
			WITH worth AS (SELECT currency, date + 1 AS month, rate FROM STORE.rates WHERE ` + published + `),
				ends AS (SELECT month, currency, account_id, sum(mrr) AS level FROM VIEWS.mrr_monthly GROUP BY ALL),
				pairs AS (SELECT month, currency, account_id, sum(a) AS before, sum(b) AS after FROM (
					SELECT month, currency, account_id, toDecimal128(0, 4) AS a, level AS b FROM ends
					UNION ALL SELECT addMonths(month, 1), currency, account_id, level, 0 FROM ends) GROUP BY ALL),
				accounts AS (SELECT month, account_id, sum(toFloat64(before) * toFloat64(rate)) AS b, sum(toFloat64(after) * toFloat64(rate)) AS a, max(rate = 0) AS unrated
					FROM pairs ANY LEFT JOIN worth USING (currency, month) GROUP BY ALL)
			SELECT month, sum(n) AS n1, sum(g) AS g1, max(unrated) AS skip FROM (
				SELECT month, nrr AS n, grr AS g, 0 AS unrated FROM VIEWS.retention_monthly_reporting
				UNION ALL SELECT month, -if(sum(b) = 0, 0, sumIf(a, b > 0) / sum(b)), -if(sum(b) = 0, 0, sumIf(least(a, b), b > 0) / sum(b)), max(unrated) OR sum(b) < 1
					OR month IN (SELECT toStartOfMonth(date) FROM VIEWS.mrr_movements WHERE (currency, toStartOfMonth(date)) NOT IN (SELECT currency, month FROM worth))
					FROM accounts WHERE month <= ` + through + ` GROUP BY month)
			GROUP BY month) WHERE NOT skip AND (abs(n1) > 0.002 OR abs(g1) > 0.002)`,
		"the future closes": `SELECT count() FROM (SELECT *, any(committed_mrr) OVER w AS before, any(month) OVER w AS earlier, row_number() OVER (PARTITION BY currency ORDER BY month) AS n
			FROM VIEWS.mrr_forward_monthly WINDOW w AS (PARTITION BY currency ORDER BY month ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING))
			WHERE starting_mrr + trial_mrr + ramp_mrr + discount_mrr + other_mrr - ended_mrr != committed_mrr OR least(starting_mrr, ended_mrr, committed_mrr, scheduled_mrr) < 0
				OR if(n = 1, month != toStartOfMonth(` + through + ` + 1), starting_mrr != before OR addMonths(earlier, 1) != month)`,
		"the future begins with the present": `SELECT count() FROM (SELECT currency, sum(m) AS d FROM (
			SELECT currency, starting_mrr AS m FROM VIEWS.mrr_forward_monthly WHERE month = toStartOfMonth(` + through + ` + 1)
			UNION ALL SELECT currency, -mrr FROM VIEWS.mrr_daily WHERE date = ` + through + `) GROUP BY currency) WHERE d != 0`,
		"the future is that of the periods": `SELECT count() FROM (
			SELECT month, currency, any(committed_mrr) AS c, any(scheduled_mrr) AS s, sumIf(mrr, here) AS m, sumIf(mrr, here AND scheduled) AS h FROM (
				SELECT *, valid_from <= ` + after + ` AND valid_to > ` + after + ` AS here
				FROM VIEWS.mrr_forward_monthly AS f
				INNER JOIN (SELECT currency, valid_from, valid_to, mrr, scheduled FROM STORE.periods WHERE ` + published + `) AS p USING (currency))
			GROUP BY month, currency) WHERE c != m OR s != h`,
		"the company's benchmarks are those of its waterfall": `SELECT count() FROM (SELECT month, sum(v) AS d FROM (
			SELECT month, value AS v FROM VIEWS.benchmarks_monthly WHERE metric = 'gross_churn' AND scope = 'company'
			UNION ALL SELECT month, -if(starting_mrr = 0, 0, toFloat64(contraction_mrr + churned_mrr) / toFloat64(starting_mrr)) FROM VIEWS.mrr_waterfall_monthly_reporting)
			GROUP BY month) WHERE abs(d) > 0.000001`,
		"what CSMs manage is no more than there is": "SELECT count() FROM VIEWS.benchmarks_monthly WHERE metric = 'managed_share' AND (value < 0 OR value > 1.000001)",
	}
}
