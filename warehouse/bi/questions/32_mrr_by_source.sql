-- title: MRR by source
-- note: What each billing account brings at the end of each month.
-- chart: parts
-- columns: month source mrr
SELECT {{time "month"}}, source, sum(if({{currency}} = 'reporting', mrr_reporting, m.mrr)) AS mrr
FROM mrr_monthly AS m
WHERE ({{currency}} = 'reporting' OR currency = {{currency}})
  AND {{slice}}
  AND {{months "month"}}
GROUP BY month, source
ORDER BY month, source
