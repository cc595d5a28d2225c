package pipeline

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"mrrsync/connectors"
	"mrrsync/normalize"
	"mrrsync/warehouse"
)

// Evidence is what the warehouse holds of the accounts, as of the seals of its
// sources: the ground on which a run derives, an explanation stands and
// policies are compared. It asks no provider and writes nothing.
type Evidence struct {
	w        *warehouse.Warehouse
	sources  []Source
	identity Identity
	seals    []warehouse.SourceSeal
	base     warehouse.LoadInfo // knows the account of whoever did not change since; zero: nothing was published
	catalogs map[string]*connectors.Catalog
	room     int // how many objects of joint accounts may be in memory at once
}

// ReadEvidence opens what is stored as of each source's last complete pull.
// Sources that were never pulled completely have no customers.
func ReadEvidence(ctx context.Context, w *warehouse.Warehouse, sources []Source, identity Identity) (*Evidence, error) {
	known, err := w.Seals(ctx)
	if err != nil {
		return nil, err
	}
	base, _, err := w.Published(ctx)
	if err != nil {
		return nil, err
	}
	var seals []warehouse.SourceSeal
	for _, s := range sources {
		seals = append(seals, warehouse.SourceSeal{Source: s.Name, Run: known[s.Name].Run})
	}
	return readEvidence(ctx, w, sources, identity, seals, base)
}

// readEvidence decodes the catalogue of every source, as of its seal.
func readEvidence(ctx context.Context, w *warehouse.Warehouse, sources []Source, identity Identity, seals []warehouse.SourceSeal, base warehouse.LoadInfo) (*Evidence, error) {
	e := &Evidence{w: w, sources: sources, identity: identity, seals: seals, base: base, catalogs: map[string]*connectors.Catalog{}, room: objectsAtOnce}
	for _, seal := range seals {
		objects, err := w.Catalog(ctx, seal.Source, seal.Run)
		if err != nil {
			return nil, err
		}
		e.catalogs[seal.Source] = connectors.NewCatalog(objects)
	}
	return e, nil
}

// Account is the account that a customer belongs to, with all its customers, and
// what of them could not be read. ok is false where nothing is stored of it.
func (e *Evidence) Account(ctx context.Context, k warehouse.CustomerKey) (facts normalize.Account, rejects []connectors.Reject, ok bool, err error) {
	one := map[string][]string{k.Source: {k.CustomerID}}
	todo, err := e.resolve(ctx, one, one)
	if err != nil {
		return facts, nil, false, err
	}
	of := []joint{{members: []warehouse.CustomerKey{k}}}
	for _, j := range todo.joint {
		if slices.Contains(j.members, k) {
			of[0] = j
		}
	}
	accounts, err := e.gather(ctx, of)
	if err != nil || len(accounts) == 0 {
		return facts, nil, false, err
	}
	facts, rejects = e.translate(accounts[0])
	return facts, rejects, true, nil
}

// Each asks something of every account and takes the answers, in a fixed order
// and with the memory of the accounts in flight. ask is called from several
// goroutines at once, take from one at a time.
func Each[T any](ctx context.Context, e *Evidence, ask func(normalize.Account) T, take func(T) error) error {
	return EachRead(ctx, e, func(facts normalize.Account, _ []connectors.Reject) T { return ask(facts) }, take)
}

// EachRead is Each, for those who also ask what of an account could not be read.
func EachRead[T any](ctx context.Context, e *Evidence, ask func(normalize.Account, []connectors.Reject) T, take func(T) error) error {
	todo, err := e.resolve(ctx, nil, nil)
	if err != nil {
		return err
	}
	return all(ctx, e, todo, func(a account) T { return ask(e.translate(a)) }, take)
}

// all derives what is to be done, source by source, and the joint accounts last.
func all[T any](ctx context.Context, e *Evidence, todo work, value func(account) T, add func(T) error) error {
	isJoint := map[warehouse.CustomerKey]bool{}
	for _, j := range todo.joint {
		for _, k := range j.members {
			isJoint[k] = true
		}
	}
	along, err := e.along(ctx, todo)
	if err != nil {
		return err
	}
	ids, held := members(todo.joint), map[warehouse.CustomerKey]warehouse.CustomerObjects{}
	for _, seal := range e.seals {
		var only []string
		if todo.only != nil {
			for _, id := range todo.only[seal.Source] {
				if !isJoint[warehouse.CustomerKey{Source: seal.Source, CustomerID: id}] {
					only = append(only, id)
				}
			}
			if along {
				only = append(only, ids[seal.Source]...)
			}
			if len(only) == 0 {
				continue
			}
		}
		single := func(c warehouse.CustomerObjects) bool {
			if along && isJoint[c.CustomerKey] {
				held[c.CustomerKey] = c
			}
			return !isJoint[c.CustomerKey]
		}
		if err := derive(ctx, e.singles(ctx, seal, only, single), value, add); err != nil {
			return fmt.Errorf("derive source %s: %w", seal.Source, err)
		}
	}
	joint := e.together(ctx, todo.joint)
	if along {
		joint = assembled(todo.joint, held)
	}
	if err := derive(ctx, joint, value, add); err != nil {
		return fmt.Errorf("derive joint accounts: %w", err)
	}
	return nil
}

// along says that the members of joint accounts are few enough to be read beside
// the customers that are accounts by themselves, and kept until all are there: one
// that is read apart costs the reading of its neighbours once more.
func (e *Evidence) along(ctx context.Context, todo work) (bool, error) {
	if todo.only == nil || len(todo.joint) > e.room {
		return false, nil
	}
	sizes, err := e.sizes(ctx, todo.joint)
	n := 0
	for _, size := range sizes {
		n += size
	}
	return n <= e.room, err
}

