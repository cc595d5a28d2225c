-- title: Plans
-- note: What moved the MRR of each plan over the range, from its beginning to its end; transfer is what came from other plans of the same accounts. Each line closes.
-- chart: table
-- columns: plan_name source currency starting_mrr new_mrr expansion_mrr reactivation_mrr contraction_mrr churned_mrr transfer_mrr ending_mrr customers arpa
SELECT
    if(any(p.plan_name) = '', any(toString(plan_id)), argMax(toString(p.plan_name), month)) AS plan_name,
    source, currency,
    argMin(p.starting_mrr, month) AS starting_mrr,
    sum(p.new_mrr) AS new_mrr, sum(p.expansion_mrr) AS expansion_mrr, sum(p.reactivation_mrr) AS reactivation_mrr,
    sum(p.contraction_mrr) AS contraction_mrr, sum(p.churned_mrr) AS churned_mrr, sum(p.transfer_mrr) AS transfer_mrr,
    argMax(p.ending_mrr, month) AS ending_mrr, argMax(p.customers, month) AS customers, argMax(p.arpa, month) AS arpa
FROM mrr_by_plan_monthly AS p
WHERE ({{currency}} = 'reporting' OR currency = {{currency}})
  AND {{source}}
  AND {{months "month"}}
GROUP BY source, plan_id, currency
ORDER BY currency, ending_mrr DESC, plan_name, source
