package normalize

import (
	"slices"
	"time"

	"mrrsync/connectors/billing"
)

// scene is what the strongest evidence says of a subscription at one instant.
type scene struct {
	standing standing
	items    []present // by item id
	shared   []*billing.Discount
}

// present is an item that is there, with what shows it.
type present struct {
	item      *billing.Item
	discounts []*billing.Discount
	trialEnd  time.Time
	kind      billing.EvidenceKind
	object    billing.Ref
}

// at asks the evidence about an instant. A version that covers it is the whole
// answer. Where none does, phases come before invoices, and the gaps between
// invoices carry what stood before them.
func (d *dossier) at(t time.Time) scene {
	state := d.covering(t)
	sc := scene{standing: d.standing(t, state)}
	phase := d.phaseAt(t, state)
	switch {
	case phase != nil:
		sc.items = d.itemsOfPhase(phase, t)
	case state != nil:
		sc.items = d.itemsOfState(state, t)
	default:
		sc.items = d.itemsPieced(t)
	}
	sc.shared = d.sharedAt(t, state, phase)
	d.addOnce(&sc, t)
	return sc
}

// covering is the version that was in force at t, nil if none is known to.
func (d *dossier) covering(t time.Time) *billing.State {
	for i := len(d.states) - 1; i >= 0; i-- {
		if s := d.states[i]; within(t, known(s), s.Until) {
			return s
		}
	}
	return nil
}

// around are the last version known before t and the first one known after it.
func (d *dossier) around(t time.Time) (before, after *billing.State) {
	for _, s := range d.states {
		if known(s).After(t) {
			return before, s
		}
		before = s
	}
	return before, nil
}

// phaseAt is the phase that decides the items at t. In the past it yields to a
// version; beyond what the version has seen, the phases agreed for later rule,
// and the last of them is carried on.
func (d *dossier) phaseAt(t time.Time, state *billing.State) *billing.Phase {
	for i := len(d.phases) - 1; i >= 0; i-- {
		p := d.phases[i]
		if p.From.After(t) || len(p.Items) == 0 {
			continue
		}
		if state == nil {
			if within(t, p.From, p.Until) {
				return p
			}
			continue
		}
		if state.Until.IsZero() && !state.SeenAt.IsZero() && p.From.After(state.SeenAt) {
			return p
		}
		return nil
	}
	return nil
}

func (d *dossier) itemsOfPhase(p *billing.Phase, t time.Time) []present {
	var out []present
	for _, tr := range d.tracks {
		for i := range tr.phased {
			s := &tr.phased[i]
			if s.phase != p {
				continue
			}
			discounts := lasting(running(s.item.Discounts, t))
			if len(s.item.Discounts) == 0 {
				discounts = lasting(active(tr.level, t))
			}
			out = append(out, present{item: s.item, discounts: discounts, kind: s.kind, object: s.object})
		}
	}
	return out
}

func (d *dossier) itemsOfState(s *billing.State, t time.Time) []present {
	kind := s.Evidence
	if kind == 0 {
		kind = billing.EvidenceVersion
	}
	out := make([]present, 0, len(s.Terms.Items))
	for _, tr := range d.tracks {
		for i := range s.Terms.Items {
			if item := &s.Terms.Items[i]; item.ID == tr.id {
				out = append(out, present{item: item, discounts: lasting(running(item.Discounts, t)), trialEnd: item.TrialEnd, kind: kind, object: s.Object})
				break
			}
		}
	}
	return out
}

// itemsPieced puts the items together where no version and no phase covers t.
func (d *dossier) itemsPieced(t time.Time) []present {
	before, after := d.around(t)
	var out []present
	for _, tr := range d.tracks {
		s := d.spellAt(tr, t, before, after)
		if s == nil {
			continue
		}
		out = append(out, present{item: s.item, discounts: lasting(active(tr.level, t)), trialEnd: tr.trialEnd, kind: s.kind, object: s.object})
	}
	return out
}

// spellAt is an item's terms at t from invoices, else carried over a gap, else
// the earliest known ones; nil when the item was not there.
func (d *dossier) spellAt(tr *track, t time.Time, before, after *billing.State) *spell {
	if last := lastSpell(tr.billed, t); last != nil && (before == nil || !last.from.Before(before.Until)) {
		old := lastSpell(tr.phased, t)
		if within(t, last.from, last.until) && !last.until.Equal(last.from) {
			if old != nil && old.from.After(last.from) {
				return carry(old) // a phase changed the terms within the invoice's period
			}
			return last
		}
		if old != nil && old.until.After(last.until) {
			last = old // a phase ended since the last invoice
		}
		if last.stopped || !d.goesOn(tr, last.until, t, after) {
			return nil
		}
		return carry(last)
	}
	if before != nil && !before.Until.IsZero() { // a hole between two versions
		if item := itemOf(before, tr.id); item != nil {
			if d.leftOut(tr.id, item.Price.Interval, before.Until, t) {
				return nil
			}
			return &spell{item: item, kind: billing.EvidenceCarried, object: before.Object}
		}
		if tr.origin.Before(before.Until) {
			return nil
		}
	}
	if old := lastSpell(tr.phased, t); old != nil {
		if d.goesOn(tr, old.until, t, after) {
			return carry(old)
		}
		return nil
	}
	if tr.earliest == nil || t.Before(tr.origin) || !t.Before(tr.earliest.from) {
		return nil
	}
	return tr.earliest
}

// lastSpell is the last one that began at or before t.
func lastSpell(spells []spell, t time.Time) *spell {
	for i := len(spells) - 1; i >= 0; i-- {
		if !spells[i].from.After(t) {
			return &spells[i]
		}
	}
	return nil
}

