package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
)

//go:embed starter.yaml
var starter []byte

func initCommand(a *app) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:     "init",
		GroupID: groupSetup,
		Short:   "Write a commented starter configuration",
		Long: `Writes a configuration to start from, to mrrsync.yaml or where --config says. Every
key is there with its default and what it means. A file that exists is left alone
unless --force is given.`,
		Example: `  mrrsync init
  mrrsync init --config /etc/mrrsync/mrrsync.yaml`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.init(force) },
	}
	cmd.Flags().BoolVar(&force, "force", false, "overwrite an existing file")
	return cmd
}

func (a *app) init(force bool) error {
	mode := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(a.flags.config, mode, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usage("%s exists; --force overwrites it", a.flags.config)
	}
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	_, err = f.Write(starter)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	fmt.Fprintf(a.stdout, "wrote %s\n\nNext: export STRIPE_API_KEY, name your sources in it, then run `mrrsync check` and `mrrsync sync`.\n", a.flags.config)
	return nil
}
