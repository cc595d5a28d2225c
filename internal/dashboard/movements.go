package dashboard

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/report"
)

// pageSize is how many rows a page of a long list has.
const pageSize = 50

// kinds of movement, as the views spell them.
func kinds() []string { return []string{"new", "expansion", "reactivation", "contraction", "churn"} }

// moves says which movements.
type moves struct {
	from, to      billing.Date
	kind, account string
	newest        bool // by day and not by size
	size, skip    int
}

// moved are movements as their accounts made them: one row an account, day and
// currency, with what it came to.
func (l *look) moved(ctx context.Context, m moves) (*report.Table, error) {
	t, err := l.ask(ctx, report.Report{
		Name: "moved", Title: "Movements",
		Columns: []report.Column{
			date("date", "Day"), words("name", "Customer"), words("movement", "Movement"), amount("amount", "Amount"), words("currency", "Currency"),
			words("reason", "Reason"), words("plans", "Plans"), words("source", "Source"), number("rows", "Items"), words("account_id", "Account"),
			number("all_rows", ""), amount("all_amount", ""),
		},
	}, l.movesDot(m), l.movesValues(m))
	if err != nil {
		return nil, err
	}
	t.Link = l.accountLink
	return t, l.namePlans(ctx, t, "plans")
}

// accountLink leads to the account of a row, on its day where it has one.
func (l *look) accountLink(row report.Row, column string) string {
	switch column {
	case "account_id", "name":
		if id := row.Text("account_id"); id != "" {
			return address("/account", map[string][]string{"id": {id}})
		}
	case "date":
		if id := row.Text("account_id"); id != "" {
			return address("/explain", map[string][]string{"id": {id}, "on": {row.Text("date")}})
		}
	}
	return ""
}

func (l *look) movesDot(m moves) map[string]any {
	return map[string]any{
		"Chosen": l.filter.chosen(), "Reporting": l.filter.currency == report.Reporting, "Newest": m.newest, "Unit": l.unit(),
	}
}

func (l *look) movesValues(m moves) map[string]any {
	values := l.filter.values()
	values["from"], values["to"], values["kind"], values["account"] = m.from.String(), m.to.String(), m.kind, m.account
	values["size"], values["skip"], values["unit"] = strconv.Itoa(m.size), strconv.Itoa(m.skip), l.unit()
	return values
}

// movements lists the movements of some months.
func (d *Dashboard) movements(ctx context.Context, l *look) (*view, error) {
	if l.params.Get("range") == "" && l.params.Get("from") == "" { // one month, unless more is asked for
		l.filter.from, l.filter.span = l.filter.to, own
	}
	currencies, notice, err := l.settle(ctx, true)
	if err != nil {
		return nil, err
	}
	m := moves{
		from: l.filter.from, to: l.filter.to.AddMonths(1) - 1, kind: l.params.Get("kind"), account: l.params.Get("account"), newest: l.params.Get("sort") == "day", size: pageSize,
	}
	if m.kind != "" && !slices.Contains(kinds(), m.kind) {
		return nil, wrong("There is no movement %q; there are %s.", m.kind, strings.Join(kinds(), ", "))
	}
	at, err := l.pageNumber()
	if err != nil {
		return nil, err
	}
	m.skip = (at - 1) * pageSize
	v := &view{Title: "Movements", Lead: l.scope()}
	v.notice(notice)
	if v.Filter, err = l.form(ctx, currencies, wants{converted: true, source: true, part: true, span: true}); err != nil {
		return nil, err
	}
	v.Filter.Kinds = []choice{{option{"", "All movements"}, m.kind == ""}}
	for _, k := range kinds() {
		v.Filter.Kinds = append(v.Filter.Kinds, choice{option{k, title(k)}, k == m.kind})
	}
	if m.account != "" {
		v.Filter.Hidden = append(v.Filter.Hidden, option{"account", m.account})
		v.Filter.Chips = append(v.Filter.Chips, link{Text: "Account " + m.account, Href: l.here("account", "", "page", "")})
	}
	if m.newest {
		v.Filter.Hidden = append(v.Filter.Hidden, option{"sort", "day"})
	}
	if l.export == "movements" {
		return v, l.singleMoves(ctx, v, m)
	}
	t, err := l.moved(ctx, m)
	if err != nil {
		return nil, err
	}
	var count uint64
	var sum decimal.Decimal
	if len(t.Rows) > 0 {
		count, _ = t.Row(0).Value("all_rows").(uint64)
		sum = t.Row(0).Money("all_amount")
	}
	narrow(t, 2)
	v.table(l, "movements", t, func(s *section) {
		s.Heading = title(m.kind + " movements")
		s.Lead = fmt.Sprintf("%s, together %s %s. One row is what an account made on a day; the export has every item by itself.",
			counted(count, "movement"), signed(minus(report.Amount(sum, report.Places(l.unit())))), l.unit())
		if l.filter.parted() {
			s.Note = "Of the part of the company that is asked for. An account that moved within itself, from one part to another, appears here although its MRR as a whole did not change; the breakdown calls that transfer."
		}
		s.Empty = "No movement in these months."
	})
	v.Pager = l.pager(at, int(count)) //nolint:gosec // rows
	v.Pager.Sort = []link{
		{Text: "Largest first", Href: l.here("sort", "", "page", ""), Here: !m.newest},
		{Text: "Newest first", Href: l.here("sort", "day", "page", ""), Here: m.newest},
	}
	return v, nil
}

// narrow leaves the last columns out, which say something of all rows.
func narrow(t *report.Table, n int) {
	n = len(t.Columns) - n
	t.Columns = t.Columns[:n]
	rows := make([][]any, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = row[:n]
	}
	t.Rows = rows
}

// singleMoves are all rows of the movements that are asked for, for machines.
func (l *look) singleMoves(ctx context.Context, v *view, m moves) error {
	t, err := l.ask(ctx, report.Report{
		Name: "movement_rows", Title: "Movements",
		Columns: []report.Column{
			date("date", ""), words("source", ""), words("customer_id", ""), words("account_id", ""), words("subscription_id", ""), words("item_id", ""), words("plan_id", ""),
			words("movement", ""), words("reason", ""), words("currency", ""), amount("amount", ""), amount("amount_reporting", ""), words("object_kind", ""), words("object_id", ""),
		},
	}, l.movesDot(m), l.movesValues(m))
	v.tables = map[string]*report.Table{"movements": t}
	return err
}

// pageNumber is which page of a list is asked for, from 1.
func (l *look) pageNumber() (int, error) {
	text := l.params.Get("page")
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1_000_000 {
		return 0, wrong("%q is no page: they are counted from 1.", text)
	}
	return n, nil
}

// pager leads through the pages of a list.
func (l *look) pager(at, rows int) *pager {
	last := max(1, (rows+pageSize-1)/pageSize)
	p := &pager{}
	if rows > 0 {
		p.Text = fmt.Sprintf("%s to %s of %s", report.Grouped(uint64((at-1)*pageSize+1)), report.Grouped(uint64(min(at*pageSize, rows))), report.Grouped(uint64(rows))) //nolint:gosec // rows
	}
	if at > last && rows > 0 {
		p.Text = fmt.Sprintf("There is no page %d; the last one is %d", at, last)
	}
	if at > 1 {
		p.Previous = l.here("page", pageText(min(at-1, last)))
	}
	if at < last {
		p.Next = l.here("page", pageText(at+1))
	}
	return p
}

// pageText is a page's number as an address has it: the first one has none.
func pageText(n int) string {
	if n == 1 {
		return ""
	}
	return strconv.Itoa(n)
}

func title(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
