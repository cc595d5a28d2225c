-- The days are those of the past that read otherwise; the newest load stands first.
SELECT
    toString(currency) AS code, toDate(published_at) AS published, toString(load_id), account_id, from AS first, to AS last,
    mrr_before, mrr_after, difference, toString(reason), toString(evidence)
FROM {{.DB}}.restatements
WHERE to >= {from:Date} AND from <= {to:Date}
  AND ({currency:String} = '' OR currency = {currency:String})
ORDER BY code, load_id DESC, account_id, first
{{if .Limit}}LIMIT {limit:UInt64} BY code{{end}}
