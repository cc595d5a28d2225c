CREATE OR REPLACE VIEW {{.DB}}.plans{{.OnCluster}}
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan',
    plan_name LowCardinality(String) COMMENT 'Name of the plan, as last known',
    product_id LowCardinality(String) COMMENT 'Product or item; the plan where the provider has none',
    product_name LowCardinality(String) COMMENT 'Name of the product, as last known',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    status LowCardinality(String) COMMENT 'active: has MRR on the last published day; inactive: has none',
    first_mrr_date Date COMMENT 'First day with MRR; 1970-01-01 if there is none',
    last_movement_date Date COMMENT 'Last day on which its MRR changed; 1970-01-01 if it never did',
    current_mrr Decimal(38, 4) COMMENT 'Committed MRR on the last published day, in major units of currency; never negative',
    current_mrr_reporting Decimal(38, 4) COMMENT 'current_mrr in major units of the reporting currency; 0 when conversion is off',
    new_mrr Decimal(38, 4) COMMENT 'Lifetime sum of its rows of movement new, in major units of currency, signed',
    expansion_mrr Decimal(38, 4) COMMENT 'Lifetime sum of its rows of movement expansion, in major units of currency, signed: negative where accounts moved to other plans',
    reactivation_mrr Decimal(38, 4) COMMENT 'Lifetime sum of its rows of movement reactivation, in major units of currency, signed',
    contraction_mrr Decimal(38, 4) COMMENT 'Lifetime sum of its rows of movement contraction, in major units of currency; counted positive and to be subtracted',
    churned_mrr Decimal(38, 4) COMMENT 'Lifetime sum of its rows of movement churn, in major units of currency; counted positive and to be subtracted. new + expansion + reactivation - contraction - churned = current',
    customers UInt64 COMMENT 'Accounts with MRR above 0 on the plan on the last published day. Not additive over plans',
    subscriptions UInt64 COMMENT 'Subscriptions with MRR above 0 on the plan on the last published day. Not additive over plans',
    quantity Decimal(38, 4) COMMENT 'Units of the items with MRR above 0 on the last published day'
)
{{.Security}}
AS SELECT
    source, plan_id,
    argMax(name, (seen, name)) AS plan_name,
    argMax(product, (seen, product)) AS product_id,
    argMax(label, (seen, label)) AS product_name,
    currency,
    if(current_mrr > 0, 'active', 'inactive') AS status,
    max(first_day) AS first_mrr_date,
    max(last_day) AS last_movement_date,
    sum(level) AS current_mrr,
    sum(reporting) AS current_mrr_reporting,
    sum(n) AS new_mrr, sum(e) AS expansion_mrr, sum(r) AS reactivation_mrr, sum(c) AS contraction_mrr, sum(x) AS churned_mrr,
    sum(accounts) AS customers,
    sum(agreements) AS subscriptions,
    sum(units) AS quantity
FROM
(
        SELECT
            source, plan_id, currency,
            argMax(plan_name, valid_from) AS name,
            argMax(product_id, valid_from) AS product,
            argMax(product_name, valid_from) AS label,
            max(valid_from) AS seen,
            toDate(0) AS first_day, toDate(0) AS last_day,
            toDecimal128(0, 4) AS level,
            toDecimal128(0, 4) AS n, toDecimal128(0, 4) AS e, toDecimal128(0, 4) AS r, toDecimal128(0, 4) AS c, toDecimal128(0, 4) AS x,
            toDecimal128(0, 4) AS reporting,
            toUInt64(0) AS accounts, toUInt64(0) AS agreements, toDecimal128(0, 4) AS units
        FROM {{.Store}}.periods
        WHERE {{.Part "periods"}}
        GROUP BY source, plan_id, currency
    UNION ALL
        SELECT
            source, plan_id, currency,
            '', '', '', toDate(0),
            min(date), max(date),
            sum(amount),
            sumIf(amount, movement = 'new'), sumIf(amount, movement = 'expansion'), sumIf(amount, movement = 'reactivation'),
            -sumIf(amount, movement = 'contraction'), -sumIf(amount, movement = 'churn'),
            toDecimal128(0, 4),
            toUInt64(0), toUInt64(0), toDecimal128(0, 4)
        FROM {{.Store}}.movements
        WHERE {{.Part "movements"}} AND NOT scheduled
          AND date <= (SELECT max(through) FROM {{.Header}})
        GROUP BY source, plan_id, currency
    UNION ALL
        SELECT
            source, plan_id, currency,
            '', '', '', toDate(0), toDate(0), toDate(0),
            toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4),
            sum(mrr_reporting),
            uniqExact(account_id), uniqExact(customer_id, subscription_id), sum(quantity)
        FROM {{.Store}}.daily
        WHERE {{.Parts "daily" "date"}}
          AND date = (SELECT max(through) FROM {{.Header}})
        GROUP BY source, plan_id, currency
)
GROUP BY source, plan_id, currency
COMMENT 'Plans that items were ever on, as last known: one row per source, plan and currency it is sold in'
