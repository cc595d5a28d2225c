CREATE TABLE IF NOT EXISTS {{.Store}}.restatements{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load that says otherwise than its base; rows of a load that was never published mean nothing',
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1)),
    currency LowCardinality(String) COMMENT 'ISO 4217',
    valid_from Date COMMENT 'First day' CODEC(ZSTD(1)),
    valid_to Date COMMENT 'Day after the last day' CODEC(ZSTD(1)),
    mrr_before Decimal(38, 4) COMMENT 'MRR of the account on each of the days as it was published, in currency' CODEC(ZSTD(1)),
    mrr_after Decimal(38, 4) COMMENT 'The same as the load has it, in currency' CODEC(ZSTD(1)),
    reason LowCardinality(String) COMMENT 'Causes, joined by +: identity, policy, source_removed, late_evidence, catalogue, rollback; derivation when none of them holds',
    evidence LowCardinality(String) COMMENT 'Kinds of the provider objects about the account that landed since the base load, joined by comma and space'
)
ENGINE = {{.MergeTree}}
ORDER BY (load_id, account_id, currency, valid_from)
{{.Settings}}
COMMENT 'What was said of final days before a load and what it says of them. Kept when the rows of the load are dropped: it is the trail of what readers were told'
