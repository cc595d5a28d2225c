CREATE TABLE IF NOT EXISTS {{.Store}}.dropped_loads{{.OnCluster}}
(
    load_id UInt64 COMMENT 'A published load whose own rows are gone, or about to be',
    dropped_at DateTime64(6, 'UTC') COMMENT 'When they were given up, UTC'
)
ENGINE = {{.MergeTree}}
ORDER BY load_id
{{.Settings}}
COMMENT 'Loads that can no longer be published again. A row is written before the first partition of its load is dropped'
