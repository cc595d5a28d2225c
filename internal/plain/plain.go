// Package plain makes text from elsewhere fit to be printed. A customer's name is
// no place for commands: what would move a terminal's cursor, colour it or turn
// its writing round is taken out.
package plain

import (
	"strings"
	"unicode"
)

// Line is s on one line.
func Line(s string) string { return strings.Map(visible, strings.ToValidUTF8(s, "\uFFFD")) }

// Lines is s with its line ends.
func Lines(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return visible(r)
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func visible(r rune) rune {
	if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
		return '\uFFFD'
	}
	return r
}
