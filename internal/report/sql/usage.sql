SELECT
    toString(u.currency) AS code, {{if .Slice}}{{.Slice}} AS label, {{end}}month,
    sum(u.committed_usage), sum(u.uncommitted_usage), sum(u.uncommitted_usage_3m_avg),
    uniqExactIf((source, customer_id), u.committed_usage != 0 OR u.uncommitted_usage != 0)
FROM {{.DB}}.usage_revenue_monthly AS u
WHERE month BETWEEN toStartOfMonth({from:Date}) AND {to:Date}
  AND ({currency:String} = '' OR currency = {currency:String})
  AND ({source:String} = '' OR source = {source:String})
GROUP BY code, {{if .Slice}}label, {{end}}month
ORDER BY code, {{if .Slice}}label, {{end}}month
