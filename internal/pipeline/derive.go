package pipeline

import (
	"context"
	"iter"
	"runtime"

	"golang.org/x/sync/errgroup"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/normalize"
	"mrrsync/warehouse"
)

// chunk is how many customers a worker takes at a time: enough that handing
// over costs nothing, few enough that the chunks in flight stay small.
const chunk = 64

// derivation is one chunk on its way through the workers. Results are handed
// to the load in the order in which the customers were read, so that two runs
// over the same evidence write the same rows in the same order.
type derivation struct {
	customers []warehouse.CustomerObjects
	keys      []warehouse.CustomerKey
	results   []normalize.Result
	done      chan struct{}
}

// derive translates and values the customers of one source on all cores and
// adds the results to the load. Memory is bounded by the chunks in flight.
func (r *run) derive(ctx context.Context, s Source, customers iter.Seq2[warehouse.CustomerObjects, error], catalog *connectors.Catalog, add func(warehouse.CustomerKey, normalize.Result) error) error {
	workers := runtime.GOMAXPROCS(0)
	g, ctx := errgroup.WithContext(ctx)
	work := make(chan *derivation, workers)
	ordered := make(chan *derivation, 2*workers)
	send := func(d *derivation) error {
		for _, c := range []chan *derivation{ordered, work} {
			select {
			case c <- d:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	g.Go(func() error {
		defer close(work)
		defer close(ordered)
		d := &derivation{done: make(chan struct{})}
		for c, err := range customers {
			if err != nil {
				return err
			}
			if d.customers = append(d.customers, c); len(d.customers) == chunk {
				if err := send(d); err != nil {
					return err
				}
				d = &derivation{done: make(chan struct{})}
			}
		}
		if len(d.customers) == 0 {
			return nil
		}
		return send(d)
	})
	for range workers {
		g.Go(func() error {
			for d := range work {
				d.results = make([]normalize.Result, len(d.customers))
				d.keys = make([]warehouse.CustomerKey, len(d.customers))
				for i, c := range d.customers {
					d.keys[i], d.results[i] = c.CustomerKey, r.deriveCustomer(s, c, catalog)
				}
				d.customers = nil
				close(d.done)
			}
			return nil
		})
	}
	g.Go(func() error {
		for d := range ordered {
			select {
			case <-d.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			for i, result := range d.results {
				if err := add(d.keys[i], result); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return g.Wait()
}

// deriveCustomer is the pure middle: raw objects to rows.
func (r *run) deriveCustomer(s Source, c warehouse.CustomerObjects, catalog *connectors.Catalog) normalize.Result {
	record, rejects := s.Connector.Translate(c.Objects, catalog)
	record.Source = s.Name
	if record.Customer.ID == "" {
		record.Customer.ID = c.CustomerID
	}
	for i := range rejects {
		rejects[i].Source = s.Name
		if rejects[i].CustomerID == "" {
			rejects[i].CustomerID = c.CustomerID
		}
	}
	account := normalize.Account{
		ID:      s.Name + "/" + c.CustomerID,
		Records: []billing.Record{record},
	}
	result := normalize.Derive(account, r.o.Settings)
	result.Rejects = append(rejects, result.Rejects...)
	return result
}
