-- Plans
-- What moved the MRR of each plan over the range, from its beginning to its end; transfer is what came from other plans of the same accounts. Each line closes.
--
-- Visualization: Table
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Variable source: a source as the configuration names it; empty: all
-- Column plan_name: Name of the plan, as last known
-- Column source: The source, as named in the configuration
-- Column currency: Currency of all amounts, ISO 4217
-- Column starting_mrr: MRR of the plan at the end of the month before, in major units of currency; never negative
-- Column new_mrr: The plan's part in the MRR of accounts that never had any before, in major units of currency; a positive magnitude
-- Column expansion_mrr: The plan's part in the growth of accounts, in major units of currency; a positive magnitude
-- Column reactivation_mrr: The plan's part in the MRR of accounts that came back, in major units of currency; a positive magnitude
-- Column contraction_mrr: The plan's part in the shrinking of accounts, in major units of currency; a positive magnitude that is subtracted
-- Column churned_mrr: The plan's part in the MRR of accounts that went to zero, in major units of currency; a positive magnitude that is subtracted
-- Column transfer_mrr: What came from other plans of the same accounts, less what went to them, in major units of currency, signed; 0 over all plans of a currency
-- Column ending_mrr: MRR of the plan at the end of the month, for the running month on the last published day, in major units of currency: starting + net new + transfer
-- Column customers: Accounts with MRR above 0 on the plan at the end of the month. Not additive over plans
-- Column arpa: ending_mrr / customers, in major units of currency, rounded to four places; 0 without customers
SELECT
    if(any(p.plan_name) = '', any(toString(plan_id)), argMax(toString(p.plan_name), month)) AS plan_name,
    source, currency,
    argMin(p.starting_mrr, month) AS starting_mrr,
    sum(p.new_mrr) AS new_mrr, sum(p.expansion_mrr) AS expansion_mrr, sum(p.reactivation_mrr) AS reactivation_mrr,
    sum(p.contraction_mrr) AS contraction_mrr, sum(p.churned_mrr) AS churned_mrr, sum(p.transfer_mrr) AS transfer_mrr,
    argMax(p.ending_mrr, month) AS ending_mrr, argMax(p.customers, month) AS customers, argMax(p.arpa, month) AS arpa
FROM mrr_by_plan_monthly AS p
WHERE ({{currency}} = 'reporting' OR currency = {{currency}})
  AND true [[AND source = {{source}}]]
  AND true [[AND month >= toStartOfMonth(toDate({{from}}))]] [[AND month <= toDate({{to}})]]
GROUP BY source, plan_id, currency
ORDER BY currency, ending_mrr DESC, plan_name, source
