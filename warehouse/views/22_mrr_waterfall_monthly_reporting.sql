CREATE OR REPLACE VIEW {{.DB}}.mrr_waterfall_monthly_reporting{{.OnCluster}}
(
    month Date COMMENT 'First day of the month',
    starting_mrr Decimal(38, 4) COMMENT 'ending_mrr of the month before, in major units of the reporting currency; never negative',
    new_mrr Decimal(38, 4) COMMENT 'MRR of accounts that never had any before, in major units of the reporting currency at the rates of the days; a positive magnitude',
    expansion_mrr Decimal(38, 4) COMMENT 'Growth of accounts that had MRR, in major units of the reporting currency at the rates of the days; a positive magnitude',
    reactivation_mrr Decimal(38, 4) COMMENT 'MRR of accounts that came back, in major units of the reporting currency at the rates of the days; a positive magnitude',
    contraction_mrr Decimal(38, 4) COMMENT 'Shrinking of accounts that kept MRR, in major units of the reporting currency at the rates of the days; a positive magnitude that is subtracted',
    churned_mrr Decimal(38, 4) COMMENT 'MRR of accounts that went to zero, in major units of the reporting currency at the rates of the days; a positive magnitude that is subtracted',
    fx_adjustment Decimal(38, 4) COMMENT 'What rates alone changed, in major units of the reporting currency, signed: the part of ending - starting that no movement explains, rounding of items included',
    net_new_mrr Decimal(38, 4) COMMENT 'new + expansion + reactivation - contraction - churned, in major units of the reporting currency; signed, without fx_adjustment',
    ending_mrr Decimal(38, 4) COMMENT 'MRR at the end of last_day at that day''s rates, in major units of the reporting currency: the sum of mrr_daily.mrr_reporting on last_day',
    last_day Date COMMENT 'The last day in the row: the month''s last one, or the last published one of the month that is not over',
    growth_rate Float64 COMMENT '(ending_mrr - starting_mrr) / starting_mrr, a share (0.05 is 5 %) rounded to six places, signed; 0 when starting_mrr is 0',
    growth_defined Bool COMMENT 'starting_mrr is not 0, so that growth_rate means something',
    reporting_currency LowCardinality(String) COMMENT 'The reporting currency, ISO 4217'
)
{{.Security}}
AS SELECT
    month, starting_mrr, new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr,
    ending_mrr - starting_mrr - net_new_mrr AS fx_adjustment,
    net_new_mrr, ending_mrr,
    least(toLastDayOfMonth(month), (SELECT max(through) FROM {{.Header}})) AS last_day,
    if(growth_defined, round(toFloat64(ending_mrr - starting_mrr) / toFloat64(starting_mrr), 6), 0) AS growth_rate,
    toBool(starting_mrr != 0) AS growth_defined,
    (SELECT max(reporting_currency) FROM {{.Header}}) AS reporting_currency
FROM
(
    SELECT
        month,
        sum(new) AS new_mrr, sum(expansion) AS expansion_mrr, sum(reactivation) AS reactivation_mrr,
        sum(contraction) AS contraction_mrr, sum(churn) AS churned_mrr, sum(net) AS net_new_mrr,
        sum(level) AS ending_mrr,
        lagInFrame(sum(level), 1, toDecimal128(0, 4)) OVER (ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS starting_mrr
    FROM
    (
            SELECT
                toStartOfMonth(date) AS month,
                new_reporting AS new, expansion_reporting AS expansion, reactivation_reporting AS reactivation,
                contraction_reporting AS contraction, churned_reporting AS churn,
                new + expansion + reactivation - contraction - churn AS net,
                if(date = least(toLastDayOfMonth(date), (SELECT max(through) FROM {{.Header}})), mrr_reporting, toDecimal128(0, 4)) AS level
            FROM {{.Store}}.day_totals
            WHERE {{.Part "day_totals"}} AND currency != ''
              AND date >= (SELECT min(date) FROM {{.Store}}.day_totals WHERE {{.Part "day_totals"}} AND movements > 0)
        UNION ALL
            -- Every month from the first movement on, so that quiet months are rows of their own.
            SELECT
                addMonths(
                    toStartOfMonth(first),
                    arrayJoin(range(toUInt32(dateDiff('month', first, (SELECT max(through) FROM {{.Header}}))) + 1))) AS month,
                toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4)
            FROM
            (
                SELECT min(date) AS first
                FROM {{.Store}}.day_totals
                WHERE {{.Part "day_totals"}} AND movements > 0
                HAVING count() > 0
            )
    )
    GROUP BY month
)
-- Conversion can be off: then there is nothing to say in a reporting currency.
WHERE (SELECT max(reporting_currency) FROM {{.Header}}) != ''
COMMENT 'The MRR waterfall over all currencies in the reporting currency, one row per month, without gaps from the first movement through the month of the last published day. It closes exactly: starting + new + expansion + reactivation - contraction - churned + fx_adjustment = ending'
