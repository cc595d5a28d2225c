-- title: Cohorts: revenue retention
-- note: One row per month in which accounts began, one column per month since: the share of what they began with that they pay now.
-- chart: heat
-- columns: cohort base_customers base_mrr{{range ages}} "{{.}}"{{end}}
SELECT
    cohort, any(customers_at_start) AS base_customers, any(mrr_at_start) AS base_mrr{{range ages}},
    anyOrNullIf(kept, age = {{.}}) AS "{{.}}"{{end}}
FROM
(
        SELECT cohort, age, base_customers AS customers_at_start, base_mrr AS mrr_at_start, revenue_retention AS kept
        FROM cohorts_monthly
        WHERE currency = {{currency}} AND base_defined
    UNION ALL
        SELECT cohort, age, base_customers AS customers_at_start, base_mrr AS mrr_at_start, revenue_retention AS kept
        FROM cohorts_monthly_reporting
        WHERE {{currency}} = 'reporting' AND base_defined
)
WHERE {{months "cohort"}}
GROUP BY cohort
ORDER BY cohort
