package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"mrrsync/connectors/billing"
	"mrrsync/internal/report"
)

// A view is what a page shows.
type view struct {
	frame

	Title, Lead string
	Filter      *form
	Notices     []string
	Cards       []card
	Sections    []section
	Pager       *pager
	Data        any // what a page shows that others don't

	template string                   // empty: that of the route
	tables   map[string]*report.Table // by the name under which they are exported
}

// frame is what every page has around it.
type frame struct {
	Style, Script string
	Nav           []link
	Alerts        []alert
	Strip         strip
	Search        string
}

// A link leads somewhere; Here marks the page that is shown.
type link struct {
	Text, Href string
	Here       bool
	Apart      bool // begins another group
}

// An alert is what every reader must know before believing a figure.
type alert struct {
	Bad        bool
	Text, Href string
	More       string // the link's text
}

// strip is last night at a glance.
type strip struct {
	Nothing         bool
	Through, Status string
	Provisional     bool
	ThroughDay      string
	Published, At   string
	Sources         []sourceMark
	Run             string
	RunBad          bool
	Rejects         string
	Load            string
}

type sourceMark struct {
	Name, Covered, Word string
	Class               string // ok, late or bad
}

// A card is a headline figure with its course.
type card struct {
	Label, Value, Unit, As string // As: of which day or month it speaks
	Delta, Than            string
	Class                  string // up, down or level
	Spark                  template.HTML
	Band, BandClass        string
	Reference              string
}

// A section is a part of a page: a picture and its table, or a table alone.
type section struct {
	report.Block
	Note   string
	Export string // the address of its CSV
	Empty  string // what is said where it has no rows
	Fold   string // if set, the table opens when this is asked for
	Tabs   []link
}

// pager leads through rows that do not fit one page.
type pager struct {
	Text           string
	Previous, Next string
	Sort           []link
}

// form are the filters.
type form struct {
	Action                                   string
	Currencies, Sources, Plans, Spans, Kinds []choice
	Segments                                 []group
	From, To                                 string
	Text, TextLabel                          string // a search
	Hidden                                   []option
	Chips                                    []link // what is on, each leading to where it is off
	HasRange                                 bool
}

type choice struct {
	option
	Selected bool
}

type group struct {
	Label   string
	Choices []choice
}

// frame is what stands around the page.
func (d *Dashboard) frame(to route, l *look) frame {
	f := frame{Style: d.style, Script: d.script, Strip: l.strip(), Alerts: l.alerts()}
	for _, n := range []struct {
		path, text string
		apart      bool
	}{
		{"", "Overview", false},
		{"/movements", "Movements", false},
		{"/customers", "Customers", false},
		{"/plans", "Plans", false},
		{"/segments", "Segments", false},
		{"/retention", "Retention", false},
		{"/cohorts", "Cohorts", false},
		{"/forward", "Forward", false},
		{"/invoices", "Invoices", false},
		{"/operations", "Operations", true},
		{"/quality", "Quality", false},
	} {
		here := n.path == to.path
		switch to.path {
		case "/account", "/explain":
			here = n.path == "/customers"
		case "/load":
			here = n.path == "/operations"
		}
		if to.make == nil {
			here = false
		}
		href := Root + n.path
		if !n.apart && n.path != "/quality" {
			href = l.to(n.path)
		}
		f.Nav = append(f.Nav, link{n.text, href, here, n.apart})
	}
	return f
}

// strip tells how current the figures are.
func (l *look) strip() strip {
	s := l.state
	out := strip{
		Nothing: s.load.ID == 0, Through: longDay(s.load.Through), ThroughDay: s.load.Through.String(), At: s.load.At.Format(time.RFC3339),
		Load: fmt.Sprint(s.load.ID), Status: "final", Provisional: s.provisional(),
	}
	if s.load.At.Year() > 1970 {
		out.Published = instant(s.load.At)
	}
	if out.Provisional {
		out.Status = "provisional after " + longDay(s.load.Final)
	}
	for _, x := range s.sources {
		if x.Gone {
			continue
		}
		m := sourceMark{Name: x.Name, Covered: shortDay(x.Covered), Class: "ok", Word: "current, covered through " + longDay(x.Covered)}
		switch {
		case x.Covered == billing.NoDate && x.Attempt.Year() < 1971:
			m.Class, m.Word, m.Covered = "late", "never pulled", "never"
		case x.Failed:
			m.Class, m.Word = "bad", "the last pull failed"
		case x.Covered == billing.NoDate:
			m.Class, m.Word, m.Covered = "late", "not published yet", "not yet"
		case x.Stale:
			m.Class, m.Word = "late", "stale: covered only through "+longDay(x.Covered)
		}
		out.Sources = append(out.Sources, m)
	}
	if s.run.ID != 0 {
		out.Run = fmt.Sprintf("%s %s", s.run.Verb, s.run.Status)
		out.RunBad = s.run.Status == "failed" || s.run.Status == "aborted"
	}
	if s.rejects > 0 {
		out.Rejects = counted(s.rejects, "reject")
	}
	return out
}

