package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mrrsync/config"
)

// The groups under which help lists the verbs.
const (
	groupDaily   = "daily"
	groupAnswers = "answers"
	groupSetup   = "setup"
	groupDevelop = "develop"
)

// rootCommand knows every verb. Each verb is one file with one function that
// returns its command; its RunE does the work and returns an error that says
// what to do. Answers go to a.stdout, everything else to a.stderr.
func rootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "mrrsync",
		Short: "Billing providers in, committed MRR in ClickHouse out",
		Long: `mrrsync pulls subscriptions and invoices from billing providers, turns them into
committed MRR, and loads daily snapshots and movements into ClickHouse, where BI
tools read them.

Exit codes: 0 done; 1 failed; 2 wrong usage or configuration; 3 published, but a
source failed or more rows were rejected than rejects.max; 4 another run holds
the lock.`,
		Example: `  mrrsync demo                    # see it work, nothing to configure
  mrrsync init && mrrsync check   # your own accounts
  mrrsync sync                    # every night`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              knownVerb,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.begin() },
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.flags.config, "config", "mrrsync.yaml", "configuration `FILE`; paths in it are relative to it")
	flags.StringVar(&a.flags.logFormat, "log-format", "text", "log as `text|json`, to stderr")
	flags.StringVar(&a.flags.logLevel, "log-level", "info", "log from `debug|info|warn|error` on")
	flags.BoolVar(&a.flags.noProgress, "no-progress", false, "show no progress on a terminal")

	root.AddGroup(
		&cobra.Group{ID: groupDaily, Title: "Every day:"},
		&cobra.Group{ID: groupAnswers, Title: "Answers:"},
		&cobra.Group{ID: groupSetup, Title: "Setup:"},
		&cobra.Group{ID: groupDevelop, Title: "Development:"},
	)
	root.AddCommand(
		syncCommand(a),
		planCommand(a),
		rebuildCommand(a),
		serveCommand(a),
		statusCommand(a),
		loadCommand(a),
		reportCommand(a),
		explainCommand(a),
		compareCommand(a),
		reconcileCommand(a),
		queryCommand(a),
		initCommand(a),
		checkCommand(a),
		connectorsCommand(a),
		schemaCommand(a),
		versionCommand(a),
		simulateCommand(a),
		demoCommand(a),
		benchCommand(a),
	)
	root.SetHelpCommandGroupID(groupSetup)
	root.SetCompletionCommandGroupID(groupSetup)
	return root
}

// knownVerb refuses a verb that is not there, with the one that was meant.
func knownVerb(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var verbs []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			verbs = append(verbs, c.Name())
		}
	}
	if near, ok := config.Nearest(args[0], verbs); ok {
		return fmt.Errorf("unknown verb %q; did you mean %q?", args[0], near)
	}
	return fmt.Errorf("unknown verb %q; there are %s", args[0], strings.Join(verbs, ", "))
}
