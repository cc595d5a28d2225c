SELECT from, to, toString(currency), mrr_before, mrr_after, toString(reason), toString(evidence), published_at
FROM {{.DB}}.restatements
WHERE account_id = {account:String}
ORDER BY load_id DESC, from, currency
LIMIT 100
