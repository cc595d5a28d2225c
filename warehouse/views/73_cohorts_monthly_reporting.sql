CREATE OR REPLACE VIEW {{.DB}}.cohorts_monthly_reporting{{.OnCluster}}
(
    cohort Date COMMENT 'First day of the month in which the accounts had their first MRR in any currency',
    age UInt16 COMMENT 'Months since the cohort''s own, which is 0',
    month Date COMMENT 'First day of the month that is looked at: cohort + age months',
    base_customers UInt64 COMMENT 'Accounts of the cohort; the same for every age',
    base_mrr Decimal(38, 4) COMMENT 'What the cohort''s accounts began with, the sum of their movements new in the cohort''s month at the rates of their days, in major units of the reporting currency; the same for every age, never negative',
    customers UInt64 COMMENT 'Accounts of the cohort with MRR above 0 in any currency at the month''s end; for the running month on the last published day',
    mrr Decimal(38, 4) COMMENT 'MRR of the cohort''s accounts at the month''s end at the rates of that day, in major units of the reporting currency; never negative',
    customer_retention Float64 COMMENT 'customers / base_customers, a share from 0 to 1 rounded to six places; 0 when base_customers is 0',
    revenue_retention Float64 COMMENT 'mrr / base_mrr, a share rounded to six places (1.05 is 105 %), never negative; exchange rates move it too; 0 when base_mrr is 0',
    base_defined Bool COMMENT 'base_mrr is not 0, so that revenue_retention means something',
    reporting_currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217'
)
{{.Security}}
AS SELECT
    cohort, age, month,
    max(base_count) OVER life AS base_customers,
    max(base) OVER life AS base_mrr,
    customers, mrr,
    if(base_customers > 0, round(customers / base_customers, 6), 0) AS customer_retention,
    if(base_mrr > 0, round(toFloat64(mrr) / toFloat64(base_mrr), 6), 0) AS revenue_retention,
    toBool(base_mrr > 0) AS base_defined,
    (SELECT max(reporting_currency) FROM {{.Header}}) AS reporting_currency
FROM
(
    SELECT
        cohort, toUInt16(dateDiff('month', cohort, month)) AS age, month,
        sum(level) AS mrr, sum(accounts) AS customers, sum(base) AS base, sum(base_count) AS base_count
    FROM
    (
            SELECT
                cohort, month, sum(level) AS level, count() AS accounts, toDecimal128(0, 4) AS base, toUInt64(0) AS base_count
            FROM
            (
                SELECT toStartOfMonth(date) AS month, account_id, sum(mrr_reporting) AS level
                FROM {{.Store}}.daily
                WHERE {{.Parts "daily" "date"}}
                  AND date = least(toLastDayOfMonth(date), (SELECT max(through) FROM {{.Header}}))
                GROUP BY month, account_id
            ) AS d
            ALL INNER JOIN
            (
                SELECT account_id, toStartOfMonth(min(date)) AS cohort
                FROM {{.Store}}.movements
                WHERE {{.Part "movements"}} AND NOT scheduled
                  AND date <= (SELECT max(through) FROM {{.Header}})
                GROUP BY account_id
            ) AS c ON d.account_id = c.account_id
            GROUP BY cohort, month
        UNION ALL
            -- Every month of a cohort; what it began with stands in the first.
            SELECT
                cohort,
                addMonths(cohort, arrayJoin(range(toUInt32(dateDiff('month', cohort, (SELECT max(through) FROM {{.Header}}))) + 1)) AS later) AS month,
                toDecimal128(0, 4), toUInt64(0),
                if(later = 0, fresh, toDecimal128(0, 4)), if(later = 0, started, toUInt64(0))
            FROM
            (
                SELECT cohort, sum(fresh) AS fresh, count() AS started
                FROM
                (
                    SELECT account_id, min(month) AS cohort, argMin(new, month) AS fresh
                    FROM
                    (
                        SELECT account_id, toStartOfMonth(date) AS month, sumIf(amount_reporting, movement = 'new') AS new
                        FROM {{.Store}}.movements
                        WHERE {{.Part "movements"}} AND NOT scheduled
                          AND date <= (SELECT max(through) FROM {{.Header}})
                        GROUP BY account_id, month
                    )
                    GROUP BY account_id
                )
                GROUP BY cohort
            )
    )
    GROUP BY cohort, month
)
WHERE (SELECT max(reporting_currency) FROM {{.Header}}) != ''
WINDOW life AS (PARTITION BY cohort)
SETTINGS join_use_nulls = 0
COMMENT 'What becomes of the accounts that began in one month, in the reporting currency: one row per cohort and age, without gaps from the cohort''s month through that of the last published day. Over all cohorts the MRR of a month is its ending MRR'
