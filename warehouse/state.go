package warehouse

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// Status is how a run or a source of a run stands.
type Status string

// The statuses of a run; those of a source are Done, Failed and Skipped.
const (
	Running Status = "running"
	Done    Status = "done"
	Partial Status = "partial" // published, but a source failed, too much was rejected or the run could not be recorded
	Failed  Status = "failed"
	Aborted Status = "aborted" // its process ended before it did
	Skipped Status = "skipped"
)

// Run is one run of a verb that may write. StartRun sets ID and StartedAt,
// FinishRun FinishedAt; the rest is the caller's.
type Run struct {
	ID         uint64 // microseconds since 1970 of its start, made unique; grows from run to run
	Verb       string
	Status     Status
	StartedAt  time.Time
	FinishedAt time.Time
	Through    billing.Date
	LoadID     uint64 // the load it published; 0: none
	PolicyHash string
	ExitCode   int
	Receipt    []byte // JSON
	Error      string
	Sources    []SourceRun
}

// SourceRun is what a run did with one source.
type SourceRun struct {
	Source     string
	Status     Status
	StartedAt  time.Time
	FinishedAt time.Time
	Requests   int
	Listed     int // objects, repeats included
	Landed     int // new versions
	Rejected   int
	Error      string
}

// StartRun takes the warehouse for a run and records it. Only Verb, Through and
// PolicyHash are read. While another run has the warehouse it answers a
// *LockedError that says who. A run that is recorded as running although nobody has the
// warehouse was killed, or could not be recorded: it becomes Aborted, or Partial
// with its load if it had published by then.
func (w *Warehouse) StartRun(ctx context.Context, run Run) (Run, error) {
	if err := w.acquire(ctx, run.Verb); err != nil {
		return Run{}, err
	}
	started, err := w.startRun(ctx, run)
	if err != nil {
		w.giveBack(ctx)
		return Run{}, err
	}
	return started, nil
}

func (w *Warehouse) startRun(ctx context.Context, run Run) (Run, error) {
	if err := w.room(); err != nil {
		return Run{}, err
	}
	// Another Warehouse may have written since this one was opened.
	if err := w.resume(ctx); err != nil {
		return Run{}, err
	}
	run.ID, run.StartedAt, run.FinishedAt, run.Status = w.next(), w.opt.Now().UTC(), time.Unix(0, 0).UTC(), Running
	if err := w.leased().hold(ctx, run.ID); err != nil {
		return Run{}, err
	}
	if err := w.closeDead(ctx); err != nil {
		return Run{}, err
	}
	if err := w.writeRun(ctx, run); err != nil {
		return Run{}, err
	}
	return run, w.dropListings(ctx, run.ID)
}

// FinishRun records how a run ended and gives the warehouse back, even when it
// can't be recorded. A run that has lost the warehouse is not recorded: whoever
// has it now says how it ended, as StartRun does.
func (w *Warehouse) FinishRun(ctx context.Context, run Run) error {
	defer w.giveBack(ctx)
	if w.leased().over() {
		return nil
	}
	run.FinishedAt = w.opt.Now().UTC()
	return w.writeEnd(ctx, run)
}

// writeEnd writes how a run ended, and last that it did.
func (w *Warehouse) writeEnd(ctx context.Context, run Run) error {
	if err := w.writeSourceRuns(ctx, run.ID, run.Sources); err != nil {
		return err
	}
	return w.writeRun(ctx, run)
}

// writeSourceRuns appends what a run did with sources.
func (w *Warehouse) writeSourceRuns(ctx context.Context, run uint64, all []SourceRun) error {
	if len(all) == 0 {
		return nil
	}
	columns := []string{"run", "source", "seq", "status", "started_at", "finished_at", "requests", "listed", "landed", "rejected", "error"}
	return w.insert(ctx, "run_sources", columns, func(b driver.Batch) error {
		for _, s := range all {
			if err := b.Append(run, s.Source, w.next(), string(s.Status), s.StartedAt.UTC(), s.FinishedAt.UTC(),
				uint64(s.Requests), uint64(s.Listed), uint64(s.Landed), uint64(s.Rejected), s.Error); err != nil {
				return err
			}
		}
		return nil
	})
}

