INSERT INTO {{.Store}}.cohort_months
    (load_id, cohort, month, currency, net_mrr, kept_mrr, lost_mrr, customers_new, customers_reactivated, customers_churned, base_mrr, base_customers, mrr_reporting)
WITH
    toDecimal128(0, 4) AS zero
SELECT
    {id:UInt64}, cohort, month, currency, sum(net), sum(kept), sum(lost), sum(come), sum(back), sum(gone), sum(base), sum(started), sum(level)
FROM
(
        -- What each account's month came to. Accounts that did not move end as they started.
        SELECT
            cohort, month, currency,
            sum(change) AS net,
            sumIf(change, before > 0) AS kept,
            sumIf(least(change, zero), before > 0) AS lost,
            countIf(before = 0 AND after > 0 AND nth = 1) AS come,
            countIf(before = 0 AND after > 0 AND nth > 1) AS back,
            countIf(before > 0 AND after = 0) AS gone,
            sumIf(fresh, month = cohort) AS base,
            countIf(month = cohort AND (fresh > 0 OR currency = '')) AS started,
            zero AS level
        FROM
        (
            SELECT
                month, currency, change, fresh,
                min(month) OVER (PARTITION BY account_id) AS cohort,
                -- Amounts of several currencies in one sum are no amount, but they are above 0 when any of them is.
                sum(mixed) OVER story AS after,
                after - mixed AS before,
                row_number() OVER story AS nth
            FROM
            (
                SELECT
                    month, account_id, tupleElement(part, 1) AS currency,
                    sum(tupleElement(part, 2)) AS change, sum(tupleElement(part, 3)) AS fresh, sum(moved) AS mixed
                FROM
                (
                    SELECT
                        month, account_id, moved,
                        arrayJoin(arrayConcat(
                            [(code, moved, new)],
                            if({converts:Bool}, [('', if(rate = 0, valued, CAST(round(toDecimal256(moved, 4) * rate, 4), 'Decimal(38, 4)')), new_reporting)], []))) AS part
                    FROM
                    (
                        SELECT
                            toStartOfMonth(date) AS month, account_id, toString(currency) AS code,
                            sum(amount) AS moved, sum(amount_reporting) AS valued,
                            sumIf(amount, movement = 'new') AS new, sumIf(amount_reporting, movement = 'new') AS new_reporting
                        FROM {{.Store}}.movements AS m
                        WHERE load_id = {movements:UInt64} AND NOT scheduled AND date <= {through:Date}
                        GROUP BY month, account_id, code
                    ) AS m
                    -- A currency that had no rate yet was in no account at the start: its days' own rates will do.
                    ANY LEFT JOIN
                    (
                        SELECT toString(currency) AS code, date + 1 AS month, rate FROM {{.Store}}.rates
                        WHERE load_id = {rates:UInt64} AND date + 1 = toStartOfMonth(date + 1)
                    ) AS r ON m.code = r.code AND m.month = r.month
                )
                GROUP BY month, account_id, currency
            )
            WINDOW story AS (PARTITION BY account_id, currency ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        )
        GROUP BY cohort, month, currency
    UNION ALL
        -- At the rates of a month's last day each item is converted by itself, as daily has it.
        SELECT
            cohort, toStartOfMonth(day) AS month, '', zero, zero, zero, toUInt64(0), toUInt64(0), toUInt64(0), zero, toUInt64(0),
            sum(CAST(round(mrr * rate, 4), 'Decimal(18, 4)'))
        FROM
        (
            SELECT
                account_id, currency, mrr,
                arrayJoin(arrayFilter(d -> d >= valid_from AND d < valid_to, arrayMap(
                    i -> least(toLastDayOfMonth(addMonths(toStartOfMonth(valid_from), i)), {through:Date}),
                    range(toUInt32(dateDiff('month', valid_from, least(valid_to - 1, {through:Date})) + 1))))) AS day
            FROM {{.Store}}.periods
            WHERE load_id = {periods:UInt64} AND mrr > 0 AND NOT scheduled AND valid_from <= {through:Date} AND {converts:Bool}
        ) AS p
        INNER JOIN (SELECT currency, date, rate FROM {{.Store}}.rates WHERE load_id = {rates:UInt64}) AS r ON p.currency = r.currency AND p.day = r.date
        INNER JOIN
        (
            SELECT account_id, toStartOfMonth(min(date)) AS cohort
            FROM {{.Store}}.movements
            WHERE load_id = {movements:UInt64} AND NOT scheduled AND date <= {through:Date}
            GROUP BY account_id
        ) AS c ON p.account_id = c.account_id
        GROUP BY cohort, month
)
GROUP BY cohort, month, currency
SETTINGS join_use_nulls = 0, max_bytes_before_external_group_by = 268435456, max_bytes_before_external_sort = 268435456
