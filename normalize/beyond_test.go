package normalize

import (
	"testing"

	"github.com/shopspring/decimal"
)

// TestBeyond is about figures at the limit, however they are written.
func TestBeyond(t *testing.T) {
	for text, want := range map[string]bool{
		"0": false, "0e20": false, "1": false, "-1": false, "0.00000000000000000001": false,
		"9999999999999": false, "9999999999999.9999": false, "-9999999999999.99": false, "1e12": false, "99e11": false,
		"10000000000000": true, "10000000000000.00": true, "-10000000000000": true, "1e13": true, "12345678901234567890.5": true,
	} {
		if got := beyond(decimal.RequireFromString(text)); got != want {
			t.Errorf("%s: beyond %t, want %t", text, got, want)
		}
	}
}

// TestRounded holds the short way against the law: one rounding, half up.
func TestRounded(t *testing.T) {
	for _, text := range []string{"0", "12", "-12.5", "1.2345", "1.23445", "1.23455", "-1.23455", "-1.00005", "1e3", "99999999.99999"} {
		d := decimal.RequireFromString(text)
		if got, want := rounded(d), round(d.Rat()); !got.Equal(want) {
			t.Errorf("%s becomes %s, want %s", text, got, want)
		}
	}
}
