package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"mrrsync/config"
	"mrrsync/connectors/billing"
	"mrrsync/internal/audit"
	"mrrsync/internal/dashboard"
	"mrrsync/internal/pipeline"
	"mrrsync/internal/report"
	"mrrsync/internal/schedule"
	"mrrsync/internal/serve"
	"mrrsync/warehouse"
	"mrrsync/warehouse/chdb"
)

const (
	// stopTime is how long statements in progress may take to end when serve is
	// stopped.
	stopTime = 20 * time.Second
	// maxJitter is how much later than its time a scheduled sync may begin.
	maxJitter = time.Minute
	// stateAge is how old what /healthz and /metrics say may be.
	stateAge = 5 * time.Second
	// watchTime is how often it is looked whether the figures have turned stale.
	watchTime = 15 * time.Minute
)

// serving is what the flags of serve ask for.
type serving struct {
	listen, schedule string
	maxAge           time.Duration
	allowFixedNow    bool
}

func serveCommand(a *app) *cobra.Command {
	var o serving
	cmd := &cobra.Command{
		Use:     "serve",
		GroupID: groupDaily,
		Short:   "Let BI tools read the warehouse as a ClickHouse server, and sync on a schedule",
		Long: `Serves ClickHouse's HTTP interface over the embedded warehouse: BI tools connect
with their ClickHouse driver to the address, database mrr. Reads go on while a
sync publishes, and every answer is of one load. Also /dashboard for people,
/healthz (200 while the figures are fresh, 503 when not) and /metrics for
Prometheus.

Without serve.users it listens on loopback only, and everybody there reads as the
user default without a password. Readers reach the views and nothing else: no
tables of the store, no files, no network. Other verbs of the same OS user find
the warehouse in use and go through a socket in its folder.

--schedule runs syncs inside, at the times of a cron expression in the reporting
time zone: one at a time, each time once, and what was missed while nobody served
is made up for at the start. A failed sync is tried again twice.

Stops on SIGTERM or SIGINT once statements in progress have ended.`,
		Example: `  mrrsync serve
  mrrsync serve --listen 127.0.0.1:8123 --schedule "15 2 * * *"
  curl 'http://127.0.0.1:8123/?query=SELECT+*+FROM+mrr_totals_daily+FORMAT+CSV'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "", "listen on `HOST:PORT` (default serve.listen, 127.0.0.1:8123)")
	f.StringVar(&o.schedule, "schedule", "", "also sync at the times of a `CRON` expression (default serve.schedule)")
	f.DurationVar(&o.maxAge, "max-age", 36*time.Hour, "how old what is published of a source may be to be fresh, as a `DURATION`")
	f.BoolVar(&o.allowFixedNow, "allow-fixed-now", false, "serve although MRRSYNC_NOW holds the clock: for rehearsals")
	return cmd
}

func (a *app) serve(ctx context.Context, o serving) error {
	if a.fixedNow && !o.allowFixedNow {
		return usage("MRRSYNC_NOW holds the clock still, and whoever reads would not know: unset it, or say --allow-fixed-now")
	}
	c, err := a.config()
	if err != nil {
		return err
	}
	cron, err := a.cron(c, cmp.Or(o.schedule, c.Serve.Schedule))
	if err != nil {
		return err
	}
	server, w, err := a.openServer(ctx, c, o)
	if err != nil {
		return err
	}
	scheme := "http"
	if c.Serve.TLS.Cert != "" {
		scheme = "https"
	}
	fmt.Fprintf(a.stdout, "serving %s at %s://%s\n", c.Warehouse.Database, scheme, server.Addr())
	return errors.Join(a.attend(ctx, c, w, server, cron, o.maxAge), w.Close())
}

// openServer opens server and warehouse, and brings the schema up to date.
func (a *app) openServer(ctx context.Context, c *config.Config, o serving) (*serve.Server, *warehouse.Warehouse, error) {
	cfg, err := a.serveConfig(ctx, c, o)
	if err != nil {
		return nil, nil, err
	}
	state := &state{}
	cfg.Health, cfg.Dashboard = state.answer, http.HandlerFunc(state.page)
	server, err := serve.New(ctx, cfg)
	if errors.Is(err, chdb.ErrLocked) {
		return nil, nil, fmt.Errorf("%w (%w)", warehouse.ErrLocked, err)
	}
	if err != nil {
		return nil, nil, err
	}
	w, err := a.warehouse(ctx, c)
	if err == nil {
		if err = w.Migrate(ctx); err != nil {
			err = errors.Join(err, w.Close())
		}
	}
	if err != nil {
		return nil, nil, errors.Join(err, server.Close())
	}
	pages, err := a.dashboard(c, w, o.maxAge)
	if err != nil {
		return nil, nil, errors.Join(err, w.Close(), server.Close())
	}
	state.open(func(ctx context.Context) (condition, error) { return a.conditionIn(ctx, c, w, o.maxAge) }, pages)
	return server, w, nil
}

// dashboard are the pages for people over an open warehouse.
func (a *app) dashboard(c *config.Config, w *warehouse.Warehouse, maxAge time.Duration) (*dashboard.Dashboard, error) {
	cfg := dashboard.Config{
		Views:  report.Source{Conn: w.Conn(), Database: w.Schema().DB(), Segments: w.Schema().Segments},
		Change: w.Change, Logger: a.log,
		Stale: func(ctx context.Context) (map[string]bool, error) {
			is, err := a.conditionIn(ctx, c, w, maxAge)
			stale := map[string]bool{}
			for _, s := range is.Sources {
				stale[s.Source] = s.Stale
			}
			return stale, err
		},
		Explain: func(ctx context.Context, account string, day billing.Date) (*audit.Answer, error) {
			o, err := a.options(c, order{verb: "explain"}, nil)
			if err != nil {
				return nil, err
			}
			evidence, err := pipeline.ReadEvidence(ctx, w, o.Sources, o.Identity)
			if err != nil {
				return nil, err
			}
			page, err := audit.Explain(ctx, w, evidence, audit.Question{Name: account, Day: day, Law: o.Settings, Hash: o.Hash})
			if err != nil {
				return nil, err
			}
			return page.Answer(), nil
		},
	}
	for _, s := range c.Sources {
		cfg.Sources = append(cfg.Sources, s.Name)
	}
	return dashboard.New(cfg)
}

// attend serves and syncs until ctx ends.
func (a *app) attend(ctx context.Context, c *config.Config, w *warehouse.Warehouse, server *serve.Server, cron *schedule.Cron, maxAge time.Duration) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return server.Serve(ctx, stopTime) })
	if cron != nil {
		g.Go(func() error {
			if err := a.nightly(c, w, *cron).Do(ctx); !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		})
	}
	g.Go(func() error {
		a.watch(ctx, c, w, maxAge)
		return nil
	})
	return g.Wait()
}

// watch tells whom the configuration names when the figures turn stale, until
// ctx ends. Nobody is told twice of one spell.
func (a *app) watch(ctx context.Context, c *config.Config, w *warehouse.Warehouse, maxAge time.Duration) {
	tick := time.NewTicker(watchTime)
	defer tick.Stop()
	told := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		is, err := a.conditionIn(ctx, c, w, maxAge)
		if err != nil {
			a.log.Error("the warehouse's state can't be read", "error", err)
			continue
		}
		if is.Stale && !told {
			a.notifyStale(ctx, c, is)
		}
		told = is.Stale
	}
}

// cron reads the schedule; nil: there is none.
func (a *app) cron(c *config.Config, text string) (*schedule.Cron, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no schedule is an answer
	}
	cron, err := schedule.Parse(text)
	if err != nil {
		return nil, c.Problem("serve.schedule", "%v", err)
	}
	// What a sync needs is read at each run; what is wrong with it is told now.
	if _, err := a.options(c, order{verb: "sync"}, nil); err != nil {
		return nil, err
	}
	return &cron, nil
}

// serveConfig turns the configuration into a server's.
func (a *app) serveConfig(ctx context.Context, c *config.Config, o serving) (serve.Config, error) {
	cfg := serve.Config{
		Database: c.Warehouse.Database, Listen: cmp.Or(o.listen, c.Serve.Listen), Cert: c.Serve.TLS.Cert, Key: c.Serve.TLS.Key,
		Limits: serve.Limits{
			Seconds: c.Serve.Limits.MaxSeconds, Memory: uint64(c.Serve.Limits.MaxMemory), Rows: c.Serve.Limits.MaxResultRows,
			Queries: int(c.Serve.Limits.MaxQueries),
		},
		Now: a.now, Logger: a.log,
	}
	for _, u := range c.Serve.Users {
		if _, err := u.Password.Value(); err != nil {
			return cfg, err
		}
		role := serve.Reader
		if u.Role == "writer" {
			role = serve.Writer
		}
		cfg.Users = append(cfg.Users, serve.User{Name: u.Name, Password: u.Password.Value, Role: role})
	}
	if err := cfg.Guarded(); err != nil {
		if o.listen != "" {
			return cfg, usage("--listen: %w", err)
		}
		return cfg, c.Problem("serve.listen", "%v", err)
	}
	folder, embedded := c.Warehouse.DSN.Embedded()
	if !embedded {
		a.log.Warn("the warehouse is a ClickHouse server: BI tools connect to it directly; here are /healthz, /metrics and the schedule alone")
		return cfg, nil
	}
	cfg.Folder, cfg.Socket = folder, true
	download, done := a.download()
	defer done()
	var err error
	cfg.Library, err = chdb.Library(ctx, chdb.Install{Progress: download, Logger: a.log})
	return cfg, err
}

// nightly is the loop of scheduled syncs.
func (a *app) nightly(c *config.Config, w *warehouse.Warehouse, cron schedule.Cron) schedule.Loop {
	return schedule.Loop{
		Cron: cron, Zone: c.Reporting.Zone, Now: a.now, Log: a.log,
		Jitter: func() time.Duration { return rand.N(maxJitter) }, //nolint:gosec // not a secret
		Last:   w.LastSync,
		Run: func(ctx context.Context, _ time.Time) error {
			err := a.scheduled(ctx, c, w)
			if errors.Is(err, warehouse.ErrLocked) {
				return schedule.ErrBusy
			}
			return err
		},
	}
}

// scheduled does the same as the verb sync. Files of rates and identities, and
// secrets, are read anew.
func (a *app) scheduled(ctx context.Context, c *config.Config, w *warehouse.Warehouse) error {
	options, err := a.options(c, order{verb: "sync"}, nil)
	if err != nil {
		a.log.Error("scheduled sync: the configuration can't be used", "error", err)
		a.notifyRun(ctx, c, pipeline.Receipt{}, err)
		return err
	}
	receipt, err := a.runOn(ctx, w, options)
	a.notifyRun(ctx, c, receipt, err)
	if err != nil {
		a.log.Error("scheduled sync failed", "run", receipt.Run, "error", err)
		return err
	}
	a.log.Info("scheduled sync", "run", receipt.Run, "outcome", receipt.Outcome, "load", receipt.Load, "through", receipt.Through,
		"rejects", receipt.Rejects, "seconds", receipt.FinishedAt.Sub(receipt.StartedAt).Seconds())
	return nil
}

// state is what /healthz, /metrics and the dashboard tell, as soon as the
// warehouse is open. Health is asked for at most every few seconds, however often
// they are.
type state struct {
	ask   func(context.Context) (condition, error) // nil while the warehouse is being opened
	pages http.Handler                             // the same

	mu    sync.Mutex
	asked time.Time
	last  serve.Health
	err   error
}

// open says how to ask and who shows pages from now on.
func (s *state) open(ask func(context.Context) (condition, error), pages http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ask, s.pages = ask, pages
}

// page shows a page for people.
func (s *state) page(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	pages := s.pages
	s.mu.Unlock()
	if pages == nil {
		w.Header().Set("Retry-After", "2")
		http.Error(w, "The warehouse is being opened; try again in a moment.", http.StatusServiceUnavailable)
		return
	}
	pages.ServeHTTP(w, r)
}

// answer is the state as of a few seconds ago.
func (s *state) answer(ctx context.Context) (serve.Health, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ask == nil {
		return serve.Health{Detail: map[string]string{"status": "starting"}}, nil
	}
	if s.asked.IsZero() || time.Since(s.asked) > stateAge {
		is, err := s.ask(context.WithoutCancel(ctx))
		s.asked, s.last, s.err = time.Now(), is.health(), err
	}
	return s.last, s.err
}

// health is a condition as strangers may see it: without the words of errors.
func (is *condition) health() serve.Health {
	bit := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	public := *is
	public.Error, public.Holders = "", nil
	public.Sources = append([]freshness(nil), is.Sources...)
	gauges := []serve.Gauge{
		{Name: "load", Help: "The published load; 0: none", Value: float64(is.Load)},
		{Name: "rejects", Help: "Rows that could not be understood", Value: float64(is.Rejects)},
		{Name: "last_run_failed", Help: "1 when the last run failed or was cut off, else 0", Value: bit(is.Outcome == "failed" || is.Outcome == "aborted")},
	}
	if is.PublishedAt != nil {
		gauges = append(gauges, serve.Gauge{Name: "published_timestamp_seconds", Help: "When the published load was published", Value: float64(is.PublishedAt.Unix())})
	}
	if is.StartedAt != nil {
		gauges = append(gauges, serve.Gauge{Name: "last_run_started_timestamp_seconds", Help: "When the last run began", Value: float64(is.StartedAt.Unix())})
	}
	for i, s := range public.Sources {
		public.Sources[i].Error = ""
		label := []string{"source", s.Source}
		gauges = append(gauges,
			serve.Gauge{Name: "source_stale", Help: "1 when a source is less current than it should be, else 0", Labels: label, Value: bit(s.Stale)},
			serve.Gauge{Name: "source_failed", Help: "1 when the last pull of a source failed, else 0", Labels: label, Value: bit(strings.HasPrefix(s.Status, "fail"))})
		if day, err := time.Parse(time.DateOnly, s.CoveredThrough); err == nil {
			gauges = append(gauges, serve.Gauge{Name: "source_covered_through_timestamp_seconds", Help: "Midnight UTC of the last day a source is covered through", Labels: label, Value: float64(day.Unix())})
		}
		if s.LastSuccess.Unix() > 0 {
			gauges = append(gauges, serve.Gauge{Name: "source_last_success_timestamp_seconds", Help: "When a source was last pulled completely", Labels: label, Value: float64(s.LastSuccess.Unix())})
		}
	}
	return serve.Health{Fresh: !is.Stale, Detail: public, Gauges: gauges}
}
