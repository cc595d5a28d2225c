package warehouse

import (
	"context"
	"slices"
	"sync"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"mrrsync/connectors"
)

// shownRows is how many rows of listings are written at once: some ten batches
// of objects, in less than ten megabytes.
const shownRows = 50_000

// shown is what streams have listed in the run in progress and is not in the
// table listings yet. It may wait: each run proves its own listings, so that those
// of a run that was killed are of no use to anybody.
type shown struct {
	mu   sync.Mutex
	rows []showing
}

// showing is a row of listings.
type showing struct {
	run                                       uint64
	source, stream, customer, kind, id, slice string
}

// list notes what a stream listed.
func (w *Warehouse) list(ctx context.Context, run uint64, source string, stream connectors.Stream, pages []connectors.Page) error {
	s := &w.shown
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range pages {
		for i := range p.Objects {
			o := &p.Objects[i]
			s.rows = append(s.rows, showing{run, source, string(stream), o.CustomerID, o.Kind, o.ID, p.Slice})
		}
	}
	if len(s.rows) < shownRows {
		return nil
	}
	return w.writeShown(ctx)
}

// listed makes sure that all that was listed is in the table, for who reads it.
func (w *Warehouse) listed(ctx context.Context) error {
	w.shown.mu.Lock()
	defer w.shown.mu.Unlock()
	if len(w.shown.rows) == 0 {
		return nil
	}
	return w.writeShown(ctx)
}

// writeShown writes the rows. Those of a failed INSERT stay: written twice they
// count once.
func (w *Warehouse) writeShown(ctx context.Context) error {
	err := w.insert(ctx, "listings", []string{"run", "source", "stream", "customer_id", "kind", "id", "slice"}, func(b driver.Batch) error {
		for i := range w.shown.rows {
			r := &w.shown.rows[i]
			if err := b.Append(r.run, r.source, r.stream, r.customer, r.kind, r.id, r.slice); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		w.shown.rows = nil
	}
	return err
}

// forget drops what no run will prove any more.
func (s *shown) forget() {
	s.mu.Lock()
	s.rows = nil
	s.mu.Unlock()
}

// dropListings drops what runs before this one listed: each run proves its own.
func (w *Warehouse) dropListings(ctx context.Context, run uint64) error {
	all, err := w.partitions(ctx)
	if err != nil {
		return err
	}
	return w.dropPartitions(ctx, "listings", slices.DeleteFunc(all["listings"], func(p partition) bool { return p.owner >= run }))
}
