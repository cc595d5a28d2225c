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
	for _, text := range []string{"", "a", "true", "{}", "1e99", "1e-99", "10e39", "1e-39", strings.Repeat("9", 41), "1e9223372036854775807", "1_000", "1,000", "0x10", "NaN", "Inf"} {
		if got, err := ParseNumber(text); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}

// FuzzParseNumber says that a number that is read is one that can be worked with:
// neither longer than its text nor rounded.
func FuzzParseNumber(f *testing.F) {
	for _, seed := range []string{"1", "-0.0025", "1e3", "1e99", "1e-99", "0x10", "Inf", "NaN", "", "+1", "1_000", "00.10", "123456789012345678901234567890.12"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := ParseNumber(text)
		if err != nil {
			return
		}
		again, err := ParseNumber(n.String())
		if err != nil || !again.Equal(n) || len(n.String()) > len(text)+64 {
			t.Errorf("%q is read as %s, and that as %s, %v", text, n, again, err)
		}
	})
}
