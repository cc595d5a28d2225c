-- Customers
-- Accounts that came, came back and left in each month; the line is how many there were at its end.
--
-- Visualization: Combo, x-axis month, bars stacked, customers_end as line
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Column month: First day of the month
-- Column customers_new: Accounts with MRR at the month's end that never had any in the currency before the month
-- Column customers_reactivated: Accounts with MRR at the month's end and none at its start that had some in the currency earlier
-- Column customers_churned: Accounts with MRR at the month's start and none in the currency at its end. Here it is negative
-- Column customers_end: Accounts with MRR above 0 in the currency at the month's end: start + new + reactivated - churned. Not additive over currencies
SELECT month, customers_new, customers_reactivated, -toInt64(lost) AS customers_churned, customers_end
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
WHERE true [[AND month >= toStartOfMonth(toDate({{from}}))]] [[AND month <= toDate({{to}})]]
ORDER BY month
