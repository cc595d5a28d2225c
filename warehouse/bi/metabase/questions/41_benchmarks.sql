-- Beside the trade's references
-- The last whole month of the company, and of the values of the chosen segment, beside published reference bands. The bands are no targets.
--
-- Visualization: Table
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable segment: a configured segment; empty: the first in alphabetical order
-- Column metric: What is measured, of the waterfall: net_growth_existing, (expansion - contraction - churned) / starting; mrr_growth, net new / starting; gross_churn, (contraction + churned) / starting; expansion_share, expansion / (new + expansion + reactivation); managed_share, ending MRR of the accounts of the segment csm / ending MRR of the company
-- Column scope: Whose figure it is: company, or segment=value for each value of each configured segment, empty behind = for what has none
-- Column value: The figure, a share rounded to six places (0.02 is 2 %), signed; without exchange rates and what moved between segments; 0 when defined is false
-- Column band: Where value lies: below, good, great or world class for net_growth_existing; below, within or above for mrr_growth; low, healthy or high for gross_churn; below or best in class for expansion_share; none where there is no reference or no value
-- Column reference_from: Lower end of the reference range, the published one or what reporting.bands of the configuration puts in its place, a share: where good, within, healthy and best in class begin; 0 where there is none. For net_growth_existing mid-market segments (a value with mid in it) have one of their own, for mrr_growth each stage of the company's ARR (below 1 M early, below 5 M growth, else mature)
-- Column reference_to: Upper end of the reference range, a share: where world class, above and high begin; of expansion_share what the best reach; 0 where there is none
SELECT
    metric, scope, if(defined, b.value, NULL) AS value, band,
    if(b.reference_to = 0, NULL, b.reference_from) AS reference_from, if(b.reference_to = 0, NULL, b.reference_to) AS reference_to
FROM benchmarks_monthly AS b
WHERE month = toStartOfMonth(toStartOfMonth((SELECT max(through) + 1 FROM loads WHERE status = 'current')) - 1)
  AND ({{currency}} = 'reporting' OR currency = {{currency}} OR currency = (SELECT max(reporting_currency) FROM loads WHERE status = 'current'))
  AND (scope = 'company' OR startsWith(scope, concat(if([[{{segment}} || ]]'' = '', (SELECT min(segment) FROM mrr_by_segment_monthly), [[{{segment}} || ]]''), '=')))
ORDER BY scope != 'company', scope, indexOf(['mrr_growth', 'net_growth_existing', 'gross_churn', 'expansion_share', 'managed_share'], toString(metric)), currency
