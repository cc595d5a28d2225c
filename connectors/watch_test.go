package connectors_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors"
)

func TestWatches(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC) }
	var objects []connectors.Object
	for i, w := range []connectors.Watch{{From: at(20), To: at(25)}, {From: at(1), To: at(5)}, {From: at(4), To: at(8)}, {From: at(8), To: at(9)}, {From: at(28), To: at(28)}} {
		o, err := w.Object(int64(i), at(30))
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, o)
	}
	objects = append(objects, connectors.Object{Kind: connectors.KindWatch, ID: "x", Payload: []byte(`[]`)})
	w := connectors.ReadWatches(connectors.NewCatalog(objects))
	if d := cmp.Diff(connectors.Watches{{From: at(1), To: at(9)}, {From: at(20), To: at(25)}}, w); d != "" {
		t.Fatalf("(-want +got):\n%s", d)
	}
	none := time.Time{}
	for _, c := range []struct {
		day        int
		grace      time.Duration
		begin, end time.Time
	}{
		{1, 0, at(1), at(9)},
		{8, 0, at(1), at(9)},
		{9, 0, at(1), at(9)},
		{10, 0, none, at(10)},
		{10, 48 * time.Hour, at(1), at(10)},
		{22, 0, at(20), at(25)},
		{28, 0, none, at(28)},
	} {
		if got := w.Begin(at(c.day), c.grace); !got.Equal(c.begin) {
			t.Errorf("watched on the %d since %s, want %s", c.day, got, c.begin)
		}
		if got := w.End(at(c.day)); c.day != 9 && !got.Equal(c.end) {
			t.Errorf("watched on the %d until %s, want %s", c.day, got, c.end)
		}
	}
	for _, c := range []struct {
		from, to int
		want     bool
	}{{1, 9, true}, {3, 8, true}, {8, 21, false}, {10, 12, false}, {19, 21, false}, {20, 26, false}} {
		if got := w.Whole(at(c.from), at(c.to)); got != c.want {
			t.Errorf("%d to %d watched: %v", c.from, c.to, got)
		}
	}
	if connectors.ReadWatches(nil) != nil {
		t.Error("no catalogue has watches")
	}
}
