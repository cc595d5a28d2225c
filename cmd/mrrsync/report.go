package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/connectors/billing"
	"mrrsync/internal/report"
	"mrrsync/warehouse"
)

// question is what the flags of report ask for.
type question struct {
	output
	from, to, currency, source, by string
	plan, segment, method          string
	limit, months                  int
}

func reportCommand(a *app) *cobra.Command {
	var q question
	var names, about []string
	for _, r := range report.Reports() {
		names = append(names, r.Name)
		about = append(about, fmt.Sprintf("  %-12s %s", r.Name, r.Summary))
	}
	cmd := &cobra.Command{
		Use:     "report " + strings.Join(names, "|"),
		GroupID: groupAnswers,
		Short:   "Answer a question from the published views: a table, a file or a picture",
		Long: `Answers a question from the published views:

` + strings.Join(about, "\n") + `

Currencies are never added up: each has its own block. --currency reporting asks
for all of them converted into the reporting currency. --by slices the answer by
source, product, plan, account, customer or a configured segment. --source, --plan
and --segment ask for that part of the company alone. What a report has no answer
to, it says.

A forecast is never stored and always called one. --method committed is what is
already agreed, trend carries the last twelve whole months' growth on, with the
range that holds four of five outcomes, and cohort lets today's customers and
new ones, as many as of late, stay as the cohorts before them did.

A table fits the terminal: where there is no room, amounts are rounded and columns
left out. CSV and JSON have every digit. HTML is one self-contained file, SVG the
picture alone.`,
		Example: `  mrrsync report waterfall
  mrrsync report waterfall --by plan --currency USD --from 2026-01
  mrrsync report retention --segment csm=ada --currency USD
  mrrsync report daily --from 2026-02-01 --format csv -o february.csv
  mrrsync report customers --limit 20 --format html -o customers.html
  mrrsync report cohorts --currency reporting --format html -o cohorts.html
  mrrsync report forecast --method trend --months 6`,
		Args:      oneOf("report", names),
		ValidArgs: names,
		RunE:      func(cmd *cobra.Command, args []string) error { return a.report(cmd.Context(), args[0], q) },
	}
	f := cmd.Flags()
	f.StringVar(&q.from, "from", "", "first `DAY` or month (default: daily and movements the last 31 days, benchmarks the last whole month, others all)")
	f.StringVar(&q.to, "to", "", "last `DAY` or month, included (default: the last published day)")
	f.StringVar(&q.currency, "currency", "", "only this `CURRENCY`, or reporting: all of them, converted")
	f.StringVar(&q.source, "source", "", "only this `SOURCE`")
	f.StringVar(&q.plan, "plan", "", "only this `PLAN`, by its id")
	f.StringVar(&q.segment, "segment", "", "only what has this `KEY=VALUE`; KEY= is what has no value")
	f.StringVar(&q.by, "by", "", "slice by `DIMENSION`")
	f.IntVar(&q.limit, "limit", 0, "at most `N` rows of each currency, for customers, plans, segments and movements (default all)")
	f.StringVar(&q.method, "method", "", "of a forecast: `committed|trend|cohort` (default committed)")
	f.IntVar(&q.months, "months", 0, "of a forecast: `N` months ahead (default 12)")
	q.flags(f, "", "table", "csv", "json", "html", "svg")
	return cmd
}

// oneOf demands one argument out of a list.
func oneOf(verb string, names []string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		all := strings.Join(names, ", ")
		switch {
		case len(args) == 0:
			return fmt.Errorf("%s: say which one: %s", verb, all)
		case len(args) > 1:
			return fmt.Errorf("%s: one at a time, not %s", verb, strings.Join(args, " "))
		}
		for _, name := range names {
			if name == args[0] {
				return nil
			}
		}
		if near, ok := config.Nearest(args[0], names); ok {
			return fmt.Errorf("%s: there is no %q; did you mean %q?", verb, args[0], near)
		}
		return fmt.Errorf("%s: there is no %q; there are %s", verb, args[0], all)
	}
}

