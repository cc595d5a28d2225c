-- MRR by plan
-- What each plan brings at the end of each month; plans beyond the eleven largest of the range together are "other".
--
-- Visualization: Bar, stacked, x-axis month, series plan, y-axis mrr
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Variable source: a source as the configuration names it; empty: all
-- Variable segment: a configured segment; empty: the first in alphabetical order
-- Variable value: a value of that segment, (none) for what has none; empty: all
-- Column month: First day of the month
-- Column mrr: Committed MRR of the item at the month's end, in major units of currency; above 0. Additive over items of one currency, not over months
WITH
    (
        SELECT groupArray(plan_id)
        FROM
        (
            SELECT toString(m.plan_id) AS plan_id
            FROM mrr_monthly AS m
            WHERE ({{currency}} = 'reporting' OR currency = {{currency}}) AND true [[AND source = {{source}}]] [[AND if(segments[{{segment}}] = '', '(none)', segments[{{segment}}]) = {{value}}]] AND true [[AND month >= toStartOfMonth(toDate({{from}}))]] [[AND month <= toDate({{to}})]]
            GROUP BY plan_id
            ORDER BY sum(if({{currency}} = 'reporting', mrr_reporting, m.mrr)) DESC, plan_id
            LIMIT 11
        )
    ) AS largest
SELECT
    month,
    if(has(largest, toString(plan_id)), if(plan_name = '', toString(plan_id), toString(plan_name)), 'other') AS plan,
    sum(if({{currency}} = 'reporting', mrr_reporting, m.mrr)) AS mrr
FROM mrr_monthly AS m
WHERE ({{currency}} = 'reporting' OR currency = {{currency}})
  AND true [[AND source = {{source}}]] [[AND if(segments[{{segment}}] = '', '(none)', segments[{{segment}}]) = {{value}}]]
  AND true [[AND month >= toStartOfMonth(toDate({{from}}))]] [[AND month <= toDate({{to}})]]
GROUP BY month, plan
ORDER BY month, plan
