{{- if not .Cut -}}
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
{{- else -}}
-- Of a part of the company: what each account has in that part at each month's end, beside what it had in it a month before. Whoever went to another part
-- left this one.
SELECT
    code{{if .Slice}}, label{{end}}, month,
    if(began > 0, round(toFloat64(sumIf(after, before > 0)) / toFloat64(sum(before) AS began), 6), nan),
    if(began > 0, round(toFloat64(sum(least(before, after))) / toFloat64(began), 6), nan),
    if(heads > 0, round(countIf(before > 0 AND after = 0) / heads, 6), nan),
    if(stay = 0, toDecimal128(0, 4), toDecimal128(round(toDecimal128(sum(after), 8) / stay, 4), 4)),
    countIf(before > 0) AS heads,
    countIf(before = 0 AND after > 0 AND month = first),
    countIf(before = 0 AND after > 0 AND month > first),
    countIf(before > 0 AND after = 0),
    countIf(after > 0) AS stay
FROM
(
    SELECT code, label, account_id, month, min(since) AS first, sum(is) AS after, sum(was) AS before
    FROM
    (
        -- A level is what its month ends with and what the next one begins with.
        SELECT
            code, label, account_id, since, tupleElement(step, 1) AS month, tupleElement(step, 2) AS is, tupleElement(step, 3) AS was
        FROM
        (
            SELECT
                toString(currency) AS code, {{if .Slice}}{{.Slice}}{{else}}''{{end}} AS label, account_id,
                arrayJoin([(m.month, sum(mrr), toDecimal128(0, 4)), (addMonths(m.month, 1), toDecimal128(0, 4), sum(mrr))]) AS step,
                min(m.month) OVER (PARTITION BY code, label, account_id) AS since
            FROM {{.DB}}.mrr_monthly AS m
            WHERE ({currency:String} = '' OR currency = {currency:String})
              AND {{.Chosen}}
            GROUP BY code, label, account_id, m.month
        )
    )
    GROUP BY code, label, account_id, month
)
WHERE month BETWEEN toStartOfMonth({from:Date}) AND least({to:Date}, (SELECT max(through) FROM {{.DB}}.loads WHERE status = 'current'))
GROUP BY code, {{if .Slice}}label, {{end}}month
ORDER BY code, {{if .Slice}}label, {{end}}month
{{- end}}
