package chargebee

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	chargebee "github.com/chargebee/chargebee-go/v3"
	eventAction "github.com/chargebee/chargebee-go/v3/actions/event"
	"github.com/chargebee/chargebee-go/v3/enum"
	"github.com/chargebee/chargebee-go/v3/filter"
	"github.com/chargebee/chargebee-go/v3/models/event"
	"golang.org/x/sync/errgroup"

	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
)

const (
	// feedReach is how far back events are asked for. Chargebee keeps them for
	// at least that long.
	feedReach = 90 * 24 * time.Hour
	// feedLookBack is read again on every pull: an event may appear late.
	feedLookBack = time.Hour
	// fetchPage is how many wanted objects are fetched at once.
	fetchPage = 100
)

// lifeTypes are the events that are evidence: each carries the whole
// subscription, or customer, as it was then.
func lifeTypes() []any {
	return []any{
		enum.EventTypeSubscriptionCreated, enum.EventTypeSubscriptionCreatedWithBackdating,
		enum.EventTypeSubscriptionStarted, enum.EventTypeSubscriptionTrialExtended,
		enum.EventTypeSubscriptionActivated, enum.EventTypeSubscriptionActivatedWithBackdating,
		enum.EventTypeSubscriptionChanged, enum.EventTypeSubscriptionChangedWithBackdating,
		enum.EventTypeSubscriptionChangesScheduled, enum.EventTypeSubscriptionScheduledChangesRemoved,
		enum.EventTypeSubscriptionCancellationScheduled, enum.EventTypeSubscriptionScheduledCancellationRemoved,
		enum.EventTypeSubscriptionCancelled, enum.EventTypeSubscriptionCanceledWithBackdating,
		enum.EventTypeSubscriptionReactivated, enum.EventTypeSubscriptionReactivatedWithBackdating,
		enum.EventTypeSubscriptionRenewed, enum.EventTypeSubscriptionItemsRenewed, enum.EventTypeSubscriptionDeleted,
		enum.EventTypeSubscriptionPaused, enum.EventTypeSubscriptionPauseScheduled, enum.EventTypeSubscriptionScheduledPauseRemoved,
		enum.EventTypeSubscriptionResumed, enum.EventTypeSubscriptionResumptionScheduled, enum.EventTypeSubscriptionScheduledResumptionRemoved,
		enum.EventTypeSubscriptionRampCreated, enum.EventTypeSubscriptionRampDeleted, enum.EventTypeSubscriptionRampApplied,
		enum.EventTypeSubscriptionRampDrafted, enum.EventTypeSubscriptionRampUpdated,
		enum.EventTypeSubscriptionMovedIn, enum.EventTypeSubscriptionMovedOut,
		enum.EventTypeCustomerChanged,
	}
}

// otherTypes are the events that tell of a change of what the other lists show.
func otherTypes() []any {
	return []any{
		enum.EventTypeCustomerCreated, enum.EventTypeCustomerDeleted,
		enum.EventTypeInvoiceGenerated, enum.EventTypeInvoiceGeneratedWithBackdating, enum.EventTypeInvoiceUpdated, enum.EventTypeInvoiceDeleted,
		enum.EventTypeCreditNoteCreated, enum.EventTypeCreditNoteCreatedWithBackdating, enum.EventTypeCreditNoteUpdated, enum.EventTypeCreditNoteDeleted,
		enum.EventTypeCouponCreated, enum.EventTypeCouponUpdated, enum.EventTypeCouponDeleted,
		enum.EventTypeItemCreated, enum.EventTypeItemUpdated, enum.EventTypeItemDeleted,
		enum.EventTypeItemPriceCreated, enum.EventTypeItemPriceUpdated, enum.EventTypeItemPriceDeleted,
		enum.EventTypePlanCreated, enum.EventTypePlanUpdated, enum.EventTypePlanDeleted,
		enum.EventTypeAddonCreated, enum.EventTypeAddonUpdated, enum.EventTypeAddonDeleted,
	}
}

// eventsIn asks for the events of some types that happened in the query's
// window.
func eventsIn(q query, types []any) chargebee.ListRequest {
	return eventAction.List(&event.ListRequestParams{
		Limit: q.limited(), Offset: q.offset, OccurredAt: q.updated(), EventType: &filter.EnumFilter{In: types},
		SortBy: ascending("occurred_at"),
	})
}

