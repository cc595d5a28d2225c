package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const whole = `# everything
version: 1
warehouse:
  dsn: chdb://./warehouse
  database: mrr
  cluster: ""
  keep_loads: 3
publish:
  max_restated_percent: 2.5
  max_churn_percent: 30
reporting:
  timezone: Europe/Berlin
  currency: EUR
  fx: { file: rates.csv }
  bands: { gross_churn: { from: 1, to: 2.5 } }
sources:
  - name: main
    connector: stripe
    api_key: env:STRIPE_API_KEY
    requests_per_second: 20
  - name: enterprise
    connector: contracts
    file: contracts.csv
identity:
  metadata_key: account_id
  file: identity.csv
segments:
  csm: metadata.csm_owner
  country: address.country
privacy: { emails: hash, names: drop }
notify: { on: [failure], webhook: "env:HOOK", command: "" }
policy:
  preset: committed
  past_due: { exclude_after_days: 30 }
rejects: { max: 7 }
serve:
  listen: 127.0.0.1:8123
  users:
    - { name: bi, password: env:BI_PASSWORD, role: reader }
  tls: { cert: "", key: "" }
  limits: { max_seconds: 30, max_memory: 2GiB, max_result_rows: 0 }
  schedule: ""
`

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestParseWhole(t *testing.T) {
	c, err := Parse("/etc/mrr/mrrsync.yaml", []byte(whole), env())
	if err != nil {
		t.Fatal(err)
	}
	dsn, err := c.Warehouse.DSN.Value()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{
		"dsn":        dsn,
		"keep":       fmt.Sprint(c.Warehouse.KeepLoads),
		"restated":   c.Publish.MaxRestatedPercent.String(),
		"zone":       c.Reporting.Zone.String(),
		"currency":   c.Reporting.Currency,
		"fx":         c.Reporting.FX.File,
		"sources":    c.Sources[0].Name + "/" + c.Sources[0].Connector + " " + c.Sources[1].Name + "/" + c.Sources[1].Connector,
		"identity":   c.Identity.File + " " + c.Identity.MetadataKey,
		"segments":   fmt.Sprint(c.Segments),
		"privacy":    c.Privacy.Emails + " " + c.Privacy.Names,
		"notify":     fmt.Sprint(c.Notify.On, c.Notify.Webhook),
		"rejects":    fmt.Sprint(c.Rejects.Max),
		"users":      fmt.Sprint(c.Serve.Users),
		"max memory": c.Serve.Limits.MaxMemory.String(),
		"tls":        c.Serve.TLS.Cert,
	}
	want := map[string]string{
		"dsn":        "chdb:///etc/mrr/warehouse",
		"keep":       "3",
		"restated":   "2.5",
		"zone":       "Europe/Berlin",
		"currency":   "EUR",
		"fx":         "/etc/mrr/rates.csv",
		"sources":    "main/stripe enterprise/contracts",
		"identity":   "/etc/mrr/identity.csv account_id",
		"segments":   "map[country:address.country csm:metadata.csm_owner]",
		"privacy":    "hash drop",
		"notify":     "[failure] [secret env:HOOK]",
		"rejects":    "7",
		"users":      "[{bi [secret env:BI_PASSWORD] reader}]",
		"max memory": "2.0 GiB",
		"tls":        "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

func TestDefaults(t *testing.T) {
	c, err := Parse("mrrsync.yaml", []byte("version: 1\n"), env())
	if err != nil {
		t.Fatal(err)
	}
	dsn, _ := c.Warehouse.DSN.Value()
	if dsn != "chdb://warehouse" || c.Warehouse.Database != "mrr" || c.Warehouse.KeepLoads != 7 ||
		c.Reporting.Currency != "USD" || c.Reporting.Zone.String() != "UTC" ||
		c.Privacy.Emails != "drop" || c.Privacy.Names != "keep" || !c.Privacy.Key.IsZero() || c.Publish.MaxChurnPercent.String() != "30" {
		t.Errorf("defaults are %+v, dsn %s", c, dsn)
	}
	folder, ok := c.Warehouse.DSN.Embedded()
	if folder != "warehouse" || !ok {
		t.Errorf("embedded folder = %q, %t", folder, ok)
	}
}

// Each case is a file and all that must be said of it, in order.
func TestProblems(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"unknown keys, all of them": {
			"version: 1\nwarehous:\n  dsn: x\npublish: { max_chrun_percent: 3 }\nnonsense: 1\n", `
m.yaml:2:1: warehous: unknown key; did you mean "warehouse"?
m.yaml:4:12: publish.max_chrun_percent: unknown key; did you mean "max_churn_percent"?
m.yaml:5:1: nonsense: unknown key; known here: identity, notify, policy, privacy, publish, rejects, reporting, segments, serve, sources, version, warehouse`,
		},
		"no version": {"warehouse: {}\n", `
m.yaml: version: is missing; write version: 1`},
		"another version": {"version: 2\n", `
m.yaml:1:1: version: is 2; this mrrsync reads version 1`},
		"wrong kinds": {
			"version: 1\nwarehouse: { keep_loads: seven }\nsources: 3\nprivacy: [a]\nrejects: { max: 1.5 }\nserve: { limits: { max_memory: lots } }\n", `
m.yaml:2:14: warehouse.keep_loads: want a whole number
m.yaml:2:14: warehouse.keep_loads: must be at least 1: the published load
m.yaml:3:1: sources: want a list here, with a dash before each entry or as [a, b]
m.yaml:4:1: privacy: want keys and values here
m.yaml:5:12: rejects.max: want a whole number
m.yaml:6:20: serve.limits.max_memory: want an amount of memory such as 2GiB`,
		},
		"out of range": {
			"version: 1\nwarehouse: { dsn: \"mysql://x\", database: a-b, keep_loads: 0 }\npublish: { max_churn_percent: 101 }\nreporting: { timezone: Mars/Base, currency: usd }\nprivacy: { emails: hsh }\nrejects: { max: -1 }\n", `
m.yaml:2:14: warehouse.dsn: unknown scheme "mysql"; known here: chdb, clickhouse, http, https
m.yaml:2:32: warehouse.database: "a-b" is not a database name: want letters, digits and _, not beginning with a digit
m.yaml:2:47: warehouse.keep_loads: must be at least 1: the published load
m.yaml:3:12: publish.max_churn_percent: is a percentage: want 0 to 100
m.yaml:4:14: reporting.timezone: "Mars/Base" is not a time zone; want a name such as UTC or Europe/Berlin
m.yaml:4:35: reporting.currency: "usd" is not a currency code; want three capital letters such as USD, or "" for no conversion
m.yaml:5:12: privacy.emails: "hsh" is not one of drop, hash, keep; did you mean "hash"?
m.yaml:6:12: rejects.max: must not be negative`,
		},
		"sources": {
			"version: 1\nsources:\n  - connector: stripe\n  - name: Main\n    connector: stripe\n  - name: a\n    connector: stripe\n  - name: a\n", `
m.yaml:3:5: sources[0].name: is missing; every row of the source carries it
m.yaml:4:5: sources[1].name: "Main" is not a source name: want a-z, 0-9, _ and -
m.yaml:8:5: sources[3].name: "a" is already the name of the source at line 6
m.yaml:8:5: sources[3].connector: is missing; ` + "`mrrsync connectors` lists them",
		},
		"bands": {"version: 1\nreporting:\n  bands:\n    gross_churn: { from: 2 }\n    mrr_growth: { from: 1, to: 2 }\n", `
m.yaml:4:5: reporting.bands.gross_churn: from 2 is not below to 1.5
m.yaml:5:5: reporting.bands.mrr_growth: unknown key; known here: expansion_share, gross_churn, mrr_growth_early, mrr_growth_growth, mrr_growth_mature, net_growth_existing, net_growth_mid_market`},
		"segments": {"version: 1\nsegments: { CSM: metadata.x, a: \"\", b: metadata. }\n", `
m.yaml:2:13: segments.CSM: is not a name for a column: want a-z, 0-9 and _, not beginning with a digit
m.yaml:2:30: segments.a: want metadata.KEY or a field such as address.country
m.yaml:2:37: segments.b: want metadata.KEY or a field such as address.country`},
		"a literal secret": {"version: 1\nnotify: { webhook: \"https://hooks.example.com/T0/sekrit\" }\n", `
m.yaml:2:11: notify.webhook: a secret must not stand in the configuration; put it into an environment variable and write env:NAME, or into a file and write file:PATH (and replace the secret if this file was shared)`},
		"not YAML": {"version: 1\n  x: [\n", `
m.yaml:1:10: not valid YAML: mapping value is not allowed in this context; look at the indentation: what belongs together stands in one column, and each source begins with - below ` + "`sources:`" + `, before the next key`},
		"a source behind another key": {"version: 1\nsources:\n  - { name: a, connector: contracts, file: a.csv }\nreporting:\n  timezone: UTC\n  - { name: b, connector: contracts, file: b.csv }\n", `
m.yaml:6:3: not valid YAML: non-map value is specified; look at the indentation: what belongs together stands in one column, and each source begins with - below ` + "`sources:`" + `, before the next key`},
		"empty": {"# nothing\n", "\nm.yaml: is empty; `mrrsync init` writes a starter"},
		"a key twice": {"version: 1\nversion: 1\n", `
m.yaml:2:1: not valid YAML: mapping key "version" already defined at [1:1]`},
		"a list": {"- 1\n", `
m.yaml: want keys and values here
m.yaml: version: is missing; write version: 1`},
		"tags and cycles": {"version: 1\nreporting: !!map {}\nsegments: &a { b: *a }\n", `
m.yaml:2:1: reporting: tags are not understood here; write the plain value
m.yaml:3:16: segments.b: want a single value here
m.yaml:3:16: segments.b: want metadata.KEY or a field such as address.country`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("m.yaml", []byte(c.text), env())
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), err.Error()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			var p *Problem
			if !errors.As(err, &p) {
				t.Errorf("%T holds no Problem", err)
			}
			if strings.Contains(err.Error(), "sekrit") {
				t.Error("a secret was repeated")
			}
		})
	}
}

