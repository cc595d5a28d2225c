package serve_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mrrsync/internal/serve"
	"mrrsync/warehouse/chdb"
)

// warehouse is a folder with two views over a store, and secrets beside it.
type warehouse struct {
	folder, secret string // secret is a file that nobody may read
	db             *chdb.DB
}

func newWarehouse(t testing.TB) warehouse {
	t.Helper()
	return newWarehouseIn(t, t.TempDir())
}

func newWarehouseIn(t testing.TB, folder string) warehouse {
	t.Helper()
	w := warehouse{folder: folder, secret: filepath.Join(t.TempDir(), "secret.txt")}
	if err := os.WriteFile(w.secret, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.db, err = chdb.Open(t.Context(), chdb.Config{Path: w.folder}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.db.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for _, sql := range []string{
		"CREATE DATABASE mrr_store",
		"CREATE DATABASE mrr",
		"CREATE TABLE mrr_store.raw_objects (payload String) ENGINE = MergeTree ORDER BY payload",
		"INSERT INTO mrr_store.raw_objects VALUES ('whsec_1')",
		"CREATE TABLE mrr_store.daily (date Date, customer String, mrr Decimal(18, 4)) ENGINE = MergeTree ORDER BY date",
		"INSERT INTO mrr_store.daily VALUES ('2026-01-01', 'a', 10.5), ('2026-01-01', 'b', 20), ('2026-01-02', 'a', 11)",
		"CREATE VIEW mrr.mrr_daily (date Date COMMENT 'The day', customer String COMMENT 'Who', mrr Decimal(18, 4) COMMENT 'How much') SQL SECURITY INVOKER AS SELECT date, customer, mrr FROM mrr_store.daily",
	} {
		if err := w.db.Query(t.Context(), sql, "", nil, nil); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	return w
}

// start serves the warehouse until the test ends and returns the address.
func (w warehouse) start(t testing.TB, change func(*serve.Config)) string {
	t.Helper()
	s, stop := w.serve(t, change)
	t.Cleanup(stop)
	return s.Addr().String()
}

// run serves until stop is called.
func (w warehouse) run(t testing.TB, change func(*serve.Config)) (stop func()) {
	t.Helper()
	_, stop = w.serve(t, change)
	return stop
}

func (w warehouse) serve(t testing.TB, change func(*serve.Config)) (s *serve.Server, stop func()) {
	t.Helper()
	cfg := serve.Config{
		Folder: w.folder, Database: "mrr", Listen: "127.0.0.1:0", Now: time.Now, Limits: serve.Limits{Seconds: 10, Memory: 1 << 30},
	}
	if change != nil {
		change(&cfg)
	}
	s, err := serve.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, 10*time.Second) }()
	return s, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func password(p string) func() (string, error) { return func() (string, error) { return p, nil } }

func withUsers(c *serve.Config) {
	c.Users = []serve.User{
		{Name: "bi", Password: password("r3ad"), Role: serve.Reader},
		{Name: "etl", Password: password("wr1te"), Role: serve.Writer},
	}
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask sends a statement in the body of a POST.
func ask(t testing.TB, addr, sql string, params url.Values, header ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/?"+params.Encode(), strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return do(t, req)
}

func do(t testing.TB, req *http.Request) reply {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("read answer: %v; so far %q", err, body)
	}
	return reply{res.StatusCode, res.Header, string(body)}
}

func as(name, key string) []string {
	return []string{"X-ClickHouse-User", name, "X-ClickHouse-Key", key}
}

func TestQueries(t *testing.T) {
	w := newWarehouse(t)
	addr := w.start(t, nil)
	for _, c := range []struct {
		name, sql string
		params    url.Values
		want      string
	}{
		{"views by their name", "SELECT sum(mrr) FROM mrr_daily", nil, "41.5\n"},
		{"views with their database", "SELECT count() FROM mrr.mrr_daily", url.Values{"database": {"system"}}, "3\n"},
		{"the database default", "SELECT currentDatabase()", url.Values{"database": {"default"}}, "mrr\n"},
		{"format clause", "SELECT 1 AS a FORMAT JSONEachRow;", nil, "{\"a\":1}\n"},
		{"default format", "SELECT 1 AS a", url.Values{"default_format": {"CSVWithNames"}}, "\"a\"\n1\n"},
		{"parameters", "SELECT {x:UInt8} + {y:UInt8}", url.Values{"param_x": {"1"}, "param_y": {"2"}}, "3\n"},
		{"identifiers as parameters", "SELECT count() FROM {t:Identifier}", url.Values{"param_t": {"mrr_daily"}}, "3\n"},
		{"settings", "SELECT 1 AS a, 18446744073709551615 AS b FORMAT JSONEachRow", url.Values{"output_format_json_quote_64bit_integers": {"1"}, "readonly": {"2"}}, "{\"a\":1,\"b\":\"18446744073709551615\"}\n"},
		{"a limit above the ceiling", "SELECT 1", url.Values{"max_execution_time": {"600"}}, "1\n"},
		{"the statement in two parts", "FROM mrr_daily", url.Values{"query": {"SELECT count()"}}, "3\n"},
		{"version", "SELECT version() LIKE '26.%', timezone()", nil, "1\tUTC\n"},
		{"tables", "SELECT database, name FROM system.tables WHERE database LIKE 'mrr%'", nil, "mrr\tmrr_daily\n"},
		{"columns", "SELECT name, type, comment FROM system.columns WHERE table = 'mrr_daily' AND name = 'mrr'", nil, "mrr\tDecimal(18, 4)\tHow much\n"},
		{"databases", "SHOW DATABASES LIKE 'mrr%'", nil, "mrr\n"},
		{"show tables", "SHOW TABLES FROM mrr", nil, "mrr_daily\n"},
		{"show tables of the store", "SHOW TABLES FROM mrr_store", nil, ""},
		{"information schema", "SELECT table_name FROM information_schema.tables WHERE table_schema LIKE 'mrr%'", nil, "mrr_daily\n"},
		{"describe", "DESCRIBE TABLE mrr.mrr_daily FORMAT CSV", nil, `"date","Date","","","The day","",""` + "\n" + `"customer","String","","","Who","",""` + "\n" + `"mrr","Decimal(18, 4)","","","How much","",""` + "\n"},
		{"describe a query", "DESC (SELECT 1 AS a)", nil, "a\tUInt8\t\t\t\t\t\n"},
		{"exists", "EXISTS mrr.mrr_daily", nil, "1\n"},
		{"use", "USE mrr", nil, ""},
		{"settings as clients read them", "SELECT name, readonly FROM system.settings WHERE name IN ('allow_ddl', 'max_execution_time', 'max_threads') ORDER BY name", nil, "allow_ddl\t1\nmax_execution_time\t0\nmax_threads\t0\n"},
		{"a window", "SELECT customer, sum(mrr) OVER (PARTITION BY customer ORDER BY date) AS s FROM mrr_daily ORDER BY date, customer LIMIT 1", nil, "a\t10.5\n"},
		{"combinators", "SELECT sumIf(mrr, customer = 'a'), uniqExact(customer), quantile(0.5)(mrr) > 0 FROM mrr_daily", nil, "21.5\t2\t1\n"},
		{"what BI tools write", `SELECT toStartOfMonth(toDateTime("mrr_daily"."date")) AS "m", SUM("mrr_daily"."mrr") AS "s", COUNT(*) FROM "mrr"."mrr_daily" WHERE ("mrr_daily"."date" >= toDate('2026-01-01')) AND customer IN ('a') GROUP BY toStartOfMonth(toDateTime("mrr_daily"."date")) ORDER BY "m" ASC`, nil, "2026-01-01\t21.5\t2\n"},
		{"common tables", "WITH x AS (SELECT customer AS c, max(mrr) AS m FROM mrr_daily GROUP BY c), (SELECT count() FROM x) AS n SELECT c, m, n FROM x ORDER BY c", nil, "a\t11\t2\nb\t20\t2\n"},
		{"joins and cases", "SELECT CASE WHEN l.mrr > 15 THEN 'big' ELSE 'small' END AS k, count() FROM mrr_daily AS l INNER JOIN mrr_daily AS r USING (customer) GROUP BY k ORDER BY k", nil, "big\t1\nsmall\t4\n"},
		{"dates filled in", "SELECT date, sum(mrr) FROM mrr_daily GROUP BY date ORDER BY date WITH FILL TO toDate('2026-01-04')", nil, "2026-01-01\t30.5\n2026-01-02\t11\n2026-01-03\t0\n"},
		{"explain", "EXPLAIN SYNTAX SELECT 1", nil, "SELECT 1\nFROM system.one\n"},
		{"every table that clients ask", "SELECT (SELECT count() FROM system.completions) + (SELECT count() FROM system.parts) + (SELECT count() FROM system.dictionaries) + (SELECT count() FROM system.data_skipping_indices) + (SELECT count() FROM system.constraints) + (SELECT count() FROM system.projections) > 0", nil, "1\n"},
		{"names of the store", "SELECT countIf(word LIKE '%raw_objects%') FROM system.completions", nil, "0\n"},
		{"a comment", "/* ApplicationName=DBeaver */ SELECT 1 -- done", nil, "1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ask(t, addr, c.sql, c.params); got.status != 200 || got.body != c.want {
				t.Errorf("%d %s\nwant %q", got.status, got.body, c.want)
			}
		})
	}
}

