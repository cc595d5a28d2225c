package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	// webhookTries is how often a webhook is told the same before that is given up.
	webhookTries = 4
	// webhookPause is how long the first wait between two tries is; each further
	// one is twice as long.
	webhookPause = time.Second
	// webhookTime is how long one answer may take.
	webhookTime = 6 * time.Second
)

// post sends a notice to a webhook. Who is busy, breaks down or is not there is
// asked again, a little later each time; who refuses is not. The address is a
// secret, so no error names it.
func (a *app) post(ctx context.Context, url string, text []byte) error {
	pause := webhookPause
	for try := 1; ; try++ {
		after, err := postOnce(ctx, url, text)
		if err == nil {
			return nil
		}
		var last *refusal
		if errors.As(err, &last) && last.final() {
			return err
		}
		wait := max(pause, after)
		end, limited := ctx.Deadline()
		if try == webhookTries || ctx.Err() != nil || limited && wait >= time.Until(end) {
			return fmt.Errorf("given up after %d tries: %w", try, err)
		}
		a.log.Info("notify.webhook is told again", "try", try+1, "in", wait, "error", err)
		if err := a.pause(ctx, wait); err != nil {
			return err
		}
		pause *= 2
	}
}

// refusal is an answer that is no success.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return "answered " + r.text }

// final tells what will not be otherwise a moment later.
func (r *refusal) final() bool {
	return r.status != http.StatusTooManyRequests && r.status != http.StatusRequestTimeout && r.status < http.StatusInternalServerError
}

// postOnce sends it once. After is how long the webhook asks to be left alone.
func postOnce(ctx context.Context, url string, text []byte) (after time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, webhookTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return 0, &refusal{text: "nothing: it is not a URL"}
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("no answer: %w", errors.Unwrap(err))
	}
	defer res.Body.Close()
	if res.StatusCode < http.StatusMultipleChoices {
		return 0, nil
	}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
		after = time.Duration(seconds) * time.Second
	}
	return after, &refusal{res.StatusCode, res.Status}
}

// pause waits before something is tried again.
func (a *app) pause(ctx context.Context, d time.Duration) error {
	if a.between.sleep != nil {
		return a.between.sleep(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
