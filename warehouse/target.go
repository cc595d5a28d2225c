package warehouse

import (
	"net/url"
	"strings"
)

// Target is a kind of ClickHouse. What it decides (engines, ON CLUSTER, the
// settings of tables and of our own statements, the SQL SECURITY of views) is
// decided in this file and nowhere else.
type Target uint8

// The targets.
const (
	// Embedded is the engine inside the process.
	Embedded Target = iota + 1
	// Server is a single ClickHouse server.
	Server
	// Cluster is one shard of several replicas: ON CLUSTER, Replicated engines.
	Cluster
	// Cloud is ClickHouse Cloud: plain MergeTree, which the service replicates.
	Cloud
)

// cloudHost ends the names of ClickHouse Cloud's servers.
const cloudHost = ".clickhouse.cloud"

// TargetOf is the kind of ClickHouse behind a DSN; cluster is the configured
// one, or empty.
func TargetOf(dsn, cluster string) Target {
	if strings.HasPrefix(dsn, "chdb://") {
		return Embedded
	}
	if cluster != "" {
		return Cluster
	}
	if u, err := url.Parse(dsn); err == nil && strings.HasSuffix(strings.ToLower(u.Hostname()), cloudHost) {
		return Cloud
	}
	return Server
}

// OnCluster is the clause behind a name in DDL, with a space before it, or
// empty.
func (s Schema) OnCluster() string {
	if s.Target != Cluster {
		return ""
	}
	return " ON CLUSTER " + quote(s.Cluster)
}

// replica are the arguments of every Replicated engine. The path names the table
// and not its UUID, which another CREATE on a replica that joined later would
// not share.
const replica = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"

// MergeTree is the engine of an append-only table.
func (s Schema) MergeTree() string {
	if s.Target == Cluster {
		return "ReplicatedMergeTree(" + replica + ")"
	}
	return "MergeTree"
}

// Replacing is the engine of a table of which only the row with the highest
// version of each key counts. It saves space alone: readers never rely on it.
func (s Schema) Replacing(version string) string {
	if s.Target == Cluster {
		return "ReplicatedReplacingMergeTree(" + replica + ", " + quote(version) + ")"
	}
	return "ReplacingMergeTree(" + quote(version) + ")"
}

// Settings is the SETTINGS clause of every table. Where there is one copy of the
// data, what was acknowledged is on the disk and not in its cache: a cursor must
// not outlive the objects it covers in a power failure, nor a manifest the rows
// it names. A server also recognizes a repeated insert of one block; replicated
// tables do so by themselves, and a quorum stands in for the disk.
func (s Schema) Settings() string {
	const durable = "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1"
	switch {
	case s.Target == Embedded && !s.Volatile:
		return durable
	case s.Target == Server:
		return durable + ", non_replicated_deduplication_window = 1000"
	}
	return ""
}

// Security is the SQL SECURITY clause of every view: the same on all targets.
// A definer's view is read in a context of its own, which shares neither
// snapshots nor scalar subqueries with the rest of the statement: two views in
// one statement can then show two loads when a publish falls between them, and
// one view none at all for an instant. As the invoker, a statement sees one
// load. A reader therefore needs a grant on the tables that views read: Grants
// names exactly those.
func (s Schema) Security() string { return "SQL SECURITY INVOKER" }

// session are the settings that every statement of ours runs under.
func (s Schema) session() map[string]any {
	all := map[string]any{
		"async_insert":                             0, // an answered INSERT is in its table
		"max_partitions_per_insert_block":          0, // a batch of invoice lines spans years
		"throw_on_max_partitions_per_insert_block": 0,
	}
	switch s.Target {
	case Cluster:
		// An answered INSERT survives the loss of a replica, and an ALTER is
		// done on all of them before the next statement relies on it.
		all["insert_quorum"] = "auto"
		all["alter_sync"] = 2
	case Cloud:
		// The next statement may be answered by another node.
		all["select_sequential_consistency"] = 1
	case Embedded, Server:
	}
	return all
}
