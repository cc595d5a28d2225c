package serve_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mrrsync/internal/serve"
)

// TestManyAtOnce sends more statements than may run: all are answered, and no
// more than allowed run at a time.
func TestManyAtOnce(t *testing.T) {
	w := newWarehouse(t)
	addr := w.start(t, func(c *serve.Config) { c.Limits.Queries = 2 })
	var wg sync.WaitGroup
	var good atomic.Int64
	for range 20 {
		wg.Go(func() {
			if got := ask(t, addr, "SELECT sum(sipHash64(number)) > 0 FROM numbers(1000000)", nil); got.body == "1\n" {
				good.Add(1)
			} else {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	for good.Load() < 20 && !t.Failed() {
		for _, line := range strings.Split(get(t, addr, "/metrics").body, "\n") {
			var n int
			if _, err := fmt.Sscanf(line, "mrrsync_queries_running %d", &n); err == nil && n > 2 {
				t.Errorf("%d statements at once", n)
			}
		}
	}
	wg.Wait()
}

// TestLimits are those of one statement.
func TestLimits(t *testing.T) {
	w := newWarehouse(t)
	addr := w.start(t, func(c *serve.Config) { c.Limits = serve.Limits{Seconds: 120, Memory: 100 << 20, Rows: 1000} })
	for sql, code := range map[string]string{
		"SELECT number FROM numbers(2000)":                                                  "396",
		"SELECT uniqExact(number) FROM numbers(100000000)":                                  "241",
		"SELECT sum(cityHash64(number)) FROM numbers(1000000000000)":                        "159",
		"SELECT number FROM numbers(2000) FORMAT JSON":                                      "396",
		"SELECT groupArray(toString(number)) FROM numbers(50000000) FORMAT PrettyCompact":   "241",
		"SELECT repeat('x', 1000000) FROM numbers(900) FORMAT JSON":                         "241",
		"SELECT number FROM numbers(1000) ORDER BY number LIMIT 1000 FORMAT JSONEachRow":    "",
		"SELECT count() FROM (SELECT number FROM numbers(2000))":                            "",
		"SELECT a.number FROM numbers(100000) a, numbers(100000) b, numbers(100) c LIMIT 5": "",
	} {
		params := url.Values{"wait_end_of_query": {"1"}}
		if code == "159" {
			params.Set("max_execution_time", "1")
		}
		got := ask(t, addr, sql, params)
		if got.header.Get("X-ClickHouse-Exception-Code") != code {
			t.Errorf("%s: %d %.300s, want code %q", sql, got.status, got.body, code)
		}
	}
}

// TestClientGoesAway gives the place of a statement whose client has gone to the
// next one.
func TestClientGoesAway(t *testing.T) {
	w := newWarehouse(t)
	addr := w.start(t, func(c *serve.Config) { c.Limits.Queries = 1 })
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/", strings.NewReader("SELECT number FROM numbers(100000000000)"))
		if err != nil {
			t.Fatal(err)
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_, err = res.Body.Read(make([]byte, 10))
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Log(err)
			}
			_ = res.Body.Close()
		}
		cancel()
	}
	if got := ask(t, addr, "SELECT 1", nil); got.body != "1\n" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func get(t testing.TB, addr, path string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req)
}

func TestHealthAndMetrics(t *testing.T) {
	w := newWarehouse(t)
	health, broken := serve.Health{Fresh: true, Detail: map[string]string{"through": "2026-01-02"}, Gauges: []serve.Gauge{
		{Name: "source_stale", Help: "Stale", Labels: []string{"source", `a"b`}, Value: 1},
		{Name: "load", Help: "The load", Value: 7},
		{Name: "source_stale", Help: "Stale", Labels: []string{"source", "c"}, Value: 0},
	}}, error(nil)
	addr := w.start(t, func(c *serve.Config) {
		withUsers(c)
		c.Health = func(context.Context) (serve.Health, error) { return health, broken }
	})
	if got := get(t, addr, "/healthz"); got.status != 200 || got.body != "{\n  \"through\": \"2026-01-02\"\n}\n" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v", got)
	}
	ask(t, addr, "SELECT 1", nil, as("bi", "r3ad")...)
	ask(t, addr, "SELECT nothing", nil, as("bi", "r3ad")...)
	ask(t, addr, "SELECT 1", nil, as("bi", "wrong")...)
	body := get(t, addr, "/metrics").body
	for _, line := range []string{
		`mrrsync_queries_total{role="reader",code="0"} 1`, `mrrsync_queries_total{role="reader",code="47"} 1`,
		`mrrsync_queries_total{role="stranger",code="516"} 1`, `mrrsync_query_seconds_count 3`, `mrrsync_query_seconds_bucket{le="+Inf"} 3`,
		`mrrsync_queries_running 0`, `mrrsync_queries_limit 8`, `mrrsync_fresh 1`, `mrrsync_load 7`, `mrrsync_warehouse_readable 1`,
		"# TYPE mrrsync_source_stale gauge\nmrrsync_source_stale{source=\"a\\\"b\"} 1\nmrrsync_source_stale{source=\"c\"} 0",
	} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("no line %s in\n%s", line, body)
		}
	}
	health.Fresh = false
	if got := get(t, addr, "/healthz"); got.status != 503 {
		t.Errorf("stale: %+v", got)
	}
	broken = errors.New("the password is hunter2")
	if got := get(t, addr, "/healthz"); got.status != 503 || strings.Contains(got.body, "hunter2") {
		t.Errorf("broken: %+v", got)
	}
	if body := get(t, addr, "/metrics").body; !strings.Contains(body, "mrrsync_warehouse_readable 0\n") || strings.Contains(body, "mrrsync_load ") {
		t.Errorf("broken:\n%s", body)
	}
}

