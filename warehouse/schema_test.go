package warehouse

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"mrrsync/connectors/billing"
	"mrrsync/warehouse/chdb"
)

func TestMigrateAgainChangesNothing(t *testing.T) {
	w := fresh(t)
	tables := "SELECT name, create_table_query FROM system.tables WHERE database = '" + w.schema.StoreName() + "' ORDER BY name FORMAT TSVRaw"
	was := answer(t, w, tables)
	if err := w.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := answer(t, w, tables); got != was {
		t.Errorf("tables differ:\n%s\nwas:\n%s", got, was)
	}
	if d, err := w.Drift(t.Context()); err != nil || len(d) > 0 {
		t.Errorf("drift in a fresh warehouse: %v, %v", d, err)
	}
	if got := answer(t, w, "SELECT count() FROM system.databases WHERE name LIKE '%drift%'"); got != "0" {
		t.Errorf("%s scratch databases are left", got)
	}
}

func TestDriftNamesWhatIsDifferent(t *testing.T) {
	w := fresh(t)
	for _, sql := range []string{
		"ALTER TABLE " + w.table("periods") + " DROP COLUMN rule",
		"ALTER TABLE " + w.table("periods") + " ADD COLUMN mine String",
		"ALTER TABLE " + w.table("customers") + " MODIFY COLUMN deleted UInt8",
		"ALTER TABLE " + w.table("customers") + " COMMENT COLUMN name 'who'",
		"ALTER TABLE " + w.table("daily") + " DROP PROJECTION totals",
		"DROP TABLE " + w.table("rates") + " SYNC",
		"CREATE TABLE " + w.table("my_own") + " (x Int8) ENGINE = MergeTree ORDER BY x",
		"CREATE OR REPLACE VIEW " + w.schema.DB() + ".runs AS SELECT 1 AS run",
		"DROP VIEW " + w.schema.DB() + ".loads SYNC",
		"ALTER TABLE " + w.schema.DB() + ".plans MODIFY SQL SECURITY DEFINER",
	} {
		if err := w.Conn().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	all, err := w.Drift(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, d := range all {
		text.WriteString(d.String() + "\n")
	}
	store := w.schema.StoreName()
	for _, want := range []string{
		store + ".periods.rule: is missing",
		store + ".periods.mine: is not part of the schema",
		store + `.customers.deleted: type is "UInt8", should be "Bool"`,
		store + `.customers.name: comment is "who", should be "Name, as privacy leaves it"`,
		store + ".daily: projections is",
		store + ".rates: is missing, and its rows with it: restore it from a backup",
		w.schema.Database + ".loads: is missing: run `mrrsync schema apply`",
		w.schema.Database + ".runs: query differs (- is there, + should be)\n    - SELECT 1 AS run\n    + SELECT\n",
		w.schema.Database + `.plans: SQL SECURITY is "DEFINER", should be "INVOKER"`,
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("nothing says %s", want)
		}
	}
	if strings.Contains(text.String(), "my_own") {
		t.Error("a table of the user's own is called drift")
	}
	if t.Failed() {
		t.Log(text.String())
	}
}

// TestDriftOfAQueryIsADiff shows only the lines that differ, and those around them.
func TestDriftOfAQueryIsADiff(t *testing.T) {
	is := strings.Split("SELECT\n    a,\n    b,\n    c,\n    d\nFROM t\nWHERE x\nORDER BY a", "\n")
	should := strings.Split("SELECT\n    a,\n    b,\n    c2,\n    d\nFROM t\nWHERE x\nORDER BY a\nLIMIT 1", "\n")
	want := "    ...\n          b,\n    -     c,\n    +     c2,\n          d\n    ...\n      ORDER BY a\n    + LIMIT 1"
	if got := diffLines(is, should); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestDriftOfAnOldStore: what migrations will make is not a fault to repair by
// hand.
func TestDriftOfAnOldStore(t *testing.T) {
	w := fresh(t)
	opt := options()
	runAll(t, w, statements(t, "0017", opt.Database))
	old, err := Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := old.Close(); err != nil {
			t.Error(err)
		}
	})
	all, err := old.Drift(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := opt.Database + "_store: lacks 0018_daily_totals, the first of "; len(all) == 0 || !strings.HasPrefix(all[0].String(), want) {
		t.Errorf("the first drift is %v, want %s", all[:min(1, len(all))], want)
	}
	found := false
	for _, d := range all {
		if strings.Contains(d.What, "backup") {
			t.Errorf("%s", d)
		}
		found = found || d.String() == opt.Database+"_store.restatements: is missing: run `mrrsync schema apply`"
	}
	if !found {
		t.Errorf("nothing says that restatements is missing: %v", all)
	}
}

func TestMigrateRefusesForeignStores(t *testing.T) {
	for name, c := range map[string]struct{ sql, want string }{
		"a newer one":  {"INSERT INTO %s VALUES (9999, 'future', 'x', now())", "it is at migration 9999"},
		"another text": {"ALTER TABLE %s UPDATE checksum = 'x' WHERE number = 3 SETTINGS mutations_sync = 1", "migration 0003_raw_objects is not the one this warehouse went through"},
	} {
		w := fresh(t)
		if err := w.Conn().Exec(t.Context(), strings.Replace(c.sql, "%s", w.table("migrations"), 1)); err != nil {
			t.Fatal(err)
		}
		if err := w.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

// TestMigrationsAreNumberedThrough: a store remembers its migrations by number,
// so no two may share one and none may be left out.
func TestMigrationsAreNumberedThrough(t *testing.T) {
	all, err := Schema{Target: Embedded, Database: "mrr"}.Tables()
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range all {
		if !strings.HasPrefix(s.Name, fmt.Sprintf("%04d_", i)) {
			t.Errorf("migration %d of %d is %s", i, len(all), s.Name)
		}
	}
}

func TestNamesAreRefused(t *testing.T) {
	for _, s := range []Schema{
		{Database: ""},
		{Database: "a b"},
		{Database: "x`; DROP DATABASE y"},
		{Database: "mrr", Segments: []string{"a-b"}},
		{Database: "mrr", Segments: []string{"x')"}},
		{Database: "mrr", Bands: map[string]Band{"net_grwoth": {dec("0.01"), dec("0.02")}}},
		{Database: "mrr", Bands: map[string]Band{"gross_churn": {dec("0.02"), dec("0.02")}}},
	} {
		if err := s.Validate(); err == nil {
			t.Errorf("%+v is accepted", s)
		}
	}
}

// TestEveryColumnSaysWhatItIs reads the comments and types of the store.
func TestEveryColumnSaysWhatItIs(t *testing.T) {
	w := fresh(t)
	db := w.schema.StoreName()
	for sql, what := range map[string]string{
		"SELECT groupArray(table || '.' || name) FROM system.columns WHERE database = '" + db + "' AND comment = ''":           "columns without comment",
		"SELECT groupArray(table || '.' || name) FROM system.columns WHERE database = '" + db + "' AND type LIKE '%Nullable%'": "Nullable columns",
		"SELECT groupArray(table || '.' || name) FROM system.columns WHERE database = '" + db + "' AND type LIKE '%Float%'":    "columns of floats",
		"SELECT groupArray(name) FROM system.tables WHERE database = '" + db + "' AND comment = ''":                            "tables without comment",
	} {
		if got := answer(t, w, sql); got != "[]" {
			t.Errorf("%s: %s", what, got)
		}
	}
}

// A column of invoice_lines that digests leave out could change without its month
// being written.
func TestDigestsAreOfTheWholeLine(t *testing.T) {
	w := fresh(t)
	want := "cityHash64(" + strings.Join(invoiceLinesTable.columns, ", ") + ")"
	for _, of := range []table{invoiceLinesTable, stagedLinesTable} {
		got := answer(t, w, "SELECT default_kind || ' ' || default_expression FROM system.columns WHERE database = '"+w.schema.StoreName()+"' AND table = '"+of.name+"' AND name = 'digest'")
		if got != "MATERIALIZED "+want {
			t.Errorf("%s: a line's digest is %s, want of %s", of.name, got, want)
		}
	}
}

func TestDSN(t *testing.T) {
	for text, want := range map[string]string{
		"chdb://":         "names no folder",
		"":                "can't be read",
		"mysql://host/db": "begins with mysql://",
		"clickhouse://u:hunter2@h:9000?dial_timeout=soon": "its options can't be read",
		"clickhouse://u:hunter2@:%zz":                     "can't be read",
	} {
		_, err := parseDSN(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"clickhouse://u:hunter2@h:9000", "clickhouse://u:hunter2@h1:9000,h2:9000/", "https://u:hunter2@h:8443?secure=true", "http://h:8123"} {
		d, err := parseDSN(text)
		if err != nil || strings.Contains(d.redacted, "hunter2") || d.http != strings.HasPrefix(text, "http") {
			t.Errorf("%s: %+v, %v", text, d, err)
		}
	}
}

// TestAnotherProcessHasIt opens a folder that another process has open.
func TestAnotherProcessHasIt(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), testBinary())
	cmd.Env = append(cmd.Environ(), childFolder+"="+shared, childKill+"=read")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another run holds the warehouse") {
		t.Errorf("got %v\n%s", err, out)
	}
}

func TestOpenErrors(t *testing.T) {
	opt := options()
	opt.DSN = "chdb://" + t.TempDir()
	if _, err := Open(t.Context(), opt); !errors.Is(err, chdb.ErrBusyPath) {
		t.Errorf("a second folder: %v", err)
	}
	opt.DSN, opt.Cluster = "chdb://"+shared, "c"
	if _, err := Open(t.Context(), opt); err == nil || !strings.Contains(err.Error(), "an embedded warehouse has no cluster") {
		t.Errorf("a cluster: %v", err)
	}
	opt.DSN, opt.Cluster = "http://127.0.0.1:1", ""
	if _, err := Open(t.Context(), opt); err == nil || !strings.Contains(err.Error(), "reach warehouse http://127.0.0.1:1") {
		t.Errorf("nobody there: %v", err)
	}
}

func TestFormat(t *testing.T) {
	w := fresh(t)
	var b strings.Builder
	if err := w.Format(t.Context(), &b, "SELECT count() AS n FROM mrr_daily", "JSONEachRow"); err != nil || strings.TrimSpace(b.String()) != `{"n":0}` {
		t.Errorf("%q, %v", b.String(), err)
	}
	for _, sql := range []string{
		"DROP TABLE " + w.table("runs"), "INSERT INTO " + w.table("runs") + " (run) VALUES (1)", "SET readonly = 0", "SELECT 1 SETTINGS readonly = 0",
		"CREATE TABLE x (a Int8) ENGINE = Memory", "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a Int8')",
	} {
		if err := w.Format(t.Context(), &b, sql, "TSV"); err == nil {
			t.Errorf("done all the same: %s", sql)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Format(ctx, &b, "SELECT 1", "TSV"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	native := &Warehouse{dsn: dsn{}, schema: w.schema}
	if err := native.Format(t.Context(), &b, "SELECT 1", "TSV"); err == nil || !strings.Contains(err.Error(), "http:// or https:// DSN") {
		t.Errorf("native: %v", err)
	}
}

func TestFit(t *testing.T) {
	for text, want := range map[string]string{
		"1.99999": "2", "1.00005": "1.0001", "-1.00005": "-1.0001", "99999999999999.9999": "99999999999999.9999",
		"99999999999999.99995": "", "-100000000000000": "", "0.00004": "0",
	} {
		got, err := fit(dec(text))
		if (err != nil) != (want == "") || (err == nil && !got.Equal(dec(want))) {
			t.Errorf("%s: %s, %v; want %q", text, got, err, want)
		}
	}
	for d, ok := range map[billing.Date]bool{0: true, -1: false, billing.Forever: true, billing.Forever + 1: false} {
		if _, err := fitDate(d); (err == nil) != ok {
			t.Errorf("day %d: %v", d, err)
		}
	}
}

func TestRates(t *testing.T) {
	f, err := newFX("USD", []Rate{{"EUR", 20, dec("1.2")}, {"EUR", 10, dec("1.1")}, {"EUR", 20, dec("1.20")}})
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range map[billing.Date]string{9: "0", 10: "1.1", 19: "1.1", 20: "1.2", 5000: "1.2"} {
		if got, ok := f.at("EUR", d); !got.Equal(dec(want)) || ok != (want != "0") {
			t.Errorf("day %d: %s, %v", d, got, ok)
		}
	}
	if got, ok := f.at("USD", 0); !ok || !got.Equal(dec("1")) {
		t.Errorf("the reporting currency: %s, %v", got, ok)
	}
	for _, bad := range [][]Rate{
		{{"EUR", 20, dec("1.2")}, {"EUR", 20, dec("1.3")}}, {{"EUR", 20, dec("0")}}, {{"EUR", 20, dec("-1")}}, {{"EUR", 20, dec("0.00000000001")}},
	} {
		if _, err := newFX("USD", bad); err == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
}
