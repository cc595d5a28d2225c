package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/internal/report"
	"mrrsync/internal/schedule"
	"mrrsync/warehouse"
	"mrrsync/warehouse/chdb"
)

func checkCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "check",
		GroupID: groupSetup,
		Short:   "Try everything a sync needs, and name what is wrong with its place",
		Long: `Reads the configuration and the files and secrets it names, tries every stream of
every source with the configured credentials, reaches the warehouse and compares
its schema. Nothing is pulled, nothing is changed and nobody is notified.

Everything that is wrong is named at once, with where it is and what to do. Exit
code 2 when it is the configuration, 1 when it is a source or the warehouse, 4
when another run holds the warehouse.`,
		Example: `  mrrsync check
  mrrsync check --config mrrsync.yaml --no-progress`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.check(cmd.Context()) },
	}
}

// check goes on after what fails, so that one call names everything.
func (a *app) check(ctx context.Context) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	n := &notes{app: a, look: a.look("")}
	n.note("configuration", fmt.Sprintf("%s: %s, days in %s", c.File, count(len(c.Sources), "source"), c.Reporting.Zone), sourcesProblem(c))
	law, err := a.law(c)
	n.note("policy", law.Policy.Preset, err)
	a.checkFiles(n, c)
	for _, s := range c.Sources {
		stage := a.progress.Stage("check "+s.Name, 0)
		said, err := a.checkSource(ctx, c, s)
		stage.Done()
		n.note("source "+s.Name, said, ofSource(s.Name, err))
	}
	stage := a.progress.Stage("check warehouse", 0)
	said, err := a.checkWarehouse(ctx, c)
	stage.Done()
	n.note("warehouse", said, err)
	if len(c.Serve.Users) > 0 || c.Serve.Schedule != "" {
		said, err = a.checkServe(c)
		n.note("serve", said, err)
	}
	if said, err := checkNotify(c); said != "" || err != nil {
		n.note("notify", said, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return n.verdict()
}

// checkFiles reads what the configuration names beside its sources.
func (a *app) checkFiles(n *notes, c *config.Config) {
	if c.Reporting.FX.File != "" {
		rates, err := a.rates(c)
		n.note("rates", c.Reporting.FX.File+": "+spanned(rates), err)
	}
	if c.Identity.File != "" {
		identity, err := a.identity(c)
		n.note("identity", fmt.Sprintf("%s: %s", c.Identity.File, count(len(identity.Accounts), "customer")), err)
	}
}

// spanned says which currencies rates are of and which days they reach.
func spanned(rates []warehouse.Rate) string {
	if len(rates) == 0 {
		return "no rates yet"
	}
	currencies := map[string]bool{}
	first, last := rates[0].Date, rates[0].Date
	for _, r := range rates {
		currencies[r.Currency] = true
		first, last = min(first, r.Date), max(last, r.Date)
	}
	return fmt.Sprintf("%s, %s to %s", strings.Join(slices.Sorted(maps.Keys(currencies)), " "), first, last)
}

func (a *app) checkSource(ctx context.Context, c *config.Config, s config.Source) (string, error) {
	source, err := a.source(c, s)
	if err != nil {
		return "", err
	}
	account, err := source.Connector.Account(ctx)
	if err == nil {
		err = source.Connector.Check(ctx)
	}
	if err != nil {
		return "", located(err, s.Place())
	}
	return fmt.Sprintf("%s: %s readable", account, count(len(source.Connector.Streams()), "stream")), nil
}

// located says where in the configuration a source is, after what is wrong with
// it, unless that begins with a place of its own.
func located(err error, place string) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, located(e, place))
		}
		return errors.Join(all...)
	}
	var problem *config.Problem
	if errors.As(err, &problem) {
		return placed(err, err)
	}
	if line := regexp.MustCompile(`^\S+:\d+: `); line.MatchString(err.Error()) {
		return err // a line of a file
	}
	return fmt.Errorf("%w [%s]", err, place)
}

// ofSource takes out of an error that its note says already whose it is.
func ofSource(name string, err error) error {
	if err == nil {
		return nil
	}
	return plainly{strings.ReplaceAll(err.Error(), "source "+name+": ", ""), err}
}

// plainly is an error in other words.
type plainly struct {
	text string
	error
}

func (p plainly) Error() string { return p.text }
func (p plainly) Unwrap() error { return p.error }

