package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	_ "time/tzdata" // reporting zones also where the machine knows none

	"mrrsync/config"
	"mrrsync/connectors"
	"mrrsync/internal/pipeline"
	"mrrsync/internal/progress"
	"mrrsync/normalize"
	"mrrsync/warehouse"
)

// app is what the verbs share: where they read and write, and how they open
// what the configuration names. Nothing of it is opened before a verb asks.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string

	flags struct {
		config, logFormat, logLevel string
		noProgress                  bool
	}

	begun    bool // a verb's own work has begun
	log      *slog.Logger
	progress *progress.Progress
	now      func() time.Time
	fixedNow bool // now stands still: MRRSYNC_NOW
	between  between
}

// between is where a test may stand between the program and what it talks to.
// Nobody stands there otherwise: all of it is nil.
type between struct {
	transport func(source string) http.RoundTripper      // to the provider
	sleep     func(context.Context, time.Duration) error // before a request is repeated
	step      func(name string) error                    // before a statement that writes
}

func newApp(stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) *app {
	return &app{
		stdin: stdin, stdout: stdout, stderr: stderr, getenv: getenv,
		log: slog.New(slog.DiscardHandler), progress: progress.New(stderr, false), now: time.Now,
	}
}

// begin makes logger, clock and progress of the global flags. Errors are about
// the command line.
func (a *app) begin() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.flags.logLevel)); err != nil {
		return fmt.Errorf("--log-level %q: want debug, info, warn or error", a.flags.logLevel)
	}
	if a.flags.logFormat != "text" && a.flags.logFormat != "json" {
		return fmt.Errorf("--log-format %q: want text or json", a.flags.logFormat)
	}
	if text := a.getenv("MRRSYNC_NOW"); text != "" {
		fixed, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return fmt.Errorf("MRRSYNC_NOW is %q: want an instant such as 2026-03-01T02:00:00Z", text)
		}
		a.now, a.fixedNow = func() time.Time { return fixed }, true
	}
	a.progress = progress.New(a.stderr, progress.Terminal(a.stderr) && !a.flags.noProgress)
	options := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewTextHandler(a.progress.Writer(), options)
	if a.flags.logFormat == "json" {
		handler = slog.NewJSONHandler(a.progress.Writer(), options)
	}
	a.log = slog.New(handler)
	a.begun = true
	return nil
}

func (a *app) close() { a.progress.Close() }

// config reads the configuration.
func (a *app) config() (*config.Config, error) { return config.Load(a.flags.config, a.getenv) }

// law is how evidence is valued: policy, zone and segments.
func (a *app) law(c *config.Config) (normalize.Settings, error) {
	policy, err := normalize.ParsePolicy(c.Policy.Decode)
	if err != nil {
		return normalize.Settings{}, exit{exitUsage, placed(err, policyProblem(c, err))}
	}
	return normalize.Settings{Policy: policy, Zone: c.Reporting.Zone, Segments: c.Segments}, nil
}

// rates reads the exchange rates; none are configured: nil.
func (a *app) rates(c *config.Config) ([]warehouse.Rate, error) {
	if c.Reporting.FX.File == "" {
		return nil, nil
	}
	f, err := os.Open(c.Reporting.FX.File)
	if err != nil {
		return nil, usage("read reporting.fx.file: %w; correct the path, or write reporting.currency: \"\" to convert nothing", err)
	}
	defer f.Close()
	rates, err := pipeline.ReadRates(f)
	if err != nil {
		return nil, usage("%s: %w", c.Reporting.FX.File, err)
	}
	return rates, nil
}

// identity reads which customers are one account.
func (a *app) identity(c *config.Config) (pipeline.Identity, error) {
	identity := pipeline.Identity{MetadataKey: c.Identity.MetadataKey}
	if c.Identity.File == "" {
		return identity, nil
	}
	f, err := os.Open(c.Identity.File)
	if err != nil {
		return identity, usage("read identity.file: %w", err)
	}
	defer f.Close()
	names := make([]string, len(c.Sources))
	for i, s := range c.Sources {
		names[i] = s.Name
	}
	if identity.Accounts, err = pipeline.ReadIdentity(f, names); err != nil {
		return identity, usage("%s: %w", c.Identity.File, err)
	}
	return identity, nil
}

// sources opens the configured sources, in their order. With names, the others
// are skipped: they stay as they were last sealed.
func (a *app) sources(c *config.Config, names ...string) ([]pipeline.Source, error) {
	if len(c.Sources) == 0 {
		return nil, &config.Problem{File: c.File, Path: "sources", Text: "none is configured; add one, `mrrsync connectors` lists what there is"}
	}
	known := make([]string, len(c.Sources))
	for i, s := range c.Sources {
		known[i] = s.Name
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, usage("no source %q in %s; there are %s", name, c.File, strings.Join(known, ", "))
		}
	}
	var all []pipeline.Source
	var problems []error
	for _, s := range c.Sources {
		source, err := a.source(c, s)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		source.Skip = len(names) > 0 && !slices.Contains(names, s.Name)
		all = append(all, source)
	}
	return all, errors.Join(problems...)
}

