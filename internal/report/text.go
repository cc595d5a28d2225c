package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/rivo/uniseg"
	"github.com/shopspring/decimal"

	"mrrsync/internal/plain"
)

// Terminal says how wide a text may be and whether it may be emphasised.
type Terminal struct {
	Width int  // columns; 0: no limit
	Color bool // ANSI escapes are understood
}

// The widest a column of text gets when room is short, and when it is scarce.
const maxText, leastText = 24, 14

// A layout is one way of writing a section. Where room is short the next one is
// tried: whole units instead of cents, fewer columns, short titles, and at last
// thousands as k, set closely.
type layout struct {
	whole, short, fewer, brief, tight bool
}

// gap is the room between columns.
func (l layout) gap() int {
	if l.tight {
		return 1
	}
	return 2
}

func layouts() []layout {
	return []layout{
		{},
		{short: true},
		{short: true, whole: true},
		{short: true, whole: true, fewer: true},
		{short: true, whole: true, fewer: true, brief: true},
		{short: true, whole: true, fewer: true, brief: true, tight: true},
	}
}

// Text writes the table for people: one block per group, amounts to the right,
// a line of totals where something adds up.
func (t *Table) Text(w io.Writer, term Terminal) error {
	b := bufio.NewWriter(w)
	if t.Report.Crossed {
		room := 0
		if term.Width > 0 { // what a cohort is called takes 32 columns, an age 9
			room = max((term.Width-32)/9, 3)
		}
		t = t.crossed(room)
	}
	if len(t.Rows) == 0 {
		fmt.Fprintf(b, "%s: no rows for this question.\n", t.Report.Title)
		if t.AsOf != "" {
			fmt.Fprintln(b, t.AsOf)
		}
		return b.Flush()
	}
	for i, s := range t.sections() {
		if i > 0 {
			b.WriteByte('\n')
		}
		s.text(b, t.heading(s), t.Report.measure(), term)
	}
	if t.AsOf != "" {
		fmt.Fprintf(b, "\n%s\n", t.AsOf)
	}
	return b.Flush()
}

// measure is the column that a bar beside each row shows; empty: none.
func (r Report) measure() string {
	if len(r.Drawn) > 0 && r.Chart == Bars {
		return r.Drawn[0]
	}
	for _, c := range r.Columns {
		if c.Sign == "=" || c.Kind == Money && c.Sum == Last {
			return c.Name
		}
	}
	return ""
}

func (s section) text(b *bufio.Writer, title, measure string, term Terminal) {
	var cells [][]string
	var shown []Column
	var used layout
	for _, used = range layouts() {
		shown, cells = s.lay(used)
		if term.Width <= 0 || lineWidth(shown, cells, used.gap()) <= term.Width {
			break
		}
	}
	unit := ""
	if used.whole && Places(s.currency) > 0 || used.brief {
		unit = ", rounded"
	}
	fmt.Fprintf(b, "%s\n", emphasis(term, plain.Line(title)+unit))
	widths := columnWidths(shown, cells)
	bars := s.bars(measure, min(term.Width-lineWidth(shown, cells, used.gap())-2, maxBar))
	for r, row := range cells {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString(strings.Repeat(" ", used.gap()))
			}
			pad := strings.Repeat(" ", widths[i]-uniseg.StringWidth(cell))
			if shown[i].Kind.figure() {
				line.WriteString(pad + cell)
			} else {
				line.WriteString(cell + pad)
			}
		}
		text := strings.TrimRight(line.String(), " ")
		if r == 0 || r == len(cells)-1 && s.addsUp() {
			text = emphasis(term, text)
		} else if r <= len(bars) && bars[r-1] != "" {
			text = line.String() + "  " + bars[r-1]
		}
		fmt.Fprintln(b, text)
	}
}

// The room that bars take where a table leaves it.
const minBar, maxBar = 8, 32

// bars draws the measure of each row against the largest, in eighths of a
// column. Too little room, or nothing to compare: none.
func (s section) bars(measure string, width int) []string {
	at := s.at(measure)
	if at < 0 || width < minBar || len(s.rows) < 2 {
		return nil
	}
	var most decimal.Decimal
	for _, row := range s.rows {
		if d, ok := row[at].(decimal.Decimal); ok && d.GreaterThan(most) {
			most = d
		}
	}
	if !most.IsPositive() {
		return nil
	}
	bars := make([]string, len(s.rows))
	for i, row := range s.rows {
		d, ok := row[at].(decimal.Decimal)
		if !ok || !d.IsPositive() {
			continue
		}
		eighths := int(d.Mul(decimal.NewFromInt(int64(8 * width))).Div(most).IntPart())
		bars[i] = strings.Repeat("█", eighths/8) + []string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}[eighths%8]
	}
	return bars
}

// lay writes all cells of a section, titles first and totals last.
func (s section) lay(l layout) ([]Column, [][]string) {
	var keep []int
	var shown []Column
	for i, c := range s.columns {
		if !l.fewer || !c.Extra {
			keep, shown = append(keep, i), append(shown, c)
		}
	}
	widest := maxText
	if l.tight {
		widest = leastText
	}
	places := Places(s.currency)
	if l.whole {
		places = 0
	}
	rows := s.rows
	if s.addsUp() {
		rows = append(rows[:len(rows):len(rows)], s.totals())
	}
	head := make([]string, len(shown))
	for i, c := range shown {
		head[i] = c.Title
		if l.short && c.Short != "" {
			head[i] = c.Short
		}
	}
	cells := [][]string{head}
	for r, row := range rows {
		line := make([]string, len(shown))
		for i, at := range keep {
			line[i] = cut(plain.Line(shown[i].say(row[at], places)), longest)
			if d, ok := row[at].(decimal.Decimal); ok && l.brief {
				line[i] = brief(d)
			}
			if shown[i].Kind == Text && l.short {
				line[i] = cut(line[i], widest)
			}
		}
		if r == len(s.rows) {
			line[0] = "Total"
		}
		cells = append(cells, line)
	}
	return shown, cells
}

func columnWidths(shown []Column, cells [][]string) []int {
	widths := make([]int, len(shown))
	for _, row := range cells {
		for i, cell := range row {
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	return widths
}

func lineWidth(shown []Column, cells [][]string, gap int) int {
	n := gap * (len(shown) - 1)
	for _, w := range columnWidths(shown, cells) {
		n += w
	}
	return n
}

// longest is how much of a text people are shown; machines get all of it.
const longest = 300

// cut shortens a text to so many columns.
func cut(s string, width int) string {
	if len(s) <= width || uniseg.StringWidth(s) <= width {
		return s
	}
	var b strings.Builder
	used := 0
	g := uniseg.NewGraphemes(s)
	for g.Next() {
		if used += g.Width(); used > width-1 {
			break
		}
		b.WriteString(g.Str())
	}
	return b.String() + "…"
}

func emphasis(term Terminal, s string) string {
	if !term.Color {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}
