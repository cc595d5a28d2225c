package serve_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/shopspring/decimal"

	"mrrsync/internal/serve"
	"mrrsync/warehouse/chdb"
)

func TestHTTPForm(t *testing.T) {
	w := newWarehouse(t)
	addr := w.start(t, nil)
	get := func(path string) reply {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return do(t, req)
	}
	for path, want := range map[string]string{
		"/":                     "200 Ok.\n",
		"/ping":                 "200 Ok.\n",
		"/replicas_status":      "200 Ok.\n",
		"/?query=SELECT+1":      "200 1\n",
		"/query?query=SELECT+2": "200 2\n",
		"/?query=SELECT+1&default_format=TSVWithNames": "200 1\n1\n",
		"/nowhere":                          "404 There is no handle",
		"/?query=":                          "400 Code: 62. DB::Exception: Empty query",
		"/?query=SELECT+x":                  "404 Code: 47. DB::Exception: ",
		"/?query=SELECT+nosuch()":           "404 Code: 46. DB::Exception: ",
		"/?query=SELECT+*+FROM+nothing":     "404 Code: 60. DB::Exception: ",
		"/?query=SELECT+{x:UInt8}":          "",
		"/?query=SELECT+1+FORMAT+Nothing":   "404 Code: 73. DB::Exception: ",
		"/?query=SELECT+1&database=nothing": "404 Code: 81. DB::Exception: ",
	} {
		got := get(path)
		if line := fmt.Sprintf("%d %s", got.status, got.body); !strings.HasPrefix(line, want) {
			t.Errorf("GET %s: %s, want %s", path, line, want)
		}
	}
	got := ask(t, addr, "SELECT number FROM numbers(3) FORMAT JSONEachRow", url.Values{"query_id": {"q-1"}, "session_id": {"s"}, "wait_end_of_query": {"1"}})
	for name, want := range map[string]string{
		"X-ClickHouse-Query-Id": "q-1", "X-ClickHouse-Format": "JSONEachRow", "X-ClickHouse-Timezone": "UTC",
		"X-ClickHouse-Server-Display-Name": "mrrsync", "Content-Type": "application/x-ndjson; charset=UTF-8",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
		}
	}
	if !strings.Contains(got.header.Get("X-ClickHouse-Summary"), `"read_rows":"`) {
		t.Errorf("summary %q", got.header.Get("X-ClickHouse-Summary"))
	}
	if got := ask(t, addr, "SELECT 1 AS a", nil, "X-ClickHouse-Format", "JSONCompactEachRow", "X-ClickHouse-Database", "system"); got.body != "[1]\n" {
		t.Errorf("format header: %q", got.body)
	}
	if got := ask(t, addr, "SELECT 1", nil); got.header.Get("X-ClickHouse-Query-Id") == "" {
		t.Error("no query id")
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://"+addr+"/", strings.NewReader("SELECT 1"))
	if err != nil {
		t.Fatal(err)
	}
	if got := do(t, req); got.status != 405 {
		t.Errorf("PUT: %d", got.status)
	}
}

