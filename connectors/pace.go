package connectors

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// pace is the rate that all workers of a source share. It halves when the
// provider says 429 and climbs back with every answer that is fine, so that it
// settles just below what the provider allows.
type pace struct {
	limiter *rate.Limiter
	full    rate.Limit

	mu      sync.Mutex
	slowed  time.Time // when the rate was last halved
	resting time.Time // no request before this instant
}

// slowStep is the shortest time between two halvings: the answers to requests
// that were under way together are one complaint, not many.
const slowStep = time.Second

func newPace(perSecond float64) *pace {
	full := rate.Limit(perSecond)
	// A tenth of a second's worth at once: enough that a rate of hundreds does
	// not hang on the timer's grain, too little to be a burst to the provider.
	return &pace{limiter: rate.NewLimiter(full, max(1, int(perSecond/10))), full: full}
}

// wait blocks until the next request may go out, and says how long that took.
func (p *pace) wait(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	for {
		p.mu.Lock()
		rest := time.Until(p.resting)
		p.mu.Unlock()
		if rest <= 0 {
			break
		}
		if err := Sleep(ctx, rest); err != nil {
			return time.Since(start), err
		}
	}
	// Not limiter.Wait: it refuses at once when the context's deadline lies
	// before the token, and its error is not the context's.
	r := p.limiter.Reserve()
	if err := Sleep(ctx, r.Delay()); err != nil {
		r.Cancel()
		return time.Since(start), err
	}
	return time.Since(start), nil
}

// slow halves the rate, down to a sixteenth, and rests all workers for as long
// as the provider asked.
func (p *pace) slow(after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if until := now.Add(after); after > 0 && until.After(p.resting) {
		p.resting = until
	}
	if now.Sub(p.slowed) < slowStep {
		return
	}
	p.slowed = now
	p.limiter.SetLimit(max(p.limiter.Limit()/2, p.full/16))
}

// recover climbs by a hundredth of the full rate.
func (p *pace) recover() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.limiter.Limit(); now < p.full {
		p.limiter.SetLimit(min(now+p.full/100, p.full))
	}
}

const (
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// backoff is the wait before the next attempt: what the provider asked for, a
// little spread so that workers do not return together, else doubling from half
// a second to half a minute, the upper half of it at random.
func backoff(attempt int, after time.Duration) time.Duration {
	if after > 0 {
		return after + rand.N(after/10+50*time.Millisecond) //nolint:gosec // jitter
	}
	d := maxBackoff
	if attempt < 7 {
		d = min(firstBackoff<<(attempt-1), maxBackoff)
	}
	return d/2 + rand.N(d/2) //nolint:gosec // jitter
}

// Sleep waits for d or until ctx ends, and then returns ctx's error.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
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
