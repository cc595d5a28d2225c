// Package normalize is the law of MRR: it turns the facts of package billing
// into periods, movements, treated invoice lines and rejects.
//
// Everything in it is pure. Time, policy and zone come in as values; nothing
// reads a clock, a file or a network, and the order of the input does not
// matter. The unit is one account, so that memory is bounded by an account and
// accounts can be derived in parallel.
//
// The way of a figure: the evidence of a subscription is put in order
// (evidence.go, listing.go) and asked about every instant at which anything may
// change: which items were there (timeline.go), and did they count (status.go).
// The terms at the end of a day are valued as exact fractions and rounded once
// (value.go, discount.go); days with one value are joined into periods
// (derive.go); the periods of an account are compared day by day and give
// movements (movement.go, reason.go). The choices on which calculators differ
// are in policy.go; what can be read but not valued becomes a Reject.
package normalize
