-- Revenue retention
-- Of the MRR at a month's start, how much was there at its end: NRR with what these accounts added, GRR without.
--
-- Visualization: Line, x-axis month, percent
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Column month: First day of the month
-- Column nrr: Net revenue retention: MRR at the month's end of the accounts that had MRR at its start / what they had then; a share rounded to six places (1.05 is 105 %), never negative; 0 when nothing was there at the start
-- Column grr: Gross revenue retention: the same, each account counted with no more than it had at the start; a share from 0 to 1
SELECT month, nrr, grr
FROM
(
        SELECT month, if(base_defined, r.nrr, NULL) AS nrr, if(base_defined, r.grr, NULL) AS grr
        FROM retention_monthly AS r
        WHERE currency = {{currency}}
    UNION ALL
        SELECT month, if(base_defined, r.nrr, NULL) AS nrr, if(base_defined, r.grr, NULL) AS grr
        FROM retention_monthly_reporting AS r
        WHERE {{currency}} = 'reporting'
)
WHERE true [[AND month >= toStartOfMonth(toDate({{from}}))]] [[AND month <= toDate({{to}})]]
ORDER BY month
