package normalize_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"mrrsync/connectors/billing"
	"mrrsync/internal/wants"
	"mrrsync/normalize"
)

// pool is the money of one account in one currency.
type pool struct{ account, currency string }

// ledger is a company's certain MRR and movements, by account and currency.
type ledger struct {
	mrr   map[pool]map[billing.Date]decimal.Decimal // on the days asked about
	moves map[pool]map[billing.Date]map[normalize.MovementType]decimal.Decimal
}

// first and last are the days on which anything happens to what drawAccount
// draws, with a whole month around it.
var (
	first = billing.DateOf(epoch, time.UTC) - 31
	last  = first + 31*5
)

func newLedger(results map[string]normalize.Result) ledger {
	l := ledger{map[pool]map[billing.Date]decimal.Decimal{}, map[pool]map[billing.Date]map[normalize.MovementType]decimal.Decimal{}}
	for account, r := range results {
		for _, p := range r.Periods {
			k := pool{account, p.Currency}
			if l.mrr[k] == nil {
				l.mrr[k] = map[billing.Date]decimal.Decimal{}
			}
			for d := max(p.From, first); d < min(p.Until, last) && !p.Scheduled; d++ {
				l.mrr[k][d] = l.mrr[k][d].Add(p.MRR)
			}
		}
		for _, m := range r.Movements {
			k := pool{account, m.Currency}
			if m.Scheduled {
				continue
			}
			if l.moves[k] == nil {
				l.moves[k] = map[billing.Date]map[normalize.MovementType]decimal.Decimal{}
			}
			if l.moves[k][m.Date] == nil {
				l.moves[k][m.Date] = map[normalize.MovementType]decimal.Decimal{}
			}
			l.moves[k][m.Date][m.Type] = l.moves[k][m.Date][m.Type].Add(m.Amount)
		}
	}
	return l
}

// pools are those that ever hold or move anything.
func (l ledger) pools() map[pool]bool {
	all := map[pool]bool{}
	for k := range l.mrr {
		all[k] = true
	}
	for k := range l.moves {
		all[k] = true
	}
	return all
}

// waterfall sums a pool's movements of the days [from, until) by type, as
// magnitudes.
func (l ledger) waterfall(k pool, from, until billing.Date) map[normalize.MovementType]decimal.Decimal {
	sums := map[normalize.MovementType]decimal.Decimal{}
	for d, types := range l.moves[k] {
		if from <= d && d < until {
			for kind, amount := range types {
				if kind == normalize.Contraction || kind == normalize.Churn {
					amount = amount.Neg()
				}
				sums[kind] = sums[kind].Add(amount)
			}
		}
	}
	return sums
}

// closes says by how much a waterfall misses its ending.
func (l ledger) closes(k pool, from, until billing.Date) error {
	w := l.waterfall(k, from, until)
	for kind, amount := range w {
		if amount.IsNegative() {
			return fmt.Errorf("%v from %s: %s is %s", k, from, wants.TypeName(kind), amount)
		}
	}
	net := w[normalize.New].Add(w[normalize.Expansion]).Add(w[normalize.Reactivation]).Sub(w[normalize.Contraction]).Sub(w[normalize.Churn])
	start, end := l.mrr[k][from-1], l.mrr[k][until-1]
	if !start.Add(net).Equal(end) {
		return fmt.Errorf("%v from %s to %s: %s and %s make %s, not %s", k, from, until-1, start, net, start.Add(net), end)
	}
	return nil
}

// TestBridges: for whole companies, whatever the evidence, under every preset:
// the waterfall of each account and currency closes on every day and in every
// month, and retention keeps within its bounds and agrees with the movements.
func TestBridges(t *testing.T) {
	for _, preset := range normalize.Presets() {
		t.Run(preset, func(t *testing.T) {
			t.Parallel()
			policy, err := normalize.Preset(preset)
			if err != nil {
				t.Fatal(err)
			}
			rapid.Check(t, func(t *rapid.T) {
				results := map[string]normalize.Result{}
				for i := range rapid.IntRange(1, 4).Draw(t, "accounts") {
					a := drawAccount(t)
					a.ID = fmt.Sprintf("acct%d", i)
					results[a.ID] = normalize.Derive(a, normalize.Settings{Policy: policy})
				}
				l := newLedger(results)
				for k := range l.pools() {
					for d := first + 1; d < last; d++ {
						if err := l.closes(k, d, d+1); err != nil {
							t.Errorf("a day: %v", err)
						}
					}
				}
				for month := first.Month().AddMonths(1); month.AddMonths(1) < last; month = month.AddMonths(1) {
					checkMonth(t, l, month, month.AddMonths(1))
				}
			})
		})
	}
}

// checkMonth holds a month's waterfalls and its retention, per currency.
func checkMonth(t *rapid.T, l ledger, from, until billing.Date) {
	t.Helper()
	type sums struct{ start, end, kept, lost decimal.Decimal }
	by := map[string]*sums{}
	for k := range l.pools() {
		if err := l.closes(k, from, until); err != nil {
			t.Errorf("a month: %v", err)
		}
		start, end := l.mrr[k][from-1], l.mrr[k][until-1]
		if start.IsZero() {
			continue // who was not there at the start has no part in retention
		}
		s := by[k.currency]
		if s == nil {
			s = &sums{}
			by[k.currency] = s
		}
		w := l.waterfall(k, from, until)
		s.start, s.end = s.start.Add(start), s.end.Add(end)
		s.kept = s.kept.Add(decimal.Min(start, end))
		s.lost = s.lost.Add(w[normalize.Contraction]).Add(w[normalize.Churn])
	}
	for currency, s := range by {
		// 0 <= GRR <= 1 and GRR <= NRR, in sums: no division, no rounding.
		if s.kept.IsNegative() || s.kept.GreaterThan(s.start) || s.kept.GreaterThan(s.end) {
			t.Errorf("%s from %s: of %s stay %s gross and %s net", currency, from, s.start, s.kept, s.end)
		}
		if s.kept.LessThan(s.start.Sub(s.lost)) {
			t.Errorf("%s from %s: of %s only %s stay gross, though no more than %s was lost", currency, from, s.start, s.kept, s.lost)
		}
	}
}
