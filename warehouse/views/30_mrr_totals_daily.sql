CREATE OR REPLACE VIEW {{.DB}}.mrr_totals_daily{{.OnCluster}}
(
    date Date COMMENT 'The day, in the reporting time zone',
    currency LowCardinality(String) COMMENT 'Currency of all amounts but mrr_reporting, ISO 4217',
    mrr Decimal(38, 4) COMMENT 'Committed MRR at the end of the day, in major units of currency; never negative. The sum of mrr_daily on the day',
    arr Decimal(38, 4) COMMENT 'Annual run rate, 12 x mrr, in major units of currency; never negative',
    mrr_reporting Decimal(38, 4) COMMENT 'mrr in major units of the reporting currency: the sum of mrr_daily.mrr_reporting on the day; 0 when conversion is off',
    customers UInt64 COMMENT 'Accounts with MRR above 0 in the currency, with policy free_counts_as_customer also those on free items. Not additive over currencies: an account may pay in several',
    subscriptions UInt64 COMMENT 'Subscriptions with MRR above 0 in the currency, with policy free_counts_as_customer also free ones',
    arpa Decimal(38, 4) COMMENT 'mrr / customers, in major units of currency, rounded to four places; 0 without customers',
    day_status LowCardinality(String) COMMENT 'final once every source has covered the day, provisional before'
)
{{.Security}}
AS SELECT
    date, currency, mrr,
    mrr * 12 AS arr,
    reporting AS mrr_reporting,
    customers, subscriptions,
    if(customers = 0, 0, round(toDecimal128(mrr, 8) / greatest(customers, 1), 4)) AS arpa,
    if(date <= (SELECT max(final_through) FROM {{.Header}}), 'final', 'provisional') AS day_status
FROM
(
    SELECT
        date, currency,
        sum(reporting) AS reporting,
        sum(sum(mrr)) OVER (PARTITION BY currency ORDER BY date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS mrr,
        toUInt64(sum(sum(customers)) OVER (PARTITION BY currency ORDER BY date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS customers,
        toUInt64(sum(sum(subscriptions)) OVER (PARTITION BY currency ORDER BY date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS subscriptions
    FROM
    (
            -- What MRR changed by, day by day: the level is its running sum, which reads far less than the daily rows.
            SELECT date, currency, sum(amount) AS mrr, toDecimal128(0, 4) AS reporting, toInt64(0) AS customers, toInt64(0) AS subscriptions
            FROM {{.Store}}.movements
            WHERE {{.Part "movements"}} AND NOT scheduled
              AND date <= (SELECT max(through) FROM {{.Header}})
            GROUP BY date, currency
        UNION ALL
            -- Every day of a currency from its first one on.
            SELECT
                toDate(arrayJoin(range(toUInt32(first), toUInt32((SELECT max(through) FROM {{.Header}})) + 1))) AS date,
                currency, toDecimal128(0, 4), toDecimal128(0, 4), toInt64(0), toInt64(0)
            FROM
            (
                SELECT currency, min(valid_from) AS first
                FROM {{.Store}}.periods
                WHERE {{.Part "periods"}} AND NOT scheduled
                  AND valid_from <= (SELECT max(through) FROM {{.Header}})
                GROUP BY currency
            )
        UNION ALL
            -- Conversion rounds each item by itself, so only the items' sum ties out.
            SELECT date, currency, toDecimal128(0, 4), sum(mrr_reporting), toInt64(0), toInt64(0)
            FROM {{.Store}}.daily
            WHERE {{.Parts "daily" "date"}}
            GROUP BY date, currency
        UNION ALL
            -- The days on which an account begins or ceases to pay: where the running count of its items leaves or reaches zero.
            SELECT tupleElement(turn, 1) AS date, currency, toDecimal128(0, 4), toDecimal128(0, 4), sum(tupleElement(turn, 2)), toInt64(0)
            FROM
            (
                SELECT
                    currency,
                    arraySort(arrayConcat(groupArray((valid_from, toInt64(1))), groupArray((valid_to, toInt64(-1))))) AS steps,
                    arrayCumSum(tupleElement(steps, 2)) AS items,
                    arrayJoin(arrayFilter(
                        (s, n) -> tupleElement(s, 2) = 1 AND n = 1 OR tupleElement(s, 2) = -1 AND n = 0,
                        steps, items)) AS turn
                FROM {{.Store}}.periods
                WHERE {{.Part "periods"}} AND NOT scheduled
                GROUP BY account_id, currency
            )
            WHERE date <= (SELECT max(through) FROM {{.Header}})
            GROUP BY date, currency
        UNION ALL
            -- The same for subscriptions.
            SELECT tupleElement(turn, 1) AS date, currency, toDecimal128(0, 4), toDecimal128(0, 4), toInt64(0), sum(tupleElement(turn, 2))
            FROM
            (
                SELECT
                    currency,
                    arraySort(arrayConcat(groupArray((valid_from, toInt64(1))), groupArray((valid_to, toInt64(-1))))) AS steps,
                    arrayCumSum(tupleElement(steps, 2)) AS items,
                    arrayJoin(arrayFilter(
                        (s, n) -> tupleElement(s, 2) = 1 AND n = 1 OR tupleElement(s, 2) = -1 AND n = 0,
                        steps, items)) AS turn
                FROM {{.Store}}.periods
                WHERE {{.Part "periods"}} AND NOT scheduled
                GROUP BY source, customer_id, subscription_id, currency
            )
            WHERE date <= (SELECT max(through) FROM {{.Header}})
            GROUP BY date, currency
    )
    GROUP BY date, currency
)
COMMENT 'Committed MRR and who pays it, one row per day and currency, without gaps from the currency''s first day through the last published day'
