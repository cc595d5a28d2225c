SELECT
    toString({{if .Reporting}}reporting_currency{{else}}currency{{end}}) AS code, month,
    if(base_defined, nrr, nan), if(base_defined, grr, nan),
    if(customers_start > 0, logo_churn_rate, nan), if(base_defined, revenue_churn_rate, nan),
    if(quick_ratio_defined, quick_ratio, nan), arpa,
    customers_start, customers_new, customers_reactivated, customers_churned, customers_end,
    toString(health)
FROM {{.DB}}.retention_monthly{{if .Reporting}}_reporting{{end}}
WHERE month BETWEEN toStartOfMonth({from:Date}) AND {to:Date}
{{- if not .Reporting}}
  AND ({currency:String} = '' OR currency = {currency:String})
{{- end}}
ORDER BY code, month
