package views_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"mrrsync/connectors/billing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// all are the views that there must be, by name.
func all(s *store) []string {
	s.t.Helper()
	return strings.Fields(s.one("SELECT arrayStringConcat(arraySort(groupArray(name)), ' ') FROM system.tables WHERE concat('`', database, '`') = " + q(s.schema.DB())))
}

// company fills a store with the small company, published as load 3: its
// January comes from load 2, load 1 is superseded and load 4 is not published.
func company(t *testing.T, database string) *store {
	s := newStore(t, database)
	lines := readCompany(t, "testdata/company.txt")
	first, through := day(t, "2026-01-15"), day(t, "2026-04-10")
	s.fill(1, lines[:1], day(t, "2026-02-20"))
	s.publish(1, first, day(t, "2026-02-20"), day(t, "2026-02-20"), nil)
	s.fill(2, lines, through)
	s.fill(3, lines, through)
	s.ask("ALTER TABLE STORE.daily DROP PARTITION (202601, 3)")
	s.fill(4, lines, through)
	s.others()
	s.publish(3, first, through, day(t, "2026-04-09"), map[int]uint64{202601: 2})
	return s
}

// others fills the tables that do not follow from periods.
func (s *store) others() {
	s.insert("customers", "load_id,source,customer_id,account_id,name,email,currency,country,created_at,deleted,first_mrr_date,segments", []string{
		"3,'main','cus_a','acme','Acme \"<b>\" & Söhne','a@acme.test','USD','DE','2026-01-01',false,'2026-01-15',map('csm','ada','tier','smb')",
		"3,'main','cus_c','core','Core','','USD','','2026-01-20',false,'2026-02-01',map('csm','bo')",
		"3,'main','cus_d','delta','Delta','','EUR','FR','2026-02-01',true,'2026-02-05',map()",
		"3,'emea','9001','delta','Delta SA','','EUR','FR','2026-04-01',false,'2026-02-05',map()",
		"3,'main','cus_e','eon','Eon','','EUR','','2026-02-01',false,'2026-02-01',map()",
		"3,'main','cus_f','fuji','富士','','JPY','JP','2026-03-01',false,'2026-03-03',map()",
		"3,'main','cus_z','zero','Never paid','','','','1970-01-01',false,'1970-01-01',map()",
		"4,'main','cus_x','xeno','Not published','','','','1970-01-01',false,'1970-01-01',map()",
	})
	s.insert("subscriptions", "load_id,source,customer_id,account_id,subscription_id,name,currency,status,start_date,end_date,cancel_date,trial_end,has_provider_mrr,provider_mrr,segments", []string{
		"3,'main','cus_a','acme','sub_a','Team','USD','active','2026-01-10','2149-06-06','2149-06-06','2026-01-15',false,0,map('csm','ada','tier','smb')",
		"3,'main','cus_c','core','sub_c','','USD','canceled','2026-02-01','2026-02-28','2149-06-06','1970-01-01',false,0,map()",
		"3,'main','cus_d','delta','sub_d','','EUR','canceled','2026-02-05','2026-04-05','2149-06-06','1970-01-01',false,0,map()",
		"3,'emea','9001','delta','S1','','EUR','non_renewing','2026-04-05','2026-12-31','2026-12-31','1970-01-01',true,120.5,map()",
		"3,'main','cus_z','zero','sub_z','','USD','trialing','2026-04-01','2149-06-06','2149-06-06','2026-05-01',false,0,map()",
	})
	lines := []string{}
	for _, l := range [][4]string{
		{"in_1", "il_1", "100.0000", "committed"},
		{"in_1", "il_1", "-10.0000", "discount"},
		{"in_1", "il_1", "17.1000", "tax"},
		{"in_1", "", "-7.1000", "credit"},
		{"cn_1", "cnli_1", "-20.0000", "committed"},
	} {
		for _, load := range []string{"2", "3"} { // January is under load 2: what load 3 has there is not published
			amount := l[2]
			if load == "3" {
				amount = "999"
			}
			lines = append(lines, fmt.Sprintf("%s,'main',%s,%s,'cus_a','acme','sub_a','basic','2026-01-15','2026-01-15','2026-02-15','USD',%s,%s", load, q(l[0]), q(l[1]), amount, q(l[3])))
		}
	}
	lines = append(lines, "3,'main','in_2','il_2','cus_c','core','sub_c','pro','2026-02-01','2026-02-01','2026-03-01','USD',400,'committed'")
	s.insert("invoice_lines", "load_id,source,invoice_id,line_id,customer_id,account_id,subscription_id,plan_id,issued_at,period_start,period_end,currency,amount,treatment", lines)
	s.insert("rejects", "load_id,source,customer_id,kind,id,code,detail,object_kind,object_id,object_version,first_seen", []string{
		"3,'main','cus_x','item','si_x','tax_unknown','the price includes tax at a rate that is not known','subscription','sub_x',5,'2026-04-01 02:00:00'",
		"1,'main','cus_x','item','si_old','tax_unknown','mended since','subscription','sub_x',4,'2026-03-01 02:00:00'",
	})
	s.insert("runs", "run,seq,verb,status,started_at,finished_at,through,load_id,policy_hash,exit_code,receipt,error", []string{
		"7,1,'sync','running','2026-04-11 02:00:00','1970-01-01 00:00:00','2026-04-10',0,'hash',0,'',''",
		"7,2,'sync','partial','2026-04-11 02:00:00','2026-04-11 02:00:09.5','2026-04-10',3,'hash',3,'{}','emea: 401'",
		"8,1,'plan','running','2026-04-12 02:00:00','1970-01-01 00:00:00','2026-04-11',0,'hash',0,'',''",
	})
	s.insert("run_sources", "run,source,seq,status,started_at,finished_at,requests,listed,landed,rejected,error", []string{
		"6,'emea',1,'done','2026-04-10 02:00:00','2026-04-10 02:00:05',3,30,30,0,''",
		"7,'main',1,'failed','2026-04-11 02:00:00','2026-04-11 02:00:01',1,0,0,0,'reset'",
		"7,'main',2,'done','2026-04-11 02:00:00','2026-04-11 02:00:08',10,100,12,1,''",
		"7,'emea',1,'failed','2026-04-11 02:00:00','2026-04-11 02:00:02',2,0,0,0,'401: the key was refused'",
		"7,'spare',1,'skipped','2026-04-11 02:00:00','2026-04-11 02:00:00',0,0,0,0,''",
	})
	s.insert("completeness", "run,source,stream,seq,listed,landed,missing", []string{
		"7,'main','invoices',1,100,99,1", "7,'main','invoices',2,100,100,0", "7,'main','customers',1,8,8,0",
	})
}

