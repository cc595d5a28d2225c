package warehouse

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

// Each function named row appends to row the columns of a value of package
// normalize, in the order of table.columns. What a column cannot hold is an error
// that names the row.

// table is a table that rows from Go go into: its columns behind load_id.
type table struct {
	name    string
	columns []string
	monthly string // the Date column by whose month it is partitioned; empty: whole per load
}

var (
	periodsTable = table{name: "periods", columns: []string{
		"source", "customer_id", "account_id", "subscription_id", "item_id", "product_id", "product_name", "plan_id", "plan_name", "currency",
		"valid_from", "valid_to", "quantity", "mrr", "scheduled", "segments", "evidence", "object_kind", "object_id", "object_version", "rule", "refs",
	}}
	movementsTable = table{name: "movements", columns: []string{
		"date", "source", "customer_id", "account_id", "subscription_id", "item_id", "product_id", "plan_id", "currency", "movement",
		"amount", "amount_reporting", "reason", "scheduled", "segments", "object_kind", "object_id", "object_version",
	}}
	invoiceLinesTable = table{name: "invoice_lines", monthly: "issued_at", columns: []string{
		"source", "invoice_id", "line_id", "customer_id", "account_id", "subscription_id", "plan_id", "issued_at", "period_start", "period_end",
		"currency", "amount", "treatment", "segments",
	}}
	stagedLinesTable = table{name: "staged_invoice_lines", columns: invoiceLinesTable.columns}
	stagedMovesTable = table{name: "staged_movements", columns: movementsTable.columns}
	customersTable   = table{name: "customers", columns: []string{
		"source", "customer_id", "account_id", "name", "email", "currency", "country", "created_at", "deleted", "first_mrr_date", "segments",
	}}
	subscriptionsTable = table{name: "subscriptions", columns: []string{
		"source", "customer_id", "account_id", "subscription_id", "name", "currency", "status", "start_date", "end_date", "cancel_date", "trial_end",
		"has_provider_mrr", "provider_mrr", "segments", "refs",
	}}
	rejectsTable = table{name: "rejects", columns: []string{
		"source", "customer_id", "kind", "id", "code", "detail", "object_kind", "object_id", "object_version", "first_seen",
	}}
	derivedTable = table{name: "derived", columns: []string{"source", "customer_id"}}
	dailyTable   = table{name: "daily", monthly: "date", columns: []string{
		"source", "customer_id", "account_id", "subscription_id", "item_id", "product_id", "product_name", "plan_id", "plan_name", "currency",
		"date", "quantity", "mrr", "mrr_reporting", "segments",
	}}
	ratesTable = table{name: "rates", columns: []string{"currency", "date", "rate"}}
	movedTable = table{name: "moved_accounts", columns: []string{"account_id"}}

	dayTotalsTable = table{name: "day_totals", columns: []string{
		"date", "currency", "new_mrr", "expansion_mrr", "reactivation_mrr", "contraction_mrr", "churned_mrr",
		"new_reporting", "expansion_reporting", "reactivation_reporting", "contraction_reporting", "churned_reporting",
		"mrr_reporting", "customers", "subscriptions", "movements",
	}}
	cohortMonthsTable = table{name: "cohort_months", columns: []string{
		"cohort", "month", "currency", "net_mrr", "kept_mrr", "lost_mrr", "customers_new", "customers_reactivated", "customers_churned",
		"base_mrr", "base_customers", "mrr_reporting",
	}}
	sliceMonthsTable = table{name: "slice_months", columns: []string{
		"segment", "source", "value", "month", "currency", "new_mrr", "expansion_mrr", "reactivation_mrr", "contraction_mrr", "churned_mrr",
		"new_reporting", "expansion_reporting", "reactivation_reporting", "contraction_reporting", "churned_reporting", "change_mrr", "customers",
	}}
)

// A summary is a table that loads are added up into: see Schema.Summaries.
type summary struct {
	table
	keys  int               // how many of the columns name a row; all others are sums
	anew  map[string]string // sums that are not taken from the base where a condition holds: they are made anew there
	count []string          // sums that are numbers, not amounts
}

// summaryTables are what a load is added up into.
var summaryTables = []summary{
	{dayTotalsTable, 2, map[string]string{"mrr_reporting": "toYYYYMM(date) IN {months:Array(UInt32)}"}, []string{"customers", "subscriptions", "movements"}},
	{cohortMonthsTable, 3, map[string]string{"mrr_reporting": "month >= {open:Date}"}, []string{"customers_new", "customers_reactivated", "customers_churned", "base_customers"}},
	{sliceMonthsTable, 5, nil, []string{"customers"}},
}

// kept is what a sum of the base counts for.
func (t summary) kept(column string) string {
	value := column
	if slices.Contains(t.count, column) {
		value = "toInt64(" + column + ")"
	}
	if anew, ok := t.anew[column]; ok {
		return "if(" + anew + ", toDecimal128(0, 4), " + value + ")"
	}
	return value
}

// loadTables are all tables whose rows belong to a load.
var loadTables = []table{
	periodsTable, movementsTable, stagedMovesTable, invoiceLinesTable, stagedLinesTable, customersTable, subscriptionsTable, rejectsTable, derivedTable, dailyTable, ratesTable,
	movedTable, dayTotalsTable, cohortMonthsTable, sliceMonthsTable,
}

// fields checks the values of a row, keeping the first fault.
type fields struct{ err error }

func (f *fields) amount(name string, d decimal.Decimal) decimal.Decimal {
	r, err := fit(d)
	f.fail(name, err)
	return r
}

func (f *fields) date(name string, d billing.Date) time.Time {
	t, err := fitDate(d)
	f.fail(name, err)
	return t
}

