CREATE OR REPLACE VIEW {{.DB}}.runs{{.OnCluster}}
(
    run UInt64 COMMENT 'The run: its id',
    verb LowCardinality(String) COMMENT 'The verb that ran: sync, plan, rebuild, load rollback, load close, load reopen or load gc',
    status LowCardinality(String) COMMENT 'running, done, partial (published, but a source failed, too much was rejected or the run could not be recorded), failed or aborted',
    exit_code UInt8 COMMENT 'The exit code it answered: 0 done, 1 failed, 2 wrong usage or configuration, 3 partial, 4 locked',
    started_at DateTime64(6, 'UTC') COMMENT 'When it started, UTC',
    finished_at DateTime64(6, 'UTC') COMMENT 'When it ended, UTC; 1970-01-01 while it runs',
    seconds Float64 COMMENT 'How long it took, in seconds; 0 while it runs',
    through Date COMMENT 'The last day it was to publish; 1970-01-01 if it got no further',
    load_id UInt64 COMMENT 'The load it published; 0 if none',
    policy_hash String COMMENT 'Hash of policy, zone, currency, segments and derivation code',
    requests UInt64 COMMENT 'Requests sent to providers',
    listed UInt64 COMMENT 'Objects that providers listed, repeats included',
    landed UInt64 COMMENT 'New versions of objects that were stored',
    rejected UInt64 COMMENT 'Objects or parts of them that could not be understood',
    receipt String COMMENT 'The receipt, JSON',
    error String COMMENT 'Why it failed; empty if it did not'
)
{{.Security}}
AS SELECT
    run, verb, status, exit_code, started_at, finished_at,
    if(finished_at > started_at, dateDiff('microsecond', started_at, finished_at) / 1e6, 0) AS seconds,
    through, load_id, policy_hash,
    s.requests AS requests, s.listed AS listed, s.landed AS landed, s.rejected AS rejected,
    receipt, error
FROM (SELECT * FROM {{.Store}}.runs ORDER BY run, seq DESC LIMIT 1 BY run) AS r
LEFT JOIN
(
    SELECT run, sum(requests) AS requests, sum(listed) AS listed, sum(landed) AS landed, sum(rejected) AS rejected
    FROM (SELECT * FROM {{.Store}}.run_sources ORDER BY source, run, seq DESC LIMIT 1 BY source, run)
    GROUP BY run
) AS s ON r.run = s.run
SETTINGS join_use_nulls = 0
COMMENT 'Runs of the verbs that may write, one row per run'
