-- The range's months of each value in one row. Each segment has all of the MRR, so each is a block of its own.
WITH least({to:Date}, (SELECT max(through) FROM {{.DB}}.loads WHERE status = 'current')) AS final
SELECT
    toString(s.currency) AS code, toString(segment) AS key, s.value AS value,
    argMin(starting_mrr, month) AS began,
    sum(new_mrr), sum(expansion_mrr), sum(reactivation_mrr), sum(contraction_mrr), sum(churned_mrr), sum(transfer_mrr),
    argMax(ending_mrr, month) AS level,
    if(sum(level) OVER (PARTITION BY code, key) = 0, nan, toFloat64(level) / toFloat64(sum(level) OVER (PARTITION BY code, key))) AS share,
    argMax(s.customers, month), argMax(s.arpa, month)
FROM {{.DB}}.mrr_by_segment_monthly AS s
WHERE month BETWEEN toStartOfMonth({from:Date}) AND final
  AND ({currency:String} = '' OR currency = {currency:String})
GROUP BY code, key, value
HAVING level > 0 OR began > 0 OR sum(new_mrr + expansion_mrr + reactivation_mrr + contraction_mrr + churned_mrr + abs(transfer_mrr)) > 0
ORDER BY code, key, level DESC, value
{{if .Limit}}LIMIT {limit:UInt64} BY code, key{{end}}
