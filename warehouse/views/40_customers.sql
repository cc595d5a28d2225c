CREATE OR REPLACE VIEW {{.DB}}.customers{{.OnCluster}}
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer',
    account_id String COMMENT 'The paying account after identity resolution: what counts as one customer',
    name String COMMENT 'Name, as the privacy rules leave it; empty if unknown',
    email String COMMENT 'E-mail, as the privacy rules leave it; empty if unknown',
    country LowCardinality(String) COMMENT 'Country as the provider writes it; empty if unknown',
    created_at Date COMMENT 'Day of creation at the provider; 1970-01-01 if unknown',
    deleted Bool COMMENT 'The provider says that the customer is gone',
    status LowCardinality(String) COMMENT 'active: has MRR on the last published day; churned: had MRR and has none; prospect: never had any',
    first_mrr_date Date COMMENT 'First day of the account with MRR; 1970-01-01 if there is none',
    last_movement_date Date COMMENT 'Last day on which the customer''s MRR changed; 1970-01-01 if it never did',
    currency LowCardinality(String) COMMENT 'Currency of the amounts, ISO 4217: the one with the most MRR, else the one that moved last, else the customer''s own; empty if unknown',
    current_mrr Decimal(38, 4) COMMENT 'Committed MRR on the last published day, in major units of currency; never negative',
    new_mrr Decimal(38, 4) COMMENT 'Lifetime sum of the customer''s rows of movement new, in major units of currency; positive but for rows that net against others of their account',
    expansion_mrr Decimal(38, 4) COMMENT 'Lifetime sum of the customer''s rows of movement expansion, in major units of currency, signed: a move between plans or sources is negative where it leaves',
    reactivation_mrr Decimal(38, 4) COMMENT 'Lifetime sum of the customer''s rows of movement reactivation, in major units of currency; positive but for rows that net against others of their account',
    contraction_mrr Decimal(38, 4) COMMENT 'Lifetime sum of the customer''s rows of movement contraction, in major units of currency, as a magnitude that is subtracted: positive but for rows that net against others of their account',
    churned_mrr Decimal(38, 4) COMMENT 'Lifetime sum of the customer''s rows of movement churn, in major units of currency, as a magnitude that is subtracted: positive but for rows that net against others of their account',
    current_mrr_reporting Decimal(38, 4) COMMENT 'Committed MRR on the last published day over all currencies, in major units of the reporting currency; 0 when conversion is off',
    current_mrr_by_currency Map(String, Decimal(38, 4)) COMMENT 'Currency to committed MRR on the last published day, in its major units, for customers that pay in several; currencies without MRR are absent',
    subscriptions UInt64 COMMENT 'Subscriptions with MRR above 0 on the last published day',
    segments Map(String, String) COMMENT 'Configured segment to its latest value; a segment without value is absent'{{range .Segments}},
    seg_{{.}} String COMMENT {{literal (print "Latest value of the segment " . "; empty where there is none")}}{{end}}
)
{{.Security}}
AS SELECT
    source, customer_id, account_id, name, email, country, created_at, deleted,
    multiIf(notEmpty(m.levels), 'active', m.source != '', 'churned', 'prospect') AS status,
    first_mrr_date,
    m.last_date AS last_movement_date,
    if(m.main = '', own_currency, m.main) AS currency,
    m.current AS current_mrr,
    m.new AS new_mrr, m.expansion AS expansion_mrr, m.reactivation AS reactivation_mrr,
    m.contraction AS contraction_mrr, m.churn AS churned_mrr,
    m.reporting AS current_mrr_reporting,
    m.levels AS current_mrr_by_currency,
    m.subscriptions AS subscriptions,
    segments{{range .Segments}},
    segments[{{literal .}}] AS seg_{{.}}{{end}}
FROM
(
    SELECT source, customer_id, account_id, name, email, country, created_at, deleted, first_mrr_date, currency AS own_currency, segments
    FROM {{.Store}}.customers
    WHERE {{.Part "customers"}}
) AS c
LEFT JOIN
(
    -- One row per customer. argMax over (level, day of the last movement) picks the currency that speaks for it.
    SELECT
        source, customer_id,
        argMax(currency, (level, last_day)) AS main,
        max(last_day) AS last_date,
        argMax(level, (level, last_day)) AS current,
        argMax(n, (level, last_day)) AS new,
        argMax(e, (level, last_day)) AS expansion,
        argMax(r, (level, last_day)) AS reactivation,
        argMax(c, (level, last_day)) AS contraction,
        argMax(x, (level, last_day)) AS churn,
        sum(reporting) AS reporting,
        CAST((groupArrayIf(toString(currency), level > 0), groupArrayIf(level, level > 0)), 'Map(String, Decimal(38, 4))') AS levels,
        sum(paying) AS subscriptions
    FROM
    (
        SELECT
            source, customer_id, currency,
            max(last_day) AS last_day,
            sum(level) AS level,
            sum(n) AS n, sum(e) AS e, sum(r) AS r, sum(c) AS c, sum(x) AS x,
            sum(reporting) AS reporting,
            sum(paying) AS paying
        FROM
        (
                SELECT
                    source, customer_id, currency,
                    max(date) AS last_day,
                    sum(amount) AS level,
                    sumIf(amount, movement = 'new') AS n,
                    sumIf(amount, movement = 'expansion') AS e,
                    sumIf(amount, movement = 'reactivation') AS r,
                    -sumIf(amount, movement = 'contraction') AS c,
                    -sumIf(amount, movement = 'churn') AS x,
                    toDecimal128(0, 4) AS reporting,
                    toUInt64(0) AS paying
                FROM {{.Store}}.movements
                WHERE {{.Part "movements"}} AND NOT scheduled
                  AND date <= (SELECT max(through) FROM {{.Header}})
                GROUP BY source, customer_id, currency
            UNION ALL
                SELECT
                    source, customer_id, currency,
                    toDate(0), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4),
                    sum(mrr_reporting),
                    uniqExact(subscription_id)
                FROM {{.Store}}.daily
                WHERE {{.Parts "daily" "date"}}
                  AND date = (SELECT max(through) FROM {{.Header}})
                GROUP BY source, customer_id, currency
        )
        GROUP BY source, customer_id, currency
    )
    GROUP BY source, customer_id
) AS m ON c.source = m.source AND c.customer_id = m.customer_id
SETTINGS join_use_nulls = 0
COMMENT 'Customers as last known, one row per source and customer. Amounts are those of the one currency named; current_mrr_by_currency has them all'
