package serve_test

import (
	"fmt"
	"testing"
)

// BenchmarkQuery is a small question over HTTP, the whole way: guard, session,
// engine, answer.
func BenchmarkQuery(b *testing.B) {
	w := newWarehouse(b)
	addr := w.start(b, withUsers)
	bi := as("bi", "r3ad")
	for _, c := range []struct{ name, sql string }{
		{"constant", "SELECT 1"},
		{"view", "SELECT date, sum(mrr) FROM mrr_daily GROUP BY date ORDER BY date FORMAT JSON"},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if got := ask(b, addr, c.sql, nil, bi...); got.status != 200 {
					b.Fatal(got.body)
				}
			}
		})
		b.Run(c.name+", never seen before", func(b *testing.B) {
			n := 0
			for b.Loop() {
				n++
				if got := ask(b, addr, fmt.Sprintf("%s -- %d", c.sql, n), nil, bi...); got.status != 200 {
					b.Fatal(got.body)
				}
			}
		})
	}
}
