package connectors

import (
	"strings"
	"testing"
)

func TestParseNumber(t *testing.T) {
	for text, want := range map[string]string{
		"0.05": "0.05", "0.0025": "0.0025", "12345678901234567890": "12345678901234567890", "1e3": "1000", "-7": "-7",
	} {
		if got, err := ParseNumber(text); err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "a", "true", "{}", "1e99", "1e-99", strings.Repeat("9", 41)} {
		if got, err := ParseNumber(text); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}
