-- Without --from it is the last whole month.
WITH
    least({to:Date}, (SELECT max(through) FROM {{.DB}}.loads WHERE status = 'current')) AS final,
    toStartOfMonth(final + 1) - 1 AS whole
SELECT toString(currency), month, toString(metric), scope, if(defined, value, nan), toString(band), if(reference_to > 0, reference_from, nan), if(reference_to > 0, reference_to, nan)
FROM {{.DB}}.benchmarks_monthly
WHERE month BETWEEN toStartOfMonth(if({from:Date} = toDate(0), whole, {from:Date})) AND if({from:Date} = toDate(0), whole, final)
  AND ({currency:String} = '' OR currency = {currency:String})
ORDER BY currency, month, scope != 'company', scope,
    indexOf(['mrr_growth', 'net_growth_existing', 'gross_churn', 'expansion_share', 'managed_share'], toString(metric))
