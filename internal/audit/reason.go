package audit

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/report"
	"mrrsync/normalize"
)

// Reason is a code for where a difference comes from. None is a guess: a reason
// is given only where the figures agree once its fact or rule is taken into
// account, to less than one minor unit an item. What nothing explains is
// Unexplained.
type Reason string

// The reasons.
const (
	Equal       Reason = "equal"
	Unexplained Reason = "unexplained"
	Rounding    Reason = "rounding"
	Rejected    Reason = "rejected"
)

// alteration is one way in which a provider's own figure may differ from ours:
// another choice of a rule, or a fact taken otherwise.
type alteration struct {
	reason Reason
	detail string
	law    func(*normalize.Policy) // nil: the policy stays
	terms  func(*billing.Terms)    // nil: the facts stay
}

// alterations are tried in this order, by themselves and then in pairs.
func alterations() []alteration {
	return []alteration{
		{reason: "limited_coupon_on_yearly", detail: "the provider leaves coupons of limited duration on yearly plans out", law: func(p *normalize.Policy) { p.Discounts.RepeatingOnYearly = normalize.Ignore }},
		{reason: "limited_coupon", detail: "the provider values the next renewal, by which coupons of limited duration have ended", law: func(p *normalize.Policy) {
			p.Discounts.Repeating, p.Discounts.RepeatingOnYearly = normalize.Ignore, normalize.Ignore
		}},
		{reason: "site_setting", detail: "the site counts one-time coupons", law: func(p *normalize.Policy) { p.Discounts.Once = normalize.Subtract }},
		{reason: "site_setting", detail: "the site counts no coupon before it was invoiced", law: func(p *normalize.Policy) {
			p.Discounts = normalize.DiscountRules{Forever: normalize.Ignore, Repeating: normalize.Ignore, RepeatingOnYearly: normalize.Ignore, Once: normalize.Ignore}
		}},
		{reason: "site_setting", detail: "the site counts metered items", terms: eachItem(func(item *billing.Item) {
			if item.Price.Usage == billing.Metered {
				item.Price.Usage = billing.Licensed
			}
		})},
		{reason: "tax_inclusive", detail: "the provider's figure contains the tax that our MRR leaves out", terms: eachItem(func(item *billing.Item) {
			item.Price.Tax, item.Taxes = billing.TaxExclusive, nil
		})},
		{reason: "usage_minimum", detail: "the provider does not count agreed minimums of usage", law: func(p *normalize.Policy) { p.Usage.CommitmentMetadataKey = "" }, terms: eachItem(func(item *billing.Item) { item.Commitment = nil })},
		{reason: "paused", detail: "the provider goes on valuing what is paused", law: func(p *normalize.Policy) {
			p.ChargebeePaused, p.PauseCollection = normalize.PauseKeep, normalize.PauseCollection{Void: normalize.PauseKeep, KeepAsDraft: normalize.PauseKeep, MarkUncollectible: normalize.PauseKeep}
		}},
		{reason: "trial", detail: "the provider values what is still on trial", terms: func(t *billing.Terms) {
			if t.Status == billing.StatusTrialing || t.Status == billing.StatusFuture {
				t.Status = billing.StatusActive
			}
			t.TrialStart, t.TrialEnd = time.Time{}, time.Time{}
			eachItem(func(item *billing.Item) { item.TrialEnd = time.Time{} })(t)
		}},
		{reason: "past_due", detail: "the provider does not count what is past due", law: func(p *normalize.Policy) { p.PastDue = normalize.PastDue{Days: 0} }},
		{reason: "scheduled_cancellation", detail: "the provider does not count what is to end", law: func(p *normalize.Policy) { p.ChurnAt = normalize.ChurnScheduled }},
	}
}

// eachItem alters every item of terms.
func eachItem(alter func(*billing.Item)) func(*billing.Terms) {
	return func(t *billing.Terms) {
		for i := range t.Items {
			alter(&t.Items[i])
		}
	}
}

// with is an account of one record and one subscription, whose terms alterations
// may change without changing the original.
func (k *kase) with(all ...alteration) decimal.Decimal {
	law := k.law
	sub := *k.sub
	sub.States = slices.Clone(sub.States)
	for i := range sub.States {
		sub.States[i].Terms.Items = slices.Clone(sub.States[i].Terms.Items)
	}
	for _, a := range all {
		if a.law != nil {
			a.law(&law.Policy)
		}
		for i := range sub.States {
			if a.terms != nil {
				a.terms(&sub.States[i].Terms)
			}
		}
	}
	record := billing.Record{Source: k.record.Source, Customer: k.record.Customer, Subscriptions: []billing.Subscription{sub}}
	return on(normalize.Derive(normalize.Account{ID: k.account, Records: []billing.Record{record}}, law).Periods, k.sub.ID, k.day)
}

