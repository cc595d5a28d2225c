CREATE TABLE IF NOT EXISTS {{.Store}}.sweeps{{.OnCluster}}
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'The provider''s own name of the type',
    id String COMMENT 'The provider''s id of the object' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of an object counts' CODEC(Delta(8), ZSTD(1)),
    run UInt64 COMMENT 'The run that asked' CODEC(Delta(8), ZSTD(1)),
    asked_at DateTime64(6, 'UTC') COMMENT 'When the provider was asked for it, UTC' CODEC(Delta(8), ZSTD(1)),
    gone Bool COMMENT 'The provider does not know it any more'
)
ENGINE = {{.Replacing "seq"}}
ORDER BY (source, customer_id, kind, id)
{{.Settings}}
COMMENT 'When each open object was last asked for by its id: those not seen for longest are asked for first'
