CREATE TABLE IF NOT EXISTS {{.Store}}.staged_movements{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load',
    date Date COMMENT 'The day on which MRR differs from the day before; may lie after through' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1)),
    subscription_id String COMMENT 'The provider''s subscription' CODEC(ZSTD(1)),
    item_id String COMMENT 'The provider''s subscription item' CODEC(ZSTD(1)),
    product_id LowCardinality(String) COMMENT 'Product or item; the plan where the provider has none',
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan',
    currency LowCardinality(String) COMMENT 'ISO 4217',
    movement Enum8('new' = 1, 'expansion' = 2, 'contraction' = 3, 'churn' = 4, 'reactivation' = 5) COMMENT 'What the change is to the account; all rows of an account, currency and day carry one',
    amount Decimal(18, 4) COMMENT 'Change of the item''s MRR in currency, signed' CODEC(ZSTD(1)),
    amount_reporting Decimal(18, 4) COMMENT 'amount in the reporting currency at the rate of the day, signed; 0 when conversion is off' CODEC(ZSTD(1)),
    reason LowCardinality(String) COMMENT 'Why: new, quantity, price, plan, item, discount, trial, ramp, pause, resume, cancel, unpaid, recovered, transfer, restatement',
    scheduled Bool COMMENT 'Follows from a scheduled period: in no past or present day',
    segments Map(LowCardinality(String), String) COMMENT 'Segment to its value as of the day' CODEC(ZSTD(1)),
    object_kind LowCardinality(String) COMMENT 'The provider object that shows it: kind',
    object_id String COMMENT 'The provider object that shows it: id' CODEC(ZSTD(1)),
    object_version Int64 COMMENT 'The provider object that shows it: version' CODEC(ZSTD(1))
)
ENGINE = {{.MergeTree}}
PARTITION BY load_id
ORDER BY (source, customer_id, subscription_id, item_id, currency, date)
{{.Settings}}
COMMENT 'The movements of the customers that a load derived again upon closed months, until it is known whether they follow from the closed days'
