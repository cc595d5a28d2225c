-- title: Beside the trade's references
-- note: The last whole month of the company, and of the values of the chosen segment, beside published reference bands. The bands are no targets.
-- chart: table
-- columns: metric scope value:share band reference_from reference_to
SELECT
    metric, scope, if(defined, b.value, NULL) AS value, band,
    if(b.reference_to = 0, NULL, b.reference_from) AS reference_from, if(b.reference_to = 0, NULL, b.reference_to) AS reference_to
FROM benchmarks_monthly AS b
WHERE month = toStartOfMonth(toStartOfMonth((SELECT max(through) + 1 FROM loads WHERE status = 'current')) - 1)
  AND ({{currency}} = 'reporting' OR currency = {{currency}} OR currency = (SELECT max(reporting_currency) FROM loads WHERE status = 'current'))
  AND (scope = 'company' OR startsWith(scope, concat({{segment}}, '=')))
ORDER BY scope != 'company', scope, indexOf(['mrr_growth', 'net_growth_existing', 'gross_churn', 'expansion_share', 'managed_share'], toString(metric)), currency
