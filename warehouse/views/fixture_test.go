package views_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/fixture"
	"mrrsync/warehouse"
	"mrrsync/warehouse/chdb"
)

// engine is the one engine of this test binary; every test has databases of
// its own in it.
var engine *chdb.DB

func TestMain(m *testing.M) {
	// A company costs a dozen statements, so fewer of them than rapid draws by itself; -rapid.checks asks for more.
	if err := flag.Set("rapid.checks", "12"); err != nil {
		panic(err)
	}
	flag.Parse()
	fixture.Main(m, &engine)
}

// store is a pair of databases with all tables and views, filled by hand.
type store struct {
	t      testing.TB
	schema warehouse.Schema
}

func newStore(t testing.TB, database string) *store {
	t.Helper()
	return newStoreOf(t, warehouse.Schema{Target: warehouse.Embedded, Database: database, Segments: []string{"csm", "tier"}})
}

func newStoreOf(t testing.TB, schema warehouse.Schema) *store {
	t.Helper()
	s := &store{t, schema}
	ddl, err := s.schema.DDL()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range ddl {
		if err := engine.Query(t.Context(), d.SQL, "Null", nil, &bytes.Buffer{}); err != nil {
			t.Fatalf("%s: %v", d.Name, err)
		}
	}
	return s
}

// ask runs a statement, STORE and VIEWS standing for the databases. The answer
// begins with a line of names and a line of types.
func (s *store) ask(sql string) string {
	s.t.Helper()
	var b bytes.Buffer
	sql = strings.NewReplacer("STORE", s.schema.Store(), "VIEWS", s.schema.DB()).Replace(sql)
	if err := engine.Query(s.t.Context(), sql, "TSVWithNamesAndTypes", nil, &b); err != nil {
		s.t.Fatalf("%s: %v", sql[:min(len(sql), 400)], err)
	}
	return b.String()
}

// one is the single value that a statement answers.
func (s *store) one(sql string) string {
	s.t.Helper()
	lines := strings.SplitN(s.ask(sql), "\n", 3)
	return strings.TrimSuffix(lines[len(lines)-1], "\n")
}

// insert writes rows of SQL expressions.
func (s *store) insert(table string, columns string, rows []string) {
	s.t.Helper()
	for chunk := range slices.Chunk(rows, 5000) {
		s.ask("INSERT INTO STORE." + table + " (" + columns + ") VALUES (" + strings.Join(chunk, "), (") + ")")
	}
}

// period is one line of a company.
type period struct {
	source, customer, account, subscription, item, plan, currency string
	from, until                                                   billing.Date
	mrr                                                           decimal.Decimal
	quantity                                                      string
	segments                                                      map[string]string
	scheduled                                                     bool
}

func readCompany(t testing.TB, name string) []period {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var all []period
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		p := period{
			source: f[0], customer: f[1], account: f[2], subscription: f[3], item: f[4], plan: f[5], currency: f[6],
			from: day(t, f[7]), until: day(t, f[8]), mrr: decimal.RequireFromString(f[9]), quantity: f[10],
			scheduled: len(f) > 12 && f[12] == "scheduled",
		}
		if f[11] != "-" {
			p.segments = map[string]string{}
			for pair := range strings.SplitSeq(f[11], ",") {
				k, v, _ := strings.Cut(pair, "=")
				p.segments[k] = v
			}
		}
		all = append(all, p)
	}
	return all
}