// source opens one source.
func (a *app) source(c *config.Config, s config.Source) (pipeline.Source, error) {
	known := map[string]connectors.Definition{}
	for _, d := range definitions() {
		known[d.Name] = d
	}
	definition, ok := known[s.Connector]
	if !ok {
		return pipeline.Source{}, s.UnknownConnector(slices.Sorted(maps.Keys(known)))
	}
	privacy := connectors.Privacy{
		Emails: connectors.Treatment(c.Privacy.Emails), Names: connectors.Treatment(c.Privacy.Names),
	}
	if !c.Privacy.Key.IsZero() {
		key, err := c.Privacy.Key.Value()
		if err != nil {
			return pipeline.Source{}, err
		}
		privacy.Key = []byte(key)
	}
	var transport http.RoundTripper
	if a.between.transport != nil {
		transport = a.between.transport(s.Name)
	}
	var requests atomic.Int64
	connector, err := definition.Open(connectors.Options{
		Source: s.Name, Settings: s.Settings, Folder: c.Folder, Privacy: privacy, Zone: c.Reporting.Zone,
		Now: a.now, Logger: a.log.With("source", s.Name), Transport: transport, Sleep: a.between.sleep,
		Observe: func(r connectors.Request) {
			requests.Add(1)
			if text, lasts := waiting(r); lasts > 0 {
				a.progress.Note(s.Name+": "+text, lasts)
			}
		},
	})
	if err != nil {
		return pipeline.Source{}, placed(err, fmt.Errorf("open source %s: %w", s.Name, err))
	}
	return pipeline.Source{Name: s.Name, Connector: connector, Requests: requests.Load}, nil
}

// policyProblem gives what the law says of a policy the place of its key.
func policyProblem(c *config.Config, err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, policyProblem(c, e))
		}
		return errors.Join(all...)
	}
	path, said, found := strings.Cut(err.Error(), " ")
	key, ok := strings.CutPrefix(path, "policy.")
	if !found || !ok {
		return c.Policy.Problem("preset", "%v", err)
	}
	key, inner, nested := strings.Cut(key, ".")
	if nested {
		said = inner + " " + said
	}
	return c.Policy.Problem(key, "%s", said)
}

// placed is the part of an error that begins with its place in the
// configuration, which says more than whatever was wrapped around it; an error
// without a place is otherwise.
func placed(err, otherwise error) error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if _, ok := e.(*config.Problem); ok { //nolint:errorlint // looked for layer by layer
			return e
		}
		if _, ok := e.(interface{ Unwrap() []error }); ok {
			var p *config.Problem
			if errors.As(e, &p) {
				return e
			}
		}
	}
	return otherwise
}

func answer(r connectors.Request) string {
	switch r.Status {
	case 0:
		return "nothing"
	case http.StatusTooManyRequests:
		return "429, its rate limit"
	}
	return fmt.Sprint(r.Status)
}

// waiting is what a source waits for, and how long that is worth telling: the
// provider, after an answer of it, or its own limit. No duration: nothing.
func waiting(r connectors.Request) (string, time.Duration) {
	const told = 250 * time.Millisecond // less is the pace of the work
	switch {
	case r.Backoff > 0:
		return fmt.Sprintf("%s answered %s, next attempt in %s", r.Path, answer(r), r.Backoff.Round(100*time.Millisecond)), r.Backoff
	case r.Waited >= told:
		return "requests wait for their turn: requests_per_second is the limit", 2 * time.Second
	}
	return "", 0
}

// warehouse opens the warehouse; the caller closes it. It changes nothing:
// verbs that write call Migrate.
func (a *app) warehouse(ctx context.Context, c *config.Config) (*warehouse.Warehouse, error) {
	dsn, err := c.Warehouse.DSN.Value()
	if err != nil {
		return nil, err
	}
	download, done := a.download()
	defer done()
	return warehouse.Open(ctx, warehouse.Options{
		DSN: dsn, Database: c.Warehouse.Database, Cluster: c.Warehouse.Cluster, KeepLoads: c.Warehouse.KeepLoads, Grace: 15 * time.Minute,
		Segments: segments(c), Bands: bands(c), ReportingCurrency: c.Reporting.Currency,
		Volatile: a.getenv("MRRSYNC_VOLATILE") == "1",
		Now:      a.now, Logger: a.log, Progress: download, Step: a.between.step,
	})
}

// download shows the engine's download, once there is one.
func (a *app) download() (progressed func(done, total int64), end func()) {
	var mu sync.Mutex
	var stage *progress.Stage
	progressed = func(done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		if stage == nil {
			stage = a.progress.Bytes("install engine", total)
		}
		stage.Set(done)
	}
	end = func() {
		mu.Lock()
		defer mu.Unlock()
		stage.Done()
	}
	return progressed, end
}

// bands are the configured reference ranges, as shares.
func bands(c *config.Config) map[string]warehouse.Band {
	all := map[string]warehouse.Band{}
	for name, b := range c.Reporting.Bands.All() {
		all[name] = warehouse.Band{From: b.From.Shift(-2), To: b.To.Shift(-2)}
	}
	return all
}

// segments are the names of the configured segments, in the order of their
// columns.
func segments(c *config.Config) []string { return slices.Sorted(maps.Keys(c.Segments)) }
