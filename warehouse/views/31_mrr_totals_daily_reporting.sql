CREATE OR REPLACE VIEW {{.DB}}.mrr_totals_daily_reporting{{.OnCluster}}
(
    date Date COMMENT 'The day, in the reporting time zone',
    reporting_currency LowCardinality(String) COMMENT 'The reporting currency, ISO 4217',
    mrr Decimal(38, 4) COMMENT 'Committed MRR at the end of the day over all currencies at the day''s rates, in major units of the reporting currency: the sum of mrr_daily.mrr_reporting; never negative',
    arr Decimal(38, 4) COMMENT 'Annual run rate, 12 x mrr, in major units of the reporting currency; never negative',
    customers UInt64 COMMENT 'Accounts with MRR above 0 in any currency, with policy free_counts_as_customer also those on free items',
    subscriptions UInt64 COMMENT 'Subscriptions with MRR above 0, with policy free_counts_as_customer also free ones',
    arpa Decimal(38, 4) COMMENT 'mrr / customers, in major units of the reporting currency, rounded to four places; 0 without customers',
    day_status LowCardinality(String) COMMENT 'final once every source has covered the day, provisional before'
)
{{.Security}}
AS SELECT
    date,
    {{.ReportingCurrency}} AS reporting_currency,
    mrr,
    mrr * 12 AS arr,
    customers, subscriptions,
    if(customers = 0, 0, round(toDecimal128(mrr, 8) / greatest(customers, 1), 4)) AS arpa,
    if(date <= {{.FinalThrough}}, 'final', 'provisional') AS day_status
FROM
(
    SELECT
        date,
        sum(level) AS mrr,
        toUInt64(sum(sum(accounts)) OVER (ORDER BY date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS customers,
        toUInt64(sum(sum(agreements)) OVER (ORDER BY date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS subscriptions
    FROM
    (
            SELECT date, mrr_reporting AS level, if(currency = '', customers, 0) AS accounts, if(currency = '', subscriptions, 0) AS agreements
            FROM {{.Store}}.day_totals
            WHERE {{.Part "day_totals"}}
        UNION ALL
            -- Every day from the first one on.
            SELECT
                toDate(arrayJoin(range(toUInt32(first), toUInt32({{.Through}}) + 1))) AS date,
                toDecimal128(0, 4), toInt64(0), toInt64(0)
            FROM
            (
                SELECT min(date) AS first
                FROM {{.Store}}.day_totals
                WHERE {{.Part "day_totals"}}
                HAVING count() > 0
            )
    )
    GROUP BY date
)
WHERE {{.ReportingCurrency}} != ''
COMMENT 'Committed MRR over all currencies in the reporting currency, and who pays it, one row per day, without gaps from the first day through the last published one'
