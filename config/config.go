// Package config reads mrrsync.yaml.
//
// It is strict, because a misspelt key that is silently ignored is a number
// that is silently wrong: an unknown key, an unreadable value or a value out of
// range is a Problem that names file, line, column and key, and all problems of
// a file are named at once.
//
// It is a leaf. What belongs to others stays a Section that its owner decodes,
// as strictly: the keys of a source belong to its connector, the policy to
// package normalize. Secrets are references (env:NAME, file:PATH), never values,
// and are looked up at the moment of use.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/goccy/go-yaml/ast"
	"github.com/shopspring/decimal"
)

// Config is a whole configuration, with defaults filled in. Paths are absolute
// or relative to the working directory, no longer to the file.
type Config struct {
	Version   int               `yaml:"version"`
	Warehouse Warehouse         `yaml:"warehouse"`
	Publish   Publish           `yaml:"publish"`
	Reporting Reporting         `yaml:"reporting"`
	Sources   []Source          `yaml:"sources"`
	Identity  Identity          `yaml:"identity"`
	Segments  map[string]string `yaml:"segments"` // dimension -> metadata.KEY or a field such as address.country
	Privacy   Privacy           `yaml:"privacy"`
	Notify    Notify            `yaml:"notify"`
	Policy    Section           `yaml:"policy"`
	Rejects   Rejects           `yaml:"rejects"`
	Serve     Serve             `yaml:"serve"`

	File   string `yaml:"-"` // as it was asked for
	Folder string `yaml:"-"` // where it lies: what relative paths were relative to

	places map[string]place // of the keys that were written, by path
}

// Warehouse says where the figures are kept.
type Warehouse struct {
	DSN       DSN    `yaml:"dsn"`
	Database  string `yaml:"database"` // of the views; tables live in Database_store
	Cluster   string `yaml:"cluster"`  // empty: none
	KeepLoads int    `yaml:"keep_loads"`
}

// Publish bounds what a run may publish unattended. Percentages of MRR.
type Publish struct {
	MaxRestatedPercent decimal.Decimal `yaml:"max_restated_percent"`
	MaxChurnPercent    decimal.Decimal `yaml:"max_churn_percent"`
}

// Reporting is the zone in which days are cut and the currency into which
// figures are converted.
type Reporting struct {
	Timezone string `yaml:"timezone"`
	Currency string `yaml:"currency"` // ISO 4217, upper case; empty: no conversion
	FX       FX     `yaml:"fx"`
	Bands    Bands  `yaml:"bands"`

	Zone *time.Location `yaml:"-"` // of Timezone
}

// FX names the file of rates: columns date,currency,rate. Empty: none.
type FX struct {
	File string `yaml:"file"`
}

// Bands are the reference ranges that benchmarks are held against, in percent.
// Their defaults are the published ones.
type Bands struct {
	NetGrowthExisting  Band `yaml:"net_growth_existing"`   // a month, SMB and enterprise
	NetGrowthMidMarket Band `yaml:"net_growth_mid_market"` // a month, of segments called so
	MRRGrowthEarly     Band `yaml:"mrr_growth_early"`      // a month, ARR below 1 M
	MRRGrowthGrowth    Band `yaml:"mrr_growth_growth"`     // below 5 M
	MRRGrowthMature    Band `yaml:"mrr_growth_mature"`     // above
	GrossChurn         Band `yaml:"gross_churn"`           // a month
	ExpansionShare     Band `yaml:"expansion_share"`       // of MRR growth
}

// Band is one range, From below To.
type Band struct {
	From decimal.Decimal `yaml:"from"`
	To   decimal.Decimal `yaml:"to"`
}

// All are the ranges by the names of their keys.
func (b Bands) All() map[string]Band {
	return map[string]Band{
		"net_growth_existing": b.NetGrowthExisting, "net_growth_mid_market": b.NetGrowthMidMarket,
		"mrr_growth_early": b.MRRGrowthEarly, "mrr_growth_growth": b.MRRGrowthGrowth, "mrr_growth_mature": b.MRRGrowthMature,
		"gross_churn": b.GrossChurn, "expansion_share": b.ExpansionShare,
	}
}

// published are the references that the product was designed on.
func published() Bands {
	percent := func(from, to int64) Band { return Band{decimal.New(from, -1), decimal.New(to, -1)} }
	return Bands{
		NetGrowthExisting: percent(10, 30), NetGrowthMidMarket: percent(15, 35),
		MRRGrowthEarly: percent(150, 200), MRRGrowthGrowth: percent(100, 150), MRRGrowthMature: percent(50, 100),
		GrossChurn: percent(5, 15), ExpansionShare: percent(300, 400),
	}
}

