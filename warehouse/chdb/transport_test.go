package chdb_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mrrsync/warehouse/chdb"
)

// post sends a statement as any client of ClickHouse's HTTP interface would.
func post(t *testing.T, db *chdb.DB, params url.Values, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://chdb/?"+params.Encode(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: db.RoundTripper()}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

func TestHTTPForm(t *testing.T) {
	db := openDB(t, chdb.Config{})
	query(t, db, "CREATE DATABASE mrr")
	query(t, db, "CREATE TABLE mrr.t (a UInt64, b String) ENGINE = MergeTree ORDER BY a")
	for _, c := range []struct {
		name   string
		params url.Values
		body   string
		status int
		says   string // all of the answer, or where it is an exception a part of it
		code   string
	}{
		{"body", nil, "SELECT 1, 'a'", 200, "1\ta\n", ""},
		{"query parameter", url.Values{"query": {"SELECT 1"}}, "", 200, "1\n", ""},
		{"query and body", url.Values{"query": {"SELECT 1 +"}}, "1", 200, "2\n", ""},
		{"default format", url.Values{"default_format": {"JSONEachRow"}}, "SELECT 1 AS a", 200, `{"a":1}` + "\n", ""},
		{"format clause wins", url.Values{"default_format": {"JSONEachRow"}}, "SELECT 1 AS a FORMAT CSV", 200, "1\n", ""},
		{"parameter", url.Values{"param_a": {`x\ty`}}, "SELECT {a:String} = 'x\ty'", 200, "1\n", ""},
		{"setting", url.Values{"max_block_size": {"5"}}, "SELECT getSetting('max_block_size')", 200, "5\n", ""},
		{"insert, rows beside", url.Values{"query": {"INSERT INTO t FORMAT CSV"}, "database": {"mrr"}}, "1,x\n2,y\n", 200, "", ""},
		{"insert, rows inside", url.Values{"database": {"mrr"}}, "INSERT INTO t FORMAT CSV\n3,z\n", 200, "", ""},
		{"insert, values", url.Values{"database": {"mrr"}}, "INSERT INTO t VALUES (4, 'FORMAT CSV')", 200, "", ""},
		{"what was inserted", nil, "SELECT sum(a), groupConcat(',')(b) FROM (SELECT * FROM mrr.t ORDER BY a)", 200, "10\tx,y,z,FORMAT CSV\n", ""},
		{"show", url.Values{"database": {"mrr"}}, "SHOW TABLES", 200, "t\n", ""},
		{"with", nil, "WITH 1 AS x SELECT x", 200, "1\n", ""},
		{"with and insert", nil, "INSERT INTO mrr.t WITH 5 AS x SELECT x, 'w'", 200, "", ""},
		{"no database", url.Values{"database": {"missing"}}, "SELECT 1", 500, "UNKNOWN_DATABASE", "81"},
		{"no table", nil, "SELECT * FROM missing", 500, "UNKNOWN_TABLE", "60"},
		{"nothing", nil, " -- nothing", 500, "SYNTAX_ERROR", "62"},
		{"missing parameter", nil, "SELECT {a:String}", 500, "UNKNOWN_QUERY_PARAMETER", "456"},
		{"setting that is no name", url.Values{"a=1,b": {"5"}}, "SELECT 1", 500, "UNKNOWN_SETTING", "115"},
		{"setting that is no number", url.Values{"max_threads": {"x"}}, "SELECT 1", 500, "CANNOT_PARSE", "27"},
		{"after all that", url.Values{"database": {"mrr"}}, "SELECT count() FROM t", 200, "5\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, text := post(t, db, c.params, c.body)
			if res.StatusCode != c.status || res.Header.Get("X-ClickHouse-Exception-Code") != c.code {
				t.Errorf("status %d, code %s: %s", res.StatusCode, res.Header.Get("X-ClickHouse-Exception-Code"), text)
			}
			if c.status == 200 && text != c.says || !strings.Contains(text, c.says) {
				t.Errorf("got %q, want %q", text, c.says)
			}
		})
	}
}

func TestExceptionFrame(t *testing.T) {
	db := openDB(t, chdb.Config{})
	res, text := post(t, db, nil, "SELECT throwIf(number = 900000) FROM numbers(1000000) SETTINGS max_threads = 1")
	tag := res.Header.Get("X-ClickHouse-Exception-Tag")
	at := strings.Index(text, "\r\n__exception__\r\n"+tag+"\r\nCode: 395.")
	if res.StatusCode != http.StatusOK || tag == "" || at < 0 || strings.Trim(text[:at], "0\n") != "" {
		t.Errorf("status %d, tag %q, ends %q", res.StatusCode, tag, text[max(0, len(text)-300):])
	}
}

func TestInsertGivenUp(t *testing.T) {
	db := openDB(t, chdb.Config{MaxConns: 1})
	query(t, db, "CREATE DATABASE mrr")
	query(t, db, "CREATE TABLE mrr.t (a UInt64) ENGINE = MergeTree ORDER BY a")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pr, pw := io.Pipe()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://chdb/?query="+url.QueryEscape("INSERT INTO mrr.t FORMAT CSV"), pr)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = io.WriteString(pw, strings.Repeat("1\n", 3<<20)) // some chunks, and no end
		cancel()
	}()
	res, err := db.RoundTripper().RoundTrip(req)
	if err == nil {
		_ = res.Body.Close()
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	if _, err := pw.Write([]byte("1\n")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the body was not closed: %v", err)
	}
	query(t, db, "TRUNCATE TABLE mrr.t") // on the one connection there is
	query(t, db, "INSERT INTO mrr.t VALUES (1)")
}

func TestResponseNotReadToItsEnd(t *testing.T) {
	db := openDB(t, chdb.Config{MaxConns: 1})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://chdb/?query="+url.QueryEscape("SELECT number FROM numbers(1000000000000)"), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := db.RoundTripper().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, res.Body, 1000); err != nil {
		t.Error(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
	query(t, db, "SELECT 1")
}
