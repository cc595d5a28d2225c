-- title: Rejects
-- note: What could not be understood and is in no total. None is what it should be.
-- chart: table
-- columns: source kind id customer_id code detail first_seen
SELECT source, kind, id, customer_id, code, detail, first_seen
FROM rejects
WHERE {{source}}
ORDER BY first_seen DESC, source, kind, id
LIMIT 200