// TestAttempts are the things a reader may not do, and what the answer is. None
// of them may show the secret or leave a trace.
func TestAttempts(t *testing.T) {
	w := newWarehouse(t)
	canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("something called out") }))
	t.Cleanup(canary.Close)
	addr := w.start(t, withUsers)
	out := filepath.Join(t.TempDir(), "out")
	replace := strings.NewReplacer("<SECRET>", w.secret, "<URL>", canary.URL, "<OUT>", out)
	for _, c := range []struct {
		sql    string
		status int
		code   string
	}{
		// Reading files.
		{"SELECT file('<SECRET>')", 403, "497"},
		{"SELECT FILE('<SECRET>')", 403, "497"},
		{"SELECT `file`('<SECRET>')", 403, "497"},
		{"SELECT /**/file/**/ ('<SECRET>')", 403, "497"},
		{"SELECT arrayMap(x -> file(x), ['<SECRET>'])", 403, "497"},
		{"SELECT arrayMap(file, ['<SECRET>'])", 403, "497"},
		{"SELECT * APPLY file FROM (SELECT '<SECRET>' AS a)", 403, "497"},
		{"SELECT * APPLY (x -> file(x)) FROM (SELECT '<SECRET>' AS a)", 403, "497"},
		{"SELECT COLUMNS('a') APPLY(`file`) FROM (SELECT '<SECRET>' AS a)", 403, "497"},
		{"SELECT count() OVER (PARTITION BY file('<SECRET>'))", 403, "497"},
		{"SELECT count() OVER w FROM mrr_daily WINDOW w AS (ORDER BY file('<SECRET>'))", 403, "497"},
		{"SELECT 1 ORDER BY 1 WITH FILL FROM length(file('<SECRET>'))", 403, "497"},
		{"WITH file('<SECRET>') AS s SELECT s", 403, "497"},
		{"WITH x -> file(x) AS f SELECT f('<SECRET>')", 403, "497"},
		{"SELECT * FROM file('<SECRET>', 'TSV', 'a String')", 403, "497"},
		{"SELECT * FROM '<SECRET>'", 404, "60"},
		{"SELECT * FROM `<SECRET>`", 404, "60"},
		{"SELECT * FROM default.`<SECRET>`", 403, "497"},
		{"DESCRIBE TABLE file('<SECRET>')", 403, "497"},
		{"EXPLAIN SELECT file('<SECRET>')", 403, "497"},
		{"EXPLAIN SYNTAX SELECT * FROM file('<SECRET>')", 403, "497"},
		{"SELECT * FROM (EXPLAIN PLAN SELECT file('<SECRET>'))", 403, "497"},
		{"SELECT * FROM eval('SELECT file(\\'<SECRET>\\')')", 403, "497"},
		{"SELECT * FROM filesystem('<SECRET>')", 403, "497"},
		{"SELECT * FROM sqlite('<SECRET>', 't')", 403, "497"},
		{"SELECT * FROM icebergLocal('<SECRET>')", 403, "497"},
		{"SELECT * FROM executable('cat <SECRET>', TSV, 'a String')", 403, "497"},
		{"SELECT * FROM loop(file('<SECRET>'))", 403, "497"},
		{"SELECT * FROM view(SELECT file('<SECRET>'))", 403, "497"},
		{"SELECT 1 IN (SELECT file('<SECRET>'))", 403, "497"},
		{"SELECT 1 UNION ALL SELECT length(file('<SECRET>'))", 403, "497"},
		{"SELECT {f:Identifier} FROM mrr_daily", 403, "497"},
		{"SELECT arrayMap({f:Identifier}, ['<SECRET>'])", 403, "497"},
		{"SELECT arrayMap({g:Identifier}, ['<SECRET>'])", 403, "497"},
		{"SELECT payload FROM {s:Identifier}.{r:Identifier}", 403, "497"},
		{"SELECT payload FROM {s:Identifier}.raw_objects", 403, "497"},
		{"SELECT payload FROM {sr:Identifier}", 403, "497"},
		{"SELECT query FROM system.{p:Identifier}", 403, "497"},
		{"SELECT dictGet('d', 'a', 1)", 403, "497"},
		{"SELECT joinGet('mrr_store.j', 'a', 1)", 403, "497"},
		{"SELECT catboostEvaluate('<SECRET>', 1)", 403, "497"},
		{"SELECT showCertificate()", 403, "497"},
		{"SELECT hasColumnInTable('127.0.0.1:9', 'a', 'b', 'c')", 403, "497"},
		{"SELECT * FROM format(Template, 'x')", 500, "164"},
		{"SELECT 1 FORMAT Template", 404, "73"},
		{"SELECT 1 FORMAT CapnProto", 404, "73"},
		{"SELECT formatRow('Template', 1)", 403, "497"},
		// Calling out.
		{"SELECT * FROM url('<URL>', TSV, 'a String')", 403, "497"},
		{"SELECT * FROM s3('<URL>/a.csv')", 403, "497"},
		{"SELECT * FROM remote('127.0.0.1:9', system.one)", 403, "497"},
		{"SELECT * FROM cluster('default', system.one)", 403, "497"},
		{"SELECT * FROM mysql('127.0.0.1:9', 'a', 'b', 'c', 'd')", 403, "497"},
		{"SELECT * FROM postgresql('127.0.0.1:9', 'a', 'b', 'c', 'd')", 403, "497"},
		{"SELECT * FROM mongodb('mongodb://127.0.0.1:9/a', 'b', 'c')", 403, "497"},
		{"SELECT * FROM redis('127.0.0.1:9', 'k', 'k String')", 403, "497"},
		{"SELECT aiGenerate('x')", 403, "497"},
		// The store, and what others do.
		{"SELECT payload FROM mrr_store.raw_objects", 403, "497"},
		{"SELECT payload FROM `mrr_store` . raw_objects", 403, "497"},
		{"SELECT (SELECT max(payload) FROM mrr_store.raw_objects)", 403, "497"},
		{"SELECT count() OVER (ORDER BY (SELECT max(payload) FROM mrr_store.raw_objects))", 403, "497"},
		{"SELECT 'whsec_1' IN mrr_store.raw_objects", 403, "497"},
		{"SELECT * FROM merge('mrr_store', '.*')", 403, "497"},
		{"SELECT * FROM mergeTreeIndex(mrr_store, raw_objects)", 403, "497"},
		{"DESCRIBE TABLE mrr_store.raw_objects", 403, "497"},
		{"SHOW CREATE TABLE mrr_store.raw_objects", 403, "497"},
		{"EXISTS TABLE mrr_store.raw_objects", 403, "497"},
		{"USE mrr_store", 403, "497"},
		{"SELECT query FROM system.processes", 403, "497"},
		{"SHOW PROCESSLIST", 403, "497"},
		{"SELECT * FROM system.query_log", 404, "60"},
		{"SELECT * FROM system.named_collections", 403, "497"},
		{"SELECT * FROM system.disks", 403, "497"},
		{"SELECT * FROM system.users", 403, "497"},
		{"SELECT getServerSetting('path')", 403, "497"},
		// Writing.
		{"INSERT INTO mrr_store.raw_objects VALUES ('x')", 500, "164"},
		{"INSERT INTO FUNCTION file('<OUT>', 'TSV', 'a String') VALUES ('x')", 500, "164"},
		{"SELECT 1 INTO OUTFILE '<OUT>'", 403, "497"},
		{"SELECT 1 INTO/**/OUTFILE '<OUT>' TRUNCATE FORMAT TSV", 403, "497"},
		{"EXPLAIN SELECT 1 INTO OUTFILE '<OUT>'", 403, "497"},
		{"SHOW TABLES INTO OUTFILE '<OUT>'", 403, "497"},
		{"CREATE TABLE mrr.x (a Int8) ENGINE = Memory", 500, "164"},
		{"CREATE TEMPORARY TABLE x (a Int8)", 500, "164"},
		{"CREATE FUNCTION f AS x -> file(x)", 500, "164"},
		{"CREATE DICTIONARY mrr.d (a UInt64) PRIMARY KEY a SOURCE(FILE(path '<SECRET>' format 'TSV')) LAYOUT(FLAT()) LIFETIME(0)", 500, "164"},
		{"DROP TABLE mrr_store.raw_objects", 500, "164"},
		{"ALTER TABLE mrr_store.raw_objects DELETE WHERE 1", 500, "164"},
		{"TRUNCATE TABLE mrr_store.raw_objects", 500, "164"},
		{"OPTIMIZE TABLE mrr_store.raw_objects", 500, "164"},
		{"RENAME TABLE mrr_store.raw_objects TO mrr.x", 500, "164"},
		{"DELETE FROM mrr_store.raw_objects WHERE 1", 500, "164"},
		{"ATTACH TABLE mrr.x FROM '<SECRET>' (a Int8) ENGINE = MergeTree ORDER BY a", 500, "164"},
		{"BACKUP DATABASE mrr_store TO File('<OUT>')", 500, "164"},
		{"GRANT ALL ON *.* TO bi", 500, "164"},
		{"BEGIN TRANSACTION", 500, "164"},
		{"EXPLAIN INSERT INTO mrr_store.raw_objects SELECT 'x'", 403, "497"},
		{"SELECT 1 PARALLEL WITH SELECT 2", 403, "497"},
		// The session, and other people's.
		{"SET readonly = 0", 500, "164"},
		{"SET max_memory_usage = 0", 500, "164"},
		{"SELECT 1 SETTINGS readonly = 0", 500, "164"},
		{"SELECT 1 SETTINGS max_execution_time = 0", 500, "164"},
		{"SELECT 1 FROM (SELECT 1 SETTINGS max_threads = 1, additional_table_filters = {})", 500, "164"},
		{"SELECT 1 FROM (SELECT 1 SETTINGS additional_table_filters = {})", 500, "164"},
		{"KILL QUERY WHERE 1", 500, "164"},
		{"SYSTEM SHUTDOWN", 500, "164"},
		{"SYSTEM KILL", 500, "164"},
		{"SELECT sleep(3)", 403, "497"},
		{"SELECT sleepEachRow(1) FROM numbers(100)", 403, "497"},
		// Breaking out of the guard's own questions.
		{"SELECT 1; DROP TABLE mrr_store.raw_objects", 400, "62"},
		{"SELECT 1) UNION ALL SELECT file('<SECRET>') FROM (SELECT 1", 400, "62"},
		{"SELECT '", 400, "62"},
		{"SELECT 1 /*", 400, "62"},
		{"\x00SELECT 1", 400, "62"},
		{"SELECT 1\x00, file('<SECRET>')", 400, "62"},
		{"", 400, "62"},
		{";", 400, "62"},
		{"-- nothing", 400, "62"},
		// Exhausting the process.
		{"SELECT groupArray(number) FROM numbers(1000000000)", 500, "241"},
		{"SELECT count() FROM numbers(100000000000000) WHERE NOT ignore(sipHash64(number))", 408, "159"},
		{"SELECT length(repeat('x', 3000000000))", 500, ""},
		{"SELECT arrayJoin(range(10000000000))", 400, "69"},
		{"SELECT length(groupArray(repeat('x', 1000000))) FROM numbers(100000)", 500, "241"},
		{"SELECT " + strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000), 500, "306"},
		{"SELECT '" + strings.Repeat("x", 2<<20) + "'", 400, "62"},
	} {
		sql := replace.Replace(c.sql)
		name := c.sql[:min(len(c.sql), 60)]
		t.Run(name, func(t *testing.T) {
			got := ask(t, addr, sql, url.Values{
				"param_f": {"file"}, "param_g": {`fil\x65`}, "param_s": {"mrr_store"}, "param_r": {"raw_objects"}, "param_sr": {"mrr_store.raw_objects"}, "param_p": {"processes"},
				"max_execution_time": {"2"}, "max_memory_usage": {"200000000"},
			}, as("bi", "r3ad")...)
			if got.status != c.status || c.code != "" && got.header.Get("X-ClickHouse-Exception-Code") != c.code {
				t.Errorf("%d %s, want %d with code %s", got.status, got.body[:min(len(got.body), 300)], c.status, c.code)
			}
			if !strings.HasPrefix(got.body, "Code: "+got.header.Get("X-ClickHouse-Exception-Code")+". DB::Exception: ") {
				t.Errorf("not an exception: %.200s", got.body)
			}
			if strings.Contains(got.body, "hunter2") || strings.Contains(got.body, "root:") {
				t.Errorf("the secret is out: %s", got.body)
			}
			if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
				t.Error("a file was written")
			}
		})
	}
	var left bytes.Buffer
	if err := w.db.Query(t.Context(), "SELECT count() FROM mrr_store.raw_objects", "", nil, &left); err != nil || left.String() != "1\n" {
		t.Errorf("the store was changed: %s %v", left.String(), err)
	}
	if got := ask(t, addr, "SELECT 1", nil, as("bi", "r3ad")...); got.body != "1\n" {
		t.Errorf("no longer well: %v", got)
	}
}

