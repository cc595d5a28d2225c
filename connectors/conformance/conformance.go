// Package conformance is the suite that every connector passes.
//
// A connector's test describes its provider as a Subject and calls Run. Each
// subtest is named for the promise it holds the connector to, so that a run
// with -v reads as the contract, and a red one says which promise is broken.
//
// Everything happens in one process and in a synctest bubble. The provider is
// an http.Handler behind the connector's Options.Transport, and time is the
// bubble's: a Retry-After of an hour costs nothing, a wait that never ends is
// seen at once, and so is a goroutine that stays behind. The bubble's clock
// stands in the year 2000 while Options.Now says something else, so that a
// connector which looks at the wall clock gives itself away.
//
// Faults are injected between the connector and its provider, by a seeded
// http.RoundTripper, and therefore into any connector that speaks HTTP. One
// that does not says so in its Subject; nothing is left out silently.
package conformance

import (
	"net/http"
	"testing"
	"time"

	"mrrsync/connectors"
)

// A Subject is a connector with a provider that it can read. The provider
// stands still: what it holds does not change while the suite runs, except from
// one Subject to its Later.
type Subject struct {
	// Open opens the connector as the product does: it adds Settings and Folder
	// to the options, which hold everything else, and calls the Definition's
	// Open. It is called many times; a connector keeps nothing between calls.
	Open func(connectors.Options) (connectors.Connector, error)

	// Now is the present for the connector.
	Now time.Time

	// Holds names everything that a full listing of each stream brings, as
	// Name writes it, but for what the provider says is deleted. It should come
	// from the provider, not from the connector.
	Holds map[connectors.Stream][]string

	// Feeds are the streams that tell of changes to what the others hold; Holds
	// has no entry for them.
	Feeds []connectors.Stream

	// Moving are the kinds of objects that every pull writes anew, for instance
	// a mark of how far it has read.
	Moving []string

	// Personal are values that the provider holds and the privacy rules drop.
	Personal Personal

	// Later, if set, is the same provider when something has changed, and names
	// what has: objects made, altered, or gone. Those that are gone are not in
	// the later Subject's Holds.
	Later func() (later Subject, changed []string)

	// API is the provider where it is read through HTTP. NoAPI says how it is
	// read otherwise: "reads a file". One of the two is set.
	API   *API
	NoAPI string
}

// API is a provider's wire API in process. Its handlers answer any number of
// requests at once and leave no goroutine behind.
type API struct {
	// Handler is the provider at its best.
	Handler http.Handler

	// Key is the secret with which Open opens the connector.
	Key string

	// Denied is the provider to which the key may not read the given streams.
	Denied func(...connectors.Stream) http.Handler

	// Refused is the provider that does not know the key.
	Refused http.Handler

	// Faulty, if set, is a new provider each time, which holds the same and
	// misbehaves in its own ways: what only it can do, such as an empty page
	// that says more follows.
	Faulty func() http.Handler
}

// Personal are values as the provider sends them.
type Personal struct {
	Emails []string // subject to Privacy.Emails
	Names  []string // subject to Privacy.Names
	Never  []string // phones, streets, cards: never land
}

// Name is how the suite names an object: "kind/id".
func Name(kind, id string) string { return kind + "/" + id }

// Run holds the connector to its contract.
func Run(t *testing.T, s Subject) {
	t.Helper()
	if err := s.valid(); err != nil {
		t.Fatal(err)
	}
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			if why := c.skip(s); why != "" {
				t.Skip(why)
			}
			for _, failure := range try(t, s, c) {
				t.Error(failure)
			}
		})
	}
}

// Promises are what Run holds a connector to, in its words.
func Promises() []string {
	var names []string
	for _, c := range checks() {
		names = append(names, c.name)
	}
	return names
}

// check is one promise.
type check struct {
	name  string
	needs need
	run   func(*bench)
}

// need is what a check asks of a Subject.
type need uint8

const (
	needsNothing need = iota
	needsAPI
	needsLater
	needsPersonal
	needsFaulty
	needsSweeper
	needsEraser
)

