package wire

import (
	"encoding/json"
	"testing"
)

func TestQuote(t *testing.T) {
	for _, s := range []string{"", `a"b\c`, "tab\tnul\x00\x1f", "& Söhne \u202e日本", "bad \xff byte"} {
		var back string
		if err := json.Unmarshal(Quote(nil, s), &back); err != nil {
			t.Errorf("%q: %v", s, err)
		} else if want := string([]rune(s)); back != want {
			t.Errorf("%q comes back as %q", s, back)
		}
	}
}
