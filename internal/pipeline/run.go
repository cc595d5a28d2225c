package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/internal/progress"
	"mrrsync/normalize"
	"mrrsync/warehouse"
)

// What a caller may branch on.
var (
	// ErrUsage says that what was asked for makes no sense, whatever the data.
	ErrUsage = errors.New("wrong usage")
	// ErrAccount says that a source's credentials open another provider account
	// than the one it was first synced from.
	ErrAccount = errors.New("another provider account")
	// ErrIncomplete says that the warehouse does not hold all that the provider
	// listed.
	ErrIncomplete = errors.New("incomplete")
	// ErrGuard says that the result was refused by a guard: nothing was
	// published.
	ErrGuard = errors.New("refused to publish")
)

// Source is one configured source, opened.
type Source struct {
	Name      string
	Connector connectors.Connector
	// Skip says not to pull it in this run: its accounts go on from its seal.
	Skip bool
	// Requests counts what was asked of the provider; nil: nothing is.
	Requests func() int64
}

// Options say what a run is to do. All inputs are values: the same options over
// the same warehouse and providers publish the same rows.
type Options struct {
	Verb     string // for the runs view
	Sources  []Source
	Through  billing.Date // billing.NoDate: yesterday in the reporting zone
	Full     bool         // list everything again
	Rebuild  bool         // pull nothing, derive everything
	DryRun   bool         // everything short of publishing
	Settings normalize.Settings
	Identity Identity
	// Hash is of all that decides a derivation beside the evidence: policy,
	// zone, currency, segments. When it differs from the base load's, every
	// account is derived again.
	Hash     string
	Currency string // the reporting currency; empty: no conversion
	Rates    []warehouse.Rate
	Guards   Guards
	// MaxRejects is how many rejects a run may have and still be done.
	MaxRejects int
	Now        func() time.Time
	Logger     *slog.Logger
	Progress   *progress.Progress
}

// run is one run in progress.
type run struct {
	o       Options
	w       *warehouse.Warehouse
	log     *slog.Logger
	id      uint64
	base    warehouse.LoadInfo // zero: nothing was published before
	mu      sync.Mutex
	seals   map[string]warehouse.Seal
	erased  map[warehouse.CustomerKey]warehouse.Erasure
	receipt Receipt
}

// Run does one run from beginning to end and returns its receipt, also when it
// failed. The error is the reason of a Failed outcome and wraps one of the
// sentinels where a caller may branch.
func Run(ctx context.Context, w *warehouse.Warehouse, o Options) (Receipt, error) {
	yesterday := billing.DateOf(o.Now(), o.Settings.Zone) - 1
	if o.Through == billing.NoDate {
		o.Through = yesterday
	}
	if o.Through > yesterday {
		return Receipt{}, fmt.Errorf("%w: --through %s: the last whole day in %s is %s", ErrUsage, o.Through, o.Settings.Zone, yesterday)
	}
	started, err := w.StartRun(ctx, warehouse.Run{Verb: o.Verb, Through: o.Through, PolicyHash: o.Hash})
	if err != nil {
		return Receipt{}, err
	}
	r := &run{o: o, w: w, id: started.ID, log: o.Logger.With("run", started.ID)}
	r.receipt = Receipt{
		Run: r.id, Verb: o.Verb, Outcome: Failed, StartedAt: o.Now().UTC(),
		Through: o.Through.String(), PolicyHash: o.Hash, Sources: make([]SourceReceipt, len(o.Sources)),
	}
	for i, s := range o.Sources {
		r.receipt.Sources[i] = SourceReceipt{Source: s.Name, Status: warehouse.Skipped}
	}
	err = r.do(ctx)
	if err != nil {
		r.receipt.Outcome, r.receipt.Error = Failed, err.Error()
	}
	unrecorded := r.finish(ctx, started)
	if unrecorded != nil && r.receipt.Load != 0 {
		// Readers have the load: that must not be told as a run that published
		// nothing. The next run says of this one what the manifest does.
		r.receipt.Outcome, r.receipt.Error = Partial, fmt.Sprintf("load %d is published, but its run could not be recorded: %v", r.receipt.Load, unrecorded)
		r.warn("%s", r.receipt.Error)
		return r.receipt, nil
	}
	return r.receipt, errors.Join(err, unrecorded)
}

