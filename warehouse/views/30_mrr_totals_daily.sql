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
    if(date <= {{.FinalThrough}}, 'final', 'provisional') AS day_status
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
            SELECT
                date, currency,
                new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr AS mrr,
                mrr_reporting AS reporting, customers, subscriptions
            FROM {{.Store}}.day_totals
            WHERE {{.Part "day_totals"}} AND currency != ''
        UNION ALL
            -- Every day of a currency from its first one on.
            SELECT
                toDate(arrayJoin(range(toUInt32(first), toUInt32({{.Through}}) + 1))) AS date,
                currency, toDecimal128(0, 4), toDecimal128(0, 4), toInt64(0), toInt64(0)
            FROM
            (
                SELECT currency, min(date) AS first
                FROM {{.Store}}.day_totals
                WHERE {{.Part "day_totals"}} AND currency != ''
                GROUP BY currency
            )
    )
    GROUP BY date, currency
)
COMMENT 'Committed MRR and who pays it, one row per day and currency, without gaps from the currency''s first day through the last published day'
