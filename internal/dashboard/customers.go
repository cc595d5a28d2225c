package dashboard

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mrrsync/connectors/billing"
	"mrrsync/internal/audit"
	"mrrsync/internal/report"
)

// customers finds accounts.
func (d *Dashboard) customers(ctx context.Context, l *look) (*view, error) {
	v := &view{Title: "Customers"}
	l.ignored(v, "plan", "segment")
	if err := l.single(ctx, v, wants{converted: true, source: true}); err != nil {
		return nil, err
	}
	status, text := l.params.Get("status"), strings.TrimSpace(l.params.Get("q"))
	if status != "" && !slices.Contains([]string{"active", "churned", "prospect"}, status) {
		return nil, wrong("There is no status %q; there are active, churned and prospect.", status)
	}
	at, err := l.pageNumber()
	if err != nil {
		return nil, err
	}
	v.Lead = "As of " + longDay(l.state.load.Through) + ", in " + l.unitText()
	v.Filter.Text, v.Filter.TextLabel = text, "Name, account, customer or subscription"
	v.Filter.Kinds = []choice{{option{"", "Everybody"}, status == ""}}
	for _, s := range []string{"active", "churned", "prospect"} {
		v.Filter.Kinds = append(v.Filter.Kinds, choice{option{s, title(s)}, s == status})
	}
	t, err := l.ask(ctx, report.Report{
		Name: "accounts", Title: "Customers",
		Columns: []report.Column{
			{Name: "name", Title: "Customer", Kind: report.Text},
			{Name: "mrr", Title: "MRR", Kind: report.Money},
			{Name: "currency", Title: "Currency", Kind: report.Text},
			{Name: "status", Title: "Status", Kind: report.Text},
			{Name: "subscriptions", Title: "Subscriptions", Kind: report.Count},
			{Name: "first_mrr_date", Title: "Since", Kind: report.Day},
			{Name: "last_movement_date", Title: "Last movement", Kind: report.Day},
			{Name: "country", Title: "Country", Kind: report.Text},
			{Name: "sources", Title: "Sources", Kind: report.Text},
			{Name: "account_id", Title: "Account", Kind: report.Text},
			{Name: "all_rows", Kind: report.Count},
		},
	}, map[string]any{"Reporting": l.filter.currency == report.Reporting, "CSV": l.export != "", "Searched": text != ""}, map[string]string{
		"unit": l.unit(), "source": l.filter.source, "status": status, "text": text, "size": strconv.Itoa(pageSize), "skip": strconv.Itoa((at - 1) * pageSize),
	})
	if err != nil {
		return nil, err
	}
	t.Link = l.accountLink
	var count uint64
	if len(t.Rows) > 0 {
		count, _ = t.Row(0).Value("all_rows").(uint64)
	}
	narrow(t, 1)
	v.table(l, "customers", t, func(s *section) {
		s.Heading = title(status + " customers")
		if status == "" {
			s.Heading = "All customers"
		}
		s.Lead = counted(count, "account") + ", the largest first."
		s.Empty = "Nobody is called that. A part of a name, an account's, a customer's or a subscription's id will do."
	})
	v.Pager = l.pager(at, int(count)) //nolint:gosec // rows
	return v, nil
}

// An account is what its page shows beside tables.
type accountPage struct {
	ID, Name, Email, Country, Since, Status string
	MRR                                     []string
	Customers                               []string
	Segments                                []option
	Explain                                 string // where a day is explained
	Day, First                              string
	Can                                     bool // days can be explained
}

