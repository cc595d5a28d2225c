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

COMMENT 'What could not be understood: kept, counted and shown, in no total';

-- 0018_daily_totals
-- Sums by day and currency, kept beside the rows as they are inserted: views over the whole history read thousands of rows for them, not tens of millions.
ALTER TABLE `mrr_store`.daily
    ADD PROJECTION IF NOT EXISTS totals (SELECT load_id, date, currency, sum(mrr), sum(mrr_reporting), count() GROUP BY load_id, date, currency);

-- 0019_staged_invoice_lines
CREATE TABLE IF NOT EXISTS `mrr_store`.staged_invoice_lines
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
PARTITION BY load_id
ORDER BY (source, customer_id, invoice_id, line_id, treatment)

COMMENT 'The lines of the customers that a load derived again, until it is known in which months they differ from what is stored: only those months of invoice_lines are written';

-- 0020_restatements
CREATE TABLE IF NOT EXISTS `mrr_store`.restatements
(
    load_id UInt64 COMMENT 'The load that says otherwise than its base; rows of a load that was never published mean nothing',
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1)),
    currency LowCardinality(String) COMMENT 'ISO 4217',
    valid_from Date COMMENT 'First day' CODEC(ZSTD(1)),
    valid_to Date COMMENT 'Day after the last day' CODEC(ZSTD(1)),
    mrr_before Decimal(38, 4) COMMENT 'MRR of the account on each of the days as it was published, in currency' CODEC(ZSTD(1)),
    mrr_after Decimal(38, 4) COMMENT 'The same as the load has it, in currency' CODEC(ZSTD(1)),
    reason LowCardinality(String) COMMENT 'Causes, joined by +: identity, policy, source_removed, late_evidence, catalogue, rollback; derivation when none of them holds',
    evidence LowCardinality(String) COMMENT 'Kinds of the provider objects about the account that landed since the base load, joined by comma and space'
)
ENGINE = MergeTree
ORDER BY (load_id, account_id, currency, valid_from)

COMMENT 'What was said of final days before a load and what it says of them. Kept when the rows of the load are dropped: it is the trail of what readers were told';

-- 0021_invoice_lines_segments
ALTER TABLE `mrr_store`.invoice_lines
    ADD COLUMN IF NOT EXISTS segments Map(LowCardinality(String), String) COMMENT 'Segment to its value as of issued_at' CODEC(ZSTD(1));

-- 0022_staged_invoice_lines_segments
ALTER TABLE `mrr_store`.staged_invoice_lines
    ADD COLUMN IF NOT EXISTS segments Map(LowCardinality(String), String) COMMENT 'Segment to its value as of issued_at' CODEC(ZSTD(1));

-- 0023_dropped_loads
CREATE TABLE IF NOT EXISTS `mrr_store`.dropped_loads
(
    load_id UInt64 COMMENT 'A published load whose own rows are gone, or about to be',
    dropped_at DateTime64(6, 'UTC') COMMENT 'When they were given up, UTC'
)
ENGINE = MergeTree
ORDER BY load_id

COMMENT 'Loads that can no longer be published again. A row is written before the first partition of its load is dropped';

-- 0024_restored_loads
-- A rollback publishes an earlier load again under an id of its own.
ALTER TABLE `mrr_store`.manifest
    ADD COLUMN IF NOT EXISTS restored UInt64 COMMENT 'The earlier load that was published again under this id; 0: none. Header row only';

-- 0025_subscriptions_refs
ALTER TABLE `mrr_store`.subscriptions
    ADD COLUMN IF NOT EXISTS refs Array(LowCardinality(String)) COMMENT 'Catalogue objects that any evidence of it names, whether it has MRR or not, kind/id: when one changes, the account is derived again' CODEC(ZSTD(1));

-- 0026_closed_through
-- What is closed belongs to a load: the next one takes it over, and no other part of a load says otherwise.
ALTER TABLE `mrr_store`.manifest
    ADD COLUMN IF NOT EXISTS closed_through Date COMMENT 'The last day of the last closed month: what the load says of days up to it was taken over as it was closed; 1970-01-01: nothing is closed. Header row only';

