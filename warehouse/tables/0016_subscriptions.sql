CREATE TABLE IF NOT EXISTS {{.Store}}.subscriptions{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1)),
    subscription_id String COMMENT 'The provider''s subscription' CODEC(ZSTD(1)),
    name String COMMENT 'Name; empty if it has none' CODEC(ZSTD(1)),
    currency LowCardinality(String) COMMENT 'ISO 4217',
    status LowCardinality(String) COMMENT 'active, past_due, non_renewing, trialing, future, incomplete, unpaid, paused or canceled',
    start_date Date COMMENT 'First day of service' CODEC(ZSTD(1)),
    end_date Date COMMENT 'Day after the last day of service; 2149-06-06: open' CODEC(ZSTD(1)),
    cancel_date Date COMMENT 'The day on which it is known to end; 2149-06-06: none' CODEC(ZSTD(1)),
    trial_end Date COMMENT 'First paid day after the trial; 1970-01-01: no trial' CODEC(ZSTD(1)),
    has_provider_mrr Bool COMMENT 'The provider states an MRR of its own',
    provider_mrr Decimal(18, 4) COMMENT 'The provider''s own figure in currency, for comparison alone; 0 if it has none' CODEC(ZSTD(1)),
    segments Map(LowCardinality(String), String) COMMENT 'Segment to its latest value' CODEC(ZSTD(1))
)
ENGINE = {{.MergeTree}}
PARTITION BY load_id
ORDER BY (source, customer_id, subscription_id)
{{.Settings}}
COMMENT 'Subscriptions as last known'