// account is one account: what became of its MRR, and everything it rests on.
func (d *Dashboard) account(ctx context.Context, l *look) (*view, error) {
	id := l.params.Get("id")
	who, err := l.ask(ctx, report.Report{Name: "account", Columns: []report.Column{
		{Name: "source", Kind: report.Text},
		{Name: "customer_id", Kind: report.Text},
		{Name: "name", Kind: report.Text},
		{Name: "email", Kind: report.Text},
		{Name: "country", Kind: report.Text},
		{Name: "created_at", Kind: report.Day},
		{Name: "status", Kind: report.Text},
		{Name: "first_mrr_date", Kind: report.Day},
		{Name: "levels", Kind: report.Text},
		{Name: "segments", Kind: report.Text},
	}}, nil, map[string]string{"account": id})
	if err != nil {
		return nil, err
	}
	if len(who.Rows) == 0 {
		return nil, missing("No account is called %q. The list of customers finds them by name, customer or subscription.", id)
	}
	page := accountPage{ID: id, Explain: Root + "/explain", Day: l.state.load.Through.String(), First: l.state.load.First.String(), Can: d.cfg.Explain != nil}
	var customers, sources []string
	for i := range who.Rows {
		row := who.Row(i)
		sources = append(sources, row.Text("source"))
		customers = append(customers, row.Text("customer_id"))
		page.Customers = append(page.Customers, row.Text("customer_id")+" of "+row.Text("source"))
		if page.Name == "" {
			page.Name = row.Text("name")
		}
		if page.Email == "" {
			page.Email = row.Text("email")
		}
		if page.Country == "" {
			page.Country = row.Text("country")
		}
		if page.Status == "" || row.Text("status") == "active" {
			page.Status = row.Text("status")
		}
		for pair := range strings.SplitSeq(row.Text("segments"), "\n") {
			if key, value, ok := strings.Cut(pair, "="); ok && !slices.Contains(page.Segments, option{key, value}) {
				page.Segments = append(page.Segments, option{key, value})
			}
		}
		if first, _ := row.Value("first_mrr_date").(billing.Date); first != billing.NoDate {
			page.Since = longDay(first)
		}
	}
	v := &view{Title: named(page.Name)}
	if page.Name == "" {
		v.Title = id
	}
	values := map[string]string{"account": id, "customers": list(customers), "sources": list(sources), "through": l.state.load.Through.String()}
	if err := l.history(ctx, v, &page, values); err != nil {
		return nil, err
	}
	if err := l.accountTables(ctx, v, values); err != nil {
		return nil, err
	}
	v.Lead = fmt.Sprintf("Account %s, as of %s", id, longDay(l.state.load.Through))
	v.Data = page
	return v, nil
}

// list writes texts as an array of ClickHouse's.
func list(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
	}
	return "[" + strings.Join(quoted, ",") + "]"
}

// history is the picture of the account's MRR in each currency, with its
// movements.
func (l *look) history(ctx context.Context, v *view, page *accountPage, values map[string]string) error {
	t, err := l.ask(ctx, report.Report{
		Name: "history", Title: "MRR of the account", Chart: report.History,
		Columns: []report.Column{
			{Name: "currency", Title: "Currency", Kind: report.Text, Group: true},
			{Name: "date", Title: "Day", Kind: report.Day},
			{Name: "movement", Title: "Movement", Kind: report.Text},
			{Name: "amount", Title: "Change", Kind: report.Money},
			{Name: "mrr", Title: "MRR", Kind: report.Money},
			{Name: "reason", Title: "Reason", Kind: report.Text},
			{Name: "plan_id", Title: "Plans", Kind: report.Text},
			{Name: "source", Title: "Source", Kind: report.Text},
			{Name: "subscription_id", Title: "Subscriptions", Kind: report.Text},
			{Name: "evidence", Title: "Evidence", Kind: report.Text},
		},
	}, nil, values)
	if err != nil {
		return err
	}
	for i := range t.Rows {
		row := t.Row(i)
		if row.Text("movement") == "" && !row.Money("mrr").IsZero() {
			code := row.Text("currency")
			page.MRR = append(page.MRR, minus(report.Amount(row.Money("mrr"), report.Places(code)))+" "+code)
		}
	}
	t.Link = func(row report.Row, column string) string {
		if column != "date" {
			return ""
		}
		return address("/explain", map[string][]string{"id": {values["account"]}, "on": {row.Text("date")}})
	}
	t.Mark = func(row report.Row) string {
		if row.Text("movement") == "" {
			return "as of"
		}
		return ""
	}
	v.table(l, "history", t, func(s *section) {
		s.Heading = "MRR day by day, " + s.Heading
		if _, code, ok := strings.Cut(s.Heading, ", MRR of the account, "); ok {
			s.Heading = "MRR day by day, " + code
		}
		s.Lead = "Each mark is a movement; it leads to that day's derivation, line by line."
		s.Empty = "The account never had MRR."
	})
	return nil
}

