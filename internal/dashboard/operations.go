package dashboard

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"mrrsync/connectors/billing"
	"mrrsync/internal/report"
	"mrrsync/warehouse"
)

// A night is what the page of operations shows beside tables.
type night struct {
	Sources []sourceRow
	Runs    []runRow
}

type sourceRow struct {
	sourceMark
	Through, Success, Attempt, Status, Error string
}

type runRow struct {
	ID, Verb, Status, Class, Started, At, Took, Through string
	Exit                                                uint64
	Load                                                link
	Error                                               string
	Requests, Listed, Landed, Rejected                  string
	Receipt                                             *receipt
	JSON                                                string
}

// receipt is what a run's receipt says for people; the whole of it stands beside.
type receipt struct {
	Sources []struct {
		Source  string  `json:"source"`
		Status  string  `json:"status"`
		Error   string  `json:"error"`
		Listed  uint64  `json:"listed"`
		New     uint64  `json:"new"`
		Missing uint64  `json:"missing"`
		Seconds float64 `json:"seconds"`
	} `json:"sources"`
	Restated uint64   `json:"restated_ranges"`
	Warnings []string `json:"warnings"`
}

// operations is last night: the sources, the runs, the loads and the closings.
func (d *Dashboard) operations(ctx context.Context, l *look) (*view, error) {
	v := &view{Title: "Operations", Lead: "How current the figures are, what ran, and what was published."}
	var page night
	marks := l.strip().Sources
	i := 0
	for _, x := range l.state.sources {
		row := sourceRow{Through: longDay(x.Covered), Success: instant(x.Success), Attempt: instant(x.Attempt), Status: x.Status, Error: x.Error}
		if x.Gone {
			row.sourceMark = sourceMark{Name: x.Name, Class: "late", Word: "no longer configured"}
		} else {
			row.sourceMark = marks[i]
			i++
		}
		page.Sources = append(page.Sources, row)
	}
	runs, err := l.ask(ctx, report.Report{Name: "runs", Title: "Runs", Columns: []report.Column{
		words("run", "Run"), words("verb", "Verb"), words("status", "Status"), number("exit_code", "Exit"), moment("started_at", "Started, UTC"), moment("finished_at", "Ended, UTC"),
		{Name: "seconds", Title: "Seconds", Kind: report.Ratio},
		date("through", "Through"), words("load_id", "Load"),
		number("requests", "Requests"), number("listed", "Listed"), number("landed", "Landed"), number("rejected", "Rejected"), words("error", "Error"), words("receipt", "Receipt"),
	}}, nil, nil)
	if err != nil {
		return nil, err
	}
	for i := range runs.Rows {
		page.Runs = append(page.Runs, l.runRow(runs.Row(i)))
	}
	v.tables = map[string]*report.Table{"runs": runs}
	v.Data = page
	for _, q := range []question{
		{
			name: "loads", heading: "Loads", lead: "What was published. A load never changes; each leads to what it changed against the one before.", empty: "Nothing is published yet.",
			columns: []report.Column{
				words("load_id", "Load"), words("status", "Status"), moment("published_at", "Published, UTC"), date("through", "Through"), date("final_through", "Final through"),
				date("closed_through", "Closed through"), words("how", "How"), number("derived", "Customers derived"), number("restated", "Ranges restated"), words("run", "Run"),
			},
			link: func(row report.Row, column string) string {
				if column != "load_id" || d.cfg.Change == nil {
					return ""
				}
				return Root + "/load?id=" + row.Text("load_id")
			},
		},
		{
			name: "closings", heading: "Closed months", empty: "No month was ever closed. `mrrsync load close 2026-03 --note reported` makes one stand as it is.",
			columns: []report.Column{
				moment("at", "At, UTC"), words("action", "What"),
				{Name: "month", Title: "Month", Kind: report.Month},
				date("closed_through", "Closed through since"),
				date("closed_before", "Before"), words("who", "Who"), words("note", "Note"), words("load_id", "Load"),
			},
		},
	} {
		if err := l.put(ctx, v, q, nil, nil); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// runRow lays out one run.
func (l *look) runRow(row report.Row) runRow {
	started, _ := row.Value("started_at").(time.Time)
	through, _ := row.Value("through").(billing.Date)
	r := runRow{
		ID: row.Text("run"), Verb: row.Text("verb"), Status: row.Text("status"), Started: instant(started), At: started.Format(time.RFC3339), Error: row.Text("error"),
		Through: longDay(through), Class: "ok",
	}
	r.Exit, _ = row.Value("exit_code").(uint64)
	number := func(name string) string {
		n, _ := row.Value(name).(uint64)
		return report.Grouped(n)
	}
	r.Requests, r.Listed, r.Landed, r.Rejected = number("requests"), number("listed"), number("landed"), number("rejected")
	switch r.Status {
	case "failed", "aborted":
		r.Class = "bad"
	case "partial", "running":
		r.Class = "late"
	}
	if r.Status != "running" {
		r.Took = time.Duration(row.Rate("seconds") * float64(time.Second)).Round(100 * time.Millisecond).String()
	}
	if id := row.Text("load_id"); id != "0" {
		r.Load = link{Text: id}
		if l.d.cfg.Change != nil {
			r.Load.Href = Root + "/load?id=" + id
		}
	}
	if text := row.Text("receipt"); text != "" {
		var b bytes.Buffer
		if json.Indent(&b, []byte(text), "", "  ") == nil {
			r.JSON = b.String()
		}
		var is receipt
		if json.Unmarshal([]byte(text), &is) == nil {
			r.Receipt = &is
		}
	}
	return r
}

// quality is what an operator must look into: what could not be read, what is
// missing, what differs from the providers, and what the past was said to be.
func (d *Dashboard) quality(ctx context.Context, l *look) (*view, error) {
	v := &view{Title: "Quality", Lead: "What could not be read, what is missing, what differs from the providers' own figures, and what of the past reads otherwise now."}
	for _, q := range []question{
		{
			name: "rejects", heading: "Rejects", lead: "What could not be understood: in no total, never silently zero. The payload is kept in the store.", empty: "Everything could be read.",
			columns: []report.Column{
				words("source", "Source"), words("kind", "Kind"), words("id", "Id"), words("customer_id", "Customer"), words("code", "Code"), words("detail", "Detail"),
				moment("first_seen", "First seen, UTC"),
				words("payload", "Payload"),
			},
			link: l.accountLink,
		},
		{
			name: "completeness", heading: "Completeness", lead: "What the providers listed in each source's newest run, against what the warehouse holds. A source with anything missing counts as failed.", empty: "Nothing was pulled yet.",
			columns: []report.Column{
				words("source", "Source"), words("stream", "Stream"), number("listed", "Listed"), number("landed", "Landed"), number("missing", "Missing"), words("run", "Run"),
			},
			link: l.accountLink,
		},
		{
			name: "reconciled", heading: "Reconciliation", lead: "Our MRR on the last published day against the provider's own figure, where it has one. `mrrsync reconcile` values it again and finds more reasons.", empty: "No provider states a figure of its own.",
			columns: []report.Column{
				words("source", "Source"), words("reason", "Reason"), words("currency", "Currency"), number("subscriptions", "Subscriptions"), amount("mrr", "MRR"), amount("provider_mrr", "Provider's MRR"), amount("difference", "Difference"),
			},
			link: l.accountLink,
		},
		{
			name: "differences", heading: "Differences from the providers", lead: "The largest ones that are not equal, unexplained ones first.", empty: "There is none.",
			columns: []report.Column{
				words("subscription_id", "Subscription"), words("account_id", "Account"), words("reason", "Reason"), words("status", "Status"), words("currency", "Currency"), amount("mrr", "MRR"), amount("provider_mrr", "Provider's MRR"),
				amount("difference", "Difference"), words("source", "Source"),
			},
			link: l.accountLink,
		},
		{
			name: "restated", heading: "Restatements", lead: "What final days were said to be, and what they are now: the newest 200.", empty: "No final day was ever restated.",
			columns: []report.Column{
				moment("published_at", "Published, UTC"),
				words("load_id", "Load"), words("account_id", "Account"), date("from", "From"), date("to", "To"), words("currency", "Currency"),
				amount("mrr_before", "MRR before"), amount("mrr_after", "MRR after"), amount("difference", "Difference"), words("reason", "Reason"), words("evidence", "Evidence"),
			},
			link: l.accountLink,
		},
	} {
		if l.state.load.ID == 0 { // that nothing is wrong can't be said of nothing
			q.empty = "Nothing is published yet."
		}
		if err := l.put(ctx, v, q, map[string]any{"CSV": l.export != ""}, nil); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// loadPage is what one load is.
type loadPage struct {
	Facts []option
	Upon  link
}

// load shows what one load changed against the one it was built upon.
func (d *Dashboard) load(ctx context.Context, l *look) (*view, error) {
	if d.cfg.Change == nil {
		return nil, missing("Loads are not told of here; `mrrsync load show` does.")
	}
	id, err := strconv.ParseUint(l.params.Get("id"), 10, 64)
	if err != nil {
		return nil, wrong("%q is no load: the list of loads leads here.", l.params.Get("id"))
	}
	c, err := d.cfg.Change(ctx, id, 200)
	if err != nil {
		return nil, err
	}
	var page loadPage
	fact := func(name, value string) { page.Facts = append(page.Facts, option{name, value}) }
	status := "superseded"
	switch {
	case c.Current:
		status = "current: what all pages show"
	case c.Dropped:
		status = "dropped: its rows are gone"
	}
	fact("Status", status)
	fact("Published", instant(c.PublishedAt))
	fact("Through", longDay(c.Through))
	fact("Final through", longDay(c.FinalThrough))
	fact("Closed through", longDay(c.ClosedThrough))
	fact("Run", strconv.FormatUint(c.Run, 10))
	if c.Restored != 0 {
		fact("Restores", "load "+strconv.FormatUint(c.Restored, 10))
	}
	if c.Complete {
		fact("Derived", "every account")
	} else {
		fact("Derived", counted(uint64(c.Derived), "customer")) //nolint:gosec // rows
	}
	if c.Upon != nil {
		page.Upon = link{Text: strconv.FormatUint(c.Upon.ID, 10), Href: Root + "/load?id=" + strconv.FormatUint(c.Upon.ID, 10)}
	}
	v := &view{Title: "Load " + strconv.FormatUint(id, 10), Lead: "What it changed for those who read.", Data: page}
	if err := l.changedMovements(ctx, v, c); err != nil {
		return nil, err
	}
	return v, l.changedPast(ctx, v, c)
}

// changedMovements are the movements that a load added and those it changed.
func (l *look) changedMovements(ctx context.Context, v *view, c warehouse.Change) error {
	q := question{
		name: "movements", heading: "Movements", empty: "No movement is new, and none of the past has changed.",
		lead: "New are those on days that the load before did not have. Of the days before, some may be gone and others have come.",
		columns: []report.Column{
			words("currency", "Currency"), words("movement", "Movement"), number("new_rows", "New"), amount("new_amount", "Their amount"),
			number("gone", "Gone"), number("came", "Come"), amount("past", "The past differs by"),
		},
	}
	if !c.Told {
		q.empty = "The rows of this load, or of the one before it, are gone: what it changed can't be told any more."
	}
	t := &report.Table{Report: report.Report{Name: q.name, Title: q.heading}, Columns: q.columns}
	slices.SortStableFunc(c.Movements, func(a, b warehouse.MovementChange) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(slices.Index(kinds(), a.Movement), slices.Index(kinds(), b.Movement)))
	})
	for i := range c.Movements {
		m := &c.Movements[i]
		if m.NewRows == 0 && m.ChangedBefore == 0 && m.ChangedAfter == 0 {
			continue // as it was
		}
		t.Rows = append(t.Rows, []any{m.Currency, m.Movement, uint64(m.NewRows), m.NewAmount, uint64(m.ChangedBefore), uint64(m.ChangedAfter), m.After.Sub(m.Before)}) //nolint:gosec // rows
	}
	if c.Upon == nil { // it has no past that could differ
		t.Columns = t.Columns[:4]
		for i := range t.Rows {
			t.Rows[i] = t.Rows[i][:4]
		}
		q.lead = "It is the first load: all of its movements are new."
	}
	return l.lay(ctx, v, q, t)
}

// changedPast are the final days that read otherwise since a load.
func (l *look) changedPast(ctx context.Context, v *view, c warehouse.Change) error {
	q := question{
		name: "restated", heading: "The past, restated", empty: "No final day reads otherwise.",
		lead: counted(uint64(c.RestatedRanges), "range") + " of final days read otherwise since; the largest are here.", //nolint:gosec // rows
		columns: []report.Column{
			words("account_id", "Account"), date("from", "From"), date("to", "To"), words("currency", "Currency"), amount("mrr_before", "MRR before"), amount("mrr_after", "MRR after"),
			amount("difference", "Difference"), words("reason", "Reason"), words("evidence", "Evidence"),
		},
		link: l.accountLink,
	}
	t := &report.Table{Report: report.Report{Name: q.name, Title: q.heading}, Columns: q.columns}
	for _, r := range c.Restatements {
		t.Rows = append(t.Rows, []any{r.AccountID, r.From, r.Until - 1, r.Currency, r.Before, r.After, r.After.Sub(r.Before), r.Reason, r.Evidence})
	}
	return l.lay(ctx, v, q, t)
}

// firstSteps is what every page shows while nothing is published.
func (d *Dashboard) firstSteps(l *look) *view {
	v := &view{template: "page", Title: "Nothing is published yet", Lead: "The warehouse is here and empty. A first sync fills it."}
	var failed []string
	for _, s := range l.state.sources {
		if s.Failed {
			failed = append(failed, s.Name)
		}
	}
	if len(failed) > 0 {
		v.Lead = "A sync was tried, but " + strings.Join(failed, ", ") + " could not be read: nothing can be published before every source was, once."
	}
	if l.state.run.Status == "running" {
		v.Lead = "A sync is running. The first one reads the whole history; this page will have figures when it is done."
	}
	v.Data = steps{
		{"See that everything can be reached", "mrrsync check", "It tries credentials and permissions of each source, and names what is wrong with its place."},
		{"Read the history, and publish", "mrrsync sync", "The first sync reads everything; later ones what changed. It can be stopped and goes on where it was."},
		{"Let it happen every night", `mrrsync serve --schedule "15 2 * * *"`, "This very server syncs by itself, at a time of the reporting time zone."},
	}
	return v
}

type steps []struct{ What, Command, Why string }
