package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mrrsync/internal/lengthy"
	"mrrsync/warehouse"
)

// TestWarehouseOfAnotherBuild reads a warehouse that an older mrrsync made, one
// whose views lack a column, and one that a newer made: each verb says so in one
// sentence, and schema apply mends what can be mended.
func TestWarehouseOfAnotherBuild(t *testing.T) {
	lengthy.Test(t)
	folder := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("mrrsync.yaml", "version: 1\nsources:\n  - { name: main, connector: contracts, file: contracts.csv }\n")
	write("contracts.csv", "customer_id,subscription_id,item_id,plan,currency,amount,interval,start\n")
	cli := func(args ...string) (int, string) {
		var out bytes.Buffer
		env := map[string]string{"MRRSYNC_NOW": "2026-03-10T02:00:00Z", "MRRSYNC_VOLATILE": "1"}
		code := run(t.Context(), append([]string{"--config", filepath.Join(folder, "mrrsync.yaml")}, args...), nil, &out, &out, func(name string) string { return env[name] })
		return code, out.String()
	}
	reading := [][]string{
		{"status"},
		{"query", "SELECT * FROM mrr_totals_daily"},
		{"report", "waterfall"},
		{"report", "restatements"},
		{"load", "list"},
		{"load", "show", "1"},
		{"explain", "c1"},
		{"compare", "committed", "stripe"},
		{"reconcile"},
	}
	all := func(when, says string) {
		t.Helper()
		for _, args := range reading {
			code, out := cli(args...)
			if code != exitFailed || strings.Count(out, "\n") != 1 || !strings.Contains(out, says) {
				t.Errorf("%s: %s: exit %d: %s", when, strings.Join(args, " "), code, out)
			}
		}
	}
	// sql runs statements on the warehouse, as another mrrsync may have done.
	sql := func(statements ...string) {
		t.Helper()
		w, err := warehouse.Open(t.Context(), warehouse.Options{DSN: "chdb://" + filepath.Join(folder, "warehouse"), Database: "mrr", Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}()
		for _, s := range statements {
			if err := w.Conn().Exec(context.Background(), s); err != nil {
				t.Fatalf("%v\n%s", err, s)
			}
		}
	}

	old, err := os.ReadFile("../../warehouse/testdata/schema/0017.sql")
	if err != nil {
		t.Fatal(err)
	}
	fixture := strings.ReplaceAll(string(old), "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1\n", "\n")
	sql(strings.Split(strings.TrimSuffix(fixture, ";\n\n"), ";\n\n")...)
	all("an older one", "was made by an older mrrsync or other settings: run `mrrsync schema apply`")
	if code, out := cli("load", "gc"); code != exitDone { // it brings the schema up to date itself
		t.Errorf("load gc: exit %d: %s", code, out)
	}
	if code, out := cli("schema", "check"); code != exitDone {
		t.Errorf("schema check: exit %d: %s", code, out)
	}
	if code, out := cli("query", "SELECT count() > 0 FROM mrr_daily"); code != exitDone || !strings.Contains(out, "1\n") {
		t.Errorf("brought up to date: exit %d: %s", code, out)
	}

	sql("CREATE OR REPLACE VIEW mrr.mrr_waterfall_monthly AS SELECT currency, date AS month FROM mrr.mrr_waterfall_daily")
	if code, out := cli("report", "waterfall"); code != exitFailed || !strings.Contains(out, "(the view mrr_waterfall_monthly lacks starting_mrr)") {
		t.Errorf("a view lacks a column: exit %d: %s", code, out)
	}
	if code, out := cli("schema", "apply"); code != exitDone {
		t.Errorf("schema apply: exit %d: %s", code, out)
	}
	if code, out := cli("query", "SELECT nonsense FROM mrr_daily"); code != exitFailed || !strings.Contains(out, "nonsense") || strings.Contains(out, "older") {
		t.Errorf("a column of nobody's: exit %d: %s", code, out)
	}

	sql("INSERT INTO mrr_store.migrations (number, name, checksum, applied_at) VALUES (999, 'tomorrow', 'x', now64(6))")
	all("a newer one", "was made by a newer mrrsync: use that one")
	for _, verb := range [][]string{{"sync"}, {"load", "gc"}, {"schema", "apply"}} {
		if code, out := cli(verb...); code != exitFailed || !strings.Contains(out, "newer mrrsync") {
			t.Errorf("%s on a newer one: exit %d: %s", strings.Join(verb, " "), code, out)
		}
	}
}
