SELECT
    date, toString(source), customer_id, account_id, subscription_id, item_id, toString(plan_id), toString(movement), toString(reason), toString(currency),
    amount, amount_reporting, toString(object_kind), object_id
FROM {{.DB}}.mrr_movements
WHERE date BETWEEN {from:Date} AND {to:Date}
  AND {{.Chosen}}
  AND ({kind:String} = '' OR toString(movement) = {kind:String})
  AND ({account:String} = '' OR account_id = {account:String})
ORDER BY date, account_id, source, subscription_id, item_id, amount
