package pipeline

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"

	"mrrsync/connectors/billing"
	"mrrsync/warehouse"
)

// allFailed says whether no source that was to be pulled could be.
func (r *run) allFailed() error {
	var tried, failed int
	var first string
	for _, s := range r.receipt.Sources {
		switch s.Status {
		case warehouse.Done:
			tried++
		case warehouse.Failed:
			if failed++; first == "" {
				first = s.Source + ": " + s.Error
			}
			tried++
		default: // not pulled in this run
		}
	}
	switch {
	case failed == 0 || failed < tried:
		return nil
	case failed == 1:
		return fmt.Errorf("source %s", first)
	default:
		return fmt.Errorf("all %d sources failed; the first is %s", failed, first)
	}
}

// load derives what changed and builds and verifies a load of it.
func (r *run) load(ctx context.Context) (*warehouse.Load, error) {
	spec := warehouse.LoadSpec{
		Run: r.id, Through: r.o.Through, PolicyHash: r.o.Hash, Currency: r.o.Currency, Rates: r.o.Rates,
		Rules: r.o.Settings.Policy.Movements,
	}
	for _, s := range r.o.Sources {
		seal := warehouse.SourceSeal{Source: s.Name} // never read to its end: nothing of it is final
		if known := r.seals[s.Name]; known.Run > 0 {
			seal.Run, seal.Covered = known.Run, billing.DateOf(known.CoveredUntil, r.o.Settings.Zone)-1
		}
		spec.Sources = append(spec.Sources, seal)
	}
	reason := r.whole()
	spec.Full = reason != ""
	load, err := r.w.NewLoad(ctx, spec)
	if err != nil {
		return nil, err
	}
	derived := took(&r.receipt.Seconds.Derive)
	err = r.fill(ctx, load, spec, reason)
	if derived(); err != nil {
		return nil, discard(ctx, load, err)
	}
	defer took(&r.receipt.Seconds.Build)()
	r.giveBack(ctx) // the engine needs it to expand months
	stage := r.o.Progress.Stage("building", 0)
	defer stage.Done()
	if err := load.Build(ctx); err != nil {
		return nil, discard(ctx, load, err)
	}
	if err := load.Verify(ctx); err != nil {
		return nil, discard(ctx, load, err)
	}
	return load, nil
}

// whole is why every account must be derived again; empty when only the changed
// ones need be.
func (r *run) whole() string {
	switch {
	case r.base.ID == 0:
		return "first load"
	case r.o.Rebuild:
		return "rebuild"
	case r.base.PolicyHash == "":
		return "months were reopened"
	case !sameLaw(r.base.PolicyHash, r.o.Hash):
		return "policy, zone, currency, segments or code changed"
	}
	for source := range r.base.Seals {
		if !slices.ContainsFunc(r.o.Sources, func(s Source) bool { return s.Name == source }) {
			r.warn("source %s is in the warehouse but no longer configured: what it said is taken out", source)
			return "source " + source + " removed"
		}
	}
	return ""
}

// fill derives the accounts that need it into the load.
func (r *run) fill(ctx context.Context, load *warehouse.Load, spec warehouse.LoadSpec, reason string) error {
	r.receipt.Customers.Reason = reason
	evidence, err := readEvidence(ctx, r.w, r.o.Sources, r.o.Identity, spec.Sources, r.base)
	if err != nil {
		return err
	}
	var changed, ask map[string][]string // by source; nil: all
	if reason == "" {
		r.receipt.Customers.Reason = "changed"
		if changed, err = r.changed(ctx, spec.Sources); err != nil {
			return err
		}
		if r.base.PolicyHash == r.o.Hash { // else the identity file is another
			if ask, err = evidence.renaming(ctx, changed); err != nil {
				return err
			}
		}
	}
	todo, err := evidence.resolve(ctx, changed, ask)
	if err != nil {
		return err
	}
	stage := r.o.Progress.Stage("deriving", 0)
	defer stage.Done()
	defer withRoom()()
	add := func(d derived) error {
		stage.Add(len(d.of))
		r.receipt.Customers.Derived += len(d.of)
		r.receipt.Rows.Periods += len(d.result.Periods)
		r.receipt.Rows.Movements += len(d.result.Movements)
		r.receipt.Rows.InvoiceLines += len(d.result.InvoiceLines)
		return load.Add(ctx, d.of, d.result)
	}
	return all(ctx, evidence, todo, func(a account) derived { return r.value(evidence, a) }, add)
}

// withRoom lets the collector come half as often until what it returns is called:
// deriving makes hundreds of times of what it keeps. An operator's GOGC stands.
func withRoom() (back func()) {
	const ordinary = 100
	was := debug.SetGCPercent(2 * ordinary)
	if was != ordinary {
		debug.SetGCPercent(was)
	}
	return func() { debug.SetGCPercent(was) }
}

// changed are the customers of whom something has come, by source.
func (r *run) changed(ctx context.Context, seals []warehouse.SourceSeal) (map[string][]string, error) {
	runs := map[string]uint64{}
	for _, s := range seals {
		runs[s.Source] = s.Run
	}
	keys, err := r.w.Changed(ctx, r.base, runs)
	if err != nil {
		return nil, err
	}
	changed := map[string][]string{}
	for _, k := range keys {
		changed[k.Source] = append(changed[k.Source], k.CustomerID)
	}
	return changed, nil
}
