CREATE TABLE IF NOT EXISTS {{.Store}}.slice_months{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load',
    segment LowCardinality(String) COMMENT 'The segment by whose values MRR is divided; empty: it is divided by plans',
    source LowCardinality(String) COMMENT 'Of a plan its source; empty for segments',
    value String COMMENT 'The plan, or the value of the segment, empty for what has none' CODEC(ZSTD(1)),
    month Date COMMENT 'First day of the month that is looked at',
    currency LowCardinality(String) COMMENT 'ISO 4217',
    new_mrr Decimal(38, 4) COMMENT 'Its part in the month''s movements new, in currency; positive',
    expansion_mrr Decimal(38, 4) COMMENT 'Its part in the month''s movements expansion, in currency; positive',
    reactivation_mrr Decimal(38, 4) COMMENT 'Its part in the month''s movements reactivation, in currency; positive',
    contraction_mrr Decimal(38, 4) COMMENT 'Its part in the month''s movements contraction, in currency, as a positive magnitude',
    churned_mrr Decimal(38, 4) COMMENT 'Its part in the month''s movements churn, in currency, as a positive magnitude',
    new_reporting Decimal(38, 4) COMMENT 'new_mrr in the reporting currency',
    expansion_reporting Decimal(38, 4) COMMENT 'expansion_mrr in the reporting currency',
    reactivation_reporting Decimal(38, 4) COMMENT 'reactivation_mrr in the reporting currency',
    contraction_reporting Decimal(38, 4) COMMENT 'contraction_mrr in the reporting currency',
    churned_reporting Decimal(38, 4) COMMENT 'churned_mrr in the reporting currency',
    change_mrr Decimal(38, 4) COMMENT 'By how much its MRR changed in the month, in currency, signed: its parts in the movements and what was transferred',
    customers Int64 COMMENT 'By how many accounts with MRR above 0 in it there are more at the month''s end than at its start, signed'
)
ENGINE = {{.MergeTree}}
PARTITION BY load_id
ORDER BY (segment, source, value, currency, month)
{{.Settings}}
COMMENT 'What a load says of each plan and of each value of each segment, month by month and currency by currency, added up when it is built: the views of plans and segments follow from it. Months in which nothing happens to one have no row'
