package chdb_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"

	"mrrsync/warehouse/chdb"
)

// asChild, in the environment, makes the test binary play another process: "open FOLDER" or "write FOLDER".
const asChild = "CHDB_TEST_CHILD"

func TestMain(m *testing.M) {
	if verb, folder, ok := strings.Cut(os.Getenv(asChild), " "); ok {
		if err := child(context.Background(), verb, folder); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child opens a folder and, to write, inserts rows and acknowledges each batch until it is killed.
func child(ctx context.Context, verb, folder string) error {
	db, err := chdb.Open(ctx, chdb.Config{Path: folder})
	if err != nil {
		if errors.Is(err, chdb.ErrLocked) {
			fmt.Println("locked")
		}
		return err
	}
	if verb == "open" {
		fmt.Println("opened")
		return db.Close(ctx)
	}
	for _, sql := range []string{"CREATE DATABASE IF NOT EXISTS mrr", "CREATE TABLE IF NOT EXISTS mrr.t (a UInt64) ENGINE = MergeTree ORDER BY a"} {
		if err := db.Query(ctx, sql, "", nil, nil); err != nil {
			return err
		}
	}
	for i := 1; ; i++ {
		if err := db.Query(ctx, "INSERT INTO mrr.t SELECT number FROM numbers(1000)", "", nil, nil); err != nil {
			return err
		}
		fmt.Println(i)
	}
}

// start runs the test binary as another process.
func start(t *testing.T, verb, folder string) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asChild+"="+verb+" "+folder)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, out
}

// query runs a statement and returns its output.
func query(t testing.TB, db *chdb.DB, sql string) string {
	t.Helper()
	var out bytes.Buffer
	if err := db.Query(t.Context(), sql, "TSV", nil, &out); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return strings.TrimSpace(out.String())
}

func TestFolderBelongsToOneProcess(t *testing.T) {
	folder := t.TempDir()
	db := openDB(t, chdb.Config{Path: folder})
	cmd, out := start(t, "open", folder)
	said, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(string(said), "locked") {
		t.Errorf("second process: %v, said %q", err, said)
	}
	if want := fmt.Sprintf("process %d", os.Getpid()); !strings.Contains(string(said), want) {
		t.Errorf("the refusal does not name %s: %q", want, said)
	}
	if err := db.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	cmd, out = start(t, "open", folder)
	said, err = io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || string(said) != "opened\n" {
		t.Errorf("after Close: %v, said %q", err, said)
	}
}

