CREATE TABLE IF NOT EXISTS {{.Store}}.raw_objects{{.OnCluster}}
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer; empty for catalogue objects, which belong to everyone' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'The provider''s own name of the type',
    id String COMMENT 'The provider''s id of the object' CODEC(ZSTD(1)),
    version Int64 COMMENT 'Orders the versions of an object: the provider''s number, else microseconds since 1970' CODEC(Delta(8), ZSTD(1)),
    run UInt64 COMMENT 'The run that landed it' CODEC(Delta(8), ZSTD(1)),
    seen_at DateTime64(6, 'UTC') COMMENT 'When the provider was asked for it, UTC' CODEC(Delta(8), ZSTD(1)),
    origin Enum8('listed' = 1, 'fetched' = 2, 'embedded' = 3) COMMENT 'How it reached us',
    deleted Bool COMMENT 'The provider says that the object is gone; the payload may be the last known',
    digest UInt64 COMMENT 'First 64 bits of SHA-256 over deleted and payload: equal digests are equal versions' CODEC(NONE),
    payload String COMMENT 'The object as the provider sent it, JSON, without the personal fields that privacy drops' CODEC(ZSTD(3))
)
ENGINE = {{.MergeTree}}
ORDER BY (source, customer_id, kind, id, version, run)
{{.Settings}}
COMMENT 'Every version of every provider object, append-only. Everything else can be derived from it'
