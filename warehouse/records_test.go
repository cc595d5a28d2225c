package warehouse

import (
	"fmt"
	"testing"
	"time"
)

// TestRecordsAreTrimmed lets the details of runs leave that are older than 400 days,
// once there are many, and nothing else that runs said of themselves.
func TestRecordsAreTrimmed(t *testing.T) {
	w := fresh(t)
	now := time.Date(2026, 3, 6, 2, 0, 0, 0, time.UTC)
	w.opt.Now = func() time.Time { return now }
	days := func(n int) uint64 { return uint64(now.AddDate(0, 0, -n).UnixMicro()) }
	write := func(table, columns, values string, n int, run uint64) {
		t.Helper()
		sql := fmt.Sprintf("INSERT INTO %s (run, source, stream, %s) SELECT %d, 'main', 'customers', %s FROM numbers(%d)", w.table(table), columns, run, values, n)
		if err := w.exec(t.Context(), "fill "+table, sql); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []int{0, 399, 401, 900} {
		write("field_fill", "kind, api_version, field, seq, objects, filled", "'customer', '', toString(number), 1, 10, 9", 1500, days(n))
		write("completeness_slices", "slice, seq, listed, landed, missing", "toString(number), 1, 10, 10, 0", 1500, days(n))
		write("completeness", "seq, listed, landed, missing", "1, 10, 10, 0", 1, days(n))
	}
	held := func() string {
		return answer(t, w, "SELECT (SELECT count() FROM "+w.table("field_fill")+"), (SELECT count() FROM "+w.table("completeness_slices")+"), (SELECT count() FROM "+w.table("completeness")+")")
	}
	collect := func() {
		t.Helper()
		if _, err := w.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	collect()
	if got := held(); got != "6000\t6000\t4" {
		t.Errorf("few rows are old: %q are left of them", got)
	}
	write("field_fill", "kind, api_version, field, seq, objects, filled", "'customer', '', toString(number), 1, 10, 9", 2000, days(500))
	collect()
	if got := held(); got != "3000\t6000\t4" {
		t.Errorf("with many old rows in field_fill: %q are left", got)
	}
	if got := answer(t, w, fmt.Sprintf("SELECT count() FROM %s WHERE run IN (%d, %d)", w.table("field_fill"), days(0), days(399))); got != "3000" {
		t.Errorf("of the last 400 days %q are left", got)
	}
	write("completeness_slices", "slice, seq, listed, landed, missing", "toString(number), 1, 10, 10, 0", 2000, days(500))
	collect()
	if got := held(); got != "3000\t3000\t4" {
		t.Errorf("with many old rows in both: %q are left", got)
	}
}
