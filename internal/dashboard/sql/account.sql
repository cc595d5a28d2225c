SELECT
    toString(source), customer_id, name, email, toString(country), created_at, toString(status), first_mrr_date,
    arrayStringConcat(arrayMap((k, x) -> concat(k, ' ', toString(x)), mapKeys(current_mrr_by_currency), mapValues(current_mrr_by_currency)), '\n'),
    arrayStringConcat(arrayMap((k, x) -> concat(k, '=', x), mapKeys(segments), mapValues(segments)), '\n')
FROM {{.DB}}.customers
WHERE account_id = {account:String}
ORDER BY created_at, source, customer_id
