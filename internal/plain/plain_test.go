package plain_test

import (
	"testing"

	"mrrsync/internal/plain"
)

func TestLines(t *testing.T) {
	const in = "a\x1b[31m\tb\nc\u202ed\x00\xff\u0085\u2028é"
	if got, want := plain.Lines(in), "a�[31m\tb\nc�d����é"; got != want {
		t.Errorf("lines: %q, want %q", got, want)
	}
	if got, want := plain.Line(in), "a�[31m�b�c�d����é"; got != want {
		t.Errorf("line: %q, want %q", got, want)
	}
}
