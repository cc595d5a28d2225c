WITH
    toDecimal128(0, 4) AS zero
SELECT
    cohort, month, currency, sum(net) AS net_mrr, sum(kept) AS kept_mrr, sum(lost) AS lost_mrr,
    sum(come) AS customers_new, sum(back) AS customers_reactivated, sum(gone) AS customers_churned, sum(base) AS base_mrr, sum(started) AS base_customers,
    sum(level) AS mrr_reporting{{.Was}}
FROM
(
        -- What each account's month came to. Accounts that did not move end as they started.
        SELECT
            cohort, month, currency,
            sum(change) AS net,
            sumIf(change, before > 0) AS kept,
            sumIf(least(change, zero), before > 0) AS lost,
            toInt64(countIf(before = 0 AND after > 0 AND nth = 1)) AS come,
            toInt64(countIf(before = 0 AND after > 0 AND nth > 1)) AS back,
            toInt64(countIf(before > 0 AND after = 0)) AS gone,
            sumIf(fresh, month = cohort) AS base,
            toInt64(countIf(month = cohort AND (fresh > 0 OR currency = ''))) AS started,
            zero AS level{{.Was}}
        FROM
        (
            SELECT
                month, currency, change, fresh{{.Was}},
                min(month) OVER (PARTITION BY account_id{{.Was}}) AS cohort,
                -- Amounts of several currencies in one sum are no amount, but they are above 0 when any of them is.
                sum(mixed) OVER story AS after,
                after - mixed AS before,
                row_number() OVER story AS nth
            FROM
            (
                SELECT
                    month, account_id, tupleElement(part, 1) AS currency,
                    sum(tupleElement(part, 2)) AS change, sum(tupleElement(part, 3)) AS fresh, sum(moved) AS mixed{{.Was}}
                FROM
                (
                    SELECT
                        month, account_id, moved{{.Was}},
                        arrayJoin(arrayConcat(
                            [(code, moved, new)],
                            if({converts:Bool}, [('', if(rate = 0, valued, CAST(round(toDecimal256(moved, 4) * rate, 4), 'Decimal(38, 4)')), new_reporting)], []))) AS part
                    FROM
                    (
                        SELECT
                            toStartOfMonth(date) AS month, account_id, toString(currency) AS code,
                            sum(amount) AS moved, sum(amount_reporting) AS valued,
                            sumIf(amount, movement = 'new') AS new, sumIf(amount_reporting, movement = 'new') AS new_reporting{{.Was}}
                        FROM {{.Rows "movements"}} AND NOT scheduled AND date <= {{.Through}}
                        GROUP BY month, account_id, code{{.Was}}
                    ) AS m
                    -- A currency that had no rate yet was in no account at the start: its days' own rates will do.
                    ANY LEFT JOIN
                    (
                        SELECT toString(currency) AS code, date + 1 AS month, rate FROM {{.Store}}.rates
                        WHERE load_id = {rates:UInt64} AND date + 1 = toStartOfMonth(date + 1)
                    ) AS r ON m.code = r.code AND m.month = r.month
                )
                GROUP BY month, account_id, currency{{.Was}}
            )
            WINDOW story AS (PARTITION BY account_id, currency{{.Was}} ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        )
        GROUP BY cohort, month, currency{{.Was}}
    UNION ALL
        -- At the rates of a month's last day each item is converted by itself, as daily has it.
        SELECT
            cohort, toStartOfMonth(day) AS month, '', zero, zero, zero, toInt64(0), toInt64(0), toInt64(0), zero, toInt64(0),
            sum(CAST(round(mrr * rate, 4), 'Decimal(18, 4)')){{if .Patch}}, p.was{{end}}
        FROM
        (
            SELECT
                account_id, currency, mrr{{.Was}},
                arrayJoin(arrayFilter(d -> d >= since AND d < until, arrayMap(
                    i -> least(toLastDayOfMonth(addMonths(toStartOfMonth(since), i)), {{.Through}}),
                    range(toUInt32(dateDiff('month', since, least(until - 1, {{.Through}})) + 1))))) AS day
            FROM
            (
                SELECT
                    account_id, currency, mrr{{.Was}},
                    -- Of a base's sums none are of a month that was not over: of those the level is that of all accounts, anew.
                    {{if .Patch}}if(was OR {{.Moved}}, valid_from, greatest(valid_from, {open:Date})){{else}}valid_from{{end}} AS since,
                    {{if .Patch}}if(was, least(valid_to, {open:Date}), valid_to){{else}}valid_to{{end}} AS until
                FROM {{.All "periods"}} AND mrr > 0 AND NOT scheduled AND {converts:Bool}
            )
            WHERE since < until AND since <= {{.Through}}
        ) AS p
        -- The base has the same rates, of the days that it knows.
        INNER JOIN (SELECT currency, date, rate FROM {{.Store}}.rates WHERE load_id = {rates:UInt64}) AS r ON p.currency = r.currency AND p.day = r.date
        INNER JOIN
        (
            SELECT account_id, toStartOfMonth(min(date)) AS cohort{{.Was}}
            FROM {{.All "movements"}} AND NOT scheduled AND date <= {{.Through}}
            GROUP BY account_id{{.Was}}
        ) AS c ON p.account_id = c.account_id{{if .Patch}} AND p.was = c.was{{end}}
        GROUP BY cohort, month{{if .Patch}}, p.was{{end}}
)
GROUP BY cohort, month, currency{{.Was}}