// on is the MRR of a subscription on a day. Scheduled MRR is not in it.
func on(periods []normalize.Period, subscription string, day billing.Date) decimal.Decimal {
	sum := decimal.Zero
	for i := range periods {
		if p := &periods[i]; p.SubscriptionID == subscription && !p.Scheduled && p.From <= day && day < p.Until {
			sum = sum.Add(p.MRR)
		}
	}
	return sum
}

// kase is one subscription with a figure of its provider that is not ours.
type kase struct {
	law     normalize.Settings
	account string
	record  *billing.Record
	sub     *billing.Subscription
	periods []normalize.Period // of the whole account
	rejects []string           // objects of the account that could not be read
	day     billing.Date
	ours    decimal.Decimal
	theirs  decimal.Decimal
}

// close says whether a figure is the provider's, but for rounding.
func (k *kase) close(figure decimal.Decimal) bool {
	items := int64(1)
	for i := range k.sub.States {
		items = max(items, int64(len(k.sub.States[i].Terms.Items)))
	}
	unit := decimal.New(1, -min(report.Places(k.sub.Currency), 2)) // Chargebee states three-decimal currencies in hundredths too
	return figure.Sub(k.theirs).Abs().LessThan(unit.Mul(decimal.NewFromInt(items)))
}

// explain finds the reason of the difference, and tells it in words.
func (k *kase) explain() (Reason, string) {
	switch {
	case k.ours.Equal(k.theirs):
		return Equal, ""
	case k.ours.IsPositive() && k.close(k.ours):
		return Rounding, "less than one minor unit an item"
	case len(k.rejects) > 0:
		return Rejected, k.rejects[0]
	}
	all := alterations()
	var change []alteration // those that change anything by themselves, or might together with another
	for _, a := range all {
		if k.close(k.with(a)) {
			return a.reason, a.detail
		}
	}
	if reason, detail, ok := k.timing(); ok {
		return reason, detail
	}
	if detail, ok := k.charged(); ok {
		return "excluded_charge", detail
	}
	for _, a := range all {
		for _, b := range change {
			if a.reason != b.reason && k.close(k.with(b, a)) {
				return b.reason + "+" + a.reason, b.detail + "; " + a.detail
			}
		}
		change = append(change, a)
	}
	return Unexplained, ""
}

// timing finds the figure among those that we have of other days: the terms
// before, or terms that are agreed.
func (k *kase) timing() (Reason, string, bool) {
	days := map[billing.Date]bool{}
	for i := range k.periods {
		if p := &k.periods[i]; p.SubscriptionID == k.sub.ID {
			days[p.From], days[p.Until] = true, true
		}
	}
	delete(days, billing.Forever)
	var before, after billing.Date
	for d := range days {
		switch {
		case d <= k.day && (before == billing.NoDate || d > before):
			before = d
		case d > k.day && (after == billing.NoDate || d < after):
			after = d
		}
	}
	if before != billing.NoDate && k.close(on(k.periods, k.sub.ID, before-1)) && on(k.periods, k.sub.ID, before-1).IsPositive() {
		return "timing", fmt.Sprintf("it is our figure until %s: the provider's was not made anew since", before-1), true
	}
	if after != billing.NoDate {
		next := decimal.Zero
		for i := range k.periods {
			if p := &k.periods[i]; p.SubscriptionID == k.sub.ID && p.From <= after && after < p.Until {
				next = next.Add(p.MRR)
			}
		}
		if k.close(next) {
			for i := range k.sub.Phases {
				if billing.DateOf(k.sub.Phases[i].From, k.zone()) == after {
					return "ramp", fmt.Sprintf("it is what is agreed from %s on", after), true
				}
			}
			return "timing", fmt.Sprintf("it is our figure from %s on", after), true
		}
	}
	return "", "", false
}

func (k *kase) zone() *time.Location {
	if k.law.Zone == nil {
		return time.UTC
	}
	return k.law.Zone
}

// charged finds the difference among the one-time charges of an invoice of the
// subscription of the last year.
func (k *kase) charged() (string, bool) {
	for i := len(k.record.Invoices) - 1; i >= 0; i-- {
		inv := &k.record.Invoices[i]
		issued := billing.DateOf(inv.IssuedAt, k.zone())
		if inv.CreditNote || inv.Status == billing.InvoiceVoid || inv.Status == billing.InvoiceDraft || issued > k.day || issued < k.day-366 {
			continue
		}
		sum := decimal.Zero
		for j := range inv.Lines {
			l := &inv.Lines[j]
			if l.Usage == billing.OneTime && !l.Proration && (l.SubscriptionID == k.sub.ID || l.SubscriptionID == "" && inv.SubscriptionID == k.sub.ID) {
				sum = sum.Add(l.Amount).Sub(l.Discounts)
			}
		}
		if !sum.IsZero() && k.close(k.ours.Add(sum)) {
			return "the provider counts the one-time charges of invoice " + inv.ID, true
		}
	}
	return "", false
}
