-- What it looks at: the partitions to drop, the schema to compare, the shards of the cluster.
GRANT{{.OnCluster}}
    SELECT ON system.parts,
    SELECT ON system.tables,
    SELECT ON system.columns,
    SELECT ON system.projections,
    SELECT ON system.clusters{{if .OnCluster}},
    CLUSTER ON *.*{{end}}
TO {{.Writer}}