// alerts are what is wrong, on every page.
func (l *look) alerts() []alert {
	s := l.state
	var all []alert
	for _, x := range s.sources {
		if x.Failed && !x.Gone {
			text := fmt.Sprintf("Source %s failed at its last pull, %s.", x.Name, instant(x.Attempt))
			if x.Covered != billing.NoDate {
				text += fmt.Sprintf(" What is published of it reaches through %s.", longDay(x.Covered))
			} else {
				text += " Nothing of it is published."
			}
			all = append(all, alert{true, text, Root + "/operations#sources", "See why"})
		}
	}
	var stale []string
	for _, x := range s.sources {
		if x.Stale && !x.Failed && !x.Gone {
			stale = append(stale, x.Name)
		}
	}
	if len(stale) > 0 && s.load.ID != 0 {
		all = append(all, alert{false, "Stale: " + strings.Join(stale, ", ") + ". The figures are older than they should be.", Root + "/operations", "See the runs"})
	}
	switch s.run.Status {
	case "failed", "aborted":
		text := fmt.Sprintf("The last run (%s, %s) %s; readers still have the figures before it.", s.run.Verb, instant(s.run.Started), s.run.Status)
		all = append(all, alert{true, text, Root + "/operations#runs", "See the run"})
	}
	if s.provisional() {
		all = append(all, alert{false, fmt.Sprintf("Days after %s are provisional: not every source has covered them yet.", longDay(s.load.Final)), Root + "/operations#sources", "Which source"})
	}
	return all
}

// wants are the parts of a form that a page has.
type wants struct{ converted, source, part, span bool }

// form are the filters of a page, filled with what there is.
func (l *look) form(ctx context.Context, currencies []string, w wants) (*form, error) {
	f := &form{Action: Root + l.path, HasRange: w.span}
	is := l.filter
	add := func(list *[]choice, value, text, selected string) {
		*list = append(*list, choice{option{value, text}, value == selected})
	}
	if w.converted && l.state.load.Currency != "" && !is.parted() {
		add(&f.Currencies, report.Reporting, "All, in "+l.state.load.Currency, is.currency)
	}
	for _, code := range currencies {
		add(&f.Currencies, code, code, is.currency)
	}
	if !slices.ContainsFunc(f.Currencies, func(c choice) bool { return c.Selected }) {
		add(&f.Currencies, is.currency, is.currency, is.currency)
	}
	if w.source {
		add(&f.Sources, "", "All sources", is.source)
		for _, x := range l.state.sources {
			add(&f.Sources, x.Name, x.Name, is.source)
		}
		if is.source != "" && !slices.ContainsFunc(f.Sources, func(c choice) bool { return c.Selected }) {
			add(&f.Sources, is.source, is.source+" (unknown)", is.source)
		}
	}
	if w.part {
		if err := l.parts(ctx, f); err != nil {
			return nil, err
		}
	}
	if w.span {
		for _, s := range spans() {
			add(&f.Spans, s.Value, s.Text, is.span)
		}
		add(&f.Spans, own, "These months:", is.span)
		if !slices.ContainsFunc(f.Spans, func(c choice) bool { return c.Selected }) {
			add(&f.Spans, is.span, strings.TrimSuffix(is.span, "m")+" months", is.span)
		}
		f.From, f.To = is.from.String()[:7], is.to.String()[:7]
	}
	chip := func(text string, off ...string) {
		f.Chips = append(f.Chips, link{Text: text, Href: l.here(append(off, "page", "")...)})
	}
	if is.source != "" {
		chip("Source "+is.source, "source", "")
	}
	if is.plan != "" {
		chip("Plan "+l.planName, "plan", "")
	}
	if is.segment != "" {
		chip(is.segment+" = "+named(is.value), "segment", "")
	}
	return f, nil
}

