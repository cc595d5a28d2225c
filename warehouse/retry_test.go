package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

func TestWhatIsSentAgain(t *testing.T) {
	code := func(n int32) error { return fmt.Errorf("insert: %w", &clickhouse.Exception{Code: n}) }
	for _, c := range []struct {
		name        string
		err         error
		once, twice bool // is sent again, when doing it twice is harmful, harmless
	}{
		{"nothing", nil, false, false},
		{"syntax", code(62), false, false},
		{"no access", code(497), false, false},
		{"too busy", code(202), true, true},
		{"no quorum", code(285), true, true},
		{"socket timeout", code(209), false, true},
		{"unknown outcome", code(319), false, true},
		{"nobody listens", &netError{syscall.ECONNREFUSED}, true, true},
		{"reset", &netError{syscall.ECONNRESET}, false, true},
		{"cut off", fmt.Errorf("read: %w", io.ErrUnexpectedEOF), false, true},
		{"cancelled", fmt.Errorf("%w: %w", context.Canceled, io.EOF), false, false},
		{"ours", errors.New("quantity is out of range"), false, false},
	} {
		if once, twice := again(c.err, false), again(c.err, true); once != c.once || twice != c.twice {
			t.Errorf("%s: %v, %v; want %v, %v", c.name, once, twice, c.once, c.twice)
		}
	}
}

// netError is what a dialer wraps an errno in.
type netError struct{ errno error }

func (e *netError) Error() string { return "dial: " + e.errno.Error() }
func (e *netError) Unwrap() error { return e.errno }

// weak is a connection whose statements fail now and then: before they arrive, or
// after they were done.
type weak struct {
	driver.Conn
	fail func(sql string) (done bool, err error)
}

func (c *weak) Exec(ctx context.Context, sql string, args ...any) error {
	done, err := c.fail(sql)
	if err == nil || done {
		return errors.Join(c.Conn.Exec(ctx, sql, args...), err)
	}
	return err
}

func (c *weak) Query(ctx context.Context, sql string, args ...any) (driver.Rows, error) {
	if _, err := c.fail(sql); err != nil {
		return nil, err
	}
	return c.Conn.Query(ctx, sql, args...)
}

func (c *weak) QueryRow(ctx context.Context, sql string, args ...any) driver.Row {
	if _, err := c.fail(sql); err != nil {
		return noRow{err: err}
	}
	return c.Conn.QueryRow(ctx, sql, args...)
}

// noRow is the row of a question that failed.
type noRow struct {
	driver.Row
	err error
}

func (r noRow) Err() error        { return r.err }
func (r noRow) Scan(...any) error { return r.err }

func (c *weak) PrepareBatch(ctx context.Context, sql string, opts ...driver.PrepareBatchOption) (driver.Batch, error) {
	b, err := c.Conn.PrepareBatch(ctx, sql, opts...)
	return &weakBatch{b, c, sql}, err
}

type weakBatch struct {
	driver.Batch
	conn *weak
	sql  string
}

func (b *weakBatch) Send() error {
	done, err := b.conn.fail(b.sql)
	if err == nil || done {
		return errors.Join(b.Batch.Send(), err)
	}
	return err
}

// overWeak is a warehouse whose tables know a repeated batch, as a server's do,
// over a connection that fails.
func overWeak(t *testing.T, fail func(string) (bool, error)) *Warehouse {
	t.Helper()
	w := fresh(t)
	names := answer(t, w, "SELECT name FROM system.tables WHERE database = '"+w.schema.StoreName()+"' AND engine LIKE '%MergeTree' FORMAT TSVRaw")
	for _, name := range strings.Fields(names) {
		if err := w.conn.Exec(t.Context(), "ALTER TABLE "+w.table(name)+" MODIFY SETTING non_replicated_deduplication_window = 1000"); err != nil {
			t.Fatal(err)
		}
	}
	c := newRetrying(&weak{Conn: w.conn, fail: fail}, slog.New(slog.DiscardHandler))
	c.pauses = []time.Duration{time.Microsecond, time.Microsecond}
	w.conn = c
	return w
}

