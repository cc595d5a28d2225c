SELECT
    date, source, account_id, customer_id, subscription_id, item_id, product_id, plan_id, currency,
    toString(movement) AS movement, amount, amount_reporting, reason
FROM {{ source('mrr', 'mrr_movements') }}
