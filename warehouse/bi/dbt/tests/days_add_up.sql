-- The items of a month's last day add up to what its waterfall ends with.
SELECT w.month AS month, w.currency AS currency, w.ending_mrr AS ending_mrr, d.mrr AS items
FROM {{ source('mrr', 'mrr_waterfall_monthly') }} AS w
LEFT JOIN
(
    SELECT month, currency, sum(mrr) AS mrr
    FROM {{ source('mrr', 'mrr_monthly') }}
    GROUP BY month, currency
) AS d ON w.month = d.month AND w.currency = d.currency
WHERE w.ending_mrr != d.mrr
