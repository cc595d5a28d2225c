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

	"mrrsync/connectors/billing"
	"mrrsync/warehouse"
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
		// The provider's own figures, each different for a reason of its own.
		"3,'main','cus_b','bolt','sub_b','','USD','active','2026-01-31','2149-06-06','2149-06-06','1970-01-01',true,83.33,map()",
		"3,'main','cus_c','core','sub_c2','','USD','active','2026-04-01','2149-06-06','2149-06-06','1970-01-01',true,250,map()",
		"3,'main','cus_f','fuji','sub_f','','JPY','paused','2026-03-03','2149-06-06','2149-06-06','1970-01-01',true,12000,map()",
		"3,'main','cus_h','hive','sub_h','','USD','active','2026-04-11','2149-06-06','2149-06-06','1970-01-01',true,900,map()",
		"3,'main','cus_x','xeno','sub_x','','USD','active','2026-01-01','2149-06-06','2149-06-06','1970-01-01',true,75,map()",
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
	for _, u := range [][4]string{ // usage of January is billed in February, of February in March, of March not at all
		{"2026-02-01", "2026-01-01", "40", "committed_usage"},
		{"2026-02-01", "2026-01-01", "10", "uncommitted_usage"},
		{"2026-03-01", "2026-02-01", "25.5", "uncommitted_usage"},
	} {
		from := day(s.t, u[1])
		lines = append(lines, fmt.Sprintf("3,'main','in_u%s','il_u','cus_a','acme','sub_a','meter','%s','%s','%s','USD',%s,%s", u[0][:7], u[0], from, from.AddMonths(1), u[2], q(u[3])))
	}
	for i := range lines {
		owner := "map('csm','ann')"
		if strings.Contains(lines[i], "'2026-01-") {
			owner = "map('csm','ann','tier','smb')"
		}
		lines[i] += "," + owner
	}
	s.insert("invoice_lines", "load_id,source,invoice_id,line_id,customer_id,account_id,subscription_id,plan_id,issued_at,period_start,period_end,currency,amount,treatment,segments", lines)
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
		"5,'emea',1,'skipped','2026-04-11 02:00:00','2026-04-11 02:00:00',0,0,0,0,''", // in the instant in which run 7 began
		"6,'emea',1,'done','2026-04-10 02:00:00','2026-04-10 02:00:05',3,30,30,0,''",
		"7,'main',1,'failed','2026-04-11 02:00:00','2026-04-11 02:00:01',1,0,0,0,'reset'",
		"7,'main',2,'done','2026-04-11 02:00:00','2026-04-11 02:00:08',10,100,12,1,''",
		"7,'emea',1,'failed','2026-04-11 02:00:00','2026-04-11 02:00:02',2,0,0,0,'401: the key was refused'",
		"7,'spare',1,'skipped','2026-04-11 02:00:00','2026-04-11 02:00:00',0,0,0,0,''",
	})
	s.insert("restatements", "load_id,account_id,currency,valid_from,valid_to,mrr_before,mrr_after,reason,evidence", []string{
		"3,'bolt','USD','2026-01-31','2026-02-21',80,83.3333,'late_evidence','event, invoice'",
		"3,'core','USD','2026-02-01','2026-02-21',0,400,'policy',''",
		"4,'acme','USD','2026-01-15','2026-02-10',50,60,'derivation',''", // of a load that is not published
	})
	s.insert("closings", "load_id,action,month,closed_before,closed_after,at,who,note", []string{
		"1,'close','2026-01-01','1970-01-01','2026-01-31','2026-02-21 09:00:00','ada','January, as reported'",
		"3,'reopen','2026-01-01','2026-01-31','1970-01-01','2026-04-11 02:00:00','bo','a contract was missing'",
		"4,'close','2026-03-01','1970-01-01','2026-03-31','2026-04-12 02:00:00','bo','not published'",
	})
	s.insert("completeness", "run,source,stream,seq,listed,landed,missing", []string{
		"7,'main','invoices',1,100,99,1", "7,'main','invoices',2,100,100,0", "7,'main','customers',1,8,8,0",
	})
	s.insert("completeness_slices", "run,source,stream,slice,seq,listed,landed,missing", []string{
		"7,'main','invoices','created 2026-02',3,60,59,1", "7,'main','invoices','created 2026-02',4,60,60,0", "7,'main','invoices','created 2026-03',3,40,40,0",
	})
	s.insert("field_fill", "run,source,stream,kind,api_version,field,seq,objects,filled", []string{
		"6,'main','invoices','invoice','2023-10-16','lines.data.price',1,300,297",
		"7,'main','invoices','invoice','2023-10-16','lines.data.price',2,40,40", "7,'main','invoices','invoice','2023-10-16','lines.data.price',3,41,0",
		"7,'main','events','event','2020-08-27','data.object',3,0,0",
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

// TestBands: configured reference ranges take the place of the published ones,
// and those that are not configured stay.
func TestBands(t *testing.T) {
	share := decimal.RequireFromString
	bands := map[string]warehouse.Band{
		"net_growth_existing": {From: share("-0.75"), To: share("0.005")}, "net_growth_mid_market": {From: share("0.1"), To: share("0.2")},
		"mrr_growth_early": {From: share("0.02"), To: share("0.04")}, "gross_churn": {From: share("0.001"), To: share("0.9")},
	}
	s := newStoreOf(t, warehouse.Schema{Target: warehouse.Embedded, Database: "bands", Segments: []string{"tier"}, Bands: bands})
	lines := []period{
		{source: "main", customer: "c", account: "c", subscription: "s", item: "i1", plan: "p", currency: "USD", from: day(t, "2026-01-01"), until: billing.Forever, mrr: decimal.NewFromInt(100), quantity: "1", segments: map[string]string{"tier": "Mid-Market"}},
		{source: "main", customer: "c", account: "c", subscription: "s", item: "i2", plan: "p", currency: "USD", from: day(t, "2026-02-10"), until: billing.Forever, mrr: decimal.NewFromInt(3), quantity: "1", segments: map[string]string{"tier": "Mid-Market"}},
	}
	s.fill(1, lines, day(t, "2026-02-28"))
	s.publish(1, day(t, "2026-01-01"), day(t, "2026-02-28"), day(t, "2026-02-28"), nil)
	got := s.ask("SELECT metric, scope, value, band, reference_from, reference_to FROM VIEWS.benchmarks_monthly WHERE month = '2026-02-01' ORDER BY ALL")
	want := `metric	scope	value	band	reference_from	reference_to
LowCardinality(String)	String	Float64	LowCardinality(String)	Float64	Float64
expansion_share	company	1	best in class	0.3	0.4
expansion_share	tier=Mid-Market	1	best in class	0.3	0.4
gross_churn	company	0	low	0.001	0.9
gross_churn	tier=Mid-Market	0	low	0.001	0.9
mrr_growth	company	0.03	within	0.02	0.04
mrr_growth	tier=Mid-Market	0.03	within	0.02	0.04
net_growth_existing	company	0.03	world class	-0.75	0.005
net_growth_existing	tier=Mid-Market	0.03	below	0.1	0.2
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("benchmarks (-want +got):\n%s", diff)
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
	if got := s.one("SELECT count() FROM system.columns WHERE database = " + db + " AND name IN ('seg_csm', 'seg_tier')"); got != "12" {
		t.Errorf("%s segment columns, want one for each of two segments on six views", got)
	}
	// Amounts say their unit.
	if got := s.one("SELECT groupArray(concat(table, '.', name)) FROM system.columns WHERE database = " + db +
		" AND type LIKE 'Decimal%' AND name NOT IN ('quantity') AND position(comment, 'major units') = 0"); got != "[]" {
		t.Errorf("amounts that don't say their unit: %s", got)
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
