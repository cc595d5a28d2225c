CREATE TABLE IF NOT EXISTS {{.Store}}.periods{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1)),
    subscription_id String COMMENT 'The provider''s subscription' CODEC(ZSTD(1)),
    item_id String COMMENT 'The provider''s subscription item' CODEC(ZSTD(1)),
    product_id LowCardinality(String) COMMENT 'Product or item; the plan where the provider has none',
    product_name LowCardinality(String) COMMENT 'Name of the product',
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan',
    plan_name LowCardinality(String) COMMENT 'Name of the plan',
    currency LowCardinality(String) COMMENT 'ISO 4217',
    valid_from Date COMMENT 'First day' CODEC(ZSTD(1)),
    valid_to Date COMMENT 'Day after the last day; 2149-06-06: open' CODEC(ZSTD(1)),
    quantity Decimal(18, 4) COMMENT 'Units; four places' CODEC(ZSTD(1)),
    mrr Decimal(18, 4) COMMENT 'Committed MRR of the item on each of the days, in currency; never negative, 0 for free items' CODEC(ZSTD(1)),
    scheduled Bool COMMENT 'Agreed, but waits for evidence: in the forward view, in no past or present day',
    segments Map(LowCardinality(String), String) COMMENT 'Segment to its value as of the days' CODEC(ZSTD(1)),
    evidence Enum8('version' = 1, 'phase' = 2, 'invoice' = 3, 'carried' = 4, 'earliest' = 5, 'observed' = 6, 'held' = 7, 'contract' = 8) COMMENT 'The weakest kind of evidence that the period rests on',
    object_kind LowCardinality(String) COMMENT 'The provider object it came from: kind',
    object_id String COMMENT 'The provider object it came from: id' CODEC(ZSTD(1)),
    object_version Int64 COMMENT 'The provider object it came from: version' CODEC(ZSTD(1)),
    rule LowCardinality(String) COMMENT 'The policy rule that decided',
    refs Array(LowCardinality(String)) COMMENT 'Catalogue objects the amount was computed from, kind/id' CODEC(ZSTD(1))
)
ENGINE = {{.MergeTree}}
PARTITION BY load_id
ORDER BY (source, customer_id, subscription_id, item_id, valid_from)
{{.Settings}}
COMMENT 'The truth: what an item''s MRR was, during the days [valid_from, valid_to). Periods of an item never overlap; days without one have no MRR'
