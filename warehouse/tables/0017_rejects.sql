CREATE TABLE IF NOT EXISTS {{.Store}}.rejects{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'What could not be read: the object''s kind, or item, price, row',
    id String COMMENT 'Its id' CODEC(ZSTD(1)),
    code LowCardinality(String) COMMENT 'Why, short and stable',
    detail String COMMENT 'Why, for an operator: what was found and what was expected' CODEC(ZSTD(1)),
    object_kind LowCardinality(String) COMMENT 'The stored payload: kind',
    object_id String COMMENT 'The stored payload: id' CODEC(ZSTD(1)),
    object_version Int64 COMMENT 'The stored payload: version' CODEC(ZSTD(1)),
    first_seen DateTime64(6, 'UTC') COMMENT 'When a load first had it, UTC' CODEC(ZSTD(1))
)
ENGINE = {{.MergeTree}}
PARTITION BY load_id
ORDER BY (source, customer_id, kind, id, code)
{{.Settings}}
COMMENT 'What could not be understood: kept, counted and shown, in no total'
