package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/internal/pipeline"
	"mrrsync/warehouse/chdb"
)

func checkCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "check",
		GroupID: groupSetup,
		Short:   "Try everything a sync needs, and name what is wrong with its place",
		Long: `Reads the configuration and the files it names, tries every stream of every source
with the configured credentials, reaches the warehouse and compares its schema.
Nothing is pulled and nothing is changed.

Everything that is wrong is named at once. Exit code 2 when it is the
configuration, 1 when it is a source or the warehouse, 4 when another run holds
the warehouse.`,
		Example: `  mrrsync check
  mrrsync check --config /etc/mrrsync/mrrsync.yaml`,
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
	n := &notes{app: a}
	_, lawErr := a.law(c)
	_, ratesErr := a.rates(c)
	_, identityErr := a.identity(c)
	sources, sourcesErr := a.sources(c)
	n.note("configuration", fmt.Sprintf("%s: %s", c.File, count(len(c.Sources), "source")), lawErr, ratesErr, identityErr, sourcesErr)
	for _, s := range sources {
		stage := a.progress.Stage("check "+s.Name, 0)
		said, err := a.checkSource(ctx, s)
		stage.Done()
		n.note("source "+s.Name, said, err)
	}
	said, err := a.checkWarehouse(ctx, c)
	n.note("warehouse", said, err)
	if err := ctx.Err(); err != nil {
		return err
	}
	return n.verdict()
}

func (a *app) checkSource(ctx context.Context, s pipeline.Source) (string, error) {
	account, err := s.Connector.Account(ctx)
	if err != nil {
		return "", err
	}
	if err := s.Connector.Check(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s: %s readable", account, count(len(s.Connector.Streams()), "stream")), nil
}

// checkWarehouse does not make a warehouse that is not there yet.
func (a *app) checkWarehouse(ctx context.Context, c *config.Config) (string, error) {
	if folder, embedded := c.Warehouse.DSN.Embedded(); embedded {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
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

// notes are what a doctor writes down: one line for each thing that is well,
// and one for each problem of one that is not.
type notes struct {
	app      *app
	problems int
	code     int
}

func (n *notes) note(what, well string, errs ...error) {
	err := errors.Join(errs...)
	if err == nil {
		fmt.Fprintf(n.app.stdout, "ok    %-18s %s\n", what, well)
		return
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		n.problems++
		fmt.Fprintf(n.app.stdout, "FAIL  %-18s %s\n", what, line)
	}
	n.code = graver(n.code, exitCode(err, true))
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
		return nil
	}
	return exit{n.code, fmt.Errorf("check found %s", count(n.problems, "problem"))}
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
