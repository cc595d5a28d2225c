package warehouse

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"mrrsync/connectors"
)

// Landed counts what became of the objects of a Land.
type Landed struct {
	Listed int // all of them
	New    int // versions that were stored
	Same   int // versions that the warehouse had, or that repeat the one before
}

const (
	// landRows and landBytes bound one INSERT of raw objects.
	landRows  = 50_000
	landBytes = 32 << 20
	// heldWhole is how many stored versions of a source are read in one go, and
	// how many single look-ups it takes until all are, however many there are.
	heldWhole = 20_000
	// lookup is how many objects one look-up asks for.
	lookup = 1_000
)

// Land is LandPages of objects that are of no slice.
func (w *Warehouse) Land(ctx context.Context, run uint64, source string, stream connectors.Stream, objects []connectors.Object) (Landed, error) {
	return w.LandPages(ctx, run, source, stream, []connectors.Page{{Objects: objects}})
}

// LandPages stores the objects that a stream listed, but for the versions that say
// nothing new: those stored before, and those whose payload is that of the
// version before them. What was listed is noted for Completeness. Landing
// the same objects again changes nothing, whether the first time was
// acknowledged or not. Give it thousands of objects at a time: each call costs
// an INSERT.
func (w *Warehouse) LandPages(ctx context.Context, run uint64, source string, stream connectors.Stream, pages []connectors.Page) (Landed, error) {
	var objects []connectors.Object
	for _, p := range pages {
		objects = append(objects, p.Objects...)
	}
	if len(objects) == 0 {
		return Landed{}, nil
	}
	h := w.held(source)
	// One Land of a source at a time: who finds a version held must find it stored.
	h.mu.Lock()
	defer h.mu.Unlock()
	fresh, err := w.news(ctx, h, source, objects)
	if err != nil {
		return Landed{}, err
	}
	if err := w.list(ctx, run, source, stream, pages); err != nil {
		h.reset()
		return Landed{}, err
	}
	for _, part := range pieces(fresh) {
		if err := w.append(ctx, run, source, part); err != nil {
			// The outcome of a failed INSERT is unknown.
			h.reset()
			return Landed{}, err
		}
	}
	return Landed{Listed: len(objects), New: len(fresh), Same: len(objects) - len(fresh)}, nil
}

// digested is an object with its digest.
type digested struct {
	*connectors.Object
	digest uint64
}

// digest is what two versions of an object have in common if they say the same.
func digest(o *connectors.Object) uint64 {
	h := sha256.New()
	if o.Deleted {
		h.Write([]byte{1})
	} else {
		h.Write([]byte{0})
	}
	h.Write(o.Payload)
	return binary.LittleEndian.Uint64(h.Sum(nil))
}

// news picks the objects that say something new and marks them as held.
func (w *Warehouse) news(ctx context.Context, h *held, source string, objects []connectors.Object) ([]digested, error) {
	if err := w.fillHeld(ctx, h, source, objects); err != nil {
		return nil, err
	}
	order := make([]*connectors.Object, len(objects))
	for i := range objects {
		order[i] = &objects[i]
	}
	slices.SortStableFunc(order, func(a, b *connectors.Object) int { return cmp.Compare(a.Version, b.Version) })
	var fresh []digested
	for _, o := range order {
		d := digest(o)
		if h.add(h.key(o.CustomerID, o.Kind, o.ID), o.Version, d) {
			fresh = append(fresh, digested{o, d})
		}
	}
	return fresh, nil
}

// pieces cuts objects into parts of a bounded size.
func pieces(all []digested) [][]digested {
	var parts [][]digested
	start, size := 0, 0
	for i, o := range all {
		if i > start && (i-start >= landRows || size+len(o.Payload) > landBytes) {
			parts = append(parts, all[start:i])
			start, size = i, 0
		}
		size += len(o.Payload)
	}
	if start < len(all) {
		parts = append(parts, all[start:])
	}
	return parts
}

var rawColumns = []string{"source", "customer_id", "kind", "id", "version", "run", "seen_at", "origin", "deleted", "digest", "payload"}

// append writes raw objects as one block.
func (w *Warehouse) append(ctx context.Context, run uint64, source string, objects []digested) error {
	return w.insert(ctx, "raw_objects", rawColumns, func(b driver.Batch) error {
		for _, o := range objects {
			if o.Origin < connectors.Listed || o.Origin > connectors.Embedded {
				return fmt.Errorf("%s %s of %s: unknown origin %d", o.Kind, o.ID, source, o.Origin)
			}
			if err := b.Append(source, o.CustomerID, o.Kind, o.ID, o.Version, run, o.SeenAt.UTC(), int8(o.Origin), o.Deleted, o.digest, o.Payload); err != nil {
				return fmt.Errorf("%s %s of %s: %w", o.Kind, o.ID, source, err)
			}
		}
		return nil
	})
}

