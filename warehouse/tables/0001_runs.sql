CREATE TABLE IF NOT EXISTS {{.Store}}.runs{{.OnCluster}}
(
    run UInt64 COMMENT 'The run: microseconds since 1970 of its start, made unique',
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of a run is its state',
    verb LowCardinality(String) COMMENT 'The verb that ran: sync, plan, rebuild',
    status LowCardinality(String) COMMENT 'running, done, partial, failed or aborted',
    started_at DateTime64(6, 'UTC') COMMENT 'When the run started, UTC',
    finished_at DateTime64(6, 'UTC') COMMENT 'When the run ended, UTC; 1970-01-01 while it runs',
    through Date COMMENT 'The last day the run was asked to publish; 1970-01-01 if it got no further',
    load_id UInt64 COMMENT 'The load the run published; 0 if none',
    policy_hash String COMMENT 'Hash of policy, zone, currency, segments and derivation code',
    exit_code UInt8 COMMENT 'The exit code the run answered',
    receipt String COMMENT 'The receipt of the run, JSON' CODEC(ZSTD(3)),
    error String COMMENT 'Why the run failed; empty if it did not'
)
ENGINE = {{.Replacing "seq"}}
ORDER BY run
{{.Settings}}
COMMENT 'One row per run of a verb that may write. Read the row of a run with the highest seq'
