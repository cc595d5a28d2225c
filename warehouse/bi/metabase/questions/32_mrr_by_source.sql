-- MRR by source
-- What each billing account brings at the end of each month.
--
-- Visualization: Bar, stacked, x-axis month, series source, y-axis mrr
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Variable source: a source as the configuration names it; empty: all
-- Variable segment: a configured segment; empty: the first in alphabetical order
-- Variable value: a value of that segment, (none) for what has none; empty: all
-- Column month: First day of the month
-- Column source: The source, as named in the configuration
-- Column mrr: Committed MRR of the item at the month's end, in major units of currency; above 0. Additive over items of one currency, not over months
SELECT month, source, sum(if({{currency}} = 'reporting', mrr_reporting, m.mrr)) AS mrr
FROM mrr_monthly AS m
WHERE ({{currency}} = 'reporting' OR currency = {{currency}})
  AND true [[AND source = {{source}}]] [[AND if(segments[{{segment}}] = '', '(none)', segments[{{segment}}]) = {{value}}]]
  AND true [[AND month >= toStartOfMonth(toDate({{from}}))]] [[AND month <= toDate({{to}})]]
GROUP BY month, source
ORDER BY month, source