// skip says why a check does not apply to a Subject; empty when it does.
func (c check) skip(s Subject) string {
	switch {
	case (c.needs == needsAPI || c.needs == needsFaulty) && s.API == nil:
		return "the connector " + s.NoAPI
	case c.needs == needsFaulty && s.API.Faulty == nil:
		return "the subject has no Faulty"
	case c.needs == needsSweeper && !able[connectors.Sweeper](s):
		return "the connector is no Sweeper"
	case c.needs == needsEraser && !able[connectors.Eraser](s):
		return "the connector is no Eraser"
	case c.needs == needsLater && s.Later == nil:
		return "the subject has no Later"
	case c.needs == needsPersonal && len(s.Personal.Emails)+len(s.Personal.Names)+len(s.Personal.Never) == 0:
		return "the subject names no Personal values"
	}
	return ""
}

// able says whether the connector has an optional ability.
func able[Ability any](s Subject) bool {
	c, err := s.Open((&bench{log: &ledger{}}).options(nil, s))
	_, ok := c.(Ability)
	return err == nil && ok
}

// checks are the promises, in the order in which they build on each other.
func checks() []check {
	all := []check{
		{"streams are named once and stay the same", needsNothing, streamsStay},
		{"the account has one name", needsNothing, accountStays},
		{"check passes where everything can be read", needsNothing, checkPasses},
		{"a full pull brings every object and none twice", needsNothing, pullIsComplete},
		{"objects are well-formed", needsNothing, objectsAreWellFormed},
		{"pages stay as they were yielded", needsNothing, pagesStay},
		{"the present comes from Options.Now alone", needsNothing, clockIsGiven},
		{"every cursor resumes without loss", needsNothing, cursorsResume},
		{"a second pull brings nothing new", needsNothing, secondPullIsIdle},
		{"a later pull brings what changed and little else", needsLater, laterPullBringsChanges},
		{"a restarted pull lists everything again", needsNothing, restartListsAll},
		{"a foreign cursor and an unknown stream are refused", needsNothing, nonsenseIsRefused},
		{"personal fields land only as the privacy rules say", needsPersonal, privacyIsKept},

		{"the consumer may stop at any page", needsNothing, consumerMayStop},
		{"a context that has ended asks for nothing", needsNothing, endedContextAsksNothing},
		{"a cancelled context ends a pull within one request", needsNothing, cancelEndsPull},
		{"a cancelled context ends a wait", needsAPI, cancelEndsWait},

		{"a sweep answers for what is known and finds what is gone", needsSweeper, sweepAnswers},
		{"a sweep ends when it is told to", needsSweeper, sweepStops},

		{"an erasure takes the person and leaves the terms", needsEraser, erasureForgets},

		{"records are well-formed", needsNothing, recordsAreWellFormed},
		{"translate does not mind order or repetition", needsNothing, translateIsPure},
		{"translate leaves its input alone", needsNothing, translateOnlyReads},
		{"translate may run in parallel", needsNothing, translateRunsInParallel},
		{"what a customer was stays told when it changes", needsLater, pastStays},
		{"an unreadable object is rejected by name and the last readable one stays", needsNothing, unreadableIsRejected},
		{"an unreadable field is never a zero", needsNothing, unreadableFieldIsNoZero},
	}
	for _, f := range faults() {
		all = append(all, check{f.name + " changes nothing", needsAPI, func(b *bench) { faultChangesNothing(b, f) }})
	}
	return append(
		all,
		check{"all faults together change nothing", needsAPI, allFaultsChangeNothing},
		check{"the provider's own faults change nothing", needsFaulty, ownFaultsChangeNothing},
		check{"a provider that stays down fails the pull and loses nothing", needsAPI, downFails},
		check{"a damaged object in a page is named", needsAPI, damageIsNamed},
		check{"a denied stream fails by name", needsAPI, deniedIsNamed},
		check{"check names every denied stream", needsAPI, checkNamesDenied},
		check{"a refused key fails clearly and is never shown", needsAPI, refusedKeyIsClear},
	)
}
