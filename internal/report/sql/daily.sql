{{define "code"}}{{if .Reporting}}(SELECT max(toString(reporting_currency)) FROM {{.DB}}.loads WHERE status = 'current'){{else}}toString(currency){{end}}{{end -}}
-- Without --from it is the last 31 days up to --to: one screen of a terminal.
WITH
    least({to:Date}, (SELECT max(through) FROM {{.DB}}.loads WHERE status = 'current')) AS final,
    if({from:Date} = toDate(0), final - 30, {from:Date}) AS beginning
{{if and .Reporting (not .Cut) -}}
SELECT toString(reporting_currency), date, mrr, arr, customers, subscriptions, arpa
FROM {{.DB}}.mrr_totals_daily_reporting
WHERE date BETWEEN beginning AND final
ORDER BY date
{{- else if not .Cut -}}
SELECT toString(currency), date, mrr, arr, customers, subscriptions, arpa
FROM {{.DB}}.mrr_totals_daily
WHERE date BETWEEN beginning AND final
  AND ({currency:String} = '' OR currency = {currency:String})
ORDER BY currency, date
{{- else -}}
SELECT
    {{template "code" .}} AS code, {{if .Slice}}{{.Slice}} AS label, {{end}}date,
    sum(d.{{if .Reporting}}mrr_reporting{{else}}mrr{{end}}) AS level,
    level * 12 AS arr,
    uniqExact(account_id) AS customers,
    uniqExact(source, customer_id, subscription_id) AS subscriptions,
    toDecimal128(round(toDecimal128(level, 8) / customers, 4), 4) AS arpa
FROM {{.DB}}.mrr_daily AS d
WHERE date BETWEEN beginning AND final
  AND ({currency:String} = '' OR currency = {currency:String})
  AND {{.Chosen}}
GROUP BY code, {{if .Slice}}label, {{end}}date
ORDER BY code, {{if .Slice}}label, {{end}}date
{{- end}}
