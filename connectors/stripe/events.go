package stripe

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	stripe "github.com/stripe/stripe-go/v76"

	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
	"mrrsync/connectors/spans"
)

const (
	// feedReach is how far back Stripe keeps events.
	feedReach = 30 * 24 * time.Hour
	// feedGap is how old a cursor may be: with a day to spare, so that a long
	// pull does not lose the oldest events while it runs.
	feedGap = 29 * 24 * time.Hour
	// lookBack is read again on every pull: the feed is eventually consistent
	// and an event may appear behind others that are newer.
	lookBack = time.Hour
	// listMargin is how much older than a listing's beginning an event must be
	// for the listing to have shown its effect.
	listMargin = 5 * time.Minute
	// maxSeen bounds the events that a cursor remembers of its look-back. What
	// it forgets is fetched once more.
	maxSeen = 2000
	// maxWanted bounds the objects to be fetched that a cursor carries. With
	// more of them the cursor stays where it is until they are fetched.
	maxWanted = 500
)

// eventTypes are the events that tell of a change, in groups of at most twenty,
// which is what one request may name. Those that are evidence are in the first.
func eventTypes() [][]string {
	return [][]string{
		{
			"customer.created", "customer.updated", "customer.deleted",
			"customer.discount.created", "customer.discount.updated", "customer.discount.deleted",
			"customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
			"customer.subscription.paused", "customer.subscription.resumed",
			"customer.subscription.pending_update_applied", "customer.subscription.pending_update_expired",
			"subscription_schedule.created", "subscription_schedule.updated", "subscription_schedule.canceled",
			"subscription_schedule.released", "subscription_schedule.completed", "subscription_schedule.aborted",
		},
		{
			"invoice.created", "invoice.updated", "invoice.deleted", "invoice.finalized", "invoice.paid",
			"invoice.payment_failed", "invoice.marked_uncollectible", "invoice.voided",
			"invoiceitem.created", "invoiceitem.updated", "invoiceitem.deleted",
			"credit_note.created", "credit_note.updated", "credit_note.voided",
			"price.created", "price.updated", "coupon.created", "coupon.updated",
			"product.created", "product.updated",
		},
		{"tax_rate.created", "tax_rate.updated"},
	}
}

// occurrence is an event as far as pulling needs it.
type occurrence struct {
	found               // of the event itself
	typ          string // for instance "invoice.paid"
	object       found  // what it happened to
	renewed      int64  // a subscription's current_period_start
	subscription string // of a discount
	simulated    bool   // it runs on a test clock
	tells        bool   // previous_attributes speak of a customer's discount, metadata or fields
}

func inspectEvent(f found) (occurrence, error) {
	e := occurrence{found: f}
	e.typ = rawjson.Text(rawjson.Member(f.raw, "type"))
	data := rawjson.Member(f.raw, "data")
	raw := rawjson.Member(data, "object")
	if e.typ == "" || raw == nil {
		return e, fmt.Errorf("event %s: %w: no type or no object", f.id, rawjson.ErrMalformed)
	}
	e.object.raw = raw
	err := rawjson.Members(raw, func(key, value []byte, _ int) bool {
		switch string(key) {
		case "id":
			e.object.id = rawjson.Text(value)
		case "object":
			e.object.kind = rawjson.Text(value)
		case "customer":
			e.object.customer = rawjson.Identity(value)
		case "subscription":
			e.subscription = rawjson.Identity(value)
		case "created":
			e.object.created = seconds(value)
		case "current_period_start":
			e.renewed = seconds(value)
		case "test_clock":
			e.simulated = rawjson.Identity(value) != ""
		}
		return true
	})
	if err != nil {
		return e, fmt.Errorf("event %s: %w", f.id, err)
	}
	if e.object.kind == kindCustomer {
		e.object.customer = e.object.id
	}
	e.tells = touches(rawjson.Member(data, "previous_attributes"), append([]string{"discount"}, profileMembers...)...)
	return e, nil
}

// evidence says that the event itself is worth keeping: it shows terms that may
// never be seen again.
func (e occurrence) evidence() bool {
	return strings.HasPrefix(e.typ, "customer.subscription.") || strings.HasPrefix(e.typ, "customer.discount.") ||
		e.typ == "customer.updated" && e.tells
}

// target is an object to be fetched.
type target struct{ kind, id string }

// want is what is known of a target before it is fetched.
type want struct {
	customer         string
	created, renewed int64 // 0: unknown
}

