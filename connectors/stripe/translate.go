package stripe

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	stripe "github.com/stripe/stripe-go/v76"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/connectors/rawjson"
)

// readable says whether an event's object is in a shape that this code reads:
// Stripe renders it in the API version of the moment it happened.
func readable(apiVersion string) bool { return apiVersion == stripe.APIVersion }

// Translate turns the stored versions of one customer's objects into facts.
func (c *connector) Translate(customer []connectors.Object, objects *connectors.Catalog) (billing.Record, []connectors.Reject) {
	t := &translation{
		rejects:  connectors.Rejects{Source: c.options.Source},
		resolver: resolver{catalog: catalog{objects}, pool: pool{}},
	}
	t.read(customer)
	t.watches = connectors.ReadWatches(objects)
	t.record.Source = c.options.Source
	t.readServices()
	t.customer()
	t.subscriptions()
	t.readPhases()
	t.documents()
	return t.record, t.rejects.List()
}

// translation is one customer on the way from objects to facts.
type translation struct {
	resolver
	watches connectors.Watches
	record  billing.Record
	rejects connectors.Rejects

	who         string
	customers   []version[wireCustomer]
	subs        map[string][]version[wireSubscription]
	schedules   []version[wireSchedule]
	invoices    []version[wireInvoice]
	notes       []version[wireCreditNote]
	pending     []version[wireInvoiceItem]
	occurrences []*happening
	evidence    map[string][]billing.Service // by subscription
}

// version is a decoded version of an object.
type version[T any] struct {
	connectors.Object
	wire *T
}

// at is the moment the version speaks of.
func (v version[T]) at() time.Time { return time.UnixMicro(v.Version).UTC() }

// happening is a decoded event with its object after and before.
type happening struct {
	event   version[wireEvent]
	kind    string // of the object
	created bool   // nothing was before

	sub, subBefore           *wireSubscription
	customer, customerBefore *wireCustomer
	discount, discountBefore *wireDiscount
	subject                  string // the subscription it is about
}

// reject tells of a part that cannot be read, and why.
func (t *translation) reject(o connectors.Object, u *connectors.Unreadable) { t.rejects.Add(o, u) }

func (t *translation) malformed(o connectors.Object, err error) {
	t.reject(o, connectors.NewUnreadable(o.Kind, o.ID, "malformed", "the object cannot be read: %v", err))
}

// read decodes every version. Objects come in any order.
func (t *translation) read(objects []connectors.Object) {
	objects = slices.Clone(objects)
	slices.SortFunc(objects, inOrder)
	t.subs = map[string][]version[wireSubscription]{}
	for i, o := range objects {
		if t.who == "" {
			t.who = o.CustomerID
		}
		// Of what has no history in itself only the newest version counts.
		last := i+1 == len(objects) || objects[i+1].Kind != o.Kind || objects[i+1].ID != o.ID
		switch o.Kind {
		case kindCustomer:
			t.customers = grow(t, t.customers, o)
		case kindSubscription:
			t.subs[o.ID] = grow(t, t.subs[o.ID], o)
		case kindEvent:
			t.readEvent(o)
		case kindSchedule:
			if last {
				t.schedules = growNewest(t, t.schedules, objects[:i+1])
			}
		case kindInvoice:
			if last && !o.Deleted {
				t.invoices = growNewest(t, t.invoices, objects[:i+1])
			}
		case kindCreditNote:
			if last && !o.Deleted {
				t.notes = growNewest(t, t.notes, objects[:i+1])
			}
		case kindInvoiceItem:
			if last && !o.Deleted {
				t.pending = growNewest(t, t.pending, objects[:i+1])
			}
		}
	}
	t.gather()
}

// inOrder orders versions by object, then by age. It goes on to what hardly ever
// decides only when it must: a customer may have thousands of versions.
func inOrder(a, b connectors.Object) int {
	if c := cmp.Compare(a.Kind, b.Kind); c != 0 {
		return c
	}
	if c := cmp.Compare(a.ID, b.ID); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Version, b.Version); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.Origin, b.Origin), a.SeenAt.Compare(b.SeenAt), bytes.Compare(a.Payload, b.Payload))
}

// grow appends a decoded object; one that cannot be decoded is rejected.
func grow[T any, P rawjson.Shaped[T]](t *translation, list []version[T], o connectors.Object) []version[T] {
	wire, err := rawjson.DecodeObject[T, P](o)
	if err != nil {
		t.malformed(o, err)
		return list
	}
	return append(list, version[T]{o, wire})
}

