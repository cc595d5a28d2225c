package serve_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mrrsync/internal/fixture"
	"mrrsync/internal/serve"
)

// FuzzRequest sends requests of any parameters, body and kind. The answer is one
// that ClickHouse could give, an error with its code; nothing of the store or of
// the folder comes out, nothing of the warehouse changes, and whoever asks next is
// answered.
func FuzzRequest(f *testing.F) {
	w := newWarehouse(f)
	addr := w.start(f, func(c *serve.Config) { c.Limits = serve.Limits{Seconds: 2, Memory: 1 << 28, Rows: 10_000} })
	for _, s := range []struct{ query, body, kind, format string }{
		{"query=SELECT+1", "", "", ""},
		{"", "SELECT * FROM mrr_daily", "text/plain", "JSON"},
		{"query=SELECT+*+FROM+mrr_daily&default_format=CSVWithNames", "", "", ""},
		{"query=SELECT+{a:String}&param_a=x%5C%27", "", "", ""},
		{"query=SELECT+{a:Identifier}+FROM+mrr_daily&param_a=mrr`", "", "", ""},
		{"query=SELECT+{a:UInt8}&param_a=-1&param_=&param_a=2", "", "", ""},
		{"database=mrr_store", "SELECT * FROM raw_objects", "", ""},
		{"database=system", "SELECT * FROM settings", "", ""},
		{"database=%00", "SELECT 1", "", ""},
		{"max_execution_time=1000000&readonly=0", "SELECT 1", "", ""},
		{"allow_introspection_functions=1&max_result_rows=-1", "SELECT 1", "", ""},
		{"session_id=a&session_check=1&session_timeout=x", "SET max_threads = 1", "", ""},
		{"query_id=" + strings.Repeat("q", 300), "SELECT queryID()", "", ""},
		{"compress=1", "SELECT 1", "", ""},
		{"decompress=1", "\x82\x00\x00\x00", "", ""},
		{"enable_http_compression=1", "SELECT 1", "", "Parquet"},
		{"client_protocol_version=54459&default_format=Native", "SELECT displayName(), version(), revision(), timezone()", "", ""},
		{"client_protocol_version=-1", "SELECT 1", "", "Native"},
		{"user=default&password=%27", "SELECT currentUser()", "", ""},
		{"role=admin&quota_key=x&profile=default", "SELECT 1", "", ""},
		{"", "--x\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nSELECT 1\r\n--x--\r\n", "multipart/form-data; boundary=x", ""},
		{"", "--x\r\nContent-Disposition: form-data; name=\"t\"; filename=\"t\"\r\n\r\n1\r\n--x--\r\n", "multipart/form-data; boundary=x", ""},
		{"", "nothing", "multipart/form-data", ""},
		{"query=INSERT+INTO+mrr.mrr_daily+FORMAT+CSV", "1,2,3", "text/csv", ""},
		{"wait_end_of_query=1&buffer_size=-1&send_progress_in_http_headers=1", "SELECT * FROM numbers(100000)", "", ""},
		{"query=SELECT+1&query=SELECT+2", ";", "", "NoSuchFormat"},
		{"a=%zz;b&=&%00=1", "SELECT 1", "", ""},
	} {
		f.Add(false, s.query, s.body, s.kind, s.format)
		f.Add(true, s.query, s.body, s.kind, s.format)
	}
	f.Fuzz(func(t *testing.T, get bool, query, body, kind, format string) {
		for _, header := range []string{kind, format} {
			if strings.ContainsFunc(header, func(c rune) bool { return c < ' ' || c > '~' }) {
				return // no client sends it
			}
		}
		req := &http.Request{
			Method: http.MethodPost, URL: &url.URL{Scheme: "http", Host: addr, Path: "/", RawQuery: fixture.Escaped(query)},
			Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		}
		if format != "" {
			req.Header.Set("X-ClickHouse-Format", format)
		}
		if get {
			req.Method, req.Body, req.ContentLength = http.MethodGet, nil, 0
		}
		answer := do(t, req.WithContext(t.Context()))
		if got := ask(t, addr, "SELECT count(), sum(mrr) FROM mrr_daily", nil).body; got != "3\t41.5\n" {
			t.Fatalf("now the view says %q", got)
		}
		code := answer.header.Get("X-ClickHouse-Exception-Code")
		if failed := answer.status != http.StatusOK; failed && code == "" {
			t.Errorf("%d without a code: %.200q", answer.status, answer.body)
		}
		for _, never := range []string{"hunter2", "whsec_1", w.folder} {
			if strings.Contains(answer.body, never) {
				t.Errorf("the answer tells %s: %.300q", never, answer.body)
			}
		}
	})
}
