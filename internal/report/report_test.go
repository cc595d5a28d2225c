package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/fixture"
	"mrrsync/warehouse"
	"mrrsync/warehouse/chdb"
)

var update = flag.Bool("update", false, "write the golden files anew")

// engine is the one engine of this test binary.
var engine *chdb.DB

func TestMain(m *testing.M) { fixture.Main(m, &engine) }

// views makes a warehouse of its own, filled by a file of SQL; without one it is
// empty.
func views(t *testing.T, database, file string) Source {
	t.Helper()
	schema := warehouse.Schema{Target: warehouse.Embedded, Database: database, Segments: []string{"csm"}}
	var files []string
	if file != "" {
		files = append(files, file)
	}
	if err := fixture.Fill(t.Context(), engine, schema, files...); err != nil {
		t.Fatal(err)
	}
	return connect(t, schema)
}

// company is the warehouse of testdata/company.sql, made when it is first asked
// for: reading changes nothing.
func company(t *testing.T) Source {
	t.Helper()
	filled.Do(func() { views(t, "company", "testdata/company.sql") })
	return connect(t, warehouse.Schema{Target: warehouse.Embedded, Database: "company", Segments: []string{"csm"}})
}

var filled sync.Once

func connect(t *testing.T, schema warehouse.Schema) Source {
	t.Helper()
	conn, err := clickhouse.Open(chdb.Options(engine, "system"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return Source{Conn: conn, Database: schema.DB(), Segments: schema.Segments}
}

func ask(t *testing.T, src Source, name string, q Query) *Table {
	t.Helper()
	r, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	table, err := r.Run(t.Context(), src, q)
	if err != nil {
		t.Fatalf("%s %+v: %v", name, q, err)
	}
	return table
}

// answers tells whether a report has an answer to a query at all.
func answers(r Report, q Query) bool {
	_, err := r.slice(q, nil)
	return err == nil && r.accepts(q) == nil
}

func day(t *testing.T, s string) billing.Date {
	t.Helper()
	d, err := billing.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	file = "testdata/" + file
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
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// TestAnswers compares whole answers with texts that were checked by hand.
func TestAnswers(t *testing.T) {
	src := company(t)
	var all strings.Builder
	for _, c := range []struct {
		name  string
		q     Query
		width int
	}{
		{"waterfall", Query{}, 0},
		{"waterfall", Query{}, 100},
		{"waterfall", Query{Currency: "usd"}, 80},
		{"waterfall", Query{Currency: "USD"}, 60},
		{"waterfall", Query{Currency: Reporting}, 0},
		{"waterfall", Query{From: day(t, "2026-02-15"), To: day(t, "2026-03-01"), Currency: "USD"}, 0},
		{"waterfall", Query{Source: "emea"}, 0},
		{"waterfall", Query{By: "plan"}, 0},
		{"waterfall", Query{By: "csm", Currency: "USD"}, 0},
		{"waterfall", Query{Currency: "XXX"}, 0},
		{"waterfall", Query{Plan: "pro"}, 0},
		{"waterfall", Query{Segment: "csm", Value: "ada"}, 0},
		{"waterfall", Query{Plan: "basic", Segment: "csm", Source: "main"}, 0},
		{"daily", Query{From: day(t, "2026-02-18"), To: day(t, "2026-02-21")}, 0},
		{"daily", Query{From: day(t, "2026-02-18"), To: day(t, "2026-02-21"), Currency: Reporting}, 0},
		{"daily", Query{From: day(t, "2026-03-03"), To: day(t, "2026-03-05"), By: "plan", Currency: "USD"}, 0},
		{"customers", Query{}, 0},
		{"customers", Query{}, 70},
		{"customers", Query{To: day(t, "2026-02-15"), From: day(t, "2026-02-01"), Currency: Reporting, Limit: 2}, 0},
		{"customers", Query{By: "source"}, 0},
		{"customers", Query{Plan: "basic"}, 0},
		{"plans", Query{}, 0},
		{"plans", Query{From: day(t, "2026-02-01"), To: day(t, "2026-02-28"), Currency: "USD", Limit: 1}, 0},
		{"plans", Query{Source: "emea"}, 80},
		{"segments", Query{}, 0},
		{"retention", Query{}, 0},
		{"retention", Query{Currency: Reporting}, 80},
		{"retention", Query{Plan: "basic"}, 0},
		{"retention", Query{Segment: "csm", Value: "ada"}, 0},
		{"retention", Query{By: "source", Currency: "EUR"}, 0},
		{"cohorts", Query{}, 0},
		{"cohorts", Query{Currency: Reporting}, 50},
		{"cohorts", Query{Plan: "pro"}, 0},
		{"cohorts", Query{Source: "main", Segment: "csm", Value: "ada"}, 0},
		{"usage", Query{}, 0},
		{"usage", Query{By: "account"}, 0},
		{"forward", Query{To: day(t, "2026-05-31")}, 0},
		{"forecast", Query{Months: 2}, 0},
		{"forecast", Query{Method: "trend", Months: 3, Currency: "USD"}, 0},
		{"forecast", Query{Method: "cohort", Months: 3, Currency: "USD"}, 0},
		{"benchmarks", Query{}, 0},
		{"movements", Query{Currency: "USD"}, 0},
		{"movements", Query{From: day(t, "2026-03-01"), By: "plan", Currency: Reporting}, 0},
		{"invoices", Query{}, 0},
		{"invoices", Query{Source: "emea"}, 0},
		{"invoices", Query{Plan: "basic"}, 0},
		{"restatements", Query{}, 0},
		{"restatements", Query{From: day(t, "2026-03-01"), To: day(t, "2026-03-01")}, 80},
	} {
		fmt.Fprintf(&all, "== %s %+v in %d columns\n", c.name, c.q, c.width)
		if err := ask(t, src, c.name, c.q).Text(&all, Terminal{Width: c.width}); err != nil {
			t.Fatal(err)
		}
		all.WriteByte('\n')
	}
	golden(t, "answers.golden", all.String())
	for line := range strings.Lines(all.String()) {
		if strings.ContainsAny(line, "\x1b\u202e") {
			t.Errorf("a name brought its escape sequence: %q", line)
		}
	}
}

// TestDailyDefault: without a range a daily report is one screen, up to the last
// published day.
func TestDailyDefault(t *testing.T) {
	src := company(t)
	rows := ask(t, src, "daily", Query{Currency: "USD"}).Rows
	if len(rows) != 31 || rows[0][1] != day(t, "2026-02-08") || rows[30][1] != day(t, "2026-03-10") {
		t.Errorf("%d rows, from %v to %v; want 31 to 2026-03-10", len(rows), rows[0][1], rows[len(rows)-1][1])
	}
}

// TestForecast: what each method makes of a company whose future can be worked
// out by hand.
func TestForecast(t *testing.T) {
	src := views(t, "growing", "testdata/growing.sql")
	for _, c := range []struct {
		method string
		want   []string // month, forecast, low, high
	}{
		// In May a trial waits to convert; in June what there is now ends.
		{"", []string{"2026-05-01 173.1 133.1 173.1", "2026-06-01 40 0 40", "2026-07-01 40 0 40"}},
		// Growth that does not vary leaves no range.
		{"trend", []string{"2026-05-01 146.41 146.41 146.41", "2026-06-01 161.051 161.051 161.051", "2026-07-01 177.1561 177.1561 177.1561"}},
		// The same for those that are there, and 25 new a month, 100 in four, which grow as they did.
		{"cohort", []string{"2026-05-01 171.41 171.41 171.41", "2026-06-01 213.551 213.551 213.551", "2026-07-01 259.9061 259.9061 259.9061"}},
	} {
		table := ask(t, src, "forecast", Query{Method: c.method, Months: 3})
		var got []string
		for _, row := range table.Rows {
			if c.method != "" && row[1] != c.method || c.method == "" && row[1] != "committed" {
				t.Errorf("forecast by %q says it is by %v", c.method, row[1])
			}
			got = append(got, strings.TrimSuffix(fmt.Sprint(row[2:]...), "\n"))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("forecast by %q (-want +got):\n%s", c.method, diff)
		}
	}
}

// TestMachines: CSV and JSON have every digit, and every name as it is but for
// formulas.
func TestMachines(t *testing.T) {
	src := company(t)
	var text bytes.Buffer
	table := ask(t, src, "customers", Query{Currency: "USD"})
	if err := table.CSV(&text); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"USD", "acme", `'=Acme <script>alert(1)</script> & "Söhne"`, "2026-01-05", "1499.5000", "0.9523658304223563", "1600.0000", "100.5000", "1"}
	if diff := cmp.Diff(want, rows[1]); diff != "" {
		t.Errorf("csv (-want +got):\n%s", diff)
	}
	for _, name := range []string{"waterfall", "daily", "customers"} {
		var out bytes.Buffer
		table := ask(t, src, name, Query{})
		if err := table.JSON(&out); err != nil {
			t.Fatal(err)
		}
		var objects []map[string]any
		dec := json.NewDecoder(&out)
		dec.UseNumber()
		if err := dec.Decode(&objects); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(objects) != len(table.Rows) {
			t.Errorf("%s: %d objects for %d rows", name, len(objects), len(table.Rows))
		}
	}
	var out bytes.Buffer
	if err := ask(t, src, "waterfall", Query{Currency: "USD", To: day(t, "2026-01-31")}).JSON(&out); err != nil {
		t.Fatal(err)
	}
	// Growth from nothing is not a number.
	const one = "[\n" + `{"currency":"USD","month":"2026-01-01","starting_mrr":0.0000,"new_mrr":1250.0000,"expansion_mrr":0.0000,"reactivation_mrr":0.0000,"contraction_mrr":0.0000,"churned_mrr":0.0000,"net_new_mrr":1250.0000,"ending_mrr":1250.0000,"growth_rate":null}` + "\n]\n"
	if diff := cmp.Diff(one, out.String()); diff != "" {
		t.Errorf("json (-want +got):\n%s", diff)
	}
}

// TestLongNames: people are shown 300 columns of a text, machines all of it.
func TestLongNames(t *testing.T) {
	name := strings.Repeat("Grüße ", 2_000)
	table := &Table{Columns: []Column{{Name: "name", Title: "Name", Kind: Text}}, Rows: [][]any{{name}}}
	for format, write := range map[string]func(io.Writer) error{
		"table": func(w io.Writer) error { return table.Text(w, Terminal{}) }, "html": table.HTML, "csv": table.CSV, "json": table.JSON,
	} {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		most, all := strings.Count(out.String(), "Grüße"), strings.Count(name, "Grüße")
		if shown := format == "table" || format == "html"; shown && (most < 40 || most > 300/6) || !shown && most != all {
			t.Errorf("%s has %d of %d words", format, most, all)
		}
	}
}

// TestSlices: however it is sliced, each month of a waterfall closes, and the
// slices add up to the whole with nothing but transfers between them.
func TestSlices(t *testing.T) {
	src := company(t)
	sum := func(table *Table) map[string]decimal.Decimal {
		all := map[string]decimal.Decimal{}
		for _, s := range table.sections() {
			for _, row := range s.rows {
				check := decimal.Zero
				for i, c := range s.columns {
					d, _ := row[i].(decimal.Decimal)
					if c.Kind == Money {
						key := fmt.Sprint(s.currency, " ", row[s.at("month")], " ", c.Name)
						all[key] = all[key].Add(d)
					}
					switch {
					case c.Sign == "+", c.Name == "starting_mrr":
						check = check.Add(d)
					case c.Sign == "-", c.Sign == "=":
						check = check.Sub(d)
					}
				}
				if !check.IsZero() {
					t.Errorf("%s does not close: %v", s.title(), row)
				}
			}
		}
		return all
	}
	whole := sum(ask(t, src, "waterfall", Query{}))
	sum(ask(t, src, "waterfall", Query{Currency: Reporting}))
	for _, by := range []string{"source", "product", "plan", "account", "customer", "csm"} {
		parts := sum(ask(t, src, "waterfall", Query{By: by}))
		for key, want := range whole {
			if got := parts[key]; !got.Equal(want) {
				t.Errorf("by %s, %s is %s; the whole is %s", by, key, got, want)
			}
		}
		for key, got := range parts {
			if strings.HasSuffix(key, " transfer_mrr") && !got.IsZero() {
				t.Errorf("by %s, %s is %s: what moves between slices must add up to nothing", by, key, got)
			}
		}
	}
}

// TestParts: what is asked of one source, plan or segment's value is what a slice
// by it says of that one, in every report that can be asked both ways.
func TestParts(t *testing.T) {
	src := company(t)
	for _, c := range []struct {
		by, value string
		q         Query
	}{
		{"source", "main", Query{Source: "main"}},
		{"plan", "pro", Query{Plan: "pro"}},
		{"csm", "ada", Query{Segment: "csm", Value: "ada"}},
		{"csm", "", Query{Segment: "csm"}},
	} {
		for _, name := range []string{"waterfall", "daily", "customers", "retention", "movements"} {
			var want [][]any
			for _, row := range ask(t, src, name, Query{By: c.by}).Rows {
				if row[1] == c.value {
					want = append(want, append([]any{row[0]}, row[2:]...))
				}
			}
			got := ask(t, src, name, c.q).Rows
			if name == "waterfall" && len(got) == 0 || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s of %s %q:\n%v\nits slice says\n%v", name, c.by, c.value, got, want)
			}
		}
	}
}

// TestEmpty: a warehouse without a load answers every report in every format.
func TestEmpty(t *testing.T) {
	src := views(t, "nothing", "")
	for _, r := range Reports() {
		for _, q := range []Query{{}, {Currency: Reporting}, {By: "plan", Currency: "USD"}} {
			if !answers(r, q) {
				continue
			}
			table := ask(t, src, r.Name, q)
			if len(table.Rows) != 0 {
				t.Errorf("%s has rows: %v", r.Name, table.Rows)
			}
			for format, write := range map[string]func(io.Writer) error{
				"text": func(w io.Writer) error { return table.Text(w, Terminal{}) },
				"csv":  table.CSV, "json": table.JSON, "html": table.HTML, "svg": table.SVG,
			} {
				var b bytes.Buffer
				if err := write(&b); err != nil || b.Len() == 0 {
					t.Errorf("%s as %s: %q, %v", r.Name, format, b.String(), err)
				}
			}
		}
	}
	var b bytes.Buffer
	if err := WriteOverview(t.Context(), src, &b, Overview{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "Nothing is published yet") {
		t.Errorf("the overview of nothing: %s", b.String())
	}
}

// TestMistakes: a question that can't be answered says what could be.
func TestMistakes(t *testing.T) {
	src := company(t)
	for _, c := range []struct {
		q    Query
		want string
	}{
		{Query{From: 20000, To: 19000}, "ends on 2022-01-08, before it begins on 2024-10-04"},
		{Query{By: "plan; DROP DATABASE mrr"}, "there are account, csm, customer, plan, product, source"},
		{Query{By: "plan", Currency: Reporting}, "leave source, plan, segment and dimension out"},
		{Query{Segment: "region", Value: "north"}, `no segment "region" is configured; there are csm`},
		{Query{Method: "trend"}, "belong to report forecast"},
	} {
		_, err := waterfall().Run(t.Context(), src, c.q)
		if !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.q, err, c.want)
		}
	}
	for _, c := range []struct {
		r    Report
		q    Query
		want string
	}{
		{plans(), Query{By: "plan"}, "report plans can't be sliced: leave --by out"},
		{plans(), Query{Currency: Reporting}, "leave --currency reporting out, or name a currency"},
		{segments(), Query{Source: "main"}, "leave --source out"},
		{usage(), Query{By: "csm"}, "there are account, customer, source"},
		{forecast(), Query{Method: "hope"}, "there are committed, trend, cohort"},
		{forecast(), Query{Months: 61}, "1 to 60 months"},
		{forecast(), Query{From: 20000}, "say --months"},
	} {
		if _, err := c.r.Run(t.Context(), src, c.q); !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %+v: %v, want %q", c.r.Name, c.q, err, c.want)
		}
	}
	if _, err := Find("watterfall"); !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), "waterfall, daily, customers") {
		t.Errorf("Find: %v", err)
	}
	// Values never become part of a statement.
	for _, evil := range []string{"' OR 1 = 1 --", "\\", "{source:String}", "\t\n'"} {
		for _, q := range []Query{{Currency: evil}, {Source: evil}} {
			if rows := ask(t, src, "customers", q).Rows; len(rows) != 0 {
				t.Errorf("%+v found %v", q, rows)
			}
		}
	}
}

