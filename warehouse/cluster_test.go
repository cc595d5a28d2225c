package warehouse

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// taped writes down what is sent and keeps from the engine what it can't run:
// there is no replica in the process.
type taped struct {
	driver.Conn
	sent []string
}

func (c *taped) Exec(ctx context.Context, sql string, args ...any) error {
	c.sent = append(c.sent, sql)
	if strings.HasPrefix(sql, "SYSTEM SYNC REPLICA") {
		return nil
	}
	return c.Conn.Exec(ctx, sql, args...)
}

func (c *taped) PrepareBatch(ctx context.Context, sql string, opts ...driver.PrepareBatchOption) (driver.Batch, error) {
	c.sent = append(c.sent, sql)
	return c.Conn.PrepareBatch(ctx, sql, opts...)
}

// TestReplicasAreLevelBeforeTheManifest publishes as on a cluster: every table
// that a load writes is level on all replicas before the manifest names it, and
// nothing is written after the manifest.
func TestReplicasAreLevelBeforeTheManifest(t *testing.T) {
	w := fresh(t)
	tape := &taped{Conn: w.conn}
	w.conn, w.schema.Target, w.schema.Cluster = tape, Cluster, "main"
	if _, err := publish(t.Context(), w, spec("2026-03-09"), acme(), nil); err != nil {
		t.Fatal(err)
	}
	last := len(tape.sent) - 1
	if !strings.HasPrefix(tape.sent[last], "INSERT INTO "+w.table("manifest")) {
		t.Errorf("the last statement is %s", tape.sent[last])
	}
	written := map[string]int{}
	for i, sql := range tape.sent[:last] {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(sql), "INSERT INTO "); ok {
			written[bare(strings.Fields(rest)[0])] = i
		}
	}
	if len(written) < 8 {
		t.Errorf("only %d tables were written", len(written))
	}
	for table, at := range written {
		sync := "SYSTEM SYNC REPLICA ON CLUSTER `main` " + table
		if i := slices.IndexFunc(tape.sent, func(sql string) bool { return bare(sql) == bare(sync) }); i < at {
			t.Errorf("%s was written at %d and synced at %d", table, at, i)
		}
	}
	if err := parses(t, w, "SYSTEM SYNC REPLICA ON CLUSTER `main` "+w.table("daily")); err != nil {
		t.Error(err)
	}
}

// bare is SQL without quotes: our names need none.
func bare(sql string) string { return strings.ReplaceAll(sql, "`", "") }

func TestClustersOfOneShard(t *testing.T) {
	w := fresh(t)
	w.schema.Target, w.schema.Cluster = Cluster, "nowhere"
	if err := w.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), `the server knows no cluster "nowhere"`) {
		t.Errorf("an unknown cluster: %v", err)
	}
	if err := judgeShards("main", 1); err != nil {
		t.Error(err)
	}
	if err := judgeShards("main", 2); err == nil || !strings.Contains(err.Error(), "has 2 shards") {
		t.Errorf("two shards: %v", err)
	}
}
