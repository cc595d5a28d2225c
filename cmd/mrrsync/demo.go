package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/connectors/billing"
	"mrrsync/internal/judge"
	"mrrsync/internal/pipeline"
	"mrrsync/internal/report"
	"mrrsync/internal/simulator"
	"mrrsync/warehouse"
)

// demo is the simulated company that the verb shows.
type demo struct {
	seed      uint64
	customers int
	months    int
	dir       string
}

func demoCommand(a *app) *cobra.Command {
	var d demo
	cmd := &cobra.Command{
		Use:     "demo",
		GroupID: groupDevelop,
		Short:   "The whole way once, on a simulated company: nothing to configure",
		Long: `Simulates a company, syncs its Stripe account and its Chargebee site over HTTP and
its contracts file into an embedded warehouse, prints the waterfall of its
history, writes a report, and holds every item and day, and every customer who
moved from one provider to another, against the simulator's own truth.

The folder it works in stays, with configuration, files and warehouse, so that
one can look around.`,
		Example: `  mrrsync demo
  mrrsync demo --customers 1000 --seed 7 --dir ./demo`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), d) },
	}
	f := cmd.Flags()
	f.Uint64Var(&d.seed, "seed", 1, "the company: the same `NUMBER` is the same company")
	f.IntVar(&d.customers, "customers", 300, "how many `CUSTOMERS` it has won by now")
	f.IntVar(&d.months, "months", 24, "how many `MONTHS` of history it has")
	f.StringVar(&d.dir, "dir", "", "work in `FOLDER` (default a new one for temporary files)")
	return cmd
}

// demo simulates, syncs, reports and judges.
func (a *app) demo(ctx context.Context, d demo) error {
	folder, err := d.folder()
	if err != nil {
		return err
	}
	now := a.now().UTC().Truncate(time.Second)
	a.now = func() time.Time { return now } // the company's present and ours are one
	o := simulator.Options{Seed: d.seed, Customers: d.customers, Months: d.months, Now: now, Out: folder, NoTruth: true, Log: a.log}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ready, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		stopped <- simulator.Serve(ctx, o, func(simulator.Addresses) error { close(ready); return nil })
	}()
	select {
	case err := <-stopped:
		return err
	case <-ready:
	}
	a.flags.config = filepath.Join(folder, simulator.ConfigFile)
	err = a.show(ctx, o)
	cancel()
	return errors.Join(err, <-stopped)
}

// folder makes the folder to work in. One with a warehouse in it is refused:
// another company may live there.
func (d demo) folder() (string, error) {
	if d.dir == "" {
		folder, err := os.MkdirTemp("", "mrrsync-demo-")
		if err != nil {
			return "", fmt.Errorf("make folder for the demo: %w", err)
		}
		return folder, nil
	}
	folder, err := filepath.Abs(d.dir)
	if err != nil {
		return "", fmt.Errorf("find folder for the demo: %w", err)
	}
	if _, err := os.Stat(filepath.Join(folder, "warehouse")); err == nil {
		return "", usage("--dir %s: there is a warehouse in it already; name a new folder, or remove that one", d.dir)
	}
	return folder, nil
}

// show syncs the company from its files and prints what came of it.
func (a *app) show(ctx context.Context, o simulator.Options) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	order := order{verb: "demo"}
	options, err := a.options(c, order, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "A company of %d customers, simulated over %d months: syncing its billing over HTTP into %s\n\n",
		o.Customers, o.Months, filepath.Join(o.Out, "warehouse"))
	w, err := a.warehouse(ctx, c)
	if err != nil {
		return err
	}
	r, err := a.runOn(ctx, w, options)
	if err == nil && r.Outcome == pipeline.Done {
		printReceipt(a.stdout, r)
		err = a.conclude(ctx, c, w, o)
	} else {
		err = a.told(order, r, err)
	}
	return errors.Join(err, w.Close())
}

// conclude prints the waterfall, writes the report and judges.
func (a *app) conclude(ctx context.Context, c *config.Config, w *warehouse.Warehouse, o simulator.Options) error {
	views := report.Source{Conn: w.Conn(), Database: w.Schema().DB(), Segments: segments(c)}
	waterfall, err := report.Find("waterfall")
	if err != nil {
		return err
	}
	table, err := waterfall.Run(ctx, views, report.Query{Currency: report.Reporting})
	if err != nil {
		return err
	}
	write, err := a.writer(output{format: "table"})
	if err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	if err := write(table, a.stdout); err != nil {
		return err
	}
	finding, verdict, err := a.judge(ctx, w, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\n%s\n", finding)
	page := filepath.Join(o.Out, "report.html")
	err = a.save(page, func(out io.Writer) error {
		return report.WriteOverview(ctx, views, out, report.Overview{Notes: []string{"A simulated company. " + finding}})
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\nreport       %s\nlook around  mrrsync --config %s query 'SELECT * FROM mrr_totals_daily ORDER BY date DESC LIMIT 5'\n",
		page, a.flags.config)
	return verdict
}

// judge holds the warehouse against the truth of the company and says what it
// found. The verdict is an error when they differ.
func (a *app) judge(ctx context.Context, w *warehouse.Warehouse, o simulator.Options) (finding string, verdict, err error) {
	truth, _, err := o.Company()
	if err != nil {
		return "", nil, err
	}
	stage := a.progress.Stage("compare with the truth", 0)
	defer stage.Done()
	v, err := judge.Compare(ctx, w, truth.Truth(o.Now, time.UTC), judge.Question{Limit: 10})
	if err != nil {
		return "", nil, err
	}
	p, err := judge.Moves(ctx, w, truth.Moves(o.Now), billing.DateOf(o.Now, time.UTC)-1)
	if err != nil {
		return "", nil, err
	}
	finding, verdict = found(v, p)
	return finding, verdict, nil
}

// found puts a verdict into words.
func found(v judge.Verdict, p judge.Passage) (finding string, verdict error) {
	var sources []string
	for _, name := range slices.Sorted(maps.Keys(v.Sources)) {
		sources = append(sources, name+" "+number(v.Sources[name]))
	}
	finding = fmt.Sprintf("Compared %s item-days (%s) with the simulator's truth: of the %s that can be proved %s agree to the last decimal.",
		number(v.Compared), strings.Join(sources, ", "), number(v.Provable), number(v.Agreed))
	if v.Guessed > 0 {
		finding += fmt.Sprintf(" Of the %s that no provider can prove any more %s agree too.", number(v.Guessed), number(v.Right))
	}
	if !v.Holds() {
		finding += fmt.Sprintf(" %s differ, and %s are unknown to the truth.", number(v.Wrong), number(v.Unknown))
		verdict = errors.New("the warehouse differs from the truth")
		for _, d := range v.First {
			verdict = errors.Join(verdict, errors.New(d.String()))
		}
	}
	switch {
	case len(p.Broken) > 0:
		finding += fmt.Sprintf(" Of %s moves from one provider to another %s are told as customers lost or won.", number(p.Moves), number(len(p.Broken)))
		verdict = errors.Join(verdict, fmt.Errorf("the warehouse misunderstands customers who changed provider:\n%s", strings.Join(p.Broken, "\n")))
	case p.Moves > 0:
		finding += fmt.Sprintf(" In %s moves of customers from one provider to another none is counted as lost or won.", number(p.Moves))
	}
	return finding, verdict
}
