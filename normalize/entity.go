package normalize

import (
	"cmp"
	"time"

	"mrrsync/connectors/billing"
)

func (dv *derivation) customer(r *billing.Record) {
	c := &r.Customer
	dv.result.Customers = append(dv.result.Customers, Customer{
		Source: r.Source, CustomerID: c.ID, AccountID: dv.account, Name: c.Name, Email: c.Email,
		Currency: c.Currency, Country: c.Country, Created: dv.day(c.Created, billing.NoDate), Deleted: c.Deleted,
		Segments: dv.latest(nil, c),
	})
}

func (dv *derivation) subscription(r *billing.Record, d *dossier) {
	sub := d.sub
	row := Subscription{
		Source: r.Source, CustomerID: r.Customer.ID, AccountID: dv.account, SubscriptionID: sub.ID, Name: sub.Name,
		Currency: sub.Currency, Status: statusName(billing.StatusActive),
		Start: dv.day(cmp.Or(sub.Start, sub.Created), billing.NoDate), End: dv.day(sub.Ended, billing.Forever),
		CancelAt: billing.Forever, Segments: dv.latest(sub.Metadata, &r.Customer), ProviderMRR: sub.ProviderMRR, Refs: refsOf(sub, &r.Customer),
	}
	if len(d.states) > 0 {
		last := &d.states[len(d.states)-1].Terms
		row.Status = statusName(last.Status)
		row.CancelAt = dv.day(last.CancelAt, billing.Forever)
		row.TrialEnd = dv.day(last.TrialEnd, billing.NoDate)
	}
	if !sub.Ended.IsZero() && len(d.states) == 0 {
		row.Status = statusName(billing.StatusCanceled)
	}
	if row.ProviderMRR != nil && beyond(*row.ProviderMRR) {
		dv.reject(r, "subscription", sub.ID, refuse("out_of_range", "the provider's own MRR is %s", row.ProviderMRR), sub.Object)
		row.ProviderMRR = nil
	}
	dv.result.Subscriptions = append(dv.result.Subscriptions, row)
}

// day is an instant's date, or none where the instant is not known. Dates stay
// within what the warehouse holds: 1970-01-02 until Forever.
func (dv *derivation) day(t time.Time, none billing.Date) billing.Date {
	if t.IsZero() {
		return none
	}
	return min(max(billing.DateOf(t, dv.settings.Zone), billing.NoDate+1), billing.Forever)
}

// statusName is a status as the warehouse spells it.
func statusName(s billing.Status) string {
	switch s {
	case billing.StatusActive:
		return "active"
	case billing.StatusPastDue:
		return "past_due"
	case billing.StatusNonRenewing:
		return "non_renewing"
	case billing.StatusTrialing:
		return "trialing"
	case billing.StatusFuture:
		return "future"
	case billing.StatusIncomplete:
		return "incomplete"
	case billing.StatusUnpaid:
		return "unpaid"
	case billing.StatusPaused:
		return "paused"
	case billing.StatusCanceled:
		return "canceled"
	}
	return "unknown"
}
