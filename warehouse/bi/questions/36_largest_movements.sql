-- title: Largest movements
-- note: The fifty days on which an account moved most, with the reasons and who moved.
-- chart: table
-- columns: date account_id movement amount reason plan_id source
SELECT
    day AS date, account_id, any(kind) AS movement, sum(change) AS amount,
    arrayStringConcat(arraySort(groupUniqArray(cause)), ', ') AS reason,
    arrayStringConcat(arraySort(groupUniqArray(plan)), ', ') AS plan_id,
    arrayStringConcat(arraySort(groupUniqArray(place)), ', ') AS source
FROM
(
    SELECT
        date AS day, account_id, currency, toString(movement) AS kind,
        if({{currency}} = 'reporting', amount_reporting, amount) AS change,
        toString(reason) AS cause, toString(plan_id) AS plan, toString(source) AS place
    FROM mrr_movements
    WHERE ({{currency}} = 'reporting' OR currency = {{currency}})
      AND {{slice}}
      AND {{days "date"}}
)
GROUP BY day, account_id, currency
HAVING amount != 0
ORDER BY abs(amount) DESC, date DESC, account_id
LIMIT 50
