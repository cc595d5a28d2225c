package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func manCommand(a *app) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:     "man [VERB]",
		GroupID: groupSetup,
		Short:   "Print the manual page of a verb, or write them all into a folder",
		Long: `Prints the manual page of mrrsync, or of a verb, as man reads it. With --dir it
writes all of them, ready for a folder man1 of MANPATH.`,
		Example: `  mrrsync man sync > mrrsync-sync.1
  mrrsync man --dir ./man1`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.man(cmd.Root(), args, dir) },
	}
	cmd.Flags().StringVar(&dir, "dir", "", "write every page into `FOLDER`, which is made if need be")
	return cmd
}

func (a *app) man(root *cobra.Command, args []string, dir string) error {
	now := a.now()
	header := func() *doc.GenManHeader {
		return &doc.GenManHeader{Section: "1", Source: "mrrsync", Manual: "mrrsync", Date: &now}
	}
	walk(root, func(cmd *cobra.Command) { cmd.DisableAutoGenTag = true })
	if dir == "" {
		cmd, rest, err := root.Find(args)
		if err != nil || len(rest) > 0 {
			return usage("there is no verb %q to tell of; `mrrsync help` lists them", strings.Join(args, " "))
		}
		return doc.GenMan(cmd, header(), a.stdout)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make folder for the manual: %w", err)
	}
	var problem error
	pages := 0
	walk(root, func(cmd *cobra.Command) {
		if problem != nil || !cmd.IsAvailableCommand() && cmd != root {
			return
		}
		var page bytes.Buffer
		if problem = doc.GenMan(cmd, header(), &page); problem == nil {
			pages++
			name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
			problem = os.WriteFile(filepath.Join(dir, name), page.Bytes(), 0o644)
		}
	})
	if problem != nil {
		return fmt.Errorf("write manual: %w", problem)
	}
	fmt.Fprintf(a.stdout, "wrote %d pages: man %s\n", pages, filepath.Join(dir, "mrrsync.1"))
	return nil
}
