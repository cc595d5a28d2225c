package warehouse

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mrrsync/connectors/billing"
)

// TestReadersDuringPublishes lets readers loop over tables and views while loads
// are published. Every load has one MRR on all days, its own: a mixed answer
// shows.
func TestReadersDuringPublishes(t *testing.T) {
	w := fresh(t)
	a := &world{customers: map[CustomerKey]*person{}}
	const customers = 20
	price := func(load int) {
		for i := range customers {
			id := fmt.Sprintf("c%02d", i)
			a.customers[CustomerKey{"main", id}] = &person{account: "main/" + id, items: []thing{
				{"s" + id, "i" + id, "USD", []step{{from: day("2025-12-10"), until: billing.Forever, mrr: fmt.Sprint(10 + load)}}},
			}}
		}
	}
	price(0)
	if _, err := publish(t.Context(), w, spec("2026-03-08"), a, nil); err != nil {
		t.Fatal(err)
	}
	// Each answer is one number per day or table; all must be the same one.
	queries := []string{
		"SELECT DISTINCT mrr FROM mrr_daily",
		"SELECT DISTINCT toFloat64(m) FROM (SELECT sum(mrr) / count() AS m FROM mrr_daily GROUP BY date)",
		fmt.Sprintf("SELECT DISTINCT ending_mrr / %d FROM mrr_waterfall_daily", customers),
		fmt.Sprintf("SELECT DISTINCT arrayJoin([ending_mrr, new_mrr]) / %d FROM mrr_waterfall_daily WHERE date = '2025-12-10'", customers),
		fmt.Sprintf("SELECT DISTINCT toFloat64(m) FROM (SELECT mrr AS m FROM mrr_daily UNION ALL SELECT ending_mrr / %d FROM mrr_waterfall_daily)", customers),
		"SELECT count() AS n FROM mrr_daily HAVING n != " + fmt.Sprint(customers*int(day("2026-03-09")-day("2025-12-10"))),
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var reads atomic.Int64
	var readers sync.WaitGroup
	for r := range 2 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for i := r; ctx.Err() == nil; i++ {
				sql := queries[i%len(queries)]
				var b strings.Builder
				if err := w.Format(context.WithoutCancel(ctx), &b, sql, "TSV"); err != nil {
					t.Errorf("%s: %v", sql, err)
					return
				}
				rows := strings.Fields(b.String())
				if strings.Contains(sql, "HAVING") && len(rows) != 0 || !strings.Contains(sql, "HAVING") && len(rows) != 1 {
					t.Errorf("%s\nmixed answer: %v", sql, rows)
				}
				reads.Add(1)
			}
		}()
	}
	until := time.Now().Add(8 * time.Second)
	loads := 1
	for ; time.Now().Before(until) || loads < 5; loads++ {
		price(loads)
		if _, err := publish(t.Context(), w, spec("2026-03-08"), a, a.keys()); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	readers.Wait()
	t.Logf("%d reads during %d loads", reads.Load(), loads)
	if reads.Load() < 10 {
		t.Errorf("only %d reads", reads.Load())
	}
}
