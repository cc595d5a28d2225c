CREATE TABLE IF NOT EXISTS {{.Store}}.staged_invoice_lines{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    invoice_id String COMMENT 'The provider''s invoice or credit note' CODEC(ZSTD(1)),
    line_id String COMMENT 'The provider''s line' CODEC(ZSTD(1)),
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1)),
    subscription_id String COMMENT 'The provider''s subscription; empty for lines without' CODEC(ZSTD(1)),
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan; empty for lines without',
    issued_at Date COMMENT 'Day of finalization, else of creation' CODEC(ZSTD(1)),
    period_start Date COMMENT 'First day of the service period' CODEC(ZSTD(1)),
    period_end Date COMMENT 'Day after the last day of the service period' CODEC(ZSTD(1)),
    currency LowCardinality(String) COMMENT 'ISO 4217',
    amount Decimal(18, 4) COMMENT 'Signed amount in currency; discounts and credit notes negative' CODEC(ZSTD(1)),
    treatment LowCardinality(String) COMMENT 'committed, proration, one_time, trial, committed_usage, uncommitted_usage, tax, credit or discount'
)
ENGINE = {{.MergeTree}}
PARTITION BY load_id
ORDER BY (source, customer_id, invoice_id, line_id, treatment)
{{.Settings}}
COMMENT 'The lines of the customers that a load derived again, until it is known in which months they differ from what is stored: only those months of invoice_lines are written'