func (a *app) report(ctx context.Context, name string, q question) error {
	r, err := report.Find(name)
	if err != nil {
		return usage("%w", err)
	}
	write, err := a.writer(q.output)
	if err != nil {
		return err
	}
	query, err := q.query()
	if err != nil {
		return err
	}
	return a.reading(ctx, func(c *config.Config, w *warehouse.Warehouse) error {
		if q.source != "" {
			if err := knownSource(c, q.source); err != nil {
				return err
			}
		}
		t, err := r.Run(ctx, report.Source{Conn: w.Conn(), Database: w.Schema().DB(), Segments: segments(c)}, query)
		if errors.Is(err, report.ErrUsage) {
			return usage("%w", err)
		}
		if err != nil {
			return err
		}
		if t.AsOf, err = asOf(ctx, w); err != nil {
			return err
		}
		return a.save(q.file, func(out io.Writer) error { return write(t, out) })
	})
}

// asOf says how current what readers see is.
func asOf(ctx context.Context, w *warehouse.Warehouse) (string, error) {
	load, ok, err := w.Published(ctx)
	if err != nil {
		return "", err
	}
	if !ok {
		return "Nothing is published yet: run `mrrsync sync`.", nil
	}
	return fmt.Sprintf("As of %s: load %d, published %s.", load.Through, load.ID, load.PublishedAt.UTC().Format("2006-01-02 15:04 UTC")), nil
}

// query reads the flags. A month stands for its first day in --from, for its
// last in --to.
func (q question) query() (report.Query, error) {
	from, err := dayOrMonth(q.from, false)
	if err != nil {
		return report.Query{}, usage("--from: %w", err)
	}
	to, err := dayOrMonth(q.to, true)
	if err != nil {
		return report.Query{}, usage("--to: %w", err)
	}
	if q.limit < 0 {
		return report.Query{}, usage("--limit %d: want 1 or more, or 0 for all", q.limit)
	}
	if q.months < 0 {
		return report.Query{}, usage("--months %d: want 1 or more", q.months)
	}
	key, value, ok := strings.Cut(q.segment, "=")
	if q.segment != "" && (!ok || key == "") {
		return report.Query{}, usage("--segment %q: want KEY=VALUE, such as tier=enterprise", q.segment)
	}
	return report.Query{
		From: from, To: to, Currency: q.currency, Source: q.source, Plan: q.plan, Segment: key, Value: value, By: q.by,
		Limit: q.limit, Method: q.method, Months: q.months,
	}, nil
}

func dayOrMonth(text string, last bool) (billing.Date, error) {
	if text == "" {
		return billing.NoDate, nil
	}
	if day, err := billing.ParseDate(text); err == nil {
		return day, nil
	}
	first, err := billing.ParseDate(text + "-01")
	if err != nil {
		return billing.NoDate, fmt.Errorf("%q: want a day, 2026-03-31, or a month, 2026-03", text)
	}
	if last {
		return first.AddMonths(1) - 1, nil
	}
	return first, nil
}

// wrap breaks a text between words so that it fits a width, its further lines
// behind an indent; width 0: no limit.
func wrap(text string, width, indent int) string {
	if width <= indent+20 {
		return text
	}
	var b strings.Builder
	used := indent
	for i, word := range strings.Fields(text) {
		n := uniseg.StringWidth(word)
		switch {
		case i == 0:
		case used+1+n > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			used = indent
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}

func knownSource(c *config.Config, name string) error {
	var known []string
	for _, s := range c.Sources {
		if s.Name == name {
			return nil
		}
		known = append(known, s.Name)
	}
	return usage("no source %q in %s; there are %s", name, c.File, strings.Join(known, ", "))
}

// reading opens the warehouse for a verb that only reads. One that was never
// synced says so, and so does one of another mrrsync.
func (a *app) reading(ctx context.Context, read func(*config.Config, *warehouse.Warehouse) error) error {
	return a.opened(ctx, func(c *config.Config, w *warehouse.Warehouse) error {
		if err := w.Fits(ctx); err != nil {
			return err
		}
		return w.Misread(ctx, read(c, w))
	})
}

// opened opens the warehouse for do. One that is not there says so.
func (a *app) opened(ctx context.Context, do func(*config.Config, *warehouse.Warehouse) error) (err error) {
	c, err := a.config()
	if err != nil {
		return err
	}
	nothing := errors.New("the warehouse is empty: run `mrrsync sync` first")
	if folder, embedded := c.Warehouse.DSN.Embedded(); embedded {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			return nothing
		}
	}
	w, err := a.warehouse(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	err = do(c, w)
	if unmade(err) {
		if _, ok, asked := w.Published(ctx); asked != nil || !ok {
			return nothing
		}
	}
	return err
}