// held knows which versions of a source's objects are stored, so that a page
// costs no query once they are known. Objects are told apart by a 64-bit hash:
// two that share one could only be confused if they also shared a digest.
type held struct {
	mu       sync.Mutex
	seed     maphash.Seed
	begun    bool
	complete bool // what is not in newest is not stored
	asked    int  // objects looked up singly
	newest   map[uint64]int32
	versions []heldVersion
}

type heldVersion struct {
	version int64
	digest  uint64
	older   int32 // index of another version of the object; -1: none
}

// held is the memory of a source, for the run in progress.
func (w *Warehouse) held(source string) *held {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.landed[source]
	if h == nil {
		h = &held{}
		h.reset()
		w.landed[source] = h
	}
	return h
}

// forgetLanded forgets what is known to be stored: what lands next is looked up.
func (w *Warehouse) forgetLanded() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.landed)
}

// reset forgets everything.
func (h *held) reset() {
	h.seed = maphash.MakeSeed()
	h.begun, h.complete, h.asked = false, false, 0
	h.newest, h.versions = map[uint64]int32{}, nil
}

// key tells objects apart.
func (h *held) key(customer, kind, id string) uint64 {
	var m maphash.Hash
	m.SetSeed(h.seed)
	for _, s := range []string{customer, kind, id} {
		_, _ = m.WriteString(s)
		_ = m.WriteByte(0)
	}
	return m.Sum64()
}

// add takes in a version and says whether it tells something new: it was not
// there, and the version before it has another payload.
func (h *held) add(key uint64, version int64, digest uint64) bool {
	head, known := h.newest[key]
	if known {
		before := int32(-1)
		for i := head; i >= 0; i = h.versions[i].older {
			v := h.versions[i]
			if v.version == version && v.digest == digest {
				return false
			}
			if v.version <= version && (before < 0 || v.version > h.versions[before].version) {
				before = i
			}
		}
		if before >= 0 && h.versions[before].digest == digest {
			return false
		}
	}
	h.put(key, version, digest)
	return true
}

// put takes in a stored version.
func (h *held) put(key uint64, version int64, digest uint64) {
	older, known := h.newest[key]
	if !known {
		older = -1
	}
	h.newest[key] = int32(len(h.versions))
	h.versions = append(h.versions, heldVersion{version, digest, older})
}

// fillHeld makes sure that the memory knows all stored versions of the objects.
func (w *Warehouse) fillHeld(ctx context.Context, h *held, source string, objects []connectors.Object) error {
	if h.complete {
		return nil
	}
	if !h.begun {
		var n uint64
		sql := "SELECT count() FROM " + w.table("raw_objects") + " WHERE source = {source:String}"
		if err := w.conn.QueryRow(ctx, sql, named("source", source)).Scan(&n); err != nil {
			return fmt.Errorf("count stored objects: %w", err)
		}
		h.begun = true
		if n <= heldWhole {
			return w.readHeld(ctx, h, source, "")
		}
	}
	unknown := map[uint64]*connectors.Object{}
	for i := range objects {
		o := &objects[i]
		k := h.key(o.CustomerID, o.Kind, o.ID)
		if _, ok := h.newest[k]; !ok {
			unknown[k] = o
		}
	}
	if h.asked += len(unknown); h.asked > heldWhole {
		h.newest, h.versions = map[uint64]int32{}, nil
		return w.readHeld(ctx, h, source, "")
	}
	var customers, kinds, ids []string
	for _, o := range unknown {
		customers, kinds, ids = append(customers, o.CustomerID), append(kinds, o.Kind), append(ids, o.ID)
	}
	for from := 0; from < len(ids); from += lookup {
		to := min(from+lookup, len(ids))
		if err := w.readHeld(ctx, h, source,
			" AND (customer_id, kind, id) IN arrayZip({customers:Array(String)}, {kinds:Array(String)}, {ids:Array(String)})",
			named("customers", customers[from:to]), named("kinds", kinds[from:to]), named("ids", ids[from:to])); err != nil {
			return err
		}
	}
	return nil
}

// readHeld reads stored versions; without a condition all of the source.
func (w *Warehouse) readHeld(ctx context.Context, h *held, source, where string, args ...any) error {
	err := w.each(ctx, "look up stored objects", `
		SELECT customer_id, kind, id, version, digest FROM `+w.table("raw_objects")+`
		WHERE source = {source:String}`+where, func(scan func(...any) error) error {
		var customer, kind, id string
		var version int64
		var digest uint64
		if err := scan(&customer, &kind, &id, &version, &digest); err != nil {
			return err
		}
		h.put(h.key(customer, kind, id), version, digest)
		return nil
	}, append(args, named("source", source))...)
	if err == nil && where == "" {
		h.complete = true
	}
	return err
}
