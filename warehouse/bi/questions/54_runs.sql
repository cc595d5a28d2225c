-- title: Last runs
-- note: What ran, how it ended and how long it took.
-- chart: table
-- columns: started_at verb status exit_code seconds through requests listed landed rejected error
SELECT started_at, verb, status, exit_code, seconds, through, requests, listed, landed, rejected, error
FROM runs
ORDER BY started_at DESC
LIMIT 30
