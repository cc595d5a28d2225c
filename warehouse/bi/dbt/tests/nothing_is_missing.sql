-- What each source's last run listed is in the warehouse.
SELECT source, stream, listed, landed, missing
FROM {{ source('mrr', 'completeness') }}
WHERE (source, run) IN (SELECT source, max(run) FROM {{ source('mrr', 'completeness') }} GROUP BY source)
  AND missing > 0
