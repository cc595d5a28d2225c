-- A range picks cohorts, and how far they are followed.
SELECT
    toString({{if .Reporting}}reporting_currency{{else}}currency{{end}}) AS code, cohort, toUInt64(age), base_customers, base_mrr, customers, mrr,
    if(base_customers > 0, customer_retention, nan), if(base_defined, revenue_retention, nan)
FROM {{.DB}}.cohorts_monthly{{if .Reporting}}_reporting{{end}}
WHERE cohort >= toStartOfMonth({from:Date}) AND month <= {to:Date}
  AND (base_customers > 0 OR mrr > 0)
{{- if not .Reporting}}
  AND ({currency:String} = '' OR currency = {currency:String})
{{- end}}
ORDER BY code, cohort, age