// TestSettingAttempts are settings and databases of the URL that a reader may
// not have.
func TestSettingAttempts(t *testing.T) {
	w := newWarehouse(t)
	addr := w.start(t, withUsers)
	for _, c := range []struct {
		name, value, code string
	}{
		{"format_schema", w.secret, "164"},
		{"output_format_schema", w.secret, "164"},
		{"format_template_resultset", w.secret, "164"},
		{"format_avro_schema_registry_url", "http://127.0.0.1:9", "164"},
		{"additional_table_filters", "{}", "164"},
		{"ADDITIONAL_TABLE_FILTERS", "{}", "164"},
		{"max_memory_usage_for_user", "1", "164"},
		{"allow_ddl", "1", "164"},
		{"dialect", "prql", "164"},
		{"implicit_select", "1", "164"},
		{"profile", "x", "164"},
		{"max_execution_time", "x", "36"},
		{"max_threads", "x", ""},
		{"a b'c", "1", "164"},
		{"database", "mrr_store", "497"},
		{"database", "nothing", ""},
		{"default_format", "Template", "73"},
		{"default_format", "CapnProto", "73"},
	} {
		t.Run(c.name+"="+c.value, func(t *testing.T) {
			got := ask(t, addr, "SELECT 1", url.Values{c.name: {c.value}}, as("bi", "r3ad")...)
			if got.status == 200 || c.code != "" && got.header.Get("X-ClickHouse-Exception-Code") != c.code {
				t.Errorf("%d %s, want code %s", got.status, got.body, c.code)
			}
		})
	}
	// A higher limit than the ceiling does not take the ceiling away.
	got := ask(t, addr, "SELECT getSetting('max_execution_time'), getSetting('max_memory_usage'), getSetting('readonly')",
		url.Values{"max_execution_time": {"0"}, "max_memory_usage": {"99999999999999"}, "readonly": {"0"}}, as("bi", "r3ad")...)
	if want := fmt.Sprintf("10\t%d\t1\n", 1<<30); got.body != want {
		t.Errorf("limits are %q, want %q", got.body, want)
	}
}

