package normalize

import (
	"cmp"
	"time"

	"mrrsync/connectors/billing"
)

// cause says why a subscription or an item does not count. It becomes the
// reason of the movement that follows.
type cause uint8

const (
	causeNone cause = iota // it counts
	causeFuture
	causeTrial
	causeIncomplete
	causePause
	causeUnpaid
	causeCancel
)

// standing is whether a subscription counts at an instant.
type standing struct {
	cause     cause
	scheduled bool // it will count if what is agreed comes true
	rule      [2]string
}

func out(c cause) standing { return standing{cause: c} }

// asked is the standing once a cancellation was asked for, where the policy
// does not wait for it to take effect.
func asked() standing {
	return standing{cause: causeCancel, rule: [2]string{"churn_at", string(ChurnScheduled)}}
}

// ending says whether the subscription has ended, or as last known will.
func (d *dossier) ending() bool {
	return !d.sub.Ended.IsZero() || len(d.states) > 0 && !d.states[len(d.states)-1].Terms.CancelAt.IsZero()
}

// standing decides by section 3 of the law: the life of the subscription first,
// then its status as the covering version shows it, or where none does, as far
// as invoices and the next version tell.
func (d *dossier) standing(t time.Time, state *billing.State) standing {
	sub := d.sub
	if start := cmp.Or(sub.Start, sub.Created); t.Before(start) {
		return out(causeFuture)
	}
	if !sub.Ended.IsZero() && !t.Before(sub.Ended) {
		return out(causeCancel)
	}
	if d.ending() && !sub.Requested.IsZero() && !t.Before(sub.Requested) && d.policy.ChurnAt == ChurnScheduled {
		return asked()
	}
	if state == nil {
		return d.presumed(t)
	}
	return d.shown(t, state, &state.Terms)
}

// shown is the standing by the terms of a version that covers t.
func (d *dossier) shown(t time.Time, state *billing.State, terms *billing.Terms) standing {
	if end := terms.CancelAt; !end.IsZero() {
		if !t.Before(end) {
			return out(causeCancel)
		}
		if d.policy.ChurnAt == ChurnScheduled {
			return asked() // even if it was taken back later
		}
	}
	switch terms.Status {
	case billing.StatusTrialing:
		return d.onTrial(t, state, terms)
	case billing.StatusFuture:
		if t.Before(cmp.Or(d.sub.Start, state.SeenAt)) {
			return out(causeFuture)
		}
		return standing{scheduled: true}
	case billing.StatusIncomplete:
		return out(causeIncomplete)
	case billing.StatusUnpaid:
		return out(causeUnpaid)
	case billing.StatusCanceled:
		return out(causeCancel)
	case billing.StatusPaused:
		return d.paused(t, terms)
	case billing.StatusPastDue:
		if s := d.overdue(t, state); s.cause != causeNone {
			return s
		}
	case billing.StatusActive, billing.StatusNonRenewing:
	}
	if s := d.collection(t, terms.Pause); s.cause != causeNone || s.rule[0] != "" {
		return s
	}
	if terms.Status == billing.StatusPastDue {
		return standing{rule: [2]string{"past_due", d.policy.PastDue.String()}}
	}
	return standing{}
}

// onTrial is the standing of a version that says trialing: nothing until the
// trial's end; from then on what later evidence shows, and while there is none,
// scheduled.
func (d *dossier) onTrial(t time.Time, state *billing.State, terms *billing.Terms) standing {
	if terms.TrialEnd.IsZero() || t.Before(terms.TrialEnd) {
		return out(causeTrial)
	}
	if _, next := d.around(known(state)); next != nil {
		if counting(next.Terms.Status) {
			return standing{}
		}
		return out(causeTrial)
	}
	if d.converted(terms.TrialEnd, "") {
		return standing{}
	}
	return standing{scheduled: true}
}

// converted says whether evidence seen at or after a trial's end shows that the
// subscription counts. An item's own trial asks about that item.
func (d *dossier) converted(end time.Time, item string) bool {
	for _, s := range d.states {
		until := cmp.Or(s.Until, s.SeenAt)
		if counting(s.Terms.Status) && !until.Before(end) && (item == "" || itemOf(s, item) != nil) {
			return true
		}
		if counting(s.Terms.Status) && s.Evidence == billing.EvidenceContract {
			return true // an agreement on paper waits for no evidence
		}
	}
	for _, s := range d.services {
		if s.Kind != billing.Charged && s.Kind != billing.Began || item != "" && s.ItemID != item {
			continue
		}
		if s.Until.After(end) && !s.IssuedAt.IsZero() && !s.IssuedAt.Before(end) {
			return true
		}
	}
	return false
}

// seen is the instant of the latest evidence: what holds later is only agreed.
func (d *dossier) seen() time.Time {
	var last time.Time
	for _, s := range d.states {
		if s.SeenAt.After(last) {
			last = s.SeenAt
		}
	}
	for _, s := range d.services {
		if s.IssuedAt.After(last) {
			last = s.IssuedAt
		}
	}
	return last
}

