package warehouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"mrrsync/connectors/billing"
)

// Build completes the load inside the engine: the rows of customers that were
// not derived again are carried forward from the base, and the months of daily
// and invoice_lines that changed are written. Months that did not change, and
// whole tables when nothing was derived, are taken over as they are stored.
func (l *Load) Build(ctx context.Context) error {
	if l.state != filling {
		return errors.New("build load: it is built already")
	}
	for _, step := range []func(context.Context) error{
		l.flush,
		l.checkHanded,
		l.checkDerived,
		l.countCarried,
		l.carryPeriods,
		l.buildRates,
		l.carryMovements,
		func(ctx context.Context) error { return l.carry(ctx, customersTable, "", "") },
		func(ctx context.Context) error { return l.carry(ctx, subscriptionsTable, "", "") },
		func(ctx context.Context) error { return l.carry(ctx, rejectsTable, "", "") },
		l.buildDaily,
		l.buildInvoiceLines,
		l.buildSummaries,
	} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("build load %d: %w", l.id, err)
		}
	}
	l.parts[part{table: derivedTable.name}] = l.id
	l.rows[derivedTable.name] = l.handed[derivedTable.name].rows
	l.state = built
	return nil
}

// Conditions on the rows of customers. The names are those of parameters: id of
// this load, stored of the base's part.
func (l *Load) isDerived() string {
	if l.spec.Full {
		return "1"
	}
	return "(source, customer_id) IN (SELECT source, customer_id FROM " + l.w.table("derived") + " WHERE load_id = {id:UInt64})"
}

func (l *Load) isCarried() string {
	if l.spec.Full {
		return "0"
	}
	return "(source, customer_id) NOT IN (SELECT source, customer_id FROM " + l.w.table("derived") + " WHERE load_id = {id:UInt64})"
}

// idle says that nothing was derived, so that tables can be taken over whole.
func (l *Load) idle() bool {
	return !l.spec.Full && l.handed[derivedTable.name].rows == 0
}

// whole is where the rows of a table kept whole are stored: this load, or the
// base when it was taken over.
func (l *Load) whole(t table) uint64 { return l.parts[part{table: t.name}] }

// tallies counts the rows of each of some tables and adds up their amounts, in
// one statement. where is a condition per table.
func (l *Load) tallies(ctx context.Context, where map[string]string, args ...any) (map[string]tally, error) {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(where)) {
		amount := cmp.Or(amountOf(name), "toDecimal64(0, 4)")
		parts = append(parts, "SELECT "+literal(name)+" AS name, count() AS n, toDecimal128(sum("+amount+"), 4) AS amount FROM "+l.w.table(name)+" WHERE "+where[name])
	}
	all := map[string]tally{}
	if len(parts) == 0 {
		return all, nil
	}
	err := l.w.each(ctx, "count rows", strings.Join(parts, "\nUNION ALL\n"), func(scan func(...any) error) error {
		var name string
		var n uint64
		var sum decimal.Decimal
		if err := scan(&name, &n, &sum); err != nil {
			return err
		}
		all[name] = tally{int(n), sum}
		return nil
	}, append(args, named("id", l.id))...)
	return all, err
}

// checkHanded proves that every row that Go handed over is stored, once.
func (l *Load) checkHanded(ctx context.Context) error {
	return l.checkStored(ctx, l.handed)
}

// checkStored compares what is stored under this load's id with what should be.
// Daily and what is added up are proved elsewhere, in another way.
func (l *Load) checkStored(ctx context.Context, want map[string]tally) error {
	where := map[string]string{}
	for _, t := range loadTables {
		if !slices.Contains([]string{dailyTable.name, dayTotalsTable.name, cohortMonthsTable.name}, t.name) {
			where[t.name] = "load_id = {id:UInt64}"
		}
	}
	got, err := l.tallies(ctx, where)
	if err != nil {
		return err
	}
	for _, t := range loadTables {
		if err := agree(t, got[t.name], want[t.name]); err != nil {
			return err
		}
	}
	return nil
}

// agree compares what is stored with what should be.
func agree(t table, got, want tally) error {
	if got.rows != want.rows || !got.sum.Equal(want.sum) {
		return fmt.Errorf("verify %s: %d rows of %s in sum are stored, but %d of %s were written: do not publish, run again",
			t.name, got.rows, got.sum, want.rows, want.sum)
	}
	return nil
}

