-- What each account paid at each month's end, with its name: to join with what a CRM knows of it.
SELECT
    m.month AS month, m.account_id AS account_id, n.name AS name, n.first_mrr_date AS first_mrr_date,
    m.mrr_reporting AS mrr_reporting, m.subscriptions AS subscriptions
FROM
(
    SELECT month, account_id, sum(i.mrr_reporting) AS mrr_reporting, uniqExact(source, subscription_id) AS subscriptions
    FROM {{ source('mrr', 'mrr_monthly') }} AS i
    GROUP BY month, account_id
) AS m
LEFT JOIN
(
    SELECT account_id, argMin(c.name, (c.name = '', created_at, source, customer_id)) AS name, min(c.first_mrr_date) AS first_mrr_date
    FROM {{ source('mrr', 'customers') }} AS c
    GROUP BY account_id
) AS n ON m.account_id = n.account_id
