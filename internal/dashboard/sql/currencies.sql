SELECT toString(currency) AS code
FROM {{.DB}}.mrr_movements
WHERE {{.Chosen}}
GROUP BY code
ORDER BY sum(amount_reporting) DESC, uniqExact(account_id) DESC, code
