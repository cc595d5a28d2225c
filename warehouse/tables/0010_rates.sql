CREATE TABLE IF NOT EXISTS {{.Store}}.rates{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load',
    currency LowCardinality(String) COMMENT 'ISO 4217',
    date Date COMMENT 'The day' CODEC(Delta(2), ZSTD(1)),
    rate Decimal(38, 10) COMMENT 'Units of the reporting currency for one unit of currency: the latest known at or before the day' CODEC(ZSTD(1))
)
ENGINE = {{.MergeTree}}
PARTITION BY load_id
ORDER BY (currency, date)
{{.Settings}}
COMMENT 'The exchange rate of every currency in use on every day from its first rate to through. Empty when conversion is off'