func TestLoadMissing(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "mrrsync.yaml"), env())
	if err == nil || !strings.Contains(err.Error(), "mrrsync init") {
		t.Errorf("Load of nothing = %v, want advice to run init", err)
	}
}

func TestAnchors(t *testing.T) {
	c, err := Parse("m.yaml", []byte("version: 1\nsources:\n  - &one\n    name: a\n    connector: stripe\n    api_key: env:KEY\n  - <<: *one\n    name: b\n"), env("KEY", "v"))
	if err != nil {
		t.Fatal(err)
	}
	var into struct {
		Key Secret `yaml:"api_key"`
	}
	if err := c.Sources[1].Settings.Decode(&into); err != nil {
		t.Fatal(err)
	}
	value, err := into.Key.Value()
	if c.Sources[1].Name != "b" || c.Sources[1].Connector != "stripe" || value != "v" || err != nil {
		t.Errorf("merged source = %q %q, key %q, %v", c.Sources[1].Name, c.Sources[1].Connector, value, err)
	}
}

type common struct {
	BaseURL string `yaml:"base_url"`
}

type settings struct {
	common      `yaml:",inline"`
	Key         Secret `yaml:"api_key"`
	Concurrency int    `yaml:"concurrency"`
}

func TestSection(t *testing.T) {
	s, err := ParseSection("m.yaml", []byte("api_key: env:KEY\nbase_url: http://x\n"), env("KEY", " v\n"))
	if err != nil {
		t.Fatal(err)
	}
	into := settings{Concurrency: 8}
	if err := s.Decode(&into); err != nil {
		t.Fatal(err)
	}
	value, err := into.Key.Value()
	if into.BaseURL != "http://x" || into.Concurrency != 8 || value != "v" || err != nil {
		t.Errorf("decoded %+v, key %q, %v", into, value, err)
	}

	s, err = ParseSection("m.yaml", []byte("api_kye: env:KEY\nconcurrency: many\napi_key: literal-sekrit\n"), env())
	if err != nil {
		t.Fatal(err)
	}
	err = s.Decode(&into)
	want := `m.yaml:1:1: api_kye: unknown key; did you mean "api_key"?
m.yaml:2:1: concurrency: want a whole number
m.yaml:3:1: api_key: a secret must not stand in the configuration; put it into an environment variable and write env:NAME, or into a file and write file:PATH (and replace the secret if this file was shared)`
	if err == nil || err.Error() != want {
		t.Errorf("problems:\n%v\nwant:\n%s", err, want)
	}
	if got := s.Problem("concurrency", "must be at least %d", 1).Error(); got != "m.yaml:2:1: concurrency: must be at least 1" {
		t.Errorf("Problem = %q", got)
	}
}

