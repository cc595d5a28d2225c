package report

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// A section is the rows of one group: one currency, or one slice of it.
type section struct {
	keys     []string // the values of the group columns
	currency string
	columns  []Column // those that are not group columns
	rows     [][]any
	link     func(row []any, column string) string // nil: nothing leads anywhere
	mark     func(row []any) string                // nil: nothing is to be said
}

// title names the section: "USD", "EUR · main".
func (s section) title() string {
	keys := slices.Clone(s.keys)
	for i, key := range keys {
		if key == "" {
			keys[i] = "(none)"
		}
	}
	return strings.Join(keys, " · ")
}

// sections cuts a table where its group columns change.
func (t *Table) sections() []section {
	var out []section
	groups := 0
	for groups < len(t.Columns) && t.Columns[groups].Group {
		groups++
	}
	for _, row := range t.Rows {
		keys := make([]string, groups)
		currency := ""
		for i := range groups {
			keys[i], _ = row[i].(string)
			if t.Columns[i].Name == "currency" {
				currency = keys[i]
			}
		}
		if n := len(out); n == 0 || strings.Join(out[n-1].keys, "\x00") != strings.Join(keys, "\x00") {
			s := section{keys: keys, currency: currency, columns: t.Columns[groups:]}
			t.callers(&s)
			out = append(out, s)
		}
		last := &out[len(out)-1]
		last.rows = append(last.rows, row[groups:])
	}
	return out
}

// callers lets a section call what the table's owner says of its rows.
func (t *Table) callers(s *section) {
	named := map[string]string{}
	for i, key := range s.keys {
		named[t.Columns[i].Name] = key
	}
	columns := s.columns
	if t.Link != nil {
		s.link = func(row []any, column string) string { return t.Link(Row{columns, row, named}, column) }
	}
	if t.Mark != nil {
		s.mark = func(row []any) string { return t.Mark(Row{columns, row, named}) }
	}
}

// marked is the word that is said of a row; empty: none.
func (s section) marked(row []any) string {
	if s.mark == nil {
		return ""
	}
	return s.mark(row)
}

// leads is where a figure of the section leads; empty: nowhere.
func (s section) leads(row []any, column string) string {
	if s.link == nil {
		return ""
	}
	return s.link(row, column)
}

// places is how many decimals a row's amounts are shown with: those of the
// currency in the row, or else in the section.
func (s section) places(row []any) int32 {
	if i := s.at("currency"); i >= 0 {
		code, _ := row[i].(string)
		return Places(code)
	}
	return Places(s.currency)
}

// at is the position of a column, -1 when there is none.
func (s section) at(name string) int {
	for i, c := range s.columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// totals adds the section up; a column that does not add up is nil.
func (s section) totals() []any {
	out := make([]any, len(s.columns))
	for i, c := range s.columns {
		switch c.Sum {
		case First:
			out[i] = s.rows[0][i]
		case Last:
			out[i] = s.rows[len(s.rows)-1][i]
		case Total:
			out[i] = s.sum(i)
		}
	}
	return out
}

func (s section) sum(column int) any {
	if s.columns[column].Kind == Count {
		var n uint64
		for _, row := range s.rows {
			v, _ := row[column].(uint64)
			n += v
		}
		return n
	}
	var d decimal.Decimal
	for _, row := range s.rows {
		v, _ := row[column].(decimal.Decimal)
		d = d.Add(v)
	}
	return d
}

// addsUp tells whether a line of totals says anything that the rows don't.
func (s section) addsUp() bool {
	if len(s.rows) < 2 {
		return false
	}
	for _, c := range s.columns {
		if c.Sum == Total {
			return true
		}
	}
	return false
}
