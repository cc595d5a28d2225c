package chargebee

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"golang.org/x/sync/errgroup"

	"mrrsync/connectors"
)

// seek is one search for subscriptions whose rows were taken out of the site:
// soft deletes stay on the list, but cleared test data and erased customers do
// not. A request names a page of them; those that it does not bring are asked
// for singly.
type seek struct {
	c    *connector
	cl   *client
	left int // requests that may still be sent
}

// Sweeps names subscriptions. A list request names a page of them.
func (c *connector) Sweeps() (kind string, most int) {
	return kindSubscription, c.settings.SweepRequests * c.settings.PageSize
}

// Sweep asks for known subscriptions, and for the customers of those that are
// gone.
func (c *connector) Sweep(ctx context.Context, known []connectors.Object) iter.Seq2[[]connectors.Object, error] {
	return func(yield func([]connectors.Object, error) bool) {
		cl, err := c.client()
		if err != nil {
			yield(nil, err)
			return
		}
		s := &seek{c, cl, c.settings.SweepRequests}
		for some := range slices.Chunk(known, c.settings.PageSize) {
			found, err := s.page(ctx, some)
			if err != nil {
				yield(nil, fmt.Errorf("sweep subscriptions: %w", err))
				return
			}
			if !yield(found, nil) || s.left <= 0 {
				return
			}
		}
	}
}

// page asks for as many subscriptions as fit a page.
func (s *seek) page(ctx context.Context, some []connectors.Object) ([]connectors.Object, error) {
	l, _ := listOf(kindSubscription)
	missing := map[string]bool{}
	var ids []string
	for _, o := range some {
		missing[o.ID] = true
		ids = append(ids, o.ID)
	}
	var found []connectors.Object
	q := query{limit: s.c.settings.PageSize}
	for more := true; more && s.left > 0; more = q.offset != "" {
		s.left--
		rows, next, err := ask(ctx, s.cl, subscriptionsNamed(q, ids), q.offset)
		if err != nil {
			return nil, err
		}
		objects, _, err := s.c.objects(l, rows, s.c.options.Now())
		if err != nil {
			return nil, err
		}
		for _, o := range objects {
			if missing[o.ID] {
				delete(missing, o.ID)
				found = append(found, o)
			}
		}
		q.offset = next
	}
	rest := slices.DeleteFunc(slices.Clone(some), func(o connectors.Object) bool { return !missing[o.ID] })
	rest = rest[:min(len(rest), s.left)]
	s.left -= len(rest)
	singles, err := s.singly(ctx, l, rest)
	if err != nil {
		return nil, err
	}
	customers := connectors.Owners(singles, kindCustomer, s.left)
	s.left -= len(customers)
	l, _ = listOf(kindCustomer)
	owners, err := s.singly(ctx, l, customers)
	return slices.Concat(found, singles, owners), err
}

// singly asks for each of some objects. What is gone comes as deleted.
func (s *seek) singly(ctx context.Context, l list, some []connectors.Object) ([]connectors.Object, error) {
	found := make([]connectors.Object, len(some))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(s.c.settings.Concurrency)
	for i, o := range some {
		g.Go(func() error {
			now, ok, err := s.c.fetch(ctx, s.cl, l, o.ID)
			if err == nil && !ok {
				at := s.c.options.Now()
				now, err = connectors.Gone(o, max(o.Version+1, at.UnixMilli()), at)
			}
			if err != nil {
				return fmt.Errorf("ask for %s %s: %w", o.Kind, o.ID, err)
			}
			found[i] = now
			return nil
		})
	}
	return found, g.Wait()
}
