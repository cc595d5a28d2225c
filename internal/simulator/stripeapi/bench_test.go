package stripeapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkPages reads whole lists over HTTP, a hundred objects a page, and
// says how many objects a second the simulator serves.
func BenchmarkPages(b *testing.B) {
	c := small(1, 3000)
	srv := httptest.NewServer(New(c, Options{}))
	defer srv.Close()
	for _, path := range []string{"subscriptions?limit=100&status=all", "invoices?limit=100&expand[]=data.discounts", "customers?limit=100", "events?limit=100"} {
		b.Run(path[:strings.Index(path, "?")], func(b *testing.B) {
			cursor, objects, size := "", 0, 0
			for b.Loop() {
				r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, srv.URL+"/v1/"+path+cursor, nil)
				if err != nil {
					b.Fatal(err)
				}
				r.Header.Set("Authorization", "Bearer sk_test_x")
				resp, err := http.DefaultClient.Do(r)
				if err != nil {
					b.Fatal(err)
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil || resp.StatusCode != 200 {
					b.Fatalf("%d %v", resp.StatusCode, err)
				}
				objects += 100
				size += len(body)
				cursor = ""
				if s := string(body); strings.Contains(s, `],"has_more":true,"url":"/v1/`+path[:strings.Index(path, "?")]+`"`) {
					at := strings.LastIndex(s, lastID[path[0]])
					cursor = "&starting_after=" + s[at+6:at+6+strings.IndexByte(s[at+6:], '"')]
				}
			}
			b.ReportMetric(float64(objects)/b.Elapsed().Seconds(), "objects/s")
			b.ReportMetric(float64(size)/float64(objects), "bytes/object")
		})
	}
}

// lastID is how the identifier of the last object of a page is found.
var lastID = map[byte]string{'s': `"id":"sub_1`, 'i': `"id":"in_1`, 'c': `"id":"cus_`, 'e': `"id":"evt_1`}
