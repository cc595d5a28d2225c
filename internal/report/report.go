// Package report answers the questions people put to the warehouse, from the
// views alone: what a BI tool would get, drawn for whoever has none at hand.
//
// A Report is a small value: a name, an SQL text over the views, its columns and
// the kind of picture it makes. Run turns a Report and a Query into a Table, and
// a Table is written as text that fits the terminal, as CSV or JSON with every
// digit, as one self-contained HTML page or as a single SVG. To add a report is
// to add one file of SQL and one value to Reports.
//
// Amounts are major units of their row's currency and are never added up over
// currencies. What the database says is data: nothing of it reaches a page
// unescaped.
package report

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// ErrUsage is what every error is that the caller can mend by asking
// differently.
var ErrUsage = errors.New("wrong question")

// mistake is such an error; its text says what to ask instead.
type mistake string

func (m mistake) Error() string        { return string(m) }
func (m mistake) Is(target error) bool { return target == ErrUsage }

func mistakef(format string, args ...any) error { return mistake(fmt.Sprintf(format, args...)) }

// Source is where the views are.
type Source struct {
	Conn driver.Conn
	// Database holds the views, quoted as an identifier.
	Database string
	// Segments are the names that a query can be sliced by beside the fixed ones.
	Segments []string
}

// Kind is what the values of a column are, and so how they are read and written.
type Kind uint8

// The kinds of column, each with the Go type of its values.
const (
	Month   Kind = iota + 1 // billing.Date, the first day of the month
	Day                     // billing.Date; billing.NoDate is written as nothing
	Text                    // string
	Money                   // decimal.Decimal, major units of the row's currency
	Count                   // uint64
	Rate                    // float64, a share: 0.05 is 5 %; NaN where it means nothing, which is written as nothing
	Ratio                   // float64, a plain quotient: 1.25; NaN as above
	Instant                 // time.Time, UTC; before 1971 it is written as nothing
)

// figure tells what is counted or measured from what is named: it stands to the
// right.
func (k Kind) figure() bool { return k == Money || k == Count || k == Rate || k == Ratio }

// Sum is how a column adds up over the rows of a group.
type Sum uint8

// The ways to add up. Columns without one stay empty in the line of totals.
const (
	First Sum = iota + 1 // the first row's value: what a range started with
	Total                // the sum
	Last                 // the last row's value: what a range ended with
)

// Column is one column of a report.
type Column struct {
	Name  string // as in CSV and JSON: the view's own name for it
	Title string // as people read it
	Short string // the same where there is no room; empty: Title
	Kind  Kind
	Sum   Sum
	// Group columns part the table in sections: rows of different groups are
	// never added up or drawn in one picture. They stand first.
	Group bool
	// Extra columns go first where there is no room.
	Extra bool
	// Cut columns are there only when the Query asks for a part of the rows, Whole
	// ones only when it does not, Converted ones only when it asks for the
	// reporting currency.
	Cut, Whole, Converted bool
	// Sign is how the column enters the sum of its row: "+", "-" or "="; empty:
	// not at all.
	Sign string
}

// Report is a question that can be asked.
type Report struct {
	Name    string // as on the command line
	Title   string
	Summary string // one sentence: what is shown
	Columns []Column
	Chart   Chart // zero: a table says it best
	// Entities, not days, are the rows: a range limits what is looked at, and
	// the rows come in order of size.
	Ranked bool
	// Drawn are the columns that the picture shows. What each is to it, the kind
	// of picture says.
	Drawn []string
	// Slices are the dimensions that the report can be sliced by; "segment" stands
	// for all configured ones.
	Slices []string
	// Sourced reports can be asked of one source, Parted ones also of one plan or of
	// one value of a segment, Converted ones in the reporting currency.
	Sourced, Parted, Converted bool
	// Forecast reports say what is expected and not what is: they bear that word
	// wherever they are written.
	Forecast bool
	// Crossed reports are read across: see crossed.
	Crossed bool
}

// everySlice is what a report over single rows can be sliced by.
func everySlice() []string {
	return []string{"source", "product", "plan", "account", "customer", segmentSlice}
}

const segmentSlice = "segment"

