-- Restatements
-- What the past was said to be and what it is now: days that were final before and read otherwise since. The newest load stands first.
--
-- Visualization: Table
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Column published_at: When it was published, UTC
-- Column account_id: The paying account after identity resolution
-- Column currency: Currency of all amounts, ISO 4217
-- Column from: First of the days of the past that read otherwise since
-- Column to: Last of these days, included
-- Column days: How many days these are
-- Column mrr_before: MRR of the account on each of the days as the load before had it, in major units of currency; never negative
-- Column mrr_after: MRR of the account on each of the days as this load has it, in major units of currency; never negative
-- Column difference: mrr_after - mrr_before, in major units of currency, signed
-- Column reason: Every cause that holds, joined by +: identity (a customer went to another account or came from one), policy (the policy or another setting or code that decides derivations changed), source_removed (a source is no longer configured), late_evidence (provider objects about the account landed since), catalogue (a price, coupon or other shared object that its amounts came from changed), rollback (an earlier load was published again), reopened (its month was reopened after it was closed); derivation when none of these does
SELECT published_at, account_id, currency, from, to, days, mrr_before, mrr_after, difference, reason
FROM restatements
WHERE ({{currency}} = 'reporting' OR currency = {{currency}})
  AND true [[AND toStartOfMonth(to) >= toStartOfMonth(toDate({{from}}))]] [[AND toStartOfMonth(to) <= toDate({{to}})]]
ORDER BY published_at DESC, abs(difference) DESC, account_id, from
LIMIT 200