func TestWriters(t *testing.T) {
	w := newWarehouse(t)
	addr := w.start(t, withUsers)
	etl := as("etl", "wr1te")
	for _, c := range []struct {
		sql  string
		code string // empty: it works
	}{
		{"CREATE TABLE mrr_store.x (a Int32 CODEC(ZSTD(1)), b Decimal(18, 4) COMMENT 'c', m Map(String, String)) ENGINE = MergeTree PARTITION BY (a) ORDER BY (a, b)", ""},
		{"INSERT INTO mrr_store.x (a, b) VALUES (1, 2), (3, 4.5)", ""},
		{"INSERT INTO mrr_store.x (a) SELECT number FROM numbers(3)", ""},
		{"ALTER TABLE mrr_store.x DROP PARTITION 1", ""},
		{"CREATE OR REPLACE VIEW mrr.y SQL SECURITY INVOKER AS SELECT * FROM mrr_store.x", ""},
		{"INSERT INTO mrr_store.x (a) SELECT a FROM (SELECT 1 AS a, 2 AS b) WHERE (1, b = 2).2 SETTINGS join_use_nulls = 0", ""},
		{"INSERT INTO mrr_store.x (a) SELECT 1 SETTINGS join_use_nulls = 0, format_schema = 'x'", "164"},
		{"INSERT INTO mrr_store.x (a) SELECT a FROM (SELECT 1 AS a SETTINGS join_use_nulls = 0, format_schema = 'x')", "164"},
		{"SELECT count() FROM mrr_store.x", ""},
		{"DROP TABLE mrr_store.x", ""},
		{"INSERT INTO mrr_store.raw_objects VALUES (file('" + w.secret + "'))", "344"},
		{"INSERT INTO mrr_store.raw_objects SETTINGS insert_null_as_default = 1, input_format_values_interpret_expressions = 1 VALUES ('x')", "164"},
		{"INSERT INTO mrr_store.raw_objects SELECT file('" + w.secret + "')", "497"},
		{"INSERT INTO mrr_store.raw_objects FROM INFILE '" + w.secret + "' FORMAT TSV", "497"},
		{"INSERT INTO FUNCTION file('/tmp/never', 'TSV', 'a String') VALUES ('x')", "497"},
		{"CREATE TABLE mrr.f (a String) ENGINE = File(TSV, '" + w.secret + "')", "497"},
		{"CREATE TABLE mrr.f (a String) ENGINE = URL('http://127.0.0.1:9', TSV)", "497"},
		{"CREATE TABLE mrr.f AS file('" + w.secret + "')", "497"},
		{"CREATE VIEW mrr.f AS SELECT file('" + w.secret + "')", "497"},
		{"CREATE TABLE mrr.f (a String DEFAULT file('" + w.secret + "')) ENGINE = Memory", "497"},
		{"CREATE DATABASE f ENGINE = Filesystem('/')", "497"},
		{"CREATE DICTIONARY mrr.d (a UInt64) PRIMARY KEY a SOURCE(FILE(path 'x' format 'TSV')) LAYOUT(FLAT()) LIFETIME(0)", "497"},
		{"CREATE FUNCTION f AS x -> x", "497"},
		{"CREATE TABLE mrr.f (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = '/tmp/x/')", "497"},
		{"SYSTEM SHUTDOWN", "497"},
		{"KILL QUERY WHERE 1", "497"},
		{"SELECT 1 INTO OUTFILE '/tmp/never'", "497"},
		{"BACKUP DATABASE mrr TO File('/tmp/never')", "497"},
		{"ATTACH TABLE mrr.f FROM '/tmp' (a Int8) ENGINE = MergeTree ORDER BY a", "497"},
	} {
		t.Run(c.sql[:min(len(c.sql), 60)], func(t *testing.T) {
			got := ask(t, addr, c.sql, nil, etl...)
			if got.header.Get("X-ClickHouse-Exception-Code") != c.code {
				t.Errorf("%d %s, want code %q", got.status, got.body, c.code)
			}
		})
	}
	// GET reads, whoever asks.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/?user=etl&password=wr1te&query="+url.QueryEscape("DROP VIEW mrr.mrr_daily"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := do(t, req); got.header.Get("X-ClickHouse-Exception-Code") != "164" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestUsers(t *testing.T) {
	w := newWarehouse(t)
	addr := w.start(t, withUsers)
	for _, c := range []struct {
		name   string
		params url.Values
		header []string
		status int
	}{
		{"headers", nil, as("bi", "r3ad"), 200},
		{"parameters", url.Values{"user": {"bi"}, "password": {"r3ad"}}, nil, 200},
		{"basic", nil, []string{"Authorization", "Basic Ymk6cjNhZA=="}, 200},
		{"nobody", nil, nil, 401},
		{"wrong password", nil, as("bi", "read"), 403},
		{"somebody else's password", nil, as("bi", "wr1te"), 403},
		{"no password", nil, as("bi", ""), 403},
		{"unknown", nil, as("root", "r3ad"), 403},
		{"default", nil, as("default", ""), 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ask(t, addr, "SELECT currentUser()", c.params, c.header...)
			if got.status != c.status {
				t.Errorf("%d %s, want %d", got.status, got.body, c.status)
			}
			if (got.header.Get("WWW-Authenticate") != "") != (c.status == 401) {
				t.Errorf("WWW-Authenticate %q", got.header.Get("WWW-Authenticate"))
			}
		})
	}
}

