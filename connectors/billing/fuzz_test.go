package billing

import "testing"

// FuzzParseDate says that a date that is read is written as it was.
func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"2026-02-28", "2026-02-29", "0000-00-00", "2149-06-06", "99999-01-01", "-1-01-01", " 2026-01-01", "2026-1-1", "", "2026-01-01T00:00:00Z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := ParseDate(text); err == nil && d != Forever && d.String() != text {
			t.Errorf("%q is read as %s", text, d)
		}
	})
}
