package conformance

import "testing"

// Promises are the names of all checks.
func Promises() []string {
	var names []string
	for _, c := range checks() {
		names = append(names, c.name)
	}
	return names
}

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
