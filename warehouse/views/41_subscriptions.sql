CREATE OR REPLACE VIEW {{.DB}}.subscriptions{{.OnCluster}}
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    subscription_id String COMMENT 'The provider''s subscription',
    customer_id String COMMENT 'The provider''s customer',
    account_id String COMMENT 'The paying account after identity resolution: what counts as one customer',
    name String COMMENT 'Name; empty if it has none',
    status LowCardinality(String) COMMENT 'As the provider last said: active, past_due, non_renewing, trialing, future, incomplete, unpaid, paused or canceled',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    start_date Date COMMENT 'First day of service; may lie before the first day with MRR',
    end_date Date COMMENT 'Day after the last day of service; 2149-06-06: open',
    cancel_date Date COMMENT 'The day on which it is known to end; 2149-06-06: none',
    trial_end Date COMMENT 'First paid day after the trial; 1970-01-01: no trial',
    first_mrr_date Date COMMENT 'First day with MRR; 1970-01-01 if there is none',
    last_movement_date Date COMMENT 'Last day on which its MRR changed; 1970-01-01 if it never did',
    current_mrr Decimal(38, 4) COMMENT 'Committed MRR on the last published day, in major units of currency; never negative',
    new_mrr Decimal(38, 4) COMMENT 'Lifetime sum of its rows of movement new, in major units of currency, signed',
    expansion_mrr Decimal(38, 4) COMMENT 'Lifetime sum of its rows of movement expansion, in major units of currency, signed: negative where an account moved to another subscription',
    reactivation_mrr Decimal(38, 4) COMMENT 'Lifetime sum of its rows of movement reactivation, in major units of currency, signed',
    contraction_mrr Decimal(38, 4) COMMENT 'Lifetime sum of its rows of movement contraction, in major units of currency; counted positive and to be subtracted',
    churned_mrr Decimal(38, 4) COMMENT 'Lifetime sum of its rows of movement churn, in major units of currency; counted positive and to be subtracted. new + expansion + reactivation - contraction - churned = current',
    items UInt64 COMMENT 'Items with MRR above 0 on the last published day',
    plan_ids Array(String) COMMENT 'Plans of the items with MRR above 0 on the last published day, in alphabetical order',
    has_provider_mrr Bool COMMENT 'The provider states an MRR of its own',
    provider_mrr Decimal(18, 4) COMMENT 'The provider''s own figure, in major units of currency, for comparison alone; 0 if it has none',
    segments Map(String, String) COMMENT 'Configured segment to its latest value; a segment without value is absent'{{range .Segments}},
    seg_{{.}} String COMMENT {{literal (print "Latest value of the segment " . "; empty where there is none")}}{{end}}
)
{{.Security}}
AS SELECT
    source, subscription_id, customer_id, account_id, name, status, currency,
    start_date, end_date, cancel_date, trial_end,
    m.first_day AS first_mrr_date,
    m.last_day AS last_movement_date,
    m.level AS current_mrr,
    m.n AS new_mrr, m.e AS expansion_mrr, m.r AS reactivation_mrr, m.c AS contraction_mrr, m.x AS churned_mrr,
    m.items AS items,
    m.plans AS plan_ids,
    has_provider_mrr, provider_mrr,
    segments{{range .Segments}},
    segments[{{literal .}}] AS seg_{{.}}{{end}}
FROM
(
    SELECT * FROM {{.Store}}.subscriptions WHERE {{.Part "subscriptions"}}
) AS s
LEFT JOIN
(
    SELECT
        source, customer_id, subscription_id,
        max(first_day) AS first_day, max(last_day) AS last_day,
        sum(level) AS level,
        sum(n) AS n, sum(e) AS e, sum(r) AS r, sum(c) AS c, sum(x) AS x,
        sum(items) AS items,
        arrayFlatten(groupArray(plans)) AS plans
    FROM
    (
            SELECT
                source, customer_id, subscription_id,
                min(date) AS first_day, max(date) AS last_day,
                sum(amount) AS level,
                sumIf(amount, movement = 'new') AS n,
                sumIf(amount, movement = 'expansion') AS e,
                sumIf(amount, movement = 'reactivation') AS r,
                -sumIf(amount, movement = 'contraction') AS c,
                -sumIf(amount, movement = 'churn') AS x,
                toUInt64(0) AS items,
                CAST([], 'Array(String)') AS plans
            FROM {{.Store}}.movements
            WHERE {{.Part "movements"}} AND NOT scheduled
              AND date <= (SELECT max(through) FROM {{.Header}})
            GROUP BY source, customer_id, subscription_id
        UNION ALL
            SELECT
                source, customer_id, subscription_id,
                toDate(0), toDate(0),
                toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4),
                count(),
                CAST(arraySort(groupUniqArray(plan_id)), 'Array(String)')
            FROM {{.Store}}.daily
            WHERE {{.Parts "daily" "date"}}
              AND date = (SELECT max(through) FROM {{.Header}})
            GROUP BY source, customer_id, subscription_id
    )
    GROUP BY source, customer_id, subscription_id
) AS m ON s.source = m.source AND s.customer_id = m.customer_id AND s.subscription_id = m.subscription_id
SETTINGS join_use_nulls = 0
COMMENT 'Subscriptions as last known, one row per source and subscription'
