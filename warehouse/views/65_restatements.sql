CREATE OR REPLACE VIEW {{.DB}}.restatements{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load that says otherwise than the one before it',
    published_at DateTime64(6, 'UTC') COMMENT 'When it was published, UTC',
    account_id String COMMENT 'The paying account after identity resolution',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    from Date COMMENT 'First of the days of the past that read otherwise since',
    to Date COMMENT 'Last of these days, included',
    days UInt32 COMMENT 'How many days these are',
    mrr_before Decimal(38, 4) COMMENT 'MRR of the account on each of the days as the load before had it, in major units of currency; never negative',
    mrr_after Decimal(38, 4) COMMENT 'MRR of the account on each of the days as this load has it, in major units of currency; never negative',
    difference Decimal(38, 4) COMMENT 'mrr_after - mrr_before, in major units of currency, signed',
    reason LowCardinality(String) COMMENT 'Every cause that holds, joined by +: identity (a customer went to another account or came from one), policy (the policy or another setting or code that decides derivations changed), source_removed (a source is no longer configured), late_evidence (provider objects about the account landed since), catalogue (a price, coupon or other shared object that its amounts came from changed), rollback (an earlier load was published again), reopened (its month was reopened after it was closed); derivation when none of these does',
    evidence LowCardinality(String) COMMENT 'Kinds of the provider objects about the account that landed since the load before, joined by comma and space; empty if none did'
)
{{.Security}}
AS SELECT
    r.load_id AS load_id, h.published_at AS published_at, r.account_id AS account_id, r.currency AS currency,
    r.valid_from AS from, r.valid_to - 1 AS to, toUInt32(r.valid_to - r.valid_from) AS days,
    r.mrr_before AS mrr_before, r.mrr_after AS mrr_after, r.mrr_after - r.mrr_before AS difference,
    r.reason AS reason, r.evidence AS evidence
FROM {{.Store}}.restatements AS r
INNER JOIN (SELECT load_id, published_at FROM {{.Store}}.manifest WHERE table = '') AS h ON r.load_id = h.load_id
COMMENT 'What the past was said to be and what it is now: one row per load, account, currency and range of days that were final before the load and whose MRR it changed. Exchange rates restate nothing here. Rows stay when a load''s own rows are dropped'