// occurrence is an event as far as pulling needs it.
type occurrence struct {
	ID         string
	Type       string
	APIVersion string
	OccurredAt rawjson.Stamp
	Content    row
}

// Place is where a member goes.
func (e *occurrence) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &e.ID
	case "event_type":
		return &e.Type
	case "api_version":
		return &e.APIVersion
	case "occurred_at":
		return &e.OccurredAt
	case "content":
		return &e.Content
	}
	return nil
}

// customer is whom the event is about; empty for the catalogue.
func (e occurrence) customer() string {
	var h head
	if rawjson.Decode(e.Content[kindSubscription], &h) == nil && h.CustomerID != "" {
		return h.CustomerID
	}
	h = head{}
	if rawjson.Decode(e.Content[kindCustomer], &h) == nil {
		return h.ID
	}
	return ""
}

// named are the objects that the event shows.
func (e occurrence) named() []wanted {
	var all []wanted
	for kind, raw := range e.Content {
		var h head
		if _, ok := listOf(kind); !ok || rawjson.Decode(raw, &h) != nil || h.ID == "" {
			continue
		}
		w := wanted{Kind: kind, ID: h.ID, Version: h.version(), Customer: h.CustomerID}
		if w.Customer == "" {
			w.Customer = e.customer()
		}
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b wanted) int { return cmp.Compare(a.Kind, b.Kind) })
	return all
}

// pullEvents reads the feed from the position to the present, keeps the events
// of subscriptions, and fetches what events name and no list has shown.
func (c *connector) pullEvents(ctx context.Context, cl *client, at position, out send) error {
	begin := c.options.Now().Unix()
	for {
		last := !at.Open
		if last {
			at.beginFeed(begin)
		}
		f := &feed{c: c, cl: cl, at: &at, types: append(lifeTypes(), otherTypes()...), since: at.Through - int64(lookBack.Seconds())}
		if at.Through == 0 {
			// The first reading follows a full listing, which needs no proof.
			f.types, f.since = lifeTypes(), at.Upper+1
		}
		if err := f.window(ctx, out); err != nil {
			return err
		}
		if last || at.Through >= begin {
			return nil
		}
	}
}

// beginFeed opens a window of the feed. Beyond the feed's reach a new watch
// begins: the lists bring what changed however long ago, but not what was in
// between.
func (p *position) beginFeed(now int64) {
	oldest := now - int64(feedReach.Seconds())
	p.Open, p.Offset, p.Upper = true, "", now
	if p.From = p.Through - int64(feedLookBack.Seconds()); p.Through == 0 || p.From < oldest {
		p.From = oldest
		p.Watch = max(p.Watch, oldest)
	}
	if p.Through == 0 || p.Through < oldest {
		p.Watch = oldest
	}
}

// feed is one reading of a window of events.
type feed struct {
	c     *connector
	cl    *client
	at    *position
	types []any
	since int64 // what events name from here on must be known to the lists: since their own overlap
}

func (f *feed) window(ctx context.Context, out send) error {
	for restarts := 0; f.at.Open; {
		now := f.c.options.Now()
		q := query{limit: f.c.settings.PageSize, offset: f.at.Offset, from: f.at.From, to: f.at.Upper}
		rows, next, err := ask(ctx, f.cl, eventsIn(q, f.types), q.offset)
		if isLostPlace(err) && f.at.Offset != "" && restarts < maxRestarts {
			restarts++
			f.at.Offset = ""
			continue
		}
		if err != nil {
			return err
		}
		objects, err := f.take(rows, now)
		if err != nil {
			return err
		}
		if next == "" || len(f.at.Wanted) >= fetchPage {
			fetched, err := f.fetch(ctx)
			if err != nil {
				return err
			}
			objects = append(objects, fetched...)
		}
		slice := f.at.slice(nil)
		if f.at.Offset = next; next == "" {
			watch, err := f.watch(now)
			if err != nil {
				return err
			}
			objects = append(objects, watch)
			f.at.end()
		}
		if err := out(connectors.Page{Objects: objects, Cursor: f.at.cursor(), Slice: slice}); err != nil {
			return err
		}
	}
	return nil
}

