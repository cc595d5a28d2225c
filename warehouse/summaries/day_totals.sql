{{- /* The days on which something begins or ceases to have items: where the running count of its items leaves or reaches zero. */ -}}
{{- define "turns"}}
            SELECT
                arraySort(arrayConcat(groupArray((valid_from, toInt64(1))), groupArray((valid_to, toInt64(-1))))) AS steps,
                arrayCumSum(tupleElement(steps, 2)) AS items,
                arrayJoin(arrayFilter(
                    (s, n) -> tupleElement(s, 2) = 1 AND n = 1 OR tupleElement(s, 2) = -1 AND n = 0,
                    steps, items)) AS turn{{end -}}
WITH toDecimal128(0, 4) AS zero
SELECT
    date, currency, sum(n) AS new_mrr, sum(e) AS expansion_mrr, sum(r) AS reactivation_mrr, sum(c) AS contraction_mrr, sum(x) AS churned_mrr,
    sum(nr) AS new_reporting, sum(er) AS expansion_reporting, sum(rr) AS reactivation_reporting, sum(cr) AS contraction_reporting, sum(xr) AS churned_reporting,
    sum(level) AS mrr_reporting, sum(accounts) AS customers, sum(agreements) AS subscriptions, sum(moved) AS movements
FROM
(
        SELECT
            date, toString(currency) AS currency,
            sumIf(amount, movement = 'new') AS n, sumIf(amount, movement = 'expansion') AS e, sumIf(amount, movement = 'reactivation') AS r,
            -sumIf(amount, movement = 'contraction') AS c, -sumIf(amount, movement = 'churn') AS x,
            sumIf(amount_reporting, movement = 'new') AS nr, sumIf(amount_reporting, movement = 'expansion') AS er, sumIf(amount_reporting, movement = 'reactivation') AS rr,
            -sumIf(amount_reporting, movement = 'contraction') AS cr, -sumIf(amount_reporting, movement = 'churn') AS xr,
            zero AS level, toInt64(0) AS accounts, toInt64(0) AS agreements, toInt64(count()) AS moved
        FROM {{.Store}}.movements
        WHERE load_id = {{.Movements}} AND NOT scheduled AND date <= {{.Through}}{{.Moved}}
        GROUP BY date, currency
{{- if not .Base}}
    UNION ALL
        -- Conversion rounds each item by itself, so only the items' sum ties out.
        SELECT date, toString(currency), zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, sum(mrr_reporting), toInt64(0), toInt64(0), toInt64(0)
        FROM {{.Store}}.daily
        WHERE (toYYYYMM(date), load_id) IN {daily:Array(Tuple(UInt32, UInt64))}
        GROUP BY date, currency
{{- end}}
    UNION ALL
        SELECT tupleElement(turn, 1) AS date, toString(currency) AS currency, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, sum(tupleElement(turn, 2)), toInt64(0), toInt64(0)
        FROM
        ({{template "turns"}}, currency
            FROM {{.Store}}.periods
            WHERE load_id = {{.Periods}} AND NOT scheduled{{.Moved}}
            GROUP BY account_id, currency
        )
        WHERE date <= {{.Through}}
        GROUP BY date, currency
    UNION ALL
        SELECT tupleElement(turn, 1) AS date, '' AS currency, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, sum(tupleElement(turn, 2)), toInt64(0), toInt64(0)
        FROM
        ({{template "turns"}}
            FROM {{.Store}}.periods
            WHERE load_id = {{.Periods}} AND NOT scheduled{{.Moved}}
            GROUP BY account_id
        )
        WHERE date <= {{.Through}}
        GROUP BY date
    UNION ALL
        SELECT tupleElement(turn, 1) AS date, toString(currency) AS currency, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, toInt64(0), sum(tupleElement(turn, 2)), toInt64(0)
        FROM
        ({{template "turns"}}, currency
            FROM {{.Store}}.periods
            WHERE load_id = {{.Periods}} AND NOT scheduled{{.Moved}}
            GROUP BY source, customer_id, subscription_id, currency
        )
        WHERE date <= {{.Through}}
        GROUP BY date, currency
    UNION ALL
        SELECT tupleElement(turn, 1) AS date, '' AS currency, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, toInt64(0), sum(tupleElement(turn, 2)), toInt64(0)
        FROM
        ({{template "turns"}}
            FROM {{.Store}}.periods
            WHERE load_id = {{.Periods}} AND NOT scheduled{{.Moved}}
            GROUP BY source, customer_id, subscription_id
        )
        WHERE date <= {{.Through}}
        GROUP BY date
)
GROUP BY date, currency