-- 0027_closings
CREATE TABLE IF NOT EXISTS `mrr_store`.closings
(
    load_id UInt64 COMMENT 'The load that was published by it',
    action Enum8('close' = 1, 'reopen' = 2) COMMENT 'What was done',
    month Date COMMENT 'First day of the month that was named; closing it closed all earlier ones, reopening it reopened all later ones',
    closed_before Date COMMENT 'The last closed day before; 1970-01-01: none',
    closed_after Date COMMENT 'The last closed day since; 1970-01-01: none',
    at DateTime64(6, 'UTC') COMMENT 'When, UTC',
    who String COMMENT 'The user of the operating system who did it',
    note String COMMENT 'Why, in their words'
)
ENGINE = MergeTree
ORDER BY load_id

COMMENT 'Who closed and reopened months, when and why, one row each. Rows of a load that was never published mean nothing';

-- 0028_staged_movements
CREATE TABLE IF NOT EXISTS `mrr_store`.staged_movements
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

COMMENT 'The movements of the customers that a load derived again upon closed months, until it is known whether they follow from the closed days';

-- 0029_leases
CREATE TABLE IF NOT EXISTS `mrr_store`.leases
(
    fence UInt64 COMMENT 'Grows from claim to claim: a run whose fence is lower than that of a later holder publishes nothing',
    claim String COMMENT 'The claim of one run to be the only one that writes',
    state Enum8('claimed' = 1, 'held' = 2, 'released' = 3) COMMENT 'claimed: it asks; held: nobody else was there; released: it is over, whatever expires_at says',
    folder Bool COMMENT 'The run also holds the lock on the folder of an embedded warehouse, which falls with its process',
    verb LowCardinality(String) COMMENT 'What the run does',
    run UInt64 COMMENT 'The run; 0 while it only asks',
    user String COMMENT 'The user of the operating system',
    host String COMMENT 'The machine',
    pid UInt32 COMMENT 'The process there',
    at DateTime64(6, 'UTC') COMMENT 'When the row was written, by the server''s clock, UTC',
    expires_at DateTime64(6, 'UTC') COMMENT 'When the claim ends unless it is renewed, by the server''s clock, UTC'
)
ENGINE = ReplacingMergeTree(`at`)
ORDER BY (claim, state)

COMMENT 'Who may write. A run claims, looks whether somebody else does, holds, and renews while it lives';

-- 0030_daily_compact
-- Ids and values repeat on every day of an item: kept as numbers into a dictionary they take half the disk, and half the time to write.
ALTER TABLE `mrr_store`.daily
    MODIFY COLUMN customer_id LowCardinality(String) CODEC(ZSTD(1)),
    MODIFY COLUMN account_id LowCardinality(String) CODEC(ZSTD(1)),
    MODIFY COLUMN subscription_id LowCardinality(String) CODEC(ZSTD(1)),
    MODIFY COLUMN item_id LowCardinality(String) CODEC(ZSTD(1)),
    MODIFY COLUMN quantity Decimal(18, 4) CODEC(LZ4),
    MODIFY COLUMN segments Map(LowCardinality(String), LowCardinality(String)) CODEC(LZ4);

