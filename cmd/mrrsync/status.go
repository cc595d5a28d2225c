package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/connectors/billing"
	"mrrsync/internal/pipeline"
	"mrrsync/internal/schedule"
	"mrrsync/warehouse"
)

func statusCommand(a *app) *cobra.Command {
	var asJSON bool
	var maxAge time.Duration
	cmd := &cobra.Command{
		Use:     "status",
		GroupID: groupDaily,
		Short:   "Tell how current the warehouse is; exit code 3 when it is stale",
		Long: `Tells what is published, how the last run ended, which run has the warehouse now,
how far each source is covered and up to when it was pulled completely, and what
was rejected. --json tells the same to machines: "locks" are the runs that have
the warehouse, "seal" is a source's last complete pull and whether it is published.

A source is stale when the last day that is published of it ended more than
--max-age ago; the default lets a nightly sync be half a day late.
While a sync runs on an embedded warehouse nobody else can open it, unless a
serve does: exit code 4.`,
		Example: `  mrrsync status
  mrrsync status --json
  mrrsync status --max-age 26h || page-someone`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.status(cmd.Context(), maxAge, asJSON) },
	}
	cmd.Flags().DurationVar(&maxAge, "max-age", 36*time.Hour, "how old what is published of a source may be, as a `DURATION`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

// condition is what status tells.
type condition struct {
	Load        uint64     `json:"load"` // 0: nothing is published
	Through     string     `json:"through,omitempty"`
	Final       string     `json:"final_through,omitempty"`  // every source has covered the days up to it
	Closed      string     `json:"closed_through,omitempty"` // the last day of the last closed month
	PublishedAt *time.Time `json:"published_at,omitempty"`
	Run         uint64     `json:"last_run"`
	Verb        string     `json:"last_run_verb,omitempty"`
	Outcome     string     `json:"last_run_status,omitempty"`
	StartedAt   *time.Time `json:"last_run_started_at,omitempty"`
	Error       string     `json:"last_run_error,omitempty"`
	Warnings    []string   `json:"last_run_warnings,omitempty"`
	Rejects     uint64     `json:"rejects"`
	// Holders are the runs that have the warehouse now: none or one.
	Holders []warehouse.Holder `json:"locks"`
	Sources []freshness        `json:"sources"`
	Stale   bool               `json:"stale"`
	// NextSync is the next time of serve.schedule, whether or not a serve runs.
	NextSync *time.Time `json:"next_sync,omitempty"`
}

// freshness is how one source stands.
type freshness struct {
	Source         string    `json:"source"`
	CoveredThrough string    `json:"covered_through"` // a day; empty: never
	LastSuccess    time.Time `json:"last_success_at"`
	Status         string    `json:"status"`
	Error          string    `json:"error,omitempty"`
	Stale          bool      `json:"stale"`
	Seal           *seal     `json:"seal"` // null: never
}

// seal is the last complete pull of a source, and whether readers have it.
type seal struct {
	Run       uint64    `json:"run"`
	Until     time.Time `json:"covered_until"` // the instant, exclusive
	Account   string    `json:"account"`       // the provider's account and mode
	Published bool      `json:"published"`     // what is published was derived up to it
}

func (a *app) status(ctx context.Context, maxAge time.Duration, asJSON bool) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	is, err := a.condition(ctx, c, maxAge)
	if err != nil {
		return err
	}
	if asJSON {
		e := json.NewEncoder(a.stdout)
		e.SetIndent("", "  ")
		err = e.Encode(is)
	} else {
		err = is.print(a.stdout, a.now())
	}
	if err == nil && is.Stale {
		a.notifyStale(ctx, c, is)
		err = exit{exitPartial, nil}
	}
	return err
}

// notifyStale tells that the figures are old.
func (a *app) notifyStale(ctx context.Context, c *config.Config, is condition) {
	a.notify(ctx, c, notice{"stale", "mrrsync: what is published is stale: through " + cmp.Or(is.Through, "no day yet"), is})
}

// condition asks the warehouse. One that is not there yet has nothing, which is
// stale.
func (a *app) condition(ctx context.Context, c *config.Config, maxAge time.Duration) (is condition, err error) {
	is = a.unasked(c)
	if folder, embedded := c.Warehouse.DSN.Embedded(); embedded {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			is.judge(a.now(), c.Reporting.Zone, maxAge)
			return is, nil
		}
	}
	w, err := a.warehouse(ctx, c)
	if err != nil {
		return is, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	return a.conditionIn(ctx, c, w, maxAge)
}

// unasked is what the configuration alone tells.
func (a *app) unasked(c *config.Config) (is condition) {
	is.Holders = []warehouse.Holder{} // machines want a list
	for _, s := range c.Sources {
		is.Sources = append(is.Sources, freshness{Source: s.Name, Status: "never pulled"})
	}
	if cron, err := schedule.Parse(c.Serve.Schedule); err == nil {
		next := cron.Next(a.now(), c.Reporting.Zone)
		is.NextSync = &next
	}
	return is
}

// conditionIn asks a warehouse that is open.
func (a *app) conditionIn(ctx context.Context, c *config.Config, w *warehouse.Warehouse, maxAge time.Duration) (is condition, err error) {
	is = a.unasked(c)
	err = w.Fits(ctx)
	if err == nil {
		err = w.Misread(ctx, is.ask(ctx, w))
	}
	if err != nil && !unmade(err) {
		return is, err
	}
	is.judge(a.now(), c.Reporting.Zone, maxAge)
	return is, nil
}

// unmade says that a statement failed because nothing was set up yet.
func unmade(err error) bool {
	const unknownTable, unknownDatabase = 60, 81
	var e *clickhouse.Exception
	return errors.As(err, &e) && (e.Code == unknownTable || e.Code == unknownDatabase)
}

