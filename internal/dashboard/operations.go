package dashboard

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"mrrsync/connectors/billing"
	"mrrsync/internal/report"
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
	text := func(name, title string) report.Column {
		return report.Column{Name: name, Title: title, Kind: report.Text}
	}
	count := func(name, title string) report.Column {
		return report.Column{Name: name, Title: title, Kind: report.Count}
	}
	moment := func(name, title string) report.Column {
		return report.Column{Name: name, Title: title, Kind: report.Instant}
	}
	day := func(name, title string) report.Column {
		return report.Column{Name: name, Title: title, Kind: report.Day}
	}
	runs, err := l.ask(ctx, report.Report{Name: "runs", Title: "Runs", Columns: []report.Column{
		text("run", "Run"), text("verb", "Verb"), text("status", "Status"), count("exit_code", "Exit"), moment("started_at", "Started, UTC"), moment("finished_at", "Ended, UTC"),
		{Name: "seconds", Title: "Seconds", Kind: report.Ratio},
		day("through", "Through"), text("load_id", "Load"),
		count("requests", "Requests"), count("listed", "Listed"), count("landed", "Landed"), count("rejected", "Rejected"), text("error", "Error"), text("receipt", "Receipt"),
	}}, nil, nil)
	if err != nil {
		return nil, err
	}
	for i := range runs.Rows {
		page.Runs = append(page.Runs, l.runRow(runs.Row(i)))
	}
	v.tables = map[string]*report.Table{"runs": runs}
	v.Data = page
	loads, err := l.ask(ctx, report.Report{Name: "loads", Title: "Loads", Columns: []report.Column{
		text("load_id", "Load"), text("status", "Status"), moment("published_at", "Published, UTC"), day("through", "Through"), day("final_through", "Final through"), day("closed_through", "Closed through"),
		text("how", "How"), count("derived", "Customers derived"), count("restated", "Ranges restated"), text("run", "Run"),
	}}, nil, nil)
	if err != nil {
		return nil, err
	}
	loads.Link = func(row report.Row, column string) string {
		if column != "load_id" || l.d.cfg.Change == nil {
			return ""
		}
		return Root + "/load?id=" + row.Text("load_id")
	}
	v.table(l, "loads", loads, func(s *section) {
		s.Heading, s.Lead, s.Empty = "Loads", "What was published. A load never changes; each leads to what it changed against the one before.", "Nothing is published yet."
	})
	closings, err := l.ask(ctx, report.Report{Name: "closings", Title: "Closings", Columns: []report.Column{
		moment("at", "At, UTC"), text("action", "What"),
		{Name: "month", Title: "Month", Kind: report.Month},
		day("closed_through", "Closed through since"), day("closed_before", "Before"),
		text("who", "Who"), text("note", "Note"), text("load_id", "Load"),
	}}, nil, nil)
	if err != nil {
		return nil, err
	}
	v.table(l, "closings", closings, func(s *section) {
		s.Heading, s.Lead = "Closed months", ""
		s.Empty = "No month was ever closed. `mrrsync load close 2026-03 --note reported` makes one stand as it is."
	})
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
	text := func(name, title string) report.Column {
		return report.Column{Name: name, Title: title, Kind: report.Text}
	}
	count := func(name, title string) report.Column {
		return report.Column{Name: name, Title: title, Kind: report.Count}
	}
	money := func(name, title string) report.Column {
		return report.Column{Name: name, Title: title, Kind: report.Money}
	}
	day := func(name, title string) report.Column {
		return report.Column{Name: name, Title: title, Kind: report.Day}
	}
	for _, q := range []struct {
		report      report.Report
		lead, empty string
	}{
		{report.Report{Name: "rejects", Title: "Rejects", Columns: []report.Column{
			text("source", "Source"), text("kind", "Kind"), text("id", "Id"), text("customer_id", "Customer"), text("code", "Code"), text("detail", "Detail"),
			{Name: "first_seen", Title: "First seen, UTC", Kind: report.Instant},
			text("payload", "Payload"),
		}}, "What could not be understood: in no total, never silently zero. The payload is kept in the store.", "Everything could be read."},
		{report.Report{Name: "completeness", Title: "Completeness", Columns: []report.Column{
			text("source", "Source"), text("stream", "Stream"), count("listed", "Listed"), count("landed", "Landed"), count("missing", "Missing"), text("run", "Run"),
		}}, "What the providers listed in each source's newest run, against what the warehouse holds. A source with anything missing counts as failed.", "Nothing was pulled yet."},
		{report.Report{Name: "reconciled", Title: "Reconciliation", Columns: []report.Column{
			text("source", "Source"), text("reason", "Reason"), text("currency", "Currency"), count("subscriptions", "Subscriptions"), money("mrr", "MRR"), money("provider_mrr", "Provider's MRR"), money("difference", "Difference"),
		}}, "Our MRR on the last published day against the provider's own figure, where it has one. `mrrsync reconcile` values it again and finds more reasons.", "No provider states a figure of its own."},
		{report.Report{Name: "differences", Title: "Differences from the providers", Columns: []report.Column{
			text("subscription_id", "Subscription"), text("account_id", "Account"), text("reason", "Reason"), text("status", "Status"), text("currency", "Currency"), money("mrr", "MRR"), money("provider_mrr", "Provider's MRR"),
			money("difference", "Difference"), text("source", "Source"),
		}}, "The largest ones that are not equal, unexplained ones first.", "There is none."},
		{report.Report{Name: "restated", Title: "Restatements", Columns: []report.Column{
			{Name: "published_at", Title: "Published, UTC", Kind: report.Instant},
			text("load_id", "Load"), text("account_id", "Account"), day("from", "From"), day("to", "To"), text("currency", "Currency"),
			money("mrr_before", "MRR before"), money("mrr_after", "MRR after"), money("difference", "Difference"), text("reason", "Reason"), text("evidence", "Evidence"),
		}}, "What final days were said to be, and what they are now: the newest 200.", "No final day was ever restated."},
	} {
		t, err := l.ask(ctx, q.report, map[string]any{"CSV": l.export != ""}, nil)
		if err != nil {
			return nil, err
		}
		t.Link = l.accountLink
		v.table(l, q.report.Name, t, func(s *section) {
			s.Heading, s.Lead, s.Empty = q.report.Title, q.lead, q.empty
		})
	}
	return v, nil
}

