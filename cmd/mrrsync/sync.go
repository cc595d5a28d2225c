package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/connectors/billing"
	"mrrsync/internal/pipeline"
	"mrrsync/internal/plain"
	"mrrsync/warehouse"
)

// order is what the flags of sync, plan and rebuild ask for.
type order struct {
	verb                           string
	through                        string
	full, rebuild, dryRun          bool
	acceptRestatement, acceptChurn bool
	json                           bool
}

func syncCommand(a *app) *cobra.Command {
	o := order{verb: "sync"}
	cmd := &cobra.Command{
		Use:     "sync [SOURCE...]",
		GroupID: groupDaily,
		Short:   "Pull what changed, value it, and publish through yesterday",
		Long: `Pulls what changed in each source since the last sync, derives the accounts that
this touches, and publishes one new load through yesterday in the reporting time
zone. Readers see the load before or this one, never anything between.

A sync that is killed resumes where it was; one that is run twice publishes the
same rows. A source that fails keeps what it said before, and the others publish
(exit code 3). With names, only these sources are pulled.`,
		Example: `  mrrsync sync
  mrrsync sync main --full           # list everything again
  mrrsync sync --json > receipt.json`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.order(cmd.Context(), o, args) },
	}
	o.flags(cmd)
	return cmd
}

func planCommand(a *app) *cobra.Command {
	o := order{verb: "plan", dryRun: true}
	cmd := &cobra.Command{
		Use:     "plan [SOURCE...]",
		GroupID: groupDaily,
		Short:   "Show what a sync would publish, without publishing it",
		Long: `Does everything sync does short of publishing: pulls and keeps what changed,
derives, builds and verifies a load, and prints the movements of the new days and
the days of the past that would change, by how much and for whom. The load is
then thrown away; what was pulled stays, and the next sync need not ask for it
again.`,
		Example: `  mrrsync plan
  mrrsync plan --full --json > plan.json`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.order(cmd.Context(), o, args) },
	}
	o.flags(cmd)
	return cmd
}

func rebuildCommand(a *app) *cobra.Command {
	o := order{verb: "rebuild", rebuild: true}
	cmd := &cobra.Command{
		Use:     "rebuild",
		GroupID: groupDaily,
		Short:   "Derive everything again from what is stored, asking no provider",
		Long: `Derives every account again from the raw objects in the warehouse and publishes
the result: after a change of policy, or to prove that nothing else decides the
figures. No provider is asked.`,
		Example: `  mrrsync rebuild
  mrrsync rebuild --accept-restatement   # after a policy that changes the past`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.order(cmd.Context(), o, nil) },
	}
	o.flags(cmd)
	return cmd
}

func (o *order) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.through, "through", "", "publish through `DATE` (default yesterday in the reporting time zone)")
	f.BoolVar(&o.json, "json", false, "print the receipt as JSON")
	f.BoolVar(&o.acceptRestatement, "accept-restatement", false, "publish even if final days change by more than publish.max_restated_percent")
	f.BoolVar(&o.acceptChurn, "accept-churn", false, "go on even if a day's churn, or what is missing at a provider, exceeds publish.max_churn_percent")
	if !o.rebuild {
		f.BoolVar(&o.full, "full", false, "list everything again instead of asking for changes")
	}
}

// order runs one run and prints its receipt.
func (a *app) order(ctx context.Context, o order, names []string) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	options, err := a.options(c, o, names)
	if err != nil {
		return err
	}
	receipt, err := a.runIn(ctx, c, options)
	if !o.dryRun {
		a.notifyRun(ctx, c, receipt, err)
	}
	return a.told(o, receipt, err)
}

// runIn opens the configured warehouse for one run.
func (a *app) runIn(ctx context.Context, c *config.Config, o pipeline.Options) (pipeline.Receipt, error) {
	w, err := a.warehouse(ctx, c)
	if err != nil {
		return pipeline.Receipt{}, err
	}
	receipt, err := a.runOn(ctx, w, o)
	return receipt, errors.Join(err, w.Close())
}

// options turn the configuration and an order into what a run needs.
func (a *app) options(c *config.Config, o order, names []string) (pipeline.Options, error) {
	law, lawErr := a.law(c)
	rates, ratesErr := a.rates(c)
	identity, identityErr := a.identity(c)
	sources, sourcesErr := a.sources(c, names...)
	var through billing.Date
	var dateErr error
	if o.through != "" {
		if through, dateErr = billing.ParseDate(o.through); dateErr != nil {
			dateErr = usage("--through: %w", dateErr)
		}
	}
	if err := errors.Join(lawErr, ratesErr, identityErr, sourcesErr, dateErr); err != nil {
		return pipeline.Options{}, err
	}
	return pipeline.Options{
		Verb: o.verb, Sources: sources, Through: through, Full: o.full, Rebuild: o.rebuild, DryRun: o.dryRun,
		Settings: law, Identity: identity, Hash: pipeline.Hash(law, identity, c.Reporting.Currency), Currency: c.Reporting.Currency, Rates: rates,
		Guards: pipeline.Guards{
			MaxRestated: c.Publish.MaxRestatedPercent, AcceptRestatement: o.acceptRestatement,
			MaxChurn: c.Publish.MaxChurnPercent, AcceptChurn: o.acceptChurn,
		},
		MaxRejects: c.Rejects.Max, Now: a.now, Logger: a.log, Progress: a.progress,
	}, nil
}