// TestPages: pages and pictures are well-formed, need nothing from elsewhere and
// hold every name as text.
func TestPages(t *testing.T) {
	src := company(t)
	pages := map[string]string{}
	for _, r := range Reports() {
		for _, q := range []Query{{}, {By: "source", Currency: "USD"}, {Limit: 1}} {
			if !answers(r, q) {
				continue
			}
			table := ask(t, src, r.Name, q)
			var page, picture bytes.Buffer
			if err := errors.Join(table.HTML(&page), table.SVG(&picture)); err != nil {
				t.Fatal(err)
			}
			pages[fmt.Sprintf("%s %+v html", r.Name, q)] = page.String()
			pages[fmt.Sprintf("%s %+v svg", r.Name, q)] = picture.String()
		}
	}
	var overview bytes.Buffer
	if err := WriteOverview(t.Context(), src, &overview, Overview{Title: "A <b>company</b>", Notes: []string{"checked & found <i>true</i>"}}); err != nil {
		t.Fatal(err)
	}
	pages["overview html"] = overview.String()
	outside := regexp.MustCompile(`(?i)(src|href)=|url\(|@import|<script|<link|javascript:`)
	for name, text := range pages {
		if at := outside.FindString(strings.ReplaceAll(text, "&lt;script&gt;", "")); at != "" {
			t.Errorf("%s has %q in it", name, at)
		}
		if strings.ContainsAny(text, "\x1b\u202e") {
			t.Errorf("%s has control characters of a name in it", name)
		}
		if strings.Contains(name, "customers") && !strings.Contains(name, "source") && !strings.Contains(text, "Acme &lt;script&gt;") {
			t.Errorf("%s does not name Acme, escaped", name)
		}
		dec := xml.NewDecoder(strings.NewReader(text))
		if strings.HasSuffix(name, "html") { // the head's void elements are HTML's own
			dec.Strict, dec.AutoClose, dec.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
		}
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("%s is not well-formed: %v", name, err)
				break
			}
		}
	}
	for _, want := range []string{"A &lt;b&gt;company&lt;/b&gt;", "&lt;i&gt;true&lt;/i&gt;", "1,666", "all currencies in USD", "Currency by currency", `role="img"`, "<desc "} {
		if !strings.Contains(pages["overview html"], want) {
			t.Errorf("the overview lacks %q", want)
		}
	}
}

