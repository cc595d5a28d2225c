package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"mrrsync/connectors/billing"
	"mrrsync/internal/plain"
)

//go:embed page.html
var pageTemplate string

// chartStyle are the colours, the pictures and the tables; pageStyle is what the
// page around them looks like.
//
//go:embed chart.css
var chartStyle string

//go:embed page.css
var pageStyle string

// Style is the one palette there is, with the look of pictures and tables, for
// pages that put them into a frame of their own.
func Style() string { return chartStyle }

// A page is one self-contained HTML file: no script, no font, no picture comes
// from anywhere else.
type page struct {
	Title, Subtitle string
	Scope           string // which rows were asked for
	Style           template.CSS
	Cards           []card
	Blocks          []Block
	Folded          []Block // shown when asked for
	Notes           []string
}

// A card is a headline figure.
type card struct {
	Label, Value, Unit, Note string
}

// A Block is one section of a table: a heading, its pictures and its cells.
type Block struct {
	ID, Heading, Lead string
	Wide, Narrow      template.HTML // the picture twice, for screens and for phones
	Head              []Cell
	Rows              [][]Cell
	Foot              []Cell
}

// A Cell is what a table shows in one place. Class tells the style what it is.
type Cell struct {
	Text, Class, Sign string
	Swatch            string // the class of the colour its column has in the picture
	Href              string // where it leads; empty: nowhere
	Mark              string // a word that is to be said of it
}

// HTML writes the table as a page of its own.
func (t *Table) HTML(w io.Writer) error {
	p := page{Title: t.Report.Title, Subtitle: t.Report.Summary, Scope: t.scope(), Blocks: t.Blocks()}
	for i, s := range t.sections() {
		p.Blocks[i].Heading, p.Blocks[i].Lead = s.title(), ""
		if t.Query.Currency == Reporting {
			p.Blocks[i].Heading = "All currencies in " + s.title()
		}
	}
	if len(t.Rows) == 0 {
		p.Notes = append(p.Notes, "No rows for this question.")
	}
	return p.write(w)
}

// scope says which rows were asked for.
func (t *Table) scope() string {
	var parts []string
	if t.Query.From != billing.NoDate {
		parts = append(parts, "from "+t.Query.From.String())
	}
	if t.Query.To != billing.NoDate {
		parts = append(parts, "through "+t.Query.To.String())
	}
	if t.Query.Source != "" {
		parts = append(parts, "source "+t.Query.Source)
	}
	if t.Query.By != "" {
		parts = append(parts, "by "+t.Query.By)
	}
	if len(parts) == 0 {
		return ""
	}
	text := strings.Join(parts, ", ")
	return strings.ToUpper(text[:1]) + text[1:]
}

func (p page) write(w io.Writer) error {
	p.Style = template.CSS(chartStyle + pageStyle) //nolint:gosec // a file of this package
	tmpl, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("prepare page: %w", err)
	}
	if err := tmpl.Execute(w, p); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// Blocks lays out each section of the table.
func (t *Table) Blocks() []Block {
	var all []Block
	drawn := t.sections()
	if t.Report.Crossed {
		t = t.crossed(0)
	}
	for i, s := range t.sections() {
		b := Block{
			ID:      fmt.Sprintf("%s-%d", t.Report.Name, i+1),
			Heading: t.heading(s),
			Lead:    t.Report.Summary,
			Wide:    drawn[i].picture(t.Report, wide, "wide"),
			Narrow:  drawn[i].picture(t.Report, narrow, "narrow"),
		}
		for _, c := range s.columns {
			b.Head = append(b.Head, Cell{Text: c.Title, Class: classOf(c), Sign: strings.ReplaceAll(c.Sign, "-", "−"), Swatch: swatch(c.Name)})
		}
		for _, row := range s.rows {
			cells := s.cells(row)
			cells[0].Mark = s.marked(row)
			b.Rows = append(b.Rows, cells)
		}
		if s.addsUp() {
			s.link = nil // a sum is of many rows
			b.Foot = s.cells(s.totals())
			b.Foot[0].Text = "Total"
		}
		all = append(all, b)
	}
	return all
}

