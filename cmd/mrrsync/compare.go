package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/connectors/billing"
	"mrrsync/internal/audit"
	"mrrsync/internal/pipeline"
	"mrrsync/internal/report"
	"mrrsync/normalize"
	"mrrsync/warehouse"
)

func compareCommand(a *app) *cobra.Command {
	var q question
	presets := normalize.Presets()
	cmd := &cobra.Command{
		Use:     "compare PRESET...",
		GroupID: groupAnswers,
		Short:   "Value the same evidence under other policies and explain the difference",
		Long: `Values all stored evidence again under policy presets and compares MRR at each
month's end with the configured policy: ` + strings.Join(presets, ", ") + `.
A preset has the choices that the tool of that name documents, and committed's
where it documents none. Nothing is published and no provider is asked.

The difference is explained rule by rule: starting from the configured policy one
key after the other is changed to the preset's, in the order of the configuration,
and everything is valued anew at each step, so that the parts add up exactly. Where
two rules work on one amount, the earlier one gets what they do together.

The table shows MRR by month and policy, the bridge to each preset, and whom the
rules touch most on the last day. Other formats hold one of the three, --by month
(the default), rule or customer.`,
		Example: `  mrrsync compare stripe chartmogul
  mrrsync compare recurly --from 2026-01 --currency USD
  mrrsync compare ` + strings.Join(presets[1:], " ") + ` --by rule --format csv -o rules.csv`,
		ValidArgs: presets,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("compare: name one or more presets: %s", strings.Join(presets, ", "))
			}
			for i, name := range args {
				if !slices.Contains(presets, name) {
					return unknownPreset(name, presets)
				}
				if slices.Contains(args[:i], name) {
					return fmt.Errorf("compare: %s is named twice", name)
				}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.compare(cmd.Context(), args, q) },
	}
	f := cmd.Flags()
	f.StringVar(&q.from, "from", "", "first `DAY` or month (default: the first with MRR)")
	f.StringVar(&q.to, "to", "", "last `DAY` or month, included (default: the last published day)")
	f.StringVar(&q.currency, "currency", "", "only this `CURRENCY`")
	f.StringVar(&q.by, "by", "", "`month|rule|customer`: which of the tables")
	f.IntVar(&q.limit, "limit", 10, "name at most `N` customers for each rule and currency, 0: all")
	q.flags(f, "", "table", "csv", "json", "html", "svg")
	return cmd
}

func unknownPreset(name string, presets []string) error {
	if near, ok := config.Nearest(name, presets); ok {
		return fmt.Errorf("compare: there is no preset %q; did you mean %q?", name, near)
	}
	return fmt.Errorf("compare: there is no preset %q; there are %s", name, strings.Join(presets, ", "))
}

func (a *app) compare(ctx context.Context, presets []string, q question) error {
	write, err := a.writer(q.output)
	if err != nil {
		return err
	}
	query, err := q.query()
	if err != nil {
		return err
	}
	query.Currency = strings.ToUpper(q.currency)
	switch {
	case !slices.Contains([]string{"", "month", "rule", "customer"}, q.by):
		return usage("--by %q: want month, rule or customer", q.by)
	case q.currency == report.Reporting:
		return usage("--currency reporting: a comparison keeps currencies apart; name one, or leave it out")
	}
	return a.auditing(ctx, "", func(w *warehouse.Warehouse, o pipeline.Options) error {
		days, err := comparedDays(ctx, w, query)
		if err != nil {
			return err
		}
		keep := q.limit
		if keep == 0 {
			keep = math.MaxInt
		}
		c, err := audit.NewComparison(o.Settings, presets, days, keep)
		if err != nil {
			return err
		}
		evidence, err := pipeline.ReadEvidence(ctx, w, o.Sources, o.Identity)
		if err != nil {
			return err
		}
		stage := a.progress.Stage("comparing", 0)
		err = c.Run(ctx, evidence, func() { stage.Add(1) })
		stage.Done()
		if err != nil {
			return err
		}
		return a.save(q.file, func(out io.Writer) error { return writeComparison(c, q, query.Currency, out, write) })
	})
}

// comparedDays are the month ends of the range, as far as it is published.
func comparedDays(ctx context.Context, w *warehouse.Warehouse, q report.Query) ([]billing.Date, error) {
	load, ok, err := w.Published(ctx)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &audit.Unknown{Text: "nothing is published yet: run `mrrsync sync` first"}
	}
	from, to := q.From, q.To
	if from == billing.NoDate {
		from = load.FirstDate
	}
	if to == billing.NoDate || to > load.Through {
		to = load.Through
	}
	if from == billing.NoDate || from > to {
		return nil, usage("there is nothing to compare from %s to %s: MRR is published from %s through %s", from, to, load.FirstDate, load.Through)
	}
	return audit.MonthEnds(from, to), nil
}

// writeComparison writes the one table that was asked for, or for people all of
// them.
func writeComparison(c *audit.Comparison, q question, currency string, out io.Writer, write func(*report.Table, io.Writer) error) error {
	switch {
	case q.by == "rule" && q.format != "table":
		return write(c.Rules(currency), out)
	case q.by == "customer":
		return write(c.Customers(currency), out)
	case q.by == "month" || q.by == "" && q.format != "table":
		return write(c.Months(currency), out)
	}
	if q.by == "" {
		if err := write(c.Months(currency), out); err != nil {
			return err
		}
	}
	for i := range c.Presets {
		fmt.Fprintln(out)
		if err := write(c.Bridge(i, currency), out); err != nil {
			return err
		}
		if silent := c.Silent(i); len(silent) > 0 {
			fmt.Fprintf(out, "No MRR of these days hangs on %s.\n", strings.Join(silent, ", "))
		}
	}
	if q.by == "rule" {
		return nil
	}
	fmt.Fprintln(out)
	return write(c.Customers(currency), out)
}
