package main

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"mrrsync/internal/lengthy"
	"mrrsync/internal/simulator"
)

// hostile are names that mean something to somebody on the way from a provider to
// a page: the engine, a terminal, a spreadsheet, a browser, a template.
func hostile() map[string]string {
	return map[string]string{
		"SQL":       `Robert'); DROP TABLE mrr_store.daily; -- {a:String} \' \\`,
		"HTML":      `</td></script><script>alert(1)</script><img src=x onerror=alert(1)> &amp; "x" 'y'`,
		"formula":   `=HYPERLINK("http://evil.example","mrr")`,
		"command":   `@SUM(1+1)*cmd|' /C calc'!A0`,
		"Hebrew":    "\u202e\u05d7\u05d1\u05e8\u05d4 \u2066(Ltd)\u2069 \u200f",
		"control":   "tab\tline\nreturn\rescape\x1b[31mred\x1b]0;title\x07 nul\x00 \u0085\u2028",
		"template":  "{{.}} ${HOME} %s %n $(id) `id` #{1} [[x]]",
		"long":      strings.Repeat("Gr\u00fc\u00dfe ", 150_000), // a megabyte
		"not NFC":   "A\u030angstro\u0308m \U0001F469\u200D\U0001F469\u200D\U0001F467 \ufeff\ufffd",
		"separator": "a/b\\c,d;e|f\"g\"\"h",
	}
}

// misnamed are the names that a dressed provider's objects got, by object.
type misnamed struct {
	sync.Mutex
	of map[string]string // by kind/id
}

// name is an object's: the customers get all of them in turn, so that the longest
// is there once.
func (m *misnamed) name(kind, id string) string {
	m.Lock()
	defer m.Unlock()
	if name, ok := m.of[kind+"/"+id]; ok {
		return name
	}
	var kinds []string
	for what := range hostile() {
		if what != "long" || kind == "customer" {
			kinds = append(kinds, what)
		}
	}
	slices.Sort(kinds)
	n := 0
	for key := range m.of {
		if strings.HasPrefix(key, kind+"/") {
			n++
		}
	}
	name := hostile()[kinds[n%len(kinds)]]
	m.of[kind+"/"+id] = name
	return name
}

func (m *misnamed) wear(kind, id string) map[string]any {
	switch kind {
	case "customer":
		name := m.name(kind, id)
		return map[string]any{"name": name, "company": name}
	case "product":
		return map[string]any{"name": m.name(kind, id)}
	case "price":
		return map[string]any{"nickname": m.name(kind, id)}
	case "metadata":
		return map[string]any{"csm_owner": m.name(kind, id)}
	}
	return nil
}

// TestHostileNames syncs a company of which everything that somebody can name is
// named with ill intent, and reads it everywhere: the views hold every name as it
// was sent, tables of machines give it back, and where people look it is text.
func TestHostileNames(t *testing.T) {
	lengthy.Test(t)
	now := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	s := newTown(t, simulator.Config{Seed: 21, Customers: 14, Months: 2, Now: now, Until: now.AddDate(0, 0, 1)})
	names := &misnamed{of: map[string]string{}}
	s.dress(names.wear, "{ emails: drop, names: keep }")
	contracts := s.hostileContracts()
	figures := s.mrrsync(exitDone, "sync", "--json")
	if strings.Contains(figures, "<script>") {
		t.Errorf("the receipt repeats a name as it is:\n%.500s", figures)
	}
	s.namesInViews(names, contracts)
	for _, r := range []string{
		"customers table", "customers csv", "customers json", "customers html", "plans svg",
	} {
		report, format, _ := strings.Cut(r, " ")
		harmless(t, r, format, s.mrrsync(exitDone, "report", report, "--format", format))
	}
	harmless(t, "explain", "table", s.mrrsync(exitDone, "explain", "enterprise/"+strings.TrimSpace(hostile()["SQL"])))
	s.pages()
}

// hostileContracts adds a contract for each name, by which customer, plan and a
// column of metadata are called; the ids are what an id may be.
func (s *town) hostileContracts() (ids []string) {
	s.Helper()
	path := filepath.Join(s.folder, simulator.ContractsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		s.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		s.Fatal(err)
	}
	for what, name := range hostile() {
		if what == "long" || what == "control" {
			continue
		}
		id := strings.TrimSpace(name)
		ids = append(ids, id)
		row := make([]string, len(rows[0]))
		for column, value := range map[string]string{
			"customer_id": id, "subscription_id": "s " + id, "item_id": "i " + id, "plan": name, "currency": "USD", "amount": "100",
			"interval": "month", "start": "2026-01-05", "kind": "recurring", "customer_name": name,
		} {
			row[slices.Index(rows[0], column)] = value
		}
		rows = append(rows, row)
	}
	slices.Sort(ids)
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	if err := errors.Join(w.WriteAll(rows), os.WriteFile(path, out.Bytes(), 0o600)); err != nil {
		s.Fatal(err)
	}
	return ids
}