func day(t testing.TB, s string) billing.Date {
	t.Helper()
	d, err := billing.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// rate is what one unit of a currency was worth in the reporting currency USD:
// it moves every day, so that conversion shows.
func rate(currency string, d billing.Date) decimal.Decimal {
	switch currency {
	case "EUR":
		return decimal.New(10800+int64(d%50), -4)
	case "JPY":
		return decimal.New(67, -4)
	}
	return decimal.New(1, 0)
}

// q writes a string literal.
func q(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (p period) ids() string {
	return strings.Join([]string{q(p.source), q(p.customer), q(p.account), q(p.subscription), q(p.item)}, ",")
}

func (p period) tags() string {
	var pairs []string
	for _, k := range slices.Sorted(maps.Keys(p.segments)) {
		pairs = append(pairs, q(k), q(p.segments[k]))
	}
	return "map(" + strings.Join(pairs, ",") + ")"
}

// fill writes periods, movements and days of a company under one load, as the
// law says and by the plainest code that can: day by day. Movements may lie
// after through, days may not.
func (s *store) fill(load uint64, company []period, through billing.Date) {
	s.t.Helper()
	var periods, days []string
	for _, p := range company {
		periods = append(periods, fmt.Sprintf("%d,%s,%s,%s,%s,%s,%s,'%s','%s',%s,%s,%v,%s,1,'subscription',%s,1,'rule',[]",
			load, p.ids(), q("prod_"+p.plan), q("Product "+p.plan), q(p.plan), q("Plan "+p.plan), q(p.currency),
			p.from.Time().Format("2006-01-02"), p.until.Time().Format("2006-01-02"), p.quantity, p.mrr, p.scheduled, p.tags(), q(p.subscription)))
		if p.scheduled || p.mrr.IsZero() {
			continue
		}
		for d := p.from; d < p.until && d <= through; d++ {
			days = append(days, fmt.Sprintf("%d,%s,%s,%s,%s,%s,%s,'%s',%s,%s,%s,%s",
				load, p.ids(), q("prod_"+p.plan), q("Product "+p.plan), q(p.plan), q("Plan "+p.plan), q(p.currency),
				d, p.quantity, p.mrr, p.mrr.Mul(rate(p.currency, d)).Round(4), p.tags()))
		}
	}
	s.insert("periods", "load_id,source,customer_id,account_id,subscription_id,item_id,product_id,product_name,plan_id,plan_name,currency,valid_from,valid_to,quantity,mrr,scheduled,segments,evidence,object_kind,object_id,object_version,rule,refs", periods)
	s.insert("daily", "load_id,source,customer_id,account_id,subscription_id,item_id,product_id,product_name,plan_id,plan_name,currency,date,quantity,mrr,mrr_reporting,segments", days)
	var moves []string
	for _, m := range move(company) {
		reason := "quantity"
		if m.transfer {
			reason = "transfer"
		}
		moves = append(moves, fmt.Sprintf("%d,'%s',%s,%s,%s,%s,'%s',%s,%s,%s,%v,%s,'event','evt_1',1",
			load, m.date, m.ids(), q("prod_"+m.plan), q(m.plan), q(m.currency), m.kind, m.amount,
			m.amount.Mul(rate(m.currency, m.date)).Round(4), q(reason), m.scheduled, m.tags()))
	}
	s.rates(load, company, through)
	s.insert("movements", "load_id,date,source,customer_id,account_id,subscription_id,item_id,product_id,plan_id,currency,movement,amount,amount_reporting,reason,scheduled,segments,object_kind,object_id,object_version", moves)
}

// rates writes the rate of each currency on every day from its first one.
func (s *store) rates(load uint64, company []period, through billing.Date) {
	var rows []string
	for _, currency := range names(company, func(p period) string { return p.currency }) {
		first := billing.Forever
		for _, p := range company {
			if p.currency == currency {
				first = min(first, p.from)
			}
		}
		for d := first; d <= through; d++ {
			rows = append(rows, fmt.Sprintf("%d,%s,'%s',%s", load, q(currency), d, rate(currency, d)))
		}
	}
	s.insert("rates", "load_id,currency,date,rate", rows)
}

// movement is the change of one item on one day, typed at its account.
type movement struct {
	period
	date     billing.Date
	kind     string
	amount   decimal.Decimal
	transfer bool
}

// move compares each day with the day before, account by account.
func move(company []period) []movement {
	var all []movement
	for _, account := range names(company, func(p period) string { return p.account }) {
		mine := only(company, func(p period) bool { return p.account == account && !p.mrr.IsZero() })
		scheduled := only(mine, func(p period) bool { return p.scheduled })
		mine = only(mine, func(p period) bool { return !p.scheduled })
		for _, p := range scheduled { // they move nothing that counts
			all = append(all, movement{p, p.from, "new", p.mrr, false})
		}
		var turns []billing.Date
		for _, p := range mine {
			turns = append(turns, p.from, p.until)
		}
		slices.Sort(turns)
		ever := false
		for _, d := range slices.Compact(turns) {
			if d == billing.Forever {
				break
			}
			before, after := level(mine, d-1, ""), level(mine, d, "")
			for _, currency := range names(mine, func(p period) string { return p.currency }) {
				change := level(mine, d, currency).Sub(level(mine, d-1, currency))
				kind := "expansion"
				switch {
				case before.IsZero() && ever:
					kind = "reactivation"
				case before.IsZero():
					kind = "new"
				case after.IsZero():
					kind = "churn"
				case change.IsNegative():
					kind = "contraction"
				}
				all = append(all, itemMoves(mine, d, currency, kind, change.IsZero())...)
			}
			ever = ever || !after.IsZero()
		}
	}
	return all
}

func itemMoves(mine []period, d billing.Date, currency, kind string, transfer bool) []movement {
	var all []movement
	of := func(p period) string { return p.source + " " + p.item + " " + p.plan } // an item that changes its plan has a row for each
	for _, item := range names(mine, of) {
		rows := only(mine, func(p period) bool { return of(p) == item && p.currency == currency })
		change := level(rows, d, currency).Sub(level(rows, d-1, currency))
		if change.IsZero() {
			continue
		}
		row := rows[0]
		for _, p := range rows { // the terms that hold, else those that held
			if p.from <= d && d <= p.until {
				row = p
			}
		}
		all = append(all, movement{row, d, kind, change, transfer})
	}
	return all
}

func level(rows []period, d billing.Date, currency string) decimal.Decimal {
	var sum decimal.Decimal
	for _, p := range rows {
		if p.from <= d && d < p.until && (currency == "" || p.currency == currency) {
			sum = sum.Add(p.mrr)
		}
	}
	return sum
}

func names(rows []period, of func(period) string) []string {
	var all []string
	for _, p := range rows {
		all = append(all, of(p))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func only(rows []period, keep func(period) bool) []period {
	return slices.DeleteFunc(slices.Clone(rows), func(p period) bool { return !keep(p) })
}

// publish makes a load what readers see. Months of daily and of invoice lines
// are under part, by YYYYMM, where that says so, else under the load itself.
func (s *store) publish(load uint64, first, through, final billing.Date, part map[int]uint64) {
	s.t.Helper()
	rows := []string{fmt.Sprintf("%d,'',0,0,%d,0,'2026-04-11 02:00:00','%s','%s','%s','USD','hash',true,map('main',7),map('main','%s','emea','%s'),8,map('periods',12)",
		load, load, through, final, first, through, final)}
	for _, table := range []string{"rates", "periods", "movements", "customers", "subscriptions", "rejects", "day_totals", "cohort_months", "slice_months"} {
		rows = append(rows, fmt.Sprintf("%d,%s,0,%d,0,0,0,0,0,0,'','',false,map(),map(),0,map()", load, q(table), load))
	}
	var daily []string
	for m := first.Month(); m <= through; m = m.AddMonths(1) {
		t := m.Time()
		bucket := t.Year()*100 + int(t.Month())
		for _, table := range []string{"daily", "invoice_lines"} {
			at, ok := part[bucket]
			if !ok {
				at = load
			}
			rows = append(rows, fmt.Sprintf("%d,%s,%d,%d,0,0,0,0,0,0,'','',false,map(),map(),0,map()", load, q(table), bucket, at))
			if table == "daily" {
				daily = append(daily, fmt.Sprintf("(%d,%d)", bucket, at))
			}
		}
	}
	s.summarize(load, through, daily)
	s.insert("manifest", "load_id,table,bucket,part_load,run,base,published_at,through,final_through,first_date,reporting_currency,policy_hash,complete,seals,covered,derived,rows", rows)
}

// summarize adds up a load, as building it does.
func (s *store) summarize(load uint64, through billing.Date, daily []string) {
	s.t.Helper()
	all, err := s.schema.Summaries()
	if err != nil {
		s.t.Fatal(err)
	}
	params := map[string]string{"through": through.String(), "converts": "true", "daily": "[" + strings.Join(daily, ",") + "]"}
	for _, name := range []string{"id", "periods", "movements", "rates"} {
		params[name] = fmt.Sprint(load)
	}
	for _, sum := range all {
		if err := engine.Query(s.t.Context(), sum.SQL, "Null", params, &bytes.Buffer{}); err != nil {
			s.t.Fatalf("%s: %v\n%s", sum.Name, err, sum.SQL)
		}
	}
}
