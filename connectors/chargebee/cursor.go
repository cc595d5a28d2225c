package chargebee

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
	"mrrsync/connectors/spans"
)

// position is a stream's cursor: up to where the stream was read whole, and the
// window that is under way. It is complete at any page, so that a run killed
// anywhere goes on without losing an object. Times are seconds since 1970.
type position struct {
	Format int `json:"v"`
	// Through is the end of the last window that was read whole; 0: none was.
	Through int64 `json:"through,omitempty"`

	// The window under way: what was updated (or happened) in [From, Upper].
	// From 0: everything there is.
	Open   bool   `json:"open,omitempty"`
	From   int64  `json:"from,omitempty"`
	Upper  int64  `json:"upper,omitempty"`
	Offset string `json:"offset,omitempty"` // of the next page, as Chargebee gave it
	// Spans are what is left of a list that is read in several places at once.
	Spans []spans.Span `json:"spans,omitempty"`

	// Batches says that ramps are asked for by subscription.
	Batches bool `json:"batches,omitempty"`

	// Of the event feed alone.
	Watch  int64    `json:"watch,omitempty"`  // since when no event was missed
	Wanted []wanted `json:"wanted,omitempty"` // named by an event, seen by no list, not fetched yet
}

// wanted is an object that an event says has changed.
type wanted struct {
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Customer string `json:"customer,omitempty"`
	Version  int64  `json:"version,omitempty"` // what the event shows; 0: unknown
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
	if p.Through < 0 || p.From < 0 || p.Upper < p.From {
		return p, fmt.Errorf("read cursor: impossible window %d to %d; sync with --full", p.From, p.Upper)
	}
	for _, s := range p.Spans {
		if s.From < 0 || s.To < s.From {
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

// begin opens a window up to now. The first one of a list holds everything; the
// next ones reach back a little, since clocks differ and lists lag.
func (p *position) begin(now int64) {
	p.Open, p.Offset, p.Spans, p.Upper = true, "", nil, now
	if p.From = 0; p.Through > 0 {
		p.From = max(p.Through-int64(lookBack.Seconds()), 1)
		p.Upper = max(now, p.From)
	}
}

// slice names the part of the stream that a page of the open window is of: the
// month in which its first object was made, or the day of an increment.
func (p *position) slice(objects []connectors.Object) string {
	day := func(at int64) time.Time { return time.Unix(at, 0).UTC() }
	if p.From > 0 {
		return "until " + day(p.Upper).Format(time.DateOnly)
	}
	for _, o := range objects {
		for _, birth := range []string{"created_at", "date"} {
			if at := born(o, birth); at != 0 {
				return "created " + day(at).Format("2006-01")
			}
		}
	}
	return ""
}

// born is when an object was made, in seconds; 0: it does not say.
func born(o connectors.Object, birth string) int64 {
	at, err := strconv.ParseInt(string(rawjson.Member(o.Payload, birth)), 10, 64)
	if err != nil {
		return 0
	}
	return at
}

// end closes the window, which was read whole.
func (p *position) end() {
	p.Through, p.Open, p.From, p.Upper, p.Offset, p.Spans = max(p.Through, p.Upper), false, 0, 0, "", nil
}
