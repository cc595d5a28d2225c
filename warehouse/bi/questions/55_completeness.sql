-- title: Completeness
-- note: Of the last run of each source: what the provider listed against what the warehouse holds. Missing must be 0.
-- chart: table
-- columns: source stream listed landed missing run
SELECT source, stream, listed, landed, missing, run
FROM completeness AS c
WHERE (source, run) IN (SELECT source, max(run) FROM completeness GROUP BY source)
  AND {{source}}
ORDER BY missing DESC, source, stream
