SELECT
    item_id, subscription_id, if(plan_name IN ('', plan_id), toString(plan_id), concat(plan_name, ' (', plan_id, ')')), toString(quantity), toDecimal128(mrr, 4), toString(currency), toString(source)
FROM {{.DB}}.mrr_daily
WHERE date = {through:Date} AND account_id = {account:String}
  AND source IN {sources:Array(String)} AND customer_id IN {customers:Array(String)}
ORDER BY mrr DESC, subscription_id, item_id
