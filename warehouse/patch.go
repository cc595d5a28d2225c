package warehouse

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// A pendingSum adds the load up, into one table or all of them. It touches nothing of
// the load.
type pendingSum struct {
	add    func(context.Context) error
	ofDays bool // it reads daily
}

// planSummaries says how the load is to be added up: from the base's sums and what
// differs, if that can be done, else from the whole of it. No sum hangs on which of
// them it was.
func (l *Load) planSummaries(ctx context.Context) ([]pendingSum, error) {
	for _, t := range summaryTables {
		l.parts[part{table: t.name}] = l.id
	}
	if !l.idle() && l.rows[periodsTable.name] == 0 && l.rows[movementsTable.name] == 0 {
		return nil, nil // nothing adds up to nothing
	}
	can, err := l.canPatch(ctx)
	if err != nil {
		return nil, err
	}
	moved := 0
	if can {
		if moved, err = l.findMoved(ctx); err != nil {
			return nil, err
		}
	}
	if can && moved == 0 && len(l.changed) == 0 && l.spec.Through == l.base.Through {
		// Nothing has happened since the base, as when somebody syncs by the hour.
		for _, t := range summaryTables {
			l.parts[part{table: t.name}] = l.baseParts[part{table: t.name}]
		}
		return nil, nil
	}
	parts := maps.Clone(l.parts)
	if !can || moved > mostMoved {
		return []pendingSum{{ofDays: true, add: func(ctx context.Context) error {
			return l.w.summarize(ctx, l.id, l.spec.Through, l.fx != nil, parts)
		}}}, nil
	}
	all, err := l.w.schema.patches()
	if err != nil {
		return nil, err
	}
	open := l.base.Through.Month()
	if next := open.AddMonths(1); l.base.Through == next-1 {
		open = next
	}
	maps.DeleteFunc(parts, func(p part, _ uint64) bool { return p.table == dailyTable.name && !slices.Contains(l.changed, p.month) })
	args := append(sumArgs(l.id, l.spec.Through, l.fx != nil, parts),
		named("base_through", date(l.base.Through)), named("base_periods", l.baseParts[part{table: periodsTable.name}]),
		named("base_movements", l.baseParts[part{table: movementsTable.name}]), named("months", l.changed), named("open", date(open)))
	var sums []pendingSum
	for _, s := range all {
		args := append(slices.Clip(args), named("sums", l.baseParts[part{table: s.Name}]))
		sums = append(sums, pendingSum{ofDays: s.Name == dayTotalsTable.name, add: func(ctx context.Context) error {
			return l.w.exec(ctx, "add up "+s.Name, s.SQL, args...)
		}})
	}
	return sums, nil
}

// mostMoved is how many accounts may differ from the base before all are summed
// again: taking so many out and putting them in takes as long.
const mostMoved = 50_000

// findMoved stores the accounts that may differ from the base, one more than mostMoved
// at most, and says how many they are: those that derived customers belong or belonged
// to, and those to whom something happens on the days that the base did not show.
func (l *Load) findMoved(ctx context.Context) (int, error) {
	happens := func(day string) string { return day + " > {since:Date} AND " + day + " <= {through:Date}" }
	err := l.w.exec(ctx, "find accounts that moved", `
		INSERT INTO `+l.w.table(movedTable.name)+` (load_id, account_id) SELECT DISTINCT {id:UInt64}, account_id FROM (
			SELECT account_id FROM `+l.w.table(periodsTable.name)+` WHERE load_id IN ({periods:UInt64}, {base_periods:UInt64})
				AND (`+l.isDerived()+` OR `+happens("valid_from")+` OR `+happens("valid_to")+`)
			UNION ALL
			SELECT account_id FROM `+l.w.table(movementsTable.name)+` WHERE load_id IN ({movements:UInt64}, {base_movements:UInt64})
				AND (`+l.isDerived()+` OR `+happens("date")+`)
		) LIMIT {limit:UInt32}`,
		named("id", l.id), named("periods", l.whole(periodsTable)), named("base_periods", l.baseParts[part{table: periodsTable.name}]),
		named("movements", l.whole(movementsTable)), named("base_movements", l.baseParts[part{table: movementsTable.name}]),
		named("since", date(l.base.Through)), named("through", date(l.spec.Through)), named("limit", mostMoved+1))
	if err != nil {
		return 0, err
	}
	stored, err := l.tallies(ctx, map[string]string{movedTable.name: "load_id = {id:UInt64}"})
	l.carried[movedTable.name] = stored[movedTable.name]
	return stored[movedTable.name].rows, err
}

// canPatch says whether accounts that were not derived have the same share in
// every sum as they have in the base: it was summed in the same way, the days that
// both know have the same rates, MRR is divided by the same segments, and no
// erasure has died half-way, between rows and their sums.
func (l *Load) canPatch(ctx context.Context) (bool, error) {
	if l.spec.Full || l.spec.Currency != l.base.Currency {
		return false, nil
	}
	for _, name := range []string{periodsTable.name, movementsTable.name, ratesTable.name, dayTotalsTable.name, cohortMonthsTable.name, sliceMonthsTable.name} {
		if l.baseParts[part{table: name}] == 0 {
			return false, nil
		}
	}
	erasures, err := l.w.Erasures(ctx)
	if err != nil || slices.ContainsFunc(erasures, func(e Erasure) bool { return !e.Done }) {
		return false, err
	}
	var rates, segments bool
	err = l.w.conn.QueryRow(ctx, `
		SELECT
			(SELECT count() FROM (
				SELECT 1 FROM `+l.w.table(ratesTable.name)+` WHERE load_id IN ({rates:UInt64}, {base_rates:UInt64}) AND date <= {base_through:Date}
				GROUP BY currency, date, rate HAVING count() != 2
			)) = 0,
			(SELECT arraySort(groupUniqArray(segment)) FROM `+l.w.table(sliceMonthsTable.name)+` WHERE load_id = {sums:UInt64}) =
			(SELECT arraySort(arrayDistinct(arrayConcat({segments:Array(String)}, groupUniqArrayArray(mapKeys(segments))))) FROM `+l.w.table(periodsTable.name)+` WHERE load_id = {periods:UInt64})`,
		named("rates", l.parts[part{table: ratesTable.name}]), named("base_rates", l.baseParts[part{table: ratesTable.name}]), named("base_through", date(l.base.Through)),
		named("sums", l.baseParts[part{table: sliceMonthsTable.name}]), named("periods", l.whole(periodsTable)), named("segments", append([]string{""}, l.w.schema.Segments...)),
	).Scan(&rates, &segments)
	if err != nil {
		return false, fmt.Errorf("compare with the base's sums: %w", err)
	}
	return rates && segments, nil
}
