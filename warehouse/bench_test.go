package warehouse

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mrrsync/connectors"
)

// BenchmarkLand lands and reads back raw objects of 2 KB, a hundred thousand of
// them, in batches as the pipeline does.
func BenchmarkLand(b *testing.B) {
	const batch, total = 5_000, 100_000
	filler := strings.Repeat(`,"k":"some text that a provider sends"`, 50)
	for b.Loop() {
		w := fresh(b)
		run, err := w.StartRun(b.Context(), Run{Verb: "bench"})
		if err != nil {
			b.Fatal(err)
		}
		began, used := time.Now(), processor()
		for from := 0; from < total; from += batch {
			objects := make([]connectors.Object, batch)
			for i := range objects {
				n := from + i
				objects[i] = connectors.Object{
					Kind: "invoice", ID: fmt.Sprintf("in_%09d", n*7919%total), CustomerID: fmt.Sprintf("cus_%06d", n%5000), Version: int64(n), SeenAt: now,
					Origin: connectors.Listed, Payload: fmt.Appendf(nil, `{"id":%d,"amount":%d%s}`, n, n*31%1000, filler),
				}
			}
			if _, err := w.Land(b.Context(), run.ID, "main", "invoices", objects); err != nil {
				b.Fatal(err)
			}
		}
		landed := time.Since(began)
		b.ReportMetric((processor() - used).Seconds(), "processor-s")
		began = time.Now()
		if _, err := w.Completeness(b.Context(), run.ID, "main"); err != nil {
			b.Fatal(err)
		}
		counted := time.Since(began)
		began = time.Now()
		n := 0
		for c, err := range w.Customers(b.Context(), "main", run.ID, nil) {
			if err != nil {
				b.Fatal(err)
			}
			n += len(c.Objects)
		}
		if n != total {
			b.Fatalf("%d objects", n)
		}
		b.ReportMetric(total/landed.Seconds(), "landed/s")
		b.ReportMetric(counted.Seconds(), "completeness-s")
		b.ReportMetric(total/time.Since(began).Seconds(), "read/s")
		if err := w.FinishRun(b.Context(), run); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBackfill publishes the whole company for the first time: everything
// from the first derived row to the day that readers see it.
func BenchmarkBackfill(b *testing.B) {
	c := sized("2026-03-08")
	for b.Loop() {
		opt := options()
		said := &spent{}
		opt.Volatile, opt.Logger = false, logger(said)
		w := reopen(b, opt)
		resetPeak()
		info, err := c.load(b.Context(), w, 1, 0, laps(b))
		if err != nil {
			b.Fatal(err)
		}
		reportPeak(b)
		said.tell(b)
		b.Logf("%v rows", info.Rows)
		sizes(b, w)
	}
}

// BenchmarkNightly publishes the night after: one account of fifty has changed,
// all of it gains a day.
func BenchmarkNightly(b *testing.B) {
	c := sized("2026-03-08")
	w, said := c.filled(b)
	info, _, err := w.Published(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	c.last = info.Through
	resetPeak()
	for night := 1; b.Loop(); night++ {
		c.last++
		if info, err = c.load(b.Context(), w, 50, night, laps(b)); err != nil {
			b.Fatal(err)
		}
		b.Logf("%v rows", info.Rows)
		said.tell(b)
	}
	reportPeak(b)
}

// BenchmarkViews asks the questions of dashboards, on a warm connection.
func BenchmarkViews(b *testing.B) {
	c := sized("2026-03-08")
	w, _ := c.filled(b)
	customers, _ := c.account(c.subscriptions/2, 0)
	customer := customers[0].CustomerID
	for _, q := range []struct{ name, sql string }{
		{"waterfall", "SELECT * FROM mrr_waterfall_monthly"},
		{"waterfall-reporting", "SELECT * FROM mrr_waterfall_monthly_reporting"},
		{"waterfall-daily", "SELECT * FROM mrr_waterfall_daily"},
		{"day-totals", "SELECT * FROM mrr_totals_daily WHERE date = '2026-02-14'"},
		{"day-totals-reporting", "SELECT * FROM mrr_totals_daily_reporting WHERE date = '2026-02-14'"},
		{"all-totals", "SELECT * FROM mrr_totals_daily"},
		{"day-sum", "SELECT currency, sum(mrr) FROM mrr_daily WHERE date = '2026-02-14' GROUP BY currency"},
		{"customer-history", "SELECT date, sum(mrr) FROM mrr_daily WHERE customer_id = '" + customer + "' GROUP BY date"},
		{"account-history", "SELECT date, sum(mrr) FROM mrr_daily WHERE account_id = 'main/" + customer + "' GROUP BY date"},
		{"customer-movements", "SELECT * FROM mrr_movements WHERE customer_id = '" + customer + "'"},
		{"customer", "SELECT * FROM customers WHERE customer_id = '" + customer + "'"},
		{"retention", "SELECT * FROM retention_monthly"},
		{"retention-reporting", "SELECT * FROM retention_monthly_reporting"},
		{"cohorts", "SELECT * FROM cohorts_monthly"},
		{"cohorts-reporting", "SELECT * FROM cohorts_monthly_reporting"},
		{"by-plan", "SELECT * FROM mrr_by_plan_monthly"},
		{"by-segment", "SELECT * FROM mrr_by_segment_monthly"},
		{"forward", "SELECT * FROM mrr_forward_monthly"},
		{"benchmarks", "SELECT * FROM benchmarks_monthly"},
		{"customers", "SELECT count(), sum(current_mrr) FROM customers"},
		{"treatments", "SELECT * FROM invoice_treatments_monthly"},
		{"freshness", "SELECT * FROM freshness"},
	} {
		b.Run(q.name, func(b *testing.B) {
			spent := processor()
			for b.Loop() {
				var out strings.Builder
				if err := w.Format(b.Context(), &out, q.sql, "TabSeparated"); err != nil {
					b.Fatal(err)
				}
				if out.Len() == 0 {
					b.Fatal("no rows")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms")
			b.ReportMetric(float64((processor()-spent).Milliseconds())/float64(b.N), "processor-ms")
		})
	}
}
