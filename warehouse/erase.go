package warehouse

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"mrrsync/connectors"
)

// Erasure is a customer whose personal data was removed, or is about to be. It
// holds for ever: what lands of the customer later is stripped as well.
type Erasure struct {
	CustomerKey
	Done            bool
	At              time.Time
	Who             string   // the user of the operating system who asked for it
	Kept            []string // paths of metadata that stay, as segments name them
	RemovedSegments []string // segments whose values go
}

// Erased counts what an erasure has rewritten; nothing of it is about a person.
type Erased struct {
	Versions int // of raw objects
	Rows     int // of customers, subscriptions and rejects, and of facts where segments went, in all kept loads
	Runs     int // records of runs whose messages told a name or an address
	Notes    int // notes of closings that tell one: people wrote them, people must judge them
}

// An Eraser takes the person out of an object's payload and tells which names and
// addresses it held.
type Eraser func(o connectors.Object) (payload []byte, personal []string)

// Erasures are all customers that were erased, the newest first.
func (w *Warehouse) Erasures(ctx context.Context) ([]Erasure, error) {
	var all []Erasure
	err := w.each(ctx, "read erasures", `
		SELECT source, customer_id, tupleElement(s, 1) = 'done', tupleElement(s, 2), tupleElement(s, 3), tupleElement(s, 4), tupleElement(s, 5) FROM (
			SELECT source, customer_id, max(seq) AS newest, argMax((state, at, who, kept, removed_segments), seq) AS s
			FROM `+w.table("erasures")+` GROUP BY source, customer_id
		) ORDER BY newest DESC`, func(scan func(...any) error) error {
		var e Erasure
		if err := scan(&e.Source, &e.CustomerID, &e.Done, &e.At, &e.Who, &e.Kept, &e.RemovedSegments); err != nil {
			return err
		}
		e.At = e.At.UTC()
		all = append(all, e)
		return nil
	})
	return all, err
}

// Person is a customer as an operator needs to see it before erasing.
type Person struct {
	CustomerKey
	AccountID   string
	Name, Email string // as last known; empty where privacy dropped them
	Objects     int    // of the provider, in the raw store
	Versions    int    // of these
	Loads       int    // whose rows are kept and tell of the customer
}

// Persons are the customers with an id, of one source or of any if it is empty;
// or, if the id is empty, those of an account of the newest load.
func (w *Warehouse) Persons(ctx context.Context, source, id, account string) ([]Person, error) {
	args := []any{named("source", source), named("id", id), named("account", account)}
	match := "customer_id = {id:String} AND (source = {source:String} OR {source:String} = '')"
	if id == "" {
		match = `(source, customer_id) IN (SELECT source, customer_id FROM ` + w.table("customers") + `
			WHERE account_id = {account:String} AND load_id IN (SELECT max(load_id) FROM ` + w.table("customers") + `))`
	}
	var all []Person
	err := w.each(ctx, "look up a customer", `
		SELECT source, customer_id, max(account), max(n), max(e), max(o), max(v), max(l) FROM (
			SELECT source, customer_id, '' AS account, '' AS n, '' AS e, uniqExact(kind, id) AS o, count() AS v, toUInt64(0) AS l FROM `+w.table("raw_objects")+`
			WHERE customer_id != '' AND `+match+` GROUP BY source, customer_id
			UNION ALL
			SELECT source, customer_id, argMax(account_id, load_id), argMax(name, load_id), argMax(email, load_id), toUInt64(0), toUInt64(0), uniqExact(load_id) FROM `+w.table("customers")+`
			WHERE `+match+` GROUP BY source, customer_id
		) GROUP BY source, customer_id ORDER BY source, customer_id`, func(scan func(...any) error) error {
		var p Person
		var n [3]uint64
		if err := scan(&p.Source, &p.CustomerID, &p.AccountID, &p.Name, &p.Email, &n[0], &n[1], &n[2]); err != nil {
			return err
		}
		p.Objects, p.Versions, p.Loads = int(n[0]), int(n[1]), int(n[2])
		all = append(all, p)
		return nil
	}, args...)
	return all, err
}

// recordErasure writes the state of an erasure.
func (w *Warehouse) recordErasure(ctx context.Context, run uint64, e Erasure) error {
	columns := []string{"source", "customer_id", "seq", "run", "state", "at", "who", "kept", "removed_segments"}
	return w.insert(ctx, "erasures", columns, func(b driver.Batch) error {
		state := int8(1)
		if e.Done {
			state = 2
		}
		return b.Append(e.Source, e.CustomerID, w.next(), run, state, e.At.UTC(), e.Who, slices.Clone(e.Kept), slices.Clone(e.RemovedSegments))
	})
}

