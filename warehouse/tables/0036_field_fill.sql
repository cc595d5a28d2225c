CREATE TABLE IF NOT EXISTS {{.Store}}.field_fill{{.OnCluster}}
(
    run UInt64 COMMENT 'The run' CODEC(Delta(8), ZSTD(1)),
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream',
    kind LowCardinality(String) COMMENT 'The provider''s own name of the type',
    api_version LowCardinality(String) COMMENT 'The version of the provider''s API that the objects are in',
    field LowCardinality(String) COMMENT 'The path of the field within the object',
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of a run and field counts' CODEC(Delta(8), ZSTD(1)),
    objects UInt64 COMMENT 'How often the field could have been there, of the objects that were looked into' CODEC(ZSTD(1)),
    filled UInt64 COMMENT 'How often it was' CODEC(ZSTD(1))
)
ENGINE = {{.Replacing "seq"}}
ORDER BY (source, run, stream, kind, api_version, field)
{{.Settings}}
COMMENT 'One row per run and field that the figures depend on: how often the provider sent it'