-- 0031_day_totals
CREATE TABLE IF NOT EXISTS `mrr_store`.day_totals
(
    load_id UInt64 COMMENT 'The load',
    date Date COMMENT 'The day',
    currency LowCardinality(String) COMMENT 'ISO 4217; empty: all currencies together, in rows that only customers and subscriptions are counted in',
    new_mrr Decimal(38, 4) COMMENT 'Sum of the day''s movements new, in currency; positive',
    expansion_mrr Decimal(38, 4) COMMENT 'Sum of the day''s movements expansion, in currency; positive',
    reactivation_mrr Decimal(38, 4) COMMENT 'Sum of the day''s movements reactivation, in currency; positive',
    contraction_mrr Decimal(38, 4) COMMENT 'Sum of the day''s movements contraction, in currency, as a positive magnitude',
    churned_mrr Decimal(38, 4) COMMENT 'Sum of the day''s movements churn, in currency, as a positive magnitude',
    new_reporting Decimal(38, 4) COMMENT 'new_mrr in the reporting currency',
    expansion_reporting Decimal(38, 4) COMMENT 'expansion_mrr in the reporting currency',
    reactivation_reporting Decimal(38, 4) COMMENT 'reactivation_mrr in the reporting currency',
    contraction_reporting Decimal(38, 4) COMMENT 'contraction_mrr in the reporting currency',
    churned_reporting Decimal(38, 4) COMMENT 'churned_mrr in the reporting currency',
    mrr_reporting Decimal(38, 4) COMMENT 'Sum of the day''s rows of daily in the reporting currency: a level, not a change',
    customers Int64 COMMENT 'By how many accounts with an item in currency there are more than the day before, signed',
    subscriptions Int64 COMMENT 'By how many subscriptions with an item in currency there are more than the day before, signed',
    movements UInt64 COMMENT 'Movements of the day'
)
ENGINE = MergeTree
PARTITION BY load_id
ORDER BY (currency, date)

COMMENT 'What a load says of each day and currency, added up when it is built, so that views over the whole history read a few thousand rows. Days on which nothing is to be said have no row';

-- 0032_cohort_months
CREATE TABLE IF NOT EXISTS `mrr_store`.cohort_months
(
    load_id UInt64 COMMENT 'The load',
    cohort Date COMMENT 'First day of the month in which the accounts had their first MRR in any currency',
    month Date COMMENT 'First day of the month that is looked at',
    currency LowCardinality(String) COMMENT 'ISO 4217; empty: all currencies together, in the reporting currency at the rates of the month''s start',
    net_mrr Decimal(38, 4) COMMENT 'By how much the accounts'' MRR changed in the month, in currency, signed',
    kept_mrr Decimal(38, 4) COMMENT 'The part of net_mrr that is of accounts with MRR at the month''s start, signed',
    lost_mrr Decimal(38, 4) COMMENT 'The part of kept_mrr that is of accounts that shrank over the month; never positive',
    customers_new UInt64 COMMENT 'Accounts with MRR at the month''s end that never had any in currency before the month',
    customers_reactivated UInt64 COMMENT 'Accounts with MRR at the month''s end and none at its start that had some in currency earlier',
    customers_churned UInt64 COMMENT 'Accounts with MRR at the month''s start and none at its end',
    base_mrr Decimal(38, 4) COMMENT 'Sum of the accounts'' movements new, in the cohort''s own month; 0 in all others',
    base_customers UInt64 COMMENT 'Accounts that were new in currency, in the cohort''s own month; 0 in all others',
    mrr_reporting Decimal(38, 4) COMMENT 'The accounts'' MRR at the month''s end in the reporting currency, in the rows of all currencies together; 0 in all others'
)
ENGINE = MergeTree
PARTITION BY load_id
ORDER BY (currency, cohort, month)

COMMENT 'What became of the accounts that began in one month, month by month and currency by currency, added up when a load is built: retention and cohorts follow from it. Months in which nothing is to be said have no row';

-- 0033_sweeps
CREATE TABLE IF NOT EXISTS `mrr_store`.sweeps
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'The provider''s own name of the type',
    id String COMMENT 'The provider''s id of the object' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of an object counts' CODEC(Delta(8), ZSTD(1)),
    run UInt64 COMMENT 'The run that asked' CODEC(Delta(8), ZSTD(1)),
    asked_at DateTime64(6, 'UTC') COMMENT 'When the provider was asked for it, UTC' CODEC(Delta(8), ZSTD(1)),
    gone Bool COMMENT 'The provider does not know it any more'
)
ENGINE = ReplacingMergeTree(`seq`)
ORDER BY (source, customer_id, kind, id)

