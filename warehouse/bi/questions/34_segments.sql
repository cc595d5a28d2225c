-- title: Segments
-- note: What moved the MRR of each value of the chosen segment over the range; transfer is what came from other values without a change of the account. Each line closes.
-- chart: table
-- columns: value currency starting_mrr new_mrr expansion_mrr reactivation_mrr contraction_mrr churned_mrr transfer_mrr ending_mrr customers arpa
SELECT
    if(s.value = '', '(none)', s.value) AS value, currency,
    argMin(s.starting_mrr, month) AS starting_mrr,
    sum(s.new_mrr) AS new_mrr, sum(s.expansion_mrr) AS expansion_mrr, sum(s.reactivation_mrr) AS reactivation_mrr,
    sum(s.contraction_mrr) AS contraction_mrr, sum(s.churned_mrr) AS churned_mrr, sum(s.transfer_mrr) AS transfer_mrr,
    argMax(s.ending_mrr, month) AS ending_mrr, argMax(s.customers, month) AS customers, argMax(s.arpa, month) AS arpa
FROM mrr_by_segment_monthly AS s
WHERE segment = {{segment}}
  AND ({{currency}} = 'reporting' OR currency = {{currency}})
  AND {{value "s.value"}}
  AND {{months "month"}}
GROUP BY s.value, currency
ORDER BY currency, ending_mrr DESC, value