func TestTLS(t *testing.T) {
	w := newWarehouse(t)
	cert, key := selfSigned(t)
	addr := w.start(t, func(c *serve.Config) { c.Cert, c.Key = cert, key; withUsers(c) })
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // its own certificate
	defer client.CloseIdleConnections()
	res, err := client.Get("https://" + addr + "/?user=bi&password=r3ad&query=SELECT+1")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || res.TLS.Version < tls.VersionTLS12 {
		t.Errorf("%d, TLS %x", res.StatusCode, res.TLS.Version)
	}
	if _, err := serve.New(t.Context(), serve.Config{Folder: w.folder, Database: "mrr", Listen: "127.0.0.1:0", Now: time.Now, Cert: key, Key: cert}); err == nil {
		t.Error("a certificate that is none is taken")
	}
}

func selfSigned(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: bytes}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TestDashboard: pages are for whoever may read, and a browser is asked again
// after a wrong password.
func TestDashboard(t *testing.T) {
	pages := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "figures") })
	w := newWarehouse(t)
	addr := w.start(t, func(c *serve.Config) {
		withUsers(c)
		c.Dashboard = pages
	})
	for _, path := range []string{"/dashboard", "/dashboard/movements?kind=new", "/dashboard?user=bi&password=wrong", "/dashboard?user=nobody"} {
		if got := get(t, addr, path); got.status != 401 || strings.Contains(got.body, "figures") || !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("%s: %+v", path, got)
		}
	}
	for _, path := range []string{"/dashboard?user=bi&password=r3ad", "/dashboard/movements?user=bi&password=r3ad"} {
		if got := get(t, addr, path); got.status != 200 || got.body != "figures" {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

// TestDashboardOpen: without users whoever is on this machine sees the pages, also
// by a link from elsewhere, but no page of another site reads them.
func TestDashboardOpen(t *testing.T) {
	w := newWarehouse(t)
	addr := w.start(t, func(c *serve.Config) {
		c.Dashboard = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "figures") })
	})
	for _, c := range []struct {
		host   string
		header [2]string
		dest   string
		want   int
	}{
		{"", [2]string{"", ""}, "", 200},
		{"", [2]string{"cross-site", "navigate"}, "document", 200},
		{"", [2]string{"cross-site", "navigate"}, "iframe", 403},
		{"", [2]string{"cross-site", "no-cors"}, "image", 403},
		{"", [2]string{"same-site", "cors"}, "empty", 403},
		{"rebound.example", [2]string{"cross-site", "navigate"}, "document", 403},
		{"rebound.example", [2]string{"", ""}, "", 403},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/dashboard", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = c.host
		for name, value := range map[string]string{"Sec-Fetch-Site": c.header[0], "Sec-Fetch-Mode": c.header[1], "Sec-Fetch-Dest": c.dest} {
			if value != "" {
				req.Header.Set(name, value)
			}
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("%+v: %d", c, res.StatusCode)
		}
	}
}
