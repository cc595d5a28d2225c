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
	e := &Evidence{w: w, sources: sources, identity: identity, seals: seals, base: base, catalogs: map[string]*connectors.Catalog{}}
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
	todo, err := e.resolve(ctx, map[string][]string{k.Source: {k.CustomerID}}, false)
	if err != nil {
		return facts, nil, false, err
	}
	one := []joint{{members: []warehouse.CustomerKey{k}}}
	for _, j := range todo.joint {
		if slices.Contains(j.members, k) {
			one[0] = j
		}
	}
	accounts, err := e.gather(ctx, one)
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
	todo, err := e.resolve(ctx, nil, false)
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
	for _, seal := range e.seals {
		var only []string
		if todo.only != nil {
			if only = todo.only[seal.Source]; len(only) == 0 {
				continue
			}
		}
		if err := derive(ctx, e.single(ctx, seal, only, isJoint), value, add); err != nil {
			return fmt.Errorf("derive source %s: %w", seal.Source, err)
		}
	}
	if err := derive(ctx, e.together(ctx, todo.joint), value, add); err != nil {
		return fmt.Errorf("derive joint accounts: %w", err)
	}
	return nil
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

// single are the customers of a source that are accounts by themselves: those
// named in only, or all when it is nil, without the members of joint accounts.
func (e *Evidence) single(ctx context.Context, seal warehouse.SourceSeal, only []string, joint map[warehouse.CustomerKey]bool) iter.Seq2[account, error] {
	return func(yield func(account, error) bool) {
		for c, err := range e.w.Customers(ctx, seal.Source, seal.Run, only) {
			if err == nil && joint[c.CustomerKey] {
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
// objectsAtOnce are in memory.
const (
	jointAtOnce   = 500
	objectsAtOnce = 16_384
)

// together are the joint accounts, read some at a time.
func (e *Evidence) together(ctx context.Context, all []joint) iter.Seq2[account, error] {
	return func(yield func(account, error) bool) {
		for window := range slices.Chunk(all, jointAtOnce) {
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
	sizes := map[warehouse.CustomerKey]int{}
	for source, ids := range members(window) {
		counted, err := e.w.CountObjects(ctx, source, ids)
		if err != nil {
			return nil, err
		}
		for id, n := range counted {
			sizes[warehouse.CustomerKey{Source: source, CustomerID: id}] = n
		}
	}
	var parts [][]joint
	begin, size := 0, 0
	for i, j := range window {
		own := 0
		for _, k := range j.members {
			own += sizes[k]
		}
		if i > begin && size+own > objectsAtOnce {
			parts = append(parts, window[begin:i])
			begin, size = i, 0
		}
		size += own
	}
	return append(parts, window[begin:]), nil
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

// gather reads the members of some accounts. Members of which nothing is stored
// are left out, and so are accounts without any.
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
	for _, j := range part {
		a := account{name: j.account}
		for _, k := range j.members {
			if c, ok := stored[k]; ok {
				a.customers = append(a.customers, c)
			}
		}
		if len(a.customers) > 0 {
			accounts = append(accounts, a)
		}
	}
	return accounts, nil
}

// Seals are the runs up to which each source is read.
func (e *Evidence) Seals() map[string]uint64 {
	all := map[string]uint64{}
	for _, s := range e.seals {
		all[s.Source] = s.Run
	}
	return all
}
