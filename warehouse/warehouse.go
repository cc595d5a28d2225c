package warehouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"mrrsync/warehouse/chdb"
)

// Options say which warehouse to open and how.
type Options struct {
	// DSN is chdb://FOLDER for the engine inside the process, clickhouse:// or
	// http(s):// for a server. FOLDER is relative to the working directory.
	DSN string
	// Database holds the views; the tables live in Database_store.
	Database string
	// Cluster is the name of a ClickHouse cluster; empty: none.
	Cluster string
	// KeepLoads is how many published loads keep their rows; at least 1.
	KeepLoads int
	// Grace is how long a load keeps its rows after another one superseded it,
	// whatever KeepLoads says: longer than any reader's statement takes.
	Grace time.Duration
	// Segments are the configured segments: a column each on the views.
	Segments []string
	// Bands replace published references of the view benchmarks_monthly, by
	// name: net_growth_existing, net_growth_mid_market, mrr_growth_early,
	// mrr_growth_growth, mrr_growth_mature, gross_churn, expansion_share.
	Bands map[string]Band
	// ReportingCurrency is what mrr_reporting is in; empty turns conversion off.
	ReportingCurrency string
	// Volatile makes the tables of a new embedded warehouse without waiting for
	// the disk: a power failure may take back what was acknowledged. For tests
	// and rehearsals, which it makes twice as fast.
	Volatile bool
	// Now is the clock.
	Now    func() time.Time
	Logger *slog.Logger
	// Library is the path of the engine's library; empty finds or installs it.
	Library string
	// Progress is told how the download of the engine gets on, in bytes.
	Progress func(done, total int64)
	// Step, if set, is called before every statement that writes and before a load
	// is verified, with its name: a verb and a noun. An error stops it. Tests use it
	// to die between any two of them.
	Step func(name string) error
}

// Warehouse is an open warehouse. It is safe for concurrent use; one run at a
// time writes.
type Warehouse struct {
	opt    Options
	dsn    dsn
	schema Schema
	conn   driver.Conn
	engine *chdb.DB // nil on a server
	// through reaches the process that has the folder open, if that is not us.
	through *http.Transport
	log     *slog.Logger

	mu     sync.Mutex
	tick   uint64           // the last sequence number given out
	lease  *lease           // of the run in progress
	landed map[string]*held // per source: what is known to be stored

	shown shown

	// leaseTerm is how long a lease lasts that is not renewed.
	leaseTerm time.Duration

	stepping sync.Mutex              // one step at a time
	step     func(name string) error // Options.Step
}

// cause is what is wrong below the driver's own words, which name a URL full of
// settings.
func cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Open connects to a warehouse. It changes nothing: Migrate makes or updates
// the schema. An embedded warehouse that another process has open is reached
// through that process if it serves it, else it is ErrLocked.
func Open(ctx context.Context, opt Options) (*Warehouse, error) {
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if opt.Now == nil {
		return nil, errors.New("open warehouse: no clock given")
	}
	opt.KeepLoads = max(opt.KeepLoads, 1)
	d, err := parseDSN(opt.DSN)
	if err != nil {
		return nil, err
	}
	w := &Warehouse{
		opt: opt, dsn: d, log: opt.Logger, landed: map[string]*held{}, leaseTerm: leaseTerm, step: opt.Step,
		schema: Schema{Target: TargetOf(opt.DSN, opt.Cluster), Database: opt.Database, Cluster: opt.Cluster, Segments: opt.Segments, Volatile: opt.Volatile, Bands: opt.Bands},
	}
	if d.folder != "" && opt.Cluster != "" {
		return nil, errors.New("warehouse.cluster is set, but warehouse.dsn is chdb://: an embedded warehouse has no cluster")
	}
	if err := w.schema.Validate(); err != nil {
		return nil, err
	}
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	if err := w.conn.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("reach warehouse %s: %w; see that warehouse.dsn names a ClickHouse server that runs, with its user and password", d.redacted, cause(err)), w.Close())
	}
	if v, err := w.conn.ServerVersion(); err == nil && v.DisplayName == chdb.DisplayName && w.schema.Target == Server {
		w.schema.Target = Embedded // a `serve` of somebody's folder: its views must stay as they are there
	}
	if w.schema.Target != Embedded {
		w.conn = newRetrying(w.conn, w.log)
	}
	return w, nil
}

// connect opens the engine, if it is ours, and the driver.
func (w *Warehouse) connect(ctx context.Context) error {
	var opts *clickhouse.Options
	if w.schema.Target == Embedded {
		engine, err := chdb.Open(ctx, chdb.Config{
			Path: w.dsn.folder, Library: w.opt.Library, Progress: w.opt.Progress, Logger: w.log,
		})
		switch {
		case errors.Is(err, chdb.ErrLocked):
			// A `serve` lets us in, as its own user.
			through, dialErr := chdb.Dial(ctx, w.dsn.folder)
			if dialErr != nil {
				return fmt.Errorf("%w (%w)", folderHolder(lockName(w.dsn.folder, w.schema.Database)), err)
			}
			w.through = through
			opts = chdb.OptionsOver(through, "system")
		case err != nil:
			return fmt.Errorf("open warehouse %s: %w", w.dsn.folder, err)
		default:
			w.engine = engine
			opts = chdb.Options(engine, "system")
		}
	} else {
		opts = w.dsn.options
	}
	if opts.Settings == nil {
		opts.Settings = clickhouse.Settings{}
	}
	for k, v := range w.schema.session() {
		opts.Settings[k] = v
	}
	conn, err := clickhouse.Open(opts)
	if err != nil {
		return errors.Join(fmt.Errorf("open warehouse %s: %w", w.dsn.redacted, err), w.Close())
	}
	w.conn = conn
	return nil
}