// pastDue has two shapes, as some policy keys do.
type pastDue struct {
	mode string
	days int
}

func (p *pastDue) UnmarshalYAML(decode func(any) error) error {
	if err := decode(&p.mode); err == nil {
		if p.mode != "count" {
			return fmt.Errorf("%q is not one of count, {exclude_after_days: N}", p.mode)
		}
		return nil
	}
	var after struct {
		Days int `yaml:"exclude_after_days"`
	}
	err := decode(&after)
	p.mode, p.days = "exclude_after_days", after.Days
	return err
}

func TestSectionTypesChooseTheirShape(t *testing.T) {
	parse := func(text string) (pastDue, error) {
		c, err := Parse("m.yaml", []byte("version: 1\npolicy:\n  past_due: "+text+"\n"), env())
		if err != nil {
			t.Fatal(err)
		}
		var into struct {
			PastDue pastDue `yaml:"past_due"`
		}
		err = c.Policy.Decode(&into)
		return into.PastDue, err
	}
	if p, err := parse("count"); err != nil || p != (pastDue{mode: "count"}) {
		t.Errorf("count = %+v, %v", p, err)
	}
	if p, err := parse("{ exclude_after_days: 30 }"); err != nil || p != (pastDue{"exclude_after_days", 30}) {
		t.Errorf("after days = %+v, %v", p, err)
	}
	if _, err := parse("cuont"); err == nil || err.Error() != `m.yaml:3:3: policy.past_due: "cuont" is not one of count, {exclude_after_days: N}` {
		t.Errorf("misspelt = %v", err)
	}
	if _, err := parse("{ exclude_after_day: 30 }"); err == nil || err.Error() != `m.yaml:3:15: policy.past_due.exclude_after_day: unknown key; did you mean "exclude_after_days"?` {
		t.Errorf("misspelt inner key = %v", err)
	}
}

