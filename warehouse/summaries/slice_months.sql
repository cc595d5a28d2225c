{{- /* What a row of movements or periods is counted in: its plan, and its value of each segment. */ -}}
{{- define "slice"}}arrayJoin(keys) AS segment, if(segment = '', toString(source), '') AS origin, if(segment = '', toString(plan_id), toString(segments[segment])) AS value{{end -}}
{{- /* The share in a total of what moved along with it. Running sums are rounded and not the shares, so that these add up to the total. */ -}}
{{- define "share"}}if(along = 0, zero, toDecimal128(round(toDecimal256(upto, 12) * {{.}} / along, 4), 4) - toDecimal128(round(toDecimal256(upto - way, 12) * {{.}} / along, 4), 4)){{end -}}
WITH
    toDecimal128(0, 4) AS zero,
    -- Segments that are configured, and those that were when the rows were derived.
    (SELECT arrayDistinct(arrayConcat(['' {{- range .Segments}}, {{literal .}}{{end}}], groupUniqArrayArray(mapKeys(segments))))
     FROM {{.Store}}.periods WHERE load_id = {periods:UInt64}) AS keys
SELECT
    segment, origin AS source, value, toStartOfMonth(date) AS month, currency,
    sumIf(part, movement = 'new') AS new_mrr, sumIf(part, movement = 'expansion') AS expansion_mrr, sumIf(part, movement = 'reactivation') AS reactivation_mrr,
    -sumIf(part, movement = 'contraction') AS contraction_mrr, -sumIf(part, movement = 'churn') AS churned_mrr,
    sumIf(valued, movement = 'new') AS new_reporting, sumIf(valued, movement = 'expansion') AS expansion_reporting, sumIf(valued, movement = 'reactivation') AS reactivation_reporting,
    -sumIf(valued, movement = 'contraction') AS contraction_reporting, -sumIf(valued, movement = 'churn') AS churned_reporting,
    sum(change) AS change_mrr, sum(heads) AS customers{{.Was}}
FROM
(
        -- On nearly all days all of an account goes one way: then what a slice changes by is its part in the account's movement.
        SELECT
            date, currency, {{template "slice"}}, toString(movement) AS movement,
            toDecimal128(amount, 4) AS part, toDecimal128(amount_reporting, 4) AS valued, zero AS change, toInt64(0) AS heads{{.Was}}
        FROM {{.Rows "movements"}} AND NOT scheduled AND date <= {{.Through}}
    UNION ALL
        -- On other days, of the slices that go the account's way, each has its share, and what goes the other way was transferred.
        SELECT
            date, currency, segment, origin, value, toString(movement),
            {{template "share" "total"}} - moved, {{template "share" "total_reporting"}} - moved_reporting, zero, toInt64(0){{.Was}}
        FROM
        (
            SELECT
                date, currency, movement, segment, origin, value, moved, moved_reporting, total, total_reporting{{.Was}},
                if(sign(moved) = sign(total), moved, zero) AS way,
                sum(way) OVER (PARTITION BY segment, date, account_id, currency, movement{{.Was}}) AS along,
                sum(way) OVER (PARTITION BY segment, date, account_id, currency, movement{{.Was}} ORDER BY origin, value ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS upto
            FROM
            (
                SELECT
                    date, account_id, currency, movement{{.Was}}, {{template "slice"}},
                    toDecimal128(sum(tupleElement(step, 4)), 4) AS moved, toDecimal128(sum(tupleElement(step, 5)), 4) AS moved_reporting,
                    any(net) AS total, any(net_reporting) AS total_reporting
                FROM
                (
                    SELECT
                        date, account_id, currency, movement, net, net_reporting{{.Was}},
                        arrayJoin(steps) AS step, tupleElement(step, 1) AS source, tupleElement(step, 2) AS plan_id, tupleElement(step, 3) AS segments
                    FROM
                    (
                        SELECT
                            date, account_id, currency, movement{{.Was}}, sum(amount) AS net, sum(amount_reporting) AS net_reporting,
                            groupArray((source, plan_id, segments, amount, amount_reporting)) AS steps
                        FROM {{.Rows "movements"}} AND NOT scheduled AND date <= {{.Through}}
                        GROUP BY date, account_id, currency, movement{{.Was}}
                        HAVING min(amount) < 0 AND max(amount) > 0
                    )
                )
                GROUP BY date, account_id, currency, movement, segment, origin, value{{.Was}}
            )
        )
    UNION ALL
        -- The level is that of the days, as a segment can change while MRR does not. An account comes where the running count of its items
        -- leaves zero, and goes where that reaches it.
        SELECT
            tupleElement(step, 1), currency, segment, origin, value, '', zero, zero, toDecimal128(tupleElement(step, 3), 4),
            toInt64(multiIf(tupleElement(step, 2) = 1 AND tupleElement(step, 4) = 1, 1, tupleElement(step, 2) = -1 AND tupleElement(step, 4) = 0, -1, 0)){{.Was}}
        FROM
        (
            SELECT
                currency, segment, origin, value{{.Was}},
                arraySort(arrayConcat(groupArray((valid_from, 1, mrr)), groupArray((valid_to, -1, -mrr)))) AS steps,
                arrayJoin(arrayMap((s, items) -> (tupleElement(s, 1), tupleElement(s, 2), tupleElement(s, 3), items), steps, arrayCumSum(tupleElement(steps, 2)))) AS step
            FROM
            (
                SELECT account_id, currency, {{template "slice"}}, valid_from, valid_to, mrr{{.Was}}
                FROM {{.Rows "periods"}} AND mrr > 0 AND NOT scheduled
            )
            GROUP BY account_id, currency, segment, origin, value{{.Was}}
        )
        WHERE tupleElement(step, 1) <= {{.Through}}
)
GROUP BY segment, origin, value, month, currency{{.Was}}
