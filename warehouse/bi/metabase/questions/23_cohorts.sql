-- Cohorts: revenue retention
-- One row per month in which accounts began, one column per month since: the share of what they began with that they pay now.
--
-- Visualization: Table, conditional formatting by colour range from white to blue on the columns 0, 1, 2, ..., percent
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Column cohort: First day of the month in which the accounts had their first MRR in any currency
-- Column base_customers: Accounts of the cohort that were new in the currency; the same for every age
-- Column base_mrr: What the cohort's accounts began with, the sum of their movements new in the cohort's month, in major units of currency; the same for every age, never negative
SELECT
    cohort, any(customers_at_start) AS base_customers, any(mrr_at_start) AS base_mrr,
    anyOrNullIf(kept, age = 0) AS "0",
    anyOrNullIf(kept, age = 1) AS "1",
    anyOrNullIf(kept, age = 2) AS "2",
    anyOrNullIf(kept, age = 3) AS "3",
    anyOrNullIf(kept, age = 4) AS "4",
    anyOrNullIf(kept, age = 5) AS "5",
    anyOrNullIf(kept, age = 6) AS "6",
    anyOrNullIf(kept, age = 7) AS "7",
    anyOrNullIf(kept, age = 8) AS "8",
    anyOrNullIf(kept, age = 9) AS "9",
    anyOrNullIf(kept, age = 10) AS "10",
    anyOrNullIf(kept, age = 11) AS "11",
    anyOrNullIf(kept, age = 12) AS "12",
    anyOrNullIf(kept, age = 13) AS "13",
    anyOrNullIf(kept, age = 14) AS "14",
    anyOrNullIf(kept, age = 15) AS "15",
    anyOrNullIf(kept, age = 16) AS "16",
    anyOrNullIf(kept, age = 17) AS "17",
    anyOrNullIf(kept, age = 18) AS "18",
    anyOrNullIf(kept, age = 19) AS "19",
    anyOrNullIf(kept, age = 20) AS "20",
    anyOrNullIf(kept, age = 21) AS "21",
    anyOrNullIf(kept, age = 22) AS "22",
    anyOrNullIf(kept, age = 23) AS "23",
    anyOrNullIf(kept, age = 24) AS "24"
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
WHERE true [[AND cohort >= toStartOfMonth(toDate({{from}}))]] [[AND cohort <= toDate({{to}})]]
GROUP BY cohort
ORDER BY cohort
