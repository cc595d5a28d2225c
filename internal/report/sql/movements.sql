{{define "code"}}{{if .Reporting}}(SELECT max(toString(reporting_currency)) FROM {{.DB}}.loads WHERE status = 'current'){{else}}toString(currency){{end}}{{end -}}
-- Without --from it is the last 31 days up to --to.
WITH
    least({to:Date}, (SELECT max(through) FROM {{.DB}}.loads WHERE status = 'current')) AS final,
    if({from:Date} = toDate(0), final - 30, {from:Date}) AS beginning
SELECT
    {{template "code" .}} AS code, {{if .Slice}}{{.Slice}} AS label, {{end}}date, account_id, toString(movement) AS kind, amount{{if .Reporting}}_reporting{{end}} AS change, toString(reason),
    toString(plan_id), toString(source) AS place, subscription_id, item_id
FROM {{.DB}}.mrr_movements
WHERE date BETWEEN beginning AND final
  AND ({currency:String} = '' OR currency = {currency:String})
  AND {{.Chosen}}
ORDER BY code, {{if .Slice}}label, {{end}}date, account_id, place, subscription_id, item_id, change
{{if .Limit}}LIMIT {limit:UInt64} BY code{{if .Slice}}, label{{end}}{{end}}