func TestFolderHeldByForeignEngine(t *testing.T) {
	folder := t.TempDir()
	f, err := os.Create(filepath.Join(folder, "status"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if _, err := chdb.Open(t.Context(), chdb.Config{Path: folder}); !errors.Is(err, chdb.ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	f.Close()
	openDB(t, chdb.Config{Path: folder})
}

func TestKilledWriterLeavesWholeBatches(t *testing.T) {
	folder := t.TempDir()
	cmd, out := start(t, "write", folder)
	lines := bufio.NewScanner(out)
	acknowledged := 0
	for acknowledged < 5 && lines.Scan() {
		var err error
		if acknowledged, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatal(lines.Text())
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // what it had acknowledged before the signal reached it
		acknowledged, _ = strconv.Atoi(lines.Text())
	}
	_ = cmd.Wait()
	db := openDB(t, chdb.Config{Path: folder})
	n, err := strconv.Atoi(query(t, db, "SELECT count() FROM mrr.t"))
	if err != nil {
		t.Fatal(err)
	}
	if n < 1000*acknowledged || n > 1000*(acknowledged+1) || n%1000 != 0 {
		t.Errorf("%d rows after %d acknowledged batches of 1000", n, acknowledged)
	}
}

func TestOpenAgain(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	for i := range 6 {
		folder := []string{a, b}[i%2]
		db, err := chdb.Open(t.Context(), chdb.Config{Path: folder})
		if err != nil {
			t.Fatal(err)
		}
		query(t, db, "CREATE DATABASE IF NOT EXISTS mrr")
		query(t, db, "CREATE TABLE IF NOT EXISTS mrr.t (a UInt64) ENGINE = MergeTree ORDER BY a")
		query(t, db, "INSERT INTO mrr.t VALUES (1)")
		if got, want := query(t, db, "SELECT count() FROM mrr.t"), fmt.Sprint(i/2+1); got != want {
			t.Errorf("open %d: %s rows, want %s", i, got, want)
		}
		if err := db.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(t.Context()); err != nil {
			t.Errorf("closing twice: %v", err)
		}
		if err := db.Query(t.Context(), "SELECT 1", "", nil, io.Discard); !errors.Is(err, chdb.ErrClosed) {
			t.Errorf("query after Close: %v, want ErrClosed", err)
		}
	}
}

func TestTwoOnOneFolder(t *testing.T) {
	folder := t.TempDir()
	first := openDB(t, chdb.Config{Path: folder})
	second := openDB(t, chdb.Config{Path: filepath.Join(folder, "..", filepath.Base(folder))})
	query(t, first, "CREATE DATABASE mrr")
	query(t, first, "CREATE TABLE mrr.t (a UInt64) ENGINE = MergeTree ORDER BY a")
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	query(t, second, "INSERT INTO mrr.t VALUES (1)")
	if _, err := chdb.Open(t.Context(), chdb.Config{Path: t.TempDir()}); !errors.Is(err, chdb.ErrBusyPath) {
		t.Errorf("another folder meanwhile: %v, want ErrBusyPath", err)
	}
}

func TestTemporaryFolderIsRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	db, err := chdb.Open(t.Context(), chdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	query(t, db, "CREATE DATABASE mrr")
	if err := db.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestRefusedFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := chdb.Open(t.Context(), chdb.Config{Path: file}); err == nil {
		t.Error("opened a file as a folder")
	}
	openDB(t, chdb.Config{}) // and the engine is not the worse for it
}

// meter notes what passes through it, and how much memory the process holds meanwhile.
type meter struct {
	total    int64
	largest  int   // bytes at once
	resident int64 // bytes at most
}

func (m *meter) Write(p []byte) (int, error) {
	if (m.total+int64(len(p)))>>26 != m.total>>26 { // every 64 MiB
		m.resident = max(m.resident, resident())
	}
	m.total += int64(len(p))
	m.largest = max(m.largest, len(p))
	return len(p), nil
}

// resident returns the process's memory in bytes, or its peak where the system tells no more.
func resident() int64 {
	if b, err := os.ReadFile("/proc/self/statm"); err == nil {
		if f := strings.Fields(string(b)); len(f) > 1 {
			if pages, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				return pages * int64(os.Getpagesize())
			}
		}
	}
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Maxrss
}

func TestLargeResultIsNeverHeldWhole(t *testing.T) {
	db := openDB(t, chdb.Config{})
	query(t, db, "SELECT count() FROM numbers(1000)") // what the engine keeps for itself is there now
	before := resident()
	var m meter
	if err := db.Query(t.Context(), "SELECT number, number + 1 FROM numbers(60000000)", "Native", nil, &m); err != nil {
		t.Fatal(err)
	}
	const want = 60_000_000 * 16
	if m.total < want || m.total > want*11/10 {
		t.Errorf("%d bytes, want %d and a little more", m.total, want)
	}
	if m.largest > 32<<20 {
		t.Errorf("a chunk of %d bytes", m.largest)
	}
	if grown := m.resident - before; grown > 200<<20 {
		t.Errorf("memory grew by %d MiB for a result of %d MiB", grown>>20, m.total>>20)
	}
	t.Logf("largest chunk %d KiB, memory %d MiB before and %d MiB at most", m.largest>>10, before>>20, m.resident>>20)
}

func TestChunksMakeOneDocument(t *testing.T) {
	db := openDB(t, chdb.Config{})
	const sql = "SELECT number AS n, 'x\"\ny' AS \"a \"\"b\nc\" FROM numbers(150000)" // several chunks, and a name to trip over
	for _, format := range []string{
		"TSV", "TSVWithNames", "TSVWithNamesAndTypes", "TabSeparatedWithNames", "TSVRaw", "CSV", "CSVWithNames", "CSVWithNamesAndTypes", "JSONColumns",
		"JSONEachRow", "JSONCompactEachRow", "JSONCompactEachRowWithNames", "JSONCompactEachRowWithNamesAndTypes", "PrettyCompact", "Markdown", "Values",
		"Native", "RowBinary", "RowBinaryWithNamesAndTypes", "MsgPack", "SQLInsert", "Vertical",
	} {
		t.Run(format, func(t *testing.T) {
			var got bytes.Buffer
			if err := db.Query(t.Context(), sql, format, nil, &got); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "out") // into a file the engine writes one document by itself
			query(t, db, sql+" INTO OUTFILE '"+file+"' FORMAT "+format)
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%d bytes, want %d; begins %.80q, want %.80q", got.Len(), len(want), got.Bytes(), want)
			}
		})
	}
	if got := query(t, db, sql+" FORMAT JSON"); strings.Count(got, `"meta"`) != 1 { // its statistics differ each time
		t.Error("JSON is not one document")
	}
}

