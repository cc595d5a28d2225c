package warehouse

import (
	"context"
	"fmt"
)

// oneShard refuses a cluster that the server does not know, or whose nodes do
// not all hold everything: facts are not sharded, a reader on another shard
// would find nothing.
func (w *Warehouse) oneShard(ctx context.Context) error {
	if w.schema.Target != Cluster {
		return nil
	}
	var shards uint64
	err := w.conn.QueryRow(ctx, "SELECT uniqExact(shard_num) FROM system.clusters WHERE cluster = {cluster:String}",
		named("cluster", w.schema.Cluster)).Scan(&shards)
	if err != nil {
		return fmt.Errorf("look up cluster %q: %w", w.schema.Cluster, err)
	}
	return judgeShards(w.schema.Cluster, shards)
}

func judgeShards(cluster string, shards uint64) error {
	switch shards {
	case 0:
		return fmt.Errorf("warehouse.cluster: the server knows no cluster %q: `SELECT DISTINCT cluster FROM system.clusters` lists those it knows", cluster)
	case 1:
		return nil
	}
	return fmt.Errorf("warehouse.cluster: %q has %d shards, and a warehouse is not sharded: name a cluster of one shard whose replicas each hold everything", cluster, shards)
}

// catchUp waits until the replica that we speak with has all that was ever
// answered by another: a run reads the newest load, cursors and seals, and after
// a failover this may be a replica that lags.
func (w *Warehouse) catchUp(ctx context.Context) error {
	if w.schema.Target != Cluster {
		return nil
	}
	var tables []string
	err := w.each(ctx, "list replicated tables", `
		SELECT name FROM system.tables WHERE database = {db:String} AND engine LIKE 'Replicated%' ORDER BY name`, func(scan func(...any) error) error {
		tables = append(tables, "")
		return scan(&tables[len(tables)-1])
	}, named("db", w.schema.StoreName()))
	if err != nil {
		return err
	}
	for _, name := range tables {
		if err := w.exec(ctx, "catch up with "+name, "SYSTEM SYNC REPLICA "+w.table(name)); err != nil {
			return err
		}
	}
	return nil
}
