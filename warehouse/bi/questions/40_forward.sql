-- title: Committed MRR to come
-- note: What today's agreements make of the months to come: known ends, trials that convert, agreed steps of price, discounts that run out. No forecast. Each currency stands alone; amounts to come are not converted.
-- chart: table
-- columns: month currency starting_mrr trial_mrr ramp_mrr discount_mrr other_mrr ended_mrr committed_mrr scheduled_mrr
SELECT month, currency, starting_mrr, trial_mrr, ramp_mrr, discount_mrr, other_mrr, ended_mrr, committed_mrr, scheduled_mrr
FROM mrr_forward_monthly
WHERE {{currency}} = 'reporting' OR currency = {{currency}}
ORDER BY currency, month
LIMIT 12 BY currency
