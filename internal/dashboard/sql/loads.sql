SELECT
    toString(l.load_id), toString(l.status), l.published_at, l.through, l.final_through, l.closed_through,
    multiIf(restored != 0, concat('rolled back to ', toString(restored)), complete, 'everything derived', 'what changed'),
    toUInt64(l.derived), toUInt64(r.ranges), toString(l.run)
FROM {{.DB}}.loads AS l
LEFT JOIN (SELECT load_id, count() AS ranges FROM {{.DB}}.restatements GROUP BY load_id) AS r ON l.load_id = r.load_id
ORDER BY l.load_id DESC
LIMIT 60
