-- Credit is what balances paid of the documents, so it stands beside their total and not in it.
SELECT
    toString(l.currency) AS code, {{if .Slice}}{{.Slice}} AS label, {{end}}toStartOfMonth(issued_at) AS month,
    sumIf(l.amount, treatment = 'committed'), sumIf(l.amount, treatment = 'proration'),
    sumIf(l.amount, treatment = 'committed_usage'), sumIf(l.amount, treatment = 'uncommitted_usage'),
    sumIf(l.amount, treatment = 'one_time'), sumIf(l.amount, treatment = 'trial'),
    sumIf(l.amount, treatment = 'discount'), sumIf(l.amount, treatment = 'tax'),
    sumIf(l.amount, treatment != 'credit'), sumIf(l.amount, treatment = 'credit'),
    uniqExact(source, invoice_id)
FROM {{.DB}}.invoice_lines AS l
WHERE month BETWEEN toStartOfMonth({from:Date}) AND {to:Date}
  AND ({currency:String} = '' OR currency = {currency:String})
  AND {{.Chosen}}
GROUP BY code, {{if .Slice}}label, {{end}}month
ORDER BY code, {{if .Slice}}label, {{end}}month