// translate turns the raw objects of an account into facts.
func (e *Evidence) translate(a account) (normalize.Account, []connectors.Reject) {
	var rejects []connectors.Reject
	facts := normalize.Account{ID: a.name}
	for _, c := range a.customers {
		record, refused := e.source(c.Source).Connector.Translate(c.Objects, e.catalogs[c.Source])
		record.Source = c.Source
		if record.Customer.ID == "" {
			record.Customer.ID = c.CustomerID
		}
		for i := range refused {
			refused[i].Source = c.Source
			if refused[i].CustomerID == "" {
				refused[i].CustomerID = c.CustomerID
			}
		}
		if facts.ID == "" {
			facts.ID = e.identity.account(c.CustomerKey, record.Customer)
		}
		facts.Records = append(facts.Records, record)
		rejects = append(rejects, refused...)
	}
	return facts, rejects
}

// source is a configured source.
func (e *Evidence) source(name string) Source {
	return e.sources[slices.IndexFunc(e.sources, func(s Source) bool { return s.Name == name })]
}

// singles are the customers of a source that are accounts by themselves, as single
// says: of those named in only, or of all when it is nil.
func (e *Evidence) singles(ctx context.Context, seal warehouse.SourceSeal, only []string, single func(warehouse.CustomerObjects) bool) iter.Seq2[account, error] {
	return func(yield func(account, error) bool) {
		for c, err := range e.w.Customers(ctx, seal.Source, seal.Run, only) {
			if err == nil && !single(c) {
				continue
			}
			if !yield(account{customers: []warehouse.CustomerObjects{c}}, err) || err != nil {
				return
			}
		}
	}
}

// Joint accounts are read many at a time, since their customers lie far from each
// other, and each of them costs the reading of its neighbours: so many that those
// of one statement are neighbours, as many as one asks for, and not more than
// objectsAtOnce objects are in memory.
const objectsAtOnce = 16_384

// together are the joint accounts, read some at a time.
func (e *Evidence) together(ctx context.Context, all []joint) iter.Seq2[account, error] {
	return func(yield func(account, error) bool) {
		for window := range slices.Chunk(all, warehouse.AtOnce) {
			parts, err := e.parts(ctx, window)
			if err != nil {
				yield(account{}, err)
				return
			}
			for _, part := range parts {
				accounts, err := e.gather(ctx, part)
				if err != nil {
					yield(account{}, err)
					return
				}
				for _, a := range accounts {
					if !yield(a, nil) {
						return
					}
				}
			}
		}
	}
}

// parts cuts joint accounts into parts of a bounded number of objects; an account
// that has more is one by itself.
func (e *Evidence) parts(ctx context.Context, window []joint) ([][]joint, error) {
	sizes, err := e.sizes(ctx, window)
	if err != nil {
		return nil, err
	}
	var parts [][]joint
	begin, size := 0, 0
	for i, j := range window {
		own := 0
		for _, k := range j.members {
			own += sizes[k]
		}
		if i > begin && size+own > e.room {
			parts = append(parts, window[begin:i])
			begin, size = i, 0
		}
		size += own
	}
	return append(parts, window[begin:]), nil
}

// sizes are how many objects are stored of the members of some accounts.
func (e *Evidence) sizes(ctx context.Context, part []joint) (map[warehouse.CustomerKey]int, error) {
	sizes := map[warehouse.CustomerKey]int{}
	for source, ids := range members(part) {
		counted, err := e.w.CountObjects(ctx, source, ids)
		if err != nil {
			return nil, err
		}
		for id, n := range counted {
			sizes[warehouse.CustomerKey{Source: source, CustomerID: id}] = n
		}
	}
	return sizes, nil
}

// members are the customers of some joint accounts, by source.
func members(part []joint) map[string][]string {
	ids := map[string][]string{}
	for _, j := range part {
		for _, k := range j.members {
			ids[k.Source] = append(ids[k.Source], k.CustomerID)
		}
	}
	return ids
}

// gather reads the members of some accounts.
func (e *Evidence) gather(ctx context.Context, part []joint) ([]account, error) {
	ids := members(part)
	stored := map[warehouse.CustomerKey]warehouse.CustomerObjects{}
	for _, seal := range e.seals {
		if len(ids[seal.Source]) == 0 {
			continue
		}
		for c, err := range e.w.Customers(ctx, seal.Source, seal.Run, ids[seal.Source]) {
			if err != nil {
				return nil, err
			}
			stored[c.CustomerKey] = c
		}
	}
	var accounts []account
	for a, err := range assembled(part, stored) {
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, a)
	}
	return accounts, nil
}

// assembled are accounts of members that have been read. Members of which nothing is
// stored are left out, and so are accounts without any.
func assembled(part []joint, stored map[warehouse.CustomerKey]warehouse.CustomerObjects) iter.Seq2[account, error] {
	return func(yield func(account, error) bool) {
		for _, j := range part {
			a := account{name: j.account}
			for _, k := range j.members {
				if c, ok := stored[k]; ok {
					a.customers = append(a.customers, c)
				}
			}
			if len(a.customers) > 0 && !yield(a, nil) {
				return
			}
		}
	}
}

// Seals are the runs up to which each source is read.
func (e *Evidence) Seals() map[string]uint64 {
	all := map[string]uint64{}
	for _, s := range e.seals {
		all[s.Source] = s.Run
	}
	return all
}
