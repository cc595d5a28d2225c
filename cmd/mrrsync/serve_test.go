package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"mrrsync/config"
	"mrrsync/warehouse"
)

var (
	publishes = flag.Int("publishes", 3, "how many loads TestReadersDuringSyncs publishes")
	pause     = flag.Duration("pause", 50*time.Millisecond, "how long TestReadersDuringSyncs' readers rest between two questions")
	clients   = flag.String("clients", "", "a `FOLDER` with clients of other languages, with which TestReadersDuringSyncs reads, too: testdata/clients/README.md")
)

// office is a warehouse of contracts that is served and synced in this process.
type office struct {
	app    *app
	config *config.Config
	w      *warehouse.Warehouse
	addr   string
	folder string
}

const officeCustomers = 20

// newOffice serves until the test ends.
func newOffice(t *testing.T) *office {
	t.Helper()
	return newOfficeFor(t, "")
}

func newOfficeFor(t *testing.T, users string) *office {
	t.Helper()
	o := &office{folder: t.TempDir()}
	text := "version: 1\nsources:\n  - { name: enterprise, connector: contracts, file: contracts.csv }\nserve: { listen: \"127.0.0.1:0\", users: [" + users + "] }\n"
	if err := os.WriteFile(filepath.Join(o.folder, "mrrsync.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"MRRSYNC_NOW": "2026-03-01T02:00:00Z", "MRRSYNC_VOLATILE": "1", "ETL": "wr1te"}
	o.app = newApp(nil, io.Discard, io.Discard, func(name string) string { return env[name] })
	o.app.flags.config, o.app.flags.logFormat, o.app.flags.logLevel = filepath.Join(o.folder, "mrrsync.yaml"), "text", "error"
	if err := o.app.begin(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.app.close)
	var err error
	if o.config, err = o.app.config(); err != nil {
		t.Fatal(err)
	}
	o.serve(t)
	return o
}

func (o *office) serve(t *testing.T) {
	t.Helper()
	server, w, err := o.app.openServer(t.Context(), o.config, serving{maxAge: 36 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	o.addr, o.w = server.Addr().String(), w
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, stopTime) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, o.w.Close()); err != nil {
			t.Error(err)
		}
	})
}

