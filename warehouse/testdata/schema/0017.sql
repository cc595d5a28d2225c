-- The tables as migration 0017 left them, with the rows of 0019.sql.
-- database
CREATE DATABASE IF NOT EXISTS `mrr_store`;

-- database
CREATE DATABASE IF NOT EXISTS `mrr`;

-- 0000_migrations
CREATE TABLE IF NOT EXISTS `mrr_store`.migrations
(
    number UInt32 COMMENT 'The migration''s number',
    name String COMMENT 'Its name',
    checksum String COMMENT 'SHA-256 of its text as shipped, hex',
    applied_at DateTime64(6, 'UTC') COMMENT 'When it was applied, UTC'
)
ENGINE = MergeTree
ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'The migrations this store has been through, forward only';

-- 0001_runs
CREATE TABLE IF NOT EXISTS `mrr_store`.runs
(
    run UInt64 COMMENT 'The run: microseconds since 1970 of its start, made unique',
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of a run is its state',
    verb LowCardinality(String) COMMENT 'The verb that ran: sync, plan, rebuild',
    status LowCardinality(String) COMMENT 'running, done, partial, failed or aborted',
    started_at DateTime64(6, 'UTC') COMMENT 'When the run started, UTC',
    finished_at DateTime64(6, 'UTC') COMMENT 'When the run ended, UTC; 1970-01-01 while it runs',
    through Date COMMENT 'The last day the run was asked to publish; 1970-01-01 if it got no further',
    load_id UInt64 COMMENT 'The load the run published; 0 if none',
    policy_hash String COMMENT 'Hash of policy, zone, currency, segments and derivation code',
    exit_code UInt8 COMMENT 'The exit code the run answered',
    receipt String COMMENT 'The receipt of the run, JSON' CODEC(ZSTD(3)),
    error String COMMENT 'Why the run failed; empty if it did not'
)
ENGINE = ReplacingMergeTree(`seq`)
ORDER BY run
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'One row per run of a verb that may write. Read the row of a run with the highest seq';

-- 0002_run_sources
CREATE TABLE IF NOT EXISTS `mrr_store`.run_sources
(
    run UInt64 COMMENT 'The run',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of a run and source counts',
    status LowCardinality(String) COMMENT 'done, failed or skipped',
    started_at DateTime64(6, 'UTC') COMMENT 'When pulling the source started, UTC',
    finished_at DateTime64(6, 'UTC') COMMENT 'When pulling the source ended, UTC',
    requests UInt64 COMMENT 'Requests sent to the provider',
    listed UInt64 COMMENT 'Objects that the provider listed, repeats included',
    landed UInt64 COMMENT 'New versions that were stored',
    rejected UInt64 COMMENT 'Objects or parts of them that could not be understood',
    error String COMMENT 'Why the source failed; empty if it did not'
)
ENGINE = ReplacingMergeTree(`seq`)
ORDER BY (source, run)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'One row per run and source: what was asked, listed and landed, and whether it worked';

-- 0003_raw_objects
CREATE TABLE IF NOT EXISTS `mrr_store`.raw_objects
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer; empty for catalogue objects, which belong to everyone' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'The provider''s own name of the type',
    id String COMMENT 'The provider''s id of the object' CODEC(ZSTD(1)),
    version Int64 COMMENT 'Orders the versions of an object: the provider''s number, else microseconds since 1970' CODEC(Delta(8), ZSTD(1)),
    run UInt64 COMMENT 'The run that landed it' CODEC(Delta(8), ZSTD(1)),
    seen_at DateTime64(6, 'UTC') COMMENT 'When the provider was asked for it, UTC' CODEC(Delta(8), ZSTD(1)),
    origin Enum8('listed' = 1, 'fetched' = 2, 'embedded' = 3) COMMENT 'How it reached us',
    deleted Bool COMMENT 'The provider says that the object is gone; the payload may be the last known',
    digest UInt64 COMMENT 'First 64 bits of SHA-256 over deleted and payload: equal digests are equal versions' CODEC(NONE),
    payload String COMMENT 'The object as the provider sent it, JSON, without the personal fields that privacy drops' CODEC(ZSTD(3))
)
ENGINE = MergeTree
ORDER BY (source, customer_id, kind, id, version, run)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Every version of every provider object, append-only. Everything else can be derived from it';

