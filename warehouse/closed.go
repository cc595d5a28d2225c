package warehouse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

// Closed months. A load takes what its base says of closed days over as it
// stands, whatever was derived again: the months of daily and invoice_lines are
// pinned by the manifest, the movements and the periods of closed days are
// carried forward, the latter cut at the first open day, from which on the
// derived ones hold. So all that readers see of closed days is what was closed,
// and the step to the first open day is the difference: most often none, else a
// movement there with the reason restatement.

// closed says whether there are closed days.
func (l *Load) closed() bool { return l.base.ClosedThrough != billing.NoDate }

// open is the first day that is not closed.
func (l *Load) open() billing.Date { return l.base.ClosedThrough + 1 }

func (l *Load) openArg() any { return named("open", l.open().Time().Format(time.DateOnly)) }

// clip takes out of a derived account what is said of closed days.
func (l *Load) clip(r normalize.Result) normalize.Result {
	periods := make([]normalize.Period, 0, len(r.Periods))
	for _, p := range r.Periods {
		if p.Until > l.open() {
			p.From = max(p.From, l.open())
			periods = append(periods, p)
		}
	}
	r.Periods = periods
	r.Movements = slices.DeleteFunc(slices.Clone(r.Movements), func(m normalize.Movement) bool { return m.Date < l.open() })
	return r
}

// isKept is the condition on the base's periods that stand in this load: those
// of customers not derived again, and of the others those of closed days.
func (l *Load) isKept() string {
	if !l.closed() {
		return l.isCarried()
	}
	return "(" + l.isCarried() + " OR valid_from < {open:Date})"
}

// carryPeriods carries periods forward.
func (l *Load) carryPeriods(ctx context.Context) error {
	t := periodsTable
	p := part{table: t.name}
	stored, ok := l.baseParts[p]
	if !l.closed() || l.idle() || !ok {
		return l.carry(ctx, t, "", "")
	}
	l.parts[p] = l.id
	columns := slices.Clone(t.columns)
	columns[slices.Index(columns, "valid_to")] = "if(" + l.isCarried() + ", valid_to, least(valid_to, {open:Date})) AS until"
	err := l.w.exec(ctx, "carry periods forward", `
		INSERT INTO `+l.w.table(t.name)+` (load_id, `+strings.Join(t.columns, ", ")+`)
		SELECT {id:UInt64}, `+strings.Join(columns, ", ")+` FROM (
			SELECT * FROM `+l.w.table(t.name)+` WHERE load_id = {stored:UInt64} AND `+l.isKept()+`
		)`, named("id", l.id), named("stored", stored), l.openArg())
	l.rows[t.name] = l.handed[t.name].rows + l.carried[t.name].rows
	return err
}

// carryClosedRates takes the rates of closed days over: new ones restate open
// days only.
func (l *Load) carryClosedRates(ctx context.Context) error {
	stored, ok := l.baseParts[part{table: ratesTable.name}]
	if !l.closed() || !ok {
		return nil
	}
	where := "load_id = {stored:UInt64} AND date < {open:Date}"
	args := []any{named("stored", stored), l.openArg()}
	counts, err := l.tallies(ctx, map[string]string{ratesTable.name: where}, args...)
	if err != nil {
		return err
	}
	l.carried[ratesTable.name] = counts[ratesTable.name]
	columns := strings.Join(ratesTable.columns, ", ")
	return l.w.exec(ctx, "carry rates forward", "INSERT INTO "+l.w.table(ratesTable.name)+" (load_id, "+columns+") SELECT {id:UInt64}, "+columns+
		" FROM "+l.w.table(ratesTable.name)+" WHERE "+where, append(args, named("id", l.id))...)
}

