// Package audit answers for figures: why an account's MRR is what it is on a
// day, down to the provider's object and the rule that decided, and what another
// policy would have made of the same evidence.
//
// An answer is derived anew from the stored raw objects, as of each source's
// last complete pull, by the very code that values a load, and then held against
// what readers see. So it can differ from the published figure, and says when
// and why it does: a load is as old as its last sync. No provider is asked and
// nothing is written.
package audit
