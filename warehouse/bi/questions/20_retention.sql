-- title: Revenue retention
-- note: Of the MRR at a month's start, how much was there at its end: NRR with what these accounts added, GRR without.
-- chart: shares
-- columns: month nrr grr
SELECT {{time "month"}}, nrr, grr
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
WHERE {{months "month"}}
ORDER BY month
