package pipeline

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/warehouse"
)

// Outcome is how a run ended.
type Outcome string

// The outcomes, and the exit codes they are told with.
const (
	// Done: everything was read, derived and published (or nothing had changed).
	Done Outcome = "done"
	// Planned: everything but the publishing.
	Planned Outcome = "planned"
	// Partial: published, but a source failed, too much was rejected, or the run
	// could not be recorded.
	Partial Outcome = "partial"
	// Failed: nothing was published, unless the receipt is unsure of it.
	Failed Outcome = "failed"
)

// ExitCode is the process exit code that tells the outcome.
func (o Outcome) ExitCode() int {
	switch o {
	case Done, Planned:
		return 0
	case Partial:
		return 3
	default:
		return 1
	}
}

// Receipt says what a run did. It is what `--json` prints and what the runs
// view keeps.
type Receipt struct {
	Run        uint64    `json:"run"`
	Verb       string    `json:"verb"`
	Outcome    Outcome   `json:"outcome"`
	Error      string    `json:"error,omitempty"`
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	Through    string    `json:"through"`
	Load       uint64    `json:"load,omitempty"` // 0: nothing was published
	// Unsure says that the warehouse was lost while it published: readers may have
	// the load or not. Only a failed run can be.
	Unsure     bool            `json:"unsure,omitempty"`
	Base       uint64          `json:"base_load,omitempty"`
	PolicyHash string          `json:"policy_hash"`
	Seconds    Seconds         `json:"seconds"`
	Sources    []SourceReceipt `json:"sources"`
	Customers  CustomerCount   `json:"customers"`
	Rows       RowCount        `json:"rows"`
	Rejects    int             `json:"rejects"`
	Restated   []Restated      `json:"restated,omitempty"` // the first of them
	// RestatedRanges counts the ranges of days that the load says otherwise.
	RestatedRanges int      `json:"restated_ranges"`
	Warnings       []string `json:"warnings,omitempty"`
	// Diff is what the load changed, or would have; nil where there was none.
	Diff *warehouse.Diff `json:"-"`
}

// Seconds are how long each part of a run took, one after the other. A run whose
// clock stands still tells them too.
type Seconds struct {
	Pull    float64 `json:"pull"`    // all sources, until the last byte has landed and was proved
	Derive  float64 `json:"derive"`  // raw objects to rows
	Build   float64 `json:"build"`   // what is carried forward, the days, and the laws they must keep
	Publish float64 `json:"publish"` // what changed, the guards, and the flip
}

// SourceReceipt says what was read of one source.
type SourceReceipt struct {
	Source         string           `json:"source"`
	Status         warehouse.Status `json:"status"` // done, failed or skipped
	Error          string           `json:"error,omitempty"`
	CoveredThrough *time.Time       `json:"covered_through,omitempty"` // of its newest seal
	Requests       int64            `json:"requests"`
	Listed         int              `json:"listed"`
	New            int              `json:"new"` // versions that were not in the store
	Missing        int              `json:"missing"`
	Seconds        float64          `json:"seconds"`
	Streams        []StreamReceipt  `json:"streams,omitempty"`
	Sweep          *SweepReceipt    `json:"sweep,omitempty"` // nil: nothing was due
	StartedAt      time.Time        `json:"started_at,omitzero"`
	FinishedAt     time.Time        `json:"finished_at,omitzero"`
}

// StreamReceipt counts one stream: distinct ids that the provider listed, and
// of these the ones that the warehouse holds.
type StreamReceipt struct {
	Stream  string         `json:"stream"`
	Listed  int            `json:"listed"`
	Landed  int            `json:"landed"`
	Missing int            `json:"missing"`
	Slices  []SliceReceipt `json:"slices,omitempty"` // only those that miss something
	Lost    []string       `json:"lost,omitempty"`   // the first of what is missing
}

// SliceReceipt is the same of a slice of the stream.
type SliceReceipt struct {
	Slice   string `json:"slice"`
	Listed  int    `json:"listed"`
	Landed  int    `json:"landed"`
	Missing int    `json:"missing"`
}

func newStreamReceipt(c warehouse.StreamCount) StreamReceipt {
	r := StreamReceipt{Stream: string(c.Stream), Listed: c.Listed, Landed: c.Landed, Missing: c.Missing, Lost: c.Lost}
	for _, s := range c.Slices {
		if s.Missing > 0 {
			r.Slices = append(r.Slices, SliceReceipt{s.Slice, s.Listed, s.Landed, s.Missing})
		}
	}
	return r
}

// missing says what the stream lost and where, in a few words.
func (s StreamReceipt) missing() string {
	text := fmt.Sprintf("%s %d", s.Stream, s.Missing)
	var where []string
	for _, slice := range s.Slices[:min(len(s.Slices), slicesNamed)] {
		if slice.Slice != "" {
			where = append(where, fmt.Sprintf("%d %s", slice.Missing, slice.Slice))
		}
	}
	if len(where) > 0 {
		text += " (" + strings.Join(where, ", ") + ")"
	}
	return text + ", such as " + strings.Join(s.Lost, ", ")
}

// slicesNamed is how many slices an error names; the receipt has them all.
const slicesNamed = 5

// SweepReceipt counts a search for what vanished without a word.
type SweepReceipt struct {
	Due      int `json:"due"`      // open subscriptions that were not seen for long, as many as could be asked for
	Asked    int `json:"asked"`    // of these, what the provider answered for
	Gone     int `json:"gone"`     // of these, what it does not know any more
	Requests int `json:"requests"` // sent for it
}

func (s *SourceReceipt) fail(err error) {
	s.Status = warehouse.Failed
	s.Error = err.Error()
}

// CustomerCount says how much was derived.
type CustomerCount struct {
	Derived int    `json:"derived"`
	Reason  string `json:"reason"` // "changed", or why all were: "first load", "policy changed", "rebuild"
}

// RowCount counts the rows that were derived in this run, before those carried
// forward from the load before.
type RowCount struct {
	Periods      int `json:"periods"`
	Movements    int `json:"movements"`
	InvoiceLines int `json:"invoice_lines"`
}

// Restated is a range of days on which an account's MRR reads otherwise than it
// was published.
type Restated struct {
	Account  string          `json:"account"`
	Currency string          `json:"currency"`
	From     string          `json:"from"` // first day
	To       string          `json:"to"`   // last day
	Before   decimal.Decimal `json:"before"`
	After    decimal.Decimal `json:"after"`
}

// listed is how many restatements a receipt names; it counts them all.
const listed = 100

// restate notes what of the past the load says otherwise.
func (r *Receipt) restate(d warehouse.Diff) {
	r.RestatedRanges = d.RestatedRanges
	for _, s := range d.Restatements[:min(len(d.Restatements), listed)] {
		r.Restated = append(r.Restated, Restated{s.AccountID, s.Currency, s.From.String(), (s.Until - 1).String(), s.Before, s.After})
	}
}
