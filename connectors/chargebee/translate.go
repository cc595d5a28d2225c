package chargebee

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/connectors/rawjson"
)

// readable says whether an event's object is in a shape that this code reads: a
// site may render its events in the API's first version.
func readable(apiVersion string) bool { return apiVersion == "" || apiVersion == "v2" }

// Translate turns the stored versions of one customer's objects into facts.
func (c *connector) Translate(customer []connectors.Object, objects *connectors.Catalog) (billing.Record, []connectors.Reject) {
	t := &translation{rejects: connectors.Rejects{Source: c.options.Source}, reader: reader{catalog: catalog{objects}, rates: rates{}}}
	t.read(customer)
	t.record.Source = c.options.Source
	t.readRates()
	t.readPlans()
	t.watches = connectors.ReadWatches(objects)
	t.customer()
	t.subscriptions()
	t.readDocuments()
	return t.record, t.rejects.List()
}

// translation is one customer on the way from objects to facts.
type translation struct {
	reader
	watches connectors.Watches
	record  billing.Record
	rejects connectors.Rejects

	who       string
	customers []seen[wireCustomer]
	subs      map[string]*history
	ramps     []seen[wireRamp]
	invoices  []seen[wireDocument]
	notes     []seen[wireDocument]
	plans     map[string][]planLine // by subscription
}

// seen is a decoded version of an object.
type seen[T any] struct {
	connectors.Object
	wire *T
}

// reject tells of a part that cannot be read, and why.
func (t *translation) reject(o connectors.Object, u *connectors.Unreadable) { t.rejects.Add(o, u) }

// history finds a subscription's history.
func (t *translation) history(id string) *history {
	h := t.subs[id]
	if h == nil {
		h = &history{id: id}
		t.subs[id] = h
	}
	return h
}

// read decodes every version. Objects come in any order.
func (t *translation) read(objects []connectors.Object) {
	objects = slices.Clone(objects)
	slices.SortFunc(objects, func(a, b connectors.Object) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version),
			a.SeenAt.Compare(b.SeenAt), cmp.Compare(a.Origin, b.Origin), slices.Compare(a.Payload, b.Payload))
	})
	t.subs = map[string]*history{}
	for i, o := range objects {
		t.who = cmp.Or(t.who, o.CustomerID)
		last := i+1 == len(objects) || objects[i+1].Kind != o.Kind || objects[i+1].ID != o.ID
		switch o.Kind {
		case kindSubscription:
			t.readSubscription(o)
		case kindEvent:
			if v, ok := grow[wireEvent](t, o); ok {
				t.readEvent(v)
			}
		case kindCustomer:
			if v, ok := grow[wireCustomer](t, o); ok {
				t.customers = append(t.customers, v)
			}
		case kindRamp:
			t.ramps = newestOf(t, t.ramps, o, last, (*wireRamp).understood)
		case kindInvoice:
			t.invoices = newestOf(t, t.invoices, o, last, (*wireDocument).understood)
		case kindCreditNote:
			t.notes = newestOf(t, t.notes, o, last, (*wireDocument).understood)
		}
	}
	for _, v := range t.ramps {
		h := t.history(v.wire.SubscriptionID)
		h.ramps = append(h.ramps, v)
	}
	for _, h := range t.subs {
		h.findLast()
	}
}

// newestOf keeps of what has no history in itself the newest version that is
// understood, and rejects the newest where it is not. What is gone is left out.
func newestOf[T any, P rawjson.Shaped[T]](t *translation, list []seen[T], o connectors.Object, last bool, understood func(P, connectors.Object) *connectors.Unreadable) []seen[T] {
	n := len(list)
	known := n > 0 && list[n-1].ID == o.ID
	if o.Deleted {
		if known {
			return list[:n-1]
		}
		return list
	}
	wire, err := rawjson.DecodeObject[T, P](o)
	var bad *connectors.Unreadable
	if err != nil {
		bad = malformed(o, err)
	} else {
		bad = understood(wire, o)
	}
	switch {
	case bad != nil && last:
		t.reject(o, bad)
	case bad != nil:
	case known:
		list[n-1] = seen[T]{o, wire}
	default:
		list = append(list, seen[T]{o, wire})
	}
	return list
}

func malformed(o connectors.Object, err error) *connectors.Unreadable {
	return connectors.NewUnreadable(o.Kind, o.ID, "malformed", "the object cannot be read: %v", err)
}

// grow decodes an object; one that cannot be decoded is rejected.
func grow[T any, P rawjson.Shaped[T]](t *translation, o connectors.Object) (seen[T], bool) {
	wire, err := rawjson.DecodeObject[T, P](o)
	if err != nil {
		t.reject(o, malformed(o, err))
	}
	return seen[T]{o, wire}, err == nil
}

