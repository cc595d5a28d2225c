package spans

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"mrrsync/connectors"

	"pgregory.net/rapid"
)

// shelfOf is a list in memory: object i was created at times[i], newest last.
type shelfOf struct {
	times []int64
	asked atomic.Int64
}

func (l *shelfOf) fetch(page int) func(context.Context, Span) (Batch[[]connectors.Object], error) {
	return func(_ context.Context, s Span) (Batch[[]connectors.Object], error) {
		l.asked.Add(1)
		var b Batch[[]connectors.Object]
		started := s.After == ""
		for i := len(l.times) - 1; i >= 0; i-- {
			id := fmt.Sprint("o_", i)
			at := l.times[i]
			if at < s.From || at >= s.To {
				continue
			}
			if !started {
				started = id == s.After
				continue
			}
			if b.Count == page {
				b.More = true
				break
			}
			if b.Count == 0 {
				b.First = at
			}
			b.Count++
			b.Found = append(b.Found, connectors.Object{ID: id})
			b.Rest = Span{From: s.From, To: s.To, After: id, Last: at, Group: s.Group}
		}
		return b, nil
	}
}

// However objects are spread over time, every one is read exactly once, and from
// every cursor exactly the rest.
func TestEverythingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 400).Draw(t, "objects")
		var times []int64
		at := rapid.Int64Range(1, 1e9).Draw(t, "first")
		for range n {
			times = append(times, at)
			if rapid.Bool().Draw(t, "later") {
				at += rapid.Int64Range(0, 1<<rapid.IntRange(0, 20).Draw(t, "scale")).Draw(t, "gap")
			}
		}
		l := &shelfOf{times: times}
		page := rapid.IntRange(1, 10).Draw(t, "page")
		w := Reader[[]connectors.Object]{Workers: rapid.IntRange(1, 9).Draw(t, "workers"), Page: page, Fetch: l.fetch(page)}
		stop := rapid.IntRange(0, 100).Draw(t, "stop")
		seen := map[string]int{}
		spans := []Span{{To: at + 1}}
		pages := 0
		for p, err := range w.Read(t.Context(), spans) {
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range p.Found {
				seen[o.ID]++
			}
			spans = p.Remain
			if pages++; pages == stop {
				break
			}
		}
		for p, err := range w.Read(t.Context(), spans) {
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range p.Found {
				seen[o.ID]++
			}
			spans = p.Remain
		}
		if len(spans) != 0 && n > 0 {
			t.Fatalf("spans remain: %v", spans)
		}
		for i := range times {
			if k := seen[fmt.Sprint("o_", i)]; k != 1 {
				t.Fatalf("object %d was read %d times", i, k)
			}
		}
	})
}

// Slicing costs few requests: at most 10.5 for a thousand objects, and three.
func TestFrugal(t *testing.T) {
	for _, c := range []struct {
		name string
		at   func(i int) int64
		n    int
	}{
		{"steady", func(i int) int64 { return 1_700_000_000 + int64(i)*3000 }, 20_000},
		{"growing", func(i int) int64 { return 1_700_000_000 + int64(60_000_000*(1-1/(1+float64(i)/4000))) }, 20_000},
		{"monthly bursts", func(i int) int64 { return 1_700_000_000 + int64(i/1000)*2_592_000 + int64(i%1000) }, 24_000},
		{"a few", func(i int) int64 { return 1_700_000_000 + int64(i)*86_400 }, 150},
		{"all at once", func(int) int64 { return 1_700_000_000 }, 5_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &shelfOf{}
			for i := range c.n {
				l.times = append(l.times, c.at(i))
			}
			slices.Sort(l.times)
			w := Reader[[]connectors.Object]{Workers: 8, Page: 100, Fetch: l.fetch(100)}
			got := 0
			for p, err := range w.Read(t.Context(), []Span{{To: 1_900_000_000}}) {
				if err != nil {
					t.Fatal(err)
				}
				got += len(p.Found)
			}
			limit := int64(float64(c.n)/1000*10.5) + 3
			if got != c.n || l.asked.Load() > limit {
				t.Errorf("%d objects in %d requests, want %d in at most %d", got, l.asked.Load(), c.n, limit)
			}
		})
	}
}

var errBroken = errors.New("broken")

func TestFailure(t *testing.T) {
	w := Reader[[]connectors.Object]{Workers: 4, Page: 1, Fetch: func(_ context.Context, s Span) (Batch[[]connectors.Object], error) {
		if s.After == "3" {
			return Batch[[]connectors.Object]{}, errBroken
		}
		return Batch[[]connectors.Object]{Count: 1, More: true, Rest: Span{To: s.To, After: fmt.Sprint(len(s.After) + 1), Last: 5}}, nil
	}}
	var last error
	pages := 0
	for _, err := range w.Read(t.Context(), []Span{{To: 10}, {To: 20, After: "3"}}) {
		last = err
		if pages++; pages > 100 {
			t.Fatal("the sweep goes on after a failure")
		}
	}
	if last == nil {
		t.Error("the failure is lost")
	}
}
