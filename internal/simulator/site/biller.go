package site

import (
	"slices"
	"sort"

	"mrrsync/internal/simulator/dice"
	"mrrsync/internal/simulator/reckon"
)

// biller runs one subscription as Chargebee would: terms, invoices, credit
// notes and payments, in order of time.
type biller struct {
	s     *Site
	cust  *Customer
	sub   *Subscription
	until int64
	bound int64 // a guest leaves then, 0: no plans

	comeback bool // it was or will be taken up again after its end
	returns  bool // it is to be taken up again
	heir     bool // it goes over to another customer with the next term
	anchor   int64
	k        int // number of the running term since the anchor
	timers   []timer
	waiting  []Item            // items that are in force from the next term on
	unbilled []Line            // charged with the next invoice
	charged  map[*Price]charge // what was last charged for the items in force

	numbers [4]int // given out: lines, invoices, credit notes, discounts
}

type timer struct {
	at int64
	do func(t int64)
}

// charge is a line that charges for an item until its To.
type charge struct {
	invoice *Invoice
	line    int
}

// The numbers that a biller gives out.
const (
	lineNumber = iota
	invoiceNumber
	creditNumber
	discountNumber
)

func (b *biller) next(what int) int {
	b.numbers[what]++
	return b.numbers[what]
}

func (b *biller) ref(n int) Ref { return b.sub.Ref + Ref(n) }

// at runs something later.
func (b *biller) at(t int64, do func(t int64)) {
	i := sort.Search(len(b.timers), func(i int) bool { return b.timers[i].at > t })
	b.timers = slices.Insert(b.timers, i, timer{t, do})
}

// boundary is when the running term ends and the engine acts by itself, 0 when
// it does not.
func (b *biller) boundary() int64 {
	v := b.last()
	switch v.Status {
	case Active, NonRenewing:
		return v.Term.End
	case InTrial:
		return v.Trial.End
	case Future:
		return v.Starts
	default:
		return 0
	}
}

// run lives the subscription until the history ends.
func (b *biller) run() {
	for {
		next := b.boundary()
		if len(b.timers) > 0 && (next == 0 || b.timers[0].at < next) {
			t := b.timers[0]
			if t.at > b.until {
				return
			}
			b.timers = b.timers[1:]
			t.do(t.at)
			continue
		}
		if next == 0 || next > b.until {
			return
		}
		b.turn(next)
	}
}

func (b *biller) last() *Version { return &b.sub.Versions[len(b.sub.Versions)-1] }

// version starts a new version with the terms of the one before. Two changes
// of one second are one version.
func (b *biller) version(t int64) *Version {
	if b.last().At == t {
		return b.last()
	}
	v := *b.last()
	v.At, v.Version, v.Undated = t, resource(t, b.sub.Ref), false
	b.sub.Versions = append(b.sub.Versions, v)
	return b.last()
}

// resource is the resource_version of an object changed at t: the time in
// milliseconds.
func resource(t int64, r Ref) int64 { return t*1000 + int64(dice.Mix(uint64(r)^uint64(t))%1000) }

// create makes the subscription's first version. The anchor is the start of
// the first paid term.
func (b *biller) create(t int64, items []Item, starts, trialDays int64, terms int) {
	p := items[0].Price
	v := Version{At: t, Version: resource(t, b.sub.Ref), Items: items, Every: p.Every, Count: p.Count, Remaining: -1}
	if terms > 0 {
		v.Remaining = terms
	}
	b.sub.Created = t
	b.charged = map[*Price]charge{}
	if starts > t {
		v.Status, v.Starts = Future, starts
	} else {
		v.Started = starts
	}
	if trialDays > 0 {
		v.Trial = Cycle{starts, starts + trialDays*reckon.Day}
		if v.Status == 0 {
			v.Status = InTrial
			v.NextBilling = v.Trial.End
		}
	}
	b.sub.Versions = append(b.sub.Versions, v)
	kind := "subscription_created"
	if v.Status == 0 {
		b.activate(t, starts)
		if starts < t {
			kind = "subscription_created_with_backdating"
		}
	}
	b.tell(t, kind, nil)
}

// activate begins the first paid term, or a new series of them, at a moment
// that may lie in the past.
func (b *biller) activate(t, from int64) {
	v := b.version(t)
	b.extend(v, from)
	b.anchor, b.k = from, 0
	v.Status, v.Activated, v.Cancelled, v.Announced, v.Reason = Active, from, 0, 0, ""
	v.PauseDate, v.ResumeDate = 0, 0
	if v.Started == 0 {
		v.Started = t
	}
	b.term(from)
	b.bill(t, b.termLines(from))
}

// extend moves the end of a contract along when its terms begin anew, after a
// pause: it still runs for as many terms as were left.
func (b *biller) extend(v *Version, from int64) {
	if v.Contract == nil || v.Contract.Status != "active" {
		return
	}
	c, left := *v.Contract, 0
	for reckon.Boundary(b.anchor, v.Every, v.Count, b.k+1+left) < c.End {
		left++
	}
	c.End = reckon.Boundary(from, v.Every, v.Count, max(left, 1))
	v.Contract = &c
}

