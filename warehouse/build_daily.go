package warehouse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"mrrsync/connectors/billing"
)

// planDaily finds the months that changed, which buildDaily writes, and takes over
// the others.
func (l *Load) planDaily(ctx context.Context) error {
	changed, err := l.changedMonths(ctx)
	if err != nil {
		return err
	}
	l.takeOver(dailyTable)
	for _, first := range changed {
		month := monthOf(first)
		l.parts[part{dailyTable.name, month}] = l.id
		l.changed = append(l.changed, month)
	}
	return nil
}

// buildDaily expands the days of the months that changed from the periods stored
// under a load's id. It may run beside other steps: it touches nothing of the load.
func (l *Load) buildDaily(ctx context.Context, periods uint64) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(expanding)
	for _, month := range l.changed {
		g.Go(func() error { return l.expand(ctx, firstOf(month), periods) })
	}
	return g.Wait()
}

// expanding is how many months are expanded at once: each takes one thread of the
// engine and memory for a block.
const expanding = 2

// takeOver names the base's months of a table.
func (l *Load) takeOver(t table) {
	for p, stored := range l.baseParts {
		if p.table == t.name {
			l.parts[p] = stored
		}
	}
}

// monthOf is a day's month as YYYYMM.
func monthOf(d billing.Date) uint32 {
	y, m, _ := d.Time().Date()
	return uint32(y*100 + int(m))
}

// firstOf is the first day of a month as YYYYMM.
func firstOf(month uint32) billing.Date {
	return billing.NewDate(int(month/100), time.Month(month%100), 1)
}

// expand writes the days of one month up to through. The periods come in the
// order of daily and every one becomes days in place, so that what is written is
// in order already; ids are made numbers before that, once a period instead of
// once a day. A month is one part, unless it is larger than a block may be.
func (l *Load) expand(ctx context.Context, first billing.Date, periods uint64) error {
	value, join := l.dayValue()
	columns := slices.Clone(dailyTable.columns)
	columns[slices.Index(columns, "mrr_reporting")] = value
	return l.w.exec(ctx, "expand daily", `
		INSERT INTO `+l.w.table("daily")+` (load_id, `+strings.Join(dailyTable.columns, ", ")+`)
		SELECT {id:UInt64}, `+strings.Join(columns, ", ")+` FROM (
			SELECT *, toDate(arrayJoin(range(toUInt16(greatest(valid_from, {first:Date})), toUInt16(least(valid_to, {end:Date}))))) AS date FROM (
				SELECT
					source, toLowCardinality(customer_id) AS customer_id, toLowCardinality(account_id) AS account_id,
					toLowCardinality(subscription_id) AS subscription_id, toLowCardinality(item_id) AS item_id,
					product_id, product_name, plan_id, plan_name, currency, quantity, mrr,
					CAST(segments, 'Map(LowCardinality(String), LowCardinality(String))') AS segments, valid_from, valid_to
				FROM `+l.w.table("periods")+` AS p
				WHERE load_id = {stored:UInt64} AND mrr > 0 AND NOT scheduled AND p.valid_from < {end:Date} AND p.valid_to > {first:Date}
				ORDER BY p.source, p.customer_id, p.subscription_id, p.item_id, p.valid_from
			)
		) AS c `+join+`
		SETTINGS max_threads = 1, max_insert_threads = 1, max_block_size = 8192, min_insert_block_size_rows = 16777216, min_insert_block_size_bytes = 268435456,
			optimize_read_in_order = 1, query_plan_remove_redundant_sorting = 0`,
		named("id", l.id), named("stored", periods),
		named("first", first.Time().Format(time.DateOnly)), named("end", min(first.AddMonths(1), l.spec.Through+1).Time().Format(time.DateOnly)))
}

// dayValue is what a row of a day is worth in the reporting currency, and the join
// that brings what it is computed from.
func (l *Load) dayValue() (value, join string) {
	if l.fx == nil {
		return "toDecimal64(0, 4)", ""
	}
	return inReporting("mrr"), l.joinRates("date")
}

// changedMonths are the first days of the months of daily that have to be
// written, in order: those that gained days, those in which the periods of a
// derived customer differ from the base's in anything that a day shows, and
// those in which a rate differs; all, if the reporting currency is another.
func (l *Load) changedMonths(ctx context.Context) ([]billing.Date, error) {
	months := map[billing.Date]bool{}
	from := l.base.Through + 1
	if l.base.ID == 0 || l.base.Currency != l.spec.Currency {
		var err error
		if from, err = l.firstDay(ctx); err != nil {
			return nil, err
		}
	}
	if from != billing.NoDate && from <= l.spec.Through {
		for m := from.Month(); m <= l.spec.Through; m = m.AddMonths(1) {
			months[m] = true
		}
	}
	if l.base.ID != 0 {
		for _, find := range []func(context.Context, map[billing.Date]bool) error{l.restatedMonths, l.revaluedMonths, l.misvaluedMonths} {
			if err := find(ctx, months); err != nil {
				return nil, err
			}
		}
	}
	maps.DeleteFunc(months, func(m billing.Date, _ bool) bool { return m < l.open() && l.closed() })
	return slices.Sorted(maps.Keys(months)), nil
}

