{{define "code"}}{{if .Reporting}}(SELECT max(toString(reporting_currency)) FROM {{.DB}}.loads WHERE status = 'current'){{else}}toString(currency){{end}}{{end -}}
WITH least({to:Date}, (SELECT max(through) FROM {{.DB}}.loads WHERE status = 'current')) AS final
SELECT
    code, {{if .Slice}}label, {{end}}account_id, name, first_mrr_date, mrr,
    toFloat64(mrr) / toFloat64(sum(mrr) OVER (PARTITION BY code{{if .Slice}}, label{{end}})) AS share,
    gained_mrr, lost_mrr, subscriptions
FROM
(
    SELECT
        code, label, account_id,
        sum(level) AS mrr,
        sum(gained) AS gained_mrr,
        sum(lost) AS lost_mrr,
        sum(agreements) AS subscriptions
    FROM
    (
            SELECT
                {{template "code" .}} AS code, {{if .Slice}}{{.Slice}}{{else}}''{{end}} AS label, account_id,
                sum(mrr{{if .Reporting}}_reporting{{end}}) AS level, toDecimal128(0, 4) AS gained, toDecimal128(0, 4) AS lost,
                uniqExact(source, customer_id, subscription_id) AS agreements
            FROM {{.DB}}.mrr_daily
            WHERE date = final
              AND ({currency:String} = '' OR currency = {currency:String})
              AND {{.Chosen}}
            GROUP BY code, label, account_id
        UNION ALL
            SELECT
                code, label, account_id, toDecimal128(0, 4),
                sum(greatest(change, toDecimal128(0, 4))), -sum(least(change, toDecimal128(0, 4))), toUInt64(0)
            FROM
            (
                SELECT
                    {{template "code" .}} AS code, {{if .Slice}}{{.Slice}}{{else}}''{{end}} AS label, account_id, date,
                    sum(amount{{if .Reporting}}_reporting{{end}}) AS change
                FROM {{.DB}}.mrr_movements
                WHERE date BETWEEN {from:Date} AND final
                  AND ({currency:String} = '' OR currency = {currency:String})
                  AND {{.Chosen}}
                GROUP BY code, label, account_id, date
            )
            GROUP BY code, label, account_id
    )
    GROUP BY code, label, account_id
    HAVING mrr > 0
) AS m
LEFT JOIN
(
    -- An account of several customers is called by the name of the one that was there first.
    SELECT account_id, argMin(c.name, (c.name = '', created_at, source, customer_id)) AS name, min(c.first_mrr_date) AS first_mrr_date
    FROM {{.DB}}.customers AS c
    GROUP BY account_id
) AS n ON m.account_id = n.account_id
ORDER BY code, {{if .Slice}}label, {{end}}mrr DESC, account_id
{{if .Limit}}LIMIT {limit:UInt64} BY code{{if .Slice}}, label{{end}}{{end}}
