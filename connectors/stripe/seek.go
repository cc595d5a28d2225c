package stripe

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	stripe "github.com/stripe/stripe-go/v76"
	"golang.org/x/sync/errgroup"

	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
	"mrrsync/connectors/spans"
)

// seek is one search for subscriptions that vanished: with a test clock, with
// the test data, or so long ago that the event is no longer kept. Where many of
// the known ones were made close together a list shows a hundred of them with
// one request; on that half of the requests are spent. The other half asks for
// single ones, so that every one has its turn, however thinly they are spread.
type seek struct {
	c       *connector
	cl      *client
	list    list
	left    int                            // requests that may still be sent
	missing map[string]connectors.Object   // known and not seen yet
	yield   func([]connectors.Object) bool // false: the consumer wants no more
}

// Sweeps names subscriptions. A list request shows a page of them.
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
		l, _ := listOf(kindSubscription)
		s := &seek{
			c: c, cl: cl, list: l, left: c.settings.SweepRequests, missing: map[string]connectors.Object{},
			yield: func(objects []connectors.Object) bool { return yield(objects, nil) },
		}
		for _, o := range known {
			c.clock.reach(o.Version)
			s.missing[o.ID] = o
		}
		if err = s.listed(ctx, known); err == nil {
			err = s.singly(ctx, known)
		}
		if err != nil && err != errStopped { //nolint:errorlint // our own, never wrapped
			yield(nil, fmt.Errorf("sweep subscriptions: %w", err))
		}
	}
}

// listed looks the known subscriptions up on the list of those that are not
// canceled, in stretches of creation times that hold a page of them.
func (s *seek) listed(ctx context.Context, known []connectors.Object) error {
	params := func(p stripe.ListParams, r *stripe.RangeQueryParams) any {
		return &stripe.SubscriptionListParams{ListParams: p, CreatedRange: r, Expand: s.list.expansions()}
	}
	created := make(map[string]int64, len(known))
	for _, o := range known {
		created[o.ID] = seconds(rawjson.Member(o.Payload, "created"))
	}
	known = slices.DeleteFunc(slices.Clone(known), func(o connectors.Object) bool { return created[o.ID] == 0 })
	slices.SortFunc(known, func(a, b connectors.Object) int {
		return cmp.Or(cmp.Compare(created[a.ID], created[b.ID]), cmp.Compare(a.ID, b.ID))
	})
	reserve := s.left / 2
	for some := range slices.Chunk(known, s.c.settings.PageSize) {
		at := spans.Span{From: created[some[0].ID], To: created[some[len(some)-1].ID] + 1}
		// Never more requests than asking for each would take.
		for range len(some) / bulkLeast {
			if s.left <= reserve {
				return nil
			}
			s.left--
			b, err := s.c.listPage(ctx, s.cl, s.list, at, params)
			if err != nil {
				return s.c.denied(s.list.permission, err)
			}
			for _, o := range b.Found {
				delete(s.missing, o.ID)
			}
			if !s.yield(b.Found) {
				return errStopped
			}
			if at = b.Rest; !b.More {
				break
			}
		}
	}
	return nil
}

// singly asks for the subscriptions that no list has shown, those not seen for
// longest first.
func (s *seek) singly(ctx context.Context, known []connectors.Object) error {
	left := slices.DeleteFunc(slices.Clone(known), func(o connectors.Object) bool { _, ok := s.missing[o.ID]; return !ok })
	for len(left) > 0 && s.left > 0 {
		some := left[:min(len(left), s.left, fetchPage)]
		left, s.left = left[len(some):], s.left-len(some)
		found, err := s.ask(ctx, s.list, some)
		if err != nil {
			return err
		}
		customers := connectors.Owners(found, kindCustomer, s.left)
		s.left -= len(customers)
		l, _ := listOf(kindCustomer)
		owners, err := s.ask(ctx, l, customers)
		if err != nil {
			return err
		}
		if !s.yield(append(found, owners...)) {
			return errStopped
		}
	}
	return nil
}

// ask asks for each of some objects. What is gone comes as deleted.
func (s *seek) ask(ctx context.Context, l list, some []connectors.Object) ([]connectors.Object, error) {
	found := make([]connectors.Object, len(some))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(s.c.settings.Concurrency)
	for i, o := range some {
		g.Go(func() error {
			now, ok, err := s.c.fetch(ctx, s.cl, l, o.ID)
			if err == nil && !ok {
				at := s.c.options.Now()
				now, err = connectors.Gone(o, s.c.clock.tick(at), at)
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