// Query says which rows.
type Query struct {
	// From and To are the first and the last day, both included; NoDate means
	// as far as there is. A monthly report has the months they lie in.
	From, To billing.Date
	Currency string // ISO 4217; empty: all, each by itself; Reporting: all, converted
	Source   string // empty: all
	Plan     string // empty: all
	Segment  string // only what has Value in this segment; empty: all
	Value    string // empty: only what has no value in the segment
	By       string // source, product, plan, account, customer or a segment; empty: none
	Limit    int    // rows of a ranked report per currency; 0: all
	Method   string // of a forecast: committed, trend or cohort; empty: committed
	Months   int    // of a forecast: how far; 0: 12
}

// Reporting, as a query's currency, asks for all currencies together, converted
// into the reporting currency.
const Reporting = "reporting"

// Table is an answer.
type Table struct {
	Report  Report
	Query   Query
	Columns []Column
	Rows    [][]any // of the types that the columns' kinds say
	// Link, if set, says where a figure leads: the address behind a row's column,
	// empty where there is none. Tables and pictures of a page lead there.
	Link func(row Row, column string) string
	// AsOf says which load was asked and how current it is, for people.
	AsOf string
	// Mark, if set, is a word behind a row's first field, for instance that its
	// days are not final; empty: nothing is to be said. In pictures of months such
	// a row is fainter.
	Mark func(row Row) string
}

// A Row is one row of a Table, read by the names of its columns.
type Row struct {
	columns []Column
	values  []any
	keys    map[string]string
}

// Text is a value as CSV writes it, digits and all; empty when there is no such
// column.
func (r Row) Text(column string) string {
	if key, ok := r.keys[column]; ok {
		return key
	}
	return exact(r.Value(column))
}

// Money is an amount; zero when there is no such column.
func (r Row) Money(column string) decimal.Decimal {
	d, _ := r.Value(column).(decimal.Decimal)
	return d
}

// Rate is a share or a quotient; NaN when it means nothing or there is none.
func (r Row) Rate(column string) float64 {
	if f, ok := r.Value(column).(float64); ok {
		return f
	}
	return math.NaN()
}

// Without is the table's content but for a column.
func (t *Table) Without(name string) ([]Column, [][]any) {
	at := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
	if at < 0 {
		return t.Columns, t.Rows
	}
	rows := make([][]any, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = slices.Delete(slices.Clone(row), at, at+1)
	}
	return slices.Delete(slices.Clone(t.Columns), at, at+1), rows
}

// Row is one row of the table.
func (t *Table) Row(i int) Row { return Row{columns: t.Columns, values: t.Rows[i]} }

// Value is a value of the type that its column's kind says, nil when there is no
// such column.
func (r Row) Value(column string) any {
	for i, c := range r.columns {
		if c.Name == column {
			return r.values[i]
		}
	}
	return nil
}

// Reports are all reports there are, in the order in which help names them.
func Reports() []Report {
	return []Report{
		waterfall(), daily(), customers(), plans(), segments(), retention(), cohorts(), usage(),
		forward(), forecast(), benchmarks(), movements(), invoices(), restatements(),
	}
}

