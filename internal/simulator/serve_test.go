package simulator

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir()
	ready := make(chan Addresses, 1)
	done := make(chan error, 1)
	go func() {
		done <- Serve(ctx, Options{Seed: 7, Customers: 60, Months: 6, Now: time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC), Out: dir},
			func(a Addresses) error { ready <- a; return nil })
	}()
	at := <-ready
	get := func(key string) (int, string) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.Stripe+"/v1/customers?limit=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	if status, body := get("sk_test_wrong"); status != 401 || !strings.Contains(body, "Invalid API Key") {
		t.Errorf("a wrong key: %d %s", status, body)
	}
	key, err := os.ReadFile(filepath.Join(dir, StripeKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	if status, body := get(strings.TrimSpace(string(key))); status != 200 || !strings.Contains(body, `"object":"customer"`) {
		t.Errorf("the key of the file: %d %s", status, body)
	}
	info, err := os.Stat(filepath.Join(dir, StripeKeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v %v, want mode 0600", info.Mode(), err)
	}
	if info, err := os.Stat(filepath.Join(dir, SiteKeyFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file of the site: %v %v, want mode 0600", info.Mode(), err)
	}
	cfg, err := os.ReadFile(filepath.Join(dir, ConfigFile))
	if err != nil || !strings.Contains(string(cfg), "base_url: "+at.Stripe+"\n") || !strings.Contains(string(cfg), "base_url: "+at.Chargebee+"\n") {
		t.Errorf("config: %v\n%s", err, cfg)
	}
	for name, head := range map[string]string{
		TruthFile:     "date,source,customer_id,subscription_id,item_id,currency,mrr,provable\n2025-10-",
		ContractsFile: "customer_id,subscription_id,item_id,plan,currency,amount,interval,interval_count,quantity,start,end,trial_end,kind,account_id,csm_owner,segment\nENT-0001,",
		RatesFile:     "date,currency,rate\n2024-08-27,EUR,1.",
	} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.HasPrefix(string(b), head) {
			t.Errorf("%s: %v\n%.200s", name, err, b)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("stop: %v", err)
	}
}

// Served again a month later, a company keeps its founding and its history.
func TestServedAgainLater(t *testing.T) {
	dir := t.TempDir()
	rows := func(now time.Time) []string {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		o := Options{Seed: 3, Customers: 40, Months: 6, Now: now, Out: dir}
		if err := Serve(ctx, o, func(Addresses) error { cancel(); return nil }); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, TruthFile))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(b)), "\n")[1:]
	}
	first := rows(time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC))
	known := map[string]bool{}
	for _, r := range rows(time.Date(2026, 4, 20, 0, 0, 0, 0, time.UTC)) {
		known[r[:strings.LastIndexByte(r, ',')]] = true
	}
	missing := 0
	for _, r := range first {
		if strings.HasSuffix(r, ",1") && !known[r[:strings.LastIndexByte(r, ',')]] {
			missing++
		}
	}
	if len(first) < 1000 || missing > 0 {
		t.Errorf("%d of %d rows of March are gone in April", missing, len(first))
	}
}

// Each provider has a port of its own: the one after the first, when that is
// named.
func TestPorts(t *testing.T) {
	doors, err := listen(t.Context(), "127.0.0.1:0", 2)
	if err != nil {
		t.Fatal(err)
	}
	first, second := doors[0].Addr().(*net.TCPAddr).Port, doors[1].Addr().(*net.TCPAddr).Port
	closeAll(doors)
	if first == second {
		t.Errorf("both at port %d", first)
	}
	for port := 20_000; port < 20_200; port += 2 {
		if doors, err = listen(t.Context(), fmt.Sprint("127.0.0.1:", port), 2); err != nil {
			continue // somebody else is there
		}
		closeAll(doors)
		if first, second := doors[0].Addr().(*net.TCPAddr).Port, doors[1].Addr().(*net.TCPAddr).Port; first != port || second != port+1 {
			t.Errorf("at %d the ports are %d and %d", port, first, second)
		}
		return
	}
	t.Error(err)
}
