-- title: MRR by plan
-- note: What each plan brings at the end of each month; plans beyond the eleven largest of the range together are "other".
-- chart: parts
-- columns: month plan mrr
WITH
    (
        SELECT groupArray(plan_id)
        FROM
        (
            SELECT toString(m.plan_id) AS plan_id
            FROM mrr_monthly AS m
            WHERE ({{currency}} = 'reporting' OR currency = {{currency}}) AND {{slice}} AND {{months "month"}}
            GROUP BY plan_id
            ORDER BY sum(if({{currency}} = 'reporting', mrr_reporting, m.mrr)) DESC, plan_id
            LIMIT 11
        )
    ) AS largest
SELECT
    {{time "month"}},
    if(has(largest, toString(plan_id)), if(plan_name = '', toString(plan_id), toString(plan_name)), 'other') AS plan,
    sum(if({{currency}} = 'reporting', mrr_reporting, m.mrr)) AS mrr
FROM mrr_monthly AS m
WHERE ({{currency}} = 'reporting' OR currency = {{currency}})
  AND {{slice}}
  AND {{months "month"}}
GROUP BY month, plan
ORDER BY month, plan