func TestStrangers(t *testing.T) {
	w := newWarehouse(t)
	for _, listen := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0"} {
		if _, err := serve.New(t.Context(), serve.Config{Folder: w.folder, Database: "mrr", Listen: listen, Now: time.Now}); err == nil {
			t.Errorf("listens on %s without users", listen)
		}
	}
	addr := w.start(t, nil)
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	for host, status := range map[string]int{"localhost:" + port: 200, "[::1]": 200, "evil.example:" + port: 403, "127.0.0.1.evil.example": 403} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/?query=SELECT+1", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		if got := do(t, req); got.status != status {
			t.Errorf("host %s: %d %s, want %d", host, got.status, got.body, status)
		}
	}
	if got := ask(t, addr, "SELECT 1", nil, as("default", "x")...); got.status != 403 {
		t.Errorf("a password is taken: %d", got.status)
	}
	if got := ask(t, addr, "SELECT 1", nil, "Sec-Fetch-Site", "cross-site"); got.status != 403 {
		t.Errorf("another site's page is answered: %d", got.status)
	}
	for _, header := range []string{"Access-Control-Allow-Origin"} {
		if got := ask(t, addr, "SELECT 1", url.Values{"add_http_cors_header": {"1"}}, "Origin", "http://evil.example"); got.header.Get(header) != "" {
			t.Errorf("%s: %s", header, got.header.Get(header))
		}
	}
}
