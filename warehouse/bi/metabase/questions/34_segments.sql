-- Segments
-- What moved the MRR of each value of the chosen segment over the range; transfer is what came from other values without a change of the account. Each line closes.
--
-- Visualization: Table
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Variable segment: a configured segment; empty: the first in alphabetical order
-- Variable value: a value of that segment, (none) for what has none; empty: all
-- Column value: Value of the segment; empty for what has none
-- Column currency: Currency of all amounts, ISO 4217
-- Column starting_mrr: MRR of the value at the end of the month before, in major units of currency; never negative
-- Column new_mrr: The value's part in the MRR of accounts that never had any before, in major units of currency; a positive magnitude
-- Column expansion_mrr: The value's part in the growth of accounts, in major units of currency; a positive magnitude
-- Column reactivation_mrr: The value's part in the MRR of accounts that came back, in major units of currency; a positive magnitude
-- Column contraction_mrr: The value's part in the shrinking of accounts, in major units of currency; a positive magnitude that is subtracted
-- Column churned_mrr: The value's part in the MRR of accounts that went to zero, in major units of currency; a positive magnitude that is subtracted
-- Column transfer_mrr: What came from other values of the segment without a change of the account, less what went to them, in major units of currency, signed; 0 over all values of a segment and currency
-- Column ending_mrr: MRR of the value at the end of the month, for the running month on the last published day, in major units of currency: starting + net new + transfer
-- Column customers: Accounts with MRR above 0 in the value at the end of the month. Not additive over values
-- Column arpa: ending_mrr / customers, in major units of currency, rounded to four places; 0 without customers
SELECT
    if(s.value = '', '(none)', s.value) AS value, currency,
    argMin(s.starting_mrr, month) AS starting_mrr,
    sum(s.new_mrr) AS new_mrr, sum(s.expansion_mrr) AS expansion_mrr, sum(s.reactivation_mrr) AS reactivation_mrr,
    sum(s.contraction_mrr) AS contraction_mrr, sum(s.churned_mrr) AS churned_mrr, sum(s.transfer_mrr) AS transfer_mrr,
    argMax(s.ending_mrr, month) AS ending_mrr, argMax(s.customers, month) AS customers, argMax(s.arpa, month) AS arpa
FROM mrr_by_segment_monthly AS s
WHERE segment = if([[{{segment}} || ]]'' = '', (SELECT min(segment) FROM mrr_by_segment_monthly), [[{{segment}} || ]]'')
  AND ({{currency}} = 'reporting' OR currency = {{currency}})
  AND true [[AND if(s.value = '', '(none)', s.value) = {{value}}]]
  AND true [[AND month >= toStartOfMonth(toDate({{from}}))]] [[AND month <= toDate({{to}})]]
GROUP BY s.value, currency
ORDER BY currency, ending_mrr DESC, value
