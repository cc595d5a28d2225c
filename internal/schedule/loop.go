package schedule

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// ErrBusy is what Loop.Run answers when another run is in progress: it is tried
// again when that one may have ended.
var ErrBusy = errors.New("another run is in progress")

// Attempts at one slot, and how long to wait between them.
const (
	attempts  = 3
	firstWait = 10 * time.Minute
	busyWait  = time.Minute
)

// Loop runs what is due, one run at a time.
type Loop struct {
	Cron Cron
	Zone *time.Location
	// Jitter is how much later than its slot a run begins: so that not everybody
	// asks the providers in the same second. It is asked once per slot.
	Jitter func() time.Duration
	// Last is when the newest run began that need not be repeated; zero: none.
	Last func(context.Context) (time.Time, error)
	// Run does a run. What it returns was told already; it decides only whether
	// to try again.
	Run func(ctx context.Context, slot time.Time) error
	Now func() time.Time
	// Log is told when the next run is.
	Log *slog.Logger
}

// Do runs what is due until ctx ends, and returns ctx's error. A run in progress
// is given ctx and ends by itself.
func (l Loop) Do(ctx context.Context) error {
	var tried time.Time // the newest slot that was given up
	for {
		slot, err := l.due(ctx, tried)
		if err != nil {
			l.Log.Error("the last run can't be read; trying again", "error", err)
			if err := sleep(ctx, busyWait); err != nil {
				return err
			}
			continue
		}
		if wait := slot.Sub(l.Now()); wait > 0 {
			wait += l.Jitter()
			l.Log.Info("next sync", "at", slot.Format(time.RFC3339), "begins_in", wait.Round(time.Second))
			if err := sleep(ctx, wait); err != nil {
				return err
			}
			// Somebody may have run it by hand meanwhile.
			if again, err := l.due(ctx, tried); err != nil || again.After(l.Now()) {
				continue
			}
		} else {
			l.Log.Info("a sync is due", "since", slot.Format(time.RFC3339))
		}
		if err := l.attempt(ctx, slot); err != nil {
			return err
		}
		tried = slot
	}
}

// due is the next slot: in the past, if it was missed. Of several that were
// missed it is the last one. Slots up to tried do not count.
func (l Loop) due(ctx context.Context, tried time.Time) (time.Time, error) {
	last, err := l.Last(ctx)
	if err != nil {
		return time.Time{}, err
	}
	now := l.Now()
	if last.IsZero() && tried.IsZero() {
		return now, nil // nothing was ever read: begin at once
	}
	if tried.After(last) {
		last = tried
	}
	slot := l.Cron.Next(last, l.Zone)
	for slot.Before(now) {
		next := l.Cron.Next(slot, l.Zone)
		if next.IsZero() || next.After(now) {
			break
		}
		slot = next
	}
	return slot, nil
}

// attempt runs a slot, again if it fails, until the next one is due. The error
// is ctx's.
func (l Loop) attempt(ctx context.Context, slot time.Time) error {
	end := l.Cron.Next(l.Now(), l.Zone)
	wait := firstWait
	for n := 1; ; {
		err := l.Run(ctx, slot)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			return nil
		case errors.Is(err, ErrBusy):
			if err := sleep(ctx, busyWait); err != nil {
				return err
			}
			if last, err := l.Last(ctx); err == nil && !last.Before(slot) {
				return nil // the other run was this one's work
			}
			continue
		case n == attempts, l.Now().Add(wait).After(end):
			l.Log.Error("the sync failed and is not tried again before its next time", "attempts", n)
			return nil
		}
		l.Log.Warn("the sync failed and is tried again", "in", wait)
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		n++
		wait *= 3
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