// take sorts a page's events: those of subscriptions land, and so do customers
// as they were then; all changes are held against the lists.
func (f *feed) take(rows []row, now time.Time) ([]connectors.Object, error) {
	var objects []connectors.Object
	shown := map[string]int64{} // customer -> version
	for i, r := range rows {
		var e occurrence
		raw := r[kindEvent]
		if err := rawjson.Decode(raw, &e); err != nil || e.ID == "" {
			return nil, fmt.Errorf("row %d of a page of events cannot be read: %w", i+1, err)
		}
		if strings.HasPrefix(e.Type, "subscription_") && e.Content[kindSubscription] != nil {
			payload, err := scrubEvent(raw, f.c.options.Privacy)
			if err != nil {
				return nil, fmt.Errorf("event %s: %w", e.ID, err)
			}
			objects = append(objects, connectors.Object{
				Kind: kindEvent, ID: e.ID, CustomerID: e.customer(), Version: int64(e.OccurredAt) * 1000,
				SeenAt: now.UTC(), Origin: connectors.Embedded, Payload: payload,
			})
		}
		o, ok, err := f.customer(e, now)
		if err != nil {
			return nil, err
		}
		if ok && shown[o.ID] != o.Version {
			shown[o.ID], objects = o.Version, append(objects, o)
		}
		if int64(e.OccurredAt) < f.since {
			continue
		}
		for _, w := range e.named() {
			f.want(w, int64(e.OccurredAt))
		}
	}
	return objects, nil
}

// customer is the customer that an event shows, if it shows all of it: most
// events do, and those before a change tell what it was.
func (f *feed) customer(e occurrence, now time.Time) (o connectors.Object, ok bool, err error) {
	raw := e.Content[kindCustomer]
	var h head
	read := raw != nil && rawjson.Decode(raw, &h) == nil
	if !read || !readable(e.APIVersion) || h.ID == "" || h.CreatedAt == 0 {
		return o, false, nil
	}
	l, _ := listOf(kindCustomer)
	o, _, err = f.c.object(l, row{kindCustomer: raw}, "event "+e.ID, connectors.Embedded, now)
	return o, err == nil, err
}

func (f *feed) want(w wanted, at int64) {
	if f.c.heard.knows(w, at) {
		return
	}
	for i, old := range f.at.Wanted {
		if old.Kind == w.Kind && old.ID == w.ID {
			f.at.Wanted[i].Version = max(old.Version, w.Version)
			return
		}
	}
	f.at.Wanted = append(f.at.Wanted, w)
}

// fetch reads what is wanted.
func (f *feed) fetch(ctx context.Context) ([]connectors.Object, error) {
	list := f.at.Wanted
	objects := make([]connectors.Object, len(list))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(f.c.settings.Concurrency)
	for i, w := range list {
		g.Go(func() error {
			var err error
			objects[i], err = f.one(ctx, w)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	f.at.Wanted = nil
	return slices.DeleteFunc(objects, func(o connectors.Object) bool { return o.ID == "" }), nil
}

// one fetches an object. One that is gone lands as deleted; of a catalogue
// object the last known version stays, since others may still refer to it.
func (f *feed) one(ctx context.Context, w wanted) (connectors.Object, error) {
	l, ok := listOf(w.Kind)
	if !ok {
		return connectors.Object{}, nil
	}
	o, ok, err := f.c.fetch(ctx, f.cl, l, w.ID)
	if err != nil {
		return o, fmt.Errorf("fetch %s %s, which an event says has changed: %w", w.Kind, w.ID, err)
	}
	now := f.c.options.Now()
	if !ok {
		if l.catalogue {
			return connectors.Object{}, nil
		}
		if o, err = connectors.Gone(connectors.Object{Kind: w.Kind, ID: w.ID}, max(w.Version, now.UnixMilli()), now); err != nil {
			return o, err
		}
	}
	if o.CustomerID == "" && !l.catalogue {
		o.CustomerID = w.Customer
	}
	f.c.heard.saw(o, false)
	return o, nil
}

func (f *feed) watch(now time.Time) (connectors.Object, error) {
	watch := connectors.Watch{From: time.Unix(f.at.Watch, 0).UTC(), To: time.Unix(f.at.Upper, 0).UTC()}
	return watch.Object(f.at.Upper*1000, now)
}
