package warehouse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"mrrsync/connectors/billing"
)

// faults is how many places of one kind an error names.
const faults = 5

// faultList are the first places that a check found wrong, told in one error.
type faultList []string

func (l *faultList) add(format string, args ...any) {
	if len(*l) < faults {
		*l = append(*l, fmt.Sprintf(format, args...))
	}
}

// err is nil where all was right.
func (l faultList) err(what string) error {
	if len(l) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %s", what, strings.Join(l, "; "))
}

// Verify proves the load before anyone sees it: what is stored is what Go handed
// over plus what was carried forward; no item has overlapping periods; on every
// day the movements of every account add up to its periods; and the days
// written to daily are the periods', in rows and in sums. Errors name account,
// currency, day or item.
func (l *Load) Verify(ctx context.Context) error {
	if l.state != built {
		return errors.New("verify load: it is not built")
	}
	if err := l.w.reach(ctx, "verify load"); err != nil {
		return err
	}
	checks := []func(context.Context) error{l.checkRows, l.checkOverlaps, l.checkMovements, l.checkDaily}
	errs := make([]error, len(checks))
	var g errgroup.Group
	if l.spec.Full {
		g.SetLimit(1) // each takes memory with the accounts that were derived
	}
	for i, check := range checks {
		g.Go(func() error {
			errs[i] = check(ctx)
			return nil
		})
	}
	_ = g.Wait() // all faults are told, not the first
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("verify load %d: %w", l.id, err)
	}
	l.state = verified
	return nil
}

// checkRows compares the rows stored under this load with those written and
// carried, and those taken over with nothing: they were proved by the load that
// wrote them.
func (l *Load) checkRows(ctx context.Context) error {
	want := maps.Clone(l.handed)
	for name, t := range l.carried {
		want[name] = want[name].plus(t)
	}
	return l.checkStored(ctx, want)
}

// checkOverlaps refuses an item that has two MRRs on one day. Only derived
// customers can have come to that since the base was verified.
func (l *Load) checkOverlaps(ctx context.Context) error {
	var found faultList
	err := l.w.each(ctx, "find overlapping periods", `
		SELECT source, subscription_id, item_id, valid_from, before FROM (
			SELECT source, customer_id, subscription_id, item_id, valid_from,
				lagInFrame(valid_to, 1, toDate(0)) OVER (PARTITION BY source, customer_id, subscription_id, item_id ORDER BY valid_from, valid_to
					ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
			FROM `+l.w.table("periods")+` WHERE load_id = {stored:UInt64} AND `+l.isDerived()+`
		) WHERE valid_from < before ORDER BY source, customer_id, subscription_id, item_id, valid_from LIMIT {limit:UInt8}`,
		func(scan func(...any) error) error {
			var source, subscription, item string
			var from, before time.Time
			if err := scan(&source, &subscription, &item, &from, &before); err != nil {
				return err
			}
			found.add("%s item %s of subscription %s from %s, while another runs until %s",
				source, item, subscription, dateOf(from), dateOf(before))
			return nil
		}, named("stored", l.whole(periodsTable)), named("id", l.id), named("limit", uint8(faults)))
	if err != nil {
		return err
	}
	return found.err("overlapping periods")
}

// checkMovements proves that the waterfalls close: what changed of an account
// on a day is what its movements of that day say, so that movements telescope to
// the MRR of every day. Of accounts carried forward only the days that the base
// did not show are left to prove.
func (l *Load) checkMovements(ctx context.Context) error {
	open := func(date string) string {
		if l.closed() { // accounts that were not derived may have been typed again
			return "(" + date + " >= {open:Date} OR " + l.isDerived() + ")"
		}
		return "(" + date + " > {since:Date} OR " + l.isDerived() + ")"
	}
	var found faultList
	err := l.w.each(ctx, "compare movements with periods", `
		SELECT account_id, currency, date, sum(moved), sum(changed) FROM (
			SELECT account_id, currency, date, amount AS moved, toDecimal64(0, 4) AS changed
			FROM `+l.w.table("movements")+` WHERE load_id = {movements:UInt64} AND NOT scheduled AND date <= {through:Date} AND `+open("date")+`
			UNION ALL
			SELECT account_id, currency, valid_from, toDecimal64(0, 4), mrr
			FROM `+l.w.table("periods")+` WHERE load_id = {periods:UInt64} AND NOT scheduled AND valid_from <= {through:Date} AND `+open("valid_from")+`
			UNION ALL
			SELECT account_id, currency, valid_to, toDecimal64(0, 4), -mrr
			FROM `+l.w.table("periods")+` WHERE load_id = {periods:UInt64} AND NOT scheduled AND valid_to <= {through:Date} AND `+open("valid_to")+`
		) GROUP BY account_id, currency, date HAVING sum(moved) != sum(changed)
		ORDER BY date, account_id, currency LIMIT {limit:UInt8}`,
		func(scan func(...any) error) error {
			var account, currency string
			var day time.Time
			var moved, changed decimal.Decimal
			if err := scan(&account, &currency, &day, &moved, &changed); err != nil {
				return err
			}
			found.add("account %s on %s moves by %s %s, but its items change by %s", account, dateOf(day), moved, currency, changed)
			return nil
		}, named("movements", l.whole(movementsTable)), named("periods", l.whole(periodsTable)), named("id", l.id),
		named("since", l.base.Through.Time().Format(time.DateOnly)), l.openArg(), named("through", l.spec.Through.Time().Format(time.DateOnly)), named("limit", uint8(faults)))
	if err != nil {
		return err
	}
	return found.err("waterfall does not close")
}

