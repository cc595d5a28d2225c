-- The page for a board: a month a row, all currencies in the reporting one.
SELECT
    w.month AS month, w.reporting_currency AS reporting_currency,
    w.starting_mrr AS starting_mrr, w.new_mrr AS new_mrr, w.expansion_mrr AS expansion_mrr, w.reactivation_mrr AS reactivation_mrr,
    w.contraction_mrr AS contraction_mrr, w.churned_mrr AS churned_mrr, w.fx_adjustment AS fx_adjustment, w.net_new_mrr AS net_new_mrr,
    w.ending_mrr AS ending_mrr, w.last_day AS last_day,
    if(w.growth_defined, w.growth_rate, NULL) AS growth_rate,
    if(r.base_defined, r.nrr, NULL) AS nrr, if(r.base_defined, r.grr, NULL) AS grr,
    if(r.base_defined, r.logo_churn_rate, NULL) AS logo_churn_rate,
    if(r.quick_ratio_defined, r.quick_ratio, NULL) AS quick_ratio,
    r.arpa AS arpa, r.customers_end AS customers_end, r.health AS health
FROM {{ source('mrr', 'mrr_waterfall_monthly_reporting') }} AS w
INNER JOIN {{ source('mrr', 'retention_monthly_reporting') }} AS r ON w.month = r.month
