package main

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"mrrsync/config"
	"mrrsync/connectors"
)

// starterText is the configuration that init writes, a template of a beginning.
//
//go:embed starter.yaml
var starterText string

// start is what a configuration is to begin with, as flags or answers say it.
type start struct {
	force, yes                    bool
	sources, set                  []string
	timezone, currency, warehouse string
	given                         func(flag string) bool
}

// beginning is a start with its sources understood.
type beginning struct {
	DSN, Timezone, Currency string
	Sources                 []beginningSource
	Contracts               bool // one of them is a contracts file
}

type beginningSource struct {
	Name, Connector string
	Keys            []beginningKey

	known []connectors.Key // what the keys mean, in their order
}

type beginningKey struct {
	Name, Value string
	Off         bool // only a comment: the default
	Secret      bool // a reference to one
}

// starter is the text of a configuration, and the same read back: what init
// writes can be read, and its faults are those of the flags.
func (a *app) starter(s start) (beginning, string, *config.Config, error) {
	b, err := s.begin()
	if err != nil {
		return b, "", nil, err
	}
	t, err := template.New("starter").Funcs(template.FuncMap{"yaml": plainScalar}).Parse(starterText)
	if err != nil {
		return b, "", nil, fmt.Errorf("read starter: %w", err)
	}
	var text strings.Builder
	if err := t.Execute(&text, b); err != nil {
		return b, "", nil, fmt.Errorf("fill starter: %w", err)
	}
	c, err := config.Parse(a.flags.config, []byte(text.String()), a.getenv)
	if err == nil {
		_, err = a.sources(c)
	}
	if err != nil {
		return b, "", nil, exit{exitUsage, b.flagged(err)}
	}
	return b, text.String(), c, nil
}

// begin understands which sources are meant, with the keys that they must have
// and those that were set.
func (s start) begin() (beginning, error) {
	b := beginning{DSN: s.warehouse, Timezone: s.timezone, Currency: s.currency}
	for _, text := range s.sources {
		name, connector, named := strings.Cut(text, "=")
		if !named {
			connector = text
			name = text
			for n := 2; b.source(name) != nil; n++ {
				name = fmt.Sprintf("%s-%d", connector, n)
			}
		}
		d, err := definition(connector)
		if err != nil {
			return b, usage("--source %s: %w", text, err)
		}
		source := beginningSource{Name: name, Connector: connector, known: d.Keys}
		for _, k := range d.Keys {
			key := beginningKey{Name: k.Name, Value: k.Default, Off: !k.Required, Secret: strings.HasPrefix(k.Example, "env:")}
			if k.Required {
				key.Value = k.Example
				if b.uses(connector) && key.Secret {
					// The second account of a provider has a key of its own.
					key.Value = "env:" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")+"_"+k.Name)
				}
			}
			source.Keys = append(source.Keys, key)
		}
		b.Sources = append(b.Sources, source)
		b.Contracts = b.Contracts || connector == "contracts"
	}
	for _, text := range s.set {
		if err := b.set(text); err != nil {
			return b, err
		}
	}
	return b, nil
}

// set reads NAME.KEY=VALUE.
func (b *beginning) set(text string) error {
	path, value, ok := strings.Cut(text, "=")
	name, key, dotted := strings.Cut(path, ".")
	if !ok || !dotted {
		return usage("--set %s: want NAME.KEY=VALUE, such as stripe.api_key=env:STRIPE_API_KEY", path)
	}
	source := b.source(name)
	if source == nil {
		var names []string
		for _, s := range b.Sources {
			names = append(names, s.Name)
		}
		return usage("--set %s: there is no source %q; there are %s", path, name, strings.Join(names, ", "))
	}
	var names []string
	for i := range source.Keys {
		k := &source.Keys[i]
		if k.Name == key {
			k.Value, k.Off = value, false
			return nil
		}
		names = append(names, k.Name)
	}
	return usage("--set %s: connector %s has no key %q; it has %s", path, source.Connector, key, strings.Join(names, ", "))
}

func (b *beginning) source(name string) *beginningSource {
	i := slices.IndexFunc(b.Sources, func(s beginningSource) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &b.Sources[i]
}

func (b *beginning) uses(connector string) bool {
	return slices.ContainsFunc(b.Sources, func(s beginningSource) bool { return s.Connector == connector })
}

// flagged says of which flag a problem of the text is: there is no file yet
// whose lines it could name.
func (b *beginning) flagged(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, b.flagged(e))
		}
		return errors.Join(all...)
	}
	var p *config.Problem
	if !errors.As(err, &p) {
		return err
	}
	flag := map[string]string{
		"warehouse.dsn": "--warehouse", "reporting.timezone": "--timezone", "reporting.currency": "--currency",
	}[p.Path]
	if n, key, ok := sourceKey(p.Path); ok && n < len(b.Sources) {
		flag = "--source"
		if key != "" && key != "name" && key != "connector" {
			flag = "--set " + b.Sources[n].Name + "." + key
		}
	}
	return fmt.Errorf("%s: %s", cmp.Or(flag, p.Path), p.Text)
}

// sourceKey takes sources[2].site apart.
func sourceKey(path string) (n int, key string, ok bool) {
	rest, ok := strings.CutPrefix(path, "sources[")
	if !ok {
		return 0, "", false
	}
	_, err := fmt.Sscanf(rest, "%d]", &n)
	_, key, _ = strings.Cut(rest, "].")
	return n, key, err == nil
}

// plainScalar writes a value as YAML reads it back: bare where that is safe.
func plainScalar(value string) (string, error) {
	bare := regexp.MustCompile(`^[A-Za-z0-9./][A-Za-z0-9_./:?=&@%-]*$`)
	if bare.MatchString(value) && !strings.HasSuffix(value, ":") && !slices.Contains([]string{"true", "false", "null"}, strings.ToLower(value)) {
		return value, nil
	}
	quoted, err := json.Marshal(value)
	return string(quoted), err
}
