CREATE OR REPLACE VIEW {{.DB}}.cohorts_monthly{{.OnCluster}}
(
    cohort Date COMMENT 'First day of the month in which the accounts had their first MRR in any currency',
    age UInt16 COMMENT 'Months since the cohort''s own, which is 0',
    month Date COMMENT 'First day of the month that is looked at: cohort + age months',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    base_customers UInt64 COMMENT 'Accounts of the cohort that were new in the currency; the same for every age',
    base_mrr Decimal(38, 4) COMMENT 'What the cohort''s accounts began with, the sum of their movements new in the cohort''s month, in major units of currency; the same for every age, never negative',
    customers UInt64 COMMENT 'Accounts of the cohort with MRR above 0 in the currency at the month''s end; for the running month on the last published day',
    mrr Decimal(38, 4) COMMENT 'MRR of the cohort''s accounts at the month''s end, in major units of currency; never negative',
    customer_retention Float64 COMMENT 'customers / base_customers, a share rounded to six places, never negative; above 1 where accounts took up the currency later; 0 when base_customers is 0',
    revenue_retention Float64 COMMENT 'mrr / base_mrr, a share rounded to six places (1.05 is 105 %), never negative; 0 when base_mrr is 0',
    base_defined Bool COMMENT 'base_mrr is not 0, so that the two shares mean something'
)
{{.Security}}
AS SELECT
    cohort, age, month, currency,
    max(base_count) OVER life AS base_customers,
    max(base) OVER life AS base_mrr,
    toUInt64(sum(come) OVER (life ORDER BY age ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS customers,
    sum(net) OVER (life ORDER BY age ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS mrr,
    if(base_customers > 0, round(customers / base_customers, 6), 0) AS customer_retention,
    if(base_mrr > 0, round(toFloat64(mrr) / toFloat64(base_mrr), 6), 0) AS revenue_retention,
    toBool(base_mrr > 0) AS base_defined
FROM
(
    SELECT
        cohort, toUInt16(dateDiff('month', cohort, month)) AS age, month, currency,
        sum(net) AS net, sum(come) AS come, sum(base) AS base, sum(base_count) AS base_count
    FROM
    (
            SELECT
                cohort, month, currency, net_mrr AS net,
                toInt64(customers_new + customers_reactivated) - toInt64(customers_churned) AS come,
                base_mrr AS base, base_customers AS base_count
            FROM {{.Store}}.cohort_months
            WHERE {{.Part "cohort_months"}} AND currency != ''
        UNION ALL
            -- Every month of a cohort and currency, so that quiet ones go on as they were.
            SELECT
                cohort,
                addMonths(cohort, arrayJoin(range(toUInt32(dateDiff('month', cohort, (SELECT max(through) FROM {{.Header}}))) + 1))) AS month,
                currency, toDecimal128(0, 4), toInt64(0), toDecimal128(0, 4), toUInt64(0)
            FROM
            (
                SELECT DISTINCT cohort, currency
                FROM {{.Store}}.cohort_months
                WHERE {{.Part "cohort_months"}} AND currency != ''
            )
    )
    GROUP BY cohort, month, currency
)
WINDOW life AS (PARTITION BY cohort, currency)
COMMENT 'What becomes of the accounts that began in one month, one row per cohort, age and currency, without gaps from the cohort''s month through that of the last published day. Over all cohorts the MRR of a month is its ending MRR'
