{{ config(severity='warn') }}
-- Rejects are in no total: somebody should look at each.
SELECT source, kind, id, code, detail
FROM {{ source('mrr', 'rejects') }}
