-- Reconciliation
-- Where our MRR and the provider's own figure differ, what is unexplained first.
--
-- Visualization: Table
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable source: a source as the configuration names it; empty: all
-- Column source: The source, as named in the configuration
-- Column subscription_id: The provider's subscription
-- Column account_id: The paying account after identity resolution
-- Column status: As the provider last said: active, past_due, non_renewing, trialing, future, incomplete, unpaid, paused or canceled
-- Column currency: Currency of all amounts, ISO 4217
-- Column mrr: Our committed MRR on the last published day, in major units of currency; never negative
-- Column provider_mrr: The provider's own figure when it was last asked, in major units of currency
-- Column difference: mrr - provider_mrr, in major units of currency, signed
-- Column reason: Where the difference comes from, the first that holds: equal (there is none), rounding (less than one minor unit an item), rejected (something of it could not be read), trial, paused, status (it does not count by our rules for being on trial, paused or otherwise inactive, the provider still values it), timing (the provider's figure is what ours becomes on the next day), unexplained. The verb reconcile values it again and finds more
SELECT source, subscription_id, account_id, status, currency, mrr, provider_mrr, difference, reason
FROM reconciliation
WHERE reason != 'equal'
  AND ({{currency}} = 'reporting' OR currency = {{currency}})
  AND true [[AND source = {{source}}]]
ORDER BY reason != 'unexplained', abs(difference) DESC, source, subscription_id
LIMIT 200