// target is what the event says has changed.
func (e occurrence) target() (target, want) {
	w := want{customer: e.object.customer}
	if e.object.kind == kindDiscount {
		if e.subscription != "" {
			return target{kindSubscription, e.subscription}, w
		}
		return target{kindCustomer, e.object.customer}, w
	}
	w.created, w.renewed = e.object.created, e.renewed
	return target{e.object.kind, e.object.id}, w
}

// feed is one reading of a window of events: first the events, newest first and
// in parallel, then each object that they say has changed, once.
type feed struct {
	c     *connector
	cl    *client
	yield func(connectors.Page) bool

	at     position        // durable once the page it goes with is
	seen   map[string]bool // dealt with by an earlier pull
	recent []string        // events that the next pull meets again
	wanted map[target]want
	gone   map[target]bool // deleted, as an event says
}

// pullEvents reads the feed from the position to the present.
func (c *connector) pullEvents(ctx context.Context, at position, yield func(connectors.Page) bool) error {
	now := c.options.Now()
	if at.Through > 0 && now.Sub(time.Unix(at.Through, 0)) > feedGap {
		return fmt.Errorf("events are kept for 30 days, the last pull was at %s: %w",
			time.Unix(at.Through, 0).UTC().Format(time.RFC3339), connectors.ErrGap)
	}
	cl, err := c.client()
	if err != nil {
		return err
	}
	oldest := now.Add(-feedReach).Unix()
	if len(at.Spans) > 0 || len(at.Wanted) > 0 {
		// A window that an earlier run left half read comes first. When it is
		// the very first and events have gone meanwhile, the watch begins later.
		if at.Through == 0 {
			at.Watch = max(at.Watch, oldest)
		}
		if at, err = c.readWindow(ctx, cl, at, yield); err != nil || at.Upper > now.Unix() {
			return err
		}
	}
	from := oldest
	if at.Through > 0 {
		from = at.Through - int64(lookBack/time.Second)
	} else {
		at.Watch = from
	}
	at.Began, at.Upper = now.Unix(), now.Unix()+1
	for group := range eventTypes() {
		s := spans.Span{From: from, To: at.Upper, Group: group}
		if at.Through == 0 && group > 0 {
			// No evidence, and what changed before a listing began it has shown.
			s.From = max(from, c.listedSince()-int64(listMargin/time.Second))
		}
		at.Spans = append(at.Spans, s)
	}
	_, err = c.readWindow(ctx, cl, at, yield)
	return err
}

// listedSince is when the first of the listings read in this process began, in
// seconds; 0 where a list was not read.
func (c *connector) listedSince() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.listed) < len(lists()) {
		return 0
	}
	return slices.Min(slices.Collect(maps.Values(c.listed)))
}

// readWindow reads the position's spans and what changed in them. The position
// it returns is the window's end.
func (c *connector) readWindow(ctx context.Context, cl *client, at position, yield func(connectors.Page) bool) (position, error) {
	f := &feed{
		c: c, cl: cl, yield: yield, at: at,
		seen: map[string]bool{}, wanted: map[target]want{}, gone: map[target]bool{},
	}
	for _, id := range at.Seen {
		f.seen[id] = true
	}
	for _, w := range at.Wanted {
		f.wanted[target{w.Kind, w.ID}] = want{customer: w.Customer}
	}
	if err := f.events(ctx); err != nil {
		return at, err
	}
	if err := f.refetch(ctx); err != nil {
		return at, err
	}
	return f.at, f.finish()
}

// send yields objects under the cursor that is durable with them.
func (f *feed) send(objects []connectors.Object) error {
	f.at.Clock = f.c.clock.now()
	if !f.yield(connectors.Page{Objects: objects, Cursor: f.at.cursor(), Slice: "until " + time.Unix(f.at.Upper, 0).UTC().Format(time.DateOnly)}) {
		return errStopped
	}
	return nil
}

// events reads the window's events, yields those that are evidence, and notes
// what is to be fetched.
func (f *feed) events(ctx context.Context) error {
	list := spans.Reader[[]found]{Workers: f.c.settings.Concurrency, Page: f.c.settings.PageSize, Fetch: f.page}
	for p, err := range list.Read(ctx, f.at.Spans) {
		if err != nil {
			return f.c.denied("Events: Read", err)
		}
		objects, err := f.take(p.Found)
		if err != nil {
			return err
		}
		f.advance(p.Remain)
		if err := f.send(objects); err != nil {
			return err
		}
	}
	return nil
}

