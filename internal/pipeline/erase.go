package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mrrsync/connectors"
	"mrrsync/warehouse"
)

// Erase removes a customer's personal data from the warehouse, within a run. What
// the source's connector has landed it also knows how to strip.
func Erase(ctx context.Context, w *warehouse.Warehouse, run uint64, sources []Source, e warehouse.Erasure) (warehouse.Erased, error) {
	eraser, err := eraserOf(sources, e.Source)
	if err != nil {
		return warehouse.Erased{}, err
	}
	return w.Erase(ctx, run, e, func(o connectors.Object) ([]byte, []string) { return eraser.Erase(o, e.Kept) })
}

func eraserOf(sources []Source, name string) (connectors.Eraser, error) {
	for _, s := range sources {
		if s.Name != name {
			continue
		}
		if eraser, ok := s.Connector.(connectors.Eraser); ok {
			return eraser, nil
		}
		return nil, fmt.Errorf("erase in source %s: its connector cannot tell what of its objects is about a person", name)
	}
	return nil, fmt.Errorf("%w: source %s is in the warehouse but not configured: configure it, its connector knows what of its objects is about a person", ErrUsage, name)
}

// Residue is what an erasure leaves of metadata: the paths that segments and
// identity are made of, since amounts are grouped by them. Segments that are made
// of a name or an address are removed; with all set every segment is but the
// country, which stays of an address.
func Residue(segments map[string]string, identity Identity, all bool) (kept, removed []string) {
	for name, path := range segments {
		if all && !strings.HasSuffix(path, "country") || personalPath(path) {
			removed = append(removed, name)
		} else {
			kept = append(kept, path)
		}
	}
	if identity.MetadataKey != "" {
		kept = append(kept, "metadata."+identity.MetadataKey)
	}
	slices.Sort(kept)
	slices.Sort(removed)
	return slices.Compact(kept), removed
}

// personalPath says that a path names what tells a person by itself.
func personalPath(path string) bool {
	last := path[strings.LastIndexByte(path, '.')+1:]
	return slices.Contains([]string{"name", "first_name", "last_name", "full_name", "customer_name", "company", "company_name", "email", "phone"}, last)
}

// erasures reads who was erased, so that what lands of them is stripped, and ends
// what a killed run has begun.
func (r *run) erasures(ctx context.Context) error {
	all, err := r.w.Erasures(ctx)
	if err != nil {
		return err
	}
	r.erased = map[warehouse.CustomerKey]warehouse.Erasure{}
	for _, e := range all {
		r.erased[e.CustomerKey] = e
		if e.Done {
			continue
		}
		if !slices.ContainsFunc(r.o.Sources, func(s Source) bool { return s.Name == e.Source }) {
			r.warn("an erasure of source %s, begun on %s, was cut short, and the source is no longer configured: configure it and run `mrrsync erase` again", e.Source, e.At.Format("2006-01-02"))
			continue
		}
		if _, err := Erase(ctx, r.w, r.id, r.o.Sources, e); err != nil {
			return fmt.Errorf("end the erasure that was begun on %s: %w", e.At.Format("2006-01-02"), err)
		}
		r.log.Info("ended an erasure that had been cut short", "source", e.Source)
	}
	return nil
}

// forget strips those of some objects whose customer was erased. It is done anew
// for every object that the provider sends again.
func (r *run) forget(s Source, objects []connectors.Object) error {
	if len(r.erased) == 0 {
		return nil
	}
	for i := range objects {
		o := &objects[i]
		e, ok := r.erased[warehouse.CustomerKey{Source: s.Name, CustomerID: o.CustomerID}]
		if !ok {
			continue
		}
		eraser, err := eraserOf([]Source{s}, s.Name)
		if err != nil {
			return err
		}
		o.Payload, _ = eraser.Erase(*o, e.Kept)
	}
	return nil
}

// Named are the customers that a text may mean: an id, SOURCE/ID, or an account.
func Named(ctx context.Context, w *warehouse.Warehouse, name string) ([]warehouse.Person, error) {
	found := map[warehouse.CustomerKey]warehouse.Person{}
	add := func(source, id, account string) error {
		all, err := w.Persons(ctx, source, id, account)
		for _, p := range all {
			found[p.CustomerKey] = p
		}
		return err
	}
	if err := add("", name, ""); err != nil {
		return nil, err
	}
	if source, id, ok := strings.Cut(name, "/"); ok {
		if err := add(source, id, ""); err != nil {
			return nil, err
		}
	}
	if len(found) == 0 {
		if err := add("", "", name); err != nil {
			return nil, err
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b warehouse.Person) int { return compareKeys(a.CustomerKey, b.CustomerKey) }), nil
}
