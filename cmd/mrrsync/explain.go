package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/connectors/billing"
	"mrrsync/internal/audit"
	"mrrsync/internal/pipeline"
	"mrrsync/warehouse"
)

// inquiry is what the flags of explain ask for.
type inquiry struct {
	output
	name, on, source string
}

func explainCommand(a *app) *cobra.Command {
	var q inquiry
	cmd := &cobra.Command{
		Use:     "explain CUSTOMER_OR_SUBSCRIPTION",
		GroupID: groupAnswers,
		Short:   "Show how one day's MRR came about, down to the provider's objects",
		Long: `Derives one account again from the stored raw objects and shows every line of it:
the evidence of the terms, the price and its tiers, the quantity, the discounts in
their order, the factor that puts an interval on a month, the rounding, the policy
rule that decided, and the provider object and version that each came from. Then
the history of movements, each with its evidence.

The code that values a load makes the explanation, so the two cannot differ for
one state of evidence and settings. The page says whether it equals the published
rows, and if not, why.

An account, a customer and a subscription are named by their ids; so is anything
else that belongs to a customer, an invoice for instance. No provider is asked.`,
		Example: `  mrrsync explain cus_NffrFeUfNV2Hib
  mrrsync explain sub_1MowQVLkdIwHu7ix --on 2026-02-28
  mrrsync explain acme --source enterprise --format json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return fmt.Errorf("explain: name one customer, account or subscription")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			q.name = args[0]
			return a.explain(cmd.Context(), q)
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.on, "on", "", "the `DAY` to explain (default: the last published day)")
	f.StringVar(&q.source, "source", "", "the `SOURCE` whose customer or subscription it is")
	q.flags(f, "", "table", "json")
	return cmd
}

func (a *app) explain(ctx context.Context, q inquiry) error {
	write, err := pick(q.output, (*audit.Page).Text, (*audit.Page).JSON)
	if err != nil {
		return err
	}
	day := billing.NoDate
	if q.on != "" {
		var err error
		if day, err = billing.ParseDate(q.on); err != nil {
			return usage("--on: %w", err)
		}
	}
	return a.auditing(ctx, q.source, func(w *warehouse.Warehouse, o pipeline.Options) error {
		evidence, err := pipeline.ReadEvidence(ctx, w, o.Sources, o.Identity)
		if err != nil {
			return err
		}
		page, err := audit.Explain(ctx, w, evidence, audit.Question{Name: q.name, Source: q.source, Day: day, Law: o.Settings, Hash: o.Hash})
		if err != nil {
			return err
		}
		return a.save(q.file, func(out io.Writer) error { return write(page, out) })
	})
}

// auditing opens the warehouse, for reading, and all that decides a derivation.
// A source that is named must be configured.
func (a *app) auditing(ctx context.Context, source string, ask func(*warehouse.Warehouse, pipeline.Options) error) error {
	err := a.reading(ctx, func(c *config.Config, w *warehouse.Warehouse) error {
		if source != "" {
			if err := knownSource(c, source); err != nil {
				return err
			}
		}
		o, err := a.options(c, order{verb: "explain"}, nil)
		if err != nil {
			return err
		}
		return ask(w, o)
	})
	var unknown *audit.Unknown
	if errors.As(err, &unknown) {
		return usage("%w", err)
	}
	return err
}