-- 0004_listings
CREATE TABLE IF NOT EXISTS `mrr_store`.listings
(
    run UInt64 COMMENT 'The run that listed it',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream that brought it',
    customer_id String COMMENT 'The provider''s customer; empty for catalogue objects' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'The provider''s own name of the type',
    id String COMMENT 'The provider''s id of the object' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (source, stream, customer_id, kind, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'What the provider listed in the newest runs, repeats included: proof that nothing was lost. Older runs are dropped';

-- 0005_completeness
CREATE TABLE IF NOT EXISTS `mrr_store`.completeness
(
    run UInt64 COMMENT 'The run',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream',
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of a run, source and stream counts',
    listed UInt64 COMMENT 'Distinct objects that the provider listed',
    landed UInt64 COMMENT 'Those of them that the warehouse holds',
    missing UInt64 COMMENT 'Those of them that the warehouse does not hold: above 0 the source counts as failed'
)
ENGINE = ReplacingMergeTree(`seq`)
ORDER BY (source, run, stream)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'One row per run, source and stream: what was listed against what is held';

-- 0006_cursors
CREATE TABLE IF NOT EXISTS `mrr_store`.cursors
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream',
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of a source and stream counts',
    run UInt64 COMMENT 'The run that got there',
    cursor String COMMENT 'Where the next pull goes on, opaque to all but the connector; empty: from the beginning'
)
ENGINE = ReplacingMergeTree(`seq`)
ORDER BY (source, stream)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'How far each stream has been read. Written only after the objects it covers';

-- 0007_seals
CREATE TABLE IF NOT EXISTS `mrr_store`.seals
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of a source counts',
    run UInt64 COMMENT 'The last run that pulled the source completely: objects landed by later runs are not derived from',
    covered_until DateTime64(6, 'UTC') COMMENT 'The instant up to which that pull saw the provider, UTC, exclusive',
    account String COMMENT 'The provider''s account and mode that the credentials opened'
)
ENGINE = ReplacingMergeTree(`seq`)
ORDER BY source
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'The last complete pull of each source';

-- 0008_manifest
CREATE TABLE IF NOT EXISTS `mrr_store`.manifest
(
    load_id UInt64 COMMENT 'The load: microseconds since 1970 of its start, made unique. The newest is what readers see',
    table LowCardinality(String) COMMENT 'The table of the store this row speaks of; empty on the header row of a load',
    bucket UInt32 COMMENT 'The month as YYYYMM for tables partitioned by month, else 0',
    part_load UInt64 COMMENT 'The load under whose load_id the rows are stored',
    run UInt64 COMMENT 'The run that published; header row only, like all that follow',
    base UInt64 COMMENT 'The load it was built upon; 0: none',
    published_at DateTime64(6, 'UTC') COMMENT 'When it was published, UTC',
    through Date COMMENT 'The last day that readers see',
    final_through Date COMMENT 'The last day that every source had covered: days up to it are final, later ones provisional',
    first_date Date COMMENT 'The first day with MRR or a movement; 1970-01-01 if there is none',
    reporting_currency LowCardinality(String) COMMENT 'The reporting currency, ISO 4217; empty when conversion is off',
    policy_hash String COMMENT 'Hash of policy, zone, currency, segments and derivation code',
    complete Bool COMMENT 'Every account was derived again',
    seals Map(String, UInt64) COMMENT 'Source to the run it was read up to',
    covered Map(String, Date) COMMENT 'Source to the last day it was covered through',
    derived UInt64 COMMENT 'Customers derived again',
    rows Map(String, UInt64) COMMENT 'Table to the number of its rows that were written for this load'
)
ENGINE = MergeTree
ORDER BY (load_id, table, bucket)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Which partitions make up each published load. A load is published by one insert of one block, so it is there whole or not at all';

