package warehouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

// Diff is what a load changes for those who read it.
type Diff struct {
	// Through and FinalThrough are the base's: what lies up to them was said
	// before. Both are billing.NoDate for a first load, which restates nothing.
	Through      billing.Date
	FinalThrough billing.Date
	// Restated are the days up to Through whose MRR changes, ordered by date and
	// currency. What only changes the account that it counts to is not among them.
	Restated []RestatedDay
	// Restatements say the same by account, ordered by account, currency, From:
	// the first ones of RestatedRanges.
	Restatements   []Restatement
	RestatedRanges int
	// Days are the days after Through, ordered by date and currency, those
	// without a movement too.
	Days []Day
	// Written is how many rows were written per table; the others were taken
	// over as they are stored.
	Written map[string]int
}

// RestatedDay is a day of the past that will read otherwise. Gross adds up the
// size of every account's change, or if that is less of every customer's, so that
// changes cannot hide each other.
type RestatedDay struct {
	Date          billing.Date
	Currency      string
	Before, After decimal.Decimal
	Gross         decimal.Decimal
}

// Restatement is a range of days [From, Until) on which an account's MRR reads
// otherwise than before.
type Restatement struct {
	AccountID     string
	Currency      string
	From, Until   billing.Date
	Before, After decimal.Decimal
}

// Day is a new day's waterfall in one currency. Contraction and Churn are
// positive magnitudes: Opening + New + Expansion + Reactivation - Contraction -
// Churn = Closing.
type Day struct {
	Date     billing.Date
	Currency string
	Opening  decimal.Decimal
	Closing  decimal.Decimal

	New, Expansion, Contraction, Churn, Reactivation decimal.Decimal
}

// Diff compares the load with its base. It needs Build, and reads no more than
// the customers that were derived again.
func (l *Load) Diff(ctx context.Context) (Diff, error) {
	if l.state != built && l.state != verified {
		return Diff{}, errors.New("compare load: it is not built")
	}
	d := Diff{Through: l.base.Through, FinalThrough: l.base.FinalThrough, Written: maps.Clone(l.rows)}
	after, err := l.levels(ctx)
	if err != nil {
		return Diff{}, fmt.Errorf("compare load %d: %w", l.id, err)
	}
	if d.Days, err = l.newDays(ctx, after); err != nil {
		return Diff{}, fmt.Errorf("compare load %d: %w", l.id, err)
	}
	if l.base.ID == 0 || l.idle() {
		return d, nil
	}
	// A customer that is newly counted to another account takes its past along:
	// two accounts read otherwise, and not one figure of the company.
	gross, moved := grossChange{}, grossChange{}
	c := comparison{from: l.baseParts[part{table: periodsTable.name}], to: l.whole(periodsTable), until: l.base.Through + 1, of: l.isDerived(), customers: true}
	err = l.w.compare(ctx, c, func(r Restatement, ofCustomer bool) {
		if ofCustomer {
			moved.add(r)
			return
		}
		if d.RestatedRanges++; d.RestatedRanges <= namedRanges {
			d.Restatements = append(d.Restatements, r)
		}
		gross.add(r)
	}, named("id", l.id))
	if err != nil {
		return Diff{}, fmt.Errorf("compare load %d: %w", l.id, err)
	}
	if l.same = len(gross) == 0; l.same {
		return d, nil
	}
	before, err := l.running(ctx, l.baseParts[part{table: periodsTable.name}], l.base.Through)
	if err != nil {
		return Diff{}, fmt.Errorf("compare load %d: %w", l.id, err)
	}
	d.Restated = lesser(gross.days(before, after), moved.days(before, after))
	return d, nil
}

// newDays are the waterfalls of the days after the base's through.
func (l *Load) newDays(ctx context.Context, running map[dayKey]tally) ([]Day, error) {
	moves := map[dayKey]*Day{}
	err := l.w.each(ctx, "add up movements", `
		SELECT currency, date, toInt8(movement), sum(amount) FROM `+l.w.table("movements")+`
		WHERE load_id = {stored:UInt64} AND NOT scheduled AND date > {since:Date} AND date <= {through:Date}
		GROUP BY ALL`, func(scan func(...any) error) error {
		var k dayKey
		var day time.Time
		var kind int8
		var sum decimal.Decimal
		if err := scan(&k.currency, &day, &kind, &sum); err != nil {
			return err
		}
		k.date = dateOf(day)
		if moves[k] == nil {
			moves[k] = &Day{Date: k.date, Currency: k.currency}
		}
		moves[k].take(normalize.MovementType(kind), sum)
		return nil
	}, named("stored", l.whole(movementsTable)), named("since", l.base.Through.Time().Format(time.DateOnly)),
		named("through", l.spec.Through.Time().Format(time.DateOnly)))
	if err != nil {
		return nil, err
	}
	for k := range running {
		if k.date > l.base.Through && moves[k] == nil {
			moves[k] = &Day{Date: k.date, Currency: k.currency}
		}
	}
	days := make([]Day, 0, len(moves))
	for _, k := range slices.SortedFunc(maps.Keys(moves), compareDays) {
		d := moves[k]
		d.Opening, d.Closing = running[dayKey{k.currency, k.date - 1}].sum, running[k].sum
		days = append(days, *d)
	}
	return days, nil
}

// take adds the sum of a kind of movement.
func (d *Day) take(kind normalize.MovementType, sum decimal.Decimal) {
	switch kind {
	case normalize.New:
		d.New = sum
	case normalize.Expansion:
		d.Expansion = sum
	case normalize.Contraction:
		d.Contraction = sum.Neg()
	case normalize.Churn:
		d.Churn = sum.Neg()
	case normalize.Reactivation:
		d.Reactivation = sum
	}
}

// compareDays orders by date, then currency.
func compareDays(a, b dayKey) int {
	return cmp.Or(cmp.Compare(a.date, b.date), cmp.Compare(a.currency, b.currency))
}
