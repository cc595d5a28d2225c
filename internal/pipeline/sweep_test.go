package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"mrrsync/connectors"
	"mrrsync/warehouse"
)

// store is a shop from which customers vanish without a word.
type store struct {
	*shop
	vanished map[string]bool
	most     int
	asked    []string // customers, in the order in which they were asked for
	fail     error    // after the first answer
	now      func() int64
}

func (s *store) Sweeps() (string, int) { return "subscription", s.most }

func (s *store) Index() map[connectors.Stream]string {
	return map[connectors.Stream]string{"changes": "subscription"}
}

func (s *store) Pull(ctx context.Context, stream connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
	return func(yield func(connectors.Page, error) bool) {
		for p, err := range s.shop.Pull(ctx, stream, since) {
			p.Objects = slices.DeleteFunc(p.Objects, func(o connectors.Object) bool { return s.vanished[o.CustomerID] })
			if !yield(p, err) {
				return
			}
		}
	}
}

func (s *store) Sweep(_ context.Context, known []connectors.Object) iter.Seq2[[]connectors.Object, error] {
	return func(yield func([]connectors.Object, error) bool) {
		for _, o := range known {
			s.asked = append(s.asked, o.CustomerID)
			var c change
			_ = json.Unmarshal(o.Payload, &c)
			o.SeenAt = time.Unix(s.now(), 0).UTC()
			if s.vanished[o.CustomerID] {
				c.From, c.MRR = o.SeenAt.Format("2006-01-02"), "0"
				o.Version, o.Deleted = o.Version+1000, true
			}
			o.Payload, _ = json.Marshal(c)
			if !yield([]connectors.Object{o}, nil) {
				return
			}
			if s.fail != nil {
				yield(nil, s.fail)
				return
			}
		}
	}
}

func TestSweep(t *testing.T) {
	s := &store{shop: &shop{account: "a", changes: customers(6)}, vanished: map[string]bool{}, most: 4}
	b := newBench(t, nil)
	s.now = func() int64 { return b.now.Unix() }
	b.o.Sources = []Source{{Name: "main", Connector: s}}
	b.must(Done)(b.run())
	if len(s.asked) != 0 {
		t.Errorf("the first run asked for %v", s.asked)
	}
	s.vanished["c05"] = true
	// What was seen 1970 is due. Four fit a run, the others have their turn next.
	r := b.must(Done)(b.night())
	if got := strings.Join(s.asked, " "); got != "c00 c01 c02 c03" || *r.Sources[0].Sweep != (SweepReceipt{Due: 4, Asked: 4}) || len(r.Warnings) != 0 {
		t.Errorf("asked for %s: %+v, %v", got, r.Sources[0].Sweep, r.Warnings)
	}
	s.asked, s.fail = nil, errors.New("down")
	r = b.must(Done)(b.night())
	if got := strings.Join(s.asked, " "); got != "c04" || r.Sources[0].Sweep.Asked != 1 || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "down") {
		t.Errorf("a search that fails: asked for %s, %+v, %v", got, r.Sources[0].Sweep, r.Warnings)
	}
	s.asked, s.fail = nil, nil
	r = b.must(Done)(b.night())
	if got := strings.Join(s.asked, " "); got != "c05" || *r.Sources[0].Sweep != (SweepReceipt{Due: 1, Asked: 1, Gone: 1}) || len(r.Warnings) != 1 {
		t.Errorf("the vanished one: asked for %s, %+v, %v", got, r.Sources[0].Sweep, r.Warnings)
	}
	b.must(Done)(b.night())
	if got := b.days("2026-03-12", "2026-03-12"); !strings.Contains(got, "i_c05") {
		t.Errorf("what vanished is gone before anybody knew:\n%s", got)
	}
	if got := b.days("2026-03-13", "2026-03-13"); strings.Contains(got, "i_c05") || strings.Count(got, "\n") != 5 {
		t.Errorf("what vanished is there still:\n%s", got)
	}
	if !slices.ContainsFunc(r.Sources[0].Streams, func(c StreamReceipt) bool { return c.Stream == "sweep" && c.Listed == 1 }) {
		t.Errorf("the sweep is not proved complete: %+v", r.Sources[0].Streams)
	}
	s.asked = nil
	b.now = b.now.AddDate(0, 0, 4)
	b.must(Done)(b.night())
	if got := strings.Join(s.asked, " "); got != "c00 c01 c02 c03" {
		t.Errorf("a week later: asked for %s", got)
	}
}