// Source is one billing account. Its own keys wait in Settings for its
// connector.
type Source struct {
	Name      string
	Connector string
	Settings  Section

	nameAt, connectorAt place
}

// Identity joins one customer of several sources into an account.
type Identity struct {
	MetadataKey string `yaml:"metadata_key"`
	File        string `yaml:"file"` // columns source,customer_id,account; empty: none
}

// Privacy says what becomes of personal fields: drop, hash or keep.
type Privacy struct {
	Emails string `yaml:"emails"`
	Names  string `yaml:"names"`
	// Key keys the digests of hash, so that nobody without it can guess an
	// address; optional, the same for all sources.
	Key Secret `yaml:"key"`
}

// Notify says whom to tell of what.
type Notify struct {
	On      []string `yaml:"on"` // failure, partial, stale
	Webhook Secret   `yaml:"webhook"`
	Command string   `yaml:"command"`
}

// Rejects bounds how many rejected rows a run may have and still count as done.
type Rejects struct {
	Max int `yaml:"max"`
}

// Serve is how the warehouse is offered to others.
type Serve struct {
	Listen   string `yaml:"listen"`
	Users    []User `yaml:"users"`
	TLS      TLS    `yaml:"tls"`
	Limits   Limits `yaml:"limits"`
	Schedule string `yaml:"schedule"` // a cron expression in the reporting zone; empty: none
}

// User may read, or also write, through Serve.
type User struct {
	Name     string `yaml:"name"`
	Password Secret `yaml:"password"`
	Role     string `yaml:"role"` // reader or writer
}

// TLS names the files of a certificate and its key; both or neither.
type TLS struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// Limits bound one query through Serve; 0: unbounded.
type Limits struct {
	MaxSeconds    int64 `yaml:"max_seconds"`
	MaxMemory     Bytes `yaml:"max_memory"`
	MaxResultRows int64 `yaml:"max_result_rows"`
	MaxQueries    int64 `yaml:"max_queries"` // at once, of all users together; the others wait
}

// Bytes is an amount of memory, written as 2GiB or 500MB.
type Bytes uint64

// UnmarshalText reads an amount with or without a unit.
func (b *Bytes) UnmarshalText(text []byte) error {
	n, err := humanize.ParseBytes(string(text))
	if err != nil {
		return errors.New("want an amount of memory such as 2GiB")
	}
	*b = Bytes(n)
	return nil
}

// String is the amount with a binary unit.
func (b Bytes) String() string { return humanize.IBytes(uint64(b)) }

// Default is what a file that says only `version: 1` means.
func Default() *Config {
	return &Config{
		Version:   1,
		Warehouse: Warehouse{DSN: DSN{text: "chdb://./warehouse"}, Database: "mrr", KeepLoads: 7},
		Publish: Publish{
			MaxRestatedPercent: decimal.NewFromInt(5),
			MaxChurnPercent:    decimal.NewFromInt(30),
		},
		Reporting: Reporting{Timezone: "UTC", Currency: "USD", Bands: published()},
		Privacy:   Privacy{Emails: "drop", Names: "keep"},
		Notify:    Notify{On: []string{"failure", "partial", "stale"}},
		Serve: Serve{
			Listen: "127.0.0.1:8123",
			Limits: Limits{MaxSeconds: 30, MaxMemory: 2 << 30, MaxQueries: 4},
		},
	}
}

// Load reads and validates a configuration file. An error holds *Problems, all
// that were found; getenv is asked when a secret is used, not before.
func Load(path string, getenv func(string) string) (*Config, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Problem{File: path, Text: "no such configuration; write one with `mrrsync init`, or name it with --config FILE"}
	}
	if err != nil {
		return nil, &Problem{File: path, Text: fmt.Sprintf("cannot be read: %v", err)}
	}
	return Parse(path, text, getenv)
}

// Parse is Load for text that was already read from path.
func Parse(path string, text []byte, getenv func(string) string) (*Config, error) {
	body, anchors, problem := parse(path, text)
	if problem != nil {
		return nil, problem
	}
	c := Default()
	c.File, c.Folder, c.places = path, filepath.Dir(path), map[string]place{}
	src := &source{file: path, folder: c.Folder, getenv: getenv, anchors: anchors, places: c.places}
	c.Version = 0 // must be written
	d := &decoder{source: src}
	d.value(body, reflect.ValueOf(c).Elem(), place{file: path})
	c.validate(d)
	if err := d.err(); err != nil {
		return nil, err
	}
	c.relocate()
	return c, nil
}

// Problem is an error at a key, for what the owner of the key finds wrong with
// a value that could be read.
func (c *Config) Problem(path, format string, args ...any) error {
	return validator{Config: c}.at(path).problem(format, args...)
}

