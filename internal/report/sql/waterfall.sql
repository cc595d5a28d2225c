{{- if .Reporting -}}
SELECT
    toString(reporting_currency), month,
    starting_mrr, new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr,
    fx_adjustment, net_new_mrr, ending_mrr, if(growth_defined, growth_rate, nan)
FROM {{.DB}}.mrr_waterfall_monthly_reporting
WHERE month BETWEEN toStartOfMonth({from:Date}) AND {to:Date}
ORDER BY month
{{- else if not .Cut -}}
SELECT
    toString(currency), month,
    starting_mrr, new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr,
    net_new_mrr, ending_mrr, if(growth_defined, growth_rate, nan)
FROM {{.DB}}.mrr_waterfall_monthly
WHERE month BETWEEN toStartOfMonth({from:Date}) AND {to:Date}
  AND ({currency:String} = '' OR currency = {currency:String})
ORDER BY currency, month
{{- else -}}
-- A slice's share of its account's movement is what moved the account. What else
-- its level changed by moved between slices: transfer.
SELECT
    code{{if .Slice}}, label{{end}}, month,
    starting_mrr, new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr,
    net_new_mrr - (new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr) AS transfer_mrr,
    ending_mrr - starting_mrr AS net_new_mrr,
    ending_mrr,
    if(starting_mrr = 0, nan, round(toFloat64(net_new_mrr) / toFloat64(starting_mrr), 6)) AS growth_rate
FROM
(
    SELECT
        code, label, month,
        sumIf(part, movement = 'new') AS new_mrr,
        sumIf(part, movement = 'expansion') AS expansion_mrr,
        sumIf(part, movement = 'reactivation') AS reactivation_mrr,
        -sumIf(part, movement = 'contraction') AS contraction_mrr,
        -sumIf(part, movement = 'churn') AS churned_mrr,
        sum(level) AS ending_mrr,
        lagInFrame(sum(level), 1, toDecimal128(0, 4)) OVER (PARTITION BY code, label ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS starting_mrr
    FROM
    (
            SELECT
                code, label, month, toString(movement) AS movement, toDecimal128(0, 4) AS level,
                -- Running sums are rounded and not the parts, so that the parts add up to the account's movement.
                if(along = 0, toDecimal128(0, 4),
                    toDecimal128(round(toDecimal256(upto, 12) * total / along, 4), 4) - toDecimal128(round(toDecimal256(upto - way, 12) * total / along, 4), 4)) AS part
            FROM
            (
                SELECT
                    month, code, label, movement, change, chosen, total,
                    if(sign(change) = sign(total), change, toDecimal128(0, 4)) AS way,
                    sum(way) OVER day AS along,
                    sum(way) OVER (day ORDER BY label, chosen ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS upto
                FROM
                (
                    SELECT
                        toString(currency) AS code,
                        {{if .Slice}}{{.Slice}}{{else}}''{{end}} AS label,
                        account_id, date, movement,
                        toStartOfMonth(date) AS month,
                        ({{.Chosen}}) AS chosen,
                        sum(amount) AS change,
                        sum(sum(amount)) OVER (PARTITION BY code, account_id, date, movement) AS total
                    FROM {{.DB}}.mrr_movements
                    WHERE {currency:String} = '' OR currency = {currency:String}
                    GROUP BY code, label, account_id, date, movement, chosen
                )
                WINDOW day AS (PARTITION BY code, account_id, date, movement)
            )
            WHERE chosen AND change != 0
        UNION ALL
            SELECT
                toString(currency) AS code,
                {{if .Slice}}{{.Slice}}{{else}}''{{end}} AS label,
                month, '', sum(mrr), toDecimal128(0, 4)
            FROM {{.DB}}.mrr_monthly
            WHERE ({currency:String} = '' OR currency = {currency:String})
              AND {{.Chosen}}
            GROUP BY code, label, month
        UNION ALL
            -- Every month of a slice from its first movement on.
            SELECT
                code, label,
                addMonths(first, arrayJoin(range(toUInt32(dateDiff('month', first, (SELECT max(through) FROM {{.DB}}.loads WHERE status = 'current'))) + 1))) AS month,
                '', toDecimal128(0, 4), toDecimal128(0, 4)
            FROM
            (
                SELECT
                    toString(currency) AS code,
                    {{if .Slice}}{{.Slice}}{{else}}''{{end}} AS label,
                    toStartOfMonth(min(date)) AS first
                FROM {{.DB}}.mrr_movements
                WHERE ({currency:String} = '' OR currency = {currency:String})
                  AND {{.Chosen}}
                GROUP BY code, label
            )
    )
    GROUP BY code, label, month
)
WHERE month BETWEEN toStartOfMonth({from:Date}) AND {to:Date}
ORDER BY code, label, month
{{- end}}
