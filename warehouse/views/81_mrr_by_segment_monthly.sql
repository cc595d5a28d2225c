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
    starting_mrr, new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr,
    ending_mrr - starting_mrr - net_new_mrr AS transfer_mrr,
    new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr AS net_new_mrr,
    ending_mrr, customers,
    if(customers = 0, 0, round(toDecimal128(ending_mrr, 8) / greatest(customers, 1), 4)) AS arpa
FROM
(
    SELECT
        month, segment, value, currency,
        sum(n) AS new_mrr, sum(e) AS expansion_mrr, sum(r) AS reactivation_mrr, sum(c) AS contraction_mrr, sum(x) AS churned_mrr,
        sum(level) AS ending_mrr,
        lagInFrame(sum(level), 1, toDecimal128(0, 4)) OVER (PARTITION BY segment, value, currency ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS starting_mrr,
        sum(accounts) AS customers
    FROM
    (
            -- A value's part in an account's day: of the values that went the way the account did, each has its share. What went the other way was transferred.
            SELECT
                toStartOfMonth(date) AS month, segment, value, currency,
                sumIf(part, movement = 'new') AS n, sumIf(part, movement = 'expansion') AS e, sumIf(part, movement = 'reactivation') AS r,
                -sumIf(part, movement = 'contraction') AS c, -sumIf(part, movement = 'churn') AS x,
                toDecimal128(0, 4) AS level, toUInt64(0) AS accounts
            FROM
            (
                -- Running sums are rounded and not the parts, so that the parts add up to the account's movement.
                SELECT
                    date, segment, value, currency, movement,
                    if(along = 0, toDecimal128(0, 4),
                        toDecimal128(round(toDecimal256(upto, 12) * total / along, 4), 4)
                        - toDecimal128(round(toDecimal256(upto - way, 12) * total / along, 4), 4)) AS part
                FROM
                (
                    SELECT
                        date, segment, value, currency, movement, total,
                        if(sign(change) = sign(total), change, toDecimal128(0, 4)) AS way,
                        sum(way) OVER (PARTITION BY segment, date, account_id, currency, movement) AS along,
                        sum(way) OVER (PARTITION BY segment, date, account_id, currency, movement ORDER BY value ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS upto
                    FROM
                    (
                        SELECT
                            date, account_id, arrayJoin(keys) AS segment, segments[segment] AS value, currency, movement,
                            sum(amount) AS change,
                            sum(sum(amount)) OVER (PARTITION BY segment, date, account_id, currency, movement) AS total
                        FROM {{.Store}}.movements
                        WHERE {{.Part "movements"}} AND NOT scheduled
                          AND date <= (SELECT max(through) FROM {{.Header}})
                        GROUP BY date, account_id, segment, value, currency, movement
                    )
                )
            )
            GROUP BY month, segment, value, currency
        UNION ALL
            -- A segment can change while MRR does not, so the level is that of the days. Few sums by the whole of segments first: a map in each of the daily rows
            -- is dear to look into.
            SELECT
                month, arrayJoin(keys) AS segment, segments[segment] AS value, currency,
                toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4),
                sum(here), uniqExactMerge(heads)
            FROM
            (
                SELECT toStartOfMonth(date) AS month, segments, currency, sum(mrr) AS here, uniqExactState(account_id) AS heads
                FROM {{.Store}}.daily
                WHERE {{.Parts "daily" "date"}}
                  AND date = least(toLastDayOfMonth(date), (SELECT max(through) FROM {{.Header}}))
                GROUP BY month, segments, currency
            )
            GROUP BY month, segment, value, currency
        UNION ALL
            -- Every month of a value from its first day on.
            SELECT
                addMonths(
                    toStartOfMonth(first),
                    arrayJoin(range(toUInt32(dateDiff('month', first, (SELECT max(through) FROM {{.Header}}))) + 1))) AS month,
                segment, value, currency,
                toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toUInt64(0)
            FROM
            (
                SELECT arrayJoin(keys) AS segment, segments[segment] AS value, currency, min(valid_from) AS first
                FROM {{.Store}}.periods
                WHERE {{.Part "periods"}} AND NOT scheduled AND mrr > 0
                  AND valid_from <= (SELECT max(through) FROM {{.Header}})
                GROUP BY segment, value, currency
            )
    )
    GROUP BY month, segment, value, currency
)
COMMENT 'The MRR waterfall of each value of each configured segment, one row per month, segment, value and currency, without gaps from the value''s first day with MRR through the month of the last published day. It closes exactly: starting + new + expansion + reactivation - contraction - churned + transfer = ending; over all values of a segment it is mrr_waterfall_monthly'
