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
	err := inTurn(ctx, l.flush, l.checkHanded, l.checkDerived, l.countCarried, l.buildTables)
	if err != nil {
		return fmt.Errorf("build load %d: %w", l.id, err)
	}
	l.parts[part{table: derivedTable.name}] = l.id
	l.rows[derivedTable.name] = l.handed[derivedTable.name].rows
	l.state = built
	return nil
}

// inTurn takes one step after the other.
func inTurn(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// buildTables completes the tables: the days beside what they do not hang on, sums
// that hang on no days beside these, and the lines of invoices beside all of it. Of a
// whole load the sums and the lines come after the days, as each of these takes all the
// memory there should be.
func (l *Load) buildTables(ctx context.Context) error {
	whole := func(t table) func(context.Context) error {
		return func(ctx context.Context) error { return l.carry(ctx, t, "", "") }
	}
	g, gctx := errgroup.WithContext(ctx)
	var lines map[uint32]tally
	idle := l.idle()
	buildLines := func() (err error) {
		if !idle {
			lines, err = l.buildInvoiceLines(gctx)
		}
		return err
	}
	if !l.spec.Full {
		g.Go(buildLines)
	}
	g.Go(func() error {
		if err := inTurn(gctx, l.carryPeriods, l.buildRates, l.planDaily); err != nil {
			return err
		}
		var last []func(context.Context) error
		beside, bctx := errgroup.WithContext(gctx)
		periods := l.whole(periodsTable)
		beside.Go(func() error { return l.buildDaily(bctx, periods) })
		beside.Go(func() error {
			if err := l.carryMovements(bctx); err != nil {
				return err
			}
			sums, err := l.planSummaries(bctx)
			if err != nil {
				return err
			}
			for _, s := range sums {
				if s.ofDays {
					last = append(last, s.add)
				} else {
					beside.Go(func() error { return s.add(bctx) })
				}
			}
			return inTurn(bctx, whole(customersTable), whole(subscriptionsTable), whole(rejectsTable))
		})
		if err := beside.Wait(); err != nil {
			return err
		}
		if l.spec.Full {
			g.Go(buildLines)
		}
		return inTurn(gctx, last...)
	})
	err := g.Wait()
	if err == nil {
		l.takeInvoiceLines(lines)
	}
	return err
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
		if t.name != dailyTable.name && !isSummary(t.name) {
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
