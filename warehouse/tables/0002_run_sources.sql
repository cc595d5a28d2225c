CREATE TABLE IF NOT EXISTS {{.Store}}.run_sources{{.OnCluster}}
(
    run UInt64 COMMENT 'The run',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of a run and source counts',
    status LowCardinality(String) COMMENT 'done, failed or skipped',
    started_at DateTime64(6, 'UTC') COMMENT 'When pulling the source started, UTC',
    finished_at DateTime64(6, 'UTC') COMMENT 'When pulling the source ended, UTC',
    requests UInt64 COMMENT 'Requests sent to the provider',
    listed UInt64 COMMENT 'Objects that the provider listed, repeats included',
    landed UInt64 COMMENT 'New versions that were stored',
    rejected UInt64 COMMENT 'Objects or parts of them that could not be understood',
    error String COMMENT 'Why the source failed; empty if it did not'
)
ENGINE = {{.Replacing "seq"}}
ORDER BY (source, run)
{{.Settings}}
COMMENT 'One row per run and source: what was asked, listed and landed, and whether it worked'
