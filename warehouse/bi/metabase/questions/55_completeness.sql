-- Completeness
-- Of the last run of each source: what the provider listed against what the warehouse holds. Missing must be 0.
--
-- Visualization: Table
-- Variable source: a source as the configuration names it; empty: all
-- Column source: The source, as named in the configuration
-- Column stream: The stream, as the connector names it
-- Column listed: Distinct objects that the provider listed in the run
-- Column landed: Those of them that the warehouse holds
-- Column missing: Those of them that the warehouse does not hold: above 0 the source counts as failed and is not sealed
-- Column run: The run
SELECT source, stream, listed, landed, missing, run
FROM completeness AS c
WHERE (source, run) IN (SELECT source, max(run) FROM completeness GROUP BY source)
  AND true [[AND source = {{source}}]]
ORDER BY missing DESC, source, stream
