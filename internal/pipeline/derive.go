package pipeline

import (
	"context"
	"iter"
	"runtime"

	"golang.org/x/sync/errgroup"

	"mrrsync/normalize"
	"mrrsync/warehouse"
)

// chunk is how many accounts a worker takes at a time: enough that handing over
// costs nothing, few enough that the chunks in flight stay small.
const chunk = 64

// account is what is stored of the customers of one account. Its name is empty
// where a single customer is to say it.
type account struct {
	name      string
	customers []warehouse.CustomerObjects
}

// derived is what follows from an account, and from whom.
type derived struct {
	of     []warehouse.CustomerKey
	result normalize.Result
}

// batchOfAccounts is one chunk on its way through the workers.
type batchOfAccounts[T any] struct {
	accounts []account
	derived  []T
	done     chan struct{}
}

// derive values accounts on all cores and adds what follows
// in the order in which the accounts came, so that two runs over the same
// evidence write the same rows in the same order. Memory is bounded by the
// chunks in flight.
func derive[T any](ctx context.Context, accounts iter.Seq2[account, error], value func(account) T, add func(T) error) error {
	workers := runtime.GOMAXPROCS(0)
	g, ctx := errgroup.WithContext(ctx)
	work := make(chan *batchOfAccounts[T], workers)
	ordered := make(chan *batchOfAccounts[T], 2*workers)
	send := func(b *batchOfAccounts[T]) error {
		for _, c := range []chan *batchOfAccounts[T]{ordered, work} {
			select {
			case c <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	g.Go(func() error {
		defer close(work)
		defer close(ordered)
		b := &batchOfAccounts[T]{done: make(chan struct{})}
		for a, err := range accounts {
			if err != nil {
				return err
			}
			if b.accounts = append(b.accounts, a); len(b.accounts) == chunk {
				if err := send(b); err != nil {
					return err
				}
				b = &batchOfAccounts[T]{done: make(chan struct{})}
			}
		}
		if len(b.accounts) == 0 {
			return nil
		}
		return send(b)
	})
	for range workers {
		g.Go(func() error {
			for b := range work {
				b.derived = make([]T, len(b.accounts))
				for i, a := range b.accounts {
					b.derived[i] = value(a)
				}
				b.accounts = nil
				close(b.done)
			}
			return nil
		})
	}
	g.Go(func() error {
		for b := range ordered {
			select {
			case <-b.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			for _, d := range b.derived {
				if err := add(d); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return g.Wait()
}

// value is the pure middle: raw objects to rows.
func (r *run) value(e *Evidence, a account) derived {
	facts, rejects := e.translate(a)
	d := derived{result: normalize.Derive(facts, r.o.Settings)}
	d.result.Rejects = append(rejects, d.result.Rejects...)
	for _, c := range a.customers {
		d.of = append(d.of, c.CustomerKey)
	}
	return d
}
