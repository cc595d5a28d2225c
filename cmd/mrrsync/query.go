package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/internal/progress"
	"mrrsync/warehouse"
)

func queryCommand(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:     "query SQL",
		GroupID: groupAnswers,
		Short:   "Run read-only SQL on the warehouse",
		Long: `Runs one statement of ClickHouse SQL on the warehouse and prints its answer. Names
without a database are the views'. The engine refuses whatever would write. With -
as the argument the statement is read from standard input.

--format is any output format of ClickHouse: PrettyCompact (the default on a
terminal), TSVWithNames (otherwise), CSVWithNames, JSONEachRow, Parquet, ...
A FORMAT clause in the statement overrides it.`,
		Example: `  mrrsync query "SELECT * FROM mrr_waterfall_monthly ORDER BY currency, month"
  mrrsync query --format Parquet "SELECT * FROM mrr_monthly" > mrr.parquet
  mrrsync query - < question.sql`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || strings.TrimSpace(args[0]) == "" {
				return fmt.Errorf("query: give one statement in quotes, or - to read it from standard input")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.query(cmd.Context(), args[0], format) },
	}
	cmd.Flags().StringVar(&format, "format", "", "answer in this ClickHouse `FORMAT`")
	return cmd
}

func (a *app) query(ctx context.Context, sql, format string) error {
	if sql == "-" {
		text, err := io.ReadAll(a.stdin)
		if err != nil {
			return fmt.Errorf("read the statement from standard input: %w", err)
		}
		if sql = string(text); strings.TrimSpace(sql) == "" {
			return usage("query -: there is no statement on standard input")
		}
	}
	if format == "" {
		format = "TSVWithNames"
		if progress.Terminal(a.stdout) {
			format = "PrettyCompact"
		}
	}
	return a.reading(ctx, func(_ *config.Config, w *warehouse.Warehouse) error {
		out := bufio.NewWriterSize(a.stdout, 1<<16)
		if err := w.Format(ctx, out, sql, format); err != nil {
			_ = out.Flush() // what came before the error was good; the error says more than a second one
			return err
		}
		if err := out.Flush(); err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
		return nil
	})
}