func (f *fields) enum(name string, n, last uint8) int8 {
	if n < 1 || n > last {
		f.fail(name, fmt.Errorf("%d is none of 1 to %d", n, last))
	}
	return int8(n)
}

func (f *fields) fail(name string, err error) {
	if f.err == nil && err != nil {
		f.err = fmt.Errorf("%s: %w", name, err)
	}
}

func periodRow(row []any, p *normalize.Period) ([]any, error) {
	var f fields
	row = append(row,
		p.Source, p.CustomerID, p.AccountID, p.SubscriptionID, p.ItemID, p.ProductID, p.ProductName, p.PlanID, p.PlanName, p.Currency,
		f.date("valid_from", p.From), f.date("valid_to", p.Until), f.amount("quantity", p.Quantity), f.amount("mrr", p.MRR), p.Scheduled,
		segments(p.Segments), f.enum("evidence", uint8(p.Evidence), uint8(billing.EvidenceContract)),
		p.Object.Kind, p.Object.ID, p.Object.Version, p.Rule, p.Refs,
	)
	if f.err == nil && p.From >= p.Until {
		f.err = fmt.Errorf("it ends on %s, not after it begins", p.Until)
	}
	if f.err == nil && p.MRR.IsNegative() {
		f.err = fmt.Errorf("mrr: %s is negative", p.MRR)
	}
	if f.err != nil {
		return nil, fmt.Errorf("period of %s item %s of subscription %s from %s: %w", p.Source, p.ItemID, p.SubscriptionID, p.From, f.err)
	}
	return row, nil
}

func movementRow(row []any, m *normalize.Movement, reporting decimal.Decimal) ([]any, error) {
	var f fields
	row = append(row,
		f.date("date", m.Date), m.Source, m.CustomerID, m.AccountID, m.SubscriptionID, m.ItemID, m.ProductID, m.PlanID, m.Currency,
		f.enum("movement", uint8(m.Type), uint8(normalize.Reactivation)), f.amount("amount", m.Amount), f.amount("amount_reporting", reporting),
		m.Reason, m.Scheduled, segments(m.Segments), m.Object.Kind, m.Object.ID, m.Object.Version,
	)
	if f.err != nil {
		return nil, fmt.Errorf("movement of %s item %s of subscription %s on %s: %w", m.Source, m.ItemID, m.SubscriptionID, m.Date, f.err)
	}
	return row, nil
}

func invoiceLineRow(row []any, l *normalize.InvoiceLine) ([]any, error) {
	var f fields
	row = append(row,
		l.Source, l.InvoiceID, l.LineID, l.CustomerID, l.AccountID, l.SubscriptionID, l.PlanID,
		f.date("issued_at", l.IssuedAt), f.date("period_start", l.PeriodStart), f.date("period_end", l.PeriodEnd),
		l.Currency, f.amount("amount", l.Amount), string(l.Treatment), segments(l.Segments),
	)
	if f.err != nil {
		return nil, fmt.Errorf("line %s of %s invoice %s: %w", l.LineID, l.Source, l.InvoiceID, f.err)
	}
	return row, nil
}

func customerRow(row []any, c *normalize.Customer) ([]any, error) {
	var f fields
	row = append(row,
		c.Source, c.CustomerID, c.AccountID, c.Name, c.Email, c.Currency, c.Country, f.date("created_at", c.Created), c.Deleted,
		f.date("first_mrr_date", c.FirstMRR), segments(c.Segments),
	)
	if f.err != nil {
		return nil, fmt.Errorf("%s customer %s: %w", c.Source, c.CustomerID, f.err)
	}
	return row, nil
}

func subscriptionRow(row []any, s *normalize.Subscription) ([]any, error) {
	var f fields
	var provider decimal.Decimal
	if s.ProviderMRR != nil {
		provider = *s.ProviderMRR
	}
	row = append(row,
		s.Source, s.CustomerID, s.AccountID, s.SubscriptionID, s.Name, s.Currency, s.Status,
		f.date("start_date", s.Start), f.date("end_date", s.End), f.date("cancel_date", s.CancelAt), f.date("trial_end", s.TrialEnd),
		s.ProviderMRR != nil, f.amount("provider_mrr", provider), segments(s.Segments), s.Refs,
	)
	if f.err != nil {
		return nil, fmt.Errorf("%s subscription %s: %w", s.Source, s.SubscriptionID, f.err)
	}
	return row, nil
}

func rejectRow(row []any, r *normalize.Reject, firstSeen time.Time) []any {
	return append(row,
		r.Source, r.CustomerID, r.Kind, r.ID, r.Code, r.Detail, r.Object.Kind, r.Object.ID, r.Object.Version, firstSeen.UTC(),
	)
}

// segments gives a Map column its keys in order, so that equal maps are equal
// rows. It satisfies the driver's column.IterableOrderedMap.
func segments(m map[string]string) *orderedMap {
	return &orderedMap{keys: slices.Sorted(maps.Keys(m)), values: m}
}

type orderedMap struct {
	keys   []string
	values map[string]string
}

// Put is for reading, which is not done through this type.
func (*orderedMap) Put(any, any) {}

// Iterator goes through the keys in order.
func (o *orderedMap) Iterator() column.MapIterator { return &mapIterator{o, -1} }

type mapIterator struct {
	of *orderedMap
	at int
}

func (i *mapIterator) Next() bool { i.at++; return i.at < len(i.of.keys) }
func (i *mapIterator) Key() any   { return i.of.keys[i.at] }
func (i *mapIterator) Value() any { return i.of.values[i.of.keys[i.at]] }
