package company

import "testing"

// BenchmarkNew simulates ten thousand customers over two years.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		c := New(Config{Seed: 1, Customers: 10_000, Months: 24, Now: at("2026-11-21T00:00:00Z")})
		b.ReportMetric(float64(len(c.Invoices)), "invoices")
	}
	b.ReportAllocs()
}
