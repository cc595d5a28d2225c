-- title: Usage
-- note: Usage that was billed, never inside MRR: up to what was committed, and above it. Not converted: choose a currency.
-- chart: parts
-- columns: month usage amount
SELECT {{time "month"}}, tupleElement(part, 1) AS usage, sum(tupleElement(part, 2)) AS amount
FROM usage_revenue_monthly
ARRAY JOIN [('committed', committed_usage), ('uncommitted', uncommitted_usage)] AS part
WHERE currency = if({{currency}} = 'reporting', (SELECT max(reporting_currency) FROM loads WHERE status = 'current'), {{currency}})
  AND {{source}}
  AND {{months "month"}}
GROUP BY month, usage
ORDER BY month, usage
