-- What was invoiced
-- What the invoices and credit notes of each month consist of. Only committed and committed usage stand behind MRR. Documents are not converted: choose a currency.
--
-- Visualization: Bar, stacked, x-axis month, series treatment, y-axis amount
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Column month: First day of the month in which the documents were issued
-- Column treatment: What was billed: committed, proration, one_time, trial, committed_usage, uncommitted_usage, tax, credit or discount
-- Column amount: Sum of the lines' parts, in major units of currency, signed: discounts and credit notes are negative
SELECT month, treatment, sum(i.amount) AS amount
FROM invoice_treatments_monthly AS i
WHERE currency = if({{currency}} = 'reporting', (SELECT max(reporting_currency) FROM loads WHERE status = 'current'), {{currency}})
  AND true [[AND month >= toStartOfMonth(toDate({{from}}))]] [[AND month <= toDate({{to}})]]
GROUP BY month, treatment
ORDER BY month, treatment
