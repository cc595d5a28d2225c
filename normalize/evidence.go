package normalize

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"mrrsync/connectors/billing"
)

// sameMoment is how close an item's creation must lie to its subscription's for
// the item to have been there from the start.
const sameMoment = 60 * time.Second

// dossier is the evidence of one subscription, ranked and ordered so that it
// can be asked about any instant. It never changes once it is made.
type dossier struct {
	policy   *Policy
	sub      *billing.Subscription
	states   []*billing.State // by the time from which they are known
	phases   []*billing.Phase
	services []*billing.Service
	tracks   []*track // by item id
	shared   []stretch
	customer []stretch
	spans    []*billing.DiscountSpan // of the customer
	charged  bool                    // an invoice charged the subscription at least once
}

// track is what phases and invoices say of one item.
type track struct {
	id       string
	created  time.Time // zero: unknown
	origin   time.Time // since when the item was there, as far as anything shows
	trialEnd time.Time // of the item's own trial, as last known
	earliest *spell    // the first known terms
	billed   []spell   // from invoices, by from, never overlapping
	phased   []spell   // from phases, by from
	level    []stretch // item discounts as invoices and versions list them
}

// spell is a stretch of time during which an item had one set of terms.
type spell struct {
	from, until time.Time // until zero: open
	item        *billing.Item
	phase       *billing.Phase
	kind        billing.EvidenceKind
	object      billing.Ref
	stopped     bool // until is where the terms ended, not where an invoice's period did
}

// known is the instant from which a state speaks for certain: its From; where
// that is unknown, when it was seen, or if that was later, its last moment.
func known(s *billing.State) time.Time {
	switch {
	case !s.From.IsZero():
		return s.From
	case !s.Until.IsZero() && (s.SeenAt.IsZero() || s.SeenAt.After(s.Until)):
		return s.Until
	}
	return s.SeenAt
}

func newDossier(sub *billing.Subscription, customer *billing.Customer, policy *Policy) *dossier {
	d := &dossier{policy: policy, sub: sub}
	for i := range sub.States {
		d.states = append(d.states, &sub.States[i])
	}
	slices.SortStableFunc(d.states, func(a, b *billing.State) int {
		return cmp.Or(known(a).Compare(known(b)), a.From.Compare(b.From), a.SeenAt.Compare(b.SeenAt), cmp.Compare(a.Object.Version, b.Object.Version))
	})
	for i := range sub.Phases {
		d.phases = append(d.phases, &sub.Phases[i])
	}
	slices.SortStableFunc(d.phases, func(a, b *billing.Phase) int {
		return cmp.Or(a.From.Compare(b.From), a.Until.Compare(b.Until), cmp.Compare(a.Object.ID, b.Object.ID))
	})
	for i := range sub.Services {
		s := &sub.Services[i]
		d.services = append(d.services, s)
		d.charged = d.charged || s.Kind == billing.Charged || s.Kind == billing.Began
	}
	slices.SortStableFunc(d.services, compareServices)
	d.trackItems()
	d.listDiscounts(customer)
	return d
}

// compareServices orders what invoices say as it happened: at one instant a
// period begins before a change within it, and old terms stop before new begin.
func compareServices(a, b *billing.Service) int {
	if c := cmp.Or(
		a.From.Compare(b.From), cmp.Compare(turn(a.Kind), turn(b.Kind)), a.IssuedAt.Compare(b.IssuedAt),
		strings.Compare(a.ItemID, b.ItemID), strings.Compare(a.Object.ID, b.Object.ID),
	); c != 0 {
		return c
	}
	return cmp.Or(
		cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Price.ID, b.Price.ID), a.Quantity.Cmp(b.Quantity), a.Until.Compare(b.Until),
		compareKeys(a.Discounts, b.Discounts), compareKeys(a.Inherited, b.Inherited),
	)
}

func compareKeys(a, b []billing.Discount) int {
	return slices.CompareFunc(a, b, func(x, y billing.Discount) int { return strings.Compare(key(&x), key(&y)) })
}

func turn(k billing.ServiceKind) int {
	switch k {
	case billing.Charged, billing.Voided, billing.OnTrial:
		return 1
	case billing.Stopped:
		return 2
	case billing.Began:
		return 3
	}
	return 4
}