// parts fills the plans and the values of segments that there are.
func (l *look) parts(ctx context.Context, f *form) error {
	is := l.filter
	t, err := l.offered(ctx)
	if err != nil {
		return err
	}
	f.Plans = []choice{{option{"", "All plans"}, is.plan == ""}}
	for r := range t.Rows {
		row := t.Row(r)
		kind, key, value, text := row.Text("kind"), row.Text("key"), row.Text("value"), row.Text("text")
		if kind == "plan" {
			if row.Text("idle") == "1" {
				text += " (without MRR)"
			}
			f.Plans = append(f.Plans, choice{option{value, text}, value == is.plan})
			continue
		}
		i := slices.IndexFunc(f.Segments, func(g group) bool { return g.Label == key })
		if i < 0 {
			f.Segments = append(f.Segments, group{Label: key})
			i = len(f.Segments) - 1
		}
		f.Segments[i].Choices = append(f.Segments[i].Choices, choice{option{key + "=" + value, key + ": " + named(value)}, key == is.segment && value == is.value})
	}
	if is.plan != "" && !slices.ContainsFunc(f.Plans, func(c choice) bool { return c.Selected }) {
		f.Plans = append(f.Plans, choice{option{is.plan, is.plan}, true})
	}
	if is.segment != "" && !slices.ContainsFunc(f.Segments, func(g group) bool { return slices.ContainsFunc(g.Choices, func(c choice) bool { return c.Selected }) }) {
		f.Segments = append(f.Segments, group{is.segment, []choice{{option{is.segment + "=" + is.value, is.segment + ": " + named(is.value)}, true}}})
	}
	return nil
}

// offered are the plans and the values of segments that there are.
func (l *look) offered(ctx context.Context) (*report.Table, error) {
	return l.ask(ctx, report.Report{Name: "parts", Columns: []report.Column{
		{Name: "kind", Kind: report.Text},
		{Name: "key", Kind: report.Text},
		{Name: "value", Kind: report.Text},
		{Name: "text", Kind: report.Text},
		{Name: "idle", Kind: report.Count},
	}}, nil, nil)
}

// planNames are the names of plans by their ids.
func planNames(offered *report.Table) map[string]string {
	names := map[string]string{}
	for r := range offered.Rows {
		if row := offered.Row(r); row.Text("kind") == "plan" {
			names[row.Text("value")] = row.Text("text")
		}
	}
	return names
}

// namePlans puts the names of plans where a column has their ids, for people;
// the table that it was made of is as before.
func (l *look) namePlans(ctx context.Context, t *report.Table, column string) error {
	all, err := l.offered(ctx)
	if err != nil {
		return err
	}
	names := planNames(all)
	at := slices.IndexFunc(t.Columns, func(c report.Column) bool { return c.Name == column })
	rows := make([][]any, len(t.Rows))
	for r := range t.Rows {
		ids := strings.Split(t.Row(r).Text(column), ", ")
		for i, id := range ids {
			ids[i] = cmp.Or(names[id], id)
		}
		rows[r] = slices.Clone(t.Rows[r])
		rows[r][at] = strings.Join(slices.Compact(ids), ", ")
	}
	t.Rows = rows
	return nil
}

// named is a value as one reads it.
func named(value string) string {
	if value == "" {
		return "(none)"
	}
	return value
}

// table adds a table to the view: its sections, and its CSV under a name.
func (v *view) table(l *look, name string, t *report.Table, change func(*section)) {
	if v.tables == nil {
		v.tables = map[string]*report.Table{}
	}
	v.tables[name] = t
	blocks := t.Blocks()
	if len(blocks) == 0 {
		blocks = []report.Block{{ID: name + "-1", Heading: t.Report.Title, Lead: t.Report.Summary}}
	}
	for i, b := range blocks {
		b.ID = fmt.Sprintf("%s-%d", name, i+1)
		s := section{Block: b, Export: l.here("csv", name)}
		if len(t.Rows) == 0 {
			s.Empty, s.Export = "None.", ""
		}
		if change != nil {
			change(&s)
		}
		v.Sections = append(v.Sections, s)
	}
}

// longDay is a day as one writes it.
func longDay(d billing.Date) string {
	if d == billing.NoDate {
		return "never"
	}
	return d.Time().Format("2 January 2006")
}

func shortDay(d billing.Date) string {
	if d == billing.NoDate {
		return ""
	}
	return d.Time().Format("2 Jan")
}

func monthName(d billing.Date) string { return d.Time().Format("January 2006") }

func shortMonth(d billing.Date) string { return d.Time().Format("Jan 2006") }

func instant(t time.Time) string {
	if t.Year() < 1971 {
		return "never"
	}
	return t.UTC().Format("2 Jan 2006, 15:04 UTC")
}

// prose is a text in which what stands between backticks is code.
func prose(text string) template.HTML {
	parts := strings.Split(text, "`")
	var b strings.Builder
	for i, part := range parts {
		safe := template.HTMLEscapeString(strings.ReplaceAll(part, " %", "\u00a0%"))
		if i%2 == 1 && i < len(parts)-1 {
			safe = "<code>" + safe + "</code>"
		}
		b.WriteString(safe)
	}
	return template.HTML(b.String()) //nolint:gosec // each part was escaped
}

// counted is a number of things.
func counted(n uint64, thing string) string {
	text := report.Grouped(n) + " " + thing
	if n != 1 {
		text += "s"
	}
	return text
}
