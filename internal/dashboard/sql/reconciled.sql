SELECT
    toString(r.source), toString(r.reason) AS why, toString(r.currency), count(), sum(r.mrr), sum(toDecimal128(r.provider_mrr, 4)), sum(r.difference)
FROM {{.DB}}.reconciliation AS r
GROUP BY r.source, why, r.currency
ORDER BY r.source, why = 'equal', why, r.currency