var runColumns = []string{
	"run", "seq", "verb", "status", "started_at", "finished_at", "through", "load_id", "policy_hash", "exit_code", "receipt", "error",
}

// writeRun appends the state of a run.
func (w *Warehouse) writeRun(ctx context.Context, r Run) error {
	through, err := fitDate(r.Through)
	if err != nil {
		return fmt.Errorf("record run: through: %w", err)
	}
	return w.insert(ctx, "runs", runColumns, func(b driver.Batch) error {
		return b.Append(r.ID, w.next(), r.Verb, string(r.Status), r.StartedAt.UTC(), r.FinishedAt.UTC(), through, r.LoadID, r.PolicyHash,
			uint8(r.ExitCode), string(r.Receipt), r.Error)
	})
}

// closeDead closes the records of runs that were killed or could not write them.
// What the manifest holds of one was published, whatever the process could still
// say of it; of its sources the load tells which ones it had read.
func (w *Warehouse) closeDead(ctx context.Context) error {
	dead, err := w.runs(ctx, "HAVING status = 'running'")
	if err != nil {
		return err
	}
	for _, r := range dead {
		published, err := w.loads(ctx, fmt.Sprintf("AND run = %d ORDER BY load_id DESC LIMIT 1", r.ID))
		if err != nil {
			return err
		}
		r.Status, r.ExitCode, r.Error, r.FinishedAt = Aborted, 1, "the process ended before the run did", w.opt.Now().UTC()
		if len(published) > 0 {
			load := published[0]
			r.Status, r.ExitCode, r.LoadID, r.FinishedAt = Partial, 3, load.ID, load.PublishedAt
			r.Error = fmt.Sprintf("load %d is published, but how the run ended was not recorded", load.ID)
			for source, run := range load.Seals {
				if run == r.ID {
					r.Sources = append(r.Sources, SourceRun{Source: source, Status: Done, StartedAt: r.StartedAt, FinishedAt: load.PublishedAt})
				}
			}
		}
		if err := w.writeEnd(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// LastRun is the newest run, without its sources; ok is false when there was
// none.
func (w *Warehouse) LastRun(ctx context.Context) (run Run, ok bool, err error) {
	all, err := w.runs(ctx, "ORDER BY run DESC LIMIT 1")
	if err != nil || len(all) == 0 {
		return Run{}, false, err
	}
	return all[0], true, nil
}

// LastSync is when the newest sync began that published, in full or in part;
// zero: there was none.
func (w *Warehouse) LastSync(ctx context.Context) (time.Time, error) {
	all, err := w.runs(ctx, "HAVING verb = 'sync' AND status IN ('done', 'partial') ORDER BY run DESC LIMIT 1")
	if err != nil || len(all) == 0 {
		return time.Time{}, err
	}
	return all[0].StartedAt, nil
}

// runs reads the newest state of runs; tail follows the GROUP BY.
func (w *Warehouse) runs(ctx context.Context, tail string) ([]Run, error) {
	var all []Run
	err := w.each(ctx, "read runs", `
		SELECT run, tupleElement(s, 1) AS verb, tupleElement(s, 2) AS status, tupleElement(s, 3), tupleElement(s, 4), tupleElement(s, 5),
			tupleElement(s, 6), tupleElement(s, 7), tupleElement(s, 8), tupleElement(s, 9), tupleElement(s, 10)
		FROM (
			SELECT run, argMax((verb, status, started_at, finished_at, through, load_id, policy_hash, exit_code, receipt, error), seq) AS s
			FROM `+w.table("runs")+` GROUP BY run
		) GROUP BY run, s `+tail, func(scan func(...any) error) error {
		var r Run
		var status, receipt string
		var through time.Time
		var code uint8
		if err := scan(&r.ID, &r.Verb, &status, &r.StartedAt, &r.FinishedAt, &through, &r.LoadID, &r.PolicyHash, &code, &receipt, &r.Error); err != nil {
			return err
		}
		r.Status, r.Through, r.ExitCode, r.Receipt = Status(status), billing.DateOf(through, time.UTC), int(code), []byte(receipt)
		all = append(all, r)
		return nil
	})
	return all, err
}

// Cursors are how far each stream of a source has been read; streams that never
// were are absent.
func (w *Warehouse) Cursors(ctx context.Context, source string) (map[connectors.Stream]connectors.Cursor, error) {
	all := map[connectors.Stream]connectors.Cursor{}
	err := w.each(ctx, "read cursors", `
		SELECT stream, argMax(cursor, seq) FROM `+w.table("cursors")+`
		WHERE source = {source:String} GROUP BY stream`, func(scan func(...any) error) error {
		var stream, cursor string
		if err := scan(&stream, &cursor); err != nil {
			return err
		}
		if cursor != "" {
			all[connectors.Stream(stream)] = connectors.Cursor(cursor)
		}
		return nil
	}, named("source", source))
	return all, err
}

// SaveCursor makes a cursor durable. The objects it covers must have landed.
func (w *Warehouse) SaveCursor(ctx context.Context, run uint64, source string, stream connectors.Stream, cursor connectors.Cursor) error {
	return w.saveCursors(ctx, run, source, map[connectors.Stream]connectors.Cursor{stream: cursor})
}

// ResetCursors sets all streams of a source back to the beginning.
func (w *Warehouse) ResetCursors(ctx context.Context, run uint64, source string) error {
	all, err := w.Cursors(ctx, source)
	if err != nil || len(all) == 0 {
		return err
	}
	for stream := range all {
		all[stream] = ""
	}
	return w.saveCursors(ctx, run, source, all)
}

func (w *Warehouse) saveCursors(ctx context.Context, run uint64, source string, all map[connectors.Stream]connectors.Cursor) error {
	return w.insert(ctx, "cursors", []string{"source", "stream", "seq", "run", "cursor"}, func(b driver.Batch) error {
		for stream, cursor := range all {
			if err := b.Append(source, string(stream), w.next(), run, string(cursor)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Seal is the last complete pull of a source: what later runs landed is not
// derived from.
type Seal struct {
	Run          uint64
	CoveredUntil time.Time // exclusive, UTC
	Account      string    // the provider's account and mode
}

// Seal records that a run has pulled a source completely, up to coveredUntil. What
// is stored of it need not be known by heart any more.
func (w *Warehouse) Seal(ctx context.Context, run uint64, source string, coveredUntil time.Time, account string) error {
	w.mu.Lock()
	delete(w.landed, source)
	w.mu.Unlock()
	return w.insert(ctx, "seals", []string{"source", "seq", "run", "covered_until", "account"}, func(b driver.Batch) error {
		return b.Append(source, w.next(), run, coveredUntil.UTC(), account)
	})
}

// Seals are the seals by source; sources never pulled completely are absent.
func (w *Warehouse) Seals(ctx context.Context) (map[string]Seal, error) {
	all := map[string]Seal{}
	err := w.each(ctx, "read seals", `
		SELECT source, argMax(run, seq), argMax(covered_until, seq), argMax(account, seq) FROM `+w.table("seals")+`
		GROUP BY source`, func(scan func(...any) error) error {
		var source string
		var s Seal
		if err := scan(&source, &s.Run, &s.CoveredUntil, &s.Account); err != nil {
			return err
		}
		s.CoveredUntil = s.CoveredUntil.UTC()
		all[source] = s
		return nil
	})
	return all, err
}
