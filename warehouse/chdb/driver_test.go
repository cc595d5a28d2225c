package chdb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"mrrsync/warehouse/chdb"
)

// openDB opens a warehouse that is gone after the test.
func openDB(t testing.TB, cfg chdb.Config) *chdb.DB {
	t.Helper()
	db, err := chdb.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return db
}

// dial opens clickhouse-go on a fresh database of a fresh warehouse.
func dial(t testing.TB, cfg chdb.Config) (*chdb.DB, driver.Conn) {
	t.Helper()
	db := openDB(t, cfg)
	if err := db.Query(t.Context(), "CREATE DATABASE mrr", "", nil, nil); err != nil {
		t.Fatal(err)
	}
	conn, err := clickhouse.Open(chdb.Options(db, "mrr"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return db, conn
}

// do runs statements that must succeed.
func do(t testing.TB, conn driver.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if err := conn.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// row is one of each type a warehouse uses.
type row struct {
	ID       string            `ch:"id"`
	Source   string            `ch:"source"`
	Amount   decimal.Decimal   `ch:"amount"`
	Rate     decimal.Decimal   `ch:"rate"`
	Day      time.Time         `ch:"day"`
	At       time.Time         `ch:"at"`
	Segments map[string]string `ch:"segments"`
	Tags     []string          `ch:"tags"`
	Movement string            `ch:"movement"`
	Load     uint64            `ch:"load"`
	Minor    int64             `ch:"minor"`
	Payload  string            `ch:"payload"`
}

const rowTable = `CREATE TABLE facts (
	id String CODEC(ZSTD(1)), source LowCardinality(String), amount Decimal(18, 4), rate Decimal(38, 10), day Date CODEC(Delta(2), ZSTD(1)),
	at DateTime64(3), segments Map(String, String), tags Array(String),
	movement Enum8('new' = 1, 'expansion' = 2, 'contraction' = 3, 'churn' = 4, 'reactivation' = 5), load UInt64, minor Int64, payload String
) ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (id, day)`

func rows() []row {
	return []row{
		{
			ID: "a", Source: "main", Amount: decimal.RequireFromString("40.0000"), Rate: decimal.RequireFromString("1.0842000001"),
			Day: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), At: time.Date(2026, 3, 1, 23, 59, 59, 999e6, time.UTC),
			Segments: map[string]string{"csm": "O'Neil", "tier": `a\b`}, Tags: []string{"x", "", "y\n"}, Movement: "new",
			Load: 1<<64 - 1, Minor: -1 << 63, Payload: "nul \x00 quote ' \" ` backslash \\ tab \t newline \n é 漢 \xff end",
		},
		{
			ID: "b", Source: "main", Amount: decimal.RequireFromString("-99999999999999.9999"), Rate: decimal.RequireFromString("-9999999999999999999999999999.9999999999"),
			Day: time.Date(2149, 6, 6, 0, 0, 0, 0, time.UTC), At: time.Date(1999, 12, 31, 0, 0, 0, 1e6, time.UTC),
			Segments: map[string]string{}, Tags: []string{}, Movement: "reactivation", Load: 0, Minor: 1<<63 - 1, Payload: "",
		},
	}
}

// sameDecimal compares amounts and not their exponents.
func sameDecimal() cmp.Option {
	return cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) })
}

