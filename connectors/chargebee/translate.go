package chargebee

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// readable says whether an event's object is in a shape that this code reads: a
// site may render its events in the API's first version.
func readable(apiVersion string) bool { return apiVersion == "" || apiVersion == "v2" }

// Translate turns the stored versions of one customer's objects into facts.
func (c *connector) Translate(customer []connectors.Object, objects *connectors.Catalog) (billing.Record, []connectors.Reject) {
	t := &translation{source: c.options.Source, reader: reader{catalog: catalog{objects}, rates: rates{}}, told: map[[3]string]bool{}}
	t.read(customer)
	t.record.Source = t.source
	t.readRates()
	t.watches = t.readWatches(objects)
	t.customer()
	t.subscriptions()
	t.readDocuments()
	slices.SortFunc(t.rejects, func(a, b connectors.Reject) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Detail, b.Detail))
	})
	return t.record, t.rejects
}

// translation is one customer on the way from objects to facts.
type translation struct {
	reader
	source  string
	watches watches
	record  billing.Record
	rejects []connectors.Reject
	told    map[[3]string]bool

	who       string
	customers []seen[wireCustomer]
	subs      map[string]*history
	ramps     []seen[wireRamp]
	invoices  []seen[wireDocument]
	notes     []seen[wireDocument]
}

// seen is a decoded version of an object.
type seen[T any] struct {
	connectors.Object
	wire *T
}

// history is all that is known of one subscription.
type history struct {
	id       string
	versions []seen[wireSubscription] // listed and fetched, by version
	events   []seen[wireEvent]
	ramps    []seen[wireRamp]
	gone     *connectors.Object // found deleted, without its last version
}

// reject tells once of each part that cannot be read, and why.
func (t *translation) reject(o connectors.Object, p *problem) {
	kind, id := p.kind, p.id
	if id == "" {
		kind, id = o.Kind, o.ID
	}
	k := [3]string{kind, id, p.code}
	if t.told[k] {
		return
	}
	t.told[k] = true
	t.rejects = append(t.rejects, connectors.Reject{
		Source: t.source, CustomerID: o.CustomerID, Kind: kind, ID: id, Code: p.code, Detail: p.detail, Object: o.Ref(),
	})
}

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
}

