package pipeline

import (
	"context"
	"iter"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"mrrsync/connectors"
	"mrrsync/normalize"
	"mrrsync/warehouse"
)

// chunk is how many accounts a worker takes at a time: enough that handing over
// costs nothing, few enough that the chunks in flight stay small.
const chunk = 64

// account is what is stored of the customers of one account. Its name is empty
// where a single customer is to say it.
type account struct {
	name      string
	customers []warehouse.CustomerObjects
}

// derived is what follows from an account, and from whom.
type derived struct {
	of     []warehouse.CustomerKey
	result normalize.Result
}

// batchOfAccounts is one chunk on its way through the workers.
type batchOfAccounts struct {
	accounts []account
	derived  []derived
	done     chan struct{}
}

// derive translates and values accounts on all cores and adds what follows to
// the load, in the order in which the accounts came, so that two runs over the
// same evidence write the same rows in the same order. Memory is bounded by the
// chunks in flight.
func (r *run) derive(ctx context.Context, accounts iter.Seq2[account, error], add func(derived) error) error {
	workers := runtime.GOMAXPROCS(0)
	g, ctx := errgroup.WithContext(ctx)
	work := make(chan *batchOfAccounts, workers)
	ordered := make(chan *batchOfAccounts, 2*workers)
	send := func(b *batchOfAccounts) error {
		for _, c := range []chan *batchOfAccounts{ordered, work} {
			select {
			case c <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	g.Go(func() error {
		defer close(work)
		defer close(ordered)
		b := &batchOfAccounts{done: make(chan struct{})}
		for a, err := range accounts {
			if err != nil {
				return err
			}
			if b.accounts = append(b.accounts, a); len(b.accounts) == chunk {
				if err := send(b); err != nil {
					return err
				}
				b = &batchOfAccounts{done: make(chan struct{})}
			}
		}
		if len(b.accounts) == 0 {
			return nil
		}
		return send(b)
	})
	for range workers {
		g.Go(func() error {
			for b := range work {
				b.derived = make([]derived, len(b.accounts))
				for i, a := range b.accounts {
					b.derived[i] = r.deriveAccount(a)
				}
				b.accounts = nil
				close(b.done)
			}
			return nil
		})
	}
	g.Go(func() error {
		for b := range ordered {
			select {
			case <-b.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			for _, d := range b.derived {
				if err := add(d); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return g.Wait()
}

// deriveAccount is the pure middle: raw objects to rows.
func (r *run) deriveAccount(a account) derived {
	var d derived
	var rejects []connectors.Reject
	joint := normalize.Account{ID: a.name}
	for _, c := range a.customers {
		record, refused := r.source(c.Source).Connector.Translate(c.Objects, r.catalogs[c.Source])
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
		if joint.ID == "" {
			joint.ID = r.o.Identity.account(c.CustomerKey, record.Customer)
		}
		joint.Records = append(joint.Records, record)
		rejects = append(rejects, refused...)
		d.of = append(d.of, c.CustomerKey)
	}
	d.result = normalize.Derive(joint, r.o.Settings)
	d.result.Rejects = append(rejects, d.result.Rejects...)
	return d
}

// source is a configured source.
func (r *run) source(name string) Source {
	return r.o.Sources[slices.IndexFunc(r.o.Sources, func(s Source) bool { return s.Name == name })]
}

// single are the customers of a source that are accounts by themselves: those
// named in only, or all when it is nil, without the members of joint accounts.
func (r *run) single(ctx context.Context, seal warehouse.SourceSeal, only []string, joint map[warehouse.CustomerKey]bool) iter.Seq2[account, error] {
	return func(yield func(account, error) bool) {
		for c, err := range r.w.Customers(ctx, seal.Source, seal.Run, only) {
			if err == nil && joint[c.CustomerKey] {
				continue
			}
			if !yield(account{customers: []warehouse.CustomerObjects{c}}, err) || err != nil {
				return
			}
		}
	}
}

// together are the joint accounts, read a chunk at a time.
func (r *run) together(ctx context.Context, seals []warehouse.SourceSeal, all []joint) iter.Seq2[account, error] {
	return func(yield func(account, error) bool) {
		for part := range slices.Chunk(all, chunk) {
			accounts, err := r.gather(ctx, seals, part)
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

// gather reads the members of some accounts. Members of which nothing is stored
// are left out, and so are accounts without any.
func (r *run) gather(ctx context.Context, seals []warehouse.SourceSeal, part []joint) ([]account, error) {
	ids := map[string][]string{}
	for _, j := range part {
		for _, k := range j.members {
			ids[k.Source] = append(ids[k.Source], k.CustomerID)
		}
	}
	stored := map[warehouse.CustomerKey]warehouse.CustomerObjects{}
	for _, seal := range seals {
		if len(ids[seal.Source]) == 0 {
			continue
		}
		for c, err := range r.w.Customers(ctx, seal.Source, seal.Run, ids[seal.Source]) {
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

// readCatalogs decodes the catalogue of every source, as of its seal.
func (r *run) readCatalogs(ctx context.Context, seals []warehouse.SourceSeal) error {
	r.catalogs = map[string]*connectors.Catalog{}
	for _, seal := range seals {
		objects, err := r.w.Catalog(ctx, seal.Source, seal.Run)
		if err != nil {
			return err
		}
		r.catalogs[seal.Source] = connectors.NewCatalog(objects)
	}
	return nil
}