func (is *condition) ask(ctx context.Context, w *warehouse.Warehouse) error {
	load, ok, err := w.Published(ctx)
	if err != nil {
		return err
	}
	if ok {
		is.Load, is.Through, is.PublishedAt = load.ID, load.Through.String(), &load.PublishedAt
		is.Final, is.Closed = dayText(load.FinalThrough), dayText(load.ClosedThrough)
	}
	holders, err := w.Holders(ctx)
	if err != nil {
		return err
	}
	is.Holders = append(is.Holders, holders...)
	run, ok, err := w.LastRun(ctx)
	if err != nil {
		return err
	}
	if ok {
		is.Run, is.Verb, is.Outcome, is.StartedAt, is.Error = run.ID, run.Verb, string(run.Status), &run.StartedAt, run.Error
		var receipt pipeline.Receipt
		if json.Unmarshal(run.Receipt, &receipt) == nil { // none while it runs, or when it was killed
			is.Warnings = receipt.Warnings
		}
	}
	if err := is.askSources(ctx, w); err != nil {
		return err
	}
	seals, err := w.Seals(ctx)
	if err != nil {
		return err
	}
	for i := range is.Sources {
		if s, ok := seals[is.Sources[i].Source]; ok {
			is.Sources[i].Seal = &seal{s.Run, s.CoveredUntil, s.Account, load.Seals[is.Sources[i].Source] == s.Run}
		}
	}
	return nil
}

// dayText is a day as JSON has it; none is empty.
func dayText(d billing.Date) string {
	if d == billing.NoDate {
		return ""
	}
	return d.String()
}

// askSources asks how each source stands, and what could not be read.
func (is *condition) askSources(ctx context.Context, w *warehouse.Warehouse) error {
	db := w.Schema().DB()
	if err := w.Conn().QueryRow(ctx, "SELECT count() FROM "+db+".rejects").Scan(&is.Rejects); err != nil {
		return fmt.Errorf("count rejects: %w", err)
	}
	rows, err := w.Conn().Query(ctx, "SELECT source, covered_through, last_success_at, status, error FROM "+db+".freshness ORDER BY source")
	if err != nil {
		return fmt.Errorf("read freshness: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f freshness
		var covered time.Time
		if err := rows.Scan(&f.Source, &covered, &f.LastSuccess, &f.Status, &f.Error); err != nil {
			return fmt.Errorf("read freshness: %w", err)
		}
		if covered.Unix() > 0 {
			f.CoveredThrough = covered.Format(time.DateOnly)
		}
		i := slices.IndexFunc(is.Sources, func(other freshness) bool { return other.Source == f.Source })
		if i < 0 {
			continue // no longer configured: nothing of it will get fresher
		}
		is.Sources[i] = f
	}
	return rows.Err()
}

// judge says what is stale: a source of which less is published than up to
// maxAge ago. A day is covered at its end.
func (is *condition) judge(now time.Time, zone *time.Location, maxAge time.Duration) {
	for i := range is.Sources {
		s := &is.Sources[i]
		day, err := time.ParseInLocation(time.DateOnly, s.CoveredThrough, zone)
		s.Stale = err != nil || now.Sub(day.AddDate(0, 0, 1)) > maxAge
		is.Stale = is.Stale || s.Stale
	}
	is.Stale = is.Stale || is.Load == 0
}

// String is up to when the source is complete, and what readers have of it.
func (s *seal) String() string {
	switch {
	case s == nil:
		return "never"
	case !s.Published:
		return s.Until.Format("2006-01-02 15:04 UTC") + ", not published"
	}
	return s.Until.Format("2006-01-02 15:04 UTC")
}

func (is *condition) print(out io.Writer, now time.Time) error {
	ago := func(t time.Time) string {
		return fmt.Sprintf("%s, %s", t.UTC().Format("2006-01-02 15:04 UTC"), humanize.RelTime(t, now, "ago", "ahead"))
	}
	if is.Load == 0 {
		fmt.Fprintln(out, "published  nothing yet: run `mrrsync sync`")
	} else {
		fmt.Fprintf(out, "published  load %d through %s (%s)\n", is.Load, is.Through, ago(*is.PublishedAt))
	}
	if is.Run != 0 {
		fmt.Fprintf(out, "last run   %s %d: %s (%s)\n", is.Verb, is.Run, is.Outcome, ago(*is.StartedAt))
	}
	if is.Error != "" {
		fmt.Fprintf(out, "           %s\n", is.Error)
	}
	for _, warning := range is.Warnings {
		fmt.Fprintf(out, "           warning: %s\n", warning)
	}
	for _, h := range is.Holders {
		fmt.Fprintf(out, "locked by  %s\n", h)
	}
	if is.NextSync != nil {
		fmt.Fprintf(out, "next sync  %s, while a serve runs\n", ago(*is.NextSync))
	}
	fmt.Fprintf(out, "rejects    %s\n\n", humanize.Comma(int64(is.Rejects)))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SOURCE\tCOVERED THROUGH\tLAST SUCCESS\tLAST ATTEMPT\tSEALED UNTIL")
	for _, s := range is.Sources {
		covered, success := "nothing", "never"
		if s.CoveredThrough != "" {
			covered = s.CoveredThrough
		}
		if s.Stale {
			covered += " (stale)"
		}
		if s.LastSuccess.Unix() > 0 {
			success = ago(s.LastSuccess)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.Source, covered, success, s.Status, s.Seal)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, s := range is.Sources {
		if s.Error != "" {
			fmt.Fprintf(out, "\n%s: %s\n", s.Source, s.Error)
		}
	}
	return nil
}
