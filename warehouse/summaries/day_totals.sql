WITH toDecimal128(0, 4) AS zero
SELECT
    date, currency, sum(n) AS new_mrr, sum(e) AS expansion_mrr, sum(r) AS reactivation_mrr, sum(c) AS contraction_mrr, sum(x) AS churned_mrr,
    sum(nr) AS new_reporting, sum(er) AS expansion_reporting, sum(rr) AS reactivation_reporting, sum(cr) AS contraction_reporting, sum(xr) AS churned_reporting,
    sum(level) AS mrr_reporting, sum(accounts) AS customers, sum(agreements) AS subscriptions, sum(moved) AS movements{{.Was}}
FROM
(
        SELECT
            date, toString(currency) AS currency,
            sumIf(amount, movement = 'new') AS n, sumIf(amount, movement = 'expansion') AS e, sumIf(amount, movement = 'reactivation') AS r,
            -sumIf(amount, movement = 'contraction') AS c, -sumIf(amount, movement = 'churn') AS x,
            sumIf(amount_reporting, movement = 'new') AS nr, sumIf(amount_reporting, movement = 'expansion') AS er, sumIf(amount_reporting, movement = 'reactivation') AS rr,
            -sumIf(amount_reporting, movement = 'contraction') AS cr, -sumIf(amount_reporting, movement = 'churn') AS xr,
            zero AS level, toInt64(0) AS accounts, toInt64(0) AS agreements, toInt64(count()) AS moved{{.Was}}
        FROM {{.Rows "movements"}} AND NOT scheduled AND date <= {{.Through}}
        GROUP BY date, currency{{.Was}}
    UNION ALL
        -- Conversion rounds each item by itself, so only the items' sum ties out.
        SELECT date, toString(currency), zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, sum(mrr_reporting), toInt64(0), toInt64(0), toInt64(0){{if .Patch}}, 0{{end}}
        FROM {{.Store}}.daily
        WHERE (toYYYYMM(date), load_id) IN {daily:Array(Tuple(UInt32, UInt64))}
        GROUP BY date, currency
    UNION ALL
        -- The days on which an account or a subscription, in one currency or in any, begins or ceases to have items: where the running
        -- count of its items leaves or reaches zero.
        SELECT
            tupleElement(turn, 1) AS date, tupleElement(whose, 2) AS currency, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero,
            sumIf(tupleElement(turn, 2), tupleElement(whose, 1) = 'account'), sumIf(tupleElement(turn, 2), tupleElement(whose, 1) = 'subscription'), toInt64(0){{.Was}}
        FROM
        (
            SELECT
                whose{{.Was}},
                arraySort(arrayConcat(groupArray((valid_from, toInt64(1))), groupArray((valid_to, toInt64(-1))))) AS steps,
                arrayCumSum(tupleElement(steps, 2)) AS items,
                arrayJoin(arrayFilter(
                    (s, n) -> tupleElement(s, 2) = 1 AND n = 1 OR tupleElement(s, 2) = -1 AND n = 0,
                    steps, items)) AS turn
            FROM
            (
                SELECT
                    valid_from, valid_to{{.Was}},
                    arrayJoin([toString(currency), '']) AS code,
                    arrayJoin([('account', code, '', account_id, ''), ('subscription', code, toString(source), customer_id, subscription_id)]) AS whose
                FROM {{.Rows "periods"}} AND NOT scheduled
            )
            GROUP BY whose{{.Was}}
        )
        WHERE date <= {{.Through}}
        GROUP BY date, currency{{.Was}}
)
GROUP BY date, currency{{.Was}}
