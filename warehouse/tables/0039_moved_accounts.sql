CREATE TABLE IF NOT EXISTS {{.Store}}.moved_accounts{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load',
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1))
)
ENGINE = {{.MergeTree}}
PARTITION BY load_id
ORDER BY account_id
{{.Settings}}
COMMENT 'The accounts that may differ from the base of a load, until it is added up: their shares alone are taken out of the base''s sums and put in anew'