// accountTables are its subscriptions, their items, its invoices, and what the
// past was said to be.
func (l *look) accountTables(ctx context.Context, v *view, values map[string]string) error {
	text := func(name, title string) report.Column {
		return report.Column{Name: name, Title: title, Kind: report.Text}
	}
	day := func(name, title string) report.Column {
		return report.Column{Name: name, Title: title, Kind: report.Day}
	}
	money := func(name, title string) report.Column {
		return report.Column{Name: name, Title: title, Kind: report.Money}
	}
	for _, q := range []struct {
		report report.Report
		lead   string
		empty  string
	}{
		{report.Report{Name: "account_subscriptions", Title: "Subscriptions", Columns: []report.Column{
			text("subscription_id", "Subscription"), text("name", "Name"), text("status", "Status"), money("current_mrr", "MRR"), text("currency", "Currency"), text("provider_mrr", "Provider's MRR"),
			day("start_date", "Start"), day("trial_end", "Trial until"), day("end_date", "End"), text("plans", "Plans"), text("source", "Source"),
		}}, "As the provider last said; the provider's own figure is for comparison alone.", "None."},
		{report.Report{Name: "account_items", Title: "Items with MRR", Columns: []report.Column{
			text("item_id", "Item"), text("subscription_id", "Subscription"), text("plan", "Plan"), text("quantity", "Quantity"), money("mrr", "MRR"), text("currency", "Currency"), text("source", "Source"),
		}}, "What MRR is made of on the last published day.", "No item has MRR on the last published day."},
		{report.Report{Name: "account_invoices", Title: "Invoices by treatment", Columns: []report.Column{
			text("invoice_id", "Document"), day("issued_at", "Issued"), text("currency", "Currency"), money("committed", "Committed"), money("proration", "Proration"), money("usage", "Usage"),
			money("one_time", "One-time"), money("trial", "Trial"), money("discount", "Discount"), money("tax", "Tax"), money("total", "Total"), money("credit", "Paid by credit"), text("source", "Source"),
		}}, "The newest 200 documents. Only what is committed stands behind MRR.", "Nothing was invoiced."},
		{report.Report{Name: "account_restatements", Title: "Restatements", Columns: []report.Column{
			day("from", "From"), day("to", "To"), text("currency", "Currency"), money("mrr_before", "MRR before"), money("mrr_after", "MRR after"), text("reason", "Reason"),
			text("evidence", "Evidence"),
			{Name: "published_at", Title: "Published, UTC", Kind: report.Instant},
		}}, "What final days were said to be, and what they are now.", "Its past was never restated."},
	} {
		t, err := l.ask(ctx, q.report, nil, values)
		if err != nil {
			return err
		}
		v.table(l, q.report.Name, t, func(s *section) {
			s.Heading, s.Lead, s.Empty = q.report.Title, q.lead, q.empty
			if len(t.Rows) == 0 {
				s.Lead = ""
			}
		})
	}
	return nil
}

// explain is the derivation of an account's MRR of one day.
func (d *Dashboard) explain(ctx context.Context, l *look) (*view, error) {
	if d.cfg.Explain == nil {
		return nil, missing("Days are not explained here; `mrrsync explain` does.")
	}
	id, day := l.params.Get("id"), billing.NoDate
	if id == "" {
		return nil, wrong("Name an account: the list of customers leads here.")
	}
	if text := l.params.Get("on"); text != "" {
		var err error
		if day, err = billing.ParseDate(text); err != nil {
			return nil, wrong("%q is no day: write 2026-03-31.", text)
		}
	}
	answer, err := d.cfg.Explain(ctx, id, day)
	if err != nil {
		return nil, err
	}
	day, err = billing.ParseDate(answer.Date)
	if err != nil {
		return nil, err
	}
	step := func(by billing.Date) string {
		return address("/explain", map[string][]string{"id": {id}, "on": {(day + by).String()}})
	}
	return &view{
		Title: "Why " + longDay(day) + " is what it is", Lead: "Account " + answer.Account,
		Data: explanation{Answer: answer, ID: id, Before: step(-1), After: step(1), Account: address("/account", map[string][]string{"id": {answer.Account}})},
	}, nil
}

// explanation is an answer and where one goes from it.
type explanation struct {
	*audit.Answer
	ID, Before, After, Account string
}
