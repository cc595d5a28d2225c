-- title: Freshness
-- note: How current each source is, and whether the newest day is final.
-- chart: table
-- columns: source status covered_through published_through day_status last_success_at last_attempt_at error
SELECT source, status, covered_through, published_through, day_status, last_success_at, last_attempt_at, error
FROM freshness
WHERE {{source}}
ORDER BY status = 'done', source
