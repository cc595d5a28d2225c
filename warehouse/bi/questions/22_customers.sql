-- title: Customers
-- note: Accounts that came, came back and left in each month; the line is how many there were at its end.
-- chart: customers
-- columns: month customers_new customers_reactivated customers_churned customers_end
SELECT {{time "month"}}, customers_new, customers_reactivated, -toInt64(lost) AS customers_churned, customers_end
FROM
(
        SELECT month, customers_new, customers_reactivated, customers_churned AS lost, customers_end
        FROM retention_monthly
        WHERE currency = {{currency}}
    UNION ALL
        SELECT month, customers_new, customers_reactivated, customers_churned AS lost, customers_end
        FROM retention_monthly_reporting
        WHERE {{currency}} = 'reporting'
)
WHERE {{months "month"}}
ORDER BY month
