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
	if err := l.single(ctx, v, wants{converted: true, source: true, part: true}); err != nil {
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
	v.Lead = l.part() + ", as of " + longDay(l.state.load.Through) + ", in " + l.unitText()
	v.Filter.Text, v.Filter.TextLabel = text, "Name, account, customer or subscription"
	v.Filter.Kinds = []choice{{option{"", "Everybody"}, status == ""}}
	for _, s := range []string{"active", "churned", "prospect"} {
		v.Filter.Kinds = append(v.Filter.Kinds, choice{option{s, title(s)}, s == status})
	}
	t, err := l.ask(ctx, report.Report{
		Name: "accounts", Title: "Customers",
		Columns: []report.Column{
			words("name", "Customer"),
			amount("mrr", "MRR"),
			words("currency", "Currency"),
			words("status", "Status"),
			number("subscriptions", "Subscriptions"),
			date("first_mrr_date", "Since"),
			date("last_movement_date", "Last movement"),
			words("country", "Country"),
			words("sources", "Sources"),
			words("account_id", "Account"),
			number("all_rows", ""),
		},
	}, map[string]any{
		"Reporting": l.filter.currency == report.Reporting, "CSV": l.export != "", "Searched": text != "", "Parted": l.filter.sliced(), "Chosen": l.filter.chosen(),
	}, l.accountValues(status, text, at))
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
		if text == "" {
			s.Empty = "Nobody."
		}
		if l.filter.sliced() {
			s.Note = "Whoever ever had MRR in the part that is asked for, with what it is there now; active are those who have some there. Since and last movement are of the part, too."
		}
	})
	v.Pager = l.pager(at, int(count)) //nolint:gosec // rows
	return v, nil
}

// accountValues are the values of the question for accounts.
func (l *look) accountValues(status, text string, page int) map[string]any {
	values := l.filter.values()
	values["unit"], values["through"], values["status"], values["text"] = l.unit(), l.state.load.Through.String(), status, text
	values["size"], values["skip"] = strconv.Itoa(pageSize), strconv.Itoa((page-1)*pageSize)
	return values
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
		words("source", ""),
		words("customer_id", ""),
		words("name", ""),
		words("email", ""),
		words("country", ""),
		date("created_at", ""),
		words("status", ""),
		date("first_mrr_date", ""),
		words("levels", ""),
		words("segments", ""),
	}}, nil, map[string]any{"account": id})
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
	values := map[string]any{"account": id, "customers": customers, "sources": sources, "through": l.state.load.Through.String()}
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

// history is the picture of the account's MRR in each currency, with its
// movements.
func (l *look) history(ctx context.Context, v *view, page *accountPage, values map[string]any) error {
	t, err := l.ask(ctx, report.Report{
		Name: "history", Title: "MRR of the account", Chart: report.History,
		Columns: []report.Column{
			{Name: "currency", Title: "Currency", Kind: report.Text, Group: true},
			date("date", "Day"),
			words("movement", "Movement"),
			amount("amount", "Change"),
			amount("mrr", "MRR"),
			words("reason", "Reason"),
			words("plan_id", "Plans"),
			words("source", "Source"),
			words("subscription_id", "Subscriptions"),
			words("evidence", "Evidence"),
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
	full := *t
	if err := l.namePlans(ctx, t, "plan_id"); err != nil {
		return err
	}
	t.Link = func(row report.Row, column string) string {
		if column != "date" {
			return ""
		}
		return address("/explain", map[string][]string{"id": {page.ID}, "on": {row.Text("date")}})
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
	v.tables["history"] = &full
	return nil
}

// accountTables are its subscriptions, their items, its invoices, and what the
// past was said to be.
func (l *look) accountTables(ctx context.Context, v *view, values map[string]any) error {
	for _, q := range []question{
		{
			name: "account_subscriptions", heading: "Subscriptions", lead: "As the provider last said; the provider's own figure is for comparison alone.", empty: "None.",
			columns: []report.Column{
				words("subscription_id", "Subscription"), words("name", "Name"), words("status", "Status"), amount("current_mrr", "MRR"), words("currency", "Currency"), words("provider_mrr", "Provider's MRR"),
				date("start_date", "Start"), date("trial_end", "Trial until"), date("end_date", "End"), words("plans", "Plans"), words("source", "Source"),
			},
			plans: "plans",
		},
		{
			name: "account_items", heading: "Items with MRR", lead: "What MRR is made of on the last published day.", empty: "No item has MRR on the last published day.",
			columns: []report.Column{
				words("item_id", "Item"), words("subscription_id", "Subscription"), words("plan", "Plan"), words("quantity", "Quantity"), amount("mrr", "MRR"), words("currency", "Currency"), words("source", "Source"),
			},
		},
		{
			name: "account_invoices", heading: "Invoices by treatment", lead: "The newest 200 documents. Only what is committed stands behind MRR.", empty: "Nothing was invoiced.",
			columns: []report.Column{
				words("invoice_id", "Document"), date("issued_at", "Issued"), words("currency", "Currency"), amount("committed", "Committed"), amount("proration", "Proration"), amount("usage", "Usage"),
				amount("one_time", "One-time"), amount("trial", "Trial"), amount("discount", "Discount"), amount("tax", "Tax"), amount("total", "Total"), amount("credit", "Paid by credit"), words("source", "Source"),
			},
		},
		{
			name: "account_restatements", heading: "Restatements", lead: "What final days were said to be, and what they are now.", empty: "Its past was never restated.",
			columns: []report.Column{
				date("from", "From"), date("to", "To"), words("currency", "Currency"), amount("mrr_before", "MRR before"), amount("mrr_after", "MRR after"), words("reason", "Reason"),
				words("evidence", "Evidence"),
				moment("published_at", "Published, UTC"),
			},
		},
	} {
		if err := l.put(ctx, v, q, nil, values); err != nil {
			return err
		}
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
		if day, err = billing.ParseDate(text); err != nil || day == billing.Forever {
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
