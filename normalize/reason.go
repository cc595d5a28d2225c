package normalize

import (
	"slices"

	"mrrsync/connectors/billing"
)

// The reasons of movements.
const (
	ReasonNew         = "new"
	ReasonQuantity    = "quantity"
	ReasonPrice       = "price"
	ReasonPlan        = "plan"
	ReasonItem        = "item"
	ReasonDiscount    = "discount"
	ReasonTrial       = "trial"
	ReasonRamp        = "ramp"
	ReasonPause       = "pause"
	ReasonResume      = "resume"
	ReasonCancel      = "cancel"
	ReasonUnpaid      = "unpaid"
	ReasonRecovered   = "recovered"
	ReasonTransfer    = "transfer"
	ReasonRestatement = "restatement"
)

// reasonOf says what made a change. day is all that changed for the account on
// that day; level says that it sums to nothing in the change's currency.
func reasonOf(c *change, day []change, level bool) string {
	there, here := c.before != nil && c.before.cause == causeNone, c.after != nil && c.after.cause == causeNone
	switch {
	case level:
		return ReasonTransfer
	case there && here && c.planned() && c.before.scheduled != c.after.scheduled:
		return ReasonTrial
	case there && here:
		return reasonOfTerms(c.before, c.after)
	case here:
		return reasonOfArrival(c, day)
	}
	return reasonOfLeaving(c, day)
}

// reasonOfTerms compares the terms of an item that counts before and after.
func reasonOfTerms(before, after *span) string {
	ramp := after.kind == billing.EvidencePhase || after.kind == billing.EvidenceContract
	switch {
	case before.plan() != after.plan() || before.product() != after.product():
		if ramp {
			return ReasonRamp
		}
		return ReasonPlan
	case !before.item.Quantity.Equal(after.item.Quantity):
		return ReasonQuantity
	case !samePrice(before.item, after.item):
		if ramp {
			return ReasonRamp
		}
		return ReasonPrice
	}
	return ReasonDiscount
}

func samePrice(a, b *billing.Item) bool {
	p, q := &a.Price, &b.Price
	if (a.Amount == nil) != (b.Amount == nil) || a.Amount != nil && !a.Amount.Equal(*b.Amount) {
		return false
	}
	return p.Interval == q.Interval && p.Model == q.Model && p.Unit.Equal(q.Unit) && p.PackageSize == q.PackageSize &&
		a.TermFrom == b.TermFrom && a.TermUntil == b.TermUntil &&
		slices.EqualFunc(p.Tiers, q.Tiers, func(x, y billing.Tier) bool {
			return x.Unbounded == y.Unbounded && x.UpTo.Equal(y.UpTo) && x.Unit.Equal(y.Unit) && x.Flat.Equal(y.Flat)
		})
}

func reasonOfArrival(c *change, day []change) string {
	if c.before != nil {
		switch c.before.cause {
		case causeTrial:
			return ReasonTrial
		case causePause:
			return ReasonResume
		case causeUnpaid, causeIncomplete:
			return ReasonRecovered
		case causeNone, causeFuture, causeCancel:
		}
	}
	if c.after.kind == billing.EvidencePhase && swaps(c, day) {
		return ReasonRamp
	}
	switch {
	case swaps(c, day):
		return ReasonPlan
	case c.line.siblings != nil && c.line.siblings.countsBefore(c.date):
		return ReasonItem
	}
	return ReasonNew
}

func reasonOfLeaving(c *change, day []change) string {
	if c.after != nil {
		switch c.after.cause {
		case causePause:
			return ReasonPause
		case causeUnpaid:
			return ReasonUnpaid
		case causeTrial:
			return ReasonTrial
		case causeNone, causeFuture, causeIncomplete, causeCancel:
		}
		return ReasonCancel
	}
	switch {
	case swaps(c, day):
		return ReasonPlan
	case c.line.siblings != nil && c.line.siblings.countsOn(c.date):
		return ReasonItem
	}
	return ReasonCancel
}

// swaps says whether another item of the subscription goes the other way on the
// same day.
func swaps(c *change, day []change) bool {
	return slices.ContainsFunc(day, func(o change) bool {
		return o.line != c.line && o.line.source == c.line.source && o.line.sub == c.line.sub &&
			o.from.IsPositive() != c.from.IsPositive() && o.to.IsPositive() != c.to.IsPositive()
	})
}

// family is the lines of one subscription.
type family struct{ lines []*line }

// countsOn says whether any item counts on a day.
func (f *family) countsOn(day billing.Date) bool {
	return slices.ContainsFunc(f.lines, func(l *line) bool {
		return slices.ContainsFunc(l.spans, func(s *span) bool {
			return s.cause == causeNone && s.from <= day && day < s.until
		})
	})
}

// countsBefore says whether any item counts on the day before.
func (f *family) countsBefore(day billing.Date) bool { return f.countsOn(day - 1) }
