package stripe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	stripe "github.com/stripe/stripe-go/v76"
	"golang.org/x/sync/errgroup"

	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
	"mrrsync/connectors/spans"
)

const (
	// bulkLeast is how many objects must be wanted for listing to be cheaper
	// than fetching.
	bulkLeast = 4
	// fetchPage is how many objects fetched one by one make a page.
	fetchPage = 100
	day       = 24 * 60 * 60
)

// refetch reads every object that changed in the window, with as few requests
// as it can. Most of what happens in a night happens to invoices made in it and
// to subscriptions renewed in it: a list request brings a hundred of those. The
// others are fetched one by one, in parallel.
func (f *feed) refetch(ctx context.Context) error {
	for t := range f.gone {
		delete(f.wanted, t)
	}
	recent := f.at.Upper - day
	if f.at.Through > 0 {
		recent = f.at.Through - day
	}
	for _, l := range lists() {
		if err := f.bulk(ctx, l, recent, func(w want) int64 { return w.created }, nil); err != nil {
			return err
		}
		if l.kind != kindSubscription {
			continue
		}
		renewed := func(p stripe.ListParams, r *stripe.RangeQueryParams) any {
			return &stripe.SubscriptionListParams{
				ListParams: p, CurrentPeriodStartRange: r, Expand: l.expansions(), Status: stripe.String("all"),
			}
		}
		if err := f.bulk(ctx, l, recent, func(w want) int64 { return w.renewed }, renewed); err != nil {
			return err
		}
	}
	return f.singles(ctx)
}

// bulk lists the objects of a kind that are wanted and lie, by the given time,
// since recent. Nil params list by creation.
func (f *feed) bulk(ctx context.Context, l list, recent int64, when func(want) int64, params func(stripe.ListParams, *stripe.RangeQueryParams) any) error {
	s, n := spans.Span{}, 0
	for t, w := range f.wanted {
		at := when(w)
		if t.kind != l.kind || at < recent {
			continue
		}
		if n == 0 || at < s.From {
			s.From = at
		}
		s.To = max(s.To, at+1)
		n++
	}
	if n < bulkLeast {
		return nil
	}
	// Never more requests than fetching would take, however much else the list
	// holds: what it does not bring is fetched.
	for range max(1, n/bulkLeast) {
		b, err := f.c.listPage(ctx, f.cl, l, s, params)
		if err != nil {
			return f.c.denied(l.permission, err)
		}
		for _, o := range b.Found {
			delete(f.wanted, target{o.Kind, o.ID})
		}
		if err := f.send(b.Found); err != nil {
			return err
		}
		if !b.More {
			break
		}
		s = b.Rest
	}
	return nil
}

// singles fetches what is still wanted.
func (f *feed) singles(ctx context.Context) error {
	var left []target
	for t := range f.wanted {
		left = append(left, t)
	}
	slices.SortFunc(left, func(a, b target) int { return strings.Compare(a.kind+a.id, b.kind+b.id) })
	for some := range slices.Chunk(left, fetchPage) {
		objects := make([]connectors.Object, len(some))
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(f.c.settings.Concurrency)
		for i, t := range some {
			g.Go(func() error {
				var err error
				objects[i], err = f.one(ctx, t)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		if err := f.send(slices.DeleteFunc(objects, func(o connectors.Object) bool { return o.ID == "" })); err != nil {
			return err
		}
	}
	return nil
}

// one fetches an object. One that is gone lands as deleted; of a catalogue
// object the last known version stays, since others may still refer to it.
func (f *feed) one(ctx context.Context, t target) (connectors.Object, error) {
	l, ok := listOf(t.kind)
	if !ok {
		return connectors.Object{}, nil
	}
	o, ok, err := f.c.fetch(ctx, f.cl, l, t.id)
	if err != nil {
		return o, fmt.Errorf("fetch %s %s, which an event says has changed: %w", t.kind, t.id, err)
	}
	if ok && !o.Deleted {
		if rawjson.Identity(rawjson.Member(o.Payload, "test_clock")) != "" {
			return connectors.Object{}, nil // as no list shows it either
		}
		return o, nil
	}
	if l.catalogue {
		return connectors.Object{}, nil
	}
	now := f.c.options.Now()
	return connectors.Gone(connectors.Object{Kind: t.kind, ID: t.id, CustomerID: f.wanted[t].customer}, f.c.clock.tick(now), now)
}