// checkDerived refuses rows of customers that were not named to Add: they would
// be there twice, once derived and once carried forward.
func (l *Load) checkDerived(ctx context.Context) error {
	var parts []string
	for _, t := range []table{periodsTable, movementsTable, stagedMovesTable, stagedLinesTable, customersTable, subscriptionsTable, rejectsTable} {
		parts = append(parts, "SELECT "+literal(t.name)+", source, customer_id FROM "+l.w.table(t.name)+`
			WHERE load_id = {id:UInt64} AND (source, customer_id) NOT IN (SELECT source, customer_id FROM `+l.w.table("derived")+` WHERE load_id = {id:UInt64}) LIMIT 1`)
	}
	return l.w.each(ctx, "find rows of customers not derived", strings.Join(parts, "\nUNION ALL\n"), func(scan func(...any) error) error {
		var name, source, customer string
		if err := scan(&name, &source, &customer); err != nil {
			return err
		}
		return fmt.Errorf("%s has rows of %s customer %q, which was not named as derived", name, source, customer)
	}, named("id", l.id))
}

// countCarried counts what will be carried forward, before it is.
func (l *Load) countCarried(ctx context.Context) error {
	if l.spec.Full && !l.closed() || l.idle() && l.fx == nil {
		return nil
	}
	where := map[string]string{}
	args := []any{}
	for _, t := range []table{periodsTable, movementsTable, customersTable, subscriptionsTable, rejectsTable} {
		if stored, ok := l.baseParts[part{table: t.name}]; ok && (!l.idle() || t.name == movementsTable.name) {
			where[t.name] = "load_id = {" + t.name + ":UInt64} AND " + l.isCarried()
			if t.name == periodsTable.name {
				where[t.name] = "load_id = {" + t.name + ":UInt64} AND " + l.isKept()
			}
			args = append(args, named(t.name, stored))
		}
	}
	var err error
	l.carried, err = l.tallies(ctx, where, append(args, l.openArg())...)
	return err
}

// carry copies the rows of a table that belong to customers not derived again,
// inside the engine. join and value, if given, make the last of the columns
// anew: value computes it from what join brings.
func (l *Load) carry(ctx context.Context, t table, value, join string) error {
	p := part{table: t.name}
	stored, ok := l.baseParts[p]
	if ok && l.idle() && value == "" {
		l.parts[p] = stored
		return nil
	}
	l.parts[p] = l.id
	if ok && !l.spec.Full {
		args := []any{named("id", l.id), named("stored", stored), named("through", l.spec.Through.Time().Format(time.DateOnly))}
		columns := slices.Clone(t.columns)
		if value != "" {
			columns[slices.Index(columns, "amount_reporting")] = value + " AS fresh"
		}
		err := l.w.exec(ctx, "carry "+t.name+" forward", `
			INSERT INTO `+l.w.table(t.name)+` (load_id, `+strings.Join(t.columns, ", ")+`)
			SELECT {id:UInt64}, `+strings.Join(columns, ", ")+` FROM (
				SELECT * FROM `+l.w.table(t.name)+` WHERE load_id = {stored:UInt64} AND `+l.isCarried()+`
			) AS c `+join, args...)
		if err != nil {
			return err
		}
	}
	l.rows[t.name] = l.handed[t.name].rows + l.carried[t.name].rows
	return nil
}

// inReporting is an amount at the rate of its day, as Go's fx.value has it.
func inReporting(amount string) string {
	return "CAST(round(" + amount + " * rate, 4), 'Decimal(18, 4)')"
}

// joinRates brings the rate of a row's currency on a day. Both sides are
// expressions over the rows to the left.
func (l *Load) joinRates(day string) string {
	return "ANY LEFT JOIN (SELECT currency AS rate_currency, date AS rate_date, rate FROM " + l.w.table("rates") +
		" WHERE load_id = {id:UInt64}) AS r ON currency = rate_currency AND " + day + " = rate_date"
}

// carryMovements carries movements forward, valued anew: rates may have changed,
// and days that were to come may have got theirs.
func (l *Load) carryMovements(ctx context.Context) error {
	if l.closed() && !l.idle() {
		return l.closedMovements(ctx)
	}
	if l.fx == nil {
		return l.carry(ctx, movementsTable, "", "")
	}
	return l.carry(ctx, movementsTable, inReporting("amount"), l.joinRates("least(date, {through:Date})"))
}

