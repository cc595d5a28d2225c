package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/warehouse"
)

// Guards refuse a load that looks like a mistake: a key that reads too little,
// a policy nobody meant. A percentage is of the MRR of a day; where a reporting
// currency is set, of all currencies together, else of each.
type Guards struct {
	// MaxRestated is how much of a day that was final may change.
	MaxRestated       decimal.Decimal
	AcceptRestatement bool
	// MaxChurn is how much of the MRR at a day's opening may churn on it.
	MaxChurn    decimal.Decimal
	AcceptChurn bool
}

// share is a part of a whole on one day, per currency or, with an empty
// currency, of all together.
type share struct {
	date        billing.Date
	currency    string
	part, whole decimal.Decimal
}

// percent is 100 where there was nothing to be a part of.
func (s share) percent() decimal.Decimal {
	hundred := decimal.NewFromInt(100)
	if !s.whole.IsPositive() {
		return hundred
	}
	return s.part.Mul(hundred).DivRound(s.whole, 2)
}

func (s share) String() string {
	return fmt.Sprintf("%s %s of %s %s (%s %%)", s.part.StringFixed(2), s.currency, s.whole.StringFixed(2), s.currency, s.percent().StringFixed(1))
}

// guard holds what a load changes against the limits.
func (r *run) guard(ctx context.Context, d warehouse.Diff) error {
	if r.base.ID == 0 {
		return nil // a first load changes nothing that anyone was told
	}
	g := r.o.Guards
	if !g.AcceptChurn {
		if s, ok := worst(r.churned(d), g.MaxChurn); ok {
			return fmt.Errorf("%w: on %s churn is %s, more than publish.max_churn_percent %s: if a key or permission changed, restore it; if it is right, pass --accept-churn",
				ErrGuard, s.date, s, g.MaxChurn)
		}
	}
	if g.AcceptRestatement {
		return nil
	}
	restated, err := r.restated(ctx, d)
	if err != nil {
		return err
	}
	if s, ok := worst(restated, g.MaxRestated); ok {
		return fmt.Errorf("%w: %s was final, and %s of it would change, more than publish.max_restated_percent %s: `mrrsync plan` lists the days and accounts; if it is right, pass --accept-restatement",
			ErrGuard, s.date, s, g.MaxRestated)
	}
	return nil
}

// worst is the largest share above a limit.
func worst(shares []share, limit decimal.Decimal) (share, bool) {
	over := slices.DeleteFunc(slices.Clone(shares), func(s share) bool {
		return !s.part.IsPositive() || s.percent().LessThanOrEqual(limit)
	})
	if len(over) == 0 {
		return share{}, false
	}
	return slices.MaxFunc(over, func(a, b share) int {
		return cmp.Or(a.percent().Cmp(b.percent()), cmp.Compare(b.date, a.date))
	}), true
}

// churned is each new day's churn of what it opened with.
func (r *run) churned(d warehouse.Diff) []share {
	var all shares
	for _, day := range d.Days {
		all.add(r.money(day.Date, day.Currency, day.Churn, day.Opening))
	}
	return all
}

// restated is, of each final day that changes, how much of it does.
func (r *run) restated(ctx context.Context, d warehouse.Diff) ([]share, error) {
	var all shares
	for _, day := range d.Restated {
		if day.Date <= d.FinalThrough {
			all.add(r.money(day.Date, day.Currency, day.Gross, decimal.Zero))
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	rows, err := r.w.Conn().Query(ctx, `
		SELECT date, currency, mrr, mrr_reporting FROM `+r.w.Schema().DB()+`.mrr_totals_daily
		WHERE date BETWEEN toDate({from:String}) AND toDate({to:String})`,
		named("from", all[0].date), named("to", all[len(all)-1].date))
	if err != nil {
		return nil, fmt.Errorf("read totals: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var date time.Time
		var currency string
		var mrr, reporting decimal.Decimal
		if err := rows.Scan(&date, &currency, &mrr, &reporting); err != nil {
			return nil, fmt.Errorf("read totals: %w", err)
		}
		total := share{date: billing.DateOf(date, time.UTC), currency: currency, whole: mrr}
		if r.base.Currency != "" {
			total.currency, total.whole = r.base.Currency, reporting
		}
		all.addKnown(total)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read totals: %w", err)
	}
	return all, nil
}

// money is a share in the reporting currency where there is one.
func (r *run) money(date billing.Date, currency string, part, whole decimal.Decimal) share {
	if r.o.Currency == "" {
		return share{date, currency, part, whole}
	}
	rate := r.rate(currency, date)
	return share{date, r.o.Currency, part.Mul(rate), whole.Mul(rate)}
}

// rate is the latest rate at or before a day. Build has made sure that there is
// one.
func (r *run) rate(currency string, date billing.Date) decimal.Decimal {
	rate, since := decimal.NewFromInt(1), billing.Date(-1<<31)
	for _, known := range r.o.Rates {
		if known.Currency == currency && known.Date <= date && known.Date >= since {
			rate, since = known.Rate, known.Date
		}
	}
	return rate
}

// shares are ordered by the day that was added first.
type shares []share

// add puts a share to that of its day and currency.
func (all *shares) add(s share) {
	if !all.addKnown(s) {
		*all = append(*all, s)
	}
}

// addKnown adds to a share that is there and says whether one was.
func (all *shares) addKnown(s share) bool {
	i := slices.IndexFunc(*all, func(other share) bool { return other.date == s.date && other.currency == s.currency })
	if i < 0 {
		return false
	}
	(*all)[i].part, (*all)[i].whole = (*all)[i].part.Add(s.part), (*all)[i].whole.Add(s.whole)
	return true
}
