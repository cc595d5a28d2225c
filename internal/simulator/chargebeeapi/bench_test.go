package chargebeeapi

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"mrrsync/internal/simulator/site"
)

// BenchmarkPages reads whole lists over HTTP, a hundred objects a page, and
// says how many objects a second the simulator serves.
func BenchmarkPages(b *testing.B) {
	srv := httptest.NewServer(New(town(1, 3000, site.Items), Options{}))
	defer srv.Close()
	for _, path := range []string{"subscriptions?limit=100", "invoices?limit=100&sort_by[asc]=date", "customers?limit=100", "events?limit=100", "invoices?limit=100&updated_at[after]=1777000000"} {
		b.Run(strings.NewReplacer("?", "/", "&", "/").Replace(path), func(b *testing.B) {
			offset, objects, size := "", 0, 0
			for b.Loop() {
				r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, srv.URL+"/api/v2/"+path+offset, nil)
				if err != nil {
					b.Fatal(err)
				}
				r.SetBasicAuth("test_key", "")
				resp, err := http.DefaultClient.Do(r)
				if err != nil {
					b.Fatal(err)
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil || resp.StatusCode != 200 {
					b.Fatalf("%d %v", resp.StatusCode, err)
				}
				size += len(body)
				offset = ""
				if i := strings.LastIndex(string(body), `"next_offset":`); i > 0 {
					objects += 100
					var next string
					if err := json.Unmarshal(body[i+14:strings.LastIndexByte(string(body), '}')], &next); err != nil {
						b.Fatal(err)
					}
					offset = "&offset=" + url.QueryEscape(next)
				}
			}
			b.ReportMetric(float64(objects)/b.Elapsed().Seconds(), "objects/s")
			b.ReportMetric(float64(size)/float64(max(objects, 1)), "bytes/object")
		})
	}
}