// closedMovements makes the movements of a load upon closed days: theirs as they
// were closed; of accounts that were derived again those that were handed over,
// if they follow from the closed days; else new ones.
func (l *Load) closedMovements(ctx context.Context) error {
	apart, err := l.apart(ctx)
	if err != nil {
		return err
	}
	t := movementsTable
	l.parts[part{table: t.name}] = l.id
	columns, join := slices.Clone(t.columns), ""
	if l.fx != nil {
		columns[slices.Index(columns, "amount_reporting")] = inReporting("amount") + " AS fresh"
		join = l.joinRates("least(date, {through:Date})")
	}
	args := []any{
		named("id", l.id), named("stored", l.baseParts[part{table: t.name}]), named("apart", apart), l.openArg(),
		named("through", l.spec.Through.Time().Format(time.DateOnly)),
	}
	into := "INSERT INTO " + l.w.table(t.name) + " (load_id, " + strings.Join(t.columns, ", ") + ") SELECT {id:UInt64}, "
	err = errors.Join(
		l.w.exec(ctx, "take movements over", into+strings.Join(t.columns, ", ")+" FROM "+l.w.table(stagedMovesTable.name)+
			" WHERE load_id = {id:UInt64} AND account_id NOT IN {apart:Array(String)}", args...),
		l.w.exec(ctx, "carry movements forward", into+strings.Join(columns, ", ")+" FROM (SELECT * FROM "+l.w.table(t.name)+
			" WHERE load_id = {stored:UInt64} AND (date < {open:Date} OR account_id NOT IN {apart:Array(String)} AND "+l.isCarried()+")) AS c "+join, args...),
	)
	if err != nil {
		return err
	}
	// How many these are nobody else knows; that they are right, Verify proves day by day.
	stored, err := l.tallies(ctx, map[string]string{t.name: "load_id = {id:UInt64}"})
	if err != nil {
		return err
	}
	l.carried[t.name] = stored[t.name]
	for some := range slices.Chunk(apart, AtOnce) {
		if err := l.retype(ctx, some); err != nil {
			return err
		}
	}
	if err := l.movements.flush(ctx); err != nil {
		return err
	}
	l.rows[t.name] = l.handed[t.name].rows + l.carried[t.name].rows
	return nil
}

// apart finds the accounts whose handed movements do not follow from the closed
// days: those that step to the first open day from something else than was
// closed, and those whose coming or coming back is not what it was taken for.
func (l *Load) apart(ctx context.Context) ([]string, error) {
	unit := "account_id"
	if l.spec.Rules.Grain == normalize.GrainSubscription {
		unit = "account_id, source, subscription_id"
	}
	keys := "source, customer_id, account_id, subscription_id, item_id, plan_id, currency"
	here := func(day string) string {
		return "if(valid_from <= " + day + " AND valid_to > " + day + ", mrr, toDecimal64(0, 4))"
	}
	periods := l.w.table("periods") + " WHERE load_id = {id:UInt64} AND mrr > 0 AND NOT scheduled"
	staged := l.w.table(stagedMovesTable.name) + " WHERE load_id = {id:UInt64} AND NOT scheduled"
	// A return counts its days without MRR, which may be other ones.
	short := ""
	if l.spec.Rules.ReactivationAfterDays > 0 {
		short = `
		UNION DISTINCT
		SELECT account_id FROM ` + periods + ` AND ` + l.isDerived() + `
		GROUP BY ` + unit + ` HAVING min(valid_from) < {open:Date} AND countIf(valid_from < {open:Date} AND valid_to >= {open:Date}) = 0`
	}
	var all []string
	err := l.w.each(ctx, "compare with closed days", `
		SELECT account_id FROM (
			SELECT `+keys+`, sum(change) AS changed, sum(told) AS moved FROM (
				SELECT `+keys+`, toDecimal128(`+here("{open:Date}")+`, 4) - toDecimal128(`+here("{open:Date} - 1")+`, 4) AS change, toDecimal128(0, 4) AS told
				FROM `+periods+` AND valid_from <= {open:Date} AND valid_to >= {open:Date} AND `+l.isDerived()+`
				UNION ALL
				SELECT `+keys+`, toDecimal128(0, 4), toDecimal128(amount, 4) FROM `+staged+` AND date = {open:Date}
			) GROUP BY `+keys+` HAVING changed != moved
		)
		UNION DISTINCT
		SELECT account_id FROM (SELECT `+unit+`, date, movement FROM `+staged+` AND movement IN ('new', 'reactivation')) AS m
		ANY LEFT JOIN (SELECT `+unit+`, min(valid_from) AS first FROM `+periods+` GROUP BY `+unit+`) AS p USING (`+unit+`)
		WHERE (movement = 'new') = (first < date)`+short,
		func(scan func(...any) error) error {
			var account string
			err := scan(&account)
			all = append(all, account)
			return err
		}, named("id", l.id), l.openArg())
	slices.Sort(all)
	return all, err
}