func TestSectionAbsent(t *testing.T) {
	c, err := Parse("m.yaml", []byte("version: 1\n"), env())
	if err != nil {
		t.Fatal(err)
	}
	into := settings{Concurrency: 8}
	if err := c.Policy.Decode(&into); err != nil || into.Concurrency != 8 {
		t.Errorf("absent section changed defaults: %+v, %v", into, err)
	}
}

func TestSecretLookup(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("sekrit\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "blank"), []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := []struct{ ref, value, err string }{
		{"env:SET", "sekrit", ""},
		{"env:UNSET", "", "environment variable UNSET is not set"},
		{"file:key", "sekrit", ""},
		{"file:" + filepath.Join(dir, "key"), "sekrit", ""},
		{"file:nothing", "", "does not exist"},
		{"file:blank", "", "is empty"},
	}
	for _, c := range cases {
		s, p := parseSecret(c.ref, place{file: "m.yaml", line: 3, col: 5, path: "k"}, dir, env("SET", "sekrit"))
		if p != nil {
			t.Fatal(p)
		}
		value, err := s.Value()
		if value != c.value || (err == nil) != (c.err == "") || err != nil && (!strings.Contains(err.Error(), c.err) || !strings.HasPrefix(err.Error(), "m.yaml:3:5: k: ")) {
			t.Errorf("%s = %q, %v; want %q, %q", c.ref, value, err, c.value, c.err)
		}
	}
	for _, bad := range []string{"env:", "env:sk live", "env:1A", "file:", "sk_live_x"} {
		if _, p := parseSecret(bad, place{}, dir, env()); p == nil || strings.Contains(p.Error(), "sk_live") || strings.Contains(p.Error(), "sk live") {
			t.Errorf("%q: %v", bad, p)
		}
	}
}

func TestSecretNeverPrints(t *testing.T) {
	s, p := parseSecret("env:KEY", place{}, "", env("KEY", "sekrit"))
	if p != nil {
		t.Fatal(p)
	}
	holder := struct{ S Secret }{s}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", holder)
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", &s)
	}
	b, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(b)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "s", s, "holder", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "s", s, "holder", holder)
	if strings.Contains(out.String(), "sekrit") {
		t.Errorf("printed the secret:\n%s", out.String())
	}
	if string(b) != `{"S":"[secret env:KEY]"}` {
		t.Errorf("JSON is %s", b)
	}
}

func TestDSN(t *testing.T) {
	cases := []struct{ dsn, value, shown string }{
		{"chdb://./w", "chdb:///f/w", "chdb://./w"},
		{"chdb:///abs/w", "chdb:///abs/w", "chdb:///abs/w"},
		{"clickhouse://u:sekrit@host:9000/db?secure=true&password=sekrit", "clickhouse://u:sekrit@host:9000/db?secure=true&password=sekrit", "clickhouse://host:9000/db"},
		{"https://u:sek/rit@host:8443", "https://u:sek/rit@host:8443", "https://host:8443"},
		{"env:DSN", "http://u:sekrit@h:1", "[secret env:DSN]"},
	}
	for _, c := range cases {
		cfg, err := Parse("/f/m.yaml", []byte("version: 1\nwarehouse: { dsn: \""+c.dsn+"\" }\n"), env("DSN", "http://u:sekrit@h:1"))
		if err != nil {
			t.Fatal(err)
		}
		value, err := cfg.Warehouse.DSN.Value()
		if value != c.value || err != nil {
			t.Errorf("%s opens %s, %v; want %s", c.dsn, value, err, c.value)
		}
		b, err := json.Marshal(cfg.Warehouse)
		if err != nil {
			t.Fatal(err)
		}
		shown := fmt.Sprintf("%v %+v %#v %s", cfg.Warehouse.DSN, cfg.Warehouse, cfg.Warehouse, b)
		if cfg.Warehouse.DSN.String() != c.shown || strings.Contains(shown, "sek") && !strings.Contains(shown, "secret") || strings.Contains(shown, "rit@") {
			t.Errorf("%s shows as %s", c.dsn, shown)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("version: 1\nsources:\n  - &a {name: x, connector: y, <<: *a}\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("? {a: b}\n: c\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("m.yaml", text, env())
		if (c == nil) == (err == nil) {
			t.Errorf("Parse = %v, %v", c, err)
		}
	})
}
