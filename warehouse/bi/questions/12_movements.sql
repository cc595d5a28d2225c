-- title: Movements
-- note: What changed MRR each month, gains above zero and losses below; the line is net new MRR. Of a part of the company, expansion and contraction include what moved to it from other parts.
-- chart: movements
-- columns: month new_mrr expansion_mrr reactivation_mrr contraction_mrr churned_mrr net_new_mrr
SELECT
    {{time "month"}},
    sumIf(change, movement = 'new') AS new_mrr,
    sumIf(change, movement = 'expansion') AS expansion_mrr,
    sumIf(change, movement = 'reactivation') AS reactivation_mrr,
    sumIf(change, movement = 'contraction') AS contraction_mrr,
    sumIf(change, movement = 'churn') AS churned_mrr,
    sum(change) AS net_new_mrr
FROM
(
    SELECT toStartOfMonth(date) AS month, movement, if({{currency}} = 'reporting', amount_reporting, amount) AS change
    FROM mrr_movements
    WHERE ({{currency}} = 'reporting' OR currency = {{currency}})
      AND {{slice}}
)
WHERE {{months "month"}}
GROUP BY month
ORDER BY month
