CREATE TABLE IF NOT EXISTS {{.Store}}.manifest{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load: microseconds since 1970 of its start, made unique. The newest is what readers see',
    table LowCardinality(String) COMMENT 'The table of the store this row speaks of; empty on the header row of a load',
    bucket UInt32 COMMENT 'The month as YYYYMM for tables partitioned by month, else 0',
    part_load UInt64 COMMENT 'The load under whose load_id the rows are stored',
    run UInt64 COMMENT 'The run that published; header row only, like all that follow',
    base UInt64 COMMENT 'The load it was built upon; 0: none',
    published_at DateTime64(6, 'UTC') COMMENT 'When it was published, UTC',
    through Date COMMENT 'The last day that readers see',
    final_through Date COMMENT 'The last day that every source had covered: days up to it are final, later ones provisional',
    first_date Date COMMENT 'The first day with MRR or a movement; 1970-01-01 if there is none',
    reporting_currency LowCardinality(String) COMMENT 'The reporting currency, ISO 4217; empty when conversion is off',
    policy_hash String COMMENT 'Hash of policy, zone, currency, segments and derivation code',
    complete Bool COMMENT 'Every account was derived again',
    seals Map(String, UInt64) COMMENT 'Source to the run it was read up to',
    covered Map(String, Date) COMMENT 'Source to the last day it was covered through',
    derived UInt64 COMMENT 'Customers derived again',
    rows Map(String, UInt64) COMMENT 'Table to the number of its rows that were written for this load'
)
ENGINE = {{.MergeTree}}
ORDER BY (load_id, table, bucket)
{{.Settings}}
COMMENT 'Which partitions make up each published load. A load is published by one insert of one block, so it is there whole or not at all'
