SELECT
    invoice_id, min(issued_at) AS issued, toString(currency),
    sumIf(amount, treatment = 'committed'), sumIf(amount, treatment = 'proration'), sumIf(amount, treatment IN ('committed_usage', 'uncommitted_usage')),
    sumIf(amount, treatment = 'one_time'), sumIf(amount, treatment = 'trial'), sumIf(amount, treatment = 'discount'), sumIf(amount, treatment = 'tax'),
    sumIf(amount, treatment != 'credit'), sumIf(amount, treatment = 'credit'), toString(source)
FROM {{.DB}}.invoice_lines
WHERE source IN {sources:Array(String)} AND customer_id IN {customers:Array(String)} AND account_id = {account:String}
GROUP BY source, invoice_id, currency
ORDER BY issued DESC, invoice_id
LIMIT 200
