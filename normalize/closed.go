package normalize

import (
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// Retype derives the movements of one account from its periods alone, those on
// and after a day: where history up to that day is closed and the evidence says
// otherwise by now, the periods are the closed ones before it and the derived
// ones from it on, and the step between them is what readers are told. Types
// follow from all periods; reasons from what a period tells of its terms, and
// what differs on the day itself is a restatement. Zone and policy were spent on
// the periods already, but for the rules of movements.
func Retype(periods []Period, rules MovementRules, from billing.Date) []Movement {
	if len(periods) == 0 {
		return nil
	}
	type key struct{ source, customer, sub, item, currency string }
	type owner struct{ source, customer, sub string }
	at := map[key]*line{}
	families := map[owner]*family{}
	var lines []*line
	for i := range periods {
		p := &periods[i]
		k := key{p.Source, p.CustomerID, p.SubscriptionID, p.ItemID, p.Currency}
		l := at[k]
		if l == nil {
			o := owner{p.Source, p.CustomerID, p.SubscriptionID}
			if families[o] == nil {
				families[o] = &family{}
			}
			l = &line{source: p.Source, customer: p.CustomerID, sub: p.SubscriptionID, item: p.ItemID, currency: p.Currency, siblings: families[o]}
			families[o].lines = append(families[o].lines, l)
			at[k] = l
			lines = append(lines, l)
		}
		item := &billing.Item{ID: p.ItemID, Quantity: p.Quantity, Price: billing.Price{
			ID: p.PlanID, Name: p.PlanName, ProductID: p.ProductID, ProductName: p.ProductName, Currency: p.Currency,
			Unit: perUnit(p), Model: billing.PerUnit,
		}}
		l.spans = append(l.spans, &span{
			from: p.From, until: p.Until, item: item, mrr: p.MRR, scheduled: p.Scheduled, kind: p.Evidence, object: p.Object, rule: p.Rule, refs: p.Refs,
		})
		l.segments = append(l.segments, chapter{from: p.From, values: p.Segments})
	}
	var out []Movement
	for _, m := range movements(lines, periods[0].AccountID, rules) {
		if m.Date < from {
			continue
		}
		if m.Date == from {
			m.Reason = ReasonRestatement
		}
		out = append(out, m)
	}
	return out
}

// perUnit is a stand-in for the price of a period, so that one of another amount
// is told from one of another quantity.
func perUnit(p *Period) decimal.Decimal {
	if p.Quantity.IsZero() {
		return p.MRR
	}
	return p.MRR.DivRound(p.Quantity, 2*Scale)
}