-- 0009_derived
CREATE TABLE IF NOT EXISTS `mrr_store`.derived
(
    load_id UInt64 COMMENT 'The load',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The customer that was derived again' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY load_id
ORDER BY (source, customer_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'The customers a load derived again; the rows of all others were carried forward from its base';

-- 0010_rates
CREATE TABLE IF NOT EXISTS `mrr_store`.rates
(
    load_id UInt64 COMMENT 'The load',
    currency LowCardinality(String) COMMENT 'ISO 4217',
    date Date COMMENT 'The day' CODEC(Delta(2), ZSTD(1)),
    rate Decimal(38, 10) COMMENT 'Units of the reporting currency for one unit of currency: the latest known at or before the day' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY load_id
ORDER BY (currency, date)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'The exchange rate of every currency in use on every day from its first rate to through. Empty when conversion is off';

-- 0011_periods
CREATE TABLE IF NOT EXISTS `mrr_store`.periods
(
    load_id UInt64 COMMENT 'The load',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1)),
    subscription_id String COMMENT 'The provider''s subscription' CODEC(ZSTD(1)),
    item_id String COMMENT 'The provider''s subscription item' CODEC(ZSTD(1)),
    product_id LowCardinality(String) COMMENT 'Product or item; the plan where the provider has none',
    product_name LowCardinality(String) COMMENT 'Name of the product',
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan',
    plan_name LowCardinality(String) COMMENT 'Name of the plan',
    currency LowCardinality(String) COMMENT 'ISO 4217',
    valid_from Date COMMENT 'First day' CODEC(ZSTD(1)),
    valid_to Date COMMENT 'Day after the last day; 2149-06-06: open' CODEC(ZSTD(1)),
    quantity Decimal(18, 4) COMMENT 'Units; four places' CODEC(ZSTD(1)),
    mrr Decimal(18, 4) COMMENT 'Committed MRR of the item on each of the days, in currency; never negative, 0 for free items' CODEC(ZSTD(1)),
    scheduled Bool COMMENT 'Agreed, but waits for evidence: in the forward view, in no past or present day',
    segments Map(LowCardinality(String), String) COMMENT 'Segment to its value as of the days' CODEC(ZSTD(1)),
    evidence Enum8('version' = 1, 'phase' = 2, 'invoice' = 3, 'carried' = 4, 'earliest' = 5, 'observed' = 6, 'held' = 7, 'contract' = 8) COMMENT 'The weakest kind of evidence that the period rests on',
    object_kind LowCardinality(String) COMMENT 'The provider object it came from: kind',
    object_id String COMMENT 'The provider object it came from: id' CODEC(ZSTD(1)),
    object_version Int64 COMMENT 'The provider object it came from: version' CODEC(ZSTD(1)),
    rule LowCardinality(String) COMMENT 'The policy rule that decided',
    refs Array(LowCardinality(String)) COMMENT 'Catalogue objects the amount was computed from, kind/id' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY load_id
ORDER BY (source, customer_id, subscription_id, item_id, valid_from)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'The truth: what an item''s MRR was, during the days [valid_from, valid_to). Periods of an item never overlap; days without one have no MRR';

-- 0012_movements
CREATE TABLE IF NOT EXISTS `mrr_store`.movements
(
    load_id UInt64 COMMENT 'The load',
    date Date COMMENT 'The day on which MRR differs from the day before; may lie after through' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1)),
    subscription_id String COMMENT 'The provider''s subscription' CODEC(ZSTD(1)),
    item_id String COMMENT 'The provider''s subscription item' CODEC(ZSTD(1)),
    product_id LowCardinality(String) COMMENT 'Product or item; the plan where the provider has none',
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan',
    currency LowCardinality(String) COMMENT 'ISO 4217',
    movement Enum8('new' = 1, 'expansion' = 2, 'contraction' = 3, 'churn' = 4, 'reactivation' = 5) COMMENT 'What the change is to the account; all rows of an account, currency and day carry one',
    amount Decimal(18, 4) COMMENT 'Change of the item''s MRR in currency, signed' CODEC(ZSTD(1)),
    amount_reporting Decimal(18, 4) COMMENT 'amount in the reporting currency at the rate of the day, signed; 0 when conversion is off' CODEC(ZSTD(1)),
    reason LowCardinality(String) COMMENT 'Why: new, quantity, price, plan, item, discount, trial, ramp, pause, resume, cancel, unpaid, recovered, transfer, restatement',
    scheduled Bool COMMENT 'Follows from a scheduled period: in no past or present day',
    segments Map(LowCardinality(String), String) COMMENT 'Segment to its value as of the day' CODEC(ZSTD(1)),
    object_kind LowCardinality(String) COMMENT 'The provider object that shows it: kind',
    object_id String COMMENT 'The provider object that shows it: id' CODEC(ZSTD(1)),
    object_version Int64 COMMENT 'The provider object that shows it: version' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY load_id
ORDER BY (source, customer_id, subscription_id, item_id, currency, date)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'The changes of MRR from day to day, per item, typed at account level. Up to through they add up to the MRR of every day';

-- 0013_daily
CREATE TABLE IF NOT EXISTS `mrr_store`.daily
(
    load_id UInt64 COMMENT 'The load',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1)),
    subscription_id String COMMENT 'The provider''s subscription' CODEC(ZSTD(1)),
    item_id String COMMENT 'The provider''s subscription item' CODEC(ZSTD(1)),
    product_id LowCardinality(String) COMMENT 'Product or item; the plan where the provider has none' CODEC(ZSTD(1)),
    product_name LowCardinality(String) COMMENT 'Name of the product' CODEC(ZSTD(1)),
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan' CODEC(ZSTD(1)),
    plan_name LowCardinality(String) COMMENT 'Name of the plan' CODEC(ZSTD(1)),
    currency LowCardinality(String) COMMENT 'ISO 4217' CODEC(ZSTD(1)),
    date Date COMMENT 'The day, in the reporting time zone' CODEC(Delta(2), ZSTD(1)),
    quantity Decimal(18, 4) COMMENT 'Units; four places' CODEC(ZSTD(1)),
    mrr Decimal(18, 4) COMMENT 'Committed MRR of the item on the day, in currency; above 0' CODEC(ZSTD(1)),
    mrr_reporting Decimal(18, 4) COMMENT 'mrr in the reporting currency at the rate of the day; 0 when conversion is off' CODEC(ZSTD(1)),
    segments Map(LowCardinality(String), String) COMMENT 'Segment to its value as of the day' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY (toYYYYMM(date), load_id)
