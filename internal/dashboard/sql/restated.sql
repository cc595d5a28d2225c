SELECT
    r.published_at, toString(r.load_id), account_id, r.from, r.to, toString(currency), mrr_before, mrr_after, r.difference, toString(reason), toString(evidence)
FROM {{.DB}}.restatements AS r
ORDER BY r.load_id DESC, abs(r.difference) DESC, account_id, r.from
{{- if not .CSV}}
LIMIT 200
{{- end}}
