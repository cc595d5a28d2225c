package warehouse

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// namedRanges is how many restatements a Diff names; it counts them all. Those
// of a published load are in the view restatements, every one.
const namedRanges = 1000

// comparison is of the MRR that two stored versions of periods say of the days
// before until.
type comparison struct {
	from, to uint64 // the load_ids of the rows, before and after
	until    billing.Date
	of       string // which customers, a condition on periods; empty: all
	// customers compares what each customer pays, too, whichever account it counts to.
	customers bool
}

// ranges is the SQL of the ranges of days on which an account's MRR in a currency
// differs: by_customer, account_id, currency, valid_from, valid_to, mrr_before,
// mrr_after. With by_customer the account_id is a customer. Who reads alike is told by a
// hash first, so that memory grows with the accounts and with what changed, not with
// history.
func (w *Warehouse) ranges(c comparison) string {
	rows := w.table("periods") + " WHERE load_id IN ({from:UInt64}, {to:UInt64}) AND mrr > 0 AND NOT scheduled AND valid_from < {until:Date} AND " + cmp.Or(c.of, "1")
	whose := "(0, account_id)"
	if c.customers {
		whose = "arrayJoin([(0, account_id), (1, concat(source, '/', customer_id))])"
	}
	return `
		SELECT tupleElement(whose, 1) = 1 AS by_customer, tupleElement(whose, 2) AS account_id, currency, date AS valid_from, next AS valid_to, mrr_before, mrr_after FROM (
			SELECT whose, currency, date,
				sum(was) OVER story AS mrr_before, sum(is) OVER story AS mrr_after,
				leadInFrame(date, 1, {until:Date}) OVER (PARTITION BY whose, currency ORDER BY date ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS next
			FROM (
				SELECT whose, currency, tupleElement(step, 1) AS date, sumIf(tupleElement(step, 2), load_id = {from:UInt64}) AS was, sumIf(tupleElement(step, 2), load_id = {to:UInt64}) AS is
				FROM (
					SELECT load_id, whose, currency, arrayJoin([(valid_from, toDecimal128(mrr, 4)), (valid_to, -toDecimal128(mrr, 4))]) AS step
					FROM (SELECT load_id, ` + whose + ` AS whose, currency, valid_from, valid_to, mrr FROM ` + rows + `)
					WHERE (whose, currency) IN (
						SELECT ` + whose + ` AS whose, currency FROM ` + rows + `
						GROUP BY whose, currency
						HAVING sumIf(cityHash64(valid_from, least(valid_to, {until:Date}), mrr), load_id = {from:UInt64}) != sumIf(cityHash64(valid_from, least(valid_to, {until:Date}), mrr), load_id = {to:UInt64})
					)
				)
				WHERE date < {until:Date}
				GROUP BY whose, currency, date HAVING was != 0 OR is != 0
			)
			WINDOW story AS (PARTITION BY whose, currency ORDER BY date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
		) WHERE mrr_before != mrr_after`
}

func (c comparison) args() []any {
	return []any{named("from", c.from), named("to", c.to), named("until", c.until.Time().Format(time.DateOnly))}
}

// compare calls take for every range of days that differs, ordered by account,
// currency and first day; for those of customers after all of accounts.
func (w *Warehouse) compare(ctx context.Context, c comparison, take func(r Restatement, ofCustomer bool), args ...any) error {
	if c.from == c.to {
		return nil
	}
	return w.each(ctx, "compare periods", w.ranges(c)+" ORDER BY by_customer, account_id, currency, valid_from", func(scan func(...any) error) error {
		var r Restatement
		var ofCustomer uint8
		var from, until time.Time
		if err := scan(&ofCustomer, &r.AccountID, &r.Currency, &from, &until, &r.Before, &r.After); err != nil {
			return err
		}
		r.From, r.Until = dateOf(from), dateOf(until)
		take(r, ofCustomer == 1)
		return nil
	}, append(c.args(), args...)...)
}

