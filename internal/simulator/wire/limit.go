package wire

import (
	"sync"
	"time"
)

// Limiter grants requests. A refused one says how long to wait; 0 when the
// provider does not tell.
type Limiter interface {
	Take(now time.Time) (wait time.Duration, ok bool)
}

// Bucket is a token bucket that holds one second's worth of requests. It is
// safe for concurrent use.
type Bucket struct {
	mu     sync.Mutex
	rate   float64
	tokens float64
	last   time.Time
}

// NewBucket grants rate requests a second. It is nil, no limit, for 0.
func NewBucket(rate float64) Limiter {
	if rate <= 0 {
		return nil
	}
	return &Bucket{rate: rate}
}

// Take grants a request when a token is left.
func (b *Bucket) Take(now time.Time) (time.Duration, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.last.IsZero() {
		b.tokens = max(b.rate, 1)
	} else {
		b.tokens = min(max(b.rate, 1), b.tokens+now.Sub(b.last).Seconds()*b.rate)
	}
	b.last = now
	if b.tokens < 1 {
		return 0, false
	}
	b.tokens--
	return 0, true
}

// Minute grants a number of requests in each minute, which begins with the
// first request after the one before has passed. Who has used them up waits for
// its end. It is safe for concurrent use.
type Minute struct {
	mu     sync.Mutex
	number int
	since  time.Time
	used   int
}

// NewMinute grants sixty times rate requests a minute. It is nil, no limit, for
// 0.
func NewMinute(rate float64) Limiter {
	if rate <= 0 {
		return nil
	}
	return &Minute{number: max(int(rate*60), 1)}
}

// Take grants a request when the minute has one left.
func (m *Minute) Take(now time.Time) (time.Duration, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.since.IsZero() || now.Sub(m.since) >= time.Minute {
		m.since, m.used = now, 0
	}
	if m.used == m.number {
		return m.since.Add(time.Minute).Sub(now), false
	}
	m.used++
	return 0, true
}
