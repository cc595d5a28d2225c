package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The configuration in the README is copied by every new user: it must be read
// without a complaint, down to each connector's own keys.
func TestReadmeConfiguration(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "```yaml\n")
	text, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("the README shows no configuration")
	}
	dir := t.TempDir()
	files := map[string]string{
		"mrrsync.yaml": text,
		"rates.csv":    "date,currency,rate\n2026-01-01,USD,0.92\n",
		"contracts.csv": "customer_id,subscription_id,item_id,plan,currency,amount,interval,interval_count,quantity,start,end,trial_end,kind\n" +
			"acme,c-1,c-1-1,Platform,EUR,100,month,1,,2026-01-01,,,recurring\n",
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secrets := map[string]string{"STRIPE_API_KEY": "rk_test_1", "CHARGEBEE_API_KEY": "test_1", "ALERT_WEBHOOK": "http://127.0.0.1:1/"}
	a := newApp(strings.NewReader(""), io.Discard, io.Discard, func(name string) string { return secrets[name] })
	a.flags.config = filepath.Join(dir, "mrrsync.yaml")
	c, err := a.config()
	if err != nil {
		t.Fatal(err)
	}
	if sources, err := a.sources(c); err != nil || len(sources) != 3 {
		t.Errorf("%d sources, %v; want 3", len(sources), err)
	}
	if _, err := a.law(c); err != nil {
		t.Error(err)
	}
	if _, err := a.rates(c); err != nil {
		t.Error(err)
	}
}
