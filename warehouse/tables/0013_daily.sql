CREATE TABLE IF NOT EXISTS {{.Store}}.daily{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1)),
    subscription_id String COMMENT 'The provider''s subscription' CODEC(ZSTD(1)),
    item_id String COMMENT 'The provider''s subscription item' CODEC(ZSTD(1)),
    product_id LowCardinality(String) COMMENT 'Product or item; the plan where the provider has none' CODEC(ZSTD(1)),
    product_name LowCardinality(String) COMMENT 'Name of the product' CODEC(ZSTD(1)),
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan' CODEC(ZSTD(1)),
    plan_name LowCardinality(String) COMMENT 'Name of the plan' CODEC(ZSTD(1)),
    currency LowCardinality(String) COMMENT 'ISO 4217' CODEC(ZSTD(1)),
    date Date COMMENT 'The day, in the reporting time zone' CODEC(Delta(2), ZSTD(1)),
    quantity Decimal(18, 4) COMMENT 'Units; four places' CODEC(ZSTD(1)),
    mrr Decimal(18, 4) COMMENT 'Committed MRR of the item on the day, in currency; above 0' CODEC(ZSTD(1)),
    mrr_reporting Decimal(18, 4) COMMENT 'mrr in the reporting currency at the rate of the day; 0 when conversion is off' CODEC(ZSTD(1)),
    segments Map(LowCardinality(String), String) COMMENT 'Segment to its value as of the day' CODEC(ZSTD(1))
)
ENGINE = {{.MergeTree}}
PARTITION BY (toYYYYMM(date), load_id)
ORDER BY (source, customer_id, subscription_id, item_id, date)
{{.Settings}}
COMMENT 'Committed MRR per item and day, expanded from periods; only the months that a load changed are stored under its load_id'
