package warehouse

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
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
		began := time.Now()
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

// BenchmarkLoad derives a company of 20,000 customers over 24 months in full,
// then a night of which 2 % changed.
func BenchmarkLoad(b *testing.B) {
	const customers = 20_000
	rng := rand.New(rand.NewPCG(1, 1))
	of := &world{customers: map[CustomerKey]*person{}}
	for i := range customers {
		id := fmt.Sprintf("cus_%06d", i)
		p := &person{account: "main/" + id, tier: "gold"}
		from := day("2024-03-01") + billing.Date(rng.IntN(600))
		p.items = []thing{{"sub_" + id, "si_" + id, "USD", []step{
			{from: from, until: from + 100, mrr: fmt.Sprint(10 + i%90)},
			{from: from + 100, until: day("2026-03-05"), mrr: fmt.Sprint(20 + i%90)},
			{from: day("2026-03-05"), until: billing.Forever, mrr: fmt.Sprint(20 + i%90)},
		}}}
		for m := range 24 {
			p.lines = append(p.lines, bill{fmt.Sprintf("in_%s_%d", id, m), from.AddMonths(m), "10"})
		}
		of.customers[CustomerKey{"main", id}] = p
	}
	var only []CustomerKey
	for i, k := range of.keys() {
		if i%50 == 0 {
			only = append(only, k)
		}
	}
	for b.Loop() {
		w := fresh(b)
		s := spec("2026-03-08")
		for _, night := range []string{"full", "nightly"} {
			began := time.Now()
			step := func(name string) {
				b.ReportMetric(time.Since(began).Seconds(), night+"-"+name+"-s")
				began = time.Now()
			}
			keys := only
			if night == "full" {
				s.Full, keys = true, of.keys()
			} else {
				s.Full = false
				s.Through++
				for _, k := range only {
					of.customers[k].items[0].steps[2].mrr = "33"
				}
			}
			l, err := w.NewLoad(b.Context(), s)
			if err != nil {
				b.Fatal(err)
			}
			for _, k := range keys {
				// Each customer is an account: a world of one is quickly searched.
				of, r := (&world{customers: map[CustomerKey]*person{k: of.customers[k]}}).result(of.customers[k].account)
				if err := l.Add(b.Context(), of, r); err != nil {
					b.Fatal(err)
				}
			}
			step("add")
			if err := l.Build(b.Context()); err != nil {
				b.Fatal(err)
			}
			step("build")
			if err := l.Verify(b.Context()); err != nil {
				b.Fatal(err)
			}
			step("verify")
			if _, err := l.Diff(b.Context()); err != nil {
				b.Fatal(err)
			}
			step("diff")
			info, err := l.Publish(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			step("publish")
			b.Logf("%s: %v rows", night, info.Rows)
		}
	}
}
