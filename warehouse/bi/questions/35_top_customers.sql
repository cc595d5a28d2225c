-- title: Largest customers
-- note: Accounts by what they pay on the last published day, whatever the range.
-- chart: table
-- columns: account_id name source mrr share:share first_mrr_date subscriptions
SELECT
    account_id, any(c.name) AS name, arrayStringConcat(arraySort(groupUniqArray(toString(c.source))), ', ') AS source,
    sum(paid) AS mrr,
    toFloat64(mrr) / toFloat64(sum(sum(paid)) OVER ()) AS share,
    min(c.first_mrr_date) AS first_mrr_date, sum(c.subscriptions) AS subscriptions
FROM
(
    SELECT
        account_id, name, source, first_mrr_date, subscriptions,
        if({{currency}} = 'reporting', current_mrr_reporting, current_mrr_by_currency[{{currency}}]) AS paid
    FROM customers
    WHERE {{slice}}
) AS c
WHERE paid > 0
GROUP BY account_id
ORDER BY mrr DESC, account_id
LIMIT 25
