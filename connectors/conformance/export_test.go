package conformance

import "testing"

// Try runs the named check and tells what failed.
func Try(t *testing.T, s Subject, name string) []string {
	t.Helper()
	for _, c := range checks() {
		if c.name == name {
			return try(t, s, c)
		}
	}
	t.Fatalf("there is no check %q", name)
	return nil
}

// Valid says what is missing in a Subject.
func Valid(s Subject) error { return s.valid() }
