// Package stripe reads a Stripe account: API version 2023-10-16, over
// stripe-go v76.
//
// The SDK gives requests, authentication, parameters and typed errors; answers
// are taken as bytes and decoded into small types of our own, because the SDK's
// structs lose money: decimals are floats there, and null and 0 look the same.
//
// A first sync lists everything, cut by creation time into ranges that are read
// in parallel. After that only the event feed is read: it tells what changed,
// each changed object is fetched once, and the events of subscriptions, of
// discounts and of what segments may name of a customer are kept, since they
// alone say what was true between two looks. What was watched without a gap is kept too (kind "watch"): within a watch, a
// subscription without an event was as it is.
//
// Translate turns the stored versions of one customer's objects into facts. It
// dates what it can and says how (package billing, EvidenceKind), and leaves
// every judgement about MRR to package normalize.
package stripe
