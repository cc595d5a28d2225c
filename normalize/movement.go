package normalize

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// change is an item's step from one day to the next. before and after are the
// spans on either side, nil where the item was not there.
type change struct {
	date          billing.Date
	line          *line
	before, after *span
	from, to      decimal.Decimal
}

// planned says whether the step waits for evidence: it goes to or from a worth
// that is only hoped for.
func (c *change) planned() bool {
	return !c.from.Equal(c.before.real()) || !c.to.Equal(c.after.real())
}

// movesPlan says whether the item's MRR goes from one plan or product to
// another, so that each has its own row.
func (c *change) movesPlan() bool {
	return c.from.IsPositive() && c.to.IsPositive() &&
		(c.before.plan() != c.after.plan() || c.before.product() != c.after.product())
}

// unitOf is whose coming and going makes new, churn and reactivation.
func unitOf(l *line, g Grain) string {
	if g == GrainSubscription {
		return l.source + "\x00" + l.sub
	}
	return ""
}

// movements compares each day with the day before. What is certain makes its
// movements by itself; what is scheduled adds its own rows, marked, typed as if
// all of it came true.
func movements(lines []*line, account string, rules MovementRules) []Movement {
	certain := typed(changes(lines, (*span).real), account, rules)
	if !slices.ContainsFunc(lines, func(l *line) bool {
		return slices.ContainsFunc(l.spans, func(s *span) bool { return s.scheduled })
	}) {
		return certain
	}
	hoped := changes(lines, (*span).hoped)
	for _, m := range typed(hoped, account, rules) {
		if m.Scheduled {
			certain = append(certain, m)
		}
	}
	slices.SortStableFunc(certain, compareMovements)
	return certain
}

// changes are the steps of all lines, ordered by date.
func changes(lines []*line, worth func(*span) decimal.Decimal) []change {
	var out []change
	for _, l := range lines {
		var last *span
		step := func(date billing.Date, after *span) {
			c := change{date: date, line: l, before: last, after: after, from: worth(last), to: worth(after)}
			if !c.from.Equal(c.to) || c.movesPlan() {
				out = append(out, c)
			}
			last = after
		}
		for i, s := range l.spans {
			step(s.from, s)
			if s.until != billing.Forever && (i+1 == len(l.spans) || l.spans[i+1].from != s.until) {
				step(s.until, nil)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b change) int { return cmp.Compare(a.date, b.date) })
	return out
}

// unit is one account (or subscription, by policy) while its days go by.
type unit struct {
	mrr    map[string]decimal.Decimal // by currency, positive values only
	ever   bool
	zeroAt billing.Date // since when it has none, if ever
}

// typed gives the changes their types, a day at a time.
func typed(all []change, account string, rules MovementRules) []Movement {
	units := make(map[string]*unit)
	var out []Movement
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].date == all[0].date {
			n++
		}
		day := all[:n]
		all = all[n:]
		byUnit := make(map[string][]change)
		var names []string
		for _, c := range day {
			name := unitOf(c.line, rules.Grain)
			if byUnit[name] == nil {
				names = append(names, name)
			}
			byUnit[name] = append(byUnit[name], c)
		}
		for _, name := range names {
			if units[name] == nil {
				units[name] = &unit{mrr: make(map[string]decimal.Decimal)}
			}
			out = append(out, units[name].step(byUnit[name], account, rules)...)
		}
	}
	slices.SortStableFunc(out, compareMovements)
	return out
}

// step types one day of a unit: as a whole when all its MRR comes from or goes
// to zero, else currency by currency by the sign of the change.
func (u *unit) step(day []change, account string, rules MovementRules) []Movement {
	had := len(u.mrr) > 0
	delta := make(map[string]decimal.Decimal)
	for i := range day {
		c := &day[i]
		delta[c.line.currency] = delta[c.line.currency].Add(c.to).Sub(c.from)
	}
	for currency, d := range delta {
		if left := u.mrr[currency].Add(d); left.IsZero() {
			delete(u.mrr, currency)
		} else {
			u.mrr[currency] = left
		}
	}
	has := len(u.mrr) > 0
	date := day[0].date
	whole := MovementType(0)
	switch {
	case had && !has:
		whole = Churn
	case !had && has && !u.ever:
		whole = New
	case !had && has && int(date-u.zeroAt) >= rules.ReactivationAfterDays:
		whole = Reactivation
	}
	if has {
		u.ever = true
	} else if had {
		u.zeroAt = date
	}
	var out []Movement
	for i := range day {
		c := &day[i]
		d := delta[c.line.currency]
		kind := whole
		if kind == 0 {
			kind = Expansion
			if d.IsNegative() {
				kind = Contraction
			}
		}
		out = append(out, rowsOf(c, kind, reasonOf(c, day, d.IsZero()), account)...)
	}
	return out
}

// rowsOf writes a change: one row, or one for each plan when it moves between
// plans.
func rowsOf(c *change, kind MovementType, reason, account string) []Movement {
	row := func(s *span, amount decimal.Decimal) Movement {
		return Movement{
			Date: c.date, Source: c.line.source, CustomerID: c.line.customer, AccountID: account,
			SubscriptionID: c.line.sub, ItemID: c.line.item, ProductID: s.product(), PlanID: s.plan(),
			Currency: c.line.currency, Type: kind, Amount: amount, Reason: reason, Scheduled: c.planned(),
			Segments: c.line.segments.on(c.date), Object: s.object,
		}
	}
	switch {
	case c.movesPlan():
		return []Movement{row(c.before, c.from.Neg()), row(c.after, c.to)}
	case c.to.IsPositive():
		return []Movement{row(c.after, c.to.Sub(c.from))}
	}
	return []Movement{row(c.before, c.from.Neg())}
}

func compareMovements(a, b Movement) int {
	return cmp.Or(
		cmp.Compare(a.Date, b.Date), strings.Compare(a.Currency, b.Currency), strings.Compare(a.Source, b.Source),
		strings.Compare(a.SubscriptionID, b.SubscriptionID), strings.Compare(a.ItemID, b.ItemID), a.Amount.Cmp(b.Amount),
	)
}
