package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mrrsync/config"
)

// The groups under which help lists the verbs.
const (
	groupDaily   = "daily"
	groupAnswers = "answers"
	groupSetup   = "setup"
	groupDevelop = "develop"
)

// defaultConfig is where the configuration is looked for when nothing says.
const defaultConfig = "mrrsync.yaml"

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
	flags.StringVar(&a.flags.config, "config", defaultConfig, "configuration `FILE`; paths in it are relative to it")
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
		eraseCommand(a),
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
		manCommand(a),
		simulateCommand(a),
		demoCommand(a),
		benchCommand(a),
	)
	root.SetHelpCommandGroupID(groupSetup)
	root.SetCompletionCommandGroupID(groupSetup)
	root.SetFlagErrorFunc(knownFlag)
	walk(root, func(cmd *cobra.Command) {
		if cmd.HasSubCommands() && cmd != root {
			cmd.Args = knownVerb
		}
	})
	a.completion(root)
	return root
}

// knownFlag refuses a flag that is not there, with the one that was meant.
func knownFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	said := unknown.GetSpecifiedName()
	if i := slices.IndexFunc(names, func(name string) bool { return len(said) > 1 && strings.HasPrefix(name, said) }); i >= 0 {
		return fmt.Errorf("%w; did you mean --%s?", err, names[i])
	}
	if near, ok := config.Nearest(said, names); ok {
		return fmt.Errorf("%w; did you mean --%s?", err, near)
	}
	return err
}

// knownVerb refuses a verb that is not there, with the one that was meant.
func knownVerb(parent *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var verbs []string
	for _, c := range parent.Commands() {
		if c.IsAvailableCommand() {
			verbs = append(verbs, c.Name())
		}
	}
	if near, ok := config.Nearest(args[0], verbs); ok {
		return fmt.Errorf("unknown verb %q; did you mean %q?", args[0], near)
	}
	return fmt.Errorf("unknown verb %q; %s has %s", args[0], parent.CommandPath(), strings.Join(verbs, ", "))
}