// trackItems gathers the tracks of all items that any evidence names.
func (d *dossier) trackItems() {
	tracks := make(map[string]*track)
	find := func(id string) *track {
		t := tracks[id]
		if t == nil {
			t = &track{id: id}
			tracks[id] = t
			d.tracks = append(d.tracks, t)
		}
		return t
	}
	for _, s := range d.states {
		for i := range s.Terms.Items {
			item := &s.Terms.Items[i]
			t := find(item.ID)
			if t.created.IsZero() {
				t.created = item.Created
			}
			if !item.TrialEnd.IsZero() {
				t.trialEnd = item.TrialEnd
			}
			t.first(spell{from: known(s), item: item, kind: billing.EvidenceEarliest, object: s.Object})
		}
	}
	for _, s := range d.services {
		find(s.ItemID).bill(s)
	}
	d.matchPhases(find)
	slices.SortFunc(d.tracks, func(a, b *track) int { return strings.Compare(a.id, b.id) })
	d.findOrigins()
}

// first notes terms if they are the earliest known.
func (t *track) first(s spell) {
	if t.earliest == nil || s.from.Before(t.earliest.from) {
		earliest := s // most are not: s itself is to stay on the stack
		earliest.kind = billing.EvidenceEarliest
		t.earliest = &earliest
	}
}

// bill adds what an invoice says. Services come in the order of
// compareServices.
func (t *track) bill(s *billing.Service) {
	item := &billing.Item{ID: s.ItemID, Price: s.Price, Quantity: s.Quantity, Taxes: s.Taxes}
	now := spell{from: s.From, until: s.Until, item: item, kind: cmp.Or(s.Evidence, billing.EvidenceInvoice), object: s.Object}
	t.first(now)
	if s.Kind != billing.Stopped {
		t.cut(s.From, nil)
		t.billed = append(t.billed, now)
		return
	}
	if !t.cut(s.From, item) {
		now.until, now.stopped = now.from, true
		t.billed = append(t.billed, now)
	}
}

// cut ends the last spell at an instant. With terms given it is a stop: it says
// whether it found the terms that stopped. A spell that began at the very
// instant is stopped only if it has these terms.
func (t *track) cut(at time.Time, stop *billing.Item) bool {
	if len(t.billed) == 0 {
		return false
	}
	last := &t.billed[len(t.billed)-1]
	switch {
	case !last.until.IsZero() && !last.until.After(at):
		return false
	case last.from.Equal(at) && stop != nil && !(last.item.Price.ID == stop.Price.ID && last.item.Quantity.Equal(stop.Quantity)):
		return true // the new terms began here already: it was the ones before that stopped
	}
	last.until, last.stopped = at, stop != nil
	return true
}

// matchPhases gives the items of phases their tracks: by id, else the item that
// has the phase's price around that time, else the only one left over.
func (d *dossier) matchPhases(find func(string) *track) {
	for _, p := range d.phases {
		taken := make(map[string]bool)
		var open []*billing.Item
		add := func(item *billing.Item, id string) {
			taken[id] = true
			named := *item
			named.ID = id
			t := find(id)
			s := spell{from: p.From, until: p.Until, item: &named, phase: p, kind: billing.EvidencePhase, object: p.Object}
			t.first(s)
			t.phased = append(t.phased, s)
		}
		for i := range p.Items {
			if item := &p.Items[i]; item.ID != "" {
				add(item, item.ID)
			} else {
				open = append(open, item)
			}
		}
		var unmatched []*billing.Item
		for _, item := range open {
			if id := d.itemWithPrice(item.Price.ID, p, taken); id != "" {
				add(item, id)
			} else {
				unmatched = append(unmatched, item)
			}
		}
		rest := d.itemsAround(p, taken)
		for i, item := range unmatched {
			switch {
			case len(unmatched) == 1 && len(rest) == 1:
				add(item, rest[0])
			case len(unmatched) == len(rest):
				add(item, rest[i])
			default:
				id := d.sub.ID + "/" + item.Price.ID
				for taken[id] {
					id += "'"
				}
				add(item, id)
			}
		}
	}
}

// itemWithPrice is the item that had a price closest to a phase.
func (d *dossier) itemWithPrice(price string, p *billing.Phase, taken map[string]bool) string {
	id, best := "", time.Duration(-1)
	look := func(item, its string, from, until time.Time) {
		if its != price || taken[item] {
			return
		}
		away := apart(from, until, p.From, p.Until)
		if best < 0 || away < best || away == best && item < id {
			id, best = item, away
		}
	}
	for _, s := range d.services {
		look(s.ItemID, s.Price.ID, s.From, s.Until)
	}
	for _, s := range d.states {
		for i := range s.Terms.Items {
			item := &s.Terms.Items[i]
			look(item.ID, item.Price.ID, known(s), s.Until)
		}
	}
	return id
}