// dayKey is a day of a currency.
type dayKey struct {
	currency string
	date     billing.Date
}

// checkDaily proves the written months of daily against the periods, which are
// added up here another way than by expansion: as a running sum of changes.
func (l *Load) checkDaily(ctx context.Context) error {
	want, err := l.levels(ctx)
	if err != nil {
		return err
	}
	months := map[uint32]bool{}
	for _, m := range l.changed {
		months[m] = true
	}
	rows := 0
	got := map[dayKey]tally{}
	err = l.w.each(ctx, "add up daily", `
		SELECT currency, date, count(), sum(mrr) FROM `+l.w.table("daily")+`
		WHERE load_id = {id:UInt64} GROUP BY currency, date`, func(scan func(...any) error) error {
		var k dayKey
		var day time.Time
		var n uint64
		var sum decimal.Decimal
		if err := scan(&k.currency, &day, &n, &sum); err != nil {
			return err
		}
		k.date = dateOf(day)
		got[k] = tally{int(n), sum}
		rows += int(n)
		return nil
	}, named("id", l.id))
	if err != nil {
		return err
	}
	l.rows[dailyTable.name] = rows
	var found faultList
	wrong := func(k dayKey, got, want tally) {
		found.add("%s on %s: %d rows of %s in daily, %d of %s in periods", k.currency, k.date, got.rows, got.sum, want.rows, want.sum)
	}
	for _, k := range slices.SortedFunc(maps.Keys(got), compareDays) {
		if w := want[k]; w.rows != got[k].rows || !w.sum.Equal(got[k].sum) {
			wrong(k, got[k], w)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(want), compareDays) {
		if _, ok := got[k]; !ok && months[monthOf(k.date)] {
			wrong(k, tally{}, want[k])
		}
	}
	if err := found.err("daily is not what the periods say"); err != nil {
		return err
	}
	return l.checkTotals(ctx, want)
}

// checkTotals proves that the waterfalls of all days, as they are added up for
// views, end at what the periods say.
func (l *Load) checkTotals(ctx context.Context, want map[dayKey]tally) error {
	changes := map[dayKey]decimal.Decimal{}
	levels := map[billing.Date]decimal.Decimal{} // in the reporting currency, of each day
	first := map[string]billing.Date{}
	err := l.w.each(ctx, "read totals", `
		SELECT currency, date, new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr, mrr_reporting FROM `+l.w.table(dayTotalsTable.name)+`
		WHERE load_id = {stored:UInt64} AND currency != '' ORDER BY date DESC`, func(scan func(...any) error) error {
		var k dayKey
		var day time.Time
		var change, level decimal.Decimal
		if err := scan(&k.currency, &day, &change, &level); err != nil {
			return err
		}
		k.date = dateOf(day)
		changes[k], first[k.currency] = changes[k].Add(change), k.date
		levels[k.date] = levels[k.date].Add(level)
		return nil
	}, named("stored", l.whole(dayTotalsTable)))
	if err != nil {
		return err
	}
	var found faultList
	for _, currency := range slices.Sorted(maps.Keys(first)) {
		level := decimal.Zero
		for day := first[currency]; day <= l.spec.Through; day++ {
			k := dayKey{currency, day}
			level = level.Add(changes[k])
			if !level.Equal(want[k].sum) {
				found.add("%s on %s: %s in day_totals, %s in periods", currency, day, level, want[k].sum)
			}
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(want), compareDays) {
		if _, ok := first[k.currency]; !ok {
			found.add("%s on %s: nothing in day_totals, %s in periods", k.currency, k.date, want[k].sum)
		}
	}
	if err := found.err("day_totals do not add up to the periods"); err != nil {
		return err
	}
	months := map[dayKey]decimal.Decimal{}
	for k, change := range changes {
		month := dayKey{k.currency, k.date.Month()}
		months[month] = months[month].Add(change)
	}
	maps.DeleteFunc(months, func(_ dayKey, change decimal.Decimal) bool { return change.IsZero() }) // such months may have no row
	return errors.Join(l.checkSlices(ctx, months), l.checkCohorts(ctx, months, levels))
}

// checkCohorts proves that all cohorts together move as the waterfall does, and
// that at the end of each month that was written they are worth what the items of
// its last day are.
func (l *Load) checkCohorts(ctx context.Context, want map[dayKey]decimal.Decimal, levels map[billing.Date]decimal.Decimal) error {
	var found faultList
	moved, worth := map[dayKey]decimal.Decimal{}, map[billing.Date]decimal.Decimal{}
	err := l.w.each(ctx, "add up cohorts", `
		SELECT currency, month, sum(net_mrr), sum(mrr_reporting) FROM `+l.w.table(cohortMonthsTable.name)+`
		WHERE load_id = {stored:UInt64} GROUP BY currency, month ORDER BY currency, month`, func(scan func(...any) error) error {
		var k dayKey
		var month time.Time
		var change, level decimal.Decimal
		if err := scan(&k.currency, &month, &change, &level); err != nil {
			return err
		}
		k.date = dateOf(month)
		if k.currency == "" {
			worth[k.date] = level
		} else if moved[k] = change; !change.Equal(want[k]) {
			found.add("%s in %s: %s in cohorts, but %s in day_totals", k.currency, k.date, change, want[k])
		}
		return nil
	}, named("stored", l.whole(cohortMonthsTable)))
	if err != nil {
		return err
	}
	for _, k := range slices.SortedFunc(maps.Keys(want), compareDays) {
		if _, ok := moved[k]; !ok {
			found.add("%s in %s: nothing in cohorts, but %s in day_totals", k.currency, k.date, want[k])
		}
	}
	for _, day := range slices.Sorted(maps.Keys(levels)) {
		month := day.Month()
		if !slices.Contains(l.changed, monthOf(month)) {
			continue // what was taken over was proved by the load that wrote it
		}
		if last := min(month.AddMonths(1)-1, l.spec.Through); day == last && !worth[month].Equal(levels[day]) {
			found.add("at the end of %s: %s in cohorts, but %s in day_totals", month, worth[month], levels[day])
		}
	}
	return found.err("cohort_months do not add up to day_totals")
}

// checkSlices proves that all plans together, and all values of each segment,
// move as the waterfall does, and that so does what it is said to be made of.
func (l *Load) checkSlices(ctx context.Context, want map[dayKey]decimal.Decimal) error {
	if len(want) == 0 {
		return nil
	}
	var found faultList
	seen := map[string]int{"": 0} // months by segment; plans are always there
	err := l.w.each(ctx, "add up slices", `
		SELECT segment, currency, month, sum(change_mrr), sum(new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr) FROM `+l.w.table(sliceMonthsTable.name)+`
		WHERE load_id = {stored:UInt64} GROUP BY segment, currency, month ORDER BY segment, currency, month`, func(scan func(...any) error) error {
		var segment string
		var k dayKey
		var month time.Time
		var change, parts decimal.Decimal
		if err := scan(&segment, &k.currency, &month, &change, &parts); err != nil {
			return err
		}
		k.date = dateOf(month)
		if _, ok := want[k]; ok {
			seen[segment]++
		}
		if !change.Equal(want[k]) || !parts.Equal(want[k]) {
			found.add("%s in %s of %q: %s and %s of movements, but %s in day_totals", k.currency, k.date, segment, change, parts, want[k])
		}
		return nil
	}, named("stored", l.whole(sliceMonthsTable)))
	if err != nil {
		return err
	}
	for _, segment := range slices.Sorted(maps.Keys(seen)) {
		if n := seen[segment]; n < len(want) {
			found.add("%d months of %q move, but %d in day_totals", n, segment, len(want))
		}
	}
	return found.err("slice_months do not add up to day_totals")
}

// levels are the days of the load, as running has them.
func (l *Load) levels(ctx context.Context) (map[dayKey]tally, error) {
	if l.days == nil {
		days, err := l.running(ctx, l.whole(periodsTable), l.spec.Through)
		if err != nil {
			return nil, err
		}
		l.days = days
	}
	return l.days, nil
}

// running is the MRR and the number of items of every day and currency on which
// there is any, up to through, from the periods stored under a load's id.
func (l *Load) running(ctx context.Context, stored uint64, through billing.Date) (map[dayKey]tally, error) {
	all := map[dayKey]tally{}
	var at tally
	var last dayKey
	fill := func(until billing.Date) {
		for day := last.date; day < until && at.rows > 0; day++ {
			all[dayKey{last.currency, day}] = at
		}
	}
	err := l.w.each(ctx, "add up periods", `
		SELECT currency, date, sum(n), sum(change) FROM (
			SELECT currency, valid_from AS date, 1 AS n, mrr AS change FROM `+l.w.table("periods")+`
			WHERE load_id = {stored:UInt64} AND mrr > 0 AND NOT scheduled AND valid_from <= {through:Date}
			UNION ALL
			SELECT currency, valid_to, -1, -mrr FROM `+l.w.table("periods")+`
			WHERE load_id = {stored:UInt64} AND mrr > 0 AND NOT scheduled AND valid_to <= {through:Date}
		) GROUP BY currency, date ORDER BY currency, date`, func(scan func(...any) error) error {
		var k dayKey
		var day time.Time
		var n int64
		var change decimal.Decimal
		if err := scan(&k.currency, &day, &n, &change); err != nil {
			return err
		}
		k.date = dateOf(day)
		if k.currency != last.currency {
			fill(through + 1)
			at = tally{}
		} else {
			fill(k.date)
		}
		at = at.plus(tally{int(n), change})
		last = k
		return nil
	}, named("stored", stored), named("through", through.Time().Format(time.DateOnly)))
	fill(through + 1)
	return all, err
}