// buildRates stores the rate of every currency in use on every day from its
// first MRR through, and refuses a currency that has none by then.
func (l *Load) buildRates(ctx context.Context) error {
	l.parts[part{table: ratesTable.name}] = l.id
	if l.fx == nil {
		return nil
	}
	first := map[string]billing.Date{}
	var missing []string
	err := l.w.each(ctx, "read currencies", `
		SELECT currency, minIf(valid_from, mrr > 0 AND NOT scheduled AND valid_from <= {through:Date}),
			countIf(mrr > 0 AND NOT scheduled AND valid_from <= {through:Date})
		FROM `+l.w.table("periods")+` WHERE load_id = {stored:UInt64} GROUP BY currency ORDER BY currency`,
		func(scan func(...any) error) error {
			var currency string
			var day time.Time
			var n uint64
			if err := scan(&currency, &day, &n); err != nil {
				return err
			}
			first[currency] = l.spec.Through
			if n > 0 {
				first[currency] = dateOf(day)
				if _, ok := l.fx.at(currency, dateOf(day)); !ok {
					missing = append(missing, fmt.Sprintf("of %s into %s on or before %s", currency, l.fx.reporting, dateOf(day)))
				}
			}
			return nil
		}, named("stored", l.whole(periodsTable)), named("through", l.spec.Through.Time().Format(time.DateOnly)))
	if err == nil && len(missing) > 0 {
		// All at once: whoever mends this should have to do it once.
		return fmt.Errorf("read currencies: no rate %s: add them to the file of reporting.fx, or set reporting.currency to \"\"; what was pulled stays, and `mrrsync sync` goes on from it",
			strings.Join(missing, ", nor "))
	}
	if err != nil || len(first) == 0 {
		return err
	}
	if err := l.carryClosedRates(ctx); err != nil {
		return err
	}
	n := 0
	err = l.w.insert(ctx, "rates", append([]string{"load_id"}, ratesTable.columns...), func(b driver.Batch) error {
		for _, currency := range slices.Sorted(maps.Keys(first)) {
			for day := max(first[currency], l.open()); day <= l.spec.Through; day++ {
				rate, ok := l.fx.at(currency, day)
				if !ok {
					continue // in use in days to come alone
				}
				if err := b.Append(l.id, currency, day.Time(), rate); err != nil {
					return err
				}
				n++
			}
		}
		return nil
	})
	l.handed[ratesTable.name], l.rows[ratesTable.name] = tally{rows: n}, n+l.carried[ratesTable.name].rows
	return err
}