func TestParamEscape(t *testing.T) {
	db := openDB(t, chdb.Config{})
	for _, want := range []string{"plain", `back\slash`, "tab\tnewline\nreturn\r", "nul\x00", `\N`, "'; SELECT 1", ""} {
		var out bytes.Buffer
		if err := db.Query(t.Context(), "SELECT {v:String}", "RawBLOB", map[string]string{"v": chdb.EscapeParam(want)}, &out); err != nil {
			t.Fatalf("%q: %v", want, err)
		}
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestInsertFromReader(t *testing.T) {
	db := openDB(t, chdb.Config{})
	query(t, db, "CREATE DATABASE mrr")
	query(t, db, "CREATE TABLE mrr.t (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
	var rows strings.Builder
	for i := range 300_000 {
		fmt.Fprintf(&rows, "%d,\"row, %d\"\n", i, i)
	}
	st := chdb.Statement{SQL: "INSERT INTO t (a, s) SETTINGS max_insert_block_size = 1000 FORMAT CSV;", Database: "mrr", Body: strings.NewReader(rows.String())}
	sum, err := db.Run(t.Context(), st, nil)
	if err != nil {
		t.Fatal(err)
	}
	if sum.RowsWritten != 300_000 {
		t.Errorf("%d rows written", sum.RowsWritten)
	}
	if got := query(t, db, "SELECT count(), sum(a), max(s) FROM mrr.t"); got != "300000\t44999850000\trow, 99999" {
		t.Errorf("got %s", got)
	}
	broken := errors.New("broken")
	st = chdb.Statement{SQL: "INSERT INTO mrr.t FORMAT CSV", Body: io.MultiReader(strings.NewReader("1,x\n"), errorReader{broken})}
	if _, err := db.Run(t.Context(), st, nil); !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's error", err)
	}
	st = chdb.Statement{SQL: "INSERT INTO mrr.t FORMAT CSV", Body: strings.NewReader("1,x\nnot a number,y\n")}
	var e *chdb.Error
	if _, err := db.Run(t.Context(), st, nil); !errors.As(err, &e) || e.Code != 27 {
		t.Errorf("got %v, want code 27", err)
	}
	st = chdb.Statement{SQL: "INSERT INTO mrr.t FORMAT Native", Body: strings.NewReader("")}
	if _, err := db.Run(t.Context(), st, nil); !errors.As(err, &e) || e.Code != 108 {
		t.Errorf("no block: %v, want code 108", err)
	}
	if got := query(t, db, "SELECT count() FROM mrr.t"); got != "300000" {
		t.Errorf("%s rows after inserts that failed, want 300000", got)
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

func TestCancelledStatement(t *testing.T) {
	db := openDB(t, chdb.Config{MaxConns: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	// Were it to wait for the engine, it would succeed.
	if err := db.Query(ctx, "SELECT sleep(2)", "TSV", nil, io.Discard); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want DeadlineExceeded", err)
	}
	// The only connection is still busy with it.
	wait, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := db.Query(wait, "SELECT 1", "TSV", nil, io.Discard); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want DeadlineExceeded", err)
	}
	if got := query(t, db, "SELECT 1"); got != "1" {
		t.Errorf("got %s", got)
	}
}

func TestCancelledStream(t *testing.T) {
	_, conn := dial(t, chdb.Config{MaxConns: 1})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := conn.Query(ctx, "SELECT number FROM numbers(1000000000000)")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for r.Next() {
		if n++; n == 100_000 {
			cancel()
		}
	}
	if err := errors.Join(r.Err(), r.Close()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v after %d rows, want Canceled", err, n)
	}
	do(t, conn, "SELECT 1") // on the one connection there is
}

func TestCancelledBatch(t *testing.T) {
	_, conn := dial(t, chdb.Config{MaxConns: 1})
	do(t, conn, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
	ctx, cancel := context.WithCancel(t.Context())
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO t")
	if err != nil {
		t.Fatal(err)
	}
	if err := batch.Append(uint64(1)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := batch.Send(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	do(t, conn, "INSERT INTO t VALUES (2)")
}

func TestStatementsRunAtOnce(t *testing.T) {
	db, conn := dial(t, chdb.Config{Path: t.TempDir()})
	query(t, db, "CREATE TABLE mrr.t (w UInt64, a UInt64) ENGINE = MergeTree ORDER BY (w, a)")
	open, err := conn.Query(t.Context(), "SELECT number FROM numbers(10000000)") // stands open while others begin and end
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range uint64(6) {
		wg.Go(func() {
			for range 5 {
				batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO t")
				if err != nil {
					t.Error(err)
					return
				}
				for a := range uint64(1000) {
					if err := batch.Append(w, a); err != nil {
						t.Error(err)
					}
				}
				if err := batch.Send(); err != nil {
					t.Error(err)
				}
				var n uint64
				if err := conn.QueryRow(t.Context(), "SELECT count() FROM t WHERE w = {w:UInt64}", clickhouse.Named("w", fmt.Sprint(w))).Scan(&n); err != nil {
					t.Error(err)
				}
				if n%1000 != 0 || n == 0 {
					t.Errorf("worker %d sees %d rows", w, n)
				}
			}
		})
	}
	wg.Wait()
	var n uint64
	for open.Next() {
		n++
	}
	if err := errors.Join(open.Err(), open.Close()); err != nil || n != 10_000_000 {
		t.Errorf("%d rows, %v", n, err)
	}
	if got := query(t, db, "SELECT count() FROM mrr.t"); got != "30000" {
		t.Errorf("%s rows, want 30000", got)
	}
}

func TestCloseHasALimit(t *testing.T) {
	db, err := chdb.Open(t.Context(), chdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	hold, release := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		done <- db.Query(context.Background(), "SELECT 1", "TSV", nil, writerFunc(func(p []byte) (int, error) {
			close(hold)
			<-release
			return len(p), nil
		}))
	}()
	<-hold
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := db.Close(ctx); !errors.Is(err, chdb.ErrHung) {
		t.Errorf("got %v, want ErrHung", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	openDB(t, chdb.Config{}) // the engine stopped behind it, or goes on
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestSignalsStayWithGo(t *testing.T) {
	openDB(t, chdb.Config{})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		var p *chdb.Config
		p.Path = "" // a SIGSEGV that Go makes a panic of
	}()
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	defer signal.Stop(c)
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-c
}
