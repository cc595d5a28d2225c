CREATE TABLE IF NOT EXISTS {{.Store}}.day_totals{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load',
    date Date COMMENT 'The day',
    currency LowCardinality(String) COMMENT 'ISO 4217; empty: all currencies together, in rows that only customers and subscriptions are counted in',
    new_mrr Decimal(38, 4) COMMENT 'Sum of the day''s movements new, in currency; positive',
    expansion_mrr Decimal(38, 4) COMMENT 'Sum of the day''s movements expansion, in currency; positive',
    reactivation_mrr Decimal(38, 4) COMMENT 'Sum of the day''s movements reactivation, in currency; positive',
    contraction_mrr Decimal(38, 4) COMMENT 'Sum of the day''s movements contraction, in currency, as a positive magnitude',
    churned_mrr Decimal(38, 4) COMMENT 'Sum of the day''s movements churn, in currency, as a positive magnitude',
    new_reporting Decimal(38, 4) COMMENT 'new_mrr in the reporting currency',
    expansion_reporting Decimal(38, 4) COMMENT 'expansion_mrr in the reporting currency',
    reactivation_reporting Decimal(38, 4) COMMENT 'reactivation_mrr in the reporting currency',
    contraction_reporting Decimal(38, 4) COMMENT 'contraction_mrr in the reporting currency',
    churned_reporting Decimal(38, 4) COMMENT 'churned_mrr in the reporting currency',
    mrr_reporting Decimal(38, 4) COMMENT 'Sum of the day''s rows of daily in the reporting currency: a level, not a change',
    customers Int64 COMMENT 'By how many accounts with an item in currency there are more than the day before, signed',
    subscriptions Int64 COMMENT 'By how many subscriptions with an item in currency there are more than the day before, signed',
    movements UInt64 COMMENT 'Movements of the day'
)
ENGINE = {{.MergeTree}}
PARTITION BY load_id
ORDER BY (currency, date)
{{.Settings}}
COMMENT 'What a load says of each day and currency, added up when it is built, so that views over the whole history read a few thousand rows. Days on which nothing is to be said have no row'