// page is one page of events.
func (f *feed) page(ctx context.Context, s spans.Span) (spans.Batch[[]found], error) {
	params := func(p stripe.ListParams, r *stripe.RangeQueryParams) any {
		return &stripe.EventListParams{ListParams: p, CreatedRange: r, Types: pointers(eventTypes()[s.Group]...)}
	}
	return f.c.turn(ctx, f.cl, "/v1/events", s, params)
}

// take sorts a page's events: evidence lands, changes are noted.
func (f *feed) take(events []found) ([]connectors.Object, error) {
	now := f.c.options.Now()
	var objects []connectors.Object
	for _, raw := range events {
		if raw.created >= f.at.Upper-int64(lookBack/time.Second) && len(f.recent) <= maxSeen {
			f.recent = append(f.recent, raw.id)
		}
		if f.seen[raw.id] {
			continue
		}
		e, err := inspectEvent(raw)
		if err != nil {
			return nil, err
		}
		if e.simulated {
			continue // no list shows it: a night must not know more than a first run
		}
		if e.evidence() {
			o, err := f.land(e.raw, e.object.kind, now)
			if err != nil {
				return nil, fmt.Errorf("event %s: %w", e.id, err)
			}
			o.Kind, o.ID, o.CustomerID, o.Version = kindEvent, e.id, e.object.customer, e.created*1e6
			objects = append(objects, o)
		}
		t, w := e.target()
		if e.deletes() {
			o, err := f.land(e.object.raw, e.object.kind, now)
			if err != nil {
				return nil, fmt.Errorf("event %s: %w", e.id, err)
			}
			o.Kind, o.ID, o.CustomerID, o.Version, o.Deleted = t.kind, t.id, w.customer, e.created*1e6, true
			objects = append(objects, o)
			f.gone[t] = true
		} else if old, noted := f.wanted[t]; f.stale(e, t) && (!noted || old.created == 0) {
			f.wanted[t] = w
		}
	}
	return objects, nil
}

// land is what an event carries, without personal fields.
func (f *feed) land(raw []byte, kind string, now time.Time) (connectors.Object, error) {
	payload, err := scrub(raw, kind, f.c.options.Privacy)
	return connectors.Object{SeenAt: now.UTC(), Origin: connectors.Embedded, Payload: payload}, err
}

// deletes says that the event's object is gone. Deleted catalogue objects stay:
// what refers to them goes on with the terms it had.
func (e occurrence) deletes() bool {
	return e.typ == "customer.deleted" || e.typ == "invoice.deleted" || e.typ == "invoiceitem.deleted"
}

// stale says that what we hold of the target may be older than the event: it is
// unless a listing that began well after the event has shown it.
func (f *feed) stale(e occurrence, t target) bool {
	if _, known := listOf(t.kind); !known || t.id == "" {
		return false
	}
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	began, listed := f.c.listed[t.kind]
	return !listed || e.created >= began-int64(listMargin/time.Second)
}

// advance moves the cursor to what remains, if it can carry what is to be
// fetched.
func (f *feed) advance(remain []spans.Span) {
	if len(f.wanted) > maxWanted {
		return
	}
	f.at.Spans = remain
	f.at.Wanted = f.at.Wanted[:0:0]
	for t, w := range f.wanted {
		f.at.Wanted = append(f.at.Wanted, wantedObject{t.kind, t.id, w.customer})
	}
	slices.SortFunc(f.at.Wanted, func(a, b wantedObject) int { return strings.Compare(a.Kind+a.ID, b.Kind+b.ID) })
}

// finish yields the window's last page: the watch, under the cursor from which
// the next pull goes on.
func (f *feed) finish() error {
	f.at.Spans, f.at.Wanted, f.at.Seen = nil, nil, nil
	f.at.Through = f.at.Upper
	if len(f.recent) <= maxSeen {
		slices.Sort(f.recent)
		f.at.Seen = f.recent
	}
	now := f.c.options.Now()
	watch := connectors.Watch{From: time.Unix(f.at.Watch, 0).UTC(), To: time.Unix(f.at.Through, 0).UTC()}
	o, err := watch.Object(f.c.clock.tick(now), now)
	if err != nil {
		return err
	}
	return f.send([]connectors.Object{o})
}

func seconds(raw []byte) int64 {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
