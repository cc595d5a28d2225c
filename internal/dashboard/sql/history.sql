-- What the account's movements of a day came to and what stood after them, and the level as of the last published day.
SELECT code, date, kind, change, sum(change) OVER (PARTITION BY code ORDER BY date, kind = '', kind ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), reasons, plans, places, agreements, shown
FROM
(
        SELECT
            toString(currency) AS code, date, toString(movement) AS kind, sum(amount) AS change,
            arrayStringConcat(arraySort(groupUniqArray(toString(reason))), ', ') AS reasons,
            arrayStringConcat(arraySort(groupUniqArray(toString(plan_id))), ', ') AS plans,
            arrayStringConcat(arraySort(groupUniqArray(toString(source))), ', ') AS places,
            arrayStringConcat(arraySort(groupUniqArray(subscription_id)), ', ') AS agreements,
            arrayStringConcat(arraySort(arrayFilter(x -> x != ' ', groupUniqArray(concat(object_kind, ' ', object_id)))), ', ') AS shown
        FROM {{.DB}}.mrr_movements
        WHERE account_id = {account:String}
          AND source IN {sources:Array(String)} AND customer_id IN {customers:Array(String)}
        GROUP BY code, date, kind
    UNION ALL
        SELECT DISTINCT toString(currency) AS code, {through:Date}, '', toDecimal128(0, 4), '', '', '', '', ''
        FROM {{.DB}}.mrr_movements
        WHERE account_id = {account:String}
          AND source IN {sources:Array(String)} AND customer_id IN {customers:Array(String)}
)
ORDER BY code, date, kind = '', kind
