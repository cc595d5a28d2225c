-- title: Restatements
-- note: What the past was said to be and what it is now: days that were final before and read otherwise since. The newest load stands first.
-- chart: table
-- columns: published_at account_id currency from to days mrr_before mrr_after difference reason
SELECT published_at, account_id, currency, from, to, days, mrr_before, mrr_after, difference, reason
FROM restatements
WHERE ({{currency}} = 'reporting' OR currency = {{currency}})
  AND {{months "toStartOfMonth(to)"}}
ORDER BY published_at DESC, abs(difference) DESC, account_id, from
LIMIT 200
