package connectors

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"
)

// A Sweeper is a Connector whose provider can let objects vanish without a
// word: no list shows them any more, and no event has told, or none that is
// still kept. Only asking for each by its id finds that out, and there are too
// many of them to ask for all every night. So some are asked for in each run,
// those first that were not seen for longest.
type Sweeper interface {
	// Sweeps says what is worth asking for: the kind of the objects that
	// agreements are, and how many of them one run may ask for at most, given
	// the requests that the source's configuration allows for it; 0: none.
	Sweeps() (kind string, most int)

	// Sweep asks for known objects, each given as its last known version, in
	// their order and within the requests allowed. It yields what the provider
	// shows, as Pull does; of one that is gone, a version that is Deleted, seen
	// at the moment of asking: when it went nobody can know. It may yield other
	// objects that came with them. Those that it does not come to, it does not
	// yield.
	Sweep(ctx context.Context, known []Object) iter.Seq2[[]Object, error]
}

// SweepRequests is how many requests a source spends on a sweep, where its
// configuration says nothing else.
const SweepRequests = 100

// Gone is the version of an object that the provider does not know any more. It
// is of the moment of asking: the object ended somewhere between SeenAt of what
// is given, if that is known, and then.
func Gone(o Object, version int64, now time.Time) (Object, error) {
	last := struct {
		ID      string     `json:"id"`
		Object  string     `json:"object"`
		Deleted bool       `json:"deleted"`
		Seen    *time.Time `json:"last_seen,omitempty"`
	}{ID: o.ID, Object: o.Kind, Deleted: true}
	if !o.SeenAt.IsZero() {
		seen := o.SeenAt.UTC()
		last.Seen = &seen
	}
	payload, err := json.Marshal(last)
	if err != nil {
		return Object{}, fmt.Errorf("write that %s %s is gone: %w", o.Kind, o.ID, err)
	}
	return Object{
		Kind: o.Kind, ID: o.ID, CustomerID: o.CustomerID, Version: version, SeenAt: now.UTC(), Origin: Fetched, Deleted: true, Payload: payload,
	}, nil
}

// Owners are the customers of objects that are gone, to be asked for too: each
// once, and no more than most of them.
func Owners(found []Object, kind string, most int) []Object {
	var all []Object
	for _, o := range found {
		one := Object{Kind: kind, ID: o.CustomerID, CustomerID: o.CustomerID}
		known := slices.ContainsFunc(all, func(other Object) bool { return other.ID == one.ID })
		if o.Deleted && one.ID != "" && !known && len(all) < most {
			all = append(all, one)
		}
	}
	return all
}

// An Indexer is a Connector with streams that, read from the beginning, bring
// every object that still exists. Known objects that such a reading does not
// bring are gone, or hidden from the credentials.
type Indexer interface {
	// Index is the kind of the objects of each such stream.
	Index() map[Stream]string
}

// A Gauge is a Connector that says which fields of the provider's objects it
// depends on, so that it is noticed when they cease to come.
type Gauge interface {
	// Fields are by kind the paths of members, such as items.data.price.id,
	// that are there in most objects. Through an array a path leads to each of
	// its elements.
	Fields() map[string][]string
	// APIVersion is the version of the provider's API that an object is in.
	APIVersion(o Object) string
}
