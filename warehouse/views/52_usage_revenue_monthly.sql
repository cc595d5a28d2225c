CREATE OR REPLACE VIEW {{.DB}}.usage_revenue_monthly{{.OnCluster}}
(
    month Date COMMENT 'First day of the month in which the last day of the usage period lies',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer',
    account_id String COMMENT 'The paying account after identity resolution',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    committed_usage Decimal(38, 4) COMMENT 'Usage billed up to the contractual minimum, in major units of currency, ex tax and before discount; negative where credit notes exceed it',
    uncommitted_usage Decimal(38, 4) COMMENT 'Usage billed above the contractual minimum, or without one, in major units of currency, ex tax and before discount; negative where credit notes exceed it',
    uncommitted_usage_3m_avg Decimal(38, 4) COMMENT 'Mean of uncommitted_usage over this month and the two before it, in major units of currency, rounded to four places; a month without usage counts as 0'
)
{{.Security}}
AS SELECT
    month, source, customer_id, account_id, currency,
    sum(committed) AS committed_usage,
    sum(uncommitted) AS uncommitted_usage,
    CAST(round(sum(toDecimal256(share, 8)) / 3, 4), 'Decimal(38, 4)') AS uncommitted_usage_3m_avg
FROM
(
    -- A month's usage is a third of its own average and of those of the two months after it.
    SELECT
        addMonths(used, later) AS month, source, customer_id, account_id, currency,
        if(later = 0, in_committed, toDecimal128(0, 4)) AS committed,
        if(later = 0, in_uncommitted, toDecimal128(0, 4)) AS uncommitted,
        in_uncommitted AS share,
        arrayJoin([0, 1, 2]) AS later
    FROM
    (
        SELECT
            toStartOfMonth(if(period_end > period_start, period_end - 1, period_end)) AS used, source, customer_id, account_id, currency,
            sumIf(amount, treatment = 'committed_usage') AS in_committed,
            sumIf(amount, treatment = 'uncommitted_usage') AS in_uncommitted
        FROM {{.Store}}.invoice_lines
        WHERE {{.Parts "invoice_lines" "issued_at"}}
          AND treatment IN ('committed_usage', 'uncommitted_usage')
        GROUP BY used, source, customer_id, account_id, currency
    )
    WHERE later = 0 OR in_uncommitted != 0 AND addMonths(used, later) <= (SELECT max(through) FROM {{.Header}})
)
GROUP BY month, source, customer_id, account_id, currency
COMMENT 'What usage was billed, never inside MRR: one row per month, customer and currency, for months with usage and the two after one with usage above its commitment'