// publish makes every contract cost price a month, from the first day on.
func (o *office) publish(t *testing.T, price int) {
	t.Helper()
	var b strings.Builder
	b.WriteString("customer_id,subscription_id,item_id,plan,currency,amount,interval,start\n")
	for i := range officeCustomers {
		fmt.Fprintf(&b, "c%02d,s%[1]d,i%[1]d,gold,USD,%d,month,2025-11-05\n", i, price)
	}
	if err := os.WriteFile(filepath.Join(o.folder, "contracts.csv"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	options, err := o.app.options(o.config, order{verb: "sync", acceptRestatement: true, acceptChurn: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if receipt, err := o.app.runOn(t.Context(), o.w, options); err != nil || receipt.Load == 0 {
		t.Fatalf("%+v %v", receipt, err)
	}
}

// manyViews is one statement over many views. All of its figures are the price
// of one load, so that a mixed, doubled or partial answer has two rows or
// another figure.
var manyViews = fmt.Sprintf(`SELECT DISTINCT toFloat64(x) AS price FROM (
	SELECT toFloat64(mrr) AS x FROM mrr_daily
	UNION ALL SELECT toFloat64(mrr) FROM mrr_monthly
	UNION ALL SELECT toFloat64(amount) FROM mrr_movements
	UNION ALL SELECT sum(toFloat64(mrr)) / %[1]d FROM mrr_daily GROUP BY date
	UNION ALL SELECT toFloat64(ending_mrr) / %[1]d FROM mrr_waterfall_daily
	UNION ALL SELECT toFloat64(ending_mrr) / %[1]d FROM mrr_waterfall_monthly
	UNION ALL SELECT toFloat64(mrr) / %[1]d FROM mrr_totals_daily
	UNION ALL SELECT toFloat64(current_mrr) FROM customers
	UNION ALL SELECT toFloat64(current_mrr) FROM subscriptions
)`, officeCustomers)

// TestReadersDuringSyncs lets drivers and plain HTTP read in loops while loads
// are published in the same process: every answer is exactly one load. How long
// answers take is told, never asserted.
func TestReadersDuringSyncs(t *testing.T) {
	o := newOffice(t)
	o.publish(t, 100)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var readers sync.WaitGroup
	var mu sync.Mutex
	took := map[string][]time.Duration{}
	loop := func(name string, read func() ([]string, error)) {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for ctx.Err() == nil {
				begun := time.Now()
				prices, err := read()
				mu.Lock()
				took[name] = append(took[name], time.Since(begun))
				mu.Unlock()
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				if len(prices) != 1 {
					t.Errorf("%s: an answer of %d loads: %v", name, len(prices), prices)
				}
				time.Sleep(*pause)
			}
		}()
	}
	loop("HTTP, TSV", func() ([]string, error) { return o.post("TSV", manyViews) })
	loop("HTTP, RowBinaryWithNamesAndTypes", func() ([]string, error) {
		rows, err := o.post("RowBinaryWithNamesAndTypes", manyViews)
		const head = "\x01\x05price\x07Float64"
		raw := strings.TrimPrefix(strings.Join(rows, "\n"), head)
		if err == nil && len(raw) != 8 {
			err = fmt.Errorf("%d bytes of rows, want 8: %q", len(raw), raw)
		}
		return []string{raw}, err
	})
	conn, err := clickhouse.Open(&clickhouse.Options{
		Protocol: clickhouse.HTTP, Addr: []string{o.addr}, Auth: clickhouse.Auth{Database: "mrr"},
		Compression: &clickhouse.Compression{Method: clickhouse.CompressionLZ4},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	loop("clickhouse-go", func() ([]string, error) {
		var prices []float64
		var all []struct {
			Price float64 `ch:"price"`
		}
		err := conn.Select(context.WithoutCancel(ctx), &all, manyViews)
		for _, a := range all {
			prices = append(prices, a.Price)
		}
		return strings.Fields(strings.Trim(fmt.Sprint(prices), "[]")), err
	})
	others := o.readWithClients(ctx, t)
	for i := range *publishes {
		o.publish(t, 101+i)
	}
	cancel()
	readers.Wait()
	others()
	for name, all := range took {
		slices.Sort(all)
		t.Logf("%s: %d answers during %d publishes, p50 %s, p99 %s, max %s", name, len(all), *publishes,
			all[len(all)/2].Round(time.Millisecond), all[len(all)*99/100].Round(time.Millisecond), all[len(all)-1].Round(time.Millisecond))
	}
	last, err := o.post("TSV", manyViews)
	if want := fmt.Sprint(100 + *publishes); err != nil || len(last) != 1 || last[0] != want {
		t.Errorf("in the end %v %v, want %s", last, err, want)
	}
}

// post asks over plain HTTP and returns the lines of the answer.
func (o *office) post(format, sql string) ([]string, error) {
	u := "http://" + o.addr + "/?" + url.Values{"default_format": {format}}.Encode()
	res, err := http.Post(u, "text/plain", strings.NewReader(sql))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, text)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), err
}

// readWithClients reads with the clients of other languages that are there, until
// ctx ends. The function it returns waits for them.
func (o *office) readWithClients(ctx context.Context, t *testing.T) (wait func()) {
	t.Helper()
	scripts, err := filepath.Abs("testdata/clients")
	if err != nil {
		t.Fatal(err)
	}
	var all []func()
	for name, c := range map[string]struct {
		needs string
		args  []string
	}{
		"@clickhouse/client": {"node_modules/@clickhouse/client", []string{"node", scripts + "/readers.js"}},
		"JDBC":               {"jars", []string{"java", "-cp", "jars/*", scripts + "/Readers.java"}},
		"Python":             {"venv/bin/python", []string{"venv/bin/python", scripts + "/readers.py"}},
	} {
		if _, err := os.Stat(filepath.Join(*clients, c.needs)); *clients == "" || err != nil {
			continue
		}
		cmd := exec.CommandContext(ctx, c.args[0], append(c.args[1:], "http://"+o.addr, "mrr", manyViews)...)
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		cmd.Dir, cmd.WaitDelay = *clients, time.Minute
		cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(*clients, "node_modules"))
		done := make(chan string, 1)
		go func() {
			out, err := cmd.Output() // java ends with 130 when it is interrupted, whatever it says
			done <- string(out) + fmt.Sprintf(" (%v)", err)
		}()
		all = append(all, func() {
			if out := <-done; !strings.HasPrefix(out, "ok: ") {
				t.Errorf("%s: %s", name, out)
			} else {
				t.Logf("%s: %s", name, strings.TrimPrefix(out, "ok: "))
			}
		})
	}
	return func() {
		for _, end := range all {
			end()
		}
	}
}

// TestSyncOverTheNetwork syncs as a writer of a running serve, from what could be
// another machine. The views must stay those of an embedded warehouse: a
// definer's would show two loads in one statement.
func TestSyncOverTheNetwork(t *testing.T) {
	o := newOfficeFor(t, "{ name: etl, password: \"env:ETL\", role: writer }")
	remote, err := warehouse.Open(t.Context(), warehouse.Options{
		DSN: "http://etl:wr1te@" + o.addr, Database: "mrr", ReportingCurrency: "USD", Now: o.app.now, KeepLoads: 1, Volatile: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	local := o.w
	o.w = remote
	defer func() {
		o.w = local
		if err := remote.Close(); err != nil {
			t.Error(err)
		}
	}()
	for price := range 3 {
		o.publish(t, 100+price)
	}
	if drift, err := local.Drift(t.Context()); err != nil || len(drift) > 0 {
		t.Errorf("%v %v", drift, err)
	}
	var b strings.Builder
	if err := remote.Format(t.Context(), &b, "SELECT DISTINCT mrr, (SELECT countIf(create_table_query NOT LIKE '%SQL SECURITY INVOKER%') FROM system.tables WHERE database = 'mrr') FROM mrr_daily", "TSV"); err != nil || b.String() != "102\t0\n" {
		t.Errorf("%q %v", b.String(), err)
	}
}

// TestServedHealth asks /healthz and /metrics before and after a sync.
func TestServedHealth(t *testing.T) {
	o := newOffice(t)
	if status, body := o.get(t, "/healthz"); status != http.StatusServiceUnavailable || !strings.Contains(body, `"stale": true`) {
		t.Errorf("nothing was published: %d %s", status, body)
	}
	o.publish(t, 100)
	time.Sleep(stateAge) // what is told may be as old
	status, body := o.get(t, "/healthz")
	if status != http.StatusOK || !strings.Contains(body, `"through": "2026-02-28"`) || !strings.Contains(body, `"source": "enterprise"`) {
		t.Errorf("published: %d %s", status, body)
	}
	if status, body := o.get(t, "/dashboard"); status != http.StatusOK || !strings.Contains(body, "<svg") {
		t.Errorf("the page of figures: %d %.300s", status, body)
	}
	_, body = o.get(t, "/metrics")
	rules, err := os.ReadFile("../../docs/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	// Every metric that the rules name is there: a rule over a misspelt one would
	// never fire.
	names := regexp.MustCompile(`mrrsync_[a-z_]+`).FindAllString(string(rules), -1)
	if len(names) < 5 {
		t.Errorf("the rules name %v", names)
	}
	for _, name := range names {
		if !strings.Contains(body, "\n"+name) {
			t.Errorf("the rules name %s, which is not among\n%s", name, body)
		}
	}
}

func (o *office) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	res, err := http.Get("http://" + o.addr + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}
