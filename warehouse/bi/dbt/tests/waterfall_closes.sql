-- Every month of every currency closes to the cent, and goes on from the month before.
SELECT month, currency
FROM
(
    SELECT
        month, currency, ending_mrr,
        starting_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr AS closes_at,
        starting_mrr - lagInFrame(ending_mrr, 1, starting_mrr) OVER (PARTITION BY currency ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS jump
    FROM {{ source('mrr', 'mrr_waterfall_monthly') }}
)
WHERE closes_at != ending_mrr OR jump != 0