func (t *translation) readSubscription(o connectors.Object) {
	v, ok := grow[wireSubscription](t, o)
	h := t.history(o.ID)
	switch {
	case !ok:
		return
	case o.Deleted && v.wire.Status == "": // nothing but its id
		h.gone = &o
		return
	}
	h.gone = nil
	h.versions = append(h.versions, v)
}

// readEvent keeps an event with its subscription. One whose subscription cannot
// be read still dates a change, so that nothing is rejected here: the
// subscription itself was listed or fetched.
func (t *translation) readEvent(v seen[wireEvent]) {
	var h head
	if rawjson.Decode(v.wire.Content.Subscription, &h) != nil || h.ID == "" {
		return
	}
	e := happening{seen: v}
	if w := new(wireSubscription); readable(v.wire.APIVersion) && rawjson.Decode(v.wire.Content.Subscription, w) == nil {
		e.sub = w
	}
	sub := t.history(h.ID)
	sub.events = append(sub.events, e)
}

// Naming is what a customer's metadata is read from.
func (*connector) Naming() []string { return []string{kindCustomer} }

// customer is the customer as last known. A deleted one may show nothing but
// its id.
func (t *translation) customer() {
	t.record.Customer.ID = t.who
	if len(t.customers) == 0 {
		return
	}
	last := t.customers[len(t.customers)-1]
	shown := last
	for i := len(t.customers) - 2; i >= 0 && last.Deleted && shown.wire.CreatedAt == 0; i-- {
		shown = t.customers[i]
	}
	w := shown.wire
	t.record.Customer = billing.Customer{
		ID: last.ID, Name: w.name(), Email: w.Email, Currency: upper(w.Currency), Country: w.BillingAddress.Country,
		Created: w.CreatedAt.Time(), Deleted: last.Deleted, Metadata: custom(shown.Payload), Profiles: t.customerProfiles(), Object: last.Ref(),
	}
}

// subscriptions are all agreements of the customer that anything speaks of.
func (t *translation) subscriptions() {
	for _, id := range slices.Sorted(maps.Keys(t.subs)) {
		if s, ok := t.subscription(t.subs[id]); ok {
			t.record.Subscriptions = append(t.record.Subscriptions, s)
		}
	}
}

// subscription is one agreement with its history.
func (t *translation) subscription(h *history) (billing.Subscription, bool) {
	sightings := t.sightings(h)
	if h.last == nil {
		return billing.Subscription{}, false
	}
	w := h.last.wire
	s := billing.Subscription{
		ID: h.id, CustomerID: t.who, Currency: upper(w.CurrencyCode), Created: w.CreatedAt.Time(),
		Metadata: custom(h.last.Payload), Profiles: h.profiles(), Object: h.object,
	}
	switch {
	case h.gone != nil:
		s.Ended = h.gone.SeenAt // deleted without a word: it ended when that was seen
		if end := w.end(); w.ended() && end.Before(s.Ended) {
			s.Ended = end
		}
	case w.ended():
		s.Ended = w.end()
	}
	if s.Start = h.start(); s.Start.IsZero() && !s.Ended.IsZero() {
		s.Start = s.Ended // cancelled before it began: it has no life
	}
	s.Start = cmp.Or(s.Start, s.Created)
	s.States = pauseAhead(walk(sightings, t.watches, s.Created), w)
	s.Requested = w.requested(&s)
	for _, r := range w.references() {
		s.Names = append(s.Names, billing.Ref{Kind: r[0], ID: r[1]})
	}
	if places, known := decimals(w.CurrencyCode); known && w.MRR != nil {
		mrr := w.MRR.Shift(-places)
		s.ProviderMRR = &mrr
	}
	s.Services = t.services(h, s.States)
	s.Phases = t.phases(h, &s)
	s.States = comeback(&s, w)
	return s, true
}

// ended says that the subscription is over for good, unless it is reactivated.
func (w *wireSubscription) ended() bool {
	return w.Deleted || w.Status == "cancelled" || w.Status == "transferred"
}

// requested is when the end was asked for: as the subscription says, else when
// it first showed.
func (w *wireSubscription) requested(s *billing.Subscription) time.Time {
	switch {
	case w.CancelScheduleCreatedAt != 0 && !w.end().IsZero():
		return w.CancelScheduleCreatedAt.Time()
	case w.ended():
		return w.end()
	case w.Status == "non_renewing" && len(s.States) > 0:
		from := s.States[len(s.States)-1].From
		for i := len(s.States) - 1; i >= 0 && s.States[i].Terms.Status == billing.StatusNonRenewing; i-- {
			from = s.States[i].From
		}
		return from
	}
	return time.Time{}
}
