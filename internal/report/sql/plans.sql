-- The range's months of each plan in one row: what it began with, what moved it, what it ended with.
WITH least({to:Date}, (SELECT max(through) FROM {{.DB}}.loads WHERE status = 'current')) AS final
SELECT
    toString(p.currency) AS code, toString(plan_id) AS plan, if(argMax(toString(plan_name), month) AS called = '', plan, called) AS name, toString(p.source) AS place,
    argMin(starting_mrr, month) AS began,
    sum(new_mrr), sum(expansion_mrr), sum(reactivation_mrr), sum(contraction_mrr), sum(churned_mrr), sum(transfer_mrr),
    argMax(ending_mrr, month) AS level,
    if(sum(level) OVER (PARTITION BY code) = 0, nan, toFloat64(level) / toFloat64(sum(level) OVER (PARTITION BY code))) AS share,
    argMax(p.customers, month), argMax(p.arpa, month)
FROM {{.DB}}.mrr_by_plan_monthly AS p
WHERE month BETWEEN toStartOfMonth({from:Date}) AND final
  AND ({currency:String} = '' OR currency = {currency:String})
  AND ({source:String} = '' OR source = {source:String})
GROUP BY code, plan, place
HAVING level > 0 OR began > 0 OR sum(new_mrr + expansion_mrr + reactivation_mrr + contraction_mrr + churned_mrr) > 0
ORDER BY code, level DESC, plan, place
{{if .Limit}}LIMIT {limit:UInt64} BY code{{end}}