ORDER BY (source, customer_id, subscription_id, item_id, date)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Committed MRR per item and day, expanded from periods; only the months that a load changed are stored under its load_id';

-- 0014_invoice_lines
CREATE TABLE IF NOT EXISTS `mrr_store`.invoice_lines
(
    load_id UInt64 COMMENT 'The load',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    invoice_id String COMMENT 'The provider''s invoice or credit note' CODEC(ZSTD(1)),
    line_id String COMMENT 'The provider''s line' CODEC(ZSTD(1)),
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1)),
    subscription_id String COMMENT 'The provider''s subscription; empty for lines without' CODEC(ZSTD(1)),
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan; empty for lines without',
    issued_at Date COMMENT 'Day of finalization, else of creation' CODEC(ZSTD(1)),
    period_start Date COMMENT 'First day of the service period' CODEC(ZSTD(1)),
    period_end Date COMMENT 'Day after the last day of the service period' CODEC(ZSTD(1)),
    currency LowCardinality(String) COMMENT 'ISO 4217',
    amount Decimal(18, 4) COMMENT 'Signed amount in currency; discounts and credit notes negative' CODEC(ZSTD(1)),
    treatment LowCardinality(String) COMMENT 'committed, proration, one_time, trial, committed_usage, uncommitted_usage, tax, credit or discount'
)
ENGINE = MergeTree
PARTITION BY (toYYYYMM(issued_at), load_id)
ORDER BY (source, customer_id, invoice_id, line_id, treatment)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'What each line of each invoice is, one row per treatment; only the months that a load changed are stored under its load_id';

-- 0015_customers
CREATE TABLE IF NOT EXISTS `mrr_store`.customers
(
    load_id UInt64 COMMENT 'The load',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1)),
    name String COMMENT 'Name, as privacy leaves it' CODEC(ZSTD(1)),
    email String COMMENT 'E-mail, as privacy leaves it' CODEC(ZSTD(1)),
    currency LowCardinality(String) COMMENT 'The customer''s own currency, ISO 4217; empty if unknown',
    country LowCardinality(String) COMMENT 'Country as the provider writes it; empty if unknown',
    created_at Date COMMENT 'Day of creation at the provider; 1970-01-01 if unknown' CODEC(ZSTD(1)),
    deleted Bool COMMENT 'The provider says that the customer is gone',
    first_mrr_date Date COMMENT 'First day of the account with MRR; 1970-01-01 if there is none' CODEC(ZSTD(1)),
    segments Map(LowCardinality(String), String) COMMENT 'Segment to its latest value' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY load_id
ORDER BY (source, customer_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Customers as last known';

-- 0016_subscriptions
CREATE TABLE IF NOT EXISTS `mrr_store`.subscriptions
(
    load_id UInt64 COMMENT 'The load',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1)),
    subscription_id String COMMENT 'The provider''s subscription' CODEC(ZSTD(1)),
    name String COMMENT 'Name; empty if it has none' CODEC(ZSTD(1)),
    currency LowCardinality(String) COMMENT 'ISO 4217',
    status LowCardinality(String) COMMENT 'active, past_due, non_renewing, trialing, future, incomplete, unpaid, paused or canceled',
    start_date Date COMMENT 'First day of service' CODEC(ZSTD(1)),
    end_date Date COMMENT 'Day after the last day of service; 2149-06-06: open' CODEC(ZSTD(1)),
    cancel_date Date COMMENT 'The day on which it is known to end; 2149-06-06: none' CODEC(ZSTD(1)),
    trial_end Date COMMENT 'First paid day after the trial; 1970-01-01: no trial' CODEC(ZSTD(1)),
    has_provider_mrr Bool COMMENT 'The provider states an MRR of its own',
    provider_mrr Decimal(18, 4) COMMENT 'The provider''s own figure in currency, for comparison alone; 0 if it has none' CODEC(ZSTD(1)),
    segments Map(LowCardinality(String), String) COMMENT 'Segment to its latest value' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY load_id
