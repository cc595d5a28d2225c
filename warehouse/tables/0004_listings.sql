CREATE TABLE IF NOT EXISTS {{.Store}}.listings{{.OnCluster}}
(
    run UInt64 COMMENT 'The run that listed it',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream that brought it',
    customer_id String COMMENT 'The provider''s customer; empty for catalogue objects' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'The provider''s own name of the type',
    id String COMMENT 'The provider''s id of the object' CODEC(ZSTD(1))
)
ENGINE = {{.MergeTree}}
PARTITION BY run
ORDER BY (source, stream, customer_id, kind, id)
{{.Settings}}
COMMENT 'What the provider listed in the newest runs, repeats included: proof that nothing was lost. Older runs are dropped'
