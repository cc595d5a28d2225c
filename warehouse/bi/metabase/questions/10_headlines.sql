-- Headline figures
-- Where we stand, with the trend of the months before. The running month counts as far as it is published.
--
-- Visualization: Trend, primary number mrr; other figures by choosing another column
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Column month: First day of the month
-- Column net_new_mrr: new + expansion + reactivation - contraction - churned, in major units of currency; signed
-- Column growth_rate: net_new_mrr / starting_mrr, a share (0.05 is 5 %) rounded to six places, signed; 0 when starting_mrr is 0
-- Column nrr: Net revenue retention: MRR at the month's end of the accounts that had MRR at its start / what they had then; a share rounded to six places (1.05 is 105 %), never negative; 0 when nothing was there at the start
-- Column grr: Gross revenue retention: the same, each account counted with no more than it had at the start; a share from 0 to 1
-- Column quick_ratio: (new + expansion + reactivation) / (contraction + churned) of the waterfall, rounded to six places, never negative; 0 when nothing was lost
-- Column arpa: MRR / customers at the month's end, in major units of currency, rounded to four places; 0 without customers
SELECT month, mrr, arr, net_new_mrr, growth_rate, nrr, grr, quick_ratio, arpa, customers
FROM
(
        SELECT
            w.month AS month, w.ending_mrr AS mrr, w.ending_mrr * 12 AS arr, w.net_new_mrr AS net_new_mrr,
            if(w.growth_defined, w.growth_rate, NULL) AS growth_rate,
            if(r.base_defined, r.nrr, NULL) AS nrr, if(r.base_defined, r.grr, NULL) AS grr,
            if(r.quick_ratio_defined, r.quick_ratio, NULL) AS quick_ratio, r.arpa AS arpa, r.customers_end AS customers
        FROM mrr_waterfall_monthly AS w
        INNER JOIN retention_monthly AS r ON w.month = r.month AND w.currency = r.currency
        WHERE w.currency = {{currency}}
    UNION ALL
        SELECT
            w.month AS month, w.ending_mrr AS mrr, w.ending_mrr * 12 AS arr, w.net_new_mrr AS net_new_mrr,
            if(w.growth_defined, w.growth_rate, NULL) AS growth_rate,
            if(r.base_defined, r.nrr, NULL) AS nrr, if(r.base_defined, r.grr, NULL) AS grr,
            if(r.quick_ratio_defined, r.quick_ratio, NULL) AS quick_ratio, r.arpa AS arpa, r.customers_end AS customers
        FROM mrr_waterfall_monthly_reporting AS w
        INNER JOIN retention_monthly_reporting AS r ON w.month = r.month
        WHERE {{currency}} = 'reporting'
)
WHERE true [[AND month >= toStartOfMonth(toDate({{from}}))]] [[AND month <= toDate({{to}})]]
ORDER BY month
