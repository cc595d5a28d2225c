// Package connectors says what it takes to read a billing provider.
//
// A Connector reads one billing account. It lists the account's streams, pulls
// raw objects page by page, and translates all stored versions of one
// customer's objects into the facts of package billing. Everything else is done
// for it: landing, cursors, resuming, rate limits, retries, derivation and
// publishing. It keeps no state between calls, so that a run killed anywhere
// resumes from what was made durable.
//
// Raw objects are append-only: every version of every object is kept, and the
// present is rebuilt from them at any time without asking the provider.
package connectors

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"mrrsync/connectors/billing"
)

// A Connector reads one billing account.
//
// Check and Pull do I/O and stop within one request of ctx's end. Streams and
// Translate do not; Translate may be called from several goroutines at once.
type Connector interface {
	// Account names the provider's account and mode that the credentials open,
	// for instance "acct_1 test". It is recorded at the first sync; credentials
	// that open another one are refused.
	Account(ctx context.Context) (string, error)

	// Check tries each stream once and reports, joined, every one that the
	// credentials cannot read.
	Check(ctx context.Context) error

	// Streams names what Pull can read, in the order in which to read it. A
	// stream that re-reads what others have listed (a change feed) stands last.
	Streams() []Stream

	// Pull yields the objects of a stream that changed since the cursor, all of
	// them when the cursor is empty. A Page's Cursor may be stored once its
	// Objects are; pulling again from any stored Cursor loses nothing and may
	// repeat objects. The last page's cursor is where the next run goes on.
	// An error ends the sequence and names the stream; ErrGap asks for the
	// stream's source to be read again from empty cursors.
	Pull(ctx context.Context, s Stream, since Cursor) iter.Seq2[Page, error]

	// Translate turns all stored versions of one customer's objects into
	// billing facts. It is pure: the same objects in any order and the same
	// catalogue give the same Record. What it cannot read becomes a Reject and
	// leaves the last understood version in force; never a zero.
	Translate(customer []Object, catalog *Catalog) (billing.Record, []Reject)
}

// A Restarter is a Connector that keeps something of a cursor when its stream is
// listed again from the beginning: the names it has listed before, for instance,
// without which it can't tell what is gone.
type Restarter interface {
	// Restart is the cursor from which everything is listed again, given the
	// one of the last pull. It does no I/O.
	Restart(s Stream, last Cursor) Cursor
}

// A Weaver is a Connector whose streams need not all wait for one another: while
// one list is asked page after page, others keep the provider's rate in use.
type Weaver interface {
	// Strands are groups of streams that may be read at the same time, each in
	// its own order. Streams of no group are read after all of them.
	Strands() [][]Stream
}

// A Namer is a Connector that tells what a customer is called from a few kinds of
// objects, so that whoever asks only who is whom need not read all the others.
type Namer interface {
	// Naming are the kinds that suffice for Translate to tell the customer's
	// metadata.
	Naming() []string
}

// ErrGap says that a change feed no longer reaches back to the cursor, so that
// only a full listing can tell what changed.
var ErrGap = errors.New("the change feed no longer reaches back to the last sync")

// ErrDenied says that the credentials may not read a stream.
var ErrDenied = errors.New("permission denied")

// Stream is one list of a provider's objects, named as the provider names it.
type Stream string

// Cursor is a stream's position, opaque to all but its connector; empty means
// from the beginning. It is valid UTF-8, usually JSON.
type Cursor string

// Page is what one request brought.
type Page struct {
	Objects []Object
	Cursor  Cursor
	// Slice names the part of the stream that the page is of, coarsely: a month
	// of creation, a day of changes. What is missing in the end is counted by it.
	Slice string
	// Total is how many objects the stream will bring as far as that is known,
	// for progress alone; 0 when unknown.
	Total int
}

// Origin says how an object reached us.
type Origin uint8

// The origins.
const (
	Listed   Origin = iota + 1 // by a list
	Fetched                    // by its id
	Embedded                   // inside an event: the event itself, or the last form of an object that is gone
)

// Object is one version of a provider's object, as the provider sent it but for
// personal fields that the privacy rules drop.
type Object struct {
	Kind       string // the provider's own name of the type: "subscription", "invoice", "event"
	ID         string
	CustomerID string // whose it is; empty for catalogue objects, which belong to everyone
	// Version orders the versions of one object: the provider's own number where
	// it has one, else microseconds since 1970 of the moment it speaks of.
	Version int64
	SeenAt  time.Time // when it was asked for
	Origin  Origin
	Deleted bool   // the provider says that it is gone; Payload may be the last known
	Payload []byte // JSON
}

// Ref names the version.
func (o Object) Ref() billing.Ref {
	return billing.Ref{Kind: o.Kind, ID: o.ID, Version: o.Version}
}

// Reject is something the provider sent that could not be understood.
type Reject = billing.Reject

// Settings are the keys that a source's configuration gives its connector.
type Settings interface {
	// Decode fills the tagged fields of a struct; an unknown key is an error
	// that names its line.
	Decode(into any) error
}

// Options are what every connector is opened with.
type Options struct {
	Source   string
	Settings Settings
	// Folder is what relative paths in Settings are relative to.
	Folder  string
	Privacy Privacy
	Zone    *time.Location // the reporting zone, for local dates
	Now     func() time.Time
	Logger  *slog.Logger
	// Transport is the base of all HTTP; nil: http.DefaultTransport.
	Transport http.RoundTripper
	// Sleep waits before a request is repeated; nil: Sleep. Tests need not wait.
	Sleep func(context.Context, time.Duration) error
	// Observe, if set, is told of every request's end and every wait.
	Observe func(Request)
}

// Key documents one configuration key of a connector.
type Key struct {
	Name, Default, Summary string
	Required               bool
	// Example is a value as a configuration would have it; of a required key it is
	// what `init` proposes. A secret's is a reference.
	Example string
	// Starter, of a key that names a file, is what such a file begins with: `init`
	// writes it where there is none yet.
	Starter string
}

// Definition makes a connector known. A provider is one package that exports a
// Definition, and one line in the list in cmd.
type Definition struct {
	Name    string
	Summary string
	Keys    []Key
	Open    func(Options) (Connector, error)
}
