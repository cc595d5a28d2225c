package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"mrrsync/connectors"
	"mrrsync/warehouse"
)

// TestIncomplete loses an object between its landing and the proof: the source
// fails, keeps its seal, and nothing of the night is believed.
func TestIncomplete(t *testing.T) {
	s := &store{shop: &shop{account: "a", changes: customers(6)}, vanished: map[string]bool{}, most: 4}
	b := newBench(t, nil)
	b.o.Sources = []Source{{Name: "main", Connector: s}}
	b.must(Done)(b.run())
	seals, err := b.w.Seals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.changes = append(s.changes, change{Customer: "c06", From: "2026-03-10", MRR: "100"})
	lose := func() int64 { // what a sweep asks is between the two
		if err := b.w.Conn().Exec(t.Context(), "ALTER TABLE mrr_store.raw_objects DELETE WHERE customer_id = 'c06' SETTINGS mutations_sync = 1"); err != nil {
			t.Error(err)
		}
		return b.now.Unix()
	}
	s.now = lose
	r, err := b.night()
	if err == nil || r.Sources[0].Missing != 1 || !strings.Contains(r.Sources[0].Error, "s_c06") {
		t.Errorf("an object was lost: %v, %+v", err, r.Sources[0])
	}
	after, err := b.w.Seals(t.Context())
	if err != nil || after["main"] != seals["main"] {
		t.Errorf("sealed as %+v, want %+v, %v", after["main"], seals["main"], err)
	}
	s.now = func() int64 { return b.now.Unix() }
	b.must(Done)(b.run(func(o *Options) { o.Full = true }))
	if got := b.days("2026-03-10", "2026-03-10"); !strings.Contains(got, "i_c06") {
		t.Errorf("listed again it is not there:\n%s", got)
	}
}

// unstorable yields a page that the warehouse refuses to store.
type unstorable struct{ *shop }

func (s unstorable) Pull(ctx context.Context, stream connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
	return func(yield func(connectors.Page, error) bool) {
		for p, err := range s.shop.Pull(ctx, stream, since) {
			for i := range p.Objects {
				p.Objects[i].Origin = 0
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

// TestCursorComesLast: what did not land is asked for again.
func TestCursorComesLast(t *testing.T) {
	s := &shop{account: "a", changes: customers(3)}
	b := newBench(t, nil)
	b.o.Sources = []Source{{Name: "main", Connector: unstorable{s}}}
	if _, err := b.run(); err == nil {
		t.Fatal("what cannot be stored passed")
	}
	cursors, err := b.w.Cursors(t.Context(), "main")
	if err != nil || cursors["changes"] != "" {
		t.Errorf("the next run would go on from %q, %v", cursors["changes"], err)
	}
	b.o.Sources[0].Connector = s
	if r := b.must(Done)(b.run()); r.Sources[0].New != 3 {
		t.Errorf("%d landed, want 3", r.Sources[0].New)
	}
}

// TestCoveredSinceItBegan: what happens while a source is read may be missed, so
// that it is covered until the reading began.
func TestCoveredSinceItBegan(t *testing.T) {
	s := &shop{account: "a", changes: customers(3)}
	b := newBench(t, map[string]*shop{"main": s}, "main")
	began := b.now
	s.fail = func(int) error {
		b.now = b.now.Add(time.Hour)
		return nil
	}
	b.must(Done)(b.run())
	seals, err := b.w.Seals(t.Context())
	if err != nil || !seals["main"].CoveredUntil.Equal(began) {
		t.Errorf("covered until %s, want %s: %v", seals["main"].CoveredUntil, began, err)
	}
}

// forgetful is a shop whose customers' accounts tell who they are.
type forgetful struct{ *shop }

func (s forgetful) Erase(o connectors.Object, _ []string) (payload []byte, personal []string) {
	var c change
	if err := json.Unmarshal(o.Payload, &c); err != nil {
		return []byte(`"erased"`), nil
	}
	told := c.Account
	c.Account = ""
	payload, _ = json.Marshal(c)
	return payload, []string{told}
}

// TestErasedStaysErased: what the provider sends again of an erased customer is
// stripped before it lands.
func TestErasedStaysErased(t *testing.T) {
	const person = "Ada Lovelace"
	s := &shop{account: "a", changes: []change{{Customer: "c1", From: "2026-02-01", MRR: "100", Account: person}, {Customer: "c2", From: "2026-02-01", MRR: "100", Account: "Eve"}}}
	b := newBench(t, nil)
	b.o.Sources = []Source{{Name: "main", Connector: forgetful{s}}}
	b.must(Done)(b.run())
	traces := func() string {
		t.Helper()
		var out strings.Builder
		if err := b.w.Format(t.Context(), &out, "SELECT countIf(position(payload, '"+person+"') > 0), countIf(position(payload, 'Eve') > 0), count() FROM mrr_store.raw_objects", "TabSeparated"); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if got := traces(); got != "1\t1\t2\n" {
		t.Fatalf("traces before: %s", got)
	}
	run, err := b.w.StartRun(t.Context(), warehouse.Run{Verb: "erase"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Erase(t.Context(), b.w, run.ID, b.o.Sources, warehouse.Erasure{CustomerKey: warehouse.CustomerKey{Source: "main", CustomerID: "c1"}, At: b.now, Who: "dpo"})
	run.Status = warehouse.Done
	if err := errors.Join(err, b.w.FinishRun(t.Context(), run)); err != nil {
		t.Fatal(err)
	}
	s.changes = append(s.changes, change{Customer: "c1", From: "2026-03-10", MRR: "120", Account: person}, change{Customer: "c2", From: "2026-03-10", MRR: "120", Account: "Eve"})
	b.must(Done)(b.night())
	if got := traces(); got != "0\t2\t4\n" {
		t.Errorf("traces after: %s", got)
	}
	if got := b.days("2026-03-10", "2026-03-10"); !strings.Contains(got, "i_c1\t120") {
		t.Errorf("amounts went with the person:\n%s", got)
	}
}