func counting(s billing.Status) bool {
	return s == billing.StatusActive || s == billing.StatusPastDue || s == billing.StatusNonRenewing
}

// paused is the standing of a paused status. A trial that ran into a pause
// never converted and counts under no policy.
func (d *dossier) paused(t time.Time, terms *billing.Terms) standing {
	if resumes := terms.Pause.ResumesAt; !resumes.IsZero() && !t.Before(resumes) {
		return standing{}
	}
	if !terms.TrialEnd.IsZero() && !d.converted(terms.TrialEnd, "") {
		return out(causeTrial)
	}
	rule := [2]string{"chargebee_paused", string(d.policy.ChargebeePaused)}
	if d.policy.ChargebeePaused == PauseKeep {
		return standing{rule: rule}
	}
	return standing{cause: causePause, rule: rule}
}

// collection is the standing while the collection of invoices is paused.
func (d *dossier) collection(t time.Time, p billing.Pause) standing {
	if !p.ResumesAt.IsZero() && !t.Before(p.ResumesAt) {
		return standing{}
	}
	var key string
	var rule PauseRule
	switch p.Behavior {
	case billing.PauseVoid:
		key, rule = "void", d.policy.PauseCollection.Void
	case billing.PauseKeepAsDraft:
		key, rule = "keep_as_draft", d.policy.PauseCollection.KeepAsDraft
	case billing.PauseMarkUncollectible:
		key, rule = "mark_uncollectible", d.policy.PauseCollection.MarkUncollectible
	default:
		return standing{}
	}
	s := standing{rule: [2]string{"pause_collection." + key, string(rule)}}
	if rule == PauseExclude {
		s.cause = causePause
	}
	return s
}

// overdue is the standing of a past due version.
func (d *dossier) overdue(t time.Time, state *billing.State) standing {
	days := d.policy.PastDue.Days
	if days < 0 {
		return standing{}
	}
	for i, s := range d.states {
		if s == state && (days == 0 || !t.Before(d.overdueUntil(i))) {
			return standing{cause: causeUnpaid, rule: [2]string{"past_due", d.policy.PastDue.String()}}
		}
	}
	return standing{}
}

// overdueUntil is until when the past due state i still counts: so many days
// after the first of the unbroken run of past due states that it belongs to.
func (d *dossier) overdueUntil(i int) time.Time {
	for i > 0 && d.states[i-1].Terms.Status == billing.StatusPastDue {
		i--
	}
	return known(d.states[i]).AddDate(0, 0, d.policy.PastDue.Days)
}

// presumed is the standing where no version covers t: invoices say that a
// period was charged, voided or on trial; else the trial's dates and the status
// before the gap decide, and a subscription that ever counted counts. An invoice
// for a period that had begun when a version was last seen is older news than
// that version, except that a first payment completes.
func (d *dossier) presumed(t time.Time) standing {
	last := d.serviceAt(t)
	if prior, _ := d.around(t); last != nil && prior != nil && last.From.Before(prior.Until) && prior.Terms.Status != billing.StatusIncomplete {
		last = nil
	}
	if last != nil && last.Kind == billing.Voided {
		return d.collection(t, billing.Pause{Behavior: billing.PauseVoid})
	}
	if last != nil && last.Kind == billing.OnTrial {
		return out(causeTrial)
	}
	before, after := d.around(t)
	if on := onPaper(before, after); on != causeNone {
		return out(on)
	}
	near := after
	if near == nil {
		near = before
	}
	if near != nil && !near.Terms.TrialEnd.IsZero() {
		end := near.Terms.TrialEnd
		if within(t, near.Terms.TrialStart, end) || !t.Before(end) && !d.converted(end, "") {
			return out(causeTrial)
		}
	}
	switch {
	case last != nil:
		return standing{}
	case before != nil && !before.Until.IsZero():
		return d.shown(t, before, &before.Terms)
	case after != nil && after.Terms.Status == billing.StatusIncomplete && !d.charged:
		return out(causeIncomplete)
	case after != nil && after.Terms.Status == billing.StatusFuture:
		return out(causeFuture)
	}
	return standing{}
}

// onPaper is why a contract does not count outside its rows: they are exact, and
// nothing is carried beyond them.
func onPaper(before, after *billing.State) cause {
	switch {
	case before != nil && before.Evidence == billing.EvidenceContract:
		return causeCancel
	case before == nil && after != nil && after.Evidence == billing.EvidenceContract:
		return causeFuture
	}
	return causeNone
}

// serviceAt is the latest begun service whose period covers t: a charged one
// before a voided or free one of the same beginning. Prorations say nothing
// here: they are charged later, come what may.
func (d *dossier) serviceAt(t time.Time) *billing.Service {
	var last *billing.Service
	for _, s := range d.services {
		switch {
		case s.Kind == billing.Stopped || s.Kind == billing.Began || !within(t, s.From, s.Until):
		case last == nil, s.From.After(last.From), s.Kind == billing.Charged:
			last = s
		}
	}
	return last
}
