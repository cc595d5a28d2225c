-- Churn rates
-- The share of customers, and of MRR, that was lost in each month.
--
-- Visualization: Line, x-axis month, percent
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Column month: First day of the month
-- Column logo_churn_rate: customers_churned / customers_start, a share from 0 to 1 rounded to six places; 0 without customers at the start
-- Column revenue_churn_rate: (contraction + churned) / starting MRR of the waterfall, a share rounded to six places, never negative; 0 when nothing was there at the start
SELECT month, logo_churn_rate, revenue_churn_rate
FROM
(
        SELECT month, if(base_defined, r.logo_churn_rate, NULL) AS logo_churn_rate, if(base_defined, r.revenue_churn_rate, NULL) AS revenue_churn_rate
        FROM retention_monthly AS r
        WHERE currency = {{currency}}
    UNION ALL
        SELECT month, if(base_defined, r.logo_churn_rate, NULL) AS logo_churn_rate, if(base_defined, r.revenue_churn_rate, NULL) AS revenue_churn_rate
        FROM retention_monthly_reporting AS r
        WHERE {{currency}} = 'reporting'
)
WHERE true [[AND month >= toStartOfMonth(toDate({{from}}))]] [[AND month <= toDate({{to}})]]
ORDER BY month
