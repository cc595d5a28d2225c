-- MRR breakdown
-- What each month began with and what came on top; below zero what was lost. The lines are what it ended with, and net new MRR.
--
-- Visualization: Combo, x-axis month, bars stacked, net_new_mrr and ending_mrr as line
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Column month: First day of the month
-- Column starting_mrr: MRR at the end of the month before, in major units of currency; never negative
-- Column new_mrr: MRR of accounts that never had any before, in major units of currency; a positive magnitude
-- Column expansion_mrr: Growth of accounts that had MRR, in major units of currency; a positive magnitude
-- Column reactivation_mrr: MRR of accounts that came back, in major units of currency; a positive magnitude
-- Column contraction_mrr: Shrinking of accounts that kept MRR, in major units of currency; a positive magnitude that is subtracted. Here it is negative
-- Column churned_mrr: MRR of accounts that went to zero, in major units of currency; a positive magnitude that is subtracted. Here it is negative
-- Column fx_adjustment: What rates alone changed, in major units of the reporting currency, signed: the part of ending - starting that no movement explains, rounding of items included
-- Column net_new_mrr: new + expansion + reactivation - contraction - churned, in major units of currency; signed
-- Column ending_mrr: MRR at the end of last_day, in major units of currency: starting + net new, and the sum of mrr_daily on last_day
-- Losses and a negative effect of exchange rates are drawn below zero, so here they have their sign.
SELECT
    month, starting_mrr, new_mrr, expansion_mrr, reactivation_mrr,
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
WHERE true [[AND month >= toStartOfMonth(toDate({{from}}))]] [[AND month <= toDate({{to}})]]
ORDER BY month
