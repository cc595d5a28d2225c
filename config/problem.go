package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one thing wrong with a configuration, with its place. It never
// quotes a value that may be a secret.
type Problem struct {
	File      string
	Line, Col int    // from 1; 0 when no one place is to blame
	Path      string // of the key, for instance sources[0].api_key; may be empty
	Text      string // what is wrong and what to write instead
}

// Error is file:line:col: path: text.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Col)
	}
	if p.Path != "" {
		b.WriteString(": " + p.Path)
	}
	b.WriteString(": " + p.Text)
	return b.String()
}

// place is where a value was read from.
type place struct {
	file      string
	line, col int
	path      string
}

func (p place) problem(format string, args ...any) *Problem {
	return &Problem{File: p.file, Line: p.line, Col: p.col, Path: p.path, Text: fmt.Sprintf(format, args...)}
}

// key is the place of a key below p; its line and column are p's until they
// are known better.
func (p place) key(name string) place {
	if p.path == "" {
		p.path = name
	} else {
		p.path += "." + name
	}
	return p
}

func (p place) index(i int) place {
	p.path += fmt.Sprintf("[%d]", i)
	return p
}

// suggest ends a message about a name that is not among the known ones: with
// the nearest when one is near, else with all of them.
func suggest(name string, known []string) string {
	if near, ok := Nearest(name, known); ok {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	if len(known) == 0 {
		return ""
	}
	known = slices.Sorted(slices.Values(known))
	return "; known here: " + strings.Join(known, ", ")
}

// Nearest is the known name that a typing error most likely turned into name.
// ok is false when none is near enough.
func Nearest(name string, known []string) (near string, ok bool) {
	best := max(2, len(name)/3) + 1
	for _, k := range slices.Sorted(slices.Values(known)) {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < best && d < len(k) {
			best, near, ok = d, k, true
		}
	}
	return near, ok
}

// distance is the least number of inserted, removed, replaced or swapped
// neighbouring characters between two words.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// order sorts problems as a reader of the file meets them.
func order(problems []*Problem) {
	slices.SortStableFunc(problems, func(a, b *Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
}
