package config

import (
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// validate finds what is readable but wrong.
func (c *Config) validate(d *decoder) {
	v := validator{c, d}
	switch {
	case c.Version == 0:
		v.bad("version", "is missing; write version: 1")
	case c.Version != 1:
		v.bad("version", "is %d; this mrrsync reads version 1", c.Version)
	}
	v.warehouse()
	v.percent("publish.max_restated_percent", c.Publish.MaxRestatedPercent)
	v.percent("publish.max_churn_percent", c.Publish.MaxChurnPercent)
	v.reporting()
	v.sources()
	v.segments()
	v.oneOf("privacy.emails", c.Privacy.Emails, "drop", "hash", "keep")
	v.oneOf("privacy.names", c.Privacy.Names, "drop", "hash", "keep")
	for i, on := range c.Notify.On {
		v.oneOf(fmt.Sprintf("notify.on[%d]", i), on, "failure", "partial", "stale")
	}
	v.notNegative("rejects.max", int64(c.Rejects.Max))
	v.serve()
}

type validator struct {
	*Config
	d *decoder
}

// bad reports a problem at a key, or at the nearest one around it that was
// written.
func (v validator) bad(path, format string, args ...any) {
	v.d.add(v.at(path).problem(format, args...))
}

// at is the place of a key, or of the nearest one around it that was written.
func (v validator) at(path string) place {
	at := place{file: v.File}
	for p := path; p != ""; p = parent(p) {
		if known, ok := v.places[p]; ok {
			at = known
			break
		}
	}
	at.path = path
	return at
}

func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

func (v validator) oneOf(path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		v.bad(path, "%q is not one of %s%s", value, strings.Join(allowed, ", "), nearOnly(value, allowed))
	}
}

func nearOnly(value string, known []string) string {
	if near, ok := Nearest(value, known); ok {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

func (v validator) percent(path string, p decimal.Decimal) {
	if p.IsNegative() || p.GreaterThan(decimal.NewFromInt(100)) {
		v.bad(path, "is a percentage: want 0 to 100")
	}
}

func (v validator) notNegative(path string, n int64) {
	if n < 0 {
		v.bad(path, "must not be negative")
	}
}

var (
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	sourceName = regexp.MustCompile(`^[a-z0-9_-]+$`)
	segment    = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)
	currency   = regexp.MustCompile(`^[A-Z]{3}$`)
)

func (v validator) warehouse() {
	if !identifier.MatchString(v.Warehouse.Database) {
		v.bad("warehouse.database", "%q is not a database name: want letters, digits and _, not beginning with a digit", v.Warehouse.Database)
	}
	if v.Warehouse.KeepLoads < 1 {
		v.bad("warehouse.keep_loads", "must be at least 1: the published load")
	}
}

func (v validator) reporting() {
	zone, err := time.LoadLocation(v.Reporting.Timezone)
	if err != nil || v.Reporting.Timezone == "Local" || v.Reporting.Timezone == "" {
		v.bad("reporting.timezone", "%q is not a time zone; want a name such as UTC or Europe/Berlin", v.Reporting.Timezone)
		zone = time.UTC
	}
	v.Reporting.Zone = zone
	if v.Reporting.Currency != "" && !currency.MatchString(v.Reporting.Currency) {
		v.bad("reporting.currency", "%q is not a currency code; want three capital letters such as USD, or \"\" for no conversion", v.Reporting.Currency)
	}
	bands := v.Reporting.Bands.All()
	for _, name := range slices.Sorted(maps.Keys(bands)) {
		b := bands[name]
		if !b.From.LessThan(b.To) {
			v.bad("reporting.bands."+name, "from %s is not below to %s", b.From, b.To)
		}
	}
}

func (v validator) sources() {
	seen := map[string]place{}
	for i, s := range v.Sources {
		if s.Settings.source == nil {
			continue // not even keys and values: said already
		}
		switch first, dup := seen[s.Name]; {
		case s.Name == "":
			v.d.add(s.at("name", i).problem("is missing; every row of the source carries it"))
		case !sourceName.MatchString(s.Name):
			v.d.add(s.at("name", i).problem("%q is not a source name: want a-z, 0-9, _ and -", s.Name))
		case dup:
			v.d.add(s.at("name", i).problem("%q is already the name of the source at line %d", s.Name, first.line))
		default:
			seen[s.Name] = s.nameAt
		}
		if s.Connector == "" {
			v.d.add(s.at("connector", i).problem("is missing; `mrrsync connectors` lists them"))
		}
	}
}

func (s Source) at(key string, i int) place {
	at := s.nameAt
	if key == "connector" {
		at = s.connectorAt
	}
	at.path = fmt.Sprintf("sources[%d].%s", i, key)
	return at
}

func (v validator) segments() {
	for name, field := range v.Segments {
		path := "segments." + name
		if !segment.MatchString(name) {
			v.bad(path, "is not a name for a column: want a-z, 0-9 and _, not beginning with a digit")
		}
		key, meta := strings.CutPrefix(field, "metadata.")
		if field == "" || meta && key == "" || strings.ContainsAny(field, " \t\n") && !meta {
			v.bad(path, "want metadata.KEY or a field such as address.country")
		}
	}
}

func (v validator) serve() {
	names := map[string]bool{}
	for i, u := range v.Serve.Users {
		path := fmt.Sprintf("serve.users[%d]", i)
		if u.Name == "" {
			v.bad(path+".name", "is missing")
		} else if names[u.Name] {
			v.bad(path+".name", "%q is there twice", u.Name)
		}
		names[u.Name] = true
		if u.Password.IsZero() {
			v.bad(path+".password", "is missing; write env:NAME or file:PATH")
		}
		v.oneOf(path+".role", u.Role, "reader", "writer")
	}
	if (v.Serve.TLS.Cert == "") != (v.Serve.TLS.Key == "") {
		v.bad("serve.tls", "needs both cert and key, or neither")
	}
	v.notNegative("serve.limits.max_seconds", v.Serve.Limits.MaxSeconds)
	v.notNegative("serve.limits.max_result_rows", v.Serve.Limits.MaxResultRows)
	if v.Serve.Limits.MaxQueries < 1 {
		v.bad("serve.limits.max_queries", "must be at least 1")
	}
	if _, _, err := net.SplitHostPort(v.Serve.Listen); err != nil {
		v.bad("serve.listen", "%q is not HOST:PORT, such as 127.0.0.1:8123", v.Serve.Listen)
	}
}
