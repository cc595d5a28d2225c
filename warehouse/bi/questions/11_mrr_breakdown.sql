-- title: MRR breakdown
-- note: What each month began with and what came on top; below zero what was lost. The lines are what it ended with, and net new MRR.
-- chart: breakdown
-- columns: month starting_mrr new_mrr expansion_mrr reactivation_mrr contraction_mrr churned_mrr fx_adjustment net_new_mrr ending_mrr
-- Losses and a negative effect of exchange rates are drawn below zero, so here they have their sign.
SELECT
    {{time "month"}}, starting_mrr, new_mrr, expansion_mrr, reactivation_mrr,
    -lost_by_contraction AS contraction_mrr, -lost_by_churn AS churned_mrr, fx AS fx_adjustment, net_new_mrr, ending_mrr
FROM
(
        SELECT
            month, starting_mrr, new_mrr, expansion_mrr, reactivation_mrr,
            contraction_mrr AS lost_by_contraction, churned_mrr AS lost_by_churn, toDecimal128(0, 4) AS fx, net_new_mrr, ending_mrr
        FROM mrr_waterfall_monthly
        WHERE currency = {{currency}}
    UNION ALL
        SELECT
            month, starting_mrr, new_mrr, expansion_mrr, reactivation_mrr,
            contraction_mrr AS lost_by_contraction, churned_mrr AS lost_by_churn, fx_adjustment AS fx, net_new_mrr, ending_mrr
        FROM mrr_waterfall_monthly_reporting
        WHERE {{currency}} = 'reporting'
)
WHERE {{months "month"}}
ORDER BY month
