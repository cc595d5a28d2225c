package normalize

import (
	"cmp"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// Explanation says why an account's MRR is what it is on a day, and how it came
// to be. It is told by the derivation itself while it values, so that it cannot
// say anything else than the figures do.
type Explanation struct {
	Account       string
	Day           billing.Date
	Subscriptions []ExplainedSubscription // by source, customer and id; all that are known, also those without MRR
	Moves         []Move                  // the whole history, past and agreed, by date
	Rejects       []Reject                // what of the account could not be valued, on any day
}

// ExplainedSubscription is whether a subscription counts on the day, and what
// its items are worth.
type ExplainedSubscription struct {
	Source, CustomerID, ID, Name, Currency string
	Start, Ended                           time.Time // zero: unknown, open
	Standing                               Standing
	Items                                  []ExplainedItem // by id; those that are there on the day
}

// Standing is whether something counts on a day, and what says so.
type Standing struct {
	Counts    bool
	Scheduled bool   // it counts if what is agreed comes true
	Why       string // in words: "active", "on trial", "ended"
	Rule      string // the policy rule that decided; empty: none had to
	// Kind and Object are the evidence; Kind 0: nothing speaks of the instant
	// itself, and the dates of the subscription decide.
	Kind   billing.EvidenceKind
	Object billing.Ref
	Since  time.Time // since when the evidence speaks; zero: unknown
}

// ExplainedItem is what one item is worth on the day, step by step.
type ExplainedItem struct {
	Item     billing.Item // the terms in force at the day's end
	Standing Standing
	// Kind and Object are the evidence of the terms.
	Kind    billing.EvidenceKind
	Object  billing.Ref
	Steps   []Step // empty where the item does not count
	Refused string // why the terms could not be valued; Steps are then those of the last terms that could
	Dropped string // the policy rule that values at zero all that the account ever had
	MRR     decimal.Decimal
}

// Move is a movement with what stood on its item before and after, and the
// evidence of both.
type Move struct {
	Movement
	Before, After *Side // nil: the item was not there
	// Kind and Shown are the evidence of the change: what shows the terms that
	// begin, or that something ends. Kind 0: nothing is known to.
	Kind  billing.EvidenceKind
	Shown billing.Ref
}

// Side is one side of a movement.
type Side struct {
	PlanID   string
	Quantity decimal.Decimal
	MRR      decimal.Decimal
	Why      string // why it does not count; empty: it does
	Rule     string
	Kind     billing.EvidenceKind
	Object   billing.Ref
}

// MRR is the account's MRR on the day by currency. Scheduled MRR is not in it.
func (e *Explanation) MRR() map[string]decimal.Decimal {
	sums := make(map[string]decimal.Decimal)
	for i := range e.Subscriptions {
		s := &e.Subscriptions[i]
		for j := range s.Items {
			if it := &s.Items[j]; !it.Standing.Scheduled && it.MRR.IsPositive() {
				sums[s.Currency] = sums[s.Currency].Add(it.MRR)
			}
		}
	}
	return sums
}

// Explain derives an account as Derive does and tells how its MRR on a day, at
// the day's end, came about. It is a pure function.
func Explain(account Account, s Settings, day billing.Date) Explanation {
	w := &watch{day: day}
	dv := derive(account, s, w)
	e := Explanation{Account: account.ID, Day: day, Rejects: dv.result.Rejects}
	for _, seen := range w.seen {
		e.Subscriptions = append(e.Subscriptions, seen.explain(dv))
	}
	for i := range dv.result.Movements {
		e.Moves = append(e.Moves, dv.move(&dv.result.Movements[i]))
	}
	return e
}

// watch looks over a derivation's shoulder on one day. A nil watch sees nothing.
type watch struct {
	day  billing.Date
	seen []*sighting
	here bool // the stretch that is being valued covers the day
}

// sighting is what a watch saw of one subscription.
type sighting struct {
	record *billing.Record
	d      *dossier
	at     time.Time // the change that the day's scene begins with; zero: the day lies before all
	scene  scene
	items  []sighted
}

type sighted struct {
	line    *line
	span    *span // as its terms say
	counted *span // as it stands in the line; nil where there is nothing to stand on
	no      *refusal
}

func (w *watch) subscription(r *billing.Record, d *dossier) {
	if w != nil {
		w.seen = append(w.seen, &sighting{record: r, d: d})
	}
}

// scene is told of every stretch of days before it is valued.
func (w *watch) scene(sc scene, at time.Time, from, until billing.Date) {
	if w == nil {
		return
	}
	if w.here = from <= w.day && w.day < until; w.here {
		s := w.seen[len(w.seen)-1]
		s.at, s.scene = at, sc
	}
}

// item is told of every item's span after it has found its place in its line.
func (w *watch) item(l *line, sp *span, no *refusal) {
	if w == nil || !w.here {
		return
	}
	seen := sighted{line: l, span: sp, no: no}
	if n := len(l.spans); n > 0 && l.spans[n-1].until > w.day {
		seen.counted = l.spans[n-1]
	}
	s := w.seen[len(w.seen)-1]
	s.items = append(s.items, seen)
}

func (s *sighting) explain(dv *derivation) ExplainedSubscription {
	sub := s.d.sub
	out := ExplainedSubscription{
		Source: s.record.Source, CustomerID: s.record.Customer.ID, ID: sub.ID, Name: sub.Name, Currency: sub.Currency,
		Start: cmp.Or(sub.Start, sub.Created), Ended: sub.Ended,
	}
	if s.at.IsZero() {
		out.Standing = Standing{Why: causeFuture.words()}
		return out
	}
	out.Standing = s.d.told(s.at, s.scene.standing)
	for i := range s.items {
		out.Items = append(out.Items, s.items[i].explain(dv, out.Standing))
	}
	return out
}

func (s *sighted) explain(dv *derivation, standing Standing) ExplainedItem {
	sp := s.span
	out := ExplainedItem{Item: *sp.item, Standing: standing, Kind: sp.kind, Object: sp.object}
	if sp.cause != causeNone && standing.Counts {
		out.Standing.Counts, out.Standing.Why = false, sp.cause.words()
		if sp.cause == causeTrial {
			out.Standing.Why += " of the item, until " + moment(s.span.item.TrialEnd)
		}
	}
	out.Standing.Scheduled = sp.scheduled
	if s.no != nil {
		out.Refused = s.no.Error()
	}
	if s.counted == nil {
		return out
	}
	out.MRR, out.Standing.Scheduled = s.counted.mrr, s.counted.scheduled
	if s.no != nil {
		out.Kind, out.Item, out.Object = s.counted.kind, *s.counted.item, s.counted.object
	}
	if sp.trace != nil && s.no == nil {
		out.Steps = sp.trace.steps
	} else if s.counted.trace != nil {
		out.Steps = s.counted.trace.steps
	}
	if out.MRR.IsPositive() && s.line.spans == nil {
		out.MRR = decimal.New(0, -Scale)
		out.Dropped = "movements.same_month_new_and_churn=" + string(dv.settings.Policy.Movements.SameMonthNewAndChurn)
	}
	return out
}

// told puts a standing in words, with the evidence that it rests on.
func (d *dossier) told(t time.Time, s standing) Standing {
	out := Standing{Counts: s.cause == causeNone, Scheduled: s.scheduled, Why: s.cause.words()}
	if s.rule[0] != "" {
		out.Rule = s.rule[0] + "=" + s.rule[1]
	}
	state := d.covering(t)
	switch {
	case s.cause == causeFuture:
		return out
	case s.cause == causeCancel && !d.sub.Ended.IsZero() && !t.Before(d.sub.Ended):
		out.Why = "ended " + moment(d.sub.Ended)
		out.Object, out.Since = d.sub.Object, d.sub.Ended
		return out
	case s.cause == causeCancel && s.rule[0] != "":
		out.Why = "its cancellation was asked for"
		if !d.sub.Requested.IsZero() {
			out.Why += " " + moment(d.sub.Requested)
		}
		out.Object, out.Since = d.sub.Object, d.sub.Requested
		return out
	case state != nil:
		out.Kind, out.Object, out.Since = cmp.Or(state.Evidence, billing.EvidenceVersion), state.Object, state.From
		out.Why = wordsOf(&state.Terms, s)
	case d.serviceAt(t) != nil:
		service := d.serviceAt(t)
		out.Kind, out.Object, out.Since = billing.EvidenceInvoice, service.Object, service.From
		if s.cause == causeNone {
			out.Why = "charged for " + moment(service.From) + " until " + moment(service.Until)
		}
	default:
		before, after := d.around(t)
		if near := cmp.Or(before, after); near != nil {
			out.Object, out.Since, out.Kind = near.Object, near.From, billing.EvidenceCarried
			if near == after {
				out.Kind = billing.EvidenceEarliest
			}
		}
	}
	return out
}

// wordsOf is a version's status, with what else of it decides.
func wordsOf(terms *billing.Terms, s standing) string {
	why := statusName(terms.Status)
	switch {
	case s.cause == causeTrial && !terms.TrialEnd.IsZero():
		why += ", on trial until " + moment(terms.TrialEnd)
	case s.cause == causeCancel && !terms.CancelAt.IsZero():
		why += ", ends " + moment(terms.CancelAt)
	case terms.Pause.Behavior != billing.PauseNone:
		why += ", its collection is paused"
		if !terms.Pause.ResumesAt.IsZero() {
			why += " until " + moment(terms.Pause.ResumesAt)
		}
	}
	if s.scheduled {
		why += "; that it will count is agreed, and nothing shows yet that it does"
	}
	return why
}

// words says why something does not count; "active" when it does.
func (c cause) words() string {
	switch c {
	case causeFuture:
		return "not begun"
	case causeTrial:
		return "on trial"
	case causeIncomplete:
		return "incomplete: its first payment is outstanding"
	case causePause:
		return "paused"
	case causeUnpaid:
		return "unpaid"
	case causeCancel:
		return "ended"
	case causeNone:
	}
	return "active"
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// move finds the two sides of a movement.
func (dv *derivation) move(m *Movement) Move {
	out := Move{Movement: *m}
	for _, l := range dv.lines {
		if l.source == m.Source && l.customer == m.CustomerID && l.sub == m.SubscriptionID && l.item == m.ItemID {
			out.Before, out.After = l.sideOn(m.Date-1), l.sideOn(m.Date)
			break
		}
	}
	if out.After != nil && out.After.Why == "" {
		out.Kind, out.Shown = out.After.Kind, out.After.Object
		return out
	}
	for _, seen := range dv.watch.seen {
		if seen.record.Source == m.Source && seen.record.Customer.ID == m.CustomerID && seen.d.sub.ID == m.SubscriptionID {
			out.Kind, out.Shown = dv.ending(seen.d, m)
		}
	}
	if out.Kind == 0 && out.After != nil {
		out.Kind, out.Shown = out.After.Kind, out.After.Object
	}
	return out
}

// ending is what shows that an item has no MRR any more from a movement's day
// on: the version that began then, the invoice that charged it back, or the
// subscription's own end.
func (dv *derivation) ending(d *dossier, m *Movement) (billing.EvidenceKind, billing.Ref) {
	for _, s := range d.states {
		if dv.day(known(s), billing.NoDate) == m.Date {
			return cmp.Or(s.Evidence, billing.EvidenceVersion), s.Object
		}
	}
	for _, s := range d.services {
		if s.Kind == billing.Stopped && s.ItemID == m.ItemID && dv.day(s.From, billing.NoDate) == m.Date {
			return billing.EvidenceInvoice, s.Object
		}
	}
	if dv.day(d.sub.Ended, billing.NoDate) == m.Date || dv.day(d.sub.Requested, billing.NoDate) == m.Date {
		return billing.EvidenceVersion, d.sub.Object
	}
	return 0, billing.Ref{}
}

func (l *line) sideOn(day billing.Date) *Side {
	for _, s := range l.spans {
		if s.from <= day && day < s.until {
			side := &Side{PlanID: s.plan(), Quantity: s.item.Quantity, MRR: s.mrr, Rule: s.rule, Kind: s.kind, Object: s.object}
			if s.cause != causeNone {
				side.Why = s.cause.words()
			}
			return side
		}
	}
	return nil
}
