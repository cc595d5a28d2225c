SELECT date, reporting_currency, mrr, arr, customers, subscriptions, day_status
FROM {{ source('mrr', 'mrr_totals_daily_reporting') }}
