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
        -- count of its items leaves zero or reaches it. Each step is a number, twice the day, and one more where an item begins: what
        -- ends on a day ends before what begins.
        SELECT
            toDate(toUInt16(intDiv(turn, 2))) AS date, tupleElement(whose, 2) AS currency, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero,
            sumIf(if(turn % 2 = 1, toInt64(1), toInt64(-1)), tupleElement(whose, 1) = 'account') AS accounts,
            sumIf(if(turn % 2 = 1, toInt64(1), toInt64(-1)), tupleElement(whose, 1) = 'subscription') AS agreements,
            toInt64(0){{.Was}}
        FROM
        (
            SELECT
                whose{{.Was}},
                arraySort(arrayConcat(groupArray(toUInt32(2 * toUInt16(valid_from) + 1)), groupArray(toUInt32(2 * toUInt16(valid_to))))) AS steps,
                arrayCumSum(s -> if(s % 2 = 1, 1, -1), steps) AS items,
                arrayJoin(arrayFilter((s, n) -> s % 2 = 1 AND n = 1 OR s % 2 = 0 AND n = 0, steps, items)) AS turn
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
