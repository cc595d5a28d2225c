-- MRR by segment
-- What each value of the chosen segment brings at the end of each month; values beyond the eleven largest of the range together are "other".
--
-- Visualization: Bar, stacked, x-axis month, series value, y-axis mrr
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Variable source: a source as the configuration names it; empty: all
-- Variable segment: a configured segment; empty: the first in alphabetical order
-- Variable value: a value of that segment, (none) for what has none; empty: all
-- Column month: First day of the month
-- Column value: Value of the segment; empty for what has none
-- Column mrr: Committed MRR of the item at the month's end, in major units of currency; above 0. Additive over items of one currency, not over months
WITH
    if([[{{segment}} || ]]'' = '', (SELECT min(segment) FROM mrr_by_segment_monthly), [[{{segment}} || ]]'') AS key,
    (
        SELECT groupArray(named)
        FROM
        (
            SELECT segments[key] AS named
            FROM mrr_monthly AS m
            WHERE ({{currency}} = 'reporting' OR currency = {{currency}}) AND true [[AND source = {{source}}]] [[AND if(segments[{{segment}}] = '', '(none)', segments[{{segment}}]) = {{value}}]] AND true [[AND month >= toStartOfMonth(toDate({{from}}))]] [[AND month <= toDate({{to}})]]
            GROUP BY named
            ORDER BY sum(if({{currency}} = 'reporting', mrr_reporting, m.mrr)) DESC, named
            LIMIT 11
        )
    ) AS largest
SELECT
    month,
    multiIf(NOT has(largest, segments[key]), 'other', segments[key] = '', '(none)', segments[key]) AS value,
    sum(if({{currency}} = 'reporting', mrr_reporting, m.mrr)) AS mrr
FROM mrr_monthly AS m
WHERE ({{currency}} = 'reporting' OR currency = {{currency}})
  AND true [[AND source = {{source}}]] [[AND if(segments[{{segment}}] = '', '(none)', segments[{{segment}}]) = {{value}}]]
  AND true [[AND month >= toStartOfMonth(toDate({{from}}))]] [[AND month <= toDate({{to}})]]
GROUP BY month, value
ORDER BY month, value
