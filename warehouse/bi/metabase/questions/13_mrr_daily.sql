-- MRR by day
-- Committed MRR at the end of each day, and the accounts that pay it.
--
-- Visualization: Area of mrr by date, customers as line on the right axis
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Column date: The day, in the reporting time zone
-- Column mrr: Committed MRR at the end of the day, in major units of currency; never negative. The sum of mrr_daily on the day
-- Column customers: Accounts with MRR above 0 in the currency, with policy free_counts_as_customer also those on free items. Not additive over currencies: an account may pay in several
SELECT date, mrr, customers
FROM
(
        SELECT date, mrr, customers FROM mrr_totals_daily WHERE currency = {{currency}}
    UNION ALL
        SELECT date, mrr, customers FROM mrr_totals_daily_reporting WHERE {{currency}} = 'reporting'
)
WHERE true [[AND date >= toDate({{from}})]] [[AND date <= toDate({{to}})]]
ORDER BY date
