CREATE TABLE IF NOT EXISTS {{.Store}}.cohort_months{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load',
    cohort Date COMMENT 'First day of the month in which the accounts had their first MRR in any currency',
    month Date COMMENT 'First day of the month that is looked at',
    currency LowCardinality(String) COMMENT 'ISO 4217; empty: all currencies together, in the reporting currency at the rates of the month''s start',
    net_mrr Decimal(38, 4) COMMENT 'By how much the accounts'' MRR changed in the month, in currency, signed',
    kept_mrr Decimal(38, 4) COMMENT 'The part of net_mrr that is of accounts with MRR at the month''s start, signed',
    lost_mrr Decimal(38, 4) COMMENT 'The part of kept_mrr that is of accounts that shrank over the month; never positive',
    customers_new UInt64 COMMENT 'Accounts with MRR at the month''s end that never had any in currency before the month',
    customers_reactivated UInt64 COMMENT 'Accounts with MRR at the month''s end and none at its start that had some in currency earlier',
    customers_churned UInt64 COMMENT 'Accounts with MRR at the month''s start and none at its end',
    base_mrr Decimal(38, 4) COMMENT 'Sum of the accounts'' movements new, in the cohort''s own month; 0 in all others',
    base_customers UInt64 COMMENT 'Accounts that were new in currency, in the cohort''s own month; 0 in all others',
    mrr_reporting Decimal(38, 4) COMMENT 'The accounts'' MRR at the month''s end in the reporting currency, in the rows of all currencies together; 0 in all others'
)
ENGINE = {{.MergeTree}}
PARTITION BY load_id
ORDER BY (currency, cohort, month)
{{.Settings}}
COMMENT 'What became of the accounts that began in one month, month by month and currency by currency, added up when a load is built: retention and cohorts follow from it. Months in which nothing is to be said have no row'
