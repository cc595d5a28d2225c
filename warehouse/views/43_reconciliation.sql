CREATE OR REPLACE VIEW {{.DB}}.reconciliation{{.OnCluster}}
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    subscription_id String COMMENT 'The provider''s subscription',
    customer_id String COMMENT 'The provider''s customer',
    account_id String COMMENT 'The paying account after identity resolution',
    status LowCardinality(String) COMMENT 'As the provider last said: active, past_due, non_renewing, trialing, future, incomplete, unpaid, paused or canceled',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    mrr Decimal(38, 4) COMMENT 'Our committed MRR on the last published day, in major units of currency; never negative',
    provider_mrr Decimal(18, 4) COMMENT 'The provider''s own figure when it was last asked, in major units of currency',
    difference Decimal(38, 4) COMMENT 'mrr - provider_mrr, in major units of currency, signed',
    reason LowCardinality(String) COMMENT 'Where the difference comes from, the first that holds: equal (there is none), rounding (less than one minor unit an item), rejected (something of it could not be read), trial, paused, status (it does not count by our rules for being on trial, paused or otherwise inactive, the provider still values it), timing (the provider''s figure is what ours becomes on the next day), unexplained. The verb reconcile values it again and finds more'
)
{{.Security}}
AS SELECT
    source, subscription_id, customer_id, account_id, status, currency,
    m.now AS mrr,
    provider_mrr,
    toDecimal128(m.now, 4) - provider_mrr AS difference,
    multiIf(
        difference = 0, 'equal',
        m.items > 0 AND abs(difference) < if(currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'), toDecimal128(1, 4), toDecimal128('0.01', 4)) * m.items, 'rounding',
        (source, customer_id, subscription_id) IN
        (
            SELECT source, customer_id, object_id FROM {{.Store}}.rejects WHERE {{.Part "rejects"}} AND object_kind = 'subscription'
        ), 'rejected',
        m.now = 0 AND status = 'trialing', 'trial',
        m.now = 0 AND status = 'paused', 'paused',
        m.now = 0 AND status NOT IN ('active', 'past_due', 'non_renewing'), 'status',
        provider_mrr = m.next, 'timing',
        'unexplained') AS reason
FROM
(
    SELECT * FROM {{.Store}}.subscriptions WHERE {{.Part "subscriptions"}} AND has_provider_mrr
) AS s
LEFT JOIN
(
    SELECT
        source, customer_id, subscription_id,
        sumIf(mrr, here AND NOT scheduled) AS now,
        countIf(here AND NOT scheduled AND mrr > 0) AS items,
        -- The provider is asked after the last published day is over: what holds on the next one.
        sumIf(mrr, valid_from <= last + 1 AND valid_to > last + 1) AS next
    FROM
    (
        SELECT *, (SELECT max(through) FROM {{.Header}}) AS last, valid_from <= last AND valid_to > last AS here
        FROM {{.Store}}.periods
        WHERE {{.Part "periods"}}
    )
    WHERE valid_from <= last + 1 AND valid_to > last
    GROUP BY source, customer_id, subscription_id
) AS m ON s.source = m.source AND s.customer_id = m.customer_id AND s.subscription_id = m.subscription_id
SETTINGS join_use_nulls = 0
COMMENT 'Our MRR against the provider''s own figure, one row per subscription that has one. The provider''s is a second opinion by its own rules; it is in no other figure'