// Find is the report of that name.
func Find(name string) (Report, error) {
	var names []string
	for _, r := range Reports() {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return Report{}, mistakef("no report %q; there are %s", name, strings.Join(names, ", "))
}

// dimensions are what a report can be sliced by, with the expression over
// mrr_daily or mrr_movements that gives the slice.
func dimensions() [][2]string {
	return [][2]string{
		{"source", "toString(source)"},
		{"product", "product_id"},
		{"plan", "plan_id"},
		{"account", "account_id"},
		{"customer", "customer_id"},
	}
}

// Dimensions are the names that a report may be sliced by, with the configured
// segments. Not every report can be sliced by each.
func Dimensions(segments []string) []string {
	names := slices.Clone(segments)
	for _, d := range dimensions() {
		names = append(names, d[0])
	}
	slices.Sort(names)
	return names
}

// slice is the SQL expression of what the query is sliced by; empty when it is
// not. A segment's name travels as a parameter.
func (r Report) slice(q Query, segments []string) (string, error) {
	if q.By == "" {
		return "", nil
	}
	if len(r.Slices) == 0 {
		return "", mistakef("report %s can't be sliced: leave --by out", r.Name)
	}
	var names []string
	for _, d := range dimensions() {
		if !slices.Contains(r.Slices, d[0]) {
			continue
		}
		if d[0] == q.By {
			return d[1], nil
		}
		names = append(names, d[0])
	}
	if slices.Contains(r.Slices, segmentSlice) {
		if slices.Contains(segments, q.By) {
			return "segments[{segment:String}]", nil
		}
		names = append(names, segments...)
	}
	slices.Sort(names)
	return "", mistakef("no dimension %q to slice by; there are %s", q.By, strings.Join(names, ", "))
}

// cut tells whether the answer is about a part of the rows, so that it comes
// from single rows and not from totals.
func (q Query) cut() bool { return q.By != "" || q.Source != "" || q.parted() }

// parted tells whether the answer is about one plan or one value of a segment.
func (q Query) parted() bool { return q.Plan != "" || q.Segment != "" }

// chosen is the condition on single rows that picks the part of the company that
// the query is about. A map of segments is dear to read: it is named when asked
// for and not before.
func (q Query) chosen() string {
	var all []string
	if q.Source != "" {
		all = append(all, "source = {source:String}")
	}
	if q.Plan != "" {
		all = append(all, "plan_id = {plan:String}")
	}
	if q.Segment != "" {
		all = append(all, "segments[{key:String}] = {value:String}")
	}
	if len(all) == 0 {
		return "true"
	}
	return strings.Join(all, " AND ")
}

// Run asks.
func (r Report) Run(ctx context.Context, src Source, q Query) (*Table, error) {
	if q.From != billing.NoDate && q.To != billing.NoDate && q.From > q.To {
		return nil, mistakef("the range ends on %s, before it begins on %s", q.To, q.From)
	}
	if err := r.accepts(q); err != nil {
		return nil, err
	}
	if q.Segment != "" && !slices.Contains(src.Segments, q.Segment) {
		return nil, mistakef("no segment %q is configured; there are %s", q.Segment, cmp.Or(strings.Join(src.Segments, ", "), "none"))
	}
	if q.Currency != Reporting {
		q.Currency = strings.ToUpper(q.Currency)
	}
	if r.Forecast {
		q.Method, q.Months = cmp.Or(q.Method, methods()[0]), cmp.Or(q.Months, 12)
	}
	text, err := r.statement(src, q)
	if err != nil {
		return nil, err
	}
	t := &Table{Report: r, Query: q, Columns: r.columns(q)}
	return t, t.fill(ctx, src, text, q.args()...)
}

// Ask is the answer to a statement of the caller's own, whose columns are those
// of the report, by position. Its values travel as parameters.
func (r Report) Ask(ctx context.Context, src Source, text string, args ...any) (*Table, error) {
	t := &Table{Report: r, Columns: r.Columns}
	return t, t.fill(ctx, src, text, args...)
}

// fill reads the rows of a statement.
func (t *Table) fill(ctx context.Context, src Source, text string, args ...any) error {
	rows, err := src.Conn.Query(ctx, text, args...)
	if err != nil {
		return fmt.Errorf("ask for report %s: %w", t.Report.Name, err)
	}
	defer rows.Close()
	for rows.Next() {
		row, err := read(rows, t.Columns)
		if err != nil {
			return fmt.Errorf("read report %s: %w", t.Report.Name, err)
		}
		t.Rows = append(t.Rows, row)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read report %s: %w", t.Report.Name, err)
	}
	return nil
}

// methods are the ways to forecast, the usual one first.
func methods() []string { return []string{"committed", "trend", "cohort"} }

// maxMonths is as far as a forecast goes.
const maxMonths = 60

// accepts refuses what the report has no answer to.
func (r Report) accepts(q Query) error {
	switch {
	case q.Currency == Reporting && !r.Converted:
		return mistakef("report %s has each currency by itself: leave --currency %s out, or name a currency", r.Name, Reporting)
	case q.Currency == Reporting && (r.Name == "waterfall" || r.Name == "retention" || r.Name == "cohorts") && q.cut():
		return mistakef("report %s in the reporting currency is whole: leave source, plan, segment and dimension out, or name a currency", r.Name)
	case q.Source != "" && !r.Sourced:
		return mistakef("report %s is of all sources together: leave --source out", r.Name)
	case q.parted() && !r.Parted:
		return mistakef("report %s is of all plans and segments together: leave --plan and --segment out", r.Name)
	case !r.Forecast && (q.Method != "" || q.Months != 0):
		return mistakef("report %s has no method and no number of months: those belong to report forecast", r.Name)
	case q.Method != "" && !slices.Contains(methods(), q.Method):
		return mistakef("no method %q to forecast by; there are %s", q.Method, strings.Join(methods(), ", "))
	case q.Months < 0 || q.Months > maxMonths:
		return mistakef("a forecast goes 1 to %d months ahead, not %d", maxMonths, q.Months)
	case r.Forecast && (q.From != billing.NoDate || q.To != billing.NoDate):
		return mistakef("a forecast begins where the published days end: leave --from and --to out, and say --months")
	}
	return nil
}

// columns are those of the answer to a query.
func (r Report) columns(q Query) []Column {
	var all []Column
	for _, c := range r.Columns {
		if (!c.Cut || q.cut()) && (!c.Whole || !q.cut()) && (!c.Converted || q.Currency == Reporting) {
			all = append(all, c)
		}
	}
	if q.By == "" {
		return all
	}
	at := slices.IndexFunc(all, func(c Column) bool { return !c.Group })
	return slices.Insert(all, at, Column{Name: q.By, Title: strings.ToUpper(q.By[:1]) + q.By[1:], Kind: Text, Group: true})
}

// statement is the report's SQL for a query. Only the shape of the text depends
// on the query: values travel as parameters.
func (r Report) statement(src Source, q Query) (string, error) {
	slice, err := r.slice(q, src.Segments)
	if err != nil {
		return "", err
	}
	tmpl, err := template.ParseFS(sqlFiles, "sql/"+r.Name+".sql")
	if err != nil {
		return "", fmt.Errorf("prepare report %s: %w", r.Name, err)
	}
	var b strings.Builder
	err = tmpl.Execute(&b, map[string]any{
		"DB": src.Database, "Slice": slice, "Cut": q.cut(), "Chosen": q.chosen(), "Reporting": q.Currency == Reporting, "Limit": q.Limit > 0, "Method": q.Method,
	})
	if err != nil {
		return "", fmt.Errorf("prepare report %s: %w", r.Name, err)
	}
	return b.String(), nil
}

// args are the query's values, under the names that the SQL files use.
func (q Query) args() []any {
	to, currency := q.To, q.Currency
	if currency == Reporting {
		currency = "" // of all currencies
	}
	if to == billing.NoDate {
		to = billing.Forever
	}
	return []any{
		clickhouse.Named("from", q.From.Time().Format(time.DateOnly)),
		clickhouse.Named("to", to.Time().Format(time.DateOnly)),
		clickhouse.Named("currency", currency),
		clickhouse.Named("source", q.Source),
		clickhouse.Named("plan", q.Plan),
		clickhouse.Named("key", q.Segment),
		clickhouse.Named("value", q.Value),
		clickhouse.Named("segment", q.By),
		clickhouse.Named("limit", fmt.Sprint(q.Limit)),
		clickhouse.Named("months", fmt.Sprint(q.Months)),
	}
}

// read scans one row into the types that the columns' kinds say.
func read(rows driver.Rows, columns []Column) ([]any, error) {
	into := make([]any, len(columns))
	for i, c := range columns {
		switch c.Kind {
		case Month, Day, Instant:
			into[i] = new(time.Time)
		case Text:
			into[i] = new(string)
		case Money:
			into[i] = new(decimal.Decimal)
		case Count:
			into[i] = new(uint64)
		case Rate, Ratio:
			into[i] = new(float64)
		}
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	for i := range into {
		switch v := into[i].(type) {
		case *time.Time:
			if columns[i].Kind == Instant {
				into[i] = v.UTC()
				continue
			}
			into[i] = billing.DateOf(*v, time.UTC)
		case *string:
			into[i] = *v
		case *decimal.Decimal:
			into[i] = *v
		case *uint64:
			into[i] = *v
		case *float64:
			into[i] = *v
		}
	}
	return into, nil
}
