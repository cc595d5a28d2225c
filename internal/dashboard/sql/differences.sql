SELECT
    subscription_id, account_id, toString(reason), toString(status), toString(currency), r.mrr, toDecimal128(r.provider_mrr, 4), r.difference, toString(source)
FROM {{.DB}}.reconciliation AS r
WHERE reason != 'equal'
ORDER BY reason = 'unexplained' DESC, abs(r.difference) DESC, subscription_id
{{- if not .CSV}}
LIMIT 50
{{- end}}