// loadPage is what one load changed.
type loadPage struct {
	Facts     []option
	Movements [][]string
	Restated  [][]string
	Ranges    string
	Told      bool
	Upon      link
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
	page := loadPage{Told: c.Told, Ranges: counted(uint64(c.RestatedRanges), "range")} //nolint:gosec // rows
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
	for i := range c.Movements {
		m := &c.Movements[i]
		places := report.Places(m.Currency)
		page.Movements = append(page.Movements, []string{
			m.Currency, m.Movement, report.Grouped(uint64(m.NewRows)), signed(minus(report.Amount(m.NewAmount, places))), //nolint:gosec // rows
			report.Grouped(uint64(m.ChangedBefore)), report.Grouped(uint64(m.ChangedAfter)), signed(minus(report.Amount(m.After.Sub(m.Before), places))), //nolint:gosec // rows
		})
	}
	for _, r := range c.Restatements {
		places := report.Places(r.Currency)
		page.Restated = append(page.Restated, []string{
			r.AccountID, r.From.String(), (r.Until - 1).String(), r.Currency, minus(report.Amount(r.Before, places)), minus(report.Amount(r.After, places)),
			signed(minus(report.Amount(r.After.Sub(r.Before), places))), r.Reason, r.Evidence,
		})
	}
	return &view{Title: "Load " + strconv.FormatUint(id, 10), Lead: "What it changed for those who read.", Data: page}, nil
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
