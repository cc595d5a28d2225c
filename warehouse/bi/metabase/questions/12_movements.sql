-- Movements
-- What changed MRR each month, gains above zero and losses below; the line is net new MRR. Of a part of the company, expansion and contraction include what moved to it from other parts.
--
-- Visualization: Combo, x-axis month, bars stacked, net_new_mrr as line
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Variable source: a source as the configuration names it; empty: all
-- Variable segment: a configured segment; empty: the first in alphabetical order
-- Variable value: a value of that segment, (none) for what has none; empty: all
SELECT
    month,
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
      AND true [[AND source = {{source}}]] [[AND if(segments[{{segment}}] = '', '(none)', segments[{{segment}}]) = {{value}}]]
)
WHERE true [[AND month >= toStartOfMonth(toDate({{from}}))]] [[AND month <= toDate({{to}})]]
GROUP BY month
ORDER BY month