// Erase removes a customer's personal data: from every stored version of its
// objects, from the rows of every load, closed months among them, and from what
// runs said. Amounts, ids and dates stay: every sum is what it was, but for those
// by segments whose values go. It must be called within a run. That it was begun is recorded first and that it is done
// last, and done again it comes to the same, so that a kill at any instant leaves
// what the next run ends.
func (w *Warehouse) Erase(ctx context.Context, run uint64, e Erasure, erase Eraser) (Erased, error) {
	e.Done, e.At = false, w.opt.Now().UTC()
	if err := w.recordErasure(ctx, run, e); err != nil {
		return Erased{}, err
	}
	var n Erased
	rows, err := w.objectsOf(ctx, e.CustomerKey)
	if err != nil {
		return n, err
	}
	personal, err := w.personalColumns(ctx, e.CustomerKey)
	if err != nil {
		return n, err
	}
	fresh, old, told := strip(rows, erase)
	m := mutation{w: w, tables: map[string]bool{}}
	// What a second try learns the names from goes last.
	if err := m.runs(ctx, sought(append(personal, told...)), &n); err != nil {
		return n, err
	}
	if err := m.objects(ctx, e.CustomerKey, fresh, old, &n); err != nil {
		return n, err
	}
	if err := m.rows(ctx, e, &n); err != nil {
		return n, err
	}
	if err := m.sums(ctx, e); err != nil {
		return n, err
	}
	if err := m.end(ctx); err != nil {
		return n, err
	}
	e.Done = true
	return n, w.recordErasure(ctx, run, e)
}

// personalColumns are the names and addresses that loads say of a customer.
func (w *Warehouse) personalColumns(ctx context.Context, k CustomerKey) ([]string, error) {
	var all []string
	err := w.each(ctx, "read names", `
		SELECT DISTINCT arrayJoin([name, email]) AS said FROM `+w.table("customers")+` WHERE source = {source:String} AND customer_id = {customer:String}
		UNION DISTINCT
		SELECT DISTINCT name FROM `+w.table("subscriptions")+` WHERE source = {source:String} AND customer_id = {customer:String}`,
		func(scan func(...any) error) error {
			all = append(all, "")
			return scan(&all[len(all)-1])
		}, named("source", k.Source), named("customer", k.CustomerID))
	return all, err
}

type rawKey struct {
	kind, id string
	version  int64
	run      uint64
}

func (o *storedObject) key() rawKey { return rawKey{o.Kind, o.ID, o.Version, o.run} }

// objectsOf is every stored version of a customer's objects.
func (w *Warehouse) objectsOf(ctx context.Context, k CustomerKey) ([]storedObject, error) {
	var all []storedObject
	for o, err := range w.objects(ctx, `
		SELECT `+objectColumns+` FROM `+w.table("raw_objects")+`
		WHERE source = {source:String} AND customer_id = {customer:String} ORDER BY kind, id, version, run, digest`,
		nil, []any{named("source", k.Source), named("customer", k.CustomerID)}) {
		if err != nil {
			return nil, fmt.Errorf("read the objects of a customer: %w", err)
		}
		all = append(all, o)
	}
	return all, nil
}

// strip is what to store in the place of the rows that hold personal data, as far
// as it is not there already, and the digests of the rows to remove. A version
// that would repeat the one before it is numbered: it stays a version of its own,
// and with it what follows from its having been seen.
func strip(all []storedObject, erase Eraser) (fresh []storedObject, old []uint64, personal []string) {
	stripped := make([][]byte, len(all))
	told := map[rawKey]bool{} // the person is in a version of this key
	for i := range all {
		payload, names := erase(all[i].Object)
		stripped[i], personal = payload, append(personal, names...)
		if !bytes.Equal(payload, all[i].Payload) {
			told[all[i].key()] = true
		}
	}
	stored := map[rawKey][]uint64{}
	var before *storedObject
	for i := range all {
		r := all[i]
		if bytes.Equal(stripped[i], r.Payload) {
			stored[r.key()] = append(stored[r.key()], r.digest)
			if !told[r.key()] { // else an earlier try has written it
				before = &r
			}
			continue
		}
		old = append(old, r.digest)
		r.Payload = stripped[i]
		r.digest = digest(&r.Object)
		for n := 1; before != nil && before.Kind == r.Kind && before.ID == r.ID && before.digest == r.digest; n++ {
			r.Payload = numbered(stripped[i], n)
			r.digest = digest(&r.Object)
		}
		before = &r
		fresh = append(fresh, r)
	}
	fresh = slices.DeleteFunc(fresh, func(r storedObject) bool { return slices.Contains(stored[r.key()], r.digest) })
	return fresh, slices.Compact(slices.Sorted(slices.Values(old))), personal
}

// numbered is an object with a number, so that it differs.
func numbered(payload []byte, n int) []byte {
	rest, ok := bytes.CutPrefix(payload, []byte("{"))
	if !ok {
		return payload
	}
	comma := ","
	if bytes.Equal(rest, []byte("}")) {
		comma = ""
	}
	return append(fmt.Appendf(nil, `{"erased":%d%s`, n, comma), rest...)
}
