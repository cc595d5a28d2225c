package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/connectors/billing"
	"mrrsync/internal/report"
	"mrrsync/warehouse"
)

func loadCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "load",
		GroupID: groupDaily,
		Short:   "List, show, roll back, close and drop the published versions of the warehouse",
		Long: `Every publish is a load: a version of all that readers see, under an id. The
newest one is what every view shows; warehouse.keep_loads says how many keep
their rows, and can be published again. Closed months stand as they were closed,
whatever later loads derive.`,
		Example: `  mrrsync load list
  mrrsync load show 1772330400000014`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(loadListCommand(a), loadShowCommand(a), loadRollbackCommand(a), loadClosingCommand(a, "close"), loadClosingCommand(a, "reopen"), loadCollectCommand(a))
	return cmd
}

func loadListCommand(a *app) *cobra.Command {
	var o output
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the published loads, the newest first",
		Long: `Lists the published loads, the newest first: when and by what they were published,
through which day, how many customers were derived again for each, and how many
ranges of final days it restated. current is what readers see; superseded ones can
be rolled back to; of dropped ones only this and their restatements are left.`,
		Example: `  mrrsync load list --limit 5
  mrrsync load list --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			write, err := a.writer(o)
			if err != nil {
				return err
			}
			if limit < 0 {
				return usage("--limit %d: want 1 or more, or 0 for all", limit)
			}
			return a.reading(cmd.Context(), func(_ *config.Config, w *warehouse.Warehouse) error {
				t, err := loadTable(cmd.Context(), w, limit)
				if err != nil {
					return err
				}
				return a.save(o.file, func(to io.Writer) error { return write(t, to) })
			})
		},
	}
	f := cmd.Flags()
	f.IntVar(&limit, "limit", 30, "at most `N` loads, 0: all")
	o.flags(f, "", "table", "csv", "json", "html")
	return cmd
}

// loadTable is what list prints.
func loadTable(ctx context.Context, w *warehouse.Warehouse, limit int) (*report.Table, error) {
	columns := []report.Column{
		{Name: "load_id", Title: "Load", Kind: report.Text},
		{Name: "status", Title: "Status", Kind: report.Text},
		{Name: "verb", Title: "By", Kind: report.Text},
		{Name: "published_at", Title: "Published", Kind: report.Text},
		{Name: "through", Title: "Through", Kind: report.Day},
		{Name: "final_through", Title: "Final", Kind: report.Day},
		{Name: "derived", Title: "Derived", Kind: report.Count},
		{Name: "restated_ranges", Title: "Restated", Kind: report.Count},
		{Name: "closed_through", Title: "Closed", Kind: report.Day},
		{Name: "base", Title: "Upon", Kind: report.Text, Extra: true},
		{Name: "restored", Title: "Again", Kind: report.Text, Extra: true},
	}
	t := &report.Table{Report: report.Report{Name: "loads", Title: "Published loads", Columns: columns}, Columns: columns}
	db := w.Schema().DB()
	rows, err := w.Conn().Query(ctx, `
		SELECT l.load_id, toString(l.status), toString(r.verb), l.published_at, l.through, l.final_through, l.derived, m.ranges, l.closed_through, l.base, l.restored
		FROM `+db+`.loads AS l
		LEFT JOIN (SELECT run, verb FROM `+db+`.runs) AS r ON l.run = r.run
		LEFT JOIN (SELECT load_id, count() AS ranges FROM `+db+`.restatements GROUP BY load_id) AS m ON l.load_id = m.load_id
		ORDER BY l.load_id DESC SETTINGS join_use_nulls = 0`)
	if err != nil {
		return nil, fmt.Errorf("list loads: %w", err)
	}
	defer rows.Close()
	for rows.Next() && (limit == 0 || len(t.Rows) < limit) {
		var id, derived, ranges, base, restored uint64
		var status, verb string
		var published, through, final, closed time.Time
		if err := rows.Scan(&id, &status, &verb, &published, &through, &final, &derived, &ranges, &closed, &base, &restored); err != nil {
			return nil, fmt.Errorf("list loads: %w", err)
		}
		t.Rows = append(t.Rows, []any{
			fmt.Sprint(id), status, verb, published.UTC().Format("2006-01-02 15:04:05Z"), billing.DateOf(through, time.UTC), billing.DateOf(final, time.UTC),
			derived, ranges, billing.DateOf(closed, time.UTC), orNothing(base), orNothing(restored),
		})
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list loads: %w", err)
	}
	if len(t.Rows) == 0 {
		return nil, errors.New("nothing is published yet: run `mrrsync sync` first")
	}
	return t, nil
}

// orNothing writes an id; 0 is none.
func orNothing(id uint64) string {
	if id == 0 {
		return ""
	}
	return fmt.Sprint(id)
}

// oneLoad demands the id of a load.
func oneLoad(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return errors.New("name one load by its id; `mrrsync load list` names them")
	}
	if _, err := strconv.ParseUint(args[0], 10, 64); err != nil {
		return fmt.Errorf("%q is no load's id; `mrrsync load list` names them", args[0])
	}
	return nil
}

func loadID(args []string) uint64 {
	id, _ := strconv.ParseUint(args[0], 10, 64) // oneLoad has read it
	return id
}

// closedThrough writes the last closed day; nothing where there is none.
func closedThrough(l warehouse.LoadInfo) string {
	if l.ClosedThrough == billing.NoDate {
		return ""
	}
	return l.ClosedThrough.String()
}

func loadRollbackCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rollback ID",
		Short: "Publish an earlier load again",
		Long: `Publishes an earlier load again, under a new id: every view shows it at once, with
its last day. Nothing of what the provider said is lost; the next sync derives
again whatever has landed since, so mend first what went wrong. The days that read
otherwise are restatements with the reason rollback.

The load is proved before: its periods and its movements must add up to the MRR
of every one of its days.`,
		Example: `  mrrsync load rollback 1772244000000009`,
		Args:    oneLoad,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.writing(cmd.Context(), "load rollback", func(w *warehouse.Warehouse, run *warehouse.Run) error {
				info, err := w.Rollback(cmd.Context(), run.ID, loadID(args))
				if errors.Is(err, warehouse.ErrNoLoad) || errors.Is(err, warehouse.ErrClosed) {
					return usage("%w", err)
				}
				if err != nil {
					return err
				}
				run.LoadID, run.Through, run.PolicyHash = info.ID, info.Through, info.PolicyHash
				fmt.Fprintf(a.stdout, "done: load %d is published again as load %d, through %s\n", info.Restored, info.ID, info.Through)
				fmt.Fprintln(a.stdout, "The next sync derives again whatever has landed since.")
				return nil
			})
		},
	}
}

// loadClosingCommand is close or reopen.
func loadClosingCommand(a *app, action string) *cobra.Command {
	var note string
	cmd := &cobra.Command{
		Use:   "close MONTH",
		Short: "Close a month and all earlier ones: their days change no more",
		Long: `Closes a month and all earlier ones. What every view says of their days stands
from now on: late evidence, another policy, new exchange rates and a rebuild change
days after them alone. What is known better by then of the closed days is a
movement of the first open day, typed against what was closed, with the reason
restatement. Invoices of closed months stand as they were, too.

A month can be closed once all of its days are final. Who closed it, when and why
is in the view closings.`,
		Example: `  mrrsync load close 2026-03 --note "Q1 reported to the board"`,
	}
	if action == "reopen" {
		cmd.Use, cmd.Short = "reopen MONTH", "Reopen a month and all later ones"
		cmd.Long = `Reopens a month and all later ones. Readers go on seeing what was closed until the
next sync or rebuild, which derives every account again; what that says otherwise
of the reopened days is in the view restatements, with the reason reopened.`
		cmd.Example = `  mrrsync load reopen 2026-03 --note "the March contracts were wrong" && mrrsync plan`
	}
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("%s: name one month, for instance 2026-03", action)
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.closing(cmd.Context(), action, args[0], note) }
	cmd.Flags().StringVar(&note, "note", "", "why, in a few words: `TEXT` (required)")
	return cmd
}

func (a *app) closing(ctx context.Context, action, month, note string) error {
	first, err := billing.ParseDate(month + "-01")
	if err != nil {
		return usage("%q is no month: want for instance 2026-03", month)
	}
	if strings.TrimSpace(note) == "" {
		return usage("say why with --note: it is kept with the %s", map[string]string{"close": "closing", "reopen": "reopening"}[action])
	}
	c := warehouse.Closing{Month: first, Who: a.who(), Note: note}
	return a.writing(ctx, "load "+action, func(w *warehouse.Warehouse, run *warehouse.Run) error {
		do := w.CloseMonth
		if action == "reopen" {
			do = w.ReopenMonth
		}
		info, err := do(ctx, run.ID, c)
		if errors.Is(err, warehouse.ErrNotFinal) || errors.Is(err, warehouse.ErrClosed) {
			return usage("%s %s: %w", action, month, err)
		}
		if err != nil {
			return err
		}
		run.LoadID, run.Through, run.PolicyHash = info.ID, info.Through, info.PolicyHash
		switch {
		case action == "close":
			fmt.Fprintf(a.stdout, "done: days through %s are closed (load %d)\n", info.ClosedThrough, info.ID)
		case info.ClosedThrough == billing.NoDate:
			fmt.Fprintf(a.stdout, "done: no month is closed any more (load %d)\nThe next sync derives every account again.\n", info.ID)
		default:
			fmt.Fprintf(a.stdout, "done: days through %s are still closed (load %d)\nThe next sync derives every account again.\n", info.ClosedThrough, info.ID)
		}
		return nil
	})
}

// who is the user of the operating system.
func (a *app) who() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return cmp.Or(a.getenv("USER"), "unknown")
}

func loadCollectCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "gc",
		Short: "Drop the rows of loads beyond the number kept",
		Long: `Drops the rows that no kept load is made of: those of loads beyond
warehouse.keep_loads, and what killed runs left. Details of runs (the views field_fill
and completeness_slices) go when they are older than 400 days and many. sync does
all this by itself.

It is safe beside readers: a load that was superseded a quarter of an hour ago or
less is kept, whatever the configuration says. It waits for no run: while one has
the warehouse the exit code is 4.`,
		Example: `  mrrsync load gc`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.writing(cmd.Context(), "load gc", func(w *warehouse.Warehouse, _ *warehouse.Run) error {
				c, err := w.Collect(cmd.Context())
				if err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "done: %s loads can't be rolled back to any more; %s partitions dropped, %s freed\n",
					number(c.Loads), number(c.Partitions), humanize.IBytes(c.Bytes))
				return nil
			})
		},
	}
}

// writing opens the warehouse for a verb that changes what is published or
// stored, as a run of its own: nobody else may be writing, and the runs view
// tells of it. A warehouse that was never synced says so.
func (a *app) writing(ctx context.Context, verb string, do func(*warehouse.Warehouse, *warehouse.Run) error) error {
	return a.opened(ctx, func(_ *config.Config, w *warehouse.Warehouse) error {
		if err := w.Fits(ctx); err != nil && !errors.Is(err, warehouse.ErrOlder) {
			return err
		}
		if err := w.Migrate(ctx); err != nil {
			return err
		}
		if _, ok, err := w.Published(ctx); err != nil {
			return err
		} else if !ok {
			return errors.New("nothing is published yet: run `mrrsync sync` first")
		}
		return within(ctx, w, verb, do)
	})
}

// within does something as a run of its own.
func within(ctx context.Context, w *warehouse.Warehouse, verb string, do func(*warehouse.Warehouse, *warehouse.Run) error) error {
	run, err := w.StartRun(ctx, warehouse.Run{Verb: verb})
	if err != nil {
		return err
	}
	err = do(w, &run)
	run.Status = warehouse.Done
	if err != nil {
		run.Status, run.ExitCode, run.Error = warehouse.Failed, exitCode(err, true), err.Error()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	unrecorded := w.FinishRun(ctx, run)
	if err == nil && unrecorded != nil {
		return exit{exitPartial, fmt.Errorf("%s: done, but its run could not be recorded: %w", verb, unrecorded)}
	}
	return errors.Join(err, unrecorded)
}
