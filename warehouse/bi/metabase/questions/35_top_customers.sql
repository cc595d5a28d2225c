-- Largest customers
-- Accounts by what they pay on the last published day, whatever the range.
--
-- Visualization: Table
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable source: a source as the configuration names it; empty: all
-- Variable segment: a configured segment; empty: the first in alphabetical order
-- Variable value: a value of that segment, (none) for what has none; empty: all
-- Column account_id: The paying account after identity resolution: what counts as one customer
-- Column name: Name, as the privacy rules leave it; empty if unknown
-- Column source: The source, as named in the configuration
-- Column first_mrr_date: First day of the account with MRR; 1970-01-01 if there is none
-- Column subscriptions: Subscriptions with MRR above 0 on the last published day
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
    WHERE true [[AND source = {{source}}]] [[AND if(segments[{{segment}}] = '', '(none)', segments[{{segment}}]) = {{value}}]]
) AS c
WHERE paid > 0
GROUP BY account_id
ORDER BY mrr DESC, account_id
LIMIT 25