func TestAmounts(t *testing.T) {
	for _, c := range []struct {
		in           string
		places       int32
		amount, tiny string
	}{
		{"0", 2, "0.00", "0"},
		{"-0.001", 2, "0.00", "0"},
		{"999.994", 2, "999.99", "1k"},
		{"999.995", 2, "1,000.00", "1k"},
		{"1234567.891", 2, "1,234,567.89", "1.23M"},
		{"-1234.5", 0, "-1,235", "-1.23k"},
		{"100", 0, "100", "100"},
		{"12", 3, "12.000", "12"},
		{"0.05", 2, "0.05", "0.05"},
		{"99950", 0, "99,950", "100k"},
		{"99949", 0, "99,949", "99.9k"},
		{"999499", 0, "999,499", "999k"},
		{"999500", 0, "999,500", "1M"},
		{"12000000000", 0, "12,000,000,000", "12B"},
	} {
		d := decimal.RequireFromString(c.in)
		if got := Amount(d, c.places); got != c.amount {
			t.Errorf("Amount(%s, %d) = %s, want %s", c.in, c.places, got, c.amount)
		}
		if got := brief(d); got != c.tiny {
			t.Errorf("brief(%s) = %s, want %s", c.in, got, c.tiny)
		}
	}
	if Places("JPY") != 0 || Places("kwd") != 3 || Places("USD") != 2 {
		t.Error("places of JPY, KWD, USD")
	}
}

// TestAxis: an axis holds what is drawn on it, with few round numbers.
func TestAxis(t *testing.T) {
	for _, c := range []struct{ lo, hi float64 }{{0, 0}, {0, 1}, {-3, 419073}, {-40, 60}, {0, 0.02}, {0, 999}, {-12e9, 0}, {-5, 5}} {
		s := axisOf(c.lo, c.hi, 5, 100, 0)
		if s.lo > c.lo || s.hi < c.hi {
			t.Errorf("axis of %v is [%v, %v]", c, s.lo, s.hi)
		}
		ticks := s.ticks()
		if len(ticks) < 2 || len(ticks) > 8 {
			t.Errorf("axis of %v has ticks %v", c, ticks)
		}
		zero := false
		for _, v := range ticks {
			zero = zero || v == 0
		}
		if !zero {
			t.Errorf("axis of %v has no zero: %v", c, ticks)
		}
	}
}