// checkWarehouse does not make a warehouse that is not there yet.
func (a *app) checkWarehouse(ctx context.Context, c *config.Config) (string, error) {
	if folder, embedded := c.Warehouse.DSN.Embedded(); embedded {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			if err := writable(c.Folder, folder); err != nil {
				return "", err
			}
			download, done := a.download()
			defer done()
			if _, err := chdb.Library(ctx, chdb.Install{Progress: download, Logger: a.log}); err != nil {
				return "", err
			}
			return fmt.Sprintf("%s: not there yet, the first sync makes it; the engine is installed", folder), nil
		}
	}
	w, err := a.warehouse(ctx, c)
	if err != nil {
		return "", err
	}
	drift, err := w.Drift(ctx)
	err = errors.Join(err, w.Close())
	if err != nil {
		return "", err
	}
	var all []error
	for _, d := range drift {
		all = append(all, errors.New(d.String()))
	}
	if len(all) > 0 {
		all = append(all, errors.New("`mrrsync schema apply` makes what is missing"))
	}
	return fmt.Sprintf("%s: reachable, schema without differences", c.Warehouse.DSN), errors.Join(all...)
}

// writable tries whether a folder can be made, without leaving one behind.
func writable(parent, folder string) error {
	probe, err := os.MkdirTemp(parent, ".mrrsync-check-")
	if err != nil {
		return fmt.Errorf("folder %s can't be made: %w; give mrrsync the right to write there, or name another one in warehouse.dsn", folder, errors.Unwrap(err))
	}
	return os.Remove(probe)
}

func (a *app) checkServe(c *config.Config) (string, error) {
	var all []error
	for _, u := range c.Serve.Users {
		_, err := u.Password.Value()
		all = append(all, err)
	}
	for _, file := range []string{c.Serve.TLS.Cert, c.Serve.TLS.Key} {
		if file == "" {
			continue
		}
		if _, err := os.Stat(file); err != nil {
			all = append(all, c.Problem("serve.tls", "%v", err))
		}
	}
	said := fmt.Sprintf("%s, %s", c.Serve.Listen, count(len(c.Serve.Users), "user"))
	if c.Serve.Schedule != "" {
		cron, err := schedule.Parse(c.Serve.Schedule)
		if err != nil {
			all = append(all, c.Problem("serve.schedule", "%v", err))
		} else {
			said += ", next sync " + cron.Next(a.now(), c.Reporting.Zone).Format("2006-01-02 15:04 MST")
		}
	}
	return said, errors.Join(all...)
}

// checkNotify tells nobody anything. Without anybody to tell, nothing is said.
func checkNotify(c *config.Config) (string, error) {
	var whom []string
	if !c.Notify.Webhook.IsZero() {
		if _, err := c.Notify.Webhook.Value(); err != nil {
			return "", err
		}
		whom = append(whom, "the webhook")
	}
	if c.Notify.Command != "" {
		whom = append(whom, "the command")
	}
	if len(whom) == 0 {
		return "", nil
	}
	return strings.Join(c.Notify.On, ", ") + " to " + strings.Join(whom, " and "), nil
}

// sourcesProblem is that there is none.
func sourcesProblem(c *config.Config) error {
	if len(c.Sources) > 0 {
		return nil
	}
	return &config.Problem{File: c.File, Path: "sources", Text: "none is configured; add one, `mrrsync connectors` lists what there is"}
}

// notes are what a doctor writes down: one line for each thing that is well,
// and one for each problem of one that is not.
type notes struct {
	app      *app
	look     report.Terminal
	problems int
	code     int
}

// noteIndent is where the text of a note begins.
const noteIndent = 25

func (n *notes) note(what, well string, errs ...error) {
	err := errors.Join(errs...)
	if err == nil {
		n.write("ok    ", "32", what, well)
		return
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		n.problems++
		n.write("FAIL  ", "31;1", what, line)
	}
	n.code = graver(n.code, exitCode(err, true))
}

func (n *notes) write(verdict, color, what, text string) {
	if n.look.Color {
		verdict = "\x1b[" + color + "m" + verdict + "\x1b[0m"
	}
	fmt.Fprintf(n.app.stdout, "%s%-18s %s\n", verdict, what, wrap(text, n.look.Width, noteIndent))
}

// graver is the exit code that stands for two problems: the configuration comes
// first, since nothing else can be trusted before it is right, and a lock last,
// since it goes away by itself.
func graver(a, b int) int {
	for _, code := range []int{exitUsage, exitFailed, exitLocked} {
		if a == code || b == code {
			return code
		}
	}
	return max(a, b)
}

func (n *notes) verdict() error {
	if n.problems == 0 {
		fmt.Fprintln(n.app.stdout, "\nEverything a sync needs is there.")
		return nil
	}
	return exit{n.code, fmt.Errorf("check found %s; mend what is named, and check again", count(n.problems, "problem"))}
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
