package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"mrrsync/warehouse/chdb"
)

func versionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		GroupID: groupSetup,
		Short:   "Print version, commit and engine version",
		Long: `Prints the version of mrrsync, the commit it was built from, and the version of
the embedded ClickHouse engine that it installs and is tested with.`,
		Example: "  mrrsync version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b := readBuild()
			fmt.Fprintf(a.stdout, "mrrsync %s\ncommit  %s\nengine  libchdb %s\n%s %s/%s\n",
				b.version, b.commit, chdb.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}

// build is what the program knows of its own making.
type build struct{ version, commit string }

func readBuild() build {
	b := build{"(devel)", "unknown: built without version control (-buildvcs=false)"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.version = info.Main.Version
	}
	changed := ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				changed = ", with changes that are not committed"
			}
		}
	}
	b.commit += changed
	return b
}
