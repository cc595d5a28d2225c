-- title: MRR by segment
-- note: What each value of the chosen segment brings at the end of each month; values beyond the eleven largest of the range together are "other".
-- chart: parts
-- columns: month value mrr
WITH
    {{segment}} AS key,
    (
        SELECT groupArray(named)
        FROM
        (
            SELECT segments[key] AS named
            FROM mrr_monthly AS m
            WHERE ({{currency}} = 'reporting' OR currency = {{currency}}) AND {{slice}} AND {{months "month"}}
            GROUP BY named
            ORDER BY sum(if({{currency}} = 'reporting', mrr_reporting, m.mrr)) DESC, named
            LIMIT 11
        )
    ) AS largest
SELECT
    {{time "month"}},
    multiIf(NOT has(largest, segments[key]), 'other', segments[key] = '', '(none)', segments[key]) AS value,
    sum(if({{currency}} = 'reporting', mrr_reporting, m.mrr)) AS mrr
FROM mrr_monthly AS m
WHERE ({{currency}} = 'reporting' OR currency = {{currency}})
  AND {{slice}}
  AND {{months "month"}}
GROUP BY month, value
ORDER BY month, value
