// Package billing holds the provider-neutral facts of a billing account: what
// Stripe, Chargebee or a file of contracts said, in one vocabulary and without
// any judgement about MRR.
//
// A Record is everything known of one customer of one source. Its
// subscriptions do not carry one state but evidence of many: a State (a version
// of the object that was seen or that an event carried), a Phase (a schedule or
// ramp that gives exact dates), and Service lines (what invoices say was
// charged for a period). What it and its customer said of themselves, and when,
// is a list of Profiles: segments are read from it. Which evidence wins on which day is decided in package
// normalize, never here and never in a connector.
//
// All values are plain: no I/O, no clock. Intervals are half-open, [From,
// Until). Instants are time.Time in UTC; a zero time.Time means unknown or
// open, as the field says. Money is exact and in major units; minor units end
// at the connector.
package billing
