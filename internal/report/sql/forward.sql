SELECT
    toString(currency) AS code, month, starting_mrr, trial_mrr, ramp_mrr, discount_mrr, other_mrr, ended_mrr, committed_mrr,
    committed_mrr - scheduled_mrr AS firm_mrr
FROM {{.DB}}.mrr_forward_monthly
WHERE month BETWEEN toStartOfMonth({from:Date}) AND {to:Date}
  AND ({currency:String} = '' OR currency = {currency:String})
ORDER BY code, month
