package connectors

import (
	"cmp"
	"slices"
	"sync"
)

// Catalog is the latest version of every catalogue object of a source: prices,
// coupons, products, tax rates. It is safe for concurrent use, and decodes each
// object once however many customers name it.
type Catalog struct {
	objects map[catalogKey]Object
	decoded sync.Map // catalogKey -> decodedObject
	watches func() Watches
}

type catalogKey struct{ kind, id string }

type decodedObject struct {
	value any
	err   error
}

// NewCatalog keeps the newest version of each object; of equal versions the
// later in objects.
func NewCatalog(objects []Object) *Catalog {
	c := &Catalog{objects: make(map[catalogKey]Object, len(objects))}
	for _, o := range objects {
		k := catalogKey{o.Kind, o.ID}
		if old, ok := c.objects[k]; !ok || o.Version >= old.Version {
			c.objects[k] = o
		}
	}
	c.watches = sync.OnceValue(func() Watches { return readWatches(c) })
	return c
}

// Object is the newest version of a catalogue object.
func (c *Catalog) Object(kind, id string) (Object, bool) {
	o, ok := c.objects[catalogKey{kind, id}]
	return o, ok
}

// All is the newest version of every object of a kind, ordered by id.
func (c *Catalog) All(kind string) []Object {
	var all []Object
	for k, o := range c.objects {
		if k.kind == kind {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b Object) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Lookup decodes the newest version of a catalogue object, once for all
// callers. ok is false when the catalogue does not hold it.
func Lookup[T any](c *Catalog, kind, id string, decode func(Object) (T, error)) (value T, ok bool, err error) {
	k := catalogKey{kind, id}
	if d, hit := c.decoded.Load(k); hit {
		d := d.(decodedObject)
		value, _ = d.value.(T)
		return value, true, d.err
	}
	o, ok := c.objects[k]
	if !ok {
		return value, false, nil
	}
	value, err = decode(o)
	c.decoded.Store(k, decodedObject{value, err})
	return value, true, err
}