func TestBatchKeepsEveryType(t *testing.T) {
	_, conn := dial(t, chdb.Config{Path: t.TempDir()})
	do(t, conn, rowTable)
	batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO facts")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows() {
		if err := batch.AppendStruct(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
	var got []row
	if err := conn.Select(t.Context(), &got, "SELECT * FROM facts ORDER BY id"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rows(), got, sameDecimal()); diff != "" {
		t.Errorf("what came back differs (-sent +got):\n%s", diff)
	}
}

func TestParametersAreValues(t *testing.T) {
	_, conn := dial(t, chdb.Config{})
	for _, want := range []string{"plain", "it's", "", "{x:String}", "'; DROP DATABASE mrr; --", "漢字"} {
		var got string
		ctx := clickhouse.Context(t.Context(), clickhouse.WithParameters(clickhouse.Parameters{"v": want}))
		if err := conn.QueryRow(ctx, "SELECT {v:String}").Scan(&got); err != nil {
			t.Fatalf("%q: %v", want, err)
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	var n uint64
	ctx := clickhouse.Context(t.Context(), clickhouse.WithParameters(clickhouse.Parameters{"ids": "['a','b']", "day": "2026-03-01"}))
	if err := conn.QueryRow(ctx, "SELECT length({ids:Array(String)}) + toUInt64(toYear({day:Date}))").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != 2028 {
		t.Errorf("got %d, want 2028", n)
	}
}

func TestExceptionsAreTyped(t *testing.T) {
	_, conn := dial(t, chdb.Config{})
	do(t, conn, "CREATE TABLE t (a UInt8, b Decimal(4, 2)) ENGINE = MergeTree ORDER BY a")
	for _, c := range []struct {
		sql  string
		code int32
	}{
		{"SELECT * FROM missing", 60},
		{"SELECT nope", 47},
		{"SELEC 1", 62},
		{"SELECT 1; SELECT 2", 62},
		{"CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a", 57},
		{"INSERT INTO t VALUES (1, 123456)", 69},
		{"SELECT throwIf(1)", 395},
	} {
		err := conn.Exec(t.Context(), c.sql)
		var ex *clickhouse.Exception
		if !errors.As(err, &ex) {
			t.Errorf("%s: no exception: %v", c.sql, err)
			continue
		}
		if ex.Code != c.code {
			t.Errorf("%s: code %d, want %d (%v)", c.sql, ex.Code, c.code, ex)
		}
	}
}

func TestExceptionAfterFirstRows(t *testing.T) {
	_, conn := dial(t, chdb.Config{})
	r, err := conn.Query(t.Context(), "SELECT number, throwIf(number = 900000) FROM numbers(1000000)")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for r.Next() {
		n++
	}
	err = errors.Join(r.Err(), r.Close())
	var ex *clickhouse.Exception
	if !errors.As(err, &ex) || ex.Code != 395 {
		t.Errorf("after %d rows: %v, want exception 395", n, err)
	}
	if n == 0 || n > 900000 {
		t.Errorf("%d rows before the exception", n)
	}
}

func TestSettingsAndDatabase(t *testing.T) {
	_, conn := dial(t, chdb.Config{MaxConns: 1})
	ask := func(ctx context.Context, sql string) string {
		t.Helper()
		var got string
		if err := conn.QueryRow(ctx, sql).Scan(&got); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return got
	}
	if got := ask(t.Context(), "SELECT currentDatabase()"); got != "mrr" {
		t.Errorf("database %q, want mrr", got)
	}
	const threads = "SELECT toString(getSetting('max_block_size'))"
	before := ask(t.Context(), threads)
	set := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"max_block_size": 17}))
	if got := ask(set, threads); got != "17" {
		t.Errorf("max_block_size %s, want 17", got)
	}
	do(t, conn, "SET max_block_size = 18")
	if got := ask(t.Context(), threads); got != before {
		t.Errorf("max_block_size %s after a statement that set it, want %s again", got, before)
	}
	err := conn.Exec(clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"max_blok_size": 17})), "SELECT 1")
	var ex *clickhouse.Exception
	if !errors.As(err, &ex) || ex.Code != 115 {
		t.Errorf("unknown setting: %v, want exception 115", err)
	}
	readonly := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"readonly": 1}))
	if err := conn.Exec(readonly, "CREATE TABLE t (a UInt8) ENGINE = Memory"); !errors.As(err, &ex) || ex.Code != 164 {
		t.Errorf("readonly: %v, want exception 164", err)
	}
	do(t, conn, "CREATE TABLE t (a UInt8) ENGINE = Memory")
}

func TestManyRowsThroughTheDriver(t *testing.T) {
	_, conn := dial(t, chdb.Config{})
	const n = 10_000_000
	r, err := conn.Query(t.Context(), fmt.Sprintf("SELECT number, toString(number) FROM numbers(%d)", n))
	if err != nil {
		t.Fatal(err)
	}
	var count, sum uint64
	for r.Next() {
		var x uint64
		var s string
		if err := r.Scan(&x, &s); err != nil {
			t.Fatal(err)
		}
		count++
		sum += x
	}
	if err := errors.Join(r.Err(), r.Close()); err != nil {
		t.Fatal(err)
	}
	if count != n || sum != n*(n-1)/2 {
		t.Errorf("%d rows with sum %d", count, sum)
	}
}