// grossChange is, per currency and day, by how much the sum of the sizes of all
// changes rises on that day.
type grossChange map[dayKey]decimal.Decimal

func (g grossChange) add(r Restatement) {
	size := r.After.Sub(r.Before).Abs()
	from, until := dayKey{r.Currency, r.From}, dayKey{r.Currency, r.Until}
	g[from] = g[from].Add(size)
	g[until] = g[until].Sub(size)
}

// lesser keeps, of two measures of the same days, the smaller one of each; a day
// that either finds unchanged is left out. Both are ordered by date and currency.
func lesser(a, b []RestatedDay) []RestatedDay {
	other := make(map[dayKey]decimal.Decimal, len(b))
	for _, day := range b {
		other[dayKey{day.Currency, day.Date}] = day.Gross
	}
	var out []RestatedDay
	for _, day := range a {
		if day.Gross = decimal.Min(day.Gross, other[dayKey{day.Currency, day.Date}]); day.Gross.IsPositive() {
			out = append(out, day)
		}
	}
	return out
}

// days are the days that read otherwise, ordered by date and currency.
func (g grossChange) days(before, after map[dayKey]tally) []RestatedDay {
	var days []RestatedDay
	var last dayKey
	var sum decimal.Decimal
	for _, k := range slices.SortedFunc(maps.Keys(g), func(a, b dayKey) int {
		return cmp.Or(cmp.Compare(a.currency, b.currency), cmp.Compare(a.date, b.date))
	}) {
		for day := last.date; k.currency == last.currency && day < k.date && sum.IsPositive(); day++ {
			at := dayKey{k.currency, day}
			days = append(days, RestatedDay{day, k.currency, before[at].sum, after[at].sum, sum})
		}
		sum, last = sum.Add(g[k]), k
	}
	slices.SortFunc(days, func(a, b RestatedDay) int {
		return compareDays(dayKey{a.Currency, a.Date}, dayKey{b.Currency, b.Date})
	})
	return days
}

// recordRestatements writes down what the load says otherwise of days that were
// final. It comes right before publishing: until the manifest names the load the
// rows mean nothing, and collect drops them.
func (l *Load) recordRestatements(ctx context.Context) error {
	if l.base.ID == 0 || l.idle() || l.same || l.base.FinalThrough == billing.NoDate {
		return nil
	}
	c := comparison{from: l.baseParts[part{table: periodsTable.name}], to: l.whole(periodsTable), until: l.base.FinalThrough + 1, of: l.isDerived()}
	return l.w.record(ctx, l.id, c, l.causes(), l.causeArgs()...)
}

// record inserts the ranges of a comparison under a load's id. causes is SQL of
// account_id, reason and evidence; an account that it does not name has the
// reason derivation.
func (w *Warehouse) record(ctx context.Context, id uint64, c comparison, causes string, args ...any) error {
	if c.from == c.to {
		return nil
	}
	err := w.exec(ctx, "record restatements", `
		INSERT INTO `+w.table("restatements")+` (load_id, account_id, currency, valid_from, valid_to, mrr_before, mrr_after, reason, evidence)
		SELECT {id:UInt64}, r.account_id, currency, valid_from, valid_to, mrr_before, mrr_after, if(reason = '', 'derivation', reason), evidence
		FROM (`+w.ranges(c)+`) AS r
		ANY LEFT JOIN (`+causes+`) AS why ON r.account_id = why.account_id
		SETTINGS join_use_nulls = 0`, slices.Concat(c.args(), args, []any{named("id", id)})...)
	if err != nil {
		return fmt.Errorf("record restatements of load %d: %w", id, err)
	}
	return nil
}

