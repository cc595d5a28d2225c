-- title: Headline figures
-- note: Where we stand, with the trend of the months before. The running month counts as far as it is published.
-- chart: stat
-- columns: month mrr arr net_new_mrr growth_rate nrr grr quick_ratio arpa customers
SELECT {{time "month"}}, mrr, arr, net_new_mrr, growth_rate, nrr, grr, quick_ratio, arpa, customers
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
WHERE {{months "month"}}
ORDER BY month
