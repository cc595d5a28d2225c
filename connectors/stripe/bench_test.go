package stripe_test

import (
	"net/http/httptest"
	"testing"

	"mrrsync/connectors"
	"mrrsync/internal/simulator/company"
	"mrrsync/internal/simulator/stripeapi"
)

func served(b *testing.B) (connectors.Connector, func()) {
	co := company.New(company.Config{Seed: 1, Customers: 1000, Months: 24, Now: present})
	server := httptest.NewServer(stripeapi.New(co, stripeapi.Options{}))
	return open(b, server.URL, still, ""), server.Close
}

// BenchmarkPull is a first sync over HTTP from a simulator in the same process,
// which has its share of the time.
func BenchmarkPull(b *testing.B) {
	c, stop := served(b)
	defer stop()
	objects, bytes := 0, 0
	for b.Loop() {
		for _, stream := range c.Streams() {
			for page, err := range c.Pull(b.Context(), stream, "") {
				if err != nil {
					b.Fatal(err)
				}
				objects += len(page.Objects)
				for _, o := range page.Objects {
					bytes += len(o.Payload)
				}
			}
		}
	}
	b.ReportMetric(float64(objects)/b.Elapsed().Seconds(), "objects/s")
	b.ReportMetric(float64(bytes)/float64(objects), "B/object")
}

// BenchmarkTranslate turns a whole company's objects into facts.
func BenchmarkTranslate(b *testing.B) {
	c, stop := served(b)
	s := newShelf()
	if err := s.pull(b.Context(), c); err != nil {
		b.Fatal(err)
	}
	stop()
	objects := 0
	for b.Loop() {
		_, _ = s.records(c)
		for _, versions := range s.objects {
			objects += len(versions)
		}
	}
	b.ReportMetric(float64(objects)/b.Elapsed().Seconds(), "objects/s")
}