// causes is the SQL of why accounts may read otherwise than in the base, from
// what is stored alone. Several may hold for an account; all are named.
func (l *Load) causes() string {
	customers := "SELECT source, customer_id, account_id FROM " + l.w.table("customers") + " WHERE load_id IN ({customers_from:UInt64}, {customers_to:UInt64}) AND " + l.isDerived()
	since := "run > arrayElement({since:Array(UInt64)}, indexOf({sources:Array(String)}, source)) AND run <= arrayElement({sealed:Array(UInt64)}, indexOf({sources:Array(String)}, source))"
	landed := "FROM " + l.w.table("raw_objects") + " WHERE source IN {sources:Array(String)} AND " + since
	periods := "FROM " + l.w.table("periods") + " WHERE load_id IN ({from:UInt64}, {to:UInt64}) AND " + l.isDerived()
	whole := "'' AS cause, '' AS kind, account_id " + periods + " GROUP BY account_id"
	switch {
	case !l.spec.Full || l.base.PolicyHash == l.spec.PolicyHash:
		whole = "'' AS cause, '' AS kind, '' AS account_id WHERE 0"
	case l.base.PolicyHash == "":
		whole = strings.Replace(whole, "'' AS cause", "'reopened' AS cause", 1)
	default:
		whole = strings.Replace(whole, "'' AS cause", "'policy' AS cause", 1)
	}
	return `
		SELECT account_id, arrayStringConcat(arraySort(groupUniqArrayIf(cause, cause != '')), '+') AS reason, arrayStringConcat(arraySort(groupUniqArrayIf(kind, kind != '')), ', ') AS evidence
		FROM (
				SELECT 'identity' AS cause, '' AS kind, arrayJoin(accounts) AS account_id FROM (
					SELECT groupUniqArray(account_id) AS accounts FROM (` + customers + `) GROUP BY source, customer_id HAVING length(accounts) > 1
				)
			UNION ALL
				SELECT ` + whole + `
			UNION ALL
				SELECT 'source_removed', '', account_id FROM (` + customers + `) WHERE source IN {removed:Array(String)}
			UNION ALL
				SELECT DISTINCT 'late_evidence', toString(kind), account_id FROM (
					SELECT DISTINCT source, customer_id, kind ` + landed + ` AND customer_id != ''
				) AS o INNER JOIN (SELECT DISTINCT * FROM (` + customers + `)) AS c USING (source, customer_id)
			UNION ALL
				SELECT DISTINCT 'catalogue', toString(splitByChar('/', ref)[1]), account_id FROM (
					SELECT DISTINCT source, account_id, arrayJoin(CAST(refs, 'Array(String)')) AS ref ` + periods + `
				) AS p INNER JOIN (SELECT DISTINCT source, concat(kind, '/', id) AS ref ` + landed + ` AND customer_id = '') AS o USING (source, ref)
		) GROUP BY account_id`
}

func (l *Load) causeArgs() []any {
	var sources, removed []string
	var since, sealed []uint64
	for _, s := range l.spec.Sources {
		sources, since, sealed = append(sources, s.Source), append(since, l.base.Seals[s.Source]), append(sealed, s.Run)
	}
	for source := range l.base.Seals {
		if !slices.Contains(sources, source) {
			removed = append(removed, source)
		}
	}
	slices.Sort(removed)
	return []any{
		named("sources", sources), named("since", since), named("sealed", sealed), named("removed", removed),
		named("customers_from", l.baseParts[part{table: customersTable.name}]), named("customers_to", l.whole(customersTable)),
	}
}

// forget drops restatements of loads that were never published.
func (w *Warehouse) forget(ctx context.Context) error {
	var dead []uint64
	err := w.each(ctx, "find restatements of dead loads", `
		SELECT DISTINCT load_id FROM `+w.table("restatements")+`
		WHERE load_id NOT IN (SELECT load_id FROM `+w.table("manifest")+` WHERE table = '')`,
		func(scan func(...any) error) error {
			var id uint64
			err := scan(&id)
			dead = append(dead, id)
			return err
		})
	if err != nil || len(dead) == 0 {
		return err
	}
	return w.exec(ctx, "drop restatements of dead loads",
		"ALTER TABLE "+w.table("restatements")+w.schema.OnCluster()+" DELETE WHERE load_id IN {dead:Array(UInt64)} SETTINGS mutations_sync = 1", named("dead", dead))
}
