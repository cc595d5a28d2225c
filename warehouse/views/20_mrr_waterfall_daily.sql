CREATE OR REPLACE VIEW {{.DB}}.mrr_waterfall_daily{{.OnCluster}}
(
    date Date COMMENT 'The day, in the reporting time zone',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    starting_mrr Decimal(38, 4) COMMENT 'MRR at the end of the day before, in major units of currency; never negative',
    new_mrr Decimal(38, 4) COMMENT 'MRR of accounts that never had any before, in major units of currency; a positive magnitude',
    expansion_mrr Decimal(38, 4) COMMENT 'Growth of accounts that had MRR, in major units of currency; a positive magnitude',
    reactivation_mrr Decimal(38, 4) COMMENT 'MRR of accounts that came back, in major units of currency; a positive magnitude',
    contraction_mrr Decimal(38, 4) COMMENT 'Shrinking of accounts that kept MRR, in major units of currency; a positive magnitude that is subtracted',
    churned_mrr Decimal(38, 4) COMMENT 'MRR of accounts that went to zero, in major units of currency; a positive magnitude that is subtracted',
    net_new_mrr Decimal(38, 4) COMMENT 'new + expansion + reactivation - contraction - churned, in major units of currency; signed',
    ending_mrr Decimal(38, 4) COMMENT 'MRR at the end of the day, in major units of currency: starting + net new, and the sum of mrr_daily on the day',
    growth_rate Float64 COMMENT 'net_new_mrr / starting_mrr, a share (0.05 is 5 %) rounded to six places, signed; 0 when starting_mrr is 0',
    growth_defined Bool COMMENT 'starting_mrr is not 0, so that growth_rate means something'
)
{{.Security}}
AS SELECT
    date, currency,
    ending_mrr - net_new_mrr AS starting_mrr,
    new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr, net_new_mrr, ending_mrr,
    if(growth_defined, round(toFloat64(net_new_mrr) / toFloat64(starting_mrr), 6), 0) AS growth_rate,
    toBool(starting_mrr != 0) AS growth_defined
FROM
(
    SELECT
        date, currency,
        sum(new) AS new_mrr, sum(expansion) AS expansion_mrr, sum(reactivation) AS reactivation_mrr,
        sum(contraction) AS contraction_mrr, sum(churn) AS churned_mrr, sum(net) AS net_new_mrr,
        sum(sum(net)) OVER (PARTITION BY currency ORDER BY date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS ending_mrr
    FROM
    (
            SELECT
                date, currency, new_mrr AS new, expansion_mrr AS expansion, reactivation_mrr AS reactivation, contraction_mrr AS contraction, churned_mrr AS churn,
                new + expansion + reactivation - contraction - churn AS net
            FROM {{.Store}}.day_totals
            WHERE {{.Part "day_totals"}} AND movements > 0
        UNION ALL
            -- Every day of a currency from its first movement on, so that quiet days are rows of zeros.
            SELECT
                toDate(arrayJoin(range(toUInt32(first), toUInt32((SELECT max(through) FROM {{.Header}})) + 1))) AS date, currency,
                toDecimal128(0, 4) AS new, toDecimal128(0, 4) AS expansion, toDecimal128(0, 4) AS reactivation,
                toDecimal128(0, 4) AS contraction, toDecimal128(0, 4) AS churn, toDecimal128(0, 4) AS net
            FROM
            (
                SELECT currency, min(date) AS first
                FROM {{.Store}}.day_totals
                WHERE {{.Part "day_totals"}} AND movements > 0
                GROUP BY currency
            )
    )
    GROUP BY date, currency
)
COMMENT 'The MRR waterfall, one row per day and currency, without gaps from the currency''s first movement through the last published day. It closes exactly: starting + new + expansion + reactivation - contraction - churned = ending'
