package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/internal/progress"
)

func initCommand(a *app) *cobra.Command {
	var s start
	cmd := &cobra.Command{
		Use:     "init",
		GroupID: groupSetup,
		Short:   "Write a commented configuration to start from",
		Long: `Writes a configuration to start from, to mrrsync.yaml or where --config says: what
the flags say, and every other key as a comment. On a terminal it asks for what no
flag says; --yes takes the defaults instead. A file that exists is left alone
unless --force is given.

Keys are never written down: a secret is a reference, env:NAME or file:PATH. A
source of contracts gets a file with its columns where there is none yet.`,
		Example: `  mrrsync init
  mrrsync init --yes --source stripe --source contracts --timezone Europe/Berlin --currency EUR
  mrrsync init --config emea.yaml --yes --source emea=chargebee --set emea.site=acme`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s.given = cmd.Flags().Changed
			return a.init(s)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&s.force, "force", false, "overwrite an existing file")
	f.BoolVarP(&s.yes, "yes", "y", false, "ask nothing: take the defaults where no flag says otherwise")
	f.StringSliceVar(&s.sources, "source", []string{"stripe"}, "a source, `[NAME=]CONNECTOR`; may be repeated")
	f.StringArrayVar(&s.set, "set", nil, "a key of a source, `NAME.KEY=VALUE`, such as stripe.api_key=file:stripe.key; may be repeated")
	f.StringVar(&s.timezone, "timezone", "UTC", "the `ZONE` in which days are cut, such as Europe/Berlin")
	f.StringVar(&s.currency, "currency", "USD", "the `CURRENCY` into which totals are converted; \"\" converts nothing")
	f.StringVar(&s.warehouse, "warehouse", "chdb://./warehouse", "where the figures live, a `DSN`, or env:NAME for one with a password")
	return cmd
}

func (a *app) init(s start) error {
	if _, err := os.Stat(a.flags.config); err == nil && !s.force {
		return usage("%s exists already: edit it, overwrite it with --force, or write another one with --config FILE", a.flags.config)
	}
	if in, ok := a.stdin.(*os.File); ok && !s.yes && progress.Terminal(in) {
		if err := a.interview(&s); err != nil {
			return err
		}
	}
	b, text, c, err := a.starter(s)
	if err != nil {
		return err
	}
	mode := os.O_EXCL
	if s.force {
		mode = os.O_TRUNC
	}
	if err := writeNew(a.flags.config, text, mode); err != nil {
		return fmt.Errorf("write configuration: %w; name a file in a folder that may be written to with --config FILE", err)
	}
	fmt.Fprintf(a.stdout, "wrote %s\n", a.flags.config)
	if err := a.writeFiles(b, c); err != nil {
		return err
	}
	fmt.Fprint(a.stdout, "\nNext:\n")
	for _, name := range a.unset(b) {
		fmt.Fprintf(a.stdout, "  export %s=...\n", name)
	}
	flag := ""
	if a.flags.config != defaultConfig {
		flag = " --config " + a.flags.config
	}
	fmt.Fprintf(a.stdout, "  mrrsync check%s\n  mrrsync sync%[1]s\n", flag)
	return nil
}

// writeFiles begins the files that the configuration names and that are not
// there yet.
func (a *app) writeFiles(b beginning, c *config.Config) error {
	for _, s := range b.Sources {
		for i, k := range s.Keys {
			if s.known[i].Starter == "" || k.Off {
				continue
			}
			path := config.Locate(c.Folder, k.Value)
			err := writeNew(path, s.known[i].Starter, os.O_EXCL)
			switch {
			case errors.Is(err, os.ErrExist):
			case err != nil:
				return fmt.Errorf("begin %s of source %s: %w", k.Name, s.Name, err)
			default:
				fmt.Fprintf(a.stdout, "wrote %s with its columns: one row for each priced item of a contract\n", filepath.Clean(path))
			}
		}
	}
	return nil
}

// unset are the environment variables that the configuration refers to and that
// have no value yet.
func (a *app) unset(b beginning) []string {
	var names []string
	refs := []string{b.DSN}
	for _, s := range b.Sources {
		for _, k := range s.Keys {
			refs = append(refs, k.Value)
		}
	}
	for _, ref := range refs {
		if name, ok := strings.CutPrefix(ref, "env:"); ok && a.getenv(name) == "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func writeNew(path, text string, mode int) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|mode, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