// runOn brings the schema up to date and runs.
func (a *app) runOn(ctx context.Context, w *warehouse.Warehouse, o pipeline.Options) (pipeline.Receipt, error) {
	if err := w.Migrate(ctx); err != nil {
		return pipeline.Receipt{}, err
	}
	return pipeline.Run(ctx, w, o)
}

// told prints a receipt and turns its outcome into the exit code.
func (a *app) told(o order, r pipeline.Receipt, err error) error {
	if r.Run == 0 {
		return err
	}
	if o.json {
		e := json.NewEncoder(a.stdout)
		e.SetIndent("", "  ")
		if printErr := e.Encode(r); printErr != nil {
			return errors.Join(err, printErr)
		}
	} else {
		if o.dryRun && r.Diff != nil {
			printDiff(a.stdout, r.Diff)
		}
		printReceipt(a.stdout, r)
	}
	switch {
	case err != nil:
		return err
	case r.Outcome.ExitCode() != exitDone:
		return exit{r.Outcome.ExitCode(), nil}
	}
	return nil
}

// printReceipt says what a run did in a few lines.
func printReceipt(out io.Writer, r pipeline.Receipt) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "SOURCE\tSTATUS\tREQUESTS\tLISTED\tNEW\tMISSING\tSECONDS\t")
	for _, s := range r.Sources {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%.1f\t\n", s.Source, s.Status, number(s.Requests), number(s.Listed), number(s.New), s.Missing, s.Seconds)
	}
	_ = w.Flush()
	for _, s := range r.Sources {
		if s.Error != "" {
			fmt.Fprintf(out, "source %s failed: %s\n", s.Source, plain.Lines(s.Error))
		}
	}
	for _, s := range r.Sources {
		if s.Sweep != nil {
			fmt.Fprintf(out, "source %s: asked for %s open subscriptions not seen for a week, with %s; %s gone\n",
				s.Source, number(s.Sweep.Asked), count(s.Sweep.Requests, "request"), number(s.Sweep.Gone))
		}
	}
	for _, warning := range r.Warnings {
		fmt.Fprintf(out, "warning: %s\n", plain.Lines(warning))
	}
	if r.Customers.Reason != "" {
		fmt.Fprintf(out, "derived %s customers (%s): %s periods, %s movements, %s invoice lines; %s rejects\n",
			number(r.Customers.Derived), r.Customers.Reason, number(r.Rows.Periods), number(r.Rows.Movements), number(r.Rows.InvoiceLines), number(r.Rejects))
	}
	if r.RestatedRanges > 0 {
		fmt.Fprintf(out, "the past reads otherwise for %s stretches of days of an account and currency\n", number(r.RestatedRanges))
	}
	switch r.Outcome {
	case pipeline.Done, pipeline.Partial:
		fmt.Fprintf(out, "%s: published load %d through %s\n", r.Outcome, r.Load, r.Through)
	case pipeline.Planned:
		fmt.Fprintf(out, "planned: nothing was published; `mrrsync sync` would publish through %s\n", r.Through)
	default:
		fmt.Fprintln(out, "failed: "+unpublished(r))
	}
}

// unpublished says what a failed run means to readers.
func unpublished(r pipeline.Receipt) string {
	if r.Unsure {
		return "it is not known whether the load was published; readers see all of it or what they saw before: `mrrsync load list` tells"
	}
	return "nothing was published; readers see what they saw before"
}

// most is how many lines of each kind a plan prints.
const most = 40

// printDiff says what a load would change.
func printDiff(out io.Writer, d *warehouse.Diff) {
	fmt.Fprintln(out, "New days")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "DATE\tCURRENCY\tOPENING\tNEW\tEXPANSION\tREACTIVATION\tCONTRACTION\tCHURN\tCLOSING\t")
	skipped := max(len(d.Days)-most, 0)
	for _, day := range d.Days[skipped:] {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", day.Date, day.Currency, day.Opening.StringFixed(2), day.New.StringFixed(2),
			day.Expansion.StringFixed(2), day.Reactivation.StringFixed(2), day.Contraction.StringFixed(2), day.Churn.StringFixed(2), day.Closing.StringFixed(2))
	}
	_ = w.Flush()
	if skipped > 0 {
		fmt.Fprintf(out, "and %s before them\n", number(skipped))
	}
	if len(d.Restatements) == 0 {
		fmt.Fprintln(out, "No day of the past would change.")
		return
	}
	fmt.Fprintln(out, "Days of the past that would change")
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "ACCOUNT\tCURRENCY\tFROM\tTO\tBEFORE\tAFTER\t")
	for _, r := range d.Restatements[:min(len(d.Restatements), most)] {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t\n", plain.Line(r.AccountID), r.Currency, r.From, r.Until-1, r.Before.StringFixed(2), r.After.StringFixed(2))
	}
	_ = w.Flush()
	if more := d.RestatedRanges - most; more > 0 {
		fmt.Fprintf(out, "and %s more\n", number(more))
	}
}

func number[N int | int64](n N) string { return humanize.Comma(int64(n)) }