// newestOf keeps of what has no history in itself the newest version that is
// understood, and rejects the newest where it is not. What is gone is left out.
func newestOf[T any](t *translation, list []seen[T], o connectors.Object, last bool, understood func(*T, connectors.Object) *problem) []seen[T] {
	n := len(list)
	known := n > 0 && list[n-1].ID == o.ID
	if o.Deleted {
		if known {
			return list[:n-1]
		}
		return list
	}
	wire, err := decode[T](o)
	var bad *problem
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

func malformed(o connectors.Object, err error) *problem {
	return unreadable(o.Kind, o.ID, "malformed", "the object cannot be read: %v", err)
}

// grow decodes an object; one that cannot be decoded is rejected.
func grow[T any](t *translation, o connectors.Object) (seen[T], bool) {
	wire, err := decode[T](o)
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
	if json.Unmarshal(v.wire.Content.Subscription, &h) == nil && h.ID != "" {
		sub := t.history(h.ID)
		sub.events = append(sub.events, v)
	}
}

func (t *translation) readWatches(objects *connectors.Catalog) watches {
	if objects == nil {
		return nil
	}
	var list []watch
	for _, o := range objects.All(kindWatch) {
		var w watch
		if json.Unmarshal(o.Payload, &w) == nil && w.From.Before(w.To) {
			list = append(list, w)
		}
	}
	return newWatches(list)
}

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
		Created: w.CreatedAt.time(), Deleted: last.Deleted, Metadata: custom(shown.Payload), Object: last.Ref(),
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
	last, object := h.newest()
	if last == nil {
		return billing.Subscription{}, false
	}
	w := last.wire
	s := billing.Subscription{
		ID: h.id, CustomerID: t.who, Currency: upper(w.CurrencyCode), Created: w.CreatedAt.time(),
		Metadata: custom(last.Payload), Object: object,
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
		return w.CancelScheduleCreatedAt.time()
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

// newest is the subscription as last known, by a version or an event.
func (h *history) newest() (last *seen[wireSubscription], object billing.Ref) {
	if n := len(h.versions); n > 0 {
		last, object = &h.versions[n-1], h.versions[n-1].Ref()
	}
	for i := range h.events {
		e := &h.events[i]
		w, ok := carried(e)
		if !ok || last != nil && versionOf(e, w) <= last.Version {
			continue
		}
		last = &seen[wireSubscription]{connectors.Object{
			Kind: kindEvent, ID: e.ID, CustomerID: e.CustomerID, Version: versionOf(e, w), SeenAt: e.SeenAt, Payload: e.wire.Content.Subscription,
		}, w}
		object = e.Ref()
	}
	return last, object
}

// versionOf is the version of the subscription that an event carries.
func versionOf(e *seen[wireEvent], w *wireSubscription) int64 {
	if w.ResourceVersion.IsPositive() {
		return w.ResourceVersion.IntPart()
	}
	return int64(cmp.Or(w.UpdatedAt, e.wire.OccurredAt)) * 1000
}

// start is when service began: the earliest that any version tells. A future
// subscription has yet to start, at whatever time it said last. Zero: nothing
// says that it ever did.
func (h *history) start() time.Time {
	var started, activated, ahead stamp
	earlier := func(a *stamp, b stamp) {
		if b != 0 && (*a == 0 || b < *a) {
			*a = b
		}
	}
	note := func(w *wireSubscription) {
		earlier(&started, w.StartedAt)
		earlier(&activated, w.ActivatedAt)
		ahead = 0
		if !w.ended() {
			ahead = w.StartDate
		}
	}
	for i := range h.events {
		if w, ok := carried(&h.events[i]); ok {
			note(w)
		}
	}
	for i := range h.versions {
		note(h.versions[i].wire)
	}
	return cmp.Or(started, activated, ahead).time()
}

// sightings are all versions of a subscription, in the order in which they came
// about, with what cannot be read replaced by what was understood before.
func (t *translation) sightings(h *history) []sighting {
	var all []sighting
	objects := map[billing.Ref]connectors.Object{}
	for _, v := range h.versions {
		from := v.wire.dated()
		objects[v.Ref()] = v.Object
		all = append(all, sighting{
			from: from, seen: v.SeenAt, order: v.Version, terms: t.terms(v.wire, cmp.Or(from, v.SeenAt)),
			paused: v.wire.pausedSince(), object: v.Ref(),
		})
	}
	for i := range h.events {
		e := &h.events[i]
		at := e.wire.OccurredAt.time()
		s := sighting{from: at, seen: at, event: true, order: e.Version, object: e.Ref()}
		if w, ok := carried(e); ok {
			if dated := w.dated(); !dated.IsZero() && dated.Before(at) {
				s.from = dated
			}
			s.order, s.paused = versionOf(e, w), w.pausedSince()
			if terms := t.terms(w, s.from); terms.whole() {
				s.terms = terms
			}
		}
		all = append(all, s)
	}
	sortSightings(all)
	return t.hold(all, objects)
}

// dated is since when the version is as it is; the zero time where it does not
// say.
func (w *wireSubscription) dated() time.Time {
	if w.UpdatedAt != 0 {
		return w.UpdatedAt.time()
	}
	if w.ResourceVersion.IsPositive() {
		return time.UnixMilli(w.ResourceVersion.IntPart()).UTC().Truncate(time.Second)
	}
	return time.Time{}
}

// pausedSince is since when a paused subscription is.
func (w *wireSubscription) pausedSince() time.Time {
	if w.Status != "paused" {
		return time.Time{}
	}
	return w.PauseDate.time()
}

// hold puts what was understood last in the place of what cannot be read in a
// version, and rejects that. An event that cannot be read is not rejected: it
// dates a change, and the terms come from the version.
func (t *translation) hold(all []sighting, objects map[billing.Ref]connectors.Object) []sighting {
	var last *terms
	var newest *sighting
	kept := all[:0]
	for _, s := range all {
		switch {
		case s.terms == nil:
			kept = append(kept, s)
			continue
		case !s.terms.whole():
			for _, p := range s.terms.failed {
				t.reject(objects[s.object], p)
			}
			if s.terms.failed[""] != nil {
				if last == nil {
					continue
				}
				s.terms = &terms{Terms: last.Terms}
			} else {
				s.terms = &terms{Terms: filled(s.terms, last), odd: s.terms.odd}
			}
			s.held = true
		}
		last = s.terms
		kept = append(kept, s)
		newest = &kept[len(kept)-1]
	}
	if newest != nil {
		for _, p := range newest.terms.odd {
			o, ok := objects[newest.object]
			if !ok {
				o = connectors.Object{Kind: newest.object.Kind, ID: newest.object.ID, Version: newest.object.Version, CustomerID: t.who}
			}
			t.reject(o, p)
		}
	}
	return kept
}

// filled is the terms with each item that could not be read as it was before;
// one that was never understood is left out.
func filled(t, last *terms) billing.Terms {
	out := t.Terms
	out.Items = slices.Clone(out.Items)
	if last != nil {
		for _, item := range last.Items {
			if t.failed[item.ID] != nil {
				out.Items = append(out.Items, item)
			}
		}
	}
	slices.SortFunc(out.Items, func(a, b billing.Item) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// comeback adds the time that a reactivated subscription was away, where only
// the present object tells of it: activated_at says since when it is active,
// and the invoices before say up to when it was served.
func comeback(s *billing.Subscription, w *wireSubscription) []billing.State {
	back := w.ActivatedAt.time()
	if back.IsZero() || len(s.States) == 0 || s.States[0].From.Before(back) || !counts(s.States[0].Terms.Status) || back.Sub(s.Start) < 24*time.Hour {
		return s.States
	}
	if away := back.Sub(w.TrialEnd.time()).Abs(); w.TrialEnd != 0 && away < 48*time.Hour {
		return s.States // it was a trial that ended
	}
	var served time.Time
	for _, service := range s.Services {
		if service.Kind == billing.Charged && service.From.Before(back) {
			served = later(served, service.Until)
		}
	}
	if served.IsZero() || back.Sub(served) < 24*time.Hour {
		return s.States
	}
	away := billing.State{
		From: served, Until: back, SeenAt: s.States[0].SeenAt, Evidence: billing.EvidenceVersion, Object: s.States[0].Object,
		Terms: billing.Terms{Status: billing.StatusCanceled, Items: s.States[0].Terms.Items},
	}
	return append([]billing.State{away}, s.States...)
}

func counts(s billing.Status) bool {
	return s == billing.StatusActive || s == billing.StatusNonRenewing
}

// carried is the subscription that an event carries; ok is false when it cannot
// be read.
func carried(e *seen[wireEvent]) (w *wireSubscription, ok bool) {
	w = new(wireSubscription)
	return w, readable(e.wire.APIVersion) && json.Unmarshal(e.wire.Content.Subscription, w) == nil
}