// TestANightOverAWeakLine: every batch is lost on its way once, and once more
// after it was stored; every read and every DDL fails once. What readers see is
// the same as over a good line.
func TestANightOverAWeakLine(t *testing.T) {
	var mu sync.Mutex // months are expanded side by side
	failed := map[string]int{}
	w := overWeak(t, func(sql string) (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		failed[sql]++
		insert := strings.HasPrefix(strings.TrimSpace(sql), "INSERT")
		switch {
		case insert && strings.Contains(sql, "SELECT") && failed[sql] == 1:
			return false, &clickhouse.Exception{Code: 202}
		case insert && strings.Contains(sql, "SELECT"):
			return false, nil
		case failed[sql]%3 == 1:
			return false, io.EOF
		case insert && failed[sql]%3 == 2:
			return true, &clickhouse.Exception{Code: 209} // stored, but the answer is lost
		}
		return false, nil
	})
	good := fresh(t)
	for _, through := range []string{"2026-02-03", "2026-02-04"} {
		for _, on := range []*Warehouse{w, good} {
			if err := night(t.Context(), on, tiny(day("2026-02-04")), through); err != nil {
				t.Fatal(err)
			}
		}
	}
	same(t, "what readers see", dump(t, w), dump(t, good))
	for _, table := range []string{"raw_objects", "runs", "cursors", "manifest", "movements"} {
		count := "SELECT count() FROM "
		if got, want := answer(t, w, count+w.table(table)), answer(t, good, count+good.table(table)); got != want {
			t.Errorf("%s has %s rows, want %s", table, got, want)
		}
	}
	if len(failed) < 20 {
		t.Errorf("only %d statements failed", len(failed))
	}
}

// TestRetriesEnd: after a few tries, with the context, and at once where the
// outcome of an INSERT SELECT is unknown.
func TestRetriesEnd(t *testing.T) {
	tries := 0
	w := overWeak(t, func(string) (bool, error) { tries++; return false, io.EOF })
	if err := w.Conn().Exec(t.Context(), "DROP TABLE IF EXISTS "+w.table("x")); !errors.Is(err, io.EOF) || tries != 3 {
		t.Errorf("%v after %d tries", err, tries)
	}
	tries = 0
	if err := w.Conn().Exec(t.Context(), "INSERT INTO "+w.table("runs")+" SELECT * FROM "+w.table("runs")); !errors.Is(err, io.EOF) || tries != 1 {
		t.Errorf("an INSERT SELECT: %v after %d tries", err, tries)
	}
	ctx, cancel := context.WithCancel(t.Context())
	c := w.conn.(*retrying)
	c.pauses = []time.Duration{time.Hour}
	c.Conn.(*weak).fail = func(string) (bool, error) { cancel(); return false, io.EOF }
	if err := c.Exec(ctx, "SELECT 1"); !errors.Is(err, context.Canceled) || !errors.Is(err, io.EOF) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestManifestOverALostLine: the line breaks once the manifest was sent. Whether it
// arrived or not, the run does not say that it knows, and the next one does.
func TestManifestOverALostLine(t *testing.T) {
	for name, arrives := range map[string]bool{"it arrived": true, "it did not": false} {
		t.Run(name, func(t *testing.T) {
			lost := false
			w := overWeak(t, func(sql string) (bool, error) {
				sent := strings.HasPrefix(sql, "INSERT") && strings.Contains(sql[:min(len(sql), 60)], "manifest")
				if sent || lost {
					lost = true
					return sent && arrives, io.EOF
				}
				return false, nil
			})
			if err := night(t.Context(), w, tiny(day("2026-02-04")), "2026-02-03"); !errors.Is(err, ErrUnsure) {
				t.Fatalf("got %v", err)
			}
			w.conn.(*retrying).Conn.(*weak).fail = func(string) (bool, error) { return false, nil }
			w.giveBack(t.Context())
			if _, err := w.StartRun(t.Context(), Run{Verb: "sync"}); err != nil {
				t.Fatal(err)
			}
			defer w.giveBack(t.Context())
			all, err := w.runs(t.Context(), "ORDER BY run")
			if err != nil || len(all) != 2 {
				t.Fatalf("%+v %v", all, err)
			}
			if want := map[bool]Status{true: Partial, false: Aborted}[arrives]; all[0].Status != want || (all[0].LoadID != 0) != arrives {
				t.Errorf("the next run says %s of it, load %d; want %s", all[0].Status, all[0].LoadID, want)
			}
		})
	}
}
