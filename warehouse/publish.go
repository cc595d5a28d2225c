package warehouse

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"mrrsync/connectors/billing"
)

// Publish makes the load what readers see: one insert of one block, so that
// they see all of it or nothing. The load must be verified. Afterwards nothing
// is left to do: what is no longer needed is dropped by the next load. A run that
// has lost the warehouse publishes nothing: ErrLost.
func (l *Load) Publish(ctx context.Context) (LoadInfo, error) {
	if l.state != verified {
		return LoadInfo{}, errors.New("publish load: it is not verified")
	}
	info, err := l.info(ctx)
	if err != nil {
		return LoadInfo{}, err
	}
	if err := l.recordRestatements(ctx); err != nil {
		return LoadInfo{}, err
	}
	if err := l.w.syncReplicas(ctx); err != nil {
		return LoadInfo{}, err
	}
	l.state = ended // it may be published even if we never hear of it: nothing is dropped from now on
	if err := l.w.writeManifest(ctx, info, l.parts); err != nil {
		return LoadInfo{}, fmt.Errorf("publish load %d: %w", l.id, err)
	}
	l.w.log.Info("published", "load", l.id, "through", info.Through.String(), "derived", info.Derived)
	return info, nil
}

// info is the header of the load.
func (l *Load) info(ctx context.Context) (LoadInfo, error) {
	first, err := l.firstDay(ctx)
	if err != nil {
		return LoadInfo{}, err
	}
	derived, err := l.derivedCustomers(ctx)
	if err != nil {
		return LoadInfo{}, err
	}
	info := LoadInfo{
		ID: l.id, Run: l.spec.Run, Base: l.base.ID, PublishedAt: l.w.opt.Now().UTC(), Through: l.spec.Through, FirstDate: first, ClosedThrough: l.base.ClosedThrough,
		Currency: l.spec.Currency, PolicyHash: l.spec.PolicyHash, Complete: l.spec.Full,
		Seals: map[string]uint64{}, Covered: map[string]billing.Date{}, Derived: derived, Rows: l.rows,
	}
	for i, s := range l.spec.Sources {
		info.Seals[s.Source], info.Covered[s.Source] = s.Run, s.Covered
		if i == 0 || s.Covered < info.FinalThrough {
			info.FinalThrough = s.Covered
		}
	}
	info.FinalThrough = min(info.FinalThrough, info.Through)
	return info, nil
}

// derivedCustomers is how many customers were derived again.
func (l *Load) derivedCustomers(ctx context.Context) (int, error) {
	var n uint64
	err := l.w.conn.QueryRow(ctx, "SELECT uniqExact(source, customer_id) FROM "+l.w.table("derived")+" WHERE load_id = {id:UInt64}",
		named("id", l.id)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count derived customers: %w", err)
	}
	return int(n), nil
}

// syncReplicas waits until every replica holds every part that the manifest
// will name: tables replicate independently, and the manifest must come last.
func (w *Warehouse) syncReplicas(ctx context.Context) error {
	if w.schema.Target != Cluster {
		return nil
	}
	names := []string{"restatements"}
	for _, t := range loadTables {
		names = append(names, t.name)
	}
	for _, name := range names {
		if err := w.exec(ctx, "sync replicas of "+name, "SYSTEM SYNC REPLICA"+w.schema.OnCluster()+" "+w.table(name)); err != nil {
			return err
		}
	}
	return nil
}

// Discard drops what was written for the load. One that was published, or was
// to be, is left alone.
// It is a courtesy to the disk: what it leaves, the next load drops.
func (l *Load) Discard(ctx context.Context) error {
	if l.state == ended {
		return nil
	}
	l.state = ended
	if l.w.leased().over() {
		return nil // it is for whoever has the warehouse now to tidy up
	}
	all, err := l.w.partitions(ctx)
	if err != nil {
		return fmt.Errorf("discard load %d: %w", l.id, err)
	}
	for _, t := range loadTables {
		own := slices.DeleteFunc(all[t.name], func(p partition) bool { return p.owner != l.id })
		if err := l.w.dropPartitions(ctx, t.name, own); err != nil {
			return fmt.Errorf("discard load %d: %w", l.id, err)
		}
	}
	return nil
}
