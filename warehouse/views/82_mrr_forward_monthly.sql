CREATE OR REPLACE VIEW {{.DB}}.mrr_forward_monthly{{.OnCluster}}
(
    month Date COMMENT 'First day of the month; the first row is the month of the day after the last published one',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    starting_mrr Decimal(38, 4) COMMENT 'MRR at the end of the month before, of the first row on the last published day, in major units of currency; never negative',
    trial_mrr Decimal(38, 4) COMMENT 'What trials bring if they convert, in major units of currency; signed',
    ramp_mrr Decimal(38, 4) COMMENT 'What agreed steps of price or plan change, in major units of currency; signed',
    discount_mrr Decimal(38, 4) COMMENT 'What the ends and beginnings of discounts change, in major units of currency; signed, positive where a discount ends',
    other_mrr Decimal(38, 4) COMMENT 'What else is agreed, such as subscriptions that begin later, in major units of currency; signed',
    ended_mrr Decimal(38, 4) COMMENT 'MRR with a known end in the month, in major units of currency; a positive magnitude that is subtracted',
    committed_mrr Decimal(38, 4) COMMENT 'MRR at the month''s end as agreed today, in major units of currency: starting + trial + ramp + discount + other - ended; never negative',
    scheduled_mrr Decimal(38, 4) COMMENT 'The part of committed_mrr that waits for evidence, such as trials that have yet to convert, in major units of currency; never negative'
)
{{.Security}}
AS SELECT
    month, currency,
    committed_mrr - change AS starting_mrr,
    trial AS trial_mrr, ramp AS ramp_mrr, discount AS discount_mrr,
    change - trial - ramp - discount + ended AS other_mrr,
    ended AS ended_mrr,
    committed_mrr, scheduled_mrr
FROM
(
    SELECT
        month, currency,
        sum(net) AS change, sum(t) AS trial, sum(r) AS ramp, sum(d) AS discount, sum(x) AS ended,
        sum(sum(base) + sum(net)) OVER story AS committed_mrr,
        sum(sum(waiting)) OVER story AS scheduled_mrr
    FROM
    (
            SELECT
                toStartOfMonth(date) AS month, currency,
                toDecimal128(0, 4) AS base,
                sum(change) AS net,
                sumIf(change, cause = 'trial') AS t, sumIf(change, cause IN ('ramp', 'price')) AS r, sumIf(change, cause = 'discount') AS d,
                -sumIf(change, cause = 'cancel' AND change < 0) AS x,
                sum(hoped) AS waiting
            FROM
            (
                SELECT
                    date, currency, change, hoped,
                    -- A trial that is over and still waits began to do so before; its movement lies in the past.
                    multiIf(m.reason != '', m.reason, hoped > 0, 'trial', 'other') AS cause
                FROM
                (
                    SELECT
                        tupleElement(step, 1) AS date, currency, source, customer_id, subscription_id, item_id,
                        sum(tupleElement(step, 2)) AS change,
                        sum(tupleElement(step, 3)) AS hoped
                    FROM
                    (
                        -- A period adds its MRR when it begins and takes it away when it ends. What is in force on the last published day is there already.
                        SELECT
                            currency, source, customer_id, subscription_id, item_id,
                            (SELECT max(through) FROM {{.Header}}) AS last,
                            arrayJoin(arrayFilter(s -> tupleElement(s, 2) != 0,
                            [
                                (greatest(valid_from, last + 1), toDecimal128(mrr, 4), if(scheduled, toDecimal128(mrr, 4), toDecimal128(0, 4))),
                                (valid_to, if(valid_to < toDate('2149-06-06'), -toDecimal128(mrr, 4), toDecimal128(0, 4)), if(scheduled, -toDecimal128(mrr, 4), toDecimal128(0, 4))),
                                (last + 1, if(valid_from <= last AND NOT scheduled, -toDecimal128(mrr, 4), toDecimal128(0, 4)), toDecimal128(0, 4))
                            ])) AS step
                        FROM {{.Store}}.periods
                        -- What is in force and has no end begins and is there already: nothing changes.
                        WHERE {{.Part "periods"}} AND valid_to > last AND (valid_from > last OR valid_to < toDate('2149-06-06') OR scheduled)
                    )
                    GROUP BY date, currency, source, customer_id, subscription_id, item_id
                    HAVING change != 0 OR hoped != 0
                ) AS c
                LEFT JOIN
                (
                    SELECT date, source, customer_id, subscription_id, item_id, argMax(reason, (scheduled, abs(amount))) AS reason
                    FROM {{.Store}}.movements
                    WHERE {{.Part "movements"}} AND date > (SELECT max(through) FROM {{.Header}})
                    GROUP BY date, source, customer_id, subscription_id, item_id
                ) AS m ON c.date = m.date AND c.source = m.source AND c.customer_id = m.customer_id AND c.subscription_id = m.subscription_id AND c.item_id = m.item_id
            )
            GROUP BY month, currency
        UNION ALL
            -- A year ahead, and on to the last month in which something is known to change; the first month brings the level of the last published day.
            SELECT
                addMonths(first, arrayJoin(range(toUInt32(ahead))) AS later) AS month,
                currency,
                if(later = 0, level, toDecimal128(0, 4)),
                toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4)
            FROM
            (
                SELECT
                    currency,
                    (SELECT max(through) FROM {{.Header}}) AS last,
                    toStartOfMonth(last + 1) AS first,
                    sumIf(mrr, valid_from <= last AND NOT scheduled) AS level,
                    greatest(toInt64(12), 1 + dateDiff('month', first, max(greatest(valid_from, if(valid_to < toDate('2149-06-06'), valid_to, toDate(0)))))) AS ahead
                FROM {{.Store}}.periods
                WHERE {{.Part "periods"}} AND valid_to > last
                GROUP BY currency
            )
    )
    GROUP BY month, currency
    WINDOW story AS (PARTITION BY currency ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
COMMENT 'Committed MRR that is already scheduled, one row per month to come and currency: known ends, trial conversions, ramps and discounts that end, and nothing else. It reaches twelve months ahead, and further where a change is known. The present is in no row; what becomes of these months is in mrr_waterfall_monthly'
