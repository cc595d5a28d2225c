package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"

	"mrrsync/config"
	"mrrsync/internal/pipeline"
	"mrrsync/warehouse"
)

// notifyTime is how long telling somebody may take, all tries together.
const notifyTime = 20 * time.Second

// notice is what somebody is told. A webhook gets it as JSON; its text alone is
// what chat services show.
type notice struct {
	Event   string `json:"event"` // failure, partial or stale
	Text    string `json:"text"`
	Details any    `json:"details"` // the receipt, or the status
}

// notifyRun tells of a run that did not end well.
func (a *app) notifyRun(ctx context.Context, c *config.Config, r pipeline.Receipt, err error) {
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil, errors.Is(err, warehouse.ErrLocked):
		// Whoever interrupted it knows, and the run that holds the lock speaks for itself.
	case err != nil && r.Unsure:
		a.notify(ctx, c, notice{"failure", "mrrsync: it is not known whether the load was published: " + err.Error(), r})
	case err != nil:
		a.notify(ctx, c, notice{"failure", "mrrsync: nothing was published: " + err.Error(), r})
	case r.Outcome == pipeline.Partial:
		a.notify(ctx, c, notice{"partial", fmt.Sprintf("mrrsync: published through %s, but not everything went well: %s", r.Through, complaint(r)), r})
	}
}

// complaint is the first thing that went wrong in a run that published.
func complaint(r pipeline.Receipt) string {
	for _, s := range r.Sources {
		if s.Error != "" {
			return "source " + s.Source + ": " + s.Error
		}
	}
	return cmp.Or(r.Error, fmt.Sprintf("%d rejects", r.Rejects))
}

// notify tells whom the configuration names, if it wants to hear of the event.
// That it could not is logged and changes nothing else: the exit code speaks of
// the run.
func (a *app) notify(ctx context.Context, c *config.Config, n notice) {
	if !slices.Contains(c.Notify.On, n.Event) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), notifyTime)
	defer cancel()
	text, err := json.Marshal(n)
	if err != nil {
		a.log.Error("nobody was notified", "error", err)
		return
	}
	if !c.Notify.Webhook.IsZero() {
		url, err := c.Notify.Webhook.Value()
		if err == nil {
			err = a.post(ctx, url, text)
		}
		if err != nil {
			a.log.Error("notify.webhook was not told", "event", n.Event, "error", err)
		}
	}
	if c.Notify.Command != "" {
		if err := a.runNotice(ctx, c.Notify.Command, n, text); err != nil {
			a.log.Error("notify.command failed", "event", n.Event, "error", err)
		}
	}
}

// runNotice runs a command of the shell with the notice on standard input.
func (a *app) runNotice(ctx context.Context, command string, n notice, text []byte) error {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.Env = append(os.Environ(), "MRRSYNC_EVENT="+n.Event, "MRRSYNC_TEXT="+n.Text)
	cmd.Stdin = bytes.NewReader(text)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(out[:min(len(out), 500)]))
	}
	return nil
}
