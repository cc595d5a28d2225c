-- 10_reader_profile
-- Reads alone, within limits. Grafana sets max_execution_time on every query, other tools what is listed behind it: they may, within bounds.
CREATE SETTINGS PROFILE IF NOT EXISTS `mrr_reader` SETTINGS
    readonly = 1,
    max_execution_time = 60 MIN 1 MAX 300 CHANGEABLE_IN_READONLY,
    max_result_rows = 1000000 MIN 1 MAX 10000000 CHANGEABLE_IN_READONLY,
    max_memory_usage = 4000000000 MIN 1 MAX 8000000000,
    result_overflow_mode CHANGEABLE_IN_READONLY,
    session_timezone CHANGEABLE_IN_READONLY,
    date_time_output_format CHANGEABLE_IN_READONLY,
    join_use_nulls CHANGEABLE_IN_READONLY,
    enable_http_compression CHANGEABLE_IN_READONLY,
    send_progress_in_http_headers CHANGEABLE_IN_READONLY,
    http_headers_progress_interval_ms CHANGEABLE_IN_READONLY,
    select_sequential_consistency = 1;

-- 20_reader_role
CREATE ROLE IF NOT EXISTS `mrr_reader` SETTINGS PROFILE `mrr_reader`;

-- 30_reader_views
GRANT SELECT ON `mrr`.* TO `mrr_reader`;

-- 40_reader_tables
-- Views are read as their invoker, so that a statement sees one load. These are the tables they read, and no others: not the providers' objects, not the cursors.
GRANT
    SELECT ON `mrr_store`.`closings`,
    SELECT ON `mrr_store`.`cohort_months`,
    SELECT ON `mrr_store`.`completeness_slices`,
    SELECT ON `mrr_store`.`completeness`,
    SELECT ON `mrr_store`.`customers`,
    SELECT ON `mrr_store`.`daily`,
    SELECT ON `mrr_store`.`day_totals`,
    SELECT ON `mrr_store`.`dropped_loads`,
    SELECT ON `mrr_store`.`field_fill`,
    SELECT ON `mrr_store`.`invoice_lines`,
    SELECT ON `mrr_store`.`manifest`,
    SELECT ON `mrr_store`.`movements`,
    SELECT ON `mrr_store`.`periods`,
    SELECT ON `mrr_store`.`rates`,
    SELECT ON `mrr_store`.`rejects`,
    SELECT ON `mrr_store`.`restatements`,
    SELECT ON `mrr_store`.`run_sources`,
    SELECT ON `mrr_store`.`runs`,
    SELECT ON `mrr_store`.`slice_months`,
    SELECT ON `mrr_store`.`subscriptions`
TO `mrr_reader`;

-- 50_writer_role
CREATE ROLE IF NOT EXISTS `mrr_writer`;

-- 60_writer_schema
-- For mrrsync itself. The third database stands for the scratch copies that `mrrsync schema check` compares with and drops.
GRANT
    SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP DATABASE, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE, SYSTEM SYNC REPLICA ON `mrr`.*,
    SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP DATABASE, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE, SYSTEM SYNC REPLICA ON `mrr_store`.*,
    SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP DATABASE, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE, SYSTEM SYNC REPLICA ON mrr_drift_*.*
TO `mrr_writer`;

-- 70_writer_system
-- What it looks at: the partitions to drop, the schema to compare, the shards of the cluster.
GRANT
    SELECT ON system.parts,
    SELECT ON system.tables,
    SELECT ON system.columns,
    SELECT ON system.projections,
    SELECT ON system.clusters
TO `mrr_writer`;

