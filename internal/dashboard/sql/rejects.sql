SELECT
    toString(source), toString(kind), id, customer_id, toString(code), detail, first_seen,
    if(object_id = '', '', concat(toString(object_kind), ' ', object_id, ', version ', toString(object_version)))
FROM {{.DB}}.rejects
ORDER BY source, code, kind, id
{{- if not .CSV}}
LIMIT 200
{{- end}}
