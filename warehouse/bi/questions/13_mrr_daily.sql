-- title: MRR by day
-- note: Committed MRR at the end of each day, and the accounts that pay it.
-- chart: level
-- columns: date mrr customers
SELECT {{time "date"}}, mrr, customers
FROM
(
        SELECT date, mrr, customers FROM mrr_totals_daily WHERE currency = {{currency}}
    UNION ALL
        SELECT date, mrr, customers FROM mrr_totals_daily_reporting WHERE {{currency}} = 'reporting'
)
WHERE {{days "date"}}
ORDER BY date