// TestGolden compares every view over the small company with a text that was
// checked by hand.
func TestGolden(t *testing.T) {
	s := company(t, "golden")
	for _, view := range all(s) {
		t.Run(view, func(t *testing.T) {
			got := s.ask("SELECT * FROM VIEWS." + view + " ORDER BY ALL")
			// What a client is told of the types must be what the view declares.
			declared := s.one("SELECT arrayStringConcat(groupArray(type), '\t') FROM (SELECT type FROM system.columns WHERE database = " + q(s.schema.Database) + " AND table = " + q(view) + " ORDER BY position)")
			if types := strings.Split(got, "\n")[1]; types != strings.ReplaceAll(declared, `\t`, "\t") {
				t.Errorf("%s answers types %s, but declares %s", view, types, declared)
			}
			file := "testdata/" + view + ".golden"
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", view, diff)
			}
		})
	}
}

// TestEmpty: before anything is published every view is there and has no rows.
func TestEmpty(t *testing.T) {
	s := newStore(t, "empty")
	s.fill(9, readCompany(t, "testdata/company.txt"), day(t, "2026-04-10")) // written, not published
	views := all(s)
	if len(views) < 15 {
		t.Fatalf("there are only %d views: %v", len(views), views)
	}
	for _, view := range views {
		if got := s.one("SELECT count() FROM VIEWS." + view); got != "0" {
			t.Errorf("%s has %s rows before anything is published", view, got)
		}
	}
}

// TestSettings: what a client has set for its own queries does not reach into the
// views.
func TestSettings(t *testing.T) {
	s := company(t, "settings")
	for _, view := range all(s) {
		plain := s.ask("SELECT * FROM VIEWS." + view + " ORDER BY ALL")
		for _, setting := range []string{"join_use_nulls = 1", "prefer_column_name_to_alias = 1", "union_default_mode = 'DISTINCT'", "transform_null_in = 1", "date_time_output_format = 'simple', session_timezone = 'Asia/Tokyo'"} {
			if diff := cmp.Diff(plain, s.ask("SELECT * FROM VIEWS."+view+" ORDER BY ALL SETTINGS "+setting)); diff != "" {
				t.Errorf("%s with %s (-without +with):\n%s", view, setting, diff)
			}
		}
	}
}

