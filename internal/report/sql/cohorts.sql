-- A range picks cohorts, and how far they are followed.
{{- if not .Cut}}
SELECT
    toString({{if .Reporting}}reporting_currency{{else}}currency{{end}}) AS code, cohort, toUInt64(age), base_customers, base_mrr, customers, mrr,
    if(base_customers > 0, customer_retention, nan), if(base_defined, revenue_retention, nan)
FROM {{.DB}}.cohorts_monthly{{if .Reporting}}_reporting{{end}}
WHERE cohort >= toStartOfMonth({from:Date}) AND month <= {to:Date}
  AND (base_customers > 0 OR mrr > 0)
{{- if not .Reporting}}
  AND ({currency:String} = '' OR currency = {currency:String})
{{- end}}
ORDER BY code, cohort, age
{{- else}}
-- Of a part of the company: an account belongs to the first month at whose end it had MRR in the part, and began with what it had in it then.
SELECT
    code, cohort, toUInt64(dateDiff('month', cohort, at)) AS age,
    max(heads) OVER life AS base_customers, max(began) OVER life AS base_mrr, stay, kept,
    round(stay / base_customers, 6), round(toFloat64(kept) / toFloat64(base_mrr), 6)
FROM
(
    SELECT
        code, cohort, at, sum(paying) AS stay, sum(level) AS kept,
        sumIf(paying, at = cohort) AS heads, sumIf(level, at = cohort) AS began
    FROM
    (
            SELECT code, cohort, at, count() AS paying, sum(level) AS level
            FROM
            (
                SELECT
                    toString(currency) AS code, account_id, m.month AS at, sum(mrr) AS level,
                    min(m.month) OVER (PARTITION BY code, account_id) AS cohort
                FROM {{.DB}}.mrr_monthly AS m
                WHERE ({currency:String} = '' OR currency = {currency:String})
                  AND {{.Chosen}}
                GROUP BY code, account_id, m.month
            )
            GROUP BY code, cohort, at
        UNION ALL
            -- Every month of a cohort, so that those of which nothing is left are seen as such.
            SELECT code, cohort, addMonths(cohort, arrayJoin(range(toUInt32(dateDiff('month', cohort, (SELECT max(through) FROM {{.DB}}.loads WHERE status = 'current'))) + 1))), toUInt64(0), toDecimal128(0, 4)
            FROM
            (
                SELECT DISTINCT code, cohort
                FROM
                (
                    SELECT toString(currency) AS code, min(m.month) AS cohort
                    FROM {{.DB}}.mrr_monthly AS m
                    WHERE ({currency:String} = '' OR currency = {currency:String})
                      AND {{.Chosen}}
                    GROUP BY code, account_id
                )
            )
    )
    GROUP BY code, cohort, at
)
WHERE cohort >= toStartOfMonth({from:Date}) AND at <= {to:Date}
WINDOW life AS (PARTITION BY code, cohort)
ORDER BY code, cohort, age
{{- end}}