// TestMultipart is how clients send long parameters.
func TestMultipart(t *testing.T) {
	w := newWarehouse(t)
	addr := w.start(t, nil)
	body := "--b\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nSELECT {x:UInt8} + 1\r\n--b\r\nContent-Disposition: form-data; name=\"param_x\"\r\n\r\n4\r\n--b--\r\n"
	if got := ask(t, addr, body, nil, "Content-Type", "multipart/form-data; boundary=b"); got.body != "5\n" {
		t.Errorf("%d %s", got.status, got.body)
	}
	body = "--b\r\nContent-Disposition: form-data; name=\"x\"; filename=\"x\"\r\n\r\n1\r\n--b--\r\n"
	if got := ask(t, addr, body, url.Values{"query": {"SELECT 1"}}, "Content-Type", "multipart/form-data; boundary=b"); got.status != 501 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestCompression(t *testing.T) {
	w := newWarehouse(t)
	addr := w.start(t, nil)
	const rows = 200_000
	const sql = "SELECT intDiv(number, 100) FROM numbers(200000)"
	var want bytes.Buffer
	for i := range rows {
		fmt.Fprintln(&want, i/100)
	}
	pack := func(w io.WriteCloser, buf *bytes.Buffer) []byte {
		_, err := io.WriteString(w, sql)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	var zipped, zstded, lz4ed bytes.Buffer
	z, err := zstd.NewWriter(&zstded)
	if err != nil {
		t.Fatal(err)
	}
	framed := compress.NewWriter(compress.LevelZero, compress.LZ4)
	if err := framed.Compress([]byte(sql)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		params   url.Values
		body     []byte
		sent     string // Content-Encoding of the request
		accept   string
		received string // Content-Encoding of the answer
		open     func(io.Reader) (io.Reader, error)
	}{
		{"gzip", url.Values{"enable_http_compression": {"1"}}, pack(gzip.NewWriter(&zipped), &zipped), "gzip", "gzip, deflate, br", "gzip", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
		{"zstd", url.Values{"enable_http_compression": {"1"}}, pack(z, &zstded), "zstd", "br;q=1, zstd", "zstd", func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) }},
		{"lz4", url.Values{"enable_http_compression": {"1"}}, pack(lz4.NewWriter(&lz4ed), &lz4ed), "lz4", "lz4", "lz4", func(r io.Reader) (io.Reader, error) { return lz4.NewReader(r), nil }},
		{"not asked for", nil, []byte(sql), "", "gzip", "", nil},
		{"refused by the client", url.Values{"enable_http_compression": {"1"}}, []byte(sql), "", "gzip;q=0", "", nil},
		{"frames", url.Values{"compress": {"1"}, "decompress": {"1"}}, framed.Data, "", "identity", "", func(r io.Reader) (io.Reader, error) { return compress.NewReader(r), nil }},
		{"frames of zstd", url.Values{"compress": {"1"}, "network_compression_method": {"zstd"}}, []byte(sql), "", "identity", "", func(r io.Reader) (io.Reader, error) { return compress.NewReader(r), nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := []string{"Accept-Encoding", c.accept}
			if c.sent != "" {
				header = append(header, "Content-Encoding", c.sent)
			}
			got := ask(t, addr, string(c.body), c.params, header...)
			if got.status != 200 || got.header.Get("Content-Encoding") != c.received {
				t.Fatalf("%d, Content-Encoding %q: %.200q", got.status, got.header.Get("Content-Encoding"), got.body)
			}
			var r io.Reader = strings.NewReader(got.body)
			if c.open != nil {
				var err error
				if r, err = c.open(r); err != nil {
					t.Fatal(err)
				}
				if len(got.body) > want.Len()*3/4 {
					t.Errorf("%d bytes of %d: not compressed", len(got.body), want.Len())
				}
			}
			text, err := io.ReadAll(r)
			if err != nil && !errors.Is(err, io.EOF) || !bytes.Equal(text, want.Bytes()) {
				t.Errorf("%d bytes, want %d; %v", len(text), want.Len(), err)
			}
		})
	}
	for _, c := range []struct{ header, body string }{{"gzip", "SELECT 1"}, {"br", "SELECT 1"}, {"zstd", "SELECT 1"}} {
		if got := ask(t, addr, c.body, nil, "Content-Encoding", c.header); got.status == 200 {
			t.Errorf("%s: %q", c.header, got.body)
		}
	}
}

// TestErrorAfterFirstRows is an answer that goes wrong after its beginning was
// sent: it must not look whole.
func TestErrorAfterFirstRows(t *testing.T) {
	w := newWarehouse(t)
	addr := w.start(t, nil)
	const sql = "SELECT throwIf(number = 3000000, 'too far') FROM numbers(4000000)"
	res, err := http.Post("http://"+addr+"/", "text/plain", strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	tag := res.Header.Get("X-ClickHouse-Exception-Tag")
	if res.StatusCode != 200 || err == nil || !bytes.Contains(text, []byte("\r\n__exception__\r\n"+tag+"\r\nCode: 395")) {
		t.Errorf("%d, %v, ends %q", res.StatusCode, err, text[max(len(text)-300, 0):])
	}
	if got := ask(t, addr, sql, url.Values{"wait_end_of_query": {"1"}}); got.status != 500 || !strings.HasPrefix(got.body, "Code: 395") {
		t.Errorf("held back: %d %.100q", got.status, got.body)
	}
	conn := dial(t, addr, "", "")
	rows, err := conn.Query(t.Context(), sql)
	if err == nil {
		for rows.Next() {
		}
		err = rows.Err()
	}
	var e *clickhouse.Exception
	if !errors.As(err, &e) || e.Code != 395 {
		t.Errorf("clickhouse-go says %v", err)
	}
}

// dial opens clickhouse-go, compression included, as a user would.
func dial(t testing.TB, addr, name, key string) clickhouse.Conn {
	t.Helper()
	conn, err := clickhouse.Open(&clickhouse.Options{
		Protocol: clickhouse.HTTP, Addr: []string{addr}, Auth: clickhouse.Auth{Database: "mrr", Username: name, Password: key},
		Compression: &clickhouse.Compression{Method: clickhouse.CompressionLZ4},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestDriver(t *testing.T) {
	w := newWarehouse(t)
	addr := w.start(t, withUsers)
	reader, writer := dial(t, addr, "bi", "r3ad"), dial(t, addr, "etl", "wr1te")
	var sum decimal.Decimal
	if err := reader.QueryRow(t.Context(), "SELECT sum(mrr) FROM mrr_daily WHERE customer = {c:String}", clickhouse.Named("c", "a")).Scan(&sum); err != nil || sum.String() != "21.5" {
		t.Errorf("%s %v", sum, err)
	}
	b, err := writer.PrepareBatch(t.Context(), "INSERT INTO mrr_store.daily (date, customer, mrr)")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		if err := b.Append(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), fmt.Sprint(i), decimal.NewFromInt(int64(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Send(); err != nil {
		t.Fatal(err)
	}
	var n uint64
	if err := reader.QueryRow(t.Context(), "SELECT count() FROM mrr_daily").Scan(&n); err != nil || n != 1003 {
		t.Errorf("%d rows, %v", n, err)
	}
	var e *clickhouse.Exception
	if err := reader.Exec(t.Context(), "INSERT INTO mrr_store.daily VALUES ('2026-01-01', 'x', 1)"); !errors.As(err, &e) || e.Code != 164 {
		t.Errorf("a reader writes: %v", err)
	}
	if err := dial(t, addr, "bi", "wrong").Ping(t.Context()); err == nil {
		t.Error("a wrong password is let in")
	}
}

// TestRowBinary is the JDBC driver's way of asking, over several chunks of the
// engine.
func TestRowBinary(t *testing.T) {
	w := newWarehouse(t)
	addr := w.start(t, nil)
	const rows = 150_000
	got := ask(t, addr, fmt.Sprintf("SELECT number AS n, toString(number) AS s FROM numbers(%d)", rows),
		url.Values{"default_format": {"RowBinaryWithNamesAndTypes"}, "compress": {"1"}})
	r := newByteReader(compress.NewReader(strings.NewReader(got.body)))
	var head []string
	for range r.number(t) * 2 {
		head = append(head, r.text(t))
	}
	if fmt.Sprint(head) != "[n s UInt64 String]" {
		t.Fatalf("head %q", head)
	}
	for i := range rows {
		var n uint64
		if err := binary.Read(r, binary.LittleEndian, &n); err != nil || n != uint64(i) {
			t.Fatalf("row %d: %d %v", i, n, err)
		}
		if s := r.text(t); s != fmt.Sprint(i) {
			t.Fatalf("row %d: %q", i, s)
		}
	}
	if _, err := r.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("more than %d rows", rows)
	}
}

type byteReader struct{ io.Reader }

func newByteReader(r io.Reader) byteReader { return byteReader{r} }

func (b byteReader) ReadByte() (byte, error) {
	var one [1]byte
	_, err := io.ReadFull(b.Reader, one[:])
	return one[0], err
}

func (b byteReader) number(t *testing.T) uint64 {
	t.Helper()
	n, err := binary.ReadUvarint(b)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (b byteReader) text(t *testing.T) string {
	t.Helper()
	s := make([]byte, b.number(t))
	if _, err := io.ReadFull(b.Reader, s); err != nil {
		t.Fatal(err)
	}
	return string(s)
}

// TestGracefulStop lets a statement in progress end.
func TestGracefulStop(t *testing.T) {
	w := newWarehouse(t)
	s, err := serve.New(t.Context(), serve.Config{Folder: w.folder, Database: "mrr", Listen: "127.0.0.1:0", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, 20*time.Second) }()
	begun := make(chan struct{})
	type result struct {
		n   int
		err error
	}
	got := make(chan result, 1)
	go func() {
		res, err := http.Post("http://"+s.Addr().String()+"/", "text/plain", strings.NewReader("SELECT number FROM numbers(5000000)"))
		if err != nil {
			close(begun)
			got <- result{0, err}
			return
		}
		defer res.Body.Close()
		close(begun)
		time.Sleep(200 * time.Millisecond)
		text, err := io.ReadAll(res.Body)
		got <- result{bytes.Count(text, []byte("\n")), err}
	}()
	<-begun
	cancel()
	if r := <-got; r.err != nil || r.n != 5_000_000 {
		t.Errorf("%d rows, %v", r.n, r.err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := http.Get("http://" + s.Addr().String() + "/ping"); err == nil {
		t.Error("still there")
	}
}

// TestSocket is how verbs of the same OS user come in: as owner, without a
// password, whatever the users are. The folder's name is too long for a socket.
func TestSocket(t *testing.T) {
	w := newWarehouseIn(t, filepath.Join(t.TempDir(), strings.Repeat("long", 30)))
	path := filepath.Join(w.folder, "serve.sock")
	stop := w.run(t, func(c *serve.Config) { c.Socket = true; withUsers(c) })
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Mode()&os.ModeSocket == 0 {
		t.Fatalf("%v %v", info, err)
	}
	transport, err := chdb.Dial(t.Context(), w.folder)
	if err != nil {
		t.Fatal(err)
	}
	defer transport.CloseIdleConnections()
	conn, err := clickhouse.Open(chdb.OptionsOver(transport, "mrr"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Exec(t.Context(), "CREATE TABLE mrr_store.o (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS fsync_after_insert = 0"); err != nil {
		t.Fatal(err)
	}
	b, err := conn.PrepareBatch(t.Context(), "INSERT INTO mrr_store.o (a)")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 500_000 {
		if err := b.Append(uint64(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Send(); err != nil {
		t.Fatal(err)
	}
	var n, sum uint64
	if err := conn.QueryRow(t.Context(), "SELECT count(), sum(a) FROM mrr_store.o WHERE a >= {x:UInt64}", clickhouse.Named("x", 1)).Scan(&n, &sum); err != nil || n != 499_999 || sum != 124_999_750_000 {
		t.Errorf("%d %d %v", n, sum, err)
	}
	var e *clickhouse.Exception
	if err := conn.Exec(t.Context(), "SELECT nothing"); !errors.As(err, &e) || e.Code != 47 {
		t.Errorf("exception %v", err)
	}
	stop()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket stays: %v", err)
	}
	if _, err := chdb.Dial(t.Context(), w.folder); err == nil {
		t.Error("somebody is still there")
	}
}
