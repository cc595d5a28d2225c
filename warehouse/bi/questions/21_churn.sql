-- title: Churn rates
-- note: The share of customers, and of MRR, that was lost in each month.
-- chart: shares
-- columns: month logo_churn_rate revenue_churn_rate
SELECT {{time "month"}}, logo_churn_rate, revenue_churn_rate
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
WHERE {{months "month"}}
ORDER BY month
