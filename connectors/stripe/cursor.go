package stripe

import (
	"encoding/json"
	"fmt"

	"mrrsync/connectors"
	"mrrsync/connectors/spans"
)

// position is a stream's cursor: where a listing began, and the spans that are
// not read yet. It is complete at any page, so that a run killed anywhere goes
// on without losing an object.
type position struct {
	Format int `json:"v"`
	// Began is when the listing or window began, in seconds: what is created
	// or changes after it is seen through events.
	Began int64 `json:"began"`
	// Clock is the newest version handed out, in microseconds. Versions go on
	// above it even when the clock stands still or jumps back.
	Clock int64        `json:"clock"`
	Spans []spans.Span `json:"spans,omitempty"`
	Done  bool         `json:"done,omitempty"`

	// Of the event feed alone.
	Watch   int64          `json:"watch,omitempty"`   // since when no event was missed
	Through int64          `json:"through,omitempty"` // up to where windows were read whole
	Upper   int64          `json:"upper,omitempty"`   // the end of the window under way
	Seen    []string       `json:"seen,omitempty"`    // events of the look-back that were dealt with
	Wanted  []wantedObject `json:"wanted,omitempty"`  // changed, and not fetched yet
}

// wantedObject is an object that an event says has changed.
type wantedObject struct {
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Customer string `json:"customer,omitempty"`
}

// positionFormat is the cursor format that this code writes and reads.
const positionFormat = 1

func parsePosition(c connectors.Cursor) (position, error) {
	if c == "" {
		return position{Format: positionFormat}, nil
	}
	var p position
	if err := json.Unmarshal([]byte(c), &p); err != nil {
		return p, fmt.Errorf("read cursor: %w", err)
	}
	if p.Format != positionFormat {
		return p, fmt.Errorf("read cursor: format %d, want %d; this warehouse was written by another version: sync with --full", p.Format, positionFormat)
	}
	for _, s := range p.Spans {
		if s.From < 0 || s.To < s.From || s.Group < 0 || s.Group >= len(eventTypes()) {
			return p, fmt.Errorf("read cursor: impossible span %+v; sync with --full", s)
		}
	}
	return p, nil
}

func (p position) cursor() connectors.Cursor {
	b, err := json.Marshal(p)
	if err != nil {
		return "" // cannot happen: plain fields; reading from the start is safe
	}
	return connectors.Cursor(b)
}