// growNewest appends the newest version that can be decoded of the object that
// stands last; those above it are rejected.
func growNewest[T any, P rawjson.Shaped[T]](t *translation, list []version[T], objects []connectors.Object) []version[T] {
	had, last := len(list), objects[len(objects)-1]
	for i := len(objects) - 1; i >= 0 && objects[i].Kind == last.Kind && objects[i].ID == last.ID; i-- {
		if list = grow[T, P](t, list, objects[i]); len(list) > had {
			break
		}
	}
	return list
}

// gather fills the pool with every discount that is shown in full.
func (t *translation) gather() {
	for _, v := range t.customers {
		t.pool.add(v.wire.Discount)
	}
	for _, versions := range t.subs {
		for _, v := range versions {
			t.pool.addSubscription(v.wire)
		}
	}
	for _, v := range t.invoices {
		t.pool.add(v.wire.Discount)
		t.pool.addList(v.wire.Discounts)
		for i := range v.wire.Lines.Data {
			t.pool.addList(v.wire.Lines.Data[i].Discounts)
		}
	}
	for _, v := range t.pending {
		t.pool.addList(v.wire.Discounts)
	}
	for _, h := range t.occurrences {
		t.pool.add(h.discount, h.discountBefore)
		for _, c := range []*wireCustomer{h.customer, h.customerBefore} {
			if c != nil {
				t.pool.add(c.Discount)
			}
		}
		for _, s := range []*wireSubscription{h.sub, h.subBefore} {
			if s != nil {
				t.pool.addSubscription(s)
			}
		}
	}
}

// readEvent decodes an event. One whose object cannot be read still dates a
// change, so that nothing is rejected here: the object itself was fetched.
func (t *translation) readEvent(o connectors.Object) {
	wire, err := rawjson.DecodeObject[wireEvent](o)
	if err != nil {
		t.malformed(o, err)
		return
	}
	raw := []byte(wire.Data.Object)
	h := &happening{
		event: version[wireEvent]{o, wire}, kind: rawjson.Text(rawjson.Member(raw, "object")),
		created: strings.HasSuffix(wire.Type, ".created"),
	}
	switch h.kind {
	case kindSubscription:
		h.subject = rawjson.Text(rawjson.Member(raw, "id"))
	case kindDiscount:
		h.subject = rawjson.Identity(rawjson.Member(raw, "subscription"))
	}
	if readable(wire.APIVersion) {
		h.decode(raw)
	}
	t.occurrences = append(t.occurrences, h)
}

// decode reads the object after the event and, where the event tells, before
// it. An update without previous attributes changed nothing that Stripe shows;
// other events (a deletion) leave what was before untold.
func (h *happening) decode(raw []byte) {
	var before []byte
	switch attributes := h.event.wire.Data.PreviousAttributes; {
	case len(attributes) > 0 && attributes[0] == '{':
		before, _ = previous(raw, attributes)
	case strings.HasSuffix(h.event.wire.Type, ".updated"):
		before = raw
	}
	switch h.kind {
	case kindSubscription:
		h.sub, h.subBefore = both[wireSubscription](raw, before)
	case kindCustomer:
		h.customer, h.customerBefore = both[wireCustomer](raw, before)
	case kindDiscount:
		h.discount, h.discountBefore = both[wireDiscount](raw, before)
	}
}

// both decodes an object after and before an event; nil where it cannot be.
func both[T any, P rawjson.Shaped[T]](after, before []byte) (a, b *T) {
	a, b = new(T), new(T)
	if rawjson.Decode(after, P(a)) != nil {
		return nil, nil
	}
	if before == nil || rawjson.Decode(before, P(b)) != nil {
		return a, nil
	}
	return a, b
}

// documents are the invoices and credit notes.
func (t *translation) documents() {
	byID := map[string]*wireInvoice{}
	for _, v := range t.invoices {
		byID[v.ID] = v.wire
		inv, bad := t.invoice(v.wire, v.Ref())
		if bad != nil {
			t.reject(v.Object, bad)
			if bad.Code != "total_mismatch" {
				continue
			}
		}
		t.record.Invoices = append(t.record.Invoices, inv)
	}
	for _, v := range t.notes {
		note, bad := t.creditNote(v.wire, byID[string(v.wire.Invoice)], v.Ref())
		if bad != nil {
			t.reject(v.Object, bad)
			if bad.Code != "total_mismatch" {
				continue
			}
		}
		t.record.Invoices = append(t.record.Invoices, note)
	}
	slices.SortFunc(t.record.Invoices, func(a, b billing.Invoice) int { return cmp.Compare(a.ID, b.ID) })
}