// itemsAround are the items, in order, of the last version before a phase ends.
func (d *dossier) itemsAround(p *billing.Phase, taken map[string]bool) []string {
	var ids []string
	for i := len(d.states) - 1; i >= 0; i-- {
		s := d.states[i]
		if i > 0 && !p.Until.IsZero() && !known(s).Before(p.Until) {
			continue
		}
		for j := range s.Terms.Items {
			if item := &s.Terms.Items[j]; !taken[item.ID] && item.Price.Usage != billing.Metered {
				ids = append(ids, item.ID)
			}
		}
		break
	}
	slices.Sort(ids)
	return ids
}

// apart is the distance between two intervals; zero when they meet. A zero end
// is open.
func apart(aFrom, aUntil, bFrom, bUntil time.Time) time.Duration {
	switch {
	case !aUntil.IsZero() && aUntil.Before(bFrom):
		return bFrom.Sub(aUntil)
	case !bUntil.IsZero() && bUntil.Before(aFrom):
		return aFrom.Sub(bUntil)
	}
	return 0
}

// findOrigins dates each item's beginning: with its subscription when it was
// created in the same moment, else at its creation or when something was put into
// it, else with its first terms. One that was never charged begins once no invoice
// shows that it was not there yet.
func (d *dossier) findOrigins() {
	var first time.Time // the first charged period
	for _, s := range d.services {
		if s.Kind != billing.Stopped && (first.IsZero() || s.From.Before(first)) {
			first = s.From
		}
	}
	start := cmp.Or(d.sub.Start, d.sub.Created)
	for _, t := range d.tracks {
		away := t.created.Sub(cmp.Or(d.sub.Created, d.sub.Start)).Abs()
		switch {
		case !t.created.IsZero() && away > sameMoment:
			t.origin = later(t.created, d.empty(t))
		case !t.created.IsZero():
			t.origin = start
		case len(t.billed) == 0 && len(t.phased) == 0:
			t.origin = later(start, d.absent(t))
		case len(t.billed) > 0 && (t.billed[0].from.Equal(first) || t.billed[0].stopped && t.billed[0].from.Equal(t.billed[0].until)):
			t.origin = start
		case t.earliest != nil:
			t.origin = t.earliest.from
		}
		if t.created.IsZero() && t.earliest != nil && len(d.states) > 0 && t.earliest.from.After(known(d.states[0])) {
			t.origin = t.earliest.from // the first version known does not have it yet
		}
	}
}

// empty is until when an item that was there had nothing in it, such as a quantity
// of none: the first that any invoice says of it is a change that charges the rest of
// a period and gives nothing of it back. Zero: nothing shows that.
func (d *dossier) empty(t *track) time.Time {
	i := slices.IndexFunc(d.services, func(s *billing.Service) bool { return s.ItemID == t.id })
	if i < 0 || d.services[i].Kind != billing.Began {
		return time.Time{}
	}
	return d.services[i].From
}

// absent is until when invoices show that an item, which none of them charges and
// a version shows first, was not there yet: those of its rhythm list whatever is
// there, and where nothing that was charged last is left, all of it was replaced.
// Zero: they show nothing of the kind. Usage is charged only where there was some.
func (d *dossier) absent(t *track) time.Time {
	var unlisted, last time.Time
	if t.earliest == nil || t.earliest.item.Price.Usage == billing.Metered {
		return unlisted
	}
	shown, left := t.earliest.from, true
	for _, s := range d.services {
		if s.Kind != billing.Charged || !s.From.Before(shown) {
			continue
		}
		end := s.Until
		if end.IsZero() || end.After(shown) {
			end = shown
		}
		if s.Price.Interval == t.earliest.item.Price.Interval {
			unlisted = later(unlisted, end)
		}
		stays := itemOf(d.states[0], s.ItemID) != nil
		switch end.Compare(last) {
		case 1:
			last, left = end, stays
		case 0:
			left = left || stays
		}
	}
	if left {
		return unlisted
	}
	return last // no earlier than any of them
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