// buildDaily expands the days of the months that changed from periods, and takes
// over the others.
func (l *Load) buildDaily(ctx context.Context) error {
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
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(expanding)
	for _, first := range changed {
		g.Go(func() error { return l.expand(ctx, first) })
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

// expand writes the days of one month up to through. The periods come in the
// order of daily and every one becomes days in place, so that what is written is
// in order already; ids are made numbers before that, once a period instead of
// once a day. A month is one part, unless it is larger than a block may be.
func (l *Load) expand(ctx context.Context, first billing.Date) error {
	value, join := "toDecimal64(0, 4)", ""
	if l.fx != nil {
		value, join = inReporting("mrr"), l.joinRates("date")
	}
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
		named("id", l.id), named("stored", l.whole(periodsTable)),
		named("first", first.Time().Format(time.DateOnly)), named("end", min(first.AddMonths(1), l.spec.Through+1).Time().Format(time.DateOnly)))
}

// changedMonths are the first days of the months of daily that have to be
// written, in order: those that gained days, those in which the periods of a
// derived customer differ from the base's in anything that a day shows, and
// those in which a rate differs.
func (l *Load) changedMonths(ctx context.Context) ([]billing.Date, error) {
	months := map[billing.Date]bool{}
	from := l.base.Through + 1
	if l.base.ID == 0 {
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
		for _, find := range []func(context.Context, map[billing.Date]bool) error{l.restatedMonths, l.revaluedMonths} {
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

// buildInvoiceLines writes the months in which the lines of derived customers
// differ from the base's, those lines and the others', and takes over the rest.
func (l *Load) buildInvoiceLines(ctx context.Context) error {
	t := invoiceLinesTable
	l.takeOver(t)
	changed, err := l.changedInvoiceMonths(ctx)
	if err != nil || len(changed) == 0 {
		return err
	}
	counts, err := l.countInvoiceLines(ctx)
	if err != nil {
		return err
	}
	for _, some := range batches(changed, func(month uint32) int { return counts[month].rows }) {
		if err := l.writeInvoiceMonths(ctx, some); err != nil {
			return err
		}
		for _, month := range some {
			l.parts[part{t.name, month}] = l.id
			l.carried[t.name] = l.carried[t.name].plus(counts[month])
		}
	}
	l.rows[t.name] = l.carried[t.name].rows
	return nil
}

// blockRows is how many lines of invoices are written by one statement, which
// holds them all, unless a single month has more.
const blockRows = 1 << 20

// batches cuts months into runs of no more than blockRows rows: each statement
// reads all that is staged, as the lines of a month lie among those of the others.
func batches(months []uint32, rows func(month uint32) int) [][]uint32 {
	var all [][]uint32
	n := 0
	for _, month := range months {
		if len(all) == 0 || n+rows(month) > blockRows {
			all, n = append(all, nil), 0
		}
		all[len(all)-1] = append(all[len(all)-1], month)
		n += rows(month)
	}
	return all
}

// changedInvoiceMonths finds the months, as YYYYMM and in order, in which the
// lines of derived customers differ from the base's. Each side is a sum of
// hashes, one per line.
func (l *Load) changedInvoiceMonths(ctx context.Context) ([]uint32, error) {
	if l.idle() {
		return nil, nil
	}
	hashes := func(fresh, table, where string) string {
		return "SELECT toYYYYMM(issued_at) AS month, " + fresh + " AS fresh, sum(cityHash64(" + strings.Join(invoiceLinesTable.columns, ", ") + ")) AS hash FROM " +
			l.w.table(table) + " WHERE " + where + " GROUP BY month"
	}
	var months []uint32
	err := l.w.each(ctx, "find changed months of invoice lines", `
		SELECT month FROM (
			`+hashes("1", stagedLinesTable.name, "load_id = {id:UInt64}")+`
			UNION ALL
			`+hashes("0", invoiceLinesTable.name, `(toYYYYMM(issued_at), load_id) IN (
				SELECT bucket, part_load FROM `+l.w.table("manifest")+` WHERE load_id = {base:UInt64} AND table = 'invoice_lines'
			) AND `+l.isDerived())+`
		) GROUP BY month HAVING sumIf(hash, fresh = 1) != sumIf(hash, fresh = 0) ORDER BY month`, func(scan func(...any) error) error {
		var month uint32
		if err := scan(&month); err != nil {
			return err
		}
		if !l.closed() || month > monthOf(l.base.ClosedThrough) {
			months = append(months, month)
		}
		return nil
	}, named("id", l.id), named("base", l.base.ID))
	return months, err
}

// lines are the two sources of invoice_lines, each a table and a condition: what
// is staged of derived customers, and what the base has of the others.
func (l *Load) lines() [][2]string {
	all := [][2]string{{stagedLinesTable.name, "load_id = {id:UInt64}"}}
	if !l.spec.Full && l.base.ID != 0 {
		all = append(all, [2]string{invoiceLinesTable.name, `(toYYYYMM(issued_at), load_id) IN (
			SELECT bucket, part_load FROM ` + l.w.table("manifest") + ` WHERE load_id = {base:UInt64} AND table = 'invoice_lines'
		) AND ` + l.isCarried()})
	}
	return all
}

// countInvoiceLines counts the lines that a month would have in this load.
func (l *Load) countInvoiceLines(ctx context.Context) (map[uint32]tally, error) {
	var from []string
	for _, of := range l.lines() {
		from = append(from, "SELECT toYYYYMM(issued_at) AS month, count() AS n, toDecimal128(sum(amount), 4) AS total FROM "+l.w.table(of[0])+" WHERE "+of[1]+" GROUP BY month")
	}
	all := map[uint32]tally{}
	err := l.w.each(ctx, "count lines of invoices", strings.Join(from, "\nUNION ALL\n"), func(scan func(...any) error) error {
		var month uint32
		var n uint64
		var sum decimal.Decimal
		if err := scan(&month, &n, &sum); err != nil {
			return err
		}
		all[month] = all[month].plus(tally{int(n), sum})
		return nil
	}, named("id", l.id), named("base", l.base.ID))
	return all, err
}

// writeInvoiceMonths writes the lines of some months: those of derived customers,
// and those of the others as the base has them.
func (l *Load) writeInvoiceMonths(ctx context.Context, months []uint32) error {
	columns := strings.Join(invoiceLinesTable.columns, ", ")
	var from []string
	for _, of := range l.lines() {
		from = append(from, "SELECT {id:UInt64}, "+columns+" FROM "+l.w.table(of[0])+" WHERE "+of[1]+" AND toYYYYMM(issued_at) IN {months:Array(UInt32)}")
	}
	return l.w.exec(ctx, "write months of invoice_lines", `
		INSERT INTO `+l.w.table(invoiceLinesTable.name)+` (load_id, `+columns+`) `+strings.Join(from, " UNION ALL ")+`
		SETTINGS max_insert_threads = 1, min_insert_block_size_rows = 2097152, min_insert_block_size_bytes = 402653184`,
		named("id", l.id), named("base", l.base.ID), named("months", months))
}
