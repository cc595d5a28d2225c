// Package mutants breaks the laws on purpose. A mutant is a line of the product
// that says something else, and the test that must then go red: a suite in which
// every one of them is found can be believed when it is green.
//
//	go test ./internal/mutants                          # the list still fits the code
//	go test ./internal/mutants -mutations -v -timeout 1h  # and every mutant is found
//	go test ./internal/mutants -mutations -run 'TestMutations/^MRR_rounded'
//
// Nothing is written into the checkout: the compiler is shown the other line by an
// overlay. A test that is renamed, a line that is rewritten and a mutant that
// docs/testing.md does not list make the cheap form fail.
package mutants
