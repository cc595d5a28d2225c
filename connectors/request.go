package connectors

import "time"

// Request is what the shared transport tells of one attempt: enough for a
// progress line and for counting, nothing secret.
type Request struct {
	Source   string
	Path     string // without query
	Status   int    // 0: no answer
	Attempt  int    // from 1
	Duration time.Duration
	Waited   time.Duration // for the limiter before it was sent
	Backoff  time.Duration // until the next attempt; 0: there is none
	Err      error
}