// finish records the run. It must be written also when ctx has ended, which is
// when an operator will ask for it.
func (r *run) finish(ctx context.Context, started warehouse.Run) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	for i, s := range r.o.Sources {
		if s.Requests != nil {
			r.receipt.Sources[i].Requests = s.Requests()
		}
	}
	r.receipt.FinishedAt = r.o.Now().UTC()
	text, err := json.Marshal(r.receipt)
	if err != nil {
		return fmt.Errorf("write receipt: %w", err)
	}
	started.Status = map[Outcome]warehouse.Status{
		Done: warehouse.Done, Planned: warehouse.Done, Partial: warehouse.Partial, Failed: warehouse.Failed,
	}[r.receipt.Outcome]
	if r.receipt.Unsure {
		started.Status = warehouse.Running // the next run closes it, by what it finds in the manifest
	}
	started.LoadID, started.Receipt, started.Error = r.receipt.Load, text, r.receipt.Error
	started.ExitCode = r.receipt.Outcome.ExitCode()
	for _, s := range r.receipt.Sources {
		started.Sources = append(started.Sources, warehouse.SourceRun{
			Source: s.Source, Status: s.Status, StartedAt: s.StartedAt, FinishedAt: s.FinishedAt,
			Requests: int(s.Requests), Listed: s.Listed, Landed: s.New, Error: s.Error,
		})
	}
	return r.w.FinishRun(ctx, started)
}

// do is the run between its record's beginning and end.
func (r *run) do(ctx context.Context) error {
	var err error
	if err := r.erasures(ctx); err != nil {
		return err
	}
	if r.seals, err = r.w.Seals(ctx); err != nil {
		return err
	}
	if r.base, _, err = r.w.Published(ctx); err != nil {
		return err
	}
	if r.base.ID != 0 && r.o.Through < r.base.Through {
		return fmt.Errorf("%w: --through %s lies before %s, which is published already: name a later day", ErrUsage, r.o.Through, r.base.Through)
	}
	if !r.o.Rebuild {
		pulled := took(&r.receipt.Seconds.Pull)
		err := r.pull(ctx)
		if pulled(); err != nil {
			return err
		}
		if r.seals, err = r.w.Seals(ctx); err != nil {
			return err
		}
		if err := r.allFailed(); err != nil {
			return err
		}
	}
	resume, err := r.w.Rest(ctx)
	if err != nil {
		return err
	}
	defer resume()
	r.giveBack(ctx) // what the pull held, that deriving has no use for
	load, err := r.load(ctx)
	if err != nil {
		return err
	}
	defer took(&r.receipt.Seconds.Publish)()
	return r.publish(ctx, load)
}

// giveBack returns to the system what Go and the engine have freed.
func (r *run) giveBack(ctx context.Context) {
	debug.FreeOSMemory()
	r.w.Purge(ctx)
}

// took writes down the time until what it returns is called: a duration, not a
// date, so that it is taken from the clock that never stands still.
func took(seconds *float64) func() {
	began := time.Now()                                      //nolint:forbidigo // see above
	return func() { *seconds = time.Since(began).Seconds() } //nolint:forbidigo // see above
}

// publish makes the load what readers see, unless a guard refuses it or only a
// plan was asked for.
func (r *run) publish(ctx context.Context, load *warehouse.Load) error {
	diff, err := load.Diff(ctx)
	if err != nil {
		return discard(ctx, load, err)
	}
	r.receipt.Diff = &diff
	r.receipt.restate(diff)
	r.receipt.Rejects = diff.Written["rejects"]
	if r.o.DryRun {
		r.receipt.Outcome = Planned
		if err := r.guard(ctx, diff); errors.Is(err, ErrGuard) {
			r.warn("%v", err)
		} else if err != nil {
			return discard(ctx, load, err)
		}
		return load.Discard(ctx)
	}
	if err := r.guard(ctx, diff); err != nil {
		return discard(ctx, load, err)
	}
	info, err := load.Publish(ctx)
	if err != nil {
		r.receipt.Unsure = errors.Is(err, warehouse.ErrUnsure)
		return discard(ctx, load, err)
	}
	r.receipt.Load, r.receipt.Base = info.ID, info.Base
	r.receipt.Outcome = r.outcome()
	return nil
}

// outcome is how a published run is told.
func (r *run) outcome() Outcome {
	partial := false
	for _, s := range r.receipt.Sources {
		partial = partial || s.Status == warehouse.Failed
	}
	if r.receipt.Rejects > r.o.MaxRejects {
		r.warn("%d rejects, more than rejects.max %d: `mrrsync query 'SELECT * FROM rejects'` lists them", r.receipt.Rejects, r.o.MaxRejects)
		partial = true
	}
	if partial {
		return Partial
	}
	return Done
}

// warn notes what an operator should know, in the log and in the receipt.
func (r *run) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.log.Warn(text)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.receipt.Warnings = append(r.receipt.Warnings, text)
}

// discard drops a load that will not be published and returns why.
func discard(ctx context.Context, load *warehouse.Load, why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(why, load.Discard(ctx))
}

func named(name string, value fmt.Stringer) driver.NamedValue {
	return clickhouse.Named(name, value.String())
}