// TestSweepRefused: when most of what is asked for is not there any more, it is
// the key that is to blame, until somebody says otherwise.
func TestSweepRefused(t *testing.T) {
	s := &store{shop: &shop{account: "a", changes: customers(50)}, vanished: map[string]bool{}, most: 100}
	b := newBench(t, nil)
	s.now = func() int64 { return b.now.Unix() }
	b.o.Sources = []Source{{Name: "main", Connector: s}}
	b.must(Done)(b.run())
	for i := range 20 {
		s.vanished[fmt.Sprintf("c%02d", i)] = true
	}
	for range 2 {
		r, err := b.night()
		if err == nil || !strings.Contains(r.Sources[0].Error, "of 50 open subscriptions that were asked for, 20 are not there any more") {
			t.Fatalf("not refused: %v, %+v", err, r.Sources[0])
		}
		b.now = b.now.AddDate(0, 0, 7)
	}
	r := b.must(Done)(b.night(func(o *Options) { o.Guards.AcceptChurn = true }))
	if r.Sources[0].Sweep.Gone != 20 {
		t.Errorf("%+v", r.Sources[0].Sweep)
	}
	b.must(Done)(b.night(func(o *Options) { o.Guards.AcceptChurn = true }))
	if got := strings.Count(b.days("2026-03-27", "2026-03-27"), "\n"); got != 30 {
		t.Errorf("%d subscriptions are left, want 30", got)
	}
}

// TestShrunk reads a full list that lacks a part of what is known.
func TestShrunk(t *testing.T) {
	s := &store{shop: &shop{account: "a", changes: customers(100)}, vanished: map[string]bool{}}
	b := newBench(t, nil)
	b.o.Sources = []Source{{Name: "main", Connector: s}}
	full := func(o *Options) { o.Full = true }
	b.must(Done)(b.run())
	hide := func(n int) {
		for i := range n {
			s.vanished[fmt.Sprintf("c%02d", i)] = true
		}
	}
	hide(19)
	if r := b.must(Done)(b.night(full)); len(r.Warnings) != 0 {
		t.Errorf("19 of 100: %v", r.Warnings)
	}
	hide(25)
	want := "stream changes: the full list brings 75 of the 100 changes that are known; missing are s_c00, s_c01, s_c02, s_c03, s_c04"
	if r := b.must(Done)(b.night(full)); len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], want) {
		t.Errorf("25 of 100: %v", r.Warnings)
	}
	hide(40)
	for _, o := range []func(*Options){full, func(*Options) {}} { // once refused, a run reads it again by itself
		if r, err := b.night(o); err == nil || !strings.Contains(r.Sources[0].Error, "stream changes: far fewer objects than are known: the full list brings 60 of the 100") {
			t.Errorf("40 of 100: %v, %+v", err, r.Sources[0])
		}
	}
	before := b.days("2026-03-10", "2026-03-10")
	b.must(Done)(b.night(func(o *Options) { o.Guards.AcceptChurn = true }))
	if got := b.days("2026-03-14", "2026-03-14"); strings.Count(got, "\n") != 100 || strings.Count(before, "\n") != 100 {
		t.Errorf("what a list does not show was taken for gone:\n%s", got)
	}
}

// TestLostIsNamed: the error says what is missing of which stream and slice.
func TestLostIsNamed(t *testing.T) {
	s := newStreamReceipt(warehouse.StreamCount{
		Stream: "invoices", Count: warehouse.Count{Listed: 10, Landed: 7, Missing: 3}, Lost: []string{"invoice/in_1", "invoice/in_2"},
		Slices: []warehouse.SliceCount{
			{Slice: "created 2026-01", Count: warehouse.Count{Listed: 4, Landed: 4}},
			{Slice: "created 2026-02", Count: warehouse.Count{Listed: 6, Landed: 3, Missing: 3}},
		},
	})
	if len(s.Slices) != 1 || s.Slices[0] != (SliceReceipt{"created 2026-02", 6, 3, 3}) {
		t.Errorf("slices %+v", s.Slices)
	}
	if got, want := s.missing(), "invoices 3 (3 created 2026-02), such as invoice/in_1, invoice/in_2"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