// moveKey names a movement by what it moves.
type moveKey struct {
	date                                 billing.Date
	source, customer, subscription, item string
	plan, currency, amount               string
}

// retype makes the movements of some accounts from the first open day on anew.
// What was known to make one is kept: its reason and its object.
func (l *Load) retype(ctx context.Context, accounts []string) error {
	known := map[moveKey]normalize.Movement{}
	columns := "date, source, customer_id, subscription_id, item_id, plan_id, currency, amount, reason, object_kind, object_id, object_version"
	err := l.w.each(ctx, "read known movements", `
		SELECT `+columns+` FROM `+l.w.table(movementsTable.name)+` WHERE load_id = {stored:UInt64} AND date >= {open:Date} AND account_id IN {apart:Array(String)}
		UNION ALL
		SELECT `+columns+` FROM `+l.w.table(stagedMovesTable.name)+` WHERE load_id = {id:UInt64} AND account_id IN {apart:Array(String)}`,
		func(scan func(...any) error) error {
			var m normalize.Movement
			var k moveKey
			var day time.Time
			var amount decimal.Decimal
			if err := scan(&day, &k.source, &k.customer, &k.subscription, &k.item, &k.plan, &k.currency, &amount, &m.Reason, &m.Object.Kind, &m.Object.ID, &m.Object.Version); err != nil {
				return err
			}
			k.date, k.amount = dateOf(day), amount.String()
			known[k] = m
			return nil
		}, named("stored", l.baseParts[part{table: movementsTable.name}]), named("id", l.id), named("apart", accounts), l.openArg())
	if err != nil {
		return err
	}
	byAccount, err := l.w.periodsOf(ctx, l.whole(periodsTable), accounts)
	if err != nil {
		return err
	}
	for _, account := range slices.Sorted(maps.Keys(byAccount)) {
		all := normalize.Retype(byAccount[account], l.spec.Rules, l.open())
		for i := range all {
			m := &all[i]
			k := moveKey{m.Date, m.Source, m.CustomerID, m.SubscriptionID, m.ItemID, m.PlanID, m.Currency, m.Amount.String()}
			if was, ok := known[k]; ok {
				m.Reason, m.Object = was.Reason, was.Object
			}
		}
		if err := l.movements.add(ctx, all); err != nil {
			return err
		}
	}
	return nil
}

// periodsOf reads what is stored of the periods of some accounts, as far as
// movements need it.
func (w *Warehouse) periodsOf(ctx context.Context, stored uint64, accounts []string) (map[string][]normalize.Period, error) {
	all := map[string][]normalize.Period{}
	err := w.each(ctx, "read periods", `
		SELECT source, customer_id, account_id, subscription_id, item_id, product_id, product_name, plan_id, plan_name, currency,
			valid_from, valid_to, quantity, mrr, scheduled, segments, toInt8(evidence), object_kind, object_id, object_version, rule
		FROM `+w.table("periods")+` WHERE load_id = {stored:UInt64} AND account_id IN {accounts:Array(String)}
		ORDER BY source, customer_id, subscription_id, item_id, valid_from`, func(scan func(...any) error) error {
		var p normalize.Period
		var from, until time.Time
		var evidence int8
		if err := scan(&p.Source, &p.CustomerID, &p.AccountID, &p.SubscriptionID, &p.ItemID, &p.ProductID, &p.ProductName, &p.PlanID, &p.PlanName, &p.Currency,
			&from, &until, &p.Quantity, &p.MRR, &p.Scheduled, &p.Segments, &evidence, &p.Object.Kind, &p.Object.ID, &p.Object.Version, &p.Rule); err != nil {
			return err
		}
		p.From, p.Until, p.Evidence = dateOf(from), dateOf(until), billing.EvidenceKind(evidence)
		all[p.AccountID] = append(all[p.AccountID], p)
		return nil
	}, named("stored", stored), named("accounts", accounts))
	return all, err
}

// Closing is one closing or reopening of months.
type Closing struct {
	Month billing.Date // the first day of the month that is named
	Who   string       // the user of the operating system
	Note  string       // why; not empty
}

