CREATE OR REPLACE VIEW {{.DB}}.mrr_by_plan_monthly{{.OnCluster}}
(
    month Date COMMENT 'First day of the month',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan',
    plan_name LowCardinality(String) COMMENT 'Name of the plan, as last known',
    product_id LowCardinality(String) COMMENT 'Product or item, as last known; the plan where the provider has none',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    starting_mrr Decimal(38, 4) COMMENT 'MRR of the plan at the end of the month before, in major units of currency; never negative',
    new_mrr Decimal(38, 4) COMMENT 'The plan''s part in the MRR of accounts that never had any before, in major units of currency; a positive magnitude',
    expansion_mrr Decimal(38, 4) COMMENT 'The plan''s part in the growth of accounts, in major units of currency; a positive magnitude',
    reactivation_mrr Decimal(38, 4) COMMENT 'The plan''s part in the MRR of accounts that came back, in major units of currency; a positive magnitude',
    contraction_mrr Decimal(38, 4) COMMENT 'The plan''s part in the shrinking of accounts, in major units of currency; a positive magnitude that is subtracted',
    churned_mrr Decimal(38, 4) COMMENT 'The plan''s part in the MRR of accounts that went to zero, in major units of currency; a positive magnitude that is subtracted',
    transfer_mrr Decimal(38, 4) COMMENT 'What came from other plans of the same accounts, less what went to them, in major units of currency, signed; 0 over all plans of a currency',
    net_new_mrr Decimal(38, 4) COMMENT 'new + expansion + reactivation - contraction - churned, in major units of currency; signed, without transfer',
    ending_mrr Decimal(38, 4) COMMENT 'MRR of the plan at the end of the month, for the running month on the last published day, in major units of currency: starting + net new + transfer',
    customers UInt64 COMMENT 'Accounts with MRR above 0 on the plan at the end of the month. Not additive over plans',
    arpa Decimal(38, 4) COMMENT 'ending_mrr / customers, in major units of currency, rounded to four places; 0 without customers'
)
{{.Security}}
AS SELECT
    month, source, plan_id, plan_name, product_id, currency,
    ending_mrr - change AS starting_mrr,
    new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr,
    change - net_new_mrr AS transfer_mrr,
    new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr AS net_new_mrr,
    ending_mrr, customers,
    if(customers = 0, 0, round(toDecimal128(ending_mrr, 8) / greatest(customers, 1), 4)) AS arpa
FROM
(
    SELECT
        month, source, value AS plan_id, currency,
        sum(n) AS new_mrr, sum(e) AS expansion_mrr, sum(r) AS reactivation_mrr, sum(c) AS contraction_mrr, sum(x) AS churned_mrr,
        sum(net) AS change,
        sum(sum(net)) OVER story AS ending_mrr,
        toUInt64(sum(sum(heads)) OVER story) AS customers
    FROM
    (
            SELECT
                month, source, value, currency, new_mrr AS n, expansion_mrr AS e, reactivation_mrr AS r, contraction_mrr AS c, churned_mrr AS x,
                change_mrr AS net, customers AS heads
            FROM {{.Store}}.slice_months
            WHERE {{.Part "slice_months"}} AND segment = ''
        UNION ALL
            -- Every month of a plan from its first one on.
            SELECT
                addMonths(first, arrayJoin(range(toUInt32(dateDiff('month', first, (SELECT max(through) FROM {{.Header}}))) + 1))) AS month,
                source, value, currency,
                toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toInt64(0)
            FROM
            (
                SELECT source, value, currency, min(month) AS first
                FROM {{.Store}}.slice_months
                WHERE {{.Part "slice_months"}} AND segment = ''
                GROUP BY source, value, currency
            )
    )
    GROUP BY month, source, value, currency
    WINDOW story AS (PARTITION BY source, value, currency ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
) AS m
ANY LEFT JOIN
(
    SELECT source, plan_id, argMax(plan_name, (valid_from, plan_name)) AS plan_name, argMax(product_id, (valid_from, product_id)) AS product_id
    FROM {{.Store}}.periods
    WHERE {{.Part "periods"}}
    GROUP BY source, plan_id
) AS p ON m.source = p.source AND m.plan_id = p.plan_id
SETTINGS join_use_nulls = 0
COMMENT 'The MRR waterfall of each plan, one row per month, source, plan and currency, without gaps from the plan''s first movement through the month of the last published day. It closes exactly: starting + new + expansion + reactivation - contraction - churned + transfer = ending; over all plans it is mrr_waterfall_monthly'
