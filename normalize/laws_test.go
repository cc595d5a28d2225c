package normalize_test

import (
	"slices"
	"testing"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/wants"
	"mrrsync/normalize"
)

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// checkLaws proves of any result what must hold of every result.
func checkLaws(t failer, r normalize.Result, p normalize.Policy) {
	t.Helper()
	checkPeriods(t, r)
	checkTelescope(t, r)
	checkTypes(t, r, p)
}

type failer interface {
	Helper()
	Errorf(format string, args ...any)
}

var _ failer = (*testing.T)(nil)

// checkPeriods: periods of an item never overlap, hold something, and are at
// Scale.
func checkPeriods(t failer, r normalize.Result) {
	t.Helper()
	for i, p := range r.Periods {
		if p.From >= p.Until {
			t.Errorf("period of %s from %s until %s is empty", p.ItemID, p.From, p.Until)
		}
		if p.MRR.IsNegative() || p.MRR.Exponent() != -normalize.Scale {
			t.Errorf("period of %s from %s has MRR %s", p.ItemID, p.From, p.MRR)
		}
		if i > 0 {
			l := r.Periods[i-1]
			if l.Source == p.Source && l.SubscriptionID == p.SubscriptionID && l.ItemID == p.ItemID && l.Until > p.From {
				t.Errorf("periods of %s overlap: until %s, from %s", p.ItemID, l.Until, p.From)
			}
		}
	}
}

// checkTelescope: at every date at which anything happens, the sum of all
// movements up to it is the MRR of the periods on it, per item and currency.
func checkTelescope(t failer, r normalize.Result) {
	t.Helper()
	type item struct{ source, sub, item, plan, currency string }
	dates := map[billing.Date]bool{}
	for _, p := range r.Periods {
		dates[p.From], dates[p.Until] = true, true
	}
	sum := map[item]decimal.Decimal{}
	next := 0
	var moves []normalize.Movement
	for _, m := range r.Movements {
		if dates[m.Date] = true; !m.Scheduled {
			moves = append(moves, m)
		}
	}
	for _, d := range sortedDates(dates) {
		for ; next < len(moves) && moves[next].Date <= d; next++ {
			m := moves[next]
			k := item{m.Source, m.SubscriptionID, m.ItemID, m.PlanID, m.Currency}
			sum[k] = sum[k].Add(m.Amount)
		}
		if d == billing.Forever {
			continue
		}
		left := map[item]decimal.Decimal{}
		for k, v := range sum {
			left[k] = v
		}
		for _, p := range r.Periods {
			if !p.Scheduled && p.From <= d && d < p.Until {
				k := item{p.Source, p.SubscriptionID, p.ItemID, p.PlanID, p.Currency}
				left[k] = left[k].Sub(p.MRR)
			}
		}
		for k, v := range left {
			if !v.IsZero() {
				t.Errorf("on %s the movements of %v differ from its MRR by %s", d, k, v)
			}
		}
	}
}

func sortedDates(m map[billing.Date]bool) []billing.Date {
	var out []billing.Date
	for d := range m {
		out = append(out, d)
	}
	slices.Sort(out)
	return out
}

// checkTypes: all rows of an account, currency and day carry one type and sum
// to its sign; new comes once and first, churn leaves nothing, reactivation
// follows churn.
func checkTypes(t failer, r normalize.Result, p normalize.Policy) {
	t.Helper()
	type day struct {
		unit, currency string
		date           billing.Date
		scheduled      bool
	}
	unit := func(m normalize.Movement) string {
		if p.Movements.Grain == normalize.GrainSubscription {
			return m.Source + "/" + m.SubscriptionID
		}
		return m.AccountID
	}
	sums, types := map[day]decimal.Decimal{}, map[day]normalize.MovementType{}
	for _, m := range r.Movements {
		k := day{unit(m), m.Currency, m.Date, m.Scheduled}
		if old, ok := types[k]; ok && old != m.Type {
			t.Errorf("on %s in %s there are %s and %s", m.Date, m.Currency, wants.TypeName(old), wants.TypeName(m.Type))
		}
		types[k] = m.Type
		sums[k] = sums[k].Add(m.Amount)
	}
	for k, sum := range sums {
		up := types[k] == normalize.New || types[k] == normalize.Reactivation
		down := types[k] == normalize.Contraction || types[k] == normalize.Churn
		if !k.scheduled && (up && !sum.IsPositive() || down && !sum.IsNegative() || types[k] == normalize.Expansion && sum.IsNegative()) {
			t.Errorf("on %s in %s %s sums to %s", k.date, k.currency, wants.TypeName(types[k]), sum)
		}
	}
	checkLogos(t, r, unit)
}

// checkLogos: start + new + reactivated - churned = end, for the one account.
func checkLogos(t failer, r normalize.Result, unit func(normalize.Movement) string) {
	t.Helper()
	totals, seen := map[string]decimal.Decimal{}, map[string]bool{}
	alive := map[string]bool{}
	for i, m := range r.Movements {
		if m.Scheduled {
			continue
		}
		u := unit(m)
		totals[u] = totals[u].Add(m.Amount) // currencies are added: only the sign of a sum of non-negative values is asked
		if i+1 < len(r.Movements) && later(r.Movements[i+1:], unit, u, m.Date) {
			continue
		}
		now := totals[u].IsPositive()
		switch {
		case m.Type == normalize.New && (seen[u] || !now), m.Type == normalize.Churn && (now || !alive[u]), m.Type == normalize.Reactivation && (!seen[u] || alive[u] || !now):
			t.Errorf("%s on %s: before %v, after %v", wants.TypeName(m.Type), m.Date, alive[u], now)
		case m.Type == normalize.Contraction && !now, !seen[u] && m.Type != normalize.New:
			t.Errorf("%s on %s leaves %s", wants.TypeName(m.Type), m.Date, totals[u])
		}
		alive[u], seen[u] = now, true
	}
}

// later says whether more of the unit follows on the same day.
func later(rest []normalize.Movement, unit func(normalize.Movement) string, u string, date billing.Date) bool {
	for _, m := range rest {
		if m.Date != date {
			return false
		}
		if !m.Scheduled && unit(m) == u {
			return true
		}
	}
	return false
}