// heading names a section on a page.
func (t *Table) heading(s section) string {
	if t.Query.Currency == Reporting {
		return t.Report.Title + ", all currencies in " + s.title()
	}
	if len(s.keys) == 0 {
		return t.Report.Title
	}
	return t.Report.Title + ", " + s.title()
}

func (s section) cells(row []any) []Cell {
	out := make([]Cell, len(row))
	places := s.places(row)
	for i, v := range row {
		c := s.columns[i]
		out[i] = Cell{Text: cut(plain.Line(c.say(v, places)), longest), Class: classOf(c), Href: s.leads(row, c.Name)}
		if c.Kind.figure() {
			out[i].Text = minus(out[i].Text)
		}
		if c.Name == "value" && c.Kind == Text && out[i].Text == "" {
			out[i].Text = "(none)"
		}
		if c.Name == "movement" {
			out[i].Swatch, _ = v.(string)
		}
		if (c.Kind == Money || c.Kind == Rate) && strings.Trim(out[i].Text, "0.% ") == "" {
			out[i].Class += " nil"
		}
	}
	return out
}

// classOf tells figures and days from words, which may be broken or cut.
func classOf(c Column) string {
	class := "word"
	switch {
	case c.Kind.figure():
		class = "figure"
	case c.Kind != Text:
		class = "day"
	}
	if c.Sign == "=" {
		class += " result"
	}
	return class
}

// swatch is the class of the colour a column has in the pictures.
func swatch(name string) string {
	for _, part := range append(gainParts(), lossParts()...) {
		if part[0] == name {
			return part[1]
		}
	}
	switch name {
	case "starting_mrr":
		return "starting"
	case "customers_new":
		return "new"
	case "customers_reactivated":
		return "reactivation"
	case "customers_churned":
		return "churn"
	}
	return ""
}

// picture is the section's picture as an element of a page.
func (s section) picture(r Report, width float64, class string) template.HTML {
	f, ok := s.draw(r, width)
	if !ok {
		return ""
	}
	return template.HTML(f.element(class, "")) //nolint:gosec // pen escapes whatever text it draws
}

// element is the figure as an svg element.
func (f figure) element(class, css string) string {
	id := "t" + class + fmt.Sprintf("%x", hash(f.title))
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" class="chart %s" viewBox="0 0 %s %s" width="%s" height="%s" role="img" aria-labelledby="%s %sd"><title id="%s">%s</title><desc id="%sd">%s</desc>%s%s</svg>`,
		class, px(f.width), px(f.height), px(f.width), px(f.height), id, id, id, xmlText(f.title), id, xmlText(f.desc), css, f.body)
}

// SVG writes the table's pictures, one below the other, as a file of its own.
func (t *Table) SVG(w io.Writer) error {
	var all figure
	var b strings.Builder
	all.width, all.title = wide+48, t.Report.Title
	y := 24.0
	for _, s := range t.sections() {
		f, ok := s.draw(t.Report, wide)
		if !ok {
			continue
		}
		var p pen
		p.text("heading", "start", 24, y+14, t.heading(s))
		b.WriteString(p.b.String())
		fmt.Fprintf(&b, `<g transform="translate(24 %s)">%s</g>`, px(y+34), f.body)
		y += f.height + 58
		all.desc += f.desc + " "
	}
	if len(t.Rows) == 0 {
		var p pen
		p.text("heading", "start", 24, y+14, t.Report.Title+": no rows for this question")
		b.WriteString(p.b.String())
		y += 48
	}
	all.height, all.body = y, `<rect class="paper" x="0" y="0" width="100%" height="100%"/>`+b.String()
	_, err := io.WriteString(w, all.element("file", "<style>"+chartStyle+"</style>")+"\n")
	if err != nil {
		return fmt.Errorf("write svg: %w", err)
	}
	return nil
}

// hash makes a short name of a text, for ids.
func hash(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}
