CREATE OR REPLACE VIEW {{.DB}}.loads{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load: its id',
    status LowCardinality(String) COMMENT 'current: what all views show; superseded: an earlier one that is kept and can be published again; dropped: an earlier one whose rows are gone',
    run UInt64 COMMENT 'The run that published it',
    base UInt64 COMMENT 'The load it was built upon; 0: none',
    published_at DateTime64(6, 'UTC') COMMENT 'When it was published, UTC',
    first_date Date COMMENT 'The first day with MRR or a movement; 1970-01-01 if there is none',
    through Date COMMENT 'The last day that it has',
    final_through Date COMMENT 'The last day that every source had covered: days up to it are final, later ones provisional',
    reporting_currency LowCardinality(String) COMMENT 'The reporting currency, ISO 4217; empty when conversion is off',
    policy_hash String COMMENT 'Hash of policy, zone, currency, segments and derivation code',
    complete Bool COMMENT 'Every account was derived again, not only those with new evidence',
    derived UInt64 COMMENT 'Customers derived again',
    restored UInt64 COMMENT 'The earlier load that a rollback published again under this id; 0 if it is no rollback',
    closed_through Date COMMENT 'The last day of the last closed month: what the load says of days up to it was taken over as it was closed; 1970-01-01 if nothing is closed',
    covered Map(String, Date) COMMENT 'Source to the last day it was covered through',
    rows Map(String, UInt64) COMMENT 'Table to the number of its rows that were written for this load'
)
{{.Security}}
AS SELECT
    load_id,
    multiIf(
        load_id = (SELECT max(load_id) FROM {{.Store}}.manifest), 'current',
        load_id IN (SELECT load_id FROM {{.Store}}.dropped_loads), 'dropped',
        'superseded') AS status,
    run, base, published_at, first_date, through, final_through, reporting_currency, policy_hash, complete, derived, restored, closed_through, covered, rows
FROM {{.Store}}.manifest
WHERE table = ''
COMMENT 'Published loads, one row per load. The one with the highest load_id is what all views show'