// Conn is the driver's connection, for statements of one's own. Names need
// their database: Schema tells them.
func (w *Warehouse) Conn() driver.Conn { return w.conn }

// Schema is what the warehouse's DDL is made for.
func (w *Warehouse) Schema() Schema { return w.schema }

// Close ends the run in progress, if any, which the next one will find to have
// been killed, and closes the connection and the engine.
func (w *Warehouse) Close() error {
	w.giveBack(context.Background())
	var errs []error
	if w.conn != nil {
		errs = append(errs, w.conn.Close())
	}
	if w.through != nil {
		w.through.CloseIdleConnections()
	}
	if w.engine != nil {
		errs = append(errs, w.engine.Close(context.Background()))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close warehouse: %w", err)
	}
	return nil
}

// Purge gives back to the system the memory that the engine in this process has freed
// and keeps: after much was read or landed that is hundreds of megabytes. Engines that
// are built without the allocator it asks have nothing to give back in this way.
func (w *Warehouse) Purge(ctx context.Context) {
	if w.engine == nil {
		return
	}
	if err := w.conn.Exec(ctx, "SYSTEM JEMALLOC PURGE"); err != nil {
		w.log.Debug("the engine gives no memory back", "error", err)
	}
}

// Rest says that nothing lands until what it returns is called. What a pull knew to be
// stored is forgotten, tens of bytes for each object of the company. And the engine in this
// process merges no parts of raw_objects: what a long pull has landed takes it minutes and
// half a gigabyte, which whoever reads it all wants first. A merge that is begun is taken
// up again later.
func (w *Warehouse) Rest(ctx context.Context) (resume func(), err error) {
	w.forgetLanded()
	if w.engine == nil {
		return func() {}, nil
	}
	if err := w.conn.Exec(ctx, "SYSTEM STOP MERGES "+w.table("raw_objects")); err != nil {
		return nil, fmt.Errorf("hold merges: %w", err)
	}
	return func() {
		if err := w.conn.Exec(context.WithoutCancel(ctx), "SYSTEM START MERGES "+w.table("raw_objects")); err != nil {
			w.log.Warn("merges of raw_objects are held until this process ends", "error", err)
		}
	}, nil
}

// next is a number larger than all this warehouse gave out before: the time in
// microseconds since 1970, or the number after the last one where the clock
// stands still or went back. Runs, loads and the order of state rows are made
// of it.
func (w *Warehouse) next() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tick = max(w.tick+1, uint64(max(w.opt.Now().UnixMicro(), 1)))
	return w.tick
}

// exec runs a statement that writes. what is its name in errors and steps: a
// verb and a noun. Values of {name:Type} come as clickhouse.Named.
func (w *Warehouse) exec(ctx context.Context, what, sql string, args ...any) error {
	if err := w.reach(ctx, what); err != nil {
		return err
	}
	if err := w.conn.Exec(ctx, sql, args...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	w.log.Debug("ran a statement", "what", what)
	return nil
}

// each runs a statement that reads and calls scan for every row.
func (w *Warehouse) each(ctx context.Context, what, sql string, scan func(scan func(...any) error) error, args ...any) error {
	rows, err := w.conn.Query(ctx, sql, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	w.log.Debug("ran a statement", "what", what)
	return nil
}

// insert writes the rows that fill appends as one block: all of them are in the
// table afterwards, or the outcome is an error.
func (w *Warehouse) insert(ctx context.Context, table string, columns []string, fill func(driver.Batch) error) error {
	what := "insert into " + table
	if err := w.reach(ctx, what); err != nil {
		return err
	}
	b, err := w.conn.PrepareBatch(ctx, "INSERT INTO "+w.table(table)+" ("+strings.Join(columns, ", ")+")")
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer func() { _ = b.Close() }()
	if err := fill(b); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := b.Send(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// reach is called before everything that writes: who has lost the warehouse or is
// to stop begins nothing more.
func (w *Warehouse) reach(ctx context.Context, what string) error {
	if l := w.leased(); l != nil {
		if err := l.check(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	w.stepping.Lock()
	defer w.stepping.Unlock()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if w.step == nil {
		return nil
	}
	if err := w.step(what); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// table is the full name of a table of the store.
func (w *Warehouse) table(name string) string { return w.schema.Store() + "." + quote(name) }

// named is a value of {name:Type}.
func named(name string, value any) driver.NamedValue { return clickhouse.Named(name, value) }
