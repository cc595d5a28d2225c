CREATE OR REPLACE VIEW {{.DB}}.retention_monthly{{.OnCluster}}
(
    month Date COMMENT 'First day of the month',
    currency LowCardinality(String) COMMENT 'Currency of arpa and of what all shares are taken of, ISO 4217',
    nrr Float64 COMMENT 'Net revenue retention: MRR at the month''s end of the accounts that had MRR at its start / what they had then; a share rounded to six places (1.05 is 105 %), never negative; 0 when nothing was there at the start',
    grr Float64 COMMENT 'Gross revenue retention: the same, each account counted with no more than it had at the start; a share from 0 to 1',
    logo_churn_rate Float64 COMMENT 'customers_churned / customers_start, a share from 0 to 1 rounded to six places; 0 without customers at the start',
    revenue_churn_rate Float64 COMMENT '(contraction + churned) / starting MRR of the waterfall, a share rounded to six places, never negative; 0 when nothing was there at the start',
    quick_ratio Float64 COMMENT '(new + expansion + reactivation) / (contraction + churned) of the waterfall, rounded to six places, never negative; 0 when nothing was lost',
    arpa Decimal(38, 4) COMMENT 'MRR / customers at the month''s end, in major units of currency, rounded to four places; 0 without customers',
    customers_start UInt64 COMMENT 'Accounts with MRR above 0 in the currency at the end of the month before',
    customers_new UInt64 COMMENT 'Accounts with MRR at the month''s end that never had any in the currency before the month',
    customers_reactivated UInt64 COMMENT 'Accounts with MRR at the month''s end and none at its start that had some in the currency earlier',
    customers_churned UInt64 COMMENT 'Accounts with MRR at the month''s start and none in the currency at its end',
    customers_end UInt64 COMMENT 'Accounts with MRR above 0 in the currency at the month''s end: start + new + reactivated - churned. Not additive over currencies',
    base_defined Bool COMMENT 'There was MRR at the month''s start, so that nrr, grr and the churn rates mean something',
    quick_ratio_defined Bool COMMENT 'Something was lost, so that quick_ratio means something',
    health LowCardinality(String) COMMENT 'declining when net new MRR is negative, at risk when losses exceed 80 % of new + expansion + reactivation, else healthy'
)
{{.Security}}
AS SELECT
    month, currency,
    if(base_defined, round(toFloat64(starting + kept) / toFloat64(starting), 6), 0) AS nrr,
    if(base_defined, round(toFloat64(starting + shrunk) / toFloat64(starting), 6), 0) AS grr,
    if(customers_start > 0, round(customers_churned / customers_start, 6), 0) AS logo_churn_rate,
    if(base_defined, round(toFloat64(losses) / toFloat64(starting), 6), 0) AS revenue_churn_rate,
    if(quick_ratio_defined, round(toFloat64(gains) / toFloat64(losses), 6), 0) AS quick_ratio,
    if(customers_end = 0, 0, round(toDecimal128(ending, 8) / greatest(customers_end, 1), 4)) AS arpa,
    toUInt64(toInt64(customers_end) - (toInt64(customers_new) + toInt64(customers_reactivated) - toInt64(customers_churned))) AS customers_start,
    customers_new, customers_reactivated, customers_churned, customers_end,
    toBool(starting > 0) AS base_defined,
    toBool(losses > 0) AS quick_ratio_defined,
    multiIf(gains < losses, 'declining', toDecimal128(losses, 4) * 10 > toDecimal128(gains, 4) * 8, 'at risk', 'healthy') AS health
FROM
(
    SELECT
        month, currency, gains, losses, kept, shrunk, ending, ending - net AS starting,
        customers_new, customers_reactivated, customers_churned, customers_end
    FROM
    (
        SELECT
            month, currency,
            sum(gain) AS gains, sum(loss) AS losses, sum(gain) - sum(loss) AS net,
            sum(keep) AS kept, sum(shrink) AS shrunk,
            sum(come) AS customers_new, sum(back) AS customers_reactivated, sum(gone) AS customers_churned,
            sum(sum(gain) - sum(loss)) OVER (PARTITION BY currency ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS ending,
            toUInt64(sum(toInt64(sum(come)) + toInt64(sum(back)) - toInt64(sum(gone))) OVER (PARTITION BY currency ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS customers_end
        FROM
        (
                SELECT
                    toStartOfMonth(date) AS month, currency,
                    new_mrr + expansion_mrr + reactivation_mrr AS gain,
                    contraction_mrr + churned_mrr AS loss,
                    toDecimal128(0, 4) AS keep, toDecimal128(0, 4) AS shrink,
                    toUInt64(0) AS come, toUInt64(0) AS back, toUInt64(0) AS gone
                FROM {{.Store}}.day_totals
                WHERE {{.Part "day_totals"}} AND movements > 0
            UNION ALL
                SELECT
                    month, currency, toDecimal128(0, 4), toDecimal128(0, 4),
                    kept_mrr, lost_mrr, customers_new, customers_reactivated, customers_churned
                FROM {{.Store}}.cohort_months
                WHERE {{.Part "cohort_months"}} AND currency != ''
            UNION ALL
                -- Every month of a currency from its first movement on.
                SELECT
                    addMonths(
                        toStartOfMonth(first),
                        arrayJoin(range(toUInt32(dateDiff('month', first, (SELECT max(through) FROM {{.Header}}))) + 1))) AS month,
                    currency,
                    toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toUInt64(0), toUInt64(0), toUInt64(0)
                FROM
                (
                    SELECT currency, min(date) AS first
                    FROM {{.Store}}.day_totals
                    WHERE {{.Part "day_totals"}} AND movements > 0
                    GROUP BY currency
                )
        )
        GROUP BY month, currency
    )
)
COMMENT 'Retention of revenue and of customers, one row per month and currency, without gaps from the currency''s first movement through the month of the last published day. The running month counts as far as it is published'