// firstDay is the first day with MRR up to through; billing.NoDate if there is
// none.
func (l *Load) firstDay(ctx context.Context) (billing.Date, error) {
	var day time.Time // 1970-01-01 of no rows
	err := l.w.conn.QueryRow(ctx, "SELECT min(valid_from) FROM "+l.w.table("periods")+
		" WHERE load_id = {stored:UInt64} AND mrr > 0 AND NOT scheduled AND valid_from <= {through:Date}",
		named("stored", l.whole(periodsTable)), named("through", l.spec.Through.Time().Format(time.DateOnly))).Scan(&day)
	if err != nil {
		return billing.NoDate, fmt.Errorf("find the first day with MRR: %w", err)
	}
	return dateOf(day), nil
}

// restatedMonths finds the months, up to the base's through, in which the days
// of derived customers differ from the base's. Each side is a sum of hashes, one
// per period and month that it touches.
func (l *Load) restatedMonths(ctx context.Context, into map[billing.Date]bool) error {
	if l.idle() {
		return nil
	}
	return l.w.each(ctx, "find changed months of daily", `
		SELECT month FROM (
			SELECT month, load_id = {id:UInt64} AS fresh, sum(cityHash64(
				source, customer_id, account_id, subscription_id, item_id, product_id, product_name, plan_id, plan_name, currency, quantity, mrr, segments,
				greatest(valid_from, month), least(upto, addMonths(month, 1)))) AS hash
			FROM (
				SELECT *, least(valid_to, {end:Date}) AS upto,
					arrayJoin(arrayMap(i -> addMonths(toStartOfMonth(valid_from), i), range(toUInt32(dateDiff('month', valid_from, upto - 1) + 1)))) AS month
				FROM `+l.w.table("periods")+`
				WHERE load_id IN ({id:UInt64}, {stored:UInt64}) AND mrr > 0 AND NOT scheduled AND valid_from < {end:Date} AND `+l.isDerived()+`
			) GROUP BY month, fresh
		) GROUP BY month HAVING sumIf(hash, fresh) != sumIf(hash, NOT fresh)`,
		scanDays(into), named("id", l.id), named("stored", l.baseParts[part{table: periodsTable.name}]), named("end", (l.base.Through+1).Time().Format(time.DateOnly)))
}

// revaluedMonths finds the months in which a rate differs that both the base and
// the load know: days that only one of them has differ in their periods too.
func (l *Load) revaluedMonths(ctx context.Context, into map[billing.Date]bool) error {
	if l.fx == nil {
		return nil
	}
	return l.w.each(ctx, "find months with other rates", `
		SELECT DISTINCT toStartOfMonth(date) FROM (
			SELECT currency, date, rate FROM `+l.w.table("rates")+` WHERE load_id = {stored:UInt64}
		) AS was
		ANY INNER JOIN (SELECT currency, date, rate AS new_rate FROM `+l.w.table("rates")+` WHERE load_id = {id:UInt64}) AS now USING (currency, date)
		WHERE rate != new_rate`,
		scanDays(into), named("id", l.id), named("stored", l.baseParts[part{table: ratesTable.name}]))
}

// misvaluedMonths finds, when everything is derived again, the months of the base
// whose last day is worth something else at this load's rates. There are such in
// warehouses whose reporting currency was changed by mrrsync before it wrote all
// months anew on that.
func (l *Load) misvaluedMonths(ctx context.Context, into map[billing.Date]bool) error {
	if !l.spec.Full {
		return nil
	}
	value, join := l.dayValue()
	return l.w.each(ctx, "find months at other rates", `
		SELECT toStartOfMonth(date) AS month FROM (
			SELECT date, currency, mrr, mrr_reporting FROM `+l.w.table("daily")+`
			WHERE (toYYYYMM(date), load_id) IN {daily:Array(Tuple(UInt32, UInt64))} AND date = least(toLastDayOfMonth(date), {through:Date})
		) AS d `+join+`
		GROUP BY month HAVING sum(mrr_reporting) != sum(`+value+`)`,
		scanDays(into), named("id", l.id), named("daily", dailyParts(l.baseParts)), named("through", date(l.base.Through)))
}

// scanDays takes one Date a row into a set.
func scanDays(into map[billing.Date]bool) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		var day time.Time
		if err := scan(&day); err != nil {
			return err
		}
		into[dateOf(day)] = true
		return nil
	}
}
