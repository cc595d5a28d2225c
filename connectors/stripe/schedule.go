package stripe

import (
	"bytes"
	"time"

	"mrrsync/connectors/rawjson"

	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// phases are what a schedule agreed, cut where it was left. They give exact
// dates and prices; Stripe keeps the phases that are past.
func (r resolver) phases(w *wireSchedule, currency string, object billing.Ref) ([]billing.Phase, []*connectors.Unreadable) {
	end := w.end()
	var all []billing.Phase
	var problems []*connectors.Unreadable
	for i := range w.Phases {
		wire := &w.Phases[i]
		p := billing.Phase{From: wire.StartDate.Time(), Until: wire.EndDate.Time(), Object: object}
		if !end.IsZero() && (p.Until.IsZero() || p.Until.After(end)) {
			p.Until = end
		}
		if !p.Until.IsZero() && !p.From.Before(p.Until) {
			continue // never began
		}
		in := currency
		if in == "" {
			in = wire.Currency
		}
		if problem := r.phase(wire, in, &p); problem != nil {
			problem.Detail = "phase of schedule " + w.ID + ": " + problem.Detail
			problems = append(problems, problem)
			continue
		}
		all = append(all, p)
	}
	return all, problems
}

// end is when the schedule stopped deciding; zero while it does or when it ran
// to its end.
func (w *wireSchedule) end() time.Time {
	switch w.Status {
	case "released":
		return w.ReleasedAt.Time()
	case "canceled":
		return w.CanceledAt.Time()
	}
	return time.Time{}
}

// subject is the subscription that the schedule is about, before and after its
// release.
func (w *wireSchedule) subject() string {
	if w.Subscription != "" {
		return string(w.Subscription)
	}
	return string(w.ReleasedSubscription)
}

// about says whether the schedule is about a subscription. A canceled schedule
// may name none any more: then it is the one that began with its first phase.
func (w *wireSchedule) about(s billing.Subscription) bool {
	if id := w.subject(); id != "" {
		return s.ID == id
	}
	return w.Status == "canceled" && len(w.Phases) > 0 && w.Phases[0].StartDate.Time().Equal(s.Start)
}

func (r resolver) phase(w *wirePhase, currency string, p *billing.Phase) *connectors.Unreadable {
	var problem *connectors.Unreadable
	for i := range w.Items {
		wire := &w.Items[i]
		var embedded *wirePrice
		id := string(wire.Plan)
		if raw := bytes.TrimSpace(wire.Price); len(raw) > 0 && raw[0] == '{' {
			embedded = new(wirePrice)
			if err := rawjson.Decode(raw, embedded); err != nil {
				return connectors.NewUnreadable(kindSchedule, "", "malformed", "a price cannot be read: %v", err)
			}
		} else if s := rawjson.Text(raw); s != "" {
			id = s
		}
		item := billing.Item{}
		if item.Price, problem = r.catalog.price(embedded, nil, id, currency); problem != nil {
			return problem
		}
		switch {
		case wire.Quantity != nil:
			item.Quantity = wire.Quantity.Decimal
		case item.Price.Usage == billing.Licensed:
			item.Quantity = decimal.NewFromInt(1)
		}
		if item.Discounts, problem = r.agreed(wire.Discounts, nil, currency, p.From); problem != nil {
			return problem
		}
		rates := wire.TaxRates
		if len(rates) == 0 {
			rates = w.DefaultTaxRates
		}
		if item.Taxes, problem = r.catalog.taxes(rates, "a phase's item"); problem != nil {
			return problem
		}
		p.Items = append(p.Items, item)
	}
	p.Discounts, problem = r.agreed(w.Discounts, w.Coupon, currency, p.From)
	return problem
}

// agreed are a phase's discounts: coupons that are redeemed when it begins, or
// discounts that ran before.
func (r resolver) agreed(list []wirePhaseDiscount, older *wireCoupon, currency string, from time.Time) ([]billing.Discount, *connectors.Unreadable) {
	if len(list) == 0 && older != nil {
		list = []wirePhaseDiscount{{Coupon: older}}
	}
	var all []billing.Discount
	for _, w := range list {
		switch {
		case w.Discount != nil:
			d, problem := r.discounts([]wireDiscount{*w.Discount}, currency)
			if problem != nil {
				return nil, problem
			}
			all = append(all, d...)
		case w.Coupon != nil:
			d, problem := r.discount(w.Coupon, "", currency)
			if problem != nil {
				return nil, problem
			}
			d.Start = from
			if months := r.months(w.Coupon); d.Duration == billing.Repeating {
				d.End = from.AddDate(0, months, 0)
			}
			all = append(all, d)
		}
	}
	return all, nil
}

// months is how long a repeating coupon runs.
func (r resolver) months(c *wireCoupon) int {
	if c.bare {
		if listed, _ := lookup[wireCoupon](r.catalog, kindCoupon, c.ID); listed != nil {
			return listed.DurationInMonths
		}
	}
	return c.DurationInMonths
}
