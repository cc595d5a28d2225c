// Package lengthy marks the tests that take a minute or more by themselves.
// Without -long they are skipped, so that the tests of a package end within the
// ten minutes that go test gives them on any machine.
//
//	go test ./cmd/mrrsync ./warehouse -long -timeout 30m
//
// Continuous integration plays them in a step of its own, where each is named.
package lengthy

import (
	"flag"
	"testing"
)

var long = flag.Bool("long", false, "play the tests, too, that take minutes")

// Test skips a test that takes minutes, unless it was asked for.
func Test(t *testing.T) {
	t.Helper()
	if !*long {
		t.Skip("it takes minutes: give go test -long -timeout 30m -run " + t.Name())
	}
}

// Every is how far apart the cases are that a test plays of a long row of them:
// n, or 1 if the tests that take minutes were asked for.
func Every(n int) int {
	if *long {
		return 1
	}
	return n
}