// term puts the term that begins at t on the newest version.
func (b *biller) term(t int64) {
	v := b.last()
	v.Term = Cycle{t, reckon.Boundary(b.anchor, v.Every, v.Count, b.k+1)}
	v.NextBilling = v.Term.End
	if v.Remaining > 0 {
		v.Remaining--
	}
	if c := v.Contract; c != nil && c.Status == "active" && c.AtEnd == "cancel" && c.End == v.Term.End {
		v.Status, v.Cancelled = NonRenewing, c.End
	}
	if v.Remaining == 0 {
		v.Status = NonRenewing
		if b.sub.Gift == "" {
			v.Cancelled = v.Term.End
		}
	}
	if v.Status == NonRenewing {
		v.NextBilling = 0
	}
}

// turn is what happens by itself at the end of a term, a trial or a wait.
func (b *biller) turn(t int64) {
	switch v := b.last(); v.Status {
	case Future:
		n := b.version(t)
		n.Started = t
		if n.Trial.End > t {
			n.Status, n.NextBilling = InTrial, n.Trial.End
		} else {
			b.activate(t, t)
		}
		b.tell(t, "subscription_started", nil)
		if b.last().Status == Active {
			b.tell(t, "subscription_activated", nil)
		}
	case InTrial:
		if v.Cancelled == t {
			b.cancelled(t, "")
			return
		}
		b.activate(t, t)
		b.tell(t, "subscription_activated", nil)
	case NonRenewing:
		b.cancelled(t, v.Reason)
	case Active:
		b.renew(t)
	default: // paused and ended ones wait for somebody
	}
}

// renew begins the next term.
func (b *biller) renew(t int64) {
	if b.heir {
		b.transfer(t)
		return
	}
	n := b.version(t)
	changed := b.waiting != nil
	if changed {
		if p := b.waiting[0].Price; p.Every != n.Every || p.Count != n.Count {
			n.Every, n.Count = p.Every, p.Count
			b.anchor, b.k = t, -1
		}
		n.Items, n.Changes, b.waiting = b.waiting, 0, nil
		b.charged = map[*Price]charge{}
	}
	b.ramp(t)
	b.k++
	b.contract(t)
	b.term(t)
	b.bill(t, b.termLines(t))
	if changed {
		b.tell(t, "subscription_changed", nil)
	}
	b.tell(t, "subscription_renewed", nil)
}

// contract turns to the next contract term, or ends with it.
func (b *biller) contract(t int64) {
	v := b.version(t)
	c := v.Contract
	if c == nil || c.End != t || c.Status != "active" {
		return
	}
	next := *c
	switch c.AtEnd {
	case "renew":
		next.Start, next.End = t, reckon.Boundary(b.anchor, v.Every, v.Count, b.k+c.Cycles)
	default:
		next.Status = "completed"
	}
	v.Contract = &next
}

// cancelled ends the subscription; its items stay on it.
func (b *biller) cancelled(t int64, reason string) {
	if v := b.last(); v.Status == Paused {
		b.sub.darks = append(b.sub.darks, dark{from: v.PauseDate, to: t})
	}
	v := b.version(t)
	v.Status, v.Cancelled, v.Reason, v.NextBilling, v.PauseDate, v.ResumeDate, v.Changes = Cancelled, t, reason, 0, 0, 0, 0
	if v.Contract != nil && v.Contract.Status == "active" {
		c := *v.Contract
		c.Status = "completed"
		if t < c.End {
			c.Status = "terminated"
		}
		v.Contract = &c
	}
	b.waiting = nil
	b.bill(t, nil) // what was not billed yet
	for _, r := range b.sub.Ramps {
		if r.State(t) == Scheduled && r.Effective > t {
			r.Deleted = t
		}
	}
	b.tell(t, "subscription_cancelled", nil)
}

// tell writes an event of the subscription to the log.
func (b *biller) tell(t int64, kind string, fill func(*Event)) {
	b.sub.events++
	if t < b.s.first || t > b.s.until {
		return
	}
	r := b.ref(b.sub.events)
	e := &Event{Ref: r, At: t, Type: kind, Source: "scheduled_job", Customer: b.cust, Sub: b.sub}
	if !isAutomatic(kind) {
		e.Source = []string{"admin_console", "api", "portal"}[dice.Hash(b.s.Config.Seed, forEvent, uint64(r))%3]
	}
	if fill != nil {
		fill(e)
	}
	b.s.emit(e)
}

func isAutomatic(kind string) bool {
	switch kind {
	case "subscription_renewed", "subscription_activated", "subscription_started", "invoice_generated", "invoice_updated",
		"payment_succeeded", "payment_failed", "subscription_paused", "subscription_resumed", "subscription_ramp_applied":
		return true
	}
	return false
}
