-- title: Reconciliation
-- note: Where our MRR and the provider's own figure differ, what is unexplained first.
-- chart: table
-- columns: source subscription_id account_id status currency mrr provider_mrr difference reason
SELECT source, subscription_id, account_id, status, currency, mrr, provider_mrr, difference, reason
FROM reconciliation
WHERE reason != 'equal'
  AND ({{currency}} = 'reporting' OR currency = {{currency}})
  AND {{source}}
ORDER BY reason != 'unexplained', abs(difference) DESC, source, subscription_id
LIMIT 200