// relocate makes paths relative to the file usable from anywhere.
func (c *Config) relocate() {
	for _, p := range []*string{&c.Reporting.FX.File, &c.Identity.File, &c.Serve.TLS.Cert, &c.Serve.TLS.Key} {
		*p = Locate(c.Folder, *p)
	}
	c.Warehouse.DSN.folder = c.Folder
}

// Locate is a path as seen from a configuration's folder; empty stays empty.
func Locate(folder, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}

// decode reads a source: two keys are everyone's, the rest is its connector's.
func (s *Source) decode(d *decoder, node ast.Node, at place) {
	entries, ok := d.entries(node, at)
	if !ok {
		return
	}
	s.nameAt, s.connectorAt = at, at
	s.Settings = Section{source: d.source, at: at, present: true}
	for _, e := range entries {
		switch e.name {
		case "name":
			s.nameAt = e.at
			d.value(e.value, reflect.ValueOf(&s.Name).Elem(), e.at)
		case "connector":
			s.connectorAt = e.at
			d.value(e.value, reflect.ValueOf(&s.Connector).Elem(), e.at)
		default:
			s.Settings.entries = append(s.Settings.entries, e)
		}
	}
}

// Place is where the source stands in the configuration: file:line.
func (s Source) Place() string { return fmt.Sprintf("%s:%d", s.Settings.at.file, s.Settings.at.line) }

// UnknownConnector is the problem of a source whose connector is not among the
// known ones.
func (s Source) UnknownConnector(known []string) error {
	return s.connectorAt.problem("no connector %q%s", s.Connector, suggest(s.Connector, known))
}

// DSN names a warehouse: chdb://PATH, clickhouse://, http:// or https://, or a
// reference to one (env:NAME, file:PATH). It prints without its password.
type DSN struct {
	text   string
	secret Secret
	folder string
}

func (n *DSN) decode(d *decoder, node ast.Node, at place) {
	text, ok := scalarText(node)
	if !ok {
		d.add(at.problem("want a DSN such as chdb://./warehouse"))
		return
	}
	if strings.HasPrefix(text, fromEnv) || strings.HasPrefix(text, fromFile) {
		secret, problem := parseSecret(text, at, d.folder, d.getenv)
		d.add(problem)
		n.secret, n.text = secret, ""
		return
	}
	n.text, n.secret = text, Secret{}
	if scheme, _, ok := strings.Cut(text, "://"); !ok {
		d.add(at.problem("not a DSN; write chdb://PATH, clickhouse://HOST:9000, http(s)://HOST:8123, or env:NAME"))
	} else if scheme != "chdb" && scheme != "clickhouse" && scheme != "http" && scheme != "https" {
		d.add(at.problem("unknown scheme %q%s", scheme, suggest(scheme, []string{"chdb", "clickhouse", "http", "https"})))
	}
}

// Value is the DSN to open; the path of an embedded one is seen from the
// configuration's folder.
func (n DSN) Value() (string, error) {
	text := n.text
	if !n.secret.IsZero() {
		var err error
		if text, err = n.secret.Value(); err != nil {
			return "", err
		}
	}
	if path, ok := strings.CutPrefix(text, "chdb://"); ok {
		path, query, _ := strings.Cut(path, "?")
		text = "chdb://" + Locate(n.folder, path)
		if query != "" {
			text += "?" + query
		}
	}
	return text, nil
}

// Embedded says that the warehouse is an embedded one, and in which folder.
func (n DSN) Embedded() (folder string, ok bool) {
	text, err := n.Value()
	if err != nil {
		return "", false
	}
	path, ok := strings.CutPrefix(text, "chdb://")
	path, _, _ = strings.Cut(path, "?")
	return path, ok
}

// String is the DSN without its password.
func (n DSN) String() string {
	if !n.secret.IsZero() {
		return n.secret.String()
	}
	return Redact(n.text)
}

// Format prints as String under every verb.
func (n DSN) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, n.String()) }

// MarshalText encodes as String, in JSON and logs too.
func (n DSN) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// Redact takes user, password and query out of a DSN or URL: each may hold a
// secret.
func Redact(dsn string) string {
	scheme, rest, ok := strings.Cut(dsn, "://")
	if !ok {
		return "[not a DSN]"
	}
	rest, _, _ = strings.Cut(rest, "?")
	host, path, slash := strings.Cut(rest, "/")
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		// A password may itself hold a slash.
		host, path, slash = strings.Cut(rest[i+1:], "/")
	}
	if slash {
		host += "/" + path
	}
	return scheme + "://" + host
}
