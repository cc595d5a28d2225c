CREATE TABLE IF NOT EXISTS {{.Store}}.customers{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1)),
    name String COMMENT 'Name, as privacy leaves it' CODEC(ZSTD(1)),
    email String COMMENT 'E-mail, as privacy leaves it' CODEC(ZSTD(1)),
    currency LowCardinality(String) COMMENT 'The customer''s own currency, ISO 4217; empty if unknown',
    country LowCardinality(String) COMMENT 'Country as the provider writes it; empty if unknown',
    created_at Date COMMENT 'Day of creation at the provider; 1970-01-01 if unknown' CODEC(ZSTD(1)),
    deleted Bool COMMENT 'The provider says that the customer is gone',
    first_mrr_date Date COMMENT 'First day of the account with MRR; 1970-01-01 if there is none' CODEC(ZSTD(1)),
    segments Map(LowCardinality(String), String) COMMENT 'Segment to its latest value' CODEC(ZSTD(1))
)
ENGINE = {{.MergeTree}}
PARTITION BY load_id
ORDER BY (source, customer_id)
{{.Settings}}
COMMENT 'Customers as last known'
