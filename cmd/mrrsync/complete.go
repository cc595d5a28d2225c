package main

import (
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/internal/progress"
	"mrrsync/internal/report"
	"mrrsync/warehouse"
)

// completion says to shells what arguments and flags may be, where only the
// configuration or the warehouse knows. What can't be asked completes to
// nothing: nobody wants to read an error while typing.
func (a *app) completion(root *cobra.Command) {
	sources := fixed(func() []string { return a.sourceNames() })
	for path, f := range map[string]cobra.CompletionFunc{
		"sync":          sources,
		"plan":          sources,
		"connectors":    first(fixed(connectorNames)),
		"load show":     first(a.asking("SELECT toString(load_id), concat('through ', toString(through)) FROM %s.loads ORDER BY load_id DESC LIMIT 50")),
		"load rollback": first(a.asking("SELECT toString(load_id), concat('through ', toString(through)) FROM %s.loads ORDER BY load_id DESC LIMIT 50")),
		"load close":    first(a.asking("SELECT DISTINCT formatDateTime(month, '%%Y-%%m'), '' FROM %s.mrr_waterfall_monthly ORDER BY 1 DESC")),
		"load reopen":   first(a.asking("SELECT DISTINCT formatDateTime(month, '%%Y-%%m'), '' FROM %s.mrr_waterfall_monthly ORDER BY 1 DESC")),
	} {
		if cmd, _, err := root.Find(strings.Fields(path)); err == nil {
			cmd.ValidArgsFunction = f
		}
	}
	flags := map[string]cobra.CompletionFunc{
		"source":     sources,
		"currency":   a.asking("SELECT DISTINCT currency, '' FROM %s.mrr_totals_daily ORDER BY currency", report.Reporting),
		"by":         fixed(func() []string { return a.dimensionNames() }),
		"method":     fixed(func() []string { return []string{"committed", "trend", "cohort"} }),
		"log-format": fixed(func() []string { return []string{"text", "json"} }),
		"log-level":  fixed(func() []string { return []string{"debug", "info", "warn", "error"} }),
	}
	formats := map[string][]string{
		"query":     {"PrettyCompact", "TSVWithNames", "CSVWithNames", "JSONEachRow", "JSON", "Parquet", "Vertical", "Markdown"},
		"report":    {"table", "csv", "json", "html", "svg"},
		"explain":   {"table", "json"},
		"load show": {"table", "json"},
	}
	walk(root, func(cmd *cobra.Command) {
		path := strings.TrimPrefix(cmd.CommandPath(), root.Name()+" ")
		for name, f := range flags {
			if cmd.LocalFlags().Lookup(name) == nil {
				continue
			}
			if path == "init" && name == "source" {
				f = fixed(connectorNames)
			}
			if (path == "init" && name == "currency") || (name == "by" && path != "report") {
				f = cobra.NoFileCompletions
			}
			_ = cmd.RegisterFlagCompletionFunc(name, f)
		}
		if cmd.LocalFlags().Lookup("format") != nil {
			names, ok := formats[path]
			if !ok {
				names = []string{"table", "csv", "json", "html", "svg"}
			}
			_ = cmd.RegisterFlagCompletionFunc("format", fixed(func() []string { return names }))
		}
		if cmd.Args != nil && cmd.ValidArgsFunction == nil && len(cmd.ValidArgs) == 0 && cmd != root {
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
	})
}

// walk visits a command and all below it.
func walk(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, c := range cmd.Commands() {
		walk(c, visit)
	}
}

func fixed(names func() []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		left := slices.DeleteFunc(slices.Clone(names()), func(name string) bool { return slices.Contains(args, name) })
		return left, cobra.ShellCompDirectiveNoFileComp
	}
}

// first completes the first argument alone.
func first(f cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return f(cmd, args, begun)
	}
}

func connectorNames() []string {
	var names []string
	for _, d := range definitions() {
		names = append(names, d.Name)
	}
	return names
}

func (a *app) sourceNames() []string {
	c, err := a.config()
	if err != nil {
		return nil
	}
	var names []string
	for _, s := range c.Sources {
		names = append(names, s.Name)
	}
	return names
}

func (a *app) dimensionNames() []string {
	c, err := a.config()
	if err != nil {
		return report.Dimensions(nil)
	}
	return report.Dimensions(segments(c))
}

// asking completes from the warehouse: rows of a word and what it is. The
// statement's %s is the database.
func (a *app) asking(statement string, more ...string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		a.log, a.progress = slog.New(slog.DiscardHandler), progress.New(io.Discard, false)
		ctx := cmd.Context()
		words := slices.Clone(more)
		err := a.reading(ctx, func(_ *config.Config, w *warehouse.Warehouse) error {
			rows, err := w.Conn().Query(ctx, strings.ReplaceAll(strings.ReplaceAll(statement, "%s", w.Schema().DB()), "%%", "%"))
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var word, about string
				if err := rows.Scan(&word, &about); err != nil {
					return err
				}
				words = append(words, strings.TrimRight(word+"\t"+about, "\t"))
			}
			return rows.Err()
		})
		if err != nil {
			return more, cobra.ShellCompDirectiveNoFileComp
		}
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}
