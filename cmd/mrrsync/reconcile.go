package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"mrrsync/connectors/billing"
	"mrrsync/internal/audit"
	"mrrsync/internal/pipeline"
	"mrrsync/internal/report"
	"mrrsync/warehouse"
)

// settlement is what the flags of reconcile ask for.
type settlement struct {
	output
	on, month, source, by string
	limit                 int
}

func reconcileCommand(a *app) *cobra.Command {
	var q settlement
	cmd := &cobra.Command{
		Use:     "reconcile",
		GroupID: groupAnswers,
		Short:   "Hold our MRR and invoices against the provider's own figures",
		Long: `Compares our MRR of each subscription with the provider's own figure where it
states one (Chargebee does), and every invoice and credit note with what became
of its lines, to the cent. Nothing is published and no provider is asked.

Each difference has a reason code. A code is never a guess: the subscription is
valued again with that one fact or rule taken as the provider takes it, and the
code is given only where the figures then agree, but for less than one minor unit
an item. Two codes joined by + explain it together. What nothing explains is
called unexplained, and listed first.

  limited_coupon_on_yearly  a coupon of limited duration on a yearly plan, left out
  limited_coupon            a coupon that has ended by the next renewal, left out
  excluded_charge           the provider counts one-time charges of an invoice
  paused, trial, past_due   the provider values what we do not, or does not what we do
  scheduled_cancellation    what is to end is left out
  tax_inclusive             the provider's figure contains tax
  usage_minimum             an agreed minimum of usage, left out
  ramp                      the provider has the terms of a later step
  site_setting              coupons or metered items, as the site's MRR setting says
  timing                    our figure of the days before or after a change
  rejected                  something of the subscription could not be read
  rounding                  less than one minor unit an item

The provider's figure is the one that it last stated, whatever day is asked for.
Differences are an answer: the exit code is 0. The table shows the reasons, the
subscriptions that differ by more than rounding, the documents of each month and those that differ;
other formats hold one of them, --by subscription (the default), reason, month or
invoice.`,
		Example: `  mrrsync reconcile
  mrrsync reconcile --source emea --month 2026-03
  mrrsync reconcile --by invoice --format csv -o documents.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.reconcile(cmd.Context(), q) },
	}
	f := cmd.Flags()
	f.StringVar(&q.on, "on", "", "the `DAY` of our MRR (default: the last published day)")
	f.StringVar(&q.month, "month", "", "only the documents of this `MONTH`; without --on also our MRR at its end")
	f.StringVar(&q.source, "source", "", "only this `SOURCE`")
	f.StringVar(&q.by, "by", "", "`subscription|reason|month|invoice`: which of the tables")
	f.IntVar(&q.limit, "limit", 0, "name at most `N` subscriptions and documents of each currency (default: 25 in the table, else all)")
	q.flags(f, "", "table", "csv", "json", "html", "svg")
	return cmd
}

func (a *app) reconcile(ctx context.Context, q settlement) error {
	write, err := a.writer(q.output)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"", "subscription", "reason", "month", "invoice"}, q.by) {
		return usage("--by %q: want subscription, reason, month or invoice", q.by)
	}
	if q.limit < 0 {
		return usage("--limit %d: want 1 or more, or 0 for all", q.limit)
	}
	var day, month billing.Date
	if q.on != "" {
		if day, err = billing.ParseDate(q.on); err != nil {
			return usage("--on: %w", err)
		}
	}
	if q.month != "" {
		if month, err = billing.ParseDate(q.month + "-01"); err != nil {
			return usage("--month %q: want a month, 2026-03", q.month)
		}
	}
	return a.auditing(ctx, q.source, func(w *warehouse.Warehouse, o pipeline.Options) error {
		load, ok, err := w.Published(ctx)
		if err != nil {
			return err
		}
		switch {
		case !ok:
			return &audit.Unknown{Text: "nothing is published yet: run `mrrsync sync` first"}
		case day > load.Through:
			return usage("--on %s: the last published day is %s", day, load.Through)
		case day == billing.NoDate && month != billing.NoDate:
			day = min(month.AddMonths(1)-1, load.Through)
		case day == billing.NoDate:
			day = load.Through
		}
		evidence, err := pipeline.ReadEvidence(ctx, w, o.Sources, o.Identity)
		if err != nil {
			return err
		}
		r := audit.NewReconciliation(o.Settings, day, month, q.source)
		stage := a.progress.Stage("reconciling", 0)
		err = r.Run(ctx, w, evidence, func() { stage.Add(1) })
		stage.Done()
		if err != nil {
			return err
		}
		return a.save(q.file, func(out io.Writer) error { return writeReconciliation(r, q, out, write) })
	})
}

// fewest is how many subscriptions and documents of a currency the tables name
// where nobody says how many.
const fewest = 25

// writeReconciliation writes the one table that was asked for, or for people all
// of them.
func writeReconciliation(r *audit.Reconciliation, q settlement, out io.Writer, write func(*report.Table, io.Writer) error) error {
	switch {
	case q.by == "reason":
		return write(r.Reasons(), out)
	case q.by == "month":
		return write(r.Documents(), out)
	case q.by == "invoice":
		return write(r.Invoices(q.limit), out)
	case q.by == "subscription" || q.format != "table":
		return write(r.Subscriptions(q.limit, false), out)
	}
	if q.limit == 0 {
		q.limit = fewest
	}
	for _, t := range []*report.Table{r.Reasons(), r.Subscriptions(q.limit, true), r.Documents(), r.Invoices(q.limit)} {
		if len(t.Rows) == 0 {
			continue
		}
		if err := write(t, out); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	return r.Verdict(out)
}
