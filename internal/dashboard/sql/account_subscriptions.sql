SELECT
    subscription_id, name, toString(status), current_mrr, toString(currency), if(has_provider_mrr, toString(provider_mrr), ''), start_date, trial_end,
    if(least(end_date, cancel_date) = toDate('2149-06-06'), toDate(0), least(end_date, cancel_date)), arrayStringConcat(arrayMap(x -> toString(x), plan_ids), ', '), toString(source)
FROM {{.DB}}.subscriptions
WHERE account_id = {account:String}
ORDER BY current_mrr DESC, start_date DESC, subscription_id
