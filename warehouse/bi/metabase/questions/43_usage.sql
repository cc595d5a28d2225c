-- Usage
-- Usage that was billed, never inside MRR: up to what was committed, and above it. Not converted: choose a currency.
--
-- Visualization: Bar, stacked, x-axis month, series usage, y-axis amount
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Variable source: a source as the configuration names it; empty: all
-- Column month: First day of the month in which the last day of the usage period lies
SELECT month, tupleElement(part, 1) AS usage, sum(tupleElement(part, 2)) AS amount
FROM usage_revenue_monthly
ARRAY JOIN [('committed', committed_usage), ('uncommitted', uncommitted_usage)] AS part
WHERE currency = if({{currency}} = 'reporting', (SELECT max(reporting_currency) FROM loads WHERE status = 'current'), {{currency}})
  AND true [[AND source = {{source}}]]
  AND true [[AND month >= toStartOfMonth(toDate({{from}}))]] [[AND month <= toDate({{to}})]]
GROUP BY month, usage
ORDER BY month, usage
