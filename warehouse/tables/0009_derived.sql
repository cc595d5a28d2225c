CREATE TABLE IF NOT EXISTS {{.Store}}.derived{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The customer that was derived again' CODEC(ZSTD(1))
)
ENGINE = {{.MergeTree}}
PARTITION BY load_id
ORDER BY (source, customer_id)
{{.Settings}}
COMMENT 'The customers a load derived again; the rows of all others were carried forward from its base'