func TestLargeBatch(t *testing.T) {
	_, conn := dial(t, chdb.Config{Path: t.TempDir()})
	do(t, conn, "CREATE TABLE t (id UInt64, s String) ENGINE = MergeTree ORDER BY id")
	batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO t (id, s)")
	if err != nil {
		t.Fatal(err)
	}
	const n = 200_000
	for i := range uint64(n) {
		if err := batch.Append(i, strings.Repeat("x", int(i%50))); err != nil {
			t.Fatal(err)
		}
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
	var count, sum, length uint64
	if err := conn.QueryRow(t.Context(), "SELECT count(), sum(id), sum(length(s)) FROM t").Scan(&count, &sum, &length); err != nil {
		t.Fatal(err)
	}
	if count != n || sum != n*(n-1)/2 || length != n/50*49*25 {
		t.Errorf("%d rows, sum %d, length %d", count, sum, length)
	}
}

func TestDatabaseSQL(t *testing.T) {
	db, _ := dial(t, chdb.Config{})
	pool := clickhouse.OpenDB(chdb.Options(db, "mrr"))
	defer pool.Close()
	if err := pool.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.ExecContext(t.Context(), "CREATE TABLE t (a UInt64, s LowCardinality(String)) ENGINE = MergeTree ORDER BY a"); err != nil {
		t.Fatal(err)
	}
	tx, err := pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	insert, err := tx.PrepareContext(t.Context(), "INSERT INTO t")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := insert.ExecContext(t.Context(), uint64(i), "x"); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	var n int
	var s string
	if err := pool.QueryRowContext(t.Context(), "SELECT count(), any(s) FROM t WHERE a < @max", clickhouse.Named("max", 2)).Scan(&n, &s); err != nil {
		t.Fatal(err)
	}
	if n != 2 || s != "x" {
		t.Errorf("got %d %q", n, s)
	}
}

func TestReadonlyStatement(t *testing.T) {
	db, conn := dial(t, chdb.Config{})
	do(t, conn, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a", "INSERT INTO t VALUES (7)")
	readonly := chdb.Statement{Database: "mrr", Settings: map[string]string{"readonly": "1", "max_result_rows": "10", "session_timezone": "UTC"}}
	for sql, code := range map[string]int{
		"SELECT a FROM t WHERE a = {a:UInt64}": 0, "INSERT INTO t VALUES (8)": 164, "DROP TABLE t": 164, "SET max_threads = 1": 164,
		"SELECT * FROM t SETTINGS readonly = 0": 164, "SELECT * FROM numbers(100)": 396,
	} {
		st := readonly
		st.SQL, st.Params = sql, map[string]string{"a": "7"}
		var out strings.Builder
		_, err := db.Run(t.Context(), st, &out)
		var e *chdb.Error
		if got := errors.As(err, &e); got != (code != 0) || got && e.Code != code {
			t.Errorf("%s: %v, want code %d", sql, err, code)
		}
		if code == 0 && out.String() != "7\n" {
			t.Errorf("%s: %q", sql, &out)
		}
	}
	do(t, conn, "INSERT INTO t VALUES (9)")
}

func TestUnencodableBatchFails(t *testing.T) {
	db, conn := dial(t, chdb.Config{})
	do(t, conn, "CREATE TABLE t (a UInt64, b UInt64) ENGINE = MergeTree ORDER BY a")
	batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO t")
	if err != nil {
		t.Fatal(err)
	}
	if err := batch.Column(0).Append([]uint64{1, 2}); err != nil {
		t.Fatal(err)
	}
	if err := batch.Column(1).Append([]uint64{1}); err != nil { // one short: the driver can't encode the block, and does not say so
		t.Fatal(err)
	}
	var ex *clickhouse.Exception
	if err := batch.Send(); !errors.As(err, &ex) || ex.Code != 108 {
		t.Errorf("got %v, want exception 108", err)
	}
	if got := query(t, db, "SELECT count() FROM mrr.t"); got != "0" {
		t.Errorf("%s rows", got)
	}
}

func TestEmptyResultHasNoRows(t *testing.T) {
	_, conn := dial(t, chdb.Config{})
	do(t, conn, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
	r, err := conn.Query(t.Context(), "SELECT a FROM t")
	if err != nil {
		t.Fatal(err)
	}
	for r.Next() {
		t.Error("a row")
	}
	if err := errors.Join(r.Err(), r.Close()); err != nil {
		t.Error(err)
	}
	var a uint64
	if err := conn.QueryRow(t.Context(), "SELECT a FROM t").Scan(&a); !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("got %v, want ErrNoRows", err)
	}
}

func TestCompressionIsRefused(t *testing.T) {
	db, _ := dial(t, chdb.Config{})
	opt := chdb.Options(db, "mrr")
	opt.Compression = &clickhouse.Compression{Method: clickhouse.CompressionLZ4}
	conn, err := clickhouse.Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "Options.Compression") {
		t.Errorf("got %v", err)
	}
}
