-- What there is to choose from, the largest first: of plans those that ever had MRR, of each segment the values of the last published day.
SELECT kind, key, value, text, toUInt64(level = 0) AS idle
FROM
(
        SELECT
            'plan' AS kind, '' AS key, plan_id AS value,
            if(name = '', plan_id, name) AS text,
            argMax(toString(plan_name), last_movement_date) AS name,
            sum(greatest(current_mrr, current_mrr_reporting)) AS level
        FROM (SELECT toString(plan_id) AS plan_id, plan_name, last_movement_date, current_mrr, current_mrr_reporting FROM {{.DB}}.plans)
        GROUP BY plan_id
    UNION ALL
        SELECT 'segment', tupleElement(pair, 1) AS key, tupleElement(pair, 2) AS value, '', '', sum(level)
        FROM
        (
            SELECT arrayJoin(CAST(segments, 'Array(Tuple(String, String))')) AS pair, level
            FROM (SELECT segments, toDecimal128(count(), 4) AS level FROM {{.DB}}.mrr_daily WHERE date = (SELECT max(through) FROM {{.DB}}.loads WHERE status = 'current') GROUP BY segments)
        )
        GROUP BY pair
)
ORDER BY kind, key, level DESC, value
LIMIT 500 BY kind, key