func carry(s *spell) *spell {
	carried := *s
	carried.kind = billing.EvidenceCarried
	return &carried
}

func itemOf(s *billing.State, id string) *billing.Item {
	for i := range s.Terms.Items {
		if s.Terms.Items[i].ID == id {
			return &s.Terms.Items[i]
		}
	}
	return nil
}

// goesOn says whether an item whose invoiced period ended is still there at t.
// An invoice of the same rhythm since then, or one from that very moment on, that
// does not list it says that it is gone. Else it is there if a later invoice,
// phase or version shows it again, or nothing later speaks of the subscription
// at all.
func (d *dossier) goesOn(tr *track, ended, t time.Time, after *billing.State) bool {
	if last := lastSpell(tr.billed, t); last != nil && d.leftOut(tr.id, last.item.Price.Interval, ended, t) {
		return false
	}
	if last := tr.billed; len(last) > 0 && last[len(last)-1].from.After(t) {
		return true
	}
	if last := tr.phased; len(last) > 0 && last[len(last)-1].from.After(t) {
		return true
	}
	if after != nil {
		return itemOf(after, tr.id) != nil
	}
	for i := len(d.services) - 1; i >= 0; i-- {
		if s := d.services[i]; s.Kind == billing.Charged && s.ItemID != tr.id && !s.From.Before(ended) {
			return false
		}
	}
	return true
}

// leftOut says that an invoice for a period that began in [ended, t] would have
// listed the item, charged that often, had it still been there.
func (d *dossier) leftOut(id string, often billing.Interval, ended, t time.Time) bool {
	return slices.ContainsFunc(d.services, func(s *billing.Service) bool {
		return s.Kind == billing.Charged && s.ItemID != id && !s.From.Before(ended) && !s.From.After(t) &&
			(s.From.Equal(ended) || s.Price.Interval == often)
	})
}

// sharedAt are the discounts of the subscription at t, or where it has none of
// its own, those of its customer.
func (d *dossier) sharedAt(t time.Time, state *billing.State, phase *billing.Phase) []*billing.Discount {
	var own []*billing.Discount
	switch {
	case phase != nil && (len(phase.Discounts) > 0 || state != nil && d.phasesDiscount()):
		own = running(phase.Discounts, t)
	case state != nil:
		own = running(state.Terms.Discounts, t)
	default:
		own = active(d.shared, t)
	}
	if len(own) > 0 {
		return lasting(own)
	}
	for i := len(d.spans) - 1; i >= 0; i-- {
		if s := d.spans[i]; !s.From.IsZero() && within(t, s.From, s.Until) {
			return lasting(running(s.Discounts, t))
		}
	}
	return lasting(active(d.customer, t))
}

// phasesDiscount says whether the phases speak of discounts at all: then a
// phase to come without any ends those before it.
func (d *dossier) phasesDiscount() bool {
	return slices.ContainsFunc(d.phases, func(p *billing.Phase) bool { return len(p.Discounts) > 0 })
}

// addOnce adds the discounts that touch a single invoice, for the service
// period of the invoice that shows them; the policy decides whether they count.
func (d *dossier) addOnce(sc *scene, t time.Time) {
	if d.policy.Discounts.Once != Subtract {
		return
	}
	seen := make(map[string]bool)
	for _, s := range d.services {
		if s.Kind != billing.Charged || !within(t, s.From, s.Until) {
			continue
		}
		for i := range s.Discounts {
			once := &s.Discounts[i]
			j := slices.IndexFunc(sc.items, func(p present) bool { return p.item.ID == s.ItemID })
			if j >= 0 && durationOf(once) == billing.Once {
				sc.items[j].discounts = append(sc.items[j].discounts, once)
			}
		}
		for i := range s.Inherited {
			if once := &s.Inherited[i]; durationOf(once) == billing.Once && !seen[key(once)] {
				seen[key(once)] = true
				sc.shared = append(sc.shared, once)
			}
		}
	}
}

// cuts are the instants at which anything may change, in order.
func (d *dossier) cuts() []time.Time {
	var out []time.Time
	add := func(ts ...time.Time) {
		for _, t := range ts {
			if !t.IsZero() {
				out = append(out, t)
			}
		}
	}
	discounts := func(list []billing.Discount) {
		for i := range list {
			add(list[i].Start, list[i].End)
		}
	}
	sub := d.sub
	add(sub.Start, sub.Ended, sub.Requested)
	if sub.Start.IsZero() {
		add(sub.Created)
	}
	for i, s := range d.states {
		add(s.From, s.Until, s.Terms.TrialStart, s.Terms.TrialEnd, s.Terms.Pause.ResumesAt, s.Terms.CancelAt)
		if s.From.IsZero() {
			add(known(s))
		}
		if s.Terms.Status == billing.StatusPastDue && d.policy.PastDue.Days > 0 {
			add(d.overdueUntil(i))
		}
		discounts(s.Terms.Discounts)
		for j := range s.Terms.Items {
			item := &s.Terms.Items[j]
			add(item.Created, item.TrialEnd)
			discounts(item.Discounts)
		}
	}
	for _, p := range d.phases {
		add(p.From, p.Until)
		discounts(p.Discounts)
		for j := range p.Items {
			discounts(p.Items[j].Discounts)
		}
	}
	for _, s := range d.services {
		add(s.From, s.Until)
	}
	for _, s := range d.spans {
		add(s.From, s.Until)
	}
	for _, list := range [][]stretch{d.shared, d.customer} {
		for i := range list {
			add(list[i].from, list[i].until)
		}
	}
	for _, tr := range d.tracks {
		add(tr.origin)
		for i := range tr.level {
			add(tr.level[i].from, tr.level[i].until)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal)
}
