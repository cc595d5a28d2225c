package dashboard

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/audit"
	"mrrsync/internal/fixture"
	"mrrsync/internal/report"
	"mrrsync/warehouse"
	"mrrsync/warehouse/chdb"
)

// engine is the one engine of this test binary.
var engine *chdb.DB

func TestMain(m *testing.M) { fixture.Main(m, &engine) }

const (
	companySQL = "../report/testdata/company.sql"
	nightSQL   = "testdata/night.sql"
)

// house is a warehouse and the dashboard over it.
type house struct {
	*Dashboard
	schema warehouse.Schema
	store  string
	conn   *watched
}

func schemaOf(database string) warehouse.Schema {
	return warehouse.Schema{Target: warehouse.Embedded, Database: database, Segments: []string{"csm"}}
}

// newHouse makes a warehouse of its own, filled by files of SQL.
func newHouse(t *testing.T, database string, files ...string) *house {
	t.Helper()
	fill(t, schemaOf(database), files...)
	return open(t, schemaOf(database))
}

func fill(t testing.TB, schema warehouse.Schema, files ...string) {
	t.Helper()
	if err := fixture.Fill(t.Context(), engine, schema, files...); err != nil {
		t.Fatal(err)
	}
}

// open puts a dashboard over a warehouse.
func open(t testing.TB, schema warehouse.Schema) *house {
	t.Helper()
	h := &house{schema: schema, store: schema.Store()}
	conn, err := clickhouse.Open(chdb.Options(engine, "system"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	h.conn = &watched{Conn: conn}
	h.Dashboard, err = New(Config{
		Views:   report.Source{Conn: h.conn, Database: schema.DB(), Segments: schema.Segments},
		Sources: []string{"main", "emea"},
		Explain: func(_ context.Context, account string, day billing.Date) (*audit.Answer, error) {
			if account == "nobody" {
				return nil, &audit.Unknown{Text: "nobody is called " + account}
			}
			if day == billing.NoDate {
				day = 20522
			}
			return &audit.Answer{
				Account: account, Date: day.String(), Agrees: true, Published: true, MRR: map[string]string{"USD": "1499.5000"}, Verdict: "equal to the published rows",
				Subscriptions: []audit.AnswerSubscription{{ID: "sub_a", Currency: "USD", Standing: audit.AnswerStanding{Counts: true, Why: "active", Object: 1}, Items: []audit.AnswerItem{
					{ID: "si_a2", MRR: "1499.5000", Standing: audit.AnswerStanding{Counts: true}, Steps: []audit.AnswerStep{{Text: "1 unit at 1499.5", Left: "1499.5", Object: 1}, {Text: "a third", Left: "1/3"}}},
				}}},
				Objects: []audit.AnswerObject{{Source: "main", Kind: "subscription", ID: "sub_a", Stored: true}},
			}, nil
		},
		Change: func(_ context.Context, id uint64, _ int) (warehouse.Change, error) {
			if id != 1 {
				return warehouse.Change{}, fmt.Errorf("%w: there is no load %d", warehouse.ErrNoLoad, id)
			}
			return warehouse.Change{Version: warehouse.Version{LoadInfo: warehouse.LoadInfo{ID: 1}, Current: true}, Told: true, Movements: []warehouse.MovementChange{{Currency: "USD", Movement: "new", NewRows: 2, NewAmount: decimal.New(1250, 0)}}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func run(t *testing.T, sql string) {
	t.Helper()
	if err := engine.Query(context.Background(), sql, "Null", nil, io.Discard); err != nil {
		t.Fatalf("%.200s: %v", sql, err)
	}
}

// watched counts what is asked, and lets a test do something in between.
type watched struct {
	driver.Conn
	asked  atomic.Int64
	mu     sync.Mutex
	before func(sql string)
}

func (w *watched) Query(ctx context.Context, sql string, args ...any) (driver.Rows, error) {
	w.asked.Add(1)
	w.mu.Lock()
	before := w.before
	w.mu.Unlock()
	if before != nil {
		before(sql)
	}
	return w.Conn.Query(ctx, sql, args...)
}

// company is the warehouse of the tests that change nothing.
func company(t testing.TB) *house {
	t.Helper()
	filled.Do(func() { fill(t, schemaOf("company"), companySQL, nightSQL) })
	return open(t, schemaOf("company"))
}

var filled sync.Once

// page is an answer.
type page struct {
	status int
	header http.Header
	body   string
}

func (h *house) get(t testing.TB, path string, header ...string) page {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return page{w.Code, w.Header(), w.Body.String()}
}

// see is a page that is there.
func (h *house) see(t *testing.T, path string) string {
	t.Helper()
	p := h.get(t, path)
	if p.status != http.StatusOK {
		t.Fatalf("%s: %d\n%.2000s", path, p.status, p.body)
	}
	return p.body
}

var (
	hrefs = regexp.MustCompile(`(?:href|action)="([^"]*)"`)
	tags  = regexp.MustCompile(`<[^>]*>`)
)

// links are the addresses that a page leads to.
func links(body string) []string {
	var all []string
	for _, m := range hrefs.FindAllStringSubmatch(body, -1) {
		all = append(all, strings.ReplaceAll(m[1], "&amp;", "&"))
	}
	return all
}

// said is what a page says.
func said(body string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("&#39;", "'", "&#43;", "+", "&amp;", "&").Replace(tags.ReplaceAllString(body, " "))), " ")
}

// TestEveryLink follows every link there is, from the first page on: each leads to
// a page, and each page is made as pages are.
func TestEveryLink(t *testing.T) {
	h := company(t)
	seen := map[string]bool{}
	shapes := map[string]int{} // how often a kind of address was followed: once is enough
	todo := []string{Root}
	for len(todo) > 0 && len(seen) < 28 { // of pages and filters there is no end
		path := todo[0]
		todo = todo[1:]
		if path == "" || path[0] == '#' {
			continue // told already, or within the page
		}
		u, err := url.Parse(path)
		if err != nil {
			t.Fatalf("%q: %v", path, err)
		}
		u.Fragment = ""
		shape := u.Path + " " + strings.Join(slices.Sorted(func(yield func(string) bool) {
			for name := range u.Query() {
				if !yield(name) {
					return
				}
			}
		}), " ")
		if seen[u.String()] || path == "data:," || shapes[shape] >= 1 {
			continue
		}
		seen[u.String()] = true
		shapes[shape]++
		p := h.get(t, u.String())
		if p.status != http.StatusOK {
			t.Errorf("%s: %d\n%.300s", path, p.status, said(p.body))
			continue
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} {
			if got := p.header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if policy := p.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %s", path, policy)
		}
		if !strings.HasPrefix(p.header.Get("Content-Type"), "text/html") {
			continue
		}
		wellMade(t, path, p.body)
		if slices.Contains(links(p.body), "") {
			t.Errorf("%s has a link to nowhere", path)
		}
		todo = append(todo, links(p.body)...)
	}
	if len(seen) < 25 {
		t.Errorf("only %d addresses of %d kinds were found", len(seen), len(shapes))
	}
}

// wellMade holds a page to what every page has: one heading, landmarks, a way past
// the frame, labels, a table behind each picture, and nothing of a style or a script
// but by its address.
func wellMade(t *testing.T, path, body string) {
	t.Helper()
	for _, want := range []string{`<html lang="en">`, `<main id="main"`, `<nav aria-label="Pages">`, `<a class="skip" href="#main">`, `name="viewport"`, `</html>`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s lacks %s", path, want)
		}
	}
	if n := strings.Count(body, "<h1>"); n != 1 {
		t.Errorf("%s has %d headings of the first order", path, n)
	}
	for _, never := range []string{" style=", "<style", "javascript:", " onclick", "http://", "https://", "ZgotmplZ", "%!", "NaN", "1970-01-01"} {
		if strings.Contains(strings.ReplaceAll(body, `xmlns="http://www.w3.org/2000/svg"`, ""), never) {
			t.Errorf("%s has %q in it", path, never)
		}
	}
	if n := strings.Count(body, "<script"); n != 1 {
		t.Errorf("%s has %d scripts", path, n)
	}
	for _, part := range strings.Split(body, `<section class="block"`)[1:] {
		if strings.Contains(part, "<figure>") && !strings.Contains(part, "<table>") {
			t.Errorf("%s has a picture without a table: %.200s", path, part)
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(body, -1) {
		if ids[m[1]] {
			t.Errorf("%s has the id %s twice", path, m[1])
		}
		ids[m[1]] = true
	}
	for _, href := range links(body) {
		if id, ok := strings.CutPrefix(href, "#"); ok && !ids[id] {
			t.Errorf("%s leads to %s, which it has not", path, href)
		}
	}
	for _, m := range regexp.MustCompile(`<(?:select|input)[^>]*>`).FindAllString(body, -1) {
		id := regexp.MustCompile(` id="([^"]+)"`).FindStringSubmatch(m)
		if strings.Contains(m, `type="hidden"`) {
			continue
		}
		if id == nil || !strings.Contains(body, `for="`+id[1]+`"`) {
			t.Errorf("%s has a field without a label: %s", path, m)
		}
	}
}

// TestFigures: what the first page says is what the views say, in the currency that
// is asked for.
func TestFigures(t *testing.T) {
	h := company(t)
	text := said(h.see(t, Root))
	for _, want := range []string{"MRR 1,666 USD", "ARR 19,994 USD", "Customers 3", "Through 10 March 2026 final", "2026-03 to date"} {
		if !strings.Contains(text, want) {
			t.Errorf("the first page does not say %q:\n%s", want, text)
		}
	}
	text = said(h.see(t, Root+"?currency=EUR"))
	for _, want := range []string{"MRR 83.33 EUR", "ARR 1,000.00 EUR", "in EUR, as of 10 March 2026"} {
		if !strings.Contains(text, want) {
			t.Errorf("in EUR it does not say %q:\n%s", want, text)
		}
	}
}

// TestFilter: a part of the company is shown in a currency of its own, the filter
// says what is on, and each link keeps it.
func TestFilter(t *testing.T) {
	h := company(t)
	body := h.see(t, Root+"?plan=pro&currency=reporting")
	text := said(body)
	for _, want := range []string{"Only plan Pro", "MRR 1,500 USD", "shown in a currency of its own", "Transfer"} {
		if !strings.Contains(text, want) {
			t.Errorf("plan pro: no %q in\n%s", want, text)
		}
	}
	if !strings.Contains(body, `<option value="pro" selected>`) {
		t.Error("the form does not say that plan pro is on")
	}
	for _, path := range []string{"/movements", "/retention"} {
		if !slices.ContainsFunc(links(body), func(href string) bool {
			return strings.HasPrefix(href, Root+path+"?") && strings.Contains(href, "plan=pro")
		}) {
			t.Errorf("no link to %s keeps the plan", path)
		}
	}
	for _, c := range []struct{ query, want string }{
		{"?segment=csm%3Dbo", "MRR 75.00 USD"},
		{"?source=emea", "MRR 83.33 EUR"},
		{"?from=2026-01&to=2026-02&currency=USD", "1,600 USD on 28 February 2026"},
		{"?range=1m&currency=USD", "Mar 2026, in USD"},
		{"?plan=nothing", "There is no MRR and no movement"},
		{"/customers?plan=pro", "2 accounts"},
		{"/customers?plan=pro&status=active", "1,499.50 USD active"},
		{"/customers?plan=pro&status=churned", "0.00 USD churned"}, // of the plan: it pays for another one
		{"/customers?segment=csm%3Dbo", "75.00 USD active"},
		{"/cohorts?plan=pro", "it had MRR in the part"},
		{"/invoices?plan=calls", "100.00"},
		{"/invoices?plan=calls", "can't be told by plan"},
		{"/segments?segment=csm%3Dbo", "75.00"},
	} {
		if text := said(h.see(t, Root+c.query)); !strings.Contains(text, c.want) {
			t.Errorf("%s does not say %q:\n%s", c.query, c.want, text)
		}
	}
	for _, query := range []string{"/forward?plan=pro", "/forward?source=emea", "/segments?plan=pro", "/plans?segment=csm%3Dbo"} {
		if body := h.see(t, Root+query); !strings.Contains(said(body), "can't be told by") || strings.Contains(body, "<table") {
			t.Errorf("%s shows figures that are not what the filter says:\n%s", query, said(body))
		}
	}
	for _, query := range []string{"?segment=csm", "?segment=shoe%3D42", "?from=yesterday", "?from=2026-03&to=2026-01", "?range=9x", "/movements?kind=gone", "/movements?page=0", "/movements?page=x", "/customers?status=odd", "/explain?id=acme&on=now", "/explain", "/load?id=x", "/forward?months=-1", "/forward?method=tea"} {
		if p := h.get(t, Root+query); p.status != http.StatusBadRequest || !strings.Contains(p.body, "<h1>") {
			t.Errorf("%s: %d %.200s", query, p.status, said(p.body))
		}
	}
	for _, query := range []string{"/nowhere", "/account?id=nobody", "/explain?id=nobody", "/load?id=7", "?csv=nothing"} {
		if p := h.get(t, Root+query); p.status != http.StatusNotFound || !strings.Contains(p.body, "<h1>") {
			t.Errorf("%s: %d %.200s", query, p.status, said(p.body))
		}
	}
}

// TestDrill goes from a figure to the movements that make it up, to the account,
// and to the derivation of the day.
func TestDrill(t *testing.T) {
	h := company(t)
	body := h.see(t, Root+"?currency=USD")
	i := slices.IndexFunc(links(body), func(href string) bool {
		return strings.Contains(href, "kind=expansion") && strings.Contains(href, "from=2026-02")
	})
	if i < 0 {
		t.Fatal("February's expansion leads nowhere")
	}
	for _, part := range []string{"<svg", "<tbody>"} { // from the picture, and from the table
		_, after, _ := strings.Cut(body, part)
		if !strings.Contains(after, "kind=expansion") {
			t.Errorf("nothing leads on from %s", part)
		}
	}
	body = h.see(t, links(body)[i])
	if text := said(body); !strings.Contains(text, "1 movement, together +350.00 USD") {
		t.Errorf("the movements do not add up to the figure:\n%s", text)
	}
	i = slices.IndexFunc(links(body), func(href string) bool { return strings.HasPrefix(href, Root+"/account?") })
	if i < 0 {
		t.Fatal("the movement does not lead to its account")
	}
	body = h.see(t, links(body)[i])
	for _, want := range []string{"1,499.50 USD", "sub_a", "in_1", "restate", "Evidence"} {
		if !strings.Contains(strings.ToLower(said(body)), strings.ToLower(want)) {
			t.Errorf("the account's page has no %q:\n%s", want, said(body))
		}
	}
	i = slices.IndexFunc(links(body), func(href string) bool { return strings.Contains(href, "on=2026-02-03") })
	if i < 0 {
		t.Fatal("the day does not lead to its derivation")
	}
	text := said(h.see(t, links(body)[i]))
	for _, want := range []string{"1,499.5000 USD", "1 unit at 1499.5", "Equal to the published rows.", "Why 3 February 2026"} {
		if !strings.Contains(text, want) {
			t.Errorf("the derivation has no %q:\n%s", want, text)
		}
	}
}

// TestExport: the CSV of a table has every digit and every row, also of those pages
// that are not shown.
func TestExport(t *testing.T) {
	h := company(t)
	read := func(path string) [][]string {
		t.Helper()
		p := h.get(t, path)
		if p.status != http.StatusOK || !strings.HasPrefix(p.header.Get("Content-Type"), "text/csv") || !strings.HasPrefix(p.header.Get("Content-Disposition"), "attachment; filename=\"mrr-") {
			t.Fatalf("%s: %d %v", path, p.status, p.header)
		}
		rows, err := csv.NewReader(strings.NewReader(p.body)).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return rows
	}
	rows := read(Root + "?currency=EUR&csv=waterfall")
	if len(rows) != 4 || rows[1][0] != "EUR" || rows[1][3] != "83.3333" {
		t.Errorf("the waterfall: %v", rows)
	}
	rows = read(Root + "/movements?from=2026-01&to=2026-03&csv=movements")
	if len(rows) != 11 || !slices.Contains(rows[0], "object_id") {
		t.Errorf("the movements: %d rows, %v", len(rows), rows[0])
	}
	rows = read(Root + "/plans?currency=USD&csv=plans")
	if len(rows) != 3 || rows[1][1] != "pro" {
		t.Errorf("the plans: %v", rows)
	}
	if rows = read(Root + "/customers?csv=customers"); !strings.HasPrefix(rows[1][0], "'=Acme <script>") {
		t.Errorf("a formula stays one: %v", rows[1])
	}
	for _, path := range []string{"/operations?csv=runs", "/operations?csv=loads", "/quality?csv=rejects", "/retention?csv=retention", "/cohorts?csv=revenue", "/account?id=acme&csv=account_invoices"} {
		if rows := read(Root + path); len(rows) < 2 {
			t.Errorf("%s: %v", path, rows)
		}
	}
}

// TestOneLoad: whatever is published while a page is made, all of it is of one load.
func TestOneLoad(t *testing.T) {
	h := newHouse(t, "moving", companySQL)
	var once sync.Once
	h.conn.before = func(sql string) {
		if strings.Contains(sql, "retention_monthly") {
			once.Do(func() { h.publish(t, 2) })
		}
	}
	text := said(h.see(t, Root+"?currency=USD"))
	for _, want := range []string{"Load 2, through 20 March 2026", "1,575 USD on 20 March 2026", "Customers 2"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	// One that is published in every page's making ends in an answer, not in a mixture.
	id := 2
	h.conn.before = func(sql string) {
		if strings.Contains(sql, "mrr_waterfall_monthly") {
			id++
			h.publish(t, id)
		}
	}
	if p := h.get(t, Root+"?currency=EUR"); p.status != http.StatusServiceUnavailable {
		t.Errorf("%d %.300s", p.status, said(p.body))
	}
}

// publish makes a load of the rows that are there, ten days longer.
func (h *house) publish(t *testing.T, id int) {
	t.Helper()
	m := h.store + ".manifest"
	run(t, fmt.Sprintf("INSERT INTO %s (load_id, table, bucket, part_load, through, final_through, first_date, reporting_currency) SELECT %d, table, bucket, part_load, if(table = '', toDate('2026-03-20'), toDate(0)), if(table = '', toDate('2026-03-15'), toDate(0)), first_date, reporting_currency FROM %s WHERE load_id = 1 AND table NOT IN ('day_totals', 'cohort_months', 'slice_months')", m, id, m))
	if err := fixture.Sum(t.Context(), engine, h.schema, uint64(id)); err != nil {
		t.Fatal(err)
	}
}

// TestKept: a page is asked for once a load. A browser that has it is told so, and
// another load makes it anew.
func TestKept(t *testing.T) {
	h := newHouse(t, "kept", companySQL)
	first := h.get(t, Root+"/plans?currency=USD")
	tag := first.header.Get("ETag")
	if tag == "" || first.header.Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("%v", first.header)
	}
	h.last.asked = time.Now().Add(time.Hour) // however slow the machine is, the state is not forgotten meanwhile
	asked := h.conn.asked.Load()
	if again := h.get(t, Root+"/plans?currency=USD"); again.body != first.body || h.conn.asked.Load() != asked {
		t.Errorf("the same page was asked for again: %d statements more", h.conn.asked.Load()-asked)
	}
	if p := h.get(t, Root+"/plans?currency=USD", "If-None-Match", tag); p.status != http.StatusNotModified || p.body != "" {
		t.Errorf("a browser that has it gets it: %d", p.status)
	}
	if p := h.get(t, Root+"/plans?currency=EUR", "If-None-Match", tag); p.status != http.StatusOK {
		t.Errorf("another page is taken for this one: %d", p.status)
	}
	h.publish(t, 2)
	h.last.state = nil // as after the seconds for which it is remembered
	if p := h.get(t, Root+"/plans?currency=USD", "If-None-Match", tag); p.status != http.StatusOK || p.header.Get("ETag") == tag || !strings.Contains(p.body, "Load 2") {
		t.Errorf("the old page stays: %d %v", p.status, p.header)
	}
	if p := h.get(t, Root, "Accept-Encoding", "gzip"); p.header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(p.body, "\x1f\x8b") {
		t.Errorf("not packed: %v", p.header)
	}
	for _, address := range []string{h.style, h.script} {
		if p := h.get(t, address); p.status != http.StatusOK || !strings.Contains(p.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", address, p.status, p.header)
		}
	}
}

// TestNight: a source that failed is seen on every page, with what happened where
// one looks for it.
func TestNight(t *testing.T) {
	h := company(t)
	for _, r := range h.routes() {
		path := Root + r.path
		switch r.path {
		case "/account", "/explain":
			path += "?id=acme"
		case "/load":
			path += "?id=1"
		}
		if text := said(h.see(t, path)); !strings.Contains(text, "Source emea failed at its last pull, 11 Mar 2026, 02:00 UTC.") {
			t.Errorf("%s does not say that emea failed", path)
		}
	}
	body := h.see(t, Root+"/operations")
	for _, want := range []string{"the site &lt;b&gt;answers&lt;/b&gt; 503", "one source failed", "reported", "exit 3"} {
		if !strings.Contains(body, want) {
			t.Errorf("operations do not say %q", want)
		}
	}
	text := said(h.see(t, Root+"/quality"))
	for _, want := range []string{"price_missing", "late_evidence", "1 reject", "subscription sub_a, version 7"} {
		if !strings.Contains(text, want) {
			t.Errorf("quality does not say %q:\n%s", want, text)
		}
	}
	// Days that not every source has covered are provisional, and months with such days say so.
	h = newHouse(t, "provisional", companySQL)
	h.publish(t, 2)
	text = said(h.see(t, Root))
	for _, want := range []string{"provisional after 15 March 2026", "Days after 15 March 2026 are provisional", "2026-03 to date, provisional"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestFirstSteps: an empty warehouse says what to do.
func TestFirstSteps(t *testing.T) {
	h := newHouse(t, "nothing")
	for _, r := range h.routes() {
		body := h.see(t, Root+r.path)
		wellMade(t, r.path, body)
		if r.path != "/operations" && r.path != "/quality" && !strings.Contains(body, "mrrsync sync") {
			t.Errorf("%s does not say how to begin", r.path)
		}
	}
}

// TestHostile: what a provider or an address brings stays text.
func TestHostile(t *testing.T) {
	h := company(t)
	for _, path := range []string{
		"?plan=%3Cscript%3Ealert(1)%3C/script%3E", "?source=%22%3E%3Cscript%3Ealert(1)", "/account?id=%3Cscript%3E", "/customers?q=%3Cscript%3Ealert(1)%3C/script%3E",
		"/movements?account=%27%20OR%201%3D1%20--", "?segment=csm%3D%3Cscript%3Ealert(1)", "/customers", "/movements", "/account?id=acme", "?currency=%3Cscript%3E",
	} {
		p := h.get(t, Root+path)
		if p.status >= 500 {
			t.Errorf("%s: %d", path, p.status)
		}
		if strings.Contains(p.body, "<script>") || strings.Contains(p.body, `"><`+"script>alert") {
			t.Errorf("%s brings a script", path)
		}
	}
	if text := said(h.see(t, Root+"/movements?account=%27%20OR%201%3D1%20--")); !strings.Contains(text, "No movement") {
		t.Errorf("an address changed the question:\n%s", text)
	}
}

// TestManyPlans: a company with many plans gets all of them, and a picture of the
// largest.
func TestManyPlans(t *testing.T) {
	h := newHouse(t, "many", companySQL)
	var rows, days, periods []string
	for i := range 60 {
		periods = append(periods, fmt.Sprintf("(1, 'main', 'cus_p', 'plenty', 'sub_p%d', 'si_p%[1]d', 'plan_number_%[1]d_with_a_long_id', 'USD', '2026-03-05', '2149-06-06', 1, %d)", i, 100+i))
		rows = append(rows, fmt.Sprintf("(1, '2026-03-05', 'main', 'cus_p', 'plenty', 'sub_p%d', 'si_p%[1]d', 'plan_number_%[1]d_with_a_long_id', 'USD', 'new', %d, %[2]d, 'new')", i, 100+i))
		for d := 5; d <= 10; d++ {
			days = append(days, fmt.Sprintf("(1, 'main', 'cus_p', 'plenty', 'sub_p%d', 'si_p%[1]d', 'plan_number_%[1]d_with_a_long_id', '', 'USD', '2026-03-%02d', 1, %d, %[3]d)", i, d, 100+i))
		}
	}
	run(t, "INSERT INTO "+h.store+".movements (load_id, date, source, customer_id, account_id, subscription_id, item_id, plan_id, currency, movement, amount, amount_reporting, reason) VALUES "+strings.Join(rows, ", "))
	run(t, "INSERT INTO "+h.store+".daily (load_id, source, customer_id, account_id, subscription_id, item_id, plan_id, plan_name, currency, date, quantity, mrr, mrr_reporting) VALUES "+strings.Join(days, ", "))
	run(t, "INSERT INTO "+h.store+".periods (load_id, source, customer_id, account_id, subscription_id, item_id, plan_id, currency, valid_from, valid_to, quantity, mrr) VALUES "+strings.Join(periods, ", "))
	h.publish(t, 2)
	body := h.see(t, Root+"/plans?currency=USD")
	if n := strings.Count(body, `<th scope="row"`); n < 62 {
		t.Errorf("%d rows of plans", n)
	}
	if n := strings.Count(body, `<rect class="level"`); n != 2*20 {
		t.Errorf("%d bars", n)
	}
	if !strings.Contains(h.see(t, Root+"?currency=USD"), `<option value="plan_number_59_with_a_long_id">`) {
		t.Error("a plan is missing in the filter")
	}
	// More movements than a page has: led through, and none twice.
	seen := map[string]int{}
	next := Root + "/movements?from=2026-03&to=2026-03&currency=USD"
	for range 3 {
		body := h.see(t, next)
		for _, m := range regexp.MustCompile(`id=([^&"]+)`).FindAllStringSubmatch(body, -1) {
			seen[m[1]]++
		}
		i := strings.Index(body, `rel="next"`)
		if i < 0 {
			break
		}
	}
	if seen["plenty"] == 0 {
		t.Errorf("accounts: %v", seen)
	}
}

// TestNumbers: figures are written as their currency has them.
func TestNumbers(t *testing.T) {
	amount := func(s string) decimal.Decimal { return decimal.RequireFromString(s) }
	for _, c := range []struct{ got, want string }{
		{headline(amount("1234.5678"), "USD"), "1,235"},
		{headline(amount("999.5"), "USD"), "999.50"},
		{headline(amount("999.5"), "JPY"), "1,000"},
		{headline(amount("-12.3456"), "KWD"), "−12.346"},
		{grouped("1234567.1000"), "1,234,567.1000"},
		{grouped("-4750"), "−4,750"},
		{grouped("10/3"), "10/3"},
		{round(0.005), "0.5"},
		{round(0.3), "30"},
		{signed("0.0 %"), "0.0 %"},
		{signed("1.2 %"), "+1.2 %"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	if text, class := change(amount("200"), amount("150")); text != "−50 (−25.0 %)" || class != "down" {
		t.Errorf("%q %q", text, class)
	}
	if text, class := points(0.98, 0.9825); text != "+0.3 pp" || class != "up" {
		t.Errorf("%q %q", text, class)
	}
}

// TestTurns: however many look, no more than so many questions are asked at a time.
func TestTurns(t *testing.T) {
	a := newAnswers()
	var now, most atomic.Int64
	var all sync.WaitGroup
	for i := range 5 * turns {
		all.Go(func() {
			_, err := a.get(t.Context(), "load", fmt.Sprint("question ", i), func(context.Context) (*report.Table, error) {
				n := now.Add(1)
				defer now.Add(-1)
				for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
				}
				time.Sleep(time.Millisecond)
				return &report.Table{}, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most.Load() > turns {
		t.Errorf("%d questions were asked at a time, want %d at most", most.Load(), turns)
	}
}
