-- Committed MRR to come
-- What today's agreements make of the months to come: known ends, trials that convert, agreed steps of price, discounts that run out. No forecast. Each currency stands alone; amounts to come are not converted.
--
-- Visualization: Table
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Column month: First day of the month; the first row is the month of the day after the last published one
-- Column currency: Currency of all amounts, ISO 4217
-- Column starting_mrr: MRR at the end of the month before, of the first row on the last published day, in major units of currency; never negative
-- Column trial_mrr: What trials bring if they convert, in major units of currency; signed
-- Column ramp_mrr: What agreed steps of price or plan change, in major units of currency; signed
-- Column discount_mrr: What the ends and beginnings of discounts change, in major units of currency; signed, positive where a discount ends
-- Column other_mrr: What else is agreed, such as subscriptions that begin later, in major units of currency; signed
-- Column ended_mrr: MRR with a known end in the month, in major units of currency; a positive magnitude that is subtracted
-- Column committed_mrr: MRR at the month's end as agreed today, in major units of currency: starting + trial + ramp + discount + other - ended; never negative
-- Column scheduled_mrr: The part of committed_mrr that waits for evidence, such as trials that have yet to convert, in major units of currency; never negative
SELECT month, currency, starting_mrr, trial_mrr, ramp_mrr, discount_mrr, other_mrr, ended_mrr, committed_mrr, scheduled_mrr
FROM mrr_forward_monthly
WHERE {{currency}} = 'reporting' OR currency = {{currency}}
ORDER BY currency, month
LIMIT 12 BY currency