// What may be wrong with a closing.
var (
	ErrNotFinal = errors.New("not final")
	ErrClosed   = errors.New("months are closed")
)

// CloseMonth closes a month and all earlier ones: no later load says otherwise
// of their days. It publishes what readers see under a new id. It must be called
// within a run.
func (w *Warehouse) CloseMonth(ctx context.Context, run uint64, c Closing) (LoadInfo, error) {
	current, err := w.current(ctx)
	if err != nil {
		return LoadInfo{}, err
	}
	last := c.Month.AddMonths(1) - 1
	switch {
	case last <= current.ClosedThrough:
		return LoadInfo{}, fmt.Errorf("%w: they are through %s already", ErrClosed, current.ClosedThrough)
	case last > current.FinalThrough:
		return LoadInfo{}, fmt.Errorf("%w: the month ends on %s, and days are final through %s: close it after the sync that makes them so", ErrNotFinal, last, current.FinalThrough)
	}
	info := current
	info.ClosedThrough = last
	return w.publishClosing(ctx, run, "close", c, current, info)
}

// ReopenMonth reopens a month and all later ones: the next run derives every
// account again, and what it says otherwise of the reopened days is a
// restatement. It must be called within a run.
func (w *Warehouse) ReopenMonth(ctx context.Context, run uint64, c Closing) (LoadInfo, error) {
	current, err := w.current(ctx)
	if err != nil {
		return LoadInfo{}, err
	}
	if c.Month > current.ClosedThrough {
		if current.ClosedThrough == billing.NoDate {
			return LoadInfo{}, fmt.Errorf("%w: no month is closed", ErrNotFinal)
		}
		return LoadInfo{}, fmt.Errorf("%w: the month is open; months are closed through %s", ErrNotFinal, current.ClosedThrough)
	}
	info := current
	info.ClosedThrough = c.Month - 1
	if info.ClosedThrough < info.FirstDate {
		info.ClosedThrough = billing.NoDate
	}
	info.PolicyHash = "" // no run's settings: the next one derives everything
	return w.publishClosing(ctx, run, "reopen", c, current, info)
}

func (w *Warehouse) current(ctx context.Context) (LoadInfo, error) {
	current, ok, err := w.Published(ctx)
	if err == nil && !ok {
		err = fmt.Errorf("%w: nothing is published yet: run `mrrsync sync` first", ErrNoLoad)
	}
	return current, err
}

// publishClosing publishes the current load again with another header.
func (w *Warehouse) publishClosing(ctx context.Context, run uint64, action string, c Closing, current, info LoadInfo) (LoadInfo, error) {
	parts, err := w.parts(ctx, current.ID)
	if err != nil {
		return LoadInfo{}, err
	}
	info.ID, info.Run, info.Base, info.Restored = w.next(), run, current.ID, 0
	info.PublishedAt, info.Complete, info.Derived, info.Rows = w.opt.Now().UTC(), false, 0, map[string]int{}
	columns := []string{"load_id", "action", "month", "closed_before", "closed_after", "at", "who", "note"}
	err = w.insert(ctx, "closings", columns, func(b driver.Batch) error {
		return b.Append(info.ID, action, c.Month.Time(), current.ClosedThrough.Time(), info.ClosedThrough.Time(), info.PublishedAt, c.Who, c.Note)
	})
	if err != nil {
		return LoadInfo{}, err
	}
	if err := w.syncReplicas(ctx); err != nil {
		return LoadInfo{}, err
	}
	if err := w.writeManifest(ctx, info, parts); err != nil {
		return LoadInfo{}, fmt.Errorf("%s months: %w", action, err)
	}
	w.log.Info(action+" months", "load", info.ID, "closed_through", info.ClosedThrough.String())
	return info, nil
}

// closedSince says whether months were closed or reopened after a load.
func (w *Warehouse) closedSince(ctx context.Context, id uint64) (bool, error) {
	var n uint64
	err := w.conn.QueryRow(ctx, "SELECT count() FROM "+w.table("closings")+" WHERE load_id > {id:UInt64} AND load_id IN (SELECT load_id FROM "+w.table("manifest")+" WHERE table = '')",
		named("id", id)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("read closings: %w", err)
	}
	return n > 0, nil
}