ORDER BY (source, customer_id, subscription_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Subscriptions as last known';

-- 0017_rejects
CREATE TABLE IF NOT EXISTS `mrr_store`.rejects
(
    load_id UInt64 COMMENT 'The load',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'What could not be read: the object''s kind, or item, price, row',
    id String COMMENT 'Its id' CODEC(ZSTD(1)),
    code LowCardinality(String) COMMENT 'Why, short and stable',
    detail String COMMENT 'Why, for an operator: what was found and what was expected' CODEC(ZSTD(1)),
    object_kind LowCardinality(String) COMMENT 'The stored payload: kind',
    object_id String COMMENT 'The stored payload: id' CODEC(ZSTD(1)),
    object_version Int64 COMMENT 'The stored payload: version' CODEC(ZSTD(1)),
    first_seen DateTime64(6, 'UTC') COMMENT 'When a load first had it, UTC' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY load_id
ORDER BY (source, customer_id, kind, id, code)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'What could not be understood: kept, counted and shown, in no total';

INSERT INTO `mrr_store`.`migrations` (number, name, checksum, applied_at) VALUES
(0,'migrations','f28a8c1f9fc16685997b13a32429f92b386ab3504654d63cdfcd838b047e4c49','2026-03-10 06:00:00.000000'),
(1,'runs','506e984fcbfbebba4de16a58998196845e2862e0daeae4b8bc87078468e2e21a','2026-03-10 06:00:00.000000'),
(2,'run_sources','ceacdbffc18f608f64e6156e11d8181f689d2aec020cbc6ce5b50169c2e5baf6','2026-03-10 06:00:00.000000'),
(3,'raw_objects','b66b8dd5f24886919fb7a1075d634699b7922ca72a233b63ef05901a30ccf22f','2026-03-10 06:00:00.000000'),
(4,'listings','41a426d1b693aee15837e998a2481a8f7f51eecbd315985dc892f4fcdf6ac7cc','2026-03-10 06:00:00.000000'),
(5,'completeness','2cbd4b534f54e2ec1888414165ff3733d4b3e17f5a7bd04ebfe937b8242c7316','2026-03-10 06:00:00.000000'),
(6,'cursors','b3d62c2e8ff436958a31577d19baf961d479dedc5425765b277a6a1a7c248b46','2026-03-10 06:00:00.000000'),
(7,'seals','584728649cb5091708d9d0c762911a9078aca5eb29dddb39db33c8b7ab79a5a2','2026-03-10 06:00:00.000000'),
(8,'manifest','f242cd2fcf7c7a756bbe56daf13afd18316f86a7f4c679629cbd437288bb9ff8','2026-03-10 06:00:00.000000'),
(9,'derived','04ba8944ba0c5786befa64316f6552abc09744d25591eb30f1714ba501ed9a0b','2026-03-10 06:00:00.000000'),
(10,'rates','fda087d5a481dd69b51aeb102c813929df514ec6b88d9930524f505eaf6d9bdd','2026-03-10 06:00:00.000000'),
(11,'periods','fbe994b6581767995e3b76a6a08c399746fb1688a002ad4877dddc42ff6f9ad9','2026-03-10 06:00:00.000000'),
(12,'movements','c96f899d08fc6197ba6508a671e0b550bd2898a1609fbf1c4b0087ae1d9f2005','2026-03-10 06:00:00.000000'),
(13,'daily','c1a5fc6e4418b7c8636f1b701566952782906e3c1f3c0f5b6f90dae9f7f53eb1','2026-03-10 06:00:00.000000'),
(14,'invoice_lines','6bbb3e75ae8722d73190f1c963cc1aa74e9b394fdff42e9946d44272492eb077','2026-03-10 06:00:00.000000'),
(15,'customers','ee359f0869e01ee4342f4375b5cfd4b4eff114c1fd9c9ab08e5ad3d53dca5924','2026-03-10 06:00:00.000000'),
(16,'subscriptions','bda1fd8bbdeefb709c6c71154423ca083987ee52a4afd1e4710b937dfab95a94','2026-03-10 06:00:00.000000'),
(17,'rejects','4e9828d083f52ce48251d96e0ff803ac00b35daba32f936359d11c355e2c54db','2026-03-10 06:00:00.000000');

INSERT INTO `mrr_store`.`runs` (run, seq, verb, status, started_at, finished_at, through, load_id, policy_hash, exit_code, receipt, error) VALUES
(1773122400000000,1773122400000001,'sync','running','2026-03-10 06:00:00.000000','1970-01-01 00:00:00.000000','1970-01-01',0,'',0,'',''),
(1773122400000000,1773122400000008,'sync','done','2026-03-10 06:00:00.000000','2026-03-10 06:00:00.000000','1970-01-01',1773122400000006,'',0,'',''),
(1773122400000009,1773122400000010,'sync','running','2026-03-10 06:00:00.000000','1970-01-01 00:00:00.000000','1970-01-01',0,'',0,'',''),
(1773122400000009,1773122400000017,'sync','done','2026-03-10 06:00:00.000000','2026-03-10 06:00:00.000000','1970-01-01',1773122400000015,'',0,'','');

INSERT INTO `mrr_store`.`run_sources` (run, source, seq, status, started_at, finished_at, requests, listed, landed, rejected, error) VALUES
(1773122400000000,'main',1773122400000007,'done','2026-03-10 06:00:00.000000','2026-03-10 06:00:00.000000',0,0,0,0,''),
(1773122400000009,'main',1773122400000016,'done','2026-03-10 06:00:00.000000','2026-03-10 06:00:00.000000',0,0,0,0,'');

INSERT INTO `mrr_store`.`raw_objects` (source, customer_id, kind, id, version, run, seen_at, origin, deleted, digest, payload) VALUES
('main','c1','subscription','sub_c1',0,1773122400000000,'2026-03-10 06:00:00.000000','listed',false,16557987665266391559,'"\\u0026{account:main/c1 items:[{subscription:s1 item:i1 currency:USD steps:[{from:20481 until:20486 mrr:10 scheduled:false} {from:20486 until:65535 mrr:15.5 scheduled:false}]}] lines:[{invoice:in_1 day:20481 amount:10}] rejects:[] tier:gold}"'),
('main','c2','subscription','sub_c2',1,1773122400000000,'2026-03-10 06:00:00.000000','listed',false,7912678991321618607,'"\\u0026{account:main/c2 items:[{subscription:s2 item:i2 currency:EUR steps:[{from:20483 until:20485 mrr:100 scheduled:false} {from:20494 until:65535 mrr:3 scheduled:true}]}] lines:[] rejects:[it\'s odd] tier:}"');

INSERT INTO `mrr_store`.`listings` (run, source, stream, customer_id, kind, id) VALUES
(1773122400000009,'main','subscriptions','c1','subscription','sub_c1'),
(1773122400000009,'main','subscriptions','c2','subscription','sub_c2');

INSERT INTO `mrr_store`.`completeness` (run, source, stream, seq, listed, landed, missing) VALUES
(1773122400000000,'main','subscriptions',1773122400000004,2,2,0),
(1773122400000009,'main','subscriptions',1773122400000013,2,2,0);

INSERT INTO `mrr_store`.`cursors` (source, stream, seq, run, cursor) VALUES
('main','subscriptions',1773122400000002,1773122400000000,'sub_c1'),
('main','subscriptions',1773122400000003,1773122400000000,'sub_c2'),
('main','subscriptions',1773122400000011,1773122400000009,'sub_c1'),
('main','subscriptions',1773122400000012,1773122400000009,'sub_c2');

INSERT INTO `mrr_store`.`seals` (source, seq, run, covered_until, account) VALUES
('main',1773122400000005,1773122400000000,'2026-03-10 06:00:00.000000','acct_1 test'),
('main',1773122400000014,1773122400000009,'2026-03-10 06:00:00.000000','acct_1 test');

INSERT INTO `mrr_store`.`manifest` (load_id, table, bucket, part_load, run, base, published_at, through, final_through, first_date, reporting_currency, policy_hash, complete, seals, covered, derived, rows) VALUES
(1773122400000006,'',0,1773122400000006,1773122400000000,0,'2026-03-10 06:00:00.000000','2026-02-03','2026-02-03','2026-01-28','USD','p',true,{'main':1773122400000000},{'main':'2026-02-03'},2,{'derived':4,'daily':9,'movements':4,'customers':2,'subscriptions':2,'rejects':1,'invoice_lines':1,'periods':4,'rates':12}),
(1773122400000006,'customers',0,1773122400000006,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000006,'daily',202601,1773122400000006,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000006,'daily',202602,1773122400000006,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000006,'derived',0,1773122400000006,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000006,'invoice_lines',202601,1773122400000006,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000006,'movements',0,1773122400000006,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000006,'periods',0,1773122400000006,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000006,'rates',0,1773122400000006,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000006,'rejects',0,1773122400000006,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000006,'subscriptions',0,1773122400000006,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000015,'',0,1773122400000015,1773122400000009,1773122400000006,'2026-03-10 06:00:00.000000','2026-02-04','2026-02-04','2026-01-28','USD','p',false,{'main':1773122400000009},{'main':'2026-02-04'},3,{'subscriptions':2,'daily':4,'periods':4,'rates':14,'movements':4,'rejects':1,'customers':2,'invoice_lines':0,'derived':4}),
(1773122400000015,'customers',0,1773122400000015,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000015,'daily',202601,1773122400000006,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000015,'daily',202602,1773122400000015,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000015,'derived',0,1773122400000015,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000015,'invoice_lines',202601,1773122400000006,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000015,'movements',0,1773122400000015,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000015,'periods',0,1773122400000015,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000015,'rates',0,1773122400000015,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000015,'rejects',0,1773122400000015,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{}),
(1773122400000015,'subscriptions',0,1773122400000015,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{});

INSERT INTO `mrr_store`.`derived` (load_id, source, customer_id) VALUES
(1773122400000006,'main','c1'),
(1773122400000006,'main','c1'),
(1773122400000006,'main','c2'),
(1773122400000006,'main','c2'),
(1773122400000015,'main','c2'),
(1773122400000015,'main','c2'),
(1773122400000015,'main','c3'),
(1773122400000015,'main','c4');

INSERT INTO `mrr_store`.`rates` (load_id, currency, date, rate) VALUES
(1773122400000006,'EUR','2026-01-30',1.1),
(1773122400000006,'EUR','2026-01-31',1.1),
(1773122400000006,'EUR','2026-02-01',1.1),
(1773122400000006,'EUR','2026-02-02',1.1),
(1773122400000006,'EUR','2026-02-03',1.1),
(1773122400000006,'USD','2026-01-28',1),
(1773122400000006,'USD','2026-01-29',1),
(1773122400000006,'USD','2026-01-30',1),
(1773122400000006,'USD','2026-01-31',1),
(1773122400000006,'USD','2026-02-01',1),
(1773122400000006,'USD','2026-02-02',1),
(1773122400000006,'USD','2026-02-03',1),
(1773122400000015,'EUR','2026-01-30',1.1),
(1773122400000015,'EUR','2026-01-31',1.1),
(1773122400000015,'EUR','2026-02-01',1.1),
(1773122400000015,'EUR','2026-02-02',1.1),
(1773122400000015,'EUR','2026-02-03',1.1),
(1773122400000015,'EUR','2026-02-04',1.1),
(1773122400000015,'USD','2026-01-28',1),
(1773122400000015,'USD','2026-01-29',1),
(1773122400000015,'USD','2026-01-30',1),
(1773122400000015,'USD','2026-01-31',1),
(1773122400000015,'USD','2026-02-01',1),
(1773122400000015,'USD','2026-02-02',1),
(1773122400000015,'USD','2026-02-03',1),
(1773122400000015,'USD','2026-02-04',1);

INSERT INTO `mrr_store`.`periods` (load_id, source, customer_id, account_id, subscription_id, item_id, product_id, product_name, plan_id, plan_name, currency, valid_from, valid_to, quantity, mrr, scheduled, segments, evidence, object_kind, object_id, object_version, rule, refs) VALUES
(1773122400000006,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-01-28','2026-02-02',1,10,false,{'csm':'ann','tier':'gold'},'version','subscription','s1',1,'',['price/plan_10']),
(1773122400000006,'main','c1','main/c1','s1','i1','prod','Product','plan_15.5','Plan','USD','2026-02-02','2149-06-06',1,15.5,false,{'csm':'ann','tier':'gold'},'version','subscription','s1',1,'',['price/plan_15.5']),
(1773122400000006,'main','c2','main/c2','s2','i2','prod','Product','plan_100','Plan','EUR','2026-01-30','2026-02-01',1,100,false,{'csm':'ann','tier':''},'version','subscription','s2',1,'',['price/plan_100']),
(1773122400000006,'main','c2','main/c2','s2','i2','prod','Product','plan_3','Plan','EUR','2026-02-10','2149-06-06',1,3,true,{'csm':'ann','tier':''},'version','subscription','s2',1,'',['price/plan_3']),
(1773122400000015,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-01-28','2026-02-02',1,10,false,{'csm':'ann','tier':'gold'},'version','subscription','s1',1,'',['price/plan_10']),
(1773122400000015,'main','c1','main/c1','s1','i1','prod','Product','plan_15.5','Plan','USD','2026-02-02','2149-06-06',1,15.5,false,{'csm':'ann','tier':'gold'},'version','subscription','s1',1,'',['price/plan_15.5']),
(1773122400000015,'main','c2','main/c2','s2','i2','prod','Product','plan_100','Plan','EUR','2026-01-30','2026-02-01',1,100,false,{'csm':'ann','tier':''},'version','subscription','s2',1,'',['price/plan_100']),
(1773122400000015,'main','c2','main/c2','s2','i2','prod','Product','plan_3','Plan','EUR','2026-02-10','2149-06-06',1,3,true,{'csm':'ann','tier':''},'version','subscription','s2',1,'',['price/plan_3']);

INSERT INTO `mrr_store`.`movements` (load_id, date, source, customer_id, account_id, subscription_id, item_id, product_id, plan_id, currency, movement, amount, amount_reporting, reason, scheduled, segments, object_kind, object_id, object_version) VALUES
(1773122400000006,'2026-01-28','main','c1','main/c1','s1','i1','prod','plan_10','USD','new',10,10,'new',false,{'csm':'ann','tier':'gold'},'','',0),
(1773122400000006,'2026-01-30','main','c2','main/c2','s2','i2','prod','plan_100','EUR','new',100,110,'new',false,{'csm':'ann','tier':''},'','',0),
(1773122400000006,'2026-02-01','main','c2','main/c2','s2','i2','prod','plan_100','EUR','churn',-100,-110,'new',false,{'csm':'ann','tier':''},'','',0),
(1773122400000006,'2026-02-02','main','c1','main/c1','s1','i1','prod','plan_10','USD','expansion',5.5,5.5,'new',false,{'csm':'ann','tier':'gold'},'','',0),
(1773122400000015,'2026-01-28','main','c1','main/c1','s1','i1','prod','plan_10','USD','new',10,10,'new',false,{'csm':'ann','tier':'gold'},'','',0),
(1773122400000015,'2026-01-30','main','c2','main/c2','s2','i2','prod','plan_100','EUR','new',100,110,'new',false,{'csm':'ann','tier':''},'','',0),
(1773122400000015,'2026-02-01','main','c2','main/c2','s2','i2','prod','plan_100','EUR','churn',-100,-110,'new',false,{'csm':'ann','tier':''},'','',0),
(1773122400000015,'2026-02-02','main','c1','main/c1','s1','i1','prod','plan_10','USD','expansion',5.5,5.5,'new',false,{'csm':'ann','tier':'gold'},'','',0);

INSERT INTO `mrr_store`.`daily` (load_id, source, customer_id, account_id, subscription_id, item_id, product_id, product_name, plan_id, plan_name, currency, date, quantity, mrr, mrr_reporting, segments) VALUES
(1773122400000006,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-01-28',1,10,10,{'csm':'ann','tier':'gold'}),
(1773122400000006,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-01-29',1,10,10,{'csm':'ann','tier':'gold'}),
(1773122400000006,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-01-30',1,10,10,{'csm':'ann','tier':'gold'}),
(1773122400000006,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-01-31',1,10,10,{'csm':'ann','tier':'gold'}),
(1773122400000006,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-02-01',1,10,10,{'csm':'ann','tier':'gold'}),
(1773122400000006,'main','c1','main/c1','s1','i1','prod','Product','plan_15.5','Plan','USD','2026-02-02',1,15.5,15.5,{'csm':'ann','tier':'gold'}),
(1773122400000006,'main','c1','main/c1','s1','i1','prod','Product','plan_15.5','Plan','USD','2026-02-03',1,15.5,15.5,{'csm':'ann','tier':'gold'}),
(1773122400000006,'main','c2','main/c2','s2','i2','prod','Product','plan_100','Plan','EUR','2026-01-30',1,100,110,{'csm':'ann','tier':''}),
(1773122400000006,'main','c2','main/c2','s2','i2','prod','Product','plan_100','Plan','EUR','2026-01-31',1,100,110,{'csm':'ann','tier':''}),
(1773122400000015,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-02-01',1,10,10,{'csm':'ann','tier':'gold'}),
(1773122400000015,'main','c1','main/c1','s1','i1','prod','Product','plan_15.5','Plan','USD','2026-02-02',1,15.5,15.5,{'csm':'ann','tier':'gold'}),
(1773122400000015,'main','c1','main/c1','s1','i1','prod','Product','plan_15.5','Plan','USD','2026-02-03',1,15.5,15.5,{'csm':'ann','tier':'gold'}),
(1773122400000015,'main','c1','main/c1','s1','i1','prod','Product','plan_15.5','Plan','USD','2026-02-04',1,15.5,15.5,{'csm':'ann','tier':'gold'});

INSERT INTO `mrr_store`.`invoice_lines` (load_id, source, invoice_id, line_id, customer_id, account_id, subscription_id, plan_id, issued_at, period_start, period_end, currency, amount, treatment) VALUES
(1773122400000006,'main','in_1','1','c1','main/c1','','','2026-01-28','2026-01-28','2026-02-27','USD',10,'committed');

INSERT INTO `mrr_store`.`customers` (load_id, source, customer_id, account_id, name, email, currency, country, created_at, deleted, first_mrr_date, segments) VALUES
(1773122400000006,'main','c1','main/c1','N c1','','','','1970-01-01',false,'1970-01-01',{'csm':'ann','tier':'gold'}),
(1773122400000006,'main','c2','main/c2','N c2','','','','1970-01-01',false,'1970-01-01',{'csm':'ann','tier':''}),
(1773122400000015,'main','c1','main/c1','N c1','','','','1970-01-01',false,'1970-01-01',{'csm':'ann','tier':'gold'}),
(1773122400000015,'main','c2','main/c2','N c2','','','','1970-01-01',false,'1970-01-01',{'csm':'ann','tier':''});

INSERT INTO `mrr_store`.`subscriptions` (load_id, source, customer_id, account_id, subscription_id, name, currency, status, start_date, end_date, cancel_date, trial_end, has_provider_mrr, provider_mrr, segments) VALUES
(1773122400000006,'main','c1','main/c1','s1','','USD','active','1970-01-01','2149-06-06','2149-06-06','1970-01-01',false,0,{}),
(1773122400000006,'main','c2','main/c2','s2','','EUR','active','1970-01-01','2149-06-06','2149-06-06','1970-01-01',false,0,{}),
(1773122400000015,'main','c1','main/c1','s1','','USD','active','1970-01-01','2149-06-06','2149-06-06','1970-01-01',false,0,{}),
(1773122400000015,'main','c2','main/c2','s2','','EUR','active','1970-01-01','2149-06-06','2149-06-06','1970-01-01',false,0,{});

INSERT INTO `mrr_store`.`rejects` (load_id, source, customer_id, kind, id, code, detail, object_kind, object_id, object_version, first_seen) VALUES
(1773122400000006,'main','c2','price','p','it\'s odd','','','',0,'2026-03-10 06:00:00.000000'),
(1773122400000015,'main','c2','price','p','it\'s odd','','','',0,'2026-03-10 06:00:00.000000');

