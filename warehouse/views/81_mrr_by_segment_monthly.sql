CREATE OR REPLACE VIEW {{.DB}}.mrr_by_segment_monthly{{.OnCluster}}
(
    month Date COMMENT 'First day of the month',
    segment LowCardinality(String) COMMENT 'The configured segment: the key. Each segment has all of the MRR, so amounts of different segments are never added up',
    value String COMMENT 'Value of the segment; empty for what has none',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    starting_mrr Decimal(38, 4) COMMENT 'MRR of the value at the end of the month before, in major units of currency; never negative',
    new_mrr Decimal(38, 4) COMMENT 'The value''s part in the MRR of accounts that never had any before, in major units of currency; a positive magnitude',
    expansion_mrr Decimal(38, 4) COMMENT 'The value''s part in the growth of accounts, in major units of currency; a positive magnitude',
    reactivation_mrr Decimal(38, 4) COMMENT 'The value''s part in the MRR of accounts that came back, in major units of currency; a positive magnitude',
    contraction_mrr Decimal(38, 4) COMMENT 'The value''s part in the shrinking of accounts, in major units of currency; a positive magnitude that is subtracted',
    churned_mrr Decimal(38, 4) COMMENT 'The value''s part in the MRR of accounts that went to zero, in major units of currency; a positive magnitude that is subtracted',
    transfer_mrr Decimal(38, 4) COMMENT 'What came from other values of the segment without a change of the account, less what went to them, in major units of currency, signed; 0 over all values of a segment and currency',
    net_new_mrr Decimal(38, 4) COMMENT 'new + expansion + reactivation - contraction - churned, in major units of currency; signed, without transfer',
    ending_mrr Decimal(38, 4) COMMENT 'MRR of the value at the end of the month, for the running month on the last published day, in major units of currency: starting + net new + transfer',
    customers UInt64 COMMENT 'Accounts with MRR above 0 in the value at the end of the month. Not additive over values',
    arpa Decimal(38, 4) COMMENT 'ending_mrr / customers, in major units of currency, rounded to four places; 0 without customers'
)
{{.Security}}
AS WITH CAST([{{range $i, $s := .Segments}}{{if $i}}, {{end}}{{literal $s}}{{end}}], 'Array(LowCardinality(String))') AS keys
SELECT
    month, segment, value, currency,
    ending_mrr - change AS starting_mrr,
    new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr,
    change - net_new_mrr AS transfer_mrr,
    new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr AS net_new_mrr,
    ending_mrr, customers,
    if(customers = 0, 0, round(toDecimal128(ending_mrr, 8) / greatest(customers, 1), 4)) AS arpa
FROM
(
    SELECT
        month, segment, value, currency,
        sum(n) AS new_mrr, sum(e) AS expansion_mrr, sum(r) AS reactivation_mrr, sum(c) AS contraction_mrr, sum(x) AS churned_mrr,
        sum(net) AS change,
        sum(sum(net)) OVER story AS ending_mrr,
        toUInt64(sum(sum(heads)) OVER story) AS customers
    FROM
    (
            SELECT
                month, segment, value, currency, new_mrr AS n, expansion_mrr AS e, reactivation_mrr AS r, contraction_mrr AS c, churned_mrr AS x,
                change_mrr AS net, customers AS heads
            FROM {{.Store}}.slice_months
            WHERE {{.Part "slice_months"}} AND has(keys, segment)
        UNION ALL
            -- Every month of a value from its first one on.
            SELECT
                addMonths(first, arrayJoin(range(toUInt32(dateDiff('month', first, (SELECT max(through) FROM {{.Header}}))) + 1))) AS month,
                segment, value, currency,
                toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toInt64(0)
            FROM
            (
                SELECT segment, value, currency, min(month) AS first
                FROM {{.Store}}.slice_months
                WHERE {{.Part "slice_months"}} AND has(keys, segment)
                GROUP BY segment, value, currency
            )
    )
    GROUP BY month, segment, value, currency
    WINDOW story AS (PARTITION BY segment, value, currency ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
COMMENT 'The MRR waterfall of each value of each configured segment, one row per month, segment, value and currency, without gaps from the value''s first day with MRR through the month of the last published day. It closes exactly: starting + new + expansion + reactivation - contraction - churned + transfer = ending; over all values of a segment it is mrr_waterfall_monthly'