// namesInViews holds what the views say against what was sent, byte by byte.
func (s *town) namesInViews(names *misnamed, contracts []string) {
	s.Helper()
	seen := 0
	for _, row := range s.table("SELECT customer_id, hex(name) FROM customers WHERE source = 'main'") {
		if got, want := unhex(s.T, row[1]), names.of["customer/"+row[0]]; got != want {
			s.Errorf("customer %s is called %.200q, want %.200q", row[0], got, want)
		}
		seen++
	}
	if seen < 5 {
		s.Errorf("only %d customers of Stripe were seen", seen)
	}
	if got := s.table("SELECT max(length(name)) > 1000000 FROM customers")[0][0]; got != "1" {
		s.Error("the longest name did not land")
	}
	var ids []string
	for _, row := range s.table("SELECT hex(customer_id) FROM customers WHERE source = 'enterprise' AND customer_id NOT LIKE 'con_%'") {
		ids = append(ids, unhex(s.T, row[0]))
	}
	for _, id := range contracts {
		if !slices.Contains(ids, id) {
			s.Errorf("there is no customer %q: %q", id, ids)
		}
	}
	for _, row := range s.table("SELECT hex(seg_csm), hex(any(plan_name)) FROM mrr_daily WHERE source = 'main' GROUP BY seg_csm") {
		for _, text := range row {
			if text := unhex(s.T, text); text != "" && !slices.ContainsFunc(values(hostile()), func(h string) bool { return strings.Contains(h, strings.TrimSpace(text)) || strings.Contains(text, h) }) {
				s.Errorf("nobody sent %.200q", text)
			}
		}
	}
}

func values(m map[string]string) []string {
	var all []string
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

func unhex(t *testing.T, text string) string {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// harmless holds an answer against what its reader would make of it.
func harmless(t *testing.T, what, format, text string) {
	t.Helper()
	switch format {
	case "csv":
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Errorf("%s: %d rows, %v", what, len(rows), err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "@") {
					t.Errorf("%s: a formula: %.200q", what, cell)
				}
			}
		}
	case "json":
		if !json.Valid([]byte(text)) {
			t.Errorf("%s: no JSON: %.300q", what, text)
		}
	case "html":
		noMarkup(t, what, text)
	case "svg":
		d := xml.NewDecoder(strings.NewReader(text))
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v\n%.300s", what, err, text)
			}
			if e, ok := token.(xml.StartElement); ok && (e.Name.Local == "script" || e.Name.Local == "img") {
				t.Errorf("%s: an element %s", what, e.Name.Local)
			}
		}
	case "table":
		for _, r := range text {
			if unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) {
				t.Errorf("%s: prints %q", what, r)
				break
			}
		}
	}
}

// noMarkup fails where a page holds a name's markup as markup.
func noMarkup(t *testing.T, what, page string) {
	t.Helper()
	for _, bad := range []string{"<script>alert", "<img src=x", "</script><script>", "{{.}}<"} {
		if i := strings.Index(page, bad); i >= 0 {
			t.Errorf("%s: %q is a part of the page: ...%.200s", what, bad, page[max(0, i-80):])
		}
	}
}

// pages looks at the dashboard's pages that show names.
func (s *town) pages() {
	s.Helper()
	var log bytes.Buffer
	app := newApp(nil, io.Discard, &log, func(name string) string {
		return map[string]string{"MRRSYNC_NOW": s.now().Format(time.RFC3339), "MRRSYNC_VOLATILE": "1"}[name]
	})
	app.flags.config, app.flags.logFormat, app.flags.logLevel = filepath.Join(s.folder, simulator.ConfigFile), "text", "error"
	if err := app.begin(); err != nil {
		s.Fatal(err)
	}
	defer app.close()
	c, err := app.config()
	if err != nil {
		s.Fatal(err)
	}
	w, err := app.warehouse(s.Context(), c)
	if err != nil {
		s.Fatal(err)
	}
	defer w.Close()
	dashboard, err := app.dashboard(c, w, time.Hour)
	if err != nil {
		s.Fatal(err)
	}
	paths := []string{"", "/customers", "/movements", "/plans", "/segments"}
	for _, what := range []string{"SQL", "HTML", "Hebrew"} {
		id := url.QueryEscape(strings.TrimSpace(hostile()[what]))
		paths = append(paths, "/account?id=enterprise%2F"+id, "/explain?id=enterprise%2F"+id, "/customers?q="+id+"&plan="+id)
	}
	shown := 0
	for _, path := range paths {
		answer := httptest.NewRecorder()
		dashboard.ServeHTTP(answer, httptest.NewRequestWithContext(s.Context(), http.MethodGet, "/dashboard"+path, http.NoBody))
		body := answer.Body.String()
		if answer.Code != http.StatusOK {
			s.Errorf("%s: %d: %s", path, answer.Code, &log)
		}
		noMarkup(s.T, path, body)
		if strings.Contains(body, "&lt;script&gt;alert(1)") {
			shown++
		}
		if len(body) > 1<<20 {
			s.Errorf("%s has %d bytes: a name of a megabyte belongs on no page", path, len(body))
		}
	}
	if shown < 3 {
		s.Errorf("%d pages show the name: nothing is proved of the others", shown)
	}
}
