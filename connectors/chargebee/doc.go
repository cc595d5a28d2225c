// Package chargebee reads a Chargebee site: API v2, over chargebee-go v3, in
// both product catalogues (1.0: plans and addons; 2.0: items and item prices).
//
// The SDK gives the requests: paths, typed parameters, filters. Everything else
// of it stays out, because it panics on unexpected answers, keeps its client in
// a global and loses numbers (int32 quantities, float percentages). Requests go
// over the shared transport, answers are taken as bytes and decoded into small
// exact types of our own.
//
// A first sync lists everything by its immutable creation time, in ranges of it
// that are read side by side where a list is long. After that each
// list is asked for what was updated since, with an overlap, up to a bound fixed
// at the start, deleted objects included. Last comes the event feed: the events
// of subscriptions are kept, since each carries the whole subscription as it was
// then, and with any event its customer, where that has changed; and every object that an event of the window names must have been seen
// by a list, or it is fetched. What was watched without a gap is kept too (kind
// "watch"): within a watch, a subscription without an event was as it is.
//
// Translate turns the stored versions of one customer's objects into facts.
// Chargebee dates each version itself (updated_at), so that a version says since
// when it holds. Judgement about MRR is left to package normalize.
package chargebee
