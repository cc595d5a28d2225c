CREATE TABLE IF NOT EXISTS {{.Store}}.completeness{{.OnCluster}}
(
    run UInt64 COMMENT 'The run',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream',
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of a run, source and stream counts',
    listed UInt64 COMMENT 'Distinct objects that the provider listed',
    landed UInt64 COMMENT 'Those of them that the warehouse holds',
    missing UInt64 COMMENT 'Those of them that the warehouse does not hold: above 0 the source counts as failed'
)
ENGINE = {{.Replacing "seq"}}
ORDER BY (source, run, stream)
{{.Settings}}
COMMENT 'One row per run, source and stream: what was listed against what is held'