// TestComments: every view and every column says what it is, and none is
// Nullable.
func TestComments(t *testing.T) {
	s := newStore(t, "comments")
	db := q(s.schema.Database)
	if got := s.one("SELECT groupArray(name) FROM system.tables WHERE database = " + db + " AND comment = ''"); got != "[]" {
		t.Errorf("views without comment: %s", got)
	}
	if got := s.one("SELECT groupArray(concat(table, '.', name)) FROM system.columns WHERE database = " + db + " AND (comment = '' OR position(type, 'Nullable') > 0)"); got != "[]" {
		t.Errorf("columns without comment, or Nullable: %s", got)
	}
	if got := s.one("SELECT count() FROM system.columns WHERE database = " + db + " AND name IN ('seg_csm', 'seg_tier')"); got != "10" {
		t.Errorf("%s segment columns, want one for each of two segments on five views", got)
	}
	// Amounts say their unit.
	if got := s.one("SELECT groupArray(concat(table, '.', name)) FROM system.columns WHERE database = " + db +
		" AND type LIKE 'Decimal%' AND name NOT IN ('quantity') AND position(comment, 'major units') = 0"); got != "[]" {
		t.Errorf("amounts that don't say their unit: %s", got)
	}
}

// TestLaws: on random companies the waterfalls close, and whatever is summed
// equals the daily rows.
func TestLaws(t *testing.T) {
	s := newStore(t, "laws")
	load := uint64(0)
	rapid.Check(t, func(rt *rapid.T) {
		load++ // each company is a load of its own, published over those before
		first := day(t, "2026-01-20")
		lines := randomCompany(rt, first)
		through := first + billing.Date(rapid.IntRange(40, 110).Draw(rt, "through"))
		s.fill(load, lines, through)
		s.publish(load, first, through, through, nil)
		for law, sql := range laws() {
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
		for range rapid.IntRange(1, 3).Draw(rt, "periods") {
			until := at + billing.Date(rapid.IntRange(1, 50).Draw(rt, "days"))
			if rapid.IntRange(0, 4).Draw(rt, "open") == 0 {
				until = billing.Forever
			}
			lines = append(lines, period{
				source: rapid.SampledFrom([]string{"main", "emea"}).Draw(rt, "source"), customer: "cus_" + account, account: account,
				subscription: fmt.Sprint("sub_", i/2), item: fmt.Sprint("si_", i), plan: "p", quantity: "1",
				currency: []string{"USD", "EUR", "JPY"}[i%3], from: at, until: until,
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

// TestOneLoad: a statement over several views sees one load in all of them,
// though loads are published while it is prepared. The engine is made slow at
// the one place where that could go wrong.
func TestOneLoad(t *testing.T) {
	s := newStore(t, "one_load")
	lines := readCompany(t, "testdata/company.txt")
	first, through := day(t, "2026-01-15"), day(t, "2026-04-10")
	const loads = 12
	for load := range uint64(loads) {
		for i := range lines { // each load has other amounts
			if !lines[i].mrr.IsZero() {
				lines[i].mrr = lines[i].mrr.Add(decimal.New(1, 0))
			}
		}
		s.fill(load+1, lines, through)
	}
	s.publish(1, first, through, through, nil)
	published := make(chan struct{})
	go func() {
		defer close(published)
		for load := range uint64(loads - 1) {
			s.publish(load+2, first, through, through, nil)
			time.Sleep(60 * time.Millisecond)
		}
	}()
	seen := map[string]bool{}
	for reading := true; reading; {
		select {
		case <-published:
			reading = false
		default:
		}
		got := strings.Split(s.one(`SELECT d, w, t, load FROM
			(SELECT sum(mrr) AS d FROM VIEWS.mrr_daily) AS d, (SELECT sum(ending_mrr) AS w FROM VIEWS.mrr_waterfall_daily) AS w,
			(SELECT sum(mrr) AS t FROM VIEWS.mrr_totals_daily) AS t, (SELECT load_id AS load FROM VIEWS.loads WHERE status = 'current') AS l
			SETTINGS merge_tree_storage_snapshot_sleep_ms = 15`), "\t")
		if len(got) != 4 || got[0] != got[1] || got[0] != got[2] {
			t.Errorf("one statement saw %v", got)
		}
		seen[got[len(got)-1]] = true
	}
	if len(seen) < 2 {
		t.Errorf("only loads %v were seen: nothing was published while reading", seen)
	}
}