COMMENT 'When each open object was last asked for by its id: those not seen for longest are asked for first';

-- 0034_listings_slice
ALTER TABLE `mrr_store`.listings
    ADD COLUMN IF NOT EXISTS slice LowCardinality(String) COMMENT 'The part of the stream that the page was of: a month of creation, a day of changes; empty where the connector has none';

-- 0035_completeness_slices
CREATE TABLE IF NOT EXISTS `mrr_store`.completeness_slices
(
    run UInt64 COMMENT 'The run' CODEC(Delta(8), ZSTD(1)),
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream',
    slice LowCardinality(String) COMMENT 'The part of the stream',
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of a run, source, stream and slice counts' CODEC(Delta(8), ZSTD(1)),
    listed UInt64 COMMENT 'Distinct objects that the provider listed' CODEC(ZSTD(1)),
    landed UInt64 COMMENT 'Those of them that the warehouse holds' CODEC(ZSTD(1)),
    missing UInt64 COMMENT 'Those of them that the warehouse does not hold' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(`seq`)
ORDER BY (source, run, stream, slice)

COMMENT 'One row per run, source, stream and slice of it: what was listed against what is held';

-- 0036_field_fill
CREATE TABLE IF NOT EXISTS `mrr_store`.field_fill
(
    run UInt64 COMMENT 'The run' CODEC(Delta(8), ZSTD(1)),
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream',
    kind LowCardinality(String) COMMENT 'The provider''s own name of the type',
    api_version LowCardinality(String) COMMENT 'The version of the provider''s API that the objects are in',
    field LowCardinality(String) COMMENT 'The path of the field within the object',
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of a run and field counts' CODEC(Delta(8), ZSTD(1)),
    objects UInt64 COMMENT 'How often the field could have been there, of the objects that were looked into' CODEC(ZSTD(1)),
    filled UInt64 COMMENT 'How often it was' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(`seq`)
ORDER BY (source, run, stream, kind, api_version, field)

COMMENT 'One row per run and field that the figures depend on: how often the provider sent it';

-- 0037_erasures
CREATE TABLE IF NOT EXISTS `mrr_store`.erasures
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer whose personal data was removed, and is again whenever the provider sends it',
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of a customer is its state',
    run UInt64 COMMENT 'The run that wrote the row',
    state Enum8('begun' = 1, 'done' = 2) COMMENT 'begun: the next run that writes ends it; done: nothing of the person is left',
    at DateTime64(6, 'UTC') COMMENT 'When, UTC',
    who String COMMENT 'The user of the operating system who asked for it',
    kept Array(String) COMMENT 'The paths of metadata and custom fields that stay, since segments or identity are made of them',
    removed_segments Array(String) COMMENT 'The segments whose values were removed'
)
ENGINE = MergeTree
ORDER BY (source, customer_id, seq)

COMMENT 'Whose personal data was erased, when and by whom. Consulted whenever objects land, so that a sync does not bring it back';

-- 0038_slice_months
CREATE TABLE IF NOT EXISTS `mrr_store`.slice_months
(
    load_id UInt64 COMMENT 'The load',
    segment LowCardinality(String) COMMENT 'The segment by whose values MRR is divided; empty: it is divided by plans',
    source LowCardinality(String) COMMENT 'Of a plan its source; empty for segments',
    value String COMMENT 'The plan, or the value of the segment, empty for what has none' CODEC(ZSTD(1)),
    month Date COMMENT 'First day of the month that is looked at',
    currency LowCardinality(String) COMMENT 'ISO 4217',
    new_mrr Decimal(38, 4) COMMENT 'Its part in the month''s movements new, in currency; positive',
    expansion_mrr Decimal(38, 4) COMMENT 'Its part in the month''s movements expansion, in currency; positive',
    reactivation_mrr Decimal(38, 4) COMMENT 'Its part in the month''s movements reactivation, in currency; positive',
    contraction_mrr Decimal(38, 4) COMMENT 'Its part in the month''s movements contraction, in currency, as a positive magnitude',
    churned_mrr Decimal(38, 4) COMMENT 'Its part in the month''s movements churn, in currency, as a positive magnitude',
    new_reporting Decimal(38, 4) COMMENT 'new_mrr in the reporting currency',
    expansion_reporting Decimal(38, 4) COMMENT 'expansion_mrr in the reporting currency',
    reactivation_reporting Decimal(38, 4) COMMENT 'reactivation_mrr in the reporting currency',
    contraction_reporting Decimal(38, 4) COMMENT 'contraction_mrr in the reporting currency',
    churned_reporting Decimal(38, 4) COMMENT 'churned_mrr in the reporting currency',
    change_mrr Decimal(38, 4) COMMENT 'By how much its MRR changed in the month, in currency, signed: its parts in the movements and what was transferred',
    customers Int64 COMMENT 'By how many accounts with MRR above 0 in it there are more at the month''s end than at its start, signed'
)
ENGINE = MergeTree
PARTITION BY load_id
ORDER BY (segment, source, value, currency, month)

COMMENT 'What a load says of each plan and of each value of each segment, month by month and currency by currency, added up when it is built: the views of plans and segments follow from it. Months in which nothing happens to one have no row';

-- 0039_moved_accounts
CREATE TABLE IF NOT EXISTS `mrr_store`.moved_accounts
(
    load_id UInt64 COMMENT 'The load',
    account_id String COMMENT 'The account after identity resolution' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY load_id
ORDER BY account_id

COMMENT 'The accounts that may differ from the base of a load, until it is added up: their shares alone are taken out of the base''s sums and put in anew';

-- 0040_invoice_lines_digest
ALTER TABLE `mrr_store`.invoice_lines
    ADD COLUMN IF NOT EXISTS digest UInt64 MATERIALIZED cityHash64(
        source, invoice_id, line_id, customer_id, account_id, subscription_id, plan_id, issued_at, period_start, period_end, currency, amount, treatment, segments
    ) COMMENT 'Of all that the line says: a load compares the lines of months by it' CODEC(NONE);

-- 0041_staged_invoice_lines_digest
ALTER TABLE `mrr_store`.staged_invoice_lines
    ADD COLUMN IF NOT EXISTS digest UInt64 MATERIALIZED cityHash64(
        source, invoice_id, line_id, customer_id, account_id, subscription_id, plan_id, issued_at, period_start, period_end, currency, amount, treatment, segments
    ) COMMENT 'Of all that the line says: a load compares the lines of months by it' CODEC(NONE);

-- 10_mrr_daily
CREATE OR REPLACE VIEW `mrr`.mrr_daily
(...)
SQL SECURITY INVOKER
AS ...;

-- 11_mrr_monthly
CREATE OR REPLACE VIEW `mrr`.mrr_monthly
(...)
SQL SECURITY INVOKER
AS ...;

-- 12_mrr_movements
CREATE OR REPLACE VIEW `mrr`.mrr_movements
(...)
SQL SECURITY INVOKER
AS ...;

-- 20_mrr_waterfall_daily
CREATE OR REPLACE VIEW `mrr`.mrr_waterfall_daily
(...)
SQL SECURITY INVOKER
AS ...;

-- 21_mrr_waterfall_monthly
CREATE OR REPLACE VIEW `mrr`.mrr_waterfall_monthly
(...)
SQL SECURITY INVOKER
AS ...;

-- 22_mrr_waterfall_monthly_reporting
CREATE OR REPLACE VIEW `mrr`.mrr_waterfall_monthly_reporting
(...)
SQL SECURITY INVOKER
AS ...;

-- 30_mrr_totals_daily
CREATE OR REPLACE VIEW `mrr`.mrr_totals_daily
(...)
SQL SECURITY INVOKER
AS ...;

-- 31_mrr_totals_daily_reporting
CREATE OR REPLACE VIEW `mrr`.mrr_totals_daily_reporting
(...)
SQL SECURITY INVOKER
AS ...;

-- 40_customers
CREATE OR REPLACE VIEW `mrr`.customers
(...)
SQL SECURITY INVOKER
AS ...;

-- 41_subscriptions
CREATE OR REPLACE VIEW `mrr`.subscriptions
(...)
SQL SECURITY INVOKER
AS ...;

-- 42_plans
CREATE OR REPLACE VIEW `mrr`.plans
(...)
SQL SECURITY INVOKER
AS ...;

-- 43_reconciliation
CREATE OR REPLACE VIEW `mrr`.reconciliation
(...)
SQL SECURITY INVOKER
AS ...;

-- 50_invoice_lines
CREATE OR REPLACE VIEW `mrr`.invoice_lines
(...)
SQL SECURITY INVOKER
AS ...;

-- 51_invoice_treatments_monthly
CREATE OR REPLACE VIEW `mrr`.invoice_treatments_monthly
(...)
SQL SECURITY INVOKER
AS ...;

-- 52_usage_revenue_monthly
CREATE OR REPLACE VIEW `mrr`.usage_revenue_monthly
(...)
SQL SECURITY INVOKER
AS ...;

-- 60_rejects
CREATE OR REPLACE VIEW `mrr`.rejects
(...)
SQL SECURITY INVOKER
AS ...;

-- 61_freshness
CREATE OR REPLACE VIEW `mrr`.freshness
(...)
SQL SECURITY INVOKER
AS ...;

-- 62_completeness
CREATE OR REPLACE VIEW `mrr`.completeness
(...)
SQL SECURITY INVOKER
AS ...;

-- 63_runs
CREATE OR REPLACE VIEW `mrr`.runs
(...)
SQL SECURITY INVOKER
AS ...;

-- 64_loads
CREATE OR REPLACE VIEW `mrr`.loads
(...)
SQL SECURITY INVOKER
AS ...;

-- 65_restatements
CREATE OR REPLACE VIEW `mrr`.restatements
(...)
SQL SECURITY INVOKER
AS ...;

-- 66_closings
CREATE OR REPLACE VIEW `mrr`.closings
(...)
SQL SECURITY INVOKER
AS ...;

-- 67_completeness_slices
CREATE OR REPLACE VIEW `mrr`.completeness_slices
(...)
SQL SECURITY INVOKER
AS ...;

-- 68_field_fill
CREATE OR REPLACE VIEW `mrr`.field_fill
(...)
SQL SECURITY INVOKER
AS ...;

-- 70_retention_monthly
CREATE OR REPLACE VIEW `mrr`.retention_monthly
(...)
SQL SECURITY INVOKER
AS ...;

-- 71_retention_monthly_reporting
CREATE OR REPLACE VIEW `mrr`.retention_monthly_reporting
(...)
SQL SECURITY INVOKER
AS ...;

-- 72_cohorts_monthly
CREATE OR REPLACE VIEW `mrr`.cohorts_monthly
(...)
SQL SECURITY INVOKER
AS ...;

-- 73_cohorts_monthly_reporting
CREATE OR REPLACE VIEW `mrr`.cohorts_monthly_reporting
(...)
SQL SECURITY INVOKER
AS ...;

-- 80_mrr_by_plan_monthly
CREATE OR REPLACE VIEW `mrr`.mrr_by_plan_monthly
(...)
SQL SECURITY INVOKER
AS ...;

-- 81_mrr_by_segment_monthly
CREATE OR REPLACE VIEW `mrr`.mrr_by_segment_monthly
(...)
SQL SECURITY INVOKER
AS ...;

-- 82_mrr_forward_monthly
CREATE OR REPLACE VIEW `mrr`.mrr_forward_monthly
(...)
SQL SECURITY INVOKER
AS ...;

-- 83_benchmarks_monthly
CREATE OR REPLACE VIEW `mrr`.benchmarks_monthly
(...)
SQL SECURITY INVOKER
AS ...;

