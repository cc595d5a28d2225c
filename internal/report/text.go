package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
	"github.com/shopspring/decimal"
)

// Terminal says how wide a text may be and whether it may be emphasised.
type Terminal struct {
	Width int  // columns; 0: no limit
	Color bool // ANSI escapes are understood
}

// maxText is the widest a column of text gets when room is short.
const maxText = 24

// A layout is one way of writing a section. Where room is short the next one is
// tried: whole units instead of cents, fewer columns, short titles, and at last
// thousands as k.
type layout struct {
	whole, short, fewer, brief bool
}

func layouts() []layout {
	return []layout{
		{},
		{short: true},
		{short: true, whole: true},
		{short: true, whole: true, fewer: true},
		{short: true, whole: true, fewer: true, brief: true},
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
		return b.Flush()
	}
	for i, s := range t.sections() {
		if i > 0 {
			b.WriteByte('\n')
		}
		s.text(b, t.heading(s), term)
	}
	return b.Flush()
}

func (s section) text(b *bufio.Writer, title string, term Terminal) {
	var cells [][]string
	var shown []Column
	var used layout
	for _, used = range layouts() {
		shown, cells = s.lay(used)
		if term.Width <= 0 || lineWidth(shown, cells) <= term.Width {
			break
		}
	}
	unit := ""
	if used.whole && Places(s.currency) > 0 || used.brief {
		unit = ", rounded"
	}
	fmt.Fprintf(b, "%s\n", emphasis(term, clean(title)+unit))
	widths := columnWidths(shown, cells)
	for r, row := range cells {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
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
		}
		fmt.Fprintln(b, text)
	}
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
			line[i] = clean(show(row[at], shown[i].Kind, places))
			if d, ok := row[at].(decimal.Decimal); ok && l.brief {
				line[i] = brief(d)
			}
			if shown[i].Kind == Text && l.short {
				line[i] = cut(line[i], maxText)
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

func lineWidth(shown []Column, cells [][]string) int {
	n := 2 * (len(shown) - 1)
	for _, w := range columnWidths(shown, cells) {
		n += w
	}
	return n
}

// cut shortens a text to so many columns.
func cut(s string, width int) string {
	if uniseg.StringWidth(s) <= width {
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

// clean takes out what would move a terminal's cursor, colour it or turn its
// writing round: a customer's name is no place for commands.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return '�'
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
}

func emphasis(term Terminal, s string) string {
	if !term.Color {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}
