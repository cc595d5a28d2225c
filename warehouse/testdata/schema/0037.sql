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

-- 10_mrr_daily
CREATE OR REPLACE VIEW `mrr`.mrr_daily
(
    date Date COMMENT 'The day, in the reporting time zone',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer',
    account_id String COMMENT 'The paying account after identity resolution: what counts as one customer',
    subscription_id String COMMENT 'The provider''s subscription',
    item_id String COMMENT 'The provider''s subscription item',
    product_id LowCardinality(String) COMMENT 'Product or item; the plan where the provider has none',
    product_name LowCardinality(String) COMMENT 'Name of the product',
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan',
    plan_name LowCardinality(String) COMMENT 'Name of the plan',
    currency LowCardinality(String) COMMENT 'Currency of mrr and arr, ISO 4217',
    quantity Decimal(18, 4) COMMENT 'Units of the item; never negative',
    mrr Decimal(18, 4) COMMENT 'Committed MRR of the item on the day, in major units of currency; above 0. Additive over items of one currency, not over days',
    arr Decimal(38, 4) COMMENT 'Annual run rate, 12 x mrr, in major units of currency; above 0',
    mrr_reporting Decimal(18, 4) COMMENT 'mrr in major units of the reporting currency, at the latest rate at or before the day; 0 when conversion is off. Additive over all items of a day',
    segments Map(String, String) COMMENT 'Configured segment to its value as of the day; a segment without value is absent',
    seg_csm String COMMENT 'Value of the segment csm as of the day; empty where there is none',
    seg_tier String COMMENT 'Value of the segment tier as of the day; empty where there is none'
)
SQL SECURITY INVOKER
AS SELECT
    date, source, customer_id, account_id, subscription_id, item_id,
    product_id, product_name, plan_id, plan_name, currency, quantity,
    mrr,
    toDecimal128(mrr, 4) * 12 AS arr,
    mrr_reporting,
    segments,
    segments['csm'] AS seg_csm,
    segments['tier'] AS seg_tier
FROM `mrr_store`.daily
WHERE (toYYYYMM(`date`), load_id) IN (SELECT bucket, part_load FROM `mrr_store`.manifest WHERE table = 'daily' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
COMMENT 'Committed MRR, one row per day and subscription item, for items with MRR above 0. Days run from the first one with MRR through the last published one';

-- 11_mrr_monthly
CREATE OR REPLACE VIEW `mrr`.mrr_monthly
(
    month Date COMMENT 'First day of the month',
    date Date COMMENT 'The day that speaks for the month: its last one, or the last published one of the month that is not over',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer',
    account_id String COMMENT 'The paying account after identity resolution: what counts as one customer',
    subscription_id String COMMENT 'The provider''s subscription',
    item_id String COMMENT 'The provider''s subscription item',
    product_id LowCardinality(String) COMMENT 'Product or item; the plan where the provider has none',
    product_name LowCardinality(String) COMMENT 'Name of the product',
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan',
    plan_name LowCardinality(String) COMMENT 'Name of the plan',
    currency LowCardinality(String) COMMENT 'Currency of mrr and arr, ISO 4217',
    quantity Decimal(18, 4) COMMENT 'Units of the item; never negative',
    mrr Decimal(18, 4) COMMENT 'Committed MRR of the item at the month''s end, in major units of currency; above 0. Additive over items of one currency, not over months',
    arr Decimal(38, 4) COMMENT 'Annual run rate, 12 x mrr, in major units of currency; above 0',
    mrr_reporting Decimal(18, 4) COMMENT 'mrr in major units of the reporting currency, at the latest rate at or before date; 0 when conversion is off. Additive over all items of a month',
    segments Map(String, String) COMMENT 'Configured segment to its value as of date; a segment without value is absent',
    seg_csm String COMMENT 'Value of the segment csm as of date; empty where there is none',
    seg_tier String COMMENT 'Value of the segment tier as of date; empty where there is none'
)
SQL SECURITY INVOKER
AS SELECT
    toStartOfMonth(date) AS month,
    date, source, customer_id, account_id, subscription_id, item_id,
    product_id, product_name, plan_id, plan_name, currency, quantity,
    mrr,
    toDecimal128(mrr, 4) * 12 AS arr,
    mrr_reporting,
    segments,
    segments['csm'] AS seg_csm,
    segments['tier'] AS seg_tier
FROM `mrr_store`.daily
WHERE (toYYYYMM(`date`), load_id) IN (SELECT bucket, part_load FROM `mrr_store`.manifest WHERE table = 'daily' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
  AND date = least(toLastDayOfMonth(date), (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))))
COMMENT 'Committed MRR at the end of each month, one row per month and subscription item, for items with MRR above 0: mrr_daily on the month''s last day, for the running month on the last published one';

-- 12_mrr_movements
CREATE OR REPLACE VIEW `mrr`.mrr_movements
(
    date Date COMMENT 'The day whose MRR differs from the day before, in the reporting time zone',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer',
    account_id String COMMENT 'The paying account after identity resolution, to which the movement is typed',
    subscription_id String COMMENT 'The provider''s subscription',
    item_id String COMMENT 'The provider''s subscription item',
    product_id LowCardinality(String) COMMENT 'Product or item; the plan where the provider has none',
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan',
    currency LowCardinality(String) COMMENT 'Currency of amount, ISO 4217',
    movement Enum8('new' = 1, 'expansion' = 2, 'contraction' = 3, 'churn' = 4, 'reactivation' = 5) COMMENT 'What the day''s change is to the account; one value per account, currency and day',
    amount Decimal(18, 4) COMMENT 'Change of the item''s MRR, in major units of currency, signed. The sum per account, currency and day has the sign of its movement (churn and contraction negative); single rows may not',
    amount_reporting Decimal(18, 4) COMMENT 'amount in major units of the reporting currency, at the latest rate at or before the day, signed; 0 when conversion is off',
    reason LowCardinality(String) COMMENT 'What caused it: new, quantity, price, plan, item, discount, trial, ramp, pause, resume, cancel, unpaid, recovered, transfer, restatement',
    object_kind LowCardinality(String) COMMENT 'The provider''s object that shows it: its kind',
    object_id String COMMENT 'The provider''s object that shows it: its id',
    segments Map(String, String) COMMENT 'Configured segment to its value as of the day; a segment without value is absent',
    seg_csm String COMMENT 'Value of the segment csm as of the day; empty where there is none',
    seg_tier String COMMENT 'Value of the segment tier as of the day; empty where there is none'
)
SQL SECURITY INVOKER
AS SELECT
    date, source, customer_id, account_id, subscription_id, item_id,
    product_id, plan_id, currency, movement, amount, amount_reporting, reason,
    object_kind, object_id,
    segments,
    segments['csm'] AS seg_csm,
    segments['tier'] AS seg_tier
FROM `mrr_store`.movements
WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'movements' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
  AND NOT scheduled
  AND date <= (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
COMMENT 'Movements of MRR, one row per day and subscription item whose MRR changed, typed at account level. Up to any day the amounts of a currency add up to its MRR on that day';

-- 20_mrr_waterfall_daily
CREATE OR REPLACE VIEW `mrr`.mrr_waterfall_daily
(
    date Date COMMENT 'The day, in the reporting time zone',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    starting_mrr Decimal(38, 4) COMMENT 'MRR at the end of the day before, in major units of currency; never negative',
    new_mrr Decimal(38, 4) COMMENT 'MRR of accounts that never had any before, in major units of currency; a positive magnitude',
    expansion_mrr Decimal(38, 4) COMMENT 'Growth of accounts that had MRR, in major units of currency; a positive magnitude',
    reactivation_mrr Decimal(38, 4) COMMENT 'MRR of accounts that came back, in major units of currency; a positive magnitude',
    contraction_mrr Decimal(38, 4) COMMENT 'Shrinking of accounts that kept MRR, in major units of currency; a positive magnitude that is subtracted',
    churned_mrr Decimal(38, 4) COMMENT 'MRR of accounts that went to zero, in major units of currency; a positive magnitude that is subtracted',
    net_new_mrr Decimal(38, 4) COMMENT 'new + expansion + reactivation - contraction - churned, in major units of currency; signed',
    ending_mrr Decimal(38, 4) COMMENT 'MRR at the end of the day, in major units of currency: starting + net new, and the sum of mrr_daily on the day',
    growth_rate Float64 COMMENT 'net_new_mrr / starting_mrr, a share (0.05 is 5 %) rounded to six places, signed; 0 when starting_mrr is 0',
    growth_defined Bool COMMENT 'starting_mrr is not 0, so that growth_rate means something'
)
SQL SECURITY INVOKER
AS SELECT
    date, currency,
    ending_mrr - net_new_mrr AS starting_mrr,
    new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr, net_new_mrr, ending_mrr,
    if(growth_defined, round(toFloat64(net_new_mrr) / toFloat64(starting_mrr), 6), 0) AS growth_rate,
    toBool(starting_mrr != 0) AS growth_defined
FROM
(
    SELECT
        date, currency,
        sum(new) AS new_mrr, sum(expansion) AS expansion_mrr, sum(reactivation) AS reactivation_mrr,
        sum(contraction) AS contraction_mrr, sum(churn) AS churned_mrr, sum(net) AS net_new_mrr,
        sum(sum(net)) OVER (PARTITION BY currency ORDER BY date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS ending_mrr
    FROM
    (
            SELECT
                date, currency, new_mrr AS new, expansion_mrr AS expansion, reactivation_mrr AS reactivation, contraction_mrr AS contraction, churned_mrr AS churn,
                new + expansion + reactivation - contraction - churn AS net
            FROM `mrr_store`.day_totals
            WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND movements > 0
        UNION ALL
            -- Every day of a currency from its first movement on, so that quiet days are rows of zeros.
            SELECT
                toDate(arrayJoin(range(toUInt32(first), toUInt32((SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))) + 1))) AS date, currency,
                toDecimal128(0, 4) AS new, toDecimal128(0, 4) AS expansion, toDecimal128(0, 4) AS reactivation,
                toDecimal128(0, 4) AS contraction, toDecimal128(0, 4) AS churn, toDecimal128(0, 4) AS net
            FROM
            (
                SELECT currency, min(date) AS first
                FROM `mrr_store`.day_totals
                WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND movements > 0
                GROUP BY currency
            )
    )
    GROUP BY date, currency
)
COMMENT 'The MRR waterfall, one row per day and currency, without gaps from the currency''s first movement through the last published day. It closes exactly: starting + new + expansion + reactivation - contraction - churned = ending';

-- 21_mrr_waterfall_monthly
CREATE OR REPLACE VIEW `mrr`.mrr_waterfall_monthly
(
    month Date COMMENT 'First day of the month',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    starting_mrr Decimal(38, 4) COMMENT 'MRR at the end of the month before, in major units of currency; never negative',
    new_mrr Decimal(38, 4) COMMENT 'MRR of accounts that never had any before, in major units of currency; a positive magnitude',
    expansion_mrr Decimal(38, 4) COMMENT 'Growth of accounts that had MRR, in major units of currency; a positive magnitude',
    reactivation_mrr Decimal(38, 4) COMMENT 'MRR of accounts that came back, in major units of currency; a positive magnitude',
    contraction_mrr Decimal(38, 4) COMMENT 'Shrinking of accounts that kept MRR, in major units of currency; a positive magnitude that is subtracted',
    churned_mrr Decimal(38, 4) COMMENT 'MRR of accounts that went to zero, in major units of currency; a positive magnitude that is subtracted',
    net_new_mrr Decimal(38, 4) COMMENT 'new + expansion + reactivation - contraction - churned, in major units of currency; signed',
    ending_mrr Decimal(38, 4) COMMENT 'MRR at the end of last_day, in major units of currency: starting + net new, and the sum of mrr_daily on last_day',
    last_day Date COMMENT 'The last day in the row: the month''s last one, or the last published one of the month that is not over',
    growth_rate Float64 COMMENT 'net_new_mrr / starting_mrr, a share (0.05 is 5 %) rounded to six places, signed; 0 when starting_mrr is 0',
    growth_defined Bool COMMENT 'starting_mrr is not 0, so that growth_rate means something'
)
SQL SECURITY INVOKER
AS SELECT
    month, currency,
    ending_mrr - net_new_mrr AS starting_mrr,
    new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr, net_new_mrr, ending_mrr,
    least(toLastDayOfMonth(month), (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))) AS last_day,
    if(growth_defined, round(toFloat64(net_new_mrr) / toFloat64(starting_mrr), 6), 0) AS growth_rate,
    toBool(starting_mrr != 0) AS growth_defined
FROM
(
    SELECT
        month, currency,
        sum(new) AS new_mrr, sum(expansion) AS expansion_mrr, sum(reactivation) AS reactivation_mrr,
        sum(contraction) AS contraction_mrr, sum(churn) AS churned_mrr, sum(net) AS net_new_mrr,
        sum(sum(net)) OVER (PARTITION BY currency ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS ending_mrr
    FROM
    (
            SELECT
                toStartOfMonth(date) AS month, currency,
                new_mrr AS new, expansion_mrr AS expansion, reactivation_mrr AS reactivation, contraction_mrr AS contraction, churned_mrr AS churn,
                new + expansion + reactivation - contraction - churn AS net
            FROM `mrr_store`.day_totals
            WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND movements > 0
        UNION ALL
            -- Every month of a currency from its first movement on, so that quiet months are rows of zeros.
            SELECT
                addMonths(
                    toStartOfMonth(first),
                    arrayJoin(range(toUInt32(dateDiff('month', first, (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))))) + 1))) AS month, currency,
                toDecimal128(0, 4) AS new, toDecimal128(0, 4) AS expansion, toDecimal128(0, 4) AS reactivation,
                toDecimal128(0, 4) AS contraction, toDecimal128(0, 4) AS churn, toDecimal128(0, 4) AS net
            FROM
            (
                SELECT currency, min(date) AS first
                FROM `mrr_store`.day_totals
                WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND movements > 0
                GROUP BY currency
            )
    )
    GROUP BY month, currency
)
COMMENT 'The MRR waterfall, one row per month and currency, without gaps from the currency''s first movement through the month of the last published day. It closes exactly: starting + new + expansion + reactivation - contraction - churned = ending';

-- 22_mrr_waterfall_monthly_reporting
CREATE OR REPLACE VIEW `mrr`.mrr_waterfall_monthly_reporting
(
    month Date COMMENT 'First day of the month',
    starting_mrr Decimal(38, 4) COMMENT 'ending_mrr of the month before, in major units of the reporting currency; never negative',
    new_mrr Decimal(38, 4) COMMENT 'MRR of accounts that never had any before, in major units of the reporting currency at the rates of the days; a positive magnitude',
    expansion_mrr Decimal(38, 4) COMMENT 'Growth of accounts that had MRR, in major units of the reporting currency at the rates of the days; a positive magnitude',
    reactivation_mrr Decimal(38, 4) COMMENT 'MRR of accounts that came back, in major units of the reporting currency at the rates of the days; a positive magnitude',
    contraction_mrr Decimal(38, 4) COMMENT 'Shrinking of accounts that kept MRR, in major units of the reporting currency at the rates of the days; a positive magnitude that is subtracted',
    churned_mrr Decimal(38, 4) COMMENT 'MRR of accounts that went to zero, in major units of the reporting currency at the rates of the days; a positive magnitude that is subtracted',
    fx_adjustment Decimal(38, 4) COMMENT 'What rates alone changed, in major units of the reporting currency, signed: the part of ending - starting that no movement explains, rounding of items included',
    net_new_mrr Decimal(38, 4) COMMENT 'new + expansion + reactivation - contraction - churned, in major units of the reporting currency; signed, without fx_adjustment',
    ending_mrr Decimal(38, 4) COMMENT 'MRR at the end of last_day at that day''s rates, in major units of the reporting currency: the sum of mrr_daily.mrr_reporting on last_day',
    last_day Date COMMENT 'The last day in the row: the month''s last one, or the last published one of the month that is not over',
    growth_rate Float64 COMMENT '(ending_mrr - starting_mrr) / starting_mrr, a share (0.05 is 5 %) rounded to six places, signed; 0 when starting_mrr is 0',
    growth_defined Bool COMMENT 'starting_mrr is not 0, so that growth_rate means something',
    reporting_currency LowCardinality(String) COMMENT 'The reporting currency, ISO 4217'
)
SQL SECURITY INVOKER
AS SELECT
    month, starting_mrr, new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr,
    ending_mrr - starting_mrr - net_new_mrr AS fx_adjustment,
    net_new_mrr, ending_mrr,
    least(toLastDayOfMonth(month), (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))) AS last_day,
    if(growth_defined, round(toFloat64(ending_mrr - starting_mrr) / toFloat64(starting_mrr), 6), 0) AS growth_rate,
    toBool(starting_mrr != 0) AS growth_defined,
    (SELECT max(reporting_currency) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))) AS reporting_currency
FROM
(
    SELECT
        month,
        sum(new) AS new_mrr, sum(expansion) AS expansion_mrr, sum(reactivation) AS reactivation_mrr,
        sum(contraction) AS contraction_mrr, sum(churn) AS churned_mrr, sum(net) AS net_new_mrr,
        sum(level) AS ending_mrr,
        lagInFrame(sum(level), 1, toDecimal128(0, 4)) OVER (ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS starting_mrr
    FROM
    (
            SELECT
                toStartOfMonth(date) AS month,
                new_reporting AS new, expansion_reporting AS expansion, reactivation_reporting AS reactivation,
                contraction_reporting AS contraction, churned_reporting AS churn,
                new + expansion + reactivation - contraction - churn AS net,
                if(date = least(toLastDayOfMonth(date), (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))), mrr_reporting, toDecimal128(0, 4)) AS level
            FROM `mrr_store`.day_totals
            WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND currency != ''
              AND date >= (SELECT min(date) FROM `mrr_store`.day_totals WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND movements > 0)
        UNION ALL
            -- Every month from the first movement on, so that quiet months are rows of their own.
            SELECT
                addMonths(
                    toStartOfMonth(first),
                    arrayJoin(range(toUInt32(dateDiff('month', first, (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))))) + 1))) AS month,
                toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4)
            FROM
            (
                SELECT min(date) AS first
                FROM `mrr_store`.day_totals
                WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND movements > 0
                HAVING count() > 0
            )
    )
    GROUP BY month
)
-- Conversion can be off: then there is nothing to say in a reporting currency.
WHERE (SELECT max(reporting_currency) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))) != ''
COMMENT 'The MRR waterfall over all currencies in the reporting currency, one row per month, without gaps from the first movement through the month of the last published day. It closes exactly: starting + new + expansion + reactivation - contraction - churned + fx_adjustment = ending';

-- 30_mrr_totals_daily
CREATE OR REPLACE VIEW `mrr`.mrr_totals_daily
(
    date Date COMMENT 'The day, in the reporting time zone',
    currency LowCardinality(String) COMMENT 'Currency of all amounts but mrr_reporting, ISO 4217',
    mrr Decimal(38, 4) COMMENT 'Committed MRR at the end of the day, in major units of currency; never negative. The sum of mrr_daily on the day',
    arr Decimal(38, 4) COMMENT 'Annual run rate, 12 x mrr, in major units of currency; never negative',
    mrr_reporting Decimal(38, 4) COMMENT 'mrr in major units of the reporting currency: the sum of mrr_daily.mrr_reporting on the day; 0 when conversion is off',
    customers UInt64 COMMENT 'Accounts with MRR above 0 in the currency, with policy free_counts_as_customer also those on free items. Not additive over currencies: an account may pay in several',
    subscriptions UInt64 COMMENT 'Subscriptions with MRR above 0 in the currency, with policy free_counts_as_customer also free ones',
    arpa Decimal(38, 4) COMMENT 'mrr / customers, in major units of currency, rounded to four places; 0 without customers',
    day_status LowCardinality(String) COMMENT 'final once every source has covered the day, provisional before'
)
SQL SECURITY INVOKER
AS SELECT
    date, currency, mrr,
    mrr * 12 AS arr,
    reporting AS mrr_reporting,
    customers, subscriptions,
    if(customers = 0, 0, round(toDecimal128(mrr, 8) / greatest(customers, 1), 4)) AS arpa,
    if(date <= (SELECT max(final_through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))), 'final', 'provisional') AS day_status
FROM
(
    SELECT
        date, currency,
        sum(reporting) AS reporting,
        sum(sum(mrr)) OVER (PARTITION BY currency ORDER BY date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS mrr,
        toUInt64(sum(sum(customers)) OVER (PARTITION BY currency ORDER BY date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS customers,
        toUInt64(sum(sum(subscriptions)) OVER (PARTITION BY currency ORDER BY date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS subscriptions
    FROM
    (
            SELECT
                date, currency,
                new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr AS mrr,
                mrr_reporting AS reporting, customers, subscriptions
            FROM `mrr_store`.day_totals
            WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND currency != ''
        UNION ALL
            -- Every day of a currency from its first one on.
            SELECT
                toDate(arrayJoin(range(toUInt32(first), toUInt32((SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))) + 1))) AS date,
                currency, toDecimal128(0, 4), toDecimal128(0, 4), toInt64(0), toInt64(0)
            FROM
            (
                SELECT currency, min(date) AS first
                FROM `mrr_store`.day_totals
                WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND currency != ''
                GROUP BY currency
            )
    )
    GROUP BY date, currency
)
COMMENT 'Committed MRR and who pays it, one row per day and currency, without gaps from the currency''s first day through the last published day';

-- 31_mrr_totals_daily_reporting
CREATE OR REPLACE VIEW `mrr`.mrr_totals_daily_reporting
(
    date Date COMMENT 'The day, in the reporting time zone',
    reporting_currency LowCardinality(String) COMMENT 'The reporting currency, ISO 4217',
    mrr Decimal(38, 4) COMMENT 'Committed MRR at the end of the day over all currencies at the day''s rates, in major units of the reporting currency: the sum of mrr_daily.mrr_reporting; never negative',
    arr Decimal(38, 4) COMMENT 'Annual run rate, 12 x mrr, in major units of the reporting currency; never negative',
    customers UInt64 COMMENT 'Accounts with MRR above 0 in any currency, with policy free_counts_as_customer also those on free items',
    subscriptions UInt64 COMMENT 'Subscriptions with MRR above 0, with policy free_counts_as_customer also free ones',
    arpa Decimal(38, 4) COMMENT 'mrr / customers, in major units of the reporting currency, rounded to four places; 0 without customers',
    day_status LowCardinality(String) COMMENT 'final once every source has covered the day, provisional before'
)
SQL SECURITY INVOKER
AS SELECT
    date,
    (SELECT max(reporting_currency) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))) AS reporting_currency,
    mrr,
    mrr * 12 AS arr,
    customers, subscriptions,
    if(customers = 0, 0, round(toDecimal128(mrr, 8) / greatest(customers, 1), 4)) AS arpa,
    if(date <= (SELECT max(final_through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))), 'final', 'provisional') AS day_status
FROM
(
    SELECT
        date,
        sum(level) AS mrr,
        toUInt64(sum(sum(accounts)) OVER (ORDER BY date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS customers,
        toUInt64(sum(sum(agreements)) OVER (ORDER BY date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS subscriptions
    FROM
    (
            SELECT date, mrr_reporting AS level, if(currency = '', customers, 0) AS accounts, if(currency = '', subscriptions, 0) AS agreements
            FROM `mrr_store`.day_totals
            WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
        UNION ALL
            -- Every day from the first one on.
            SELECT
                toDate(arrayJoin(range(toUInt32(first), toUInt32((SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))) + 1))) AS date,
                toDecimal128(0, 4), toInt64(0), toInt64(0)
            FROM
            (
                SELECT min(date) AS first
                FROM `mrr_store`.day_totals
                WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
                HAVING count() > 0
            )
    )
    GROUP BY date
)
WHERE (SELECT max(reporting_currency) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))) != ''
COMMENT 'Committed MRR over all currencies in the reporting currency, and who pays it, one row per day, without gaps from the first day through the last published one';

-- 40_customers
CREATE OR REPLACE VIEW `mrr`.customers
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
    segments Map(String, String) COMMENT 'Configured segment to its latest value; a segment without value is absent',
    seg_csm String COMMENT 'Latest value of the segment csm; empty where there is none',
    seg_tier String COMMENT 'Latest value of the segment tier; empty where there is none'
)
SQL SECURITY INVOKER
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
    segments,
    segments['csm'] AS seg_csm,
    segments['tier'] AS seg_tier
FROM
(
    SELECT source, customer_id, account_id, name, email, country, created_at, deleted, first_mrr_date, currency AS own_currency, segments
    FROM `mrr_store`.customers
    WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'customers' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
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
                FROM `mrr_store`.movements
                WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'movements' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND NOT scheduled
                  AND date <= (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
                GROUP BY source, customer_id, currency
            UNION ALL
                SELECT
                    source, customer_id, currency,
                    toDate(0), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4),
                    sum(mrr_reporting),
                    uniqExact(subscription_id)
                FROM `mrr_store`.daily
                WHERE (toYYYYMM(`date`), load_id) IN (SELECT bucket, part_load FROM `mrr_store`.manifest WHERE table = 'daily' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
                  AND date = (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
                GROUP BY source, customer_id, currency
        )
        GROUP BY source, customer_id, currency
    )
    GROUP BY source, customer_id
) AS m ON c.source = m.source AND c.customer_id = m.customer_id
SETTINGS join_use_nulls = 0
COMMENT 'Customers as last known, one row per source and customer. Amounts are those of the one currency named; current_mrr_by_currency has them all';

-- 41_subscriptions
CREATE OR REPLACE VIEW `mrr`.subscriptions
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
    segments Map(String, String) COMMENT 'Configured segment to its latest value; a segment without value is absent',
    seg_csm String COMMENT 'Latest value of the segment csm; empty where there is none',
    seg_tier String COMMENT 'Latest value of the segment tier; empty where there is none'
)
SQL SECURITY INVOKER
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
    segments,
    segments['csm'] AS seg_csm,
    segments['tier'] AS seg_tier
FROM
(
    SELECT * FROM `mrr_store`.subscriptions WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'subscriptions' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
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
            FROM `mrr_store`.movements
            WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'movements' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND NOT scheduled
              AND date <= (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
            GROUP BY source, customer_id, subscription_id
        UNION ALL
            SELECT
                source, customer_id, subscription_id,
                toDate(0), toDate(0),
                toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4),
                count(),
                CAST(arraySort(groupUniqArray(plan_id)), 'Array(String)')
            FROM `mrr_store`.daily
            WHERE (toYYYYMM(`date`), load_id) IN (SELECT bucket, part_load FROM `mrr_store`.manifest WHERE table = 'daily' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
              AND date = (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
            GROUP BY source, customer_id, subscription_id
    )
    GROUP BY source, customer_id, subscription_id
) AS m ON s.source = m.source AND s.customer_id = m.customer_id AND s.subscription_id = m.subscription_id
SETTINGS join_use_nulls = 0
COMMENT 'Subscriptions as last known, one row per source and subscription';

-- 42_plans
CREATE OR REPLACE VIEW `mrr`.plans
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
SQL SECURITY INVOKER
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
        FROM `mrr_store`.periods
        WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'periods' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
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
        FROM `mrr_store`.movements
        WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'movements' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND NOT scheduled
          AND date <= (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
        GROUP BY source, plan_id, currency
    UNION ALL
        SELECT
            source, plan_id, currency,
            '', '', '', toDate(0), toDate(0), toDate(0),
            toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4),
            sum(mrr_reporting),
            uniqExact(account_id), uniqExact(customer_id, subscription_id), sum(quantity)
        FROM `mrr_store`.daily
        WHERE (toYYYYMM(`date`), load_id) IN (SELECT bucket, part_load FROM `mrr_store`.manifest WHERE table = 'daily' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
          AND date = (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
        GROUP BY source, plan_id, currency
)
GROUP BY source, plan_id, currency
COMMENT 'Plans that items were ever on, as last known: one row per source, plan and currency it is sold in';

-- 43_reconciliation
CREATE OR REPLACE VIEW `mrr`.reconciliation
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
SQL SECURITY INVOKER
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
            SELECT source, customer_id, object_id FROM `mrr_store`.rejects WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'rejects' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND object_kind = 'subscription'
        ), 'rejected',
        m.now = 0 AND status = 'trialing', 'trial',
        m.now = 0 AND status = 'paused', 'paused',
        m.now = 0 AND status NOT IN ('active', 'past_due', 'non_renewing'), 'status',
        provider_mrr = m.next, 'timing',
        'unexplained') AS reason
FROM
(
    SELECT * FROM `mrr_store`.subscriptions WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'subscriptions' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND has_provider_mrr
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
        SELECT *, (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))) AS last, valid_from <= last AND valid_to > last AS here
        FROM `mrr_store`.periods
        WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'periods' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
    )
    WHERE valid_from <= last + 1 AND valid_to > last
    GROUP BY source, customer_id, subscription_id
) AS m ON s.source = m.source AND s.customer_id = m.customer_id AND s.subscription_id = m.subscription_id
SETTINGS join_use_nulls = 0
COMMENT 'Our MRR against the provider''s own figure, one row per subscription that has one. The provider''s is a second opinion by its own rules; it is in no other figure';

-- 50_invoice_lines
CREATE OR REPLACE VIEW `mrr`.invoice_lines
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    invoice_id String COMMENT 'The provider''s invoice or credit note',
    line_id String COMMENT 'The provider''s line',
    customer_id String COMMENT 'The provider''s customer',
    account_id String COMMENT 'The paying account after identity resolution',
    subscription_id String COMMENT 'The provider''s subscription; empty for lines without',
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan; empty for lines without',
    issued_at Date COMMENT 'Day of finalization, else of creation, in the reporting time zone',
    period_start Date COMMENT 'First day of the service period',
    period_end Date COMMENT 'Day after the last day of the service period',
    currency LowCardinality(String) COMMENT 'Currency of amount, ISO 4217',
    amount Decimal(18, 4) COMMENT 'What this treatment of the line amounts to, in major units of currency, signed: discounts and credit notes are negative. Lines stand ex tax and before discount',
    treatment LowCardinality(String) COMMENT 'What it is: committed, proration, one_time, trial, committed_usage, uncommitted_usage, tax, credit or discount. Only committed and committed_usage stand behind MRR',
    segments Map(String, String) COMMENT 'Configured segment to its value as of issued_at; a segment without value is absent',
    seg_csm String COMMENT 'Value of the segment csm as of issued_at; empty where there is none',
    seg_tier String COMMENT 'Value of the segment tier as of issued_at; empty where there is none'
)
SQL SECURITY INVOKER
AS SELECT
    source, invoice_id, line_id, customer_id, account_id, subscription_id, plan_id,
    issued_at, period_start, period_end, currency, amount, treatment,
    segments,
    segments['csm'] AS seg_csm,
    segments['tier'] AS seg_tier
FROM `mrr_store`.invoice_lines
WHERE (toYYYYMM(`issued_at`), load_id) IN (SELECT bucket, part_load FROM `mrr_store`.manifest WHERE table = 'invoice_lines' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
COMMENT 'Invoices and credit notes, one row per document, line and treatment. Per document the rows other than credit add up to its total; drafts and void invoices have none';

-- 51_invoice_treatments_monthly
CREATE OR REPLACE VIEW `mrr`.invoice_treatments_monthly
(
    month Date COMMENT 'First day of the month in which the documents were issued',
    currency LowCardinality(String) COMMENT 'Currency of amount, ISO 4217',
    treatment LowCardinality(String) COMMENT 'What was billed: committed, proration, one_time, trial, committed_usage, uncommitted_usage, tax, credit or discount',
    amount Decimal(38, 4) COMMENT 'Sum of the lines'' parts, in major units of currency, signed: discounts and credit notes are negative',
    invoices UInt64 COMMENT 'Documents with such a part. Not additive over treatments',
    lines UInt64 COMMENT 'Lines with such a part. Not additive over treatments'
)
SQL SECURITY INVOKER
AS SELECT
    toStartOfMonth(issued_at) AS month, currency, treatment,
    sum(l.amount) AS amount,
    uniqExact(source, invoice_id) AS invoices,
    uniqExact(source, invoice_id, line_id) AS lines
FROM `mrr_store`.invoice_lines AS l
WHERE (toYYYYMM(`issued_at`), load_id) IN (SELECT bucket, part_load FROM `mrr_store`.manifest WHERE table = 'invoice_lines' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
GROUP BY month, currency, treatment
COMMENT 'What was invoiced, one row per month, currency and treatment. The sum over the treatments other than credit is the invoices'' totals less credit notes; credit is what balances paid of them';

-- 52_usage_revenue_monthly
CREATE OR REPLACE VIEW `mrr`.usage_revenue_monthly
(
    month Date COMMENT 'First day of the month in which the last day of the usage period lies',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer',
    account_id String COMMENT 'The paying account after identity resolution',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    committed_usage Decimal(38, 4) COMMENT 'Usage billed up to the contractual minimum, in major units of currency, ex tax and before discount; negative where credit notes exceed it',
    uncommitted_usage Decimal(38, 4) COMMENT 'Usage billed above the contractual minimum, or without one, in major units of currency, ex tax and before discount; negative where credit notes exceed it',
    uncommitted_usage_3m_avg Decimal(38, 4) COMMENT 'Mean of uncommitted_usage over this month and the two before it, in major units of currency, rounded to four places; a month without usage counts as 0'
)
SQL SECURITY INVOKER
AS SELECT
    month, source, customer_id, account_id, currency,
    sum(committed) AS committed_usage,
    sum(uncommitted) AS uncommitted_usage,
    CAST(round(sum(toDecimal256(share, 8)) / 3, 4), 'Decimal(38, 4)') AS uncommitted_usage_3m_avg
FROM
(
    -- A month's usage is a third of its own average and of those of the two months after it.
    SELECT
        addMonths(used, later) AS month, source, customer_id, account_id, currency,
        if(later = 0, in_committed, toDecimal128(0, 4)) AS committed,
        if(later = 0, in_uncommitted, toDecimal128(0, 4)) AS uncommitted,
        in_uncommitted AS share,
        arrayJoin([0, 1, 2]) AS later
    FROM
    (
        SELECT
            toStartOfMonth(if(period_end > period_start, period_end - 1, period_end)) AS used, source, customer_id, account_id, currency,
            sumIf(amount, treatment = 'committed_usage') AS in_committed,
            sumIf(amount, treatment = 'uncommitted_usage') AS in_uncommitted
        FROM `mrr_store`.invoice_lines
        WHERE (toYYYYMM(`issued_at`), load_id) IN (SELECT bucket, part_load FROM `mrr_store`.manifest WHERE table = 'invoice_lines' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
          AND treatment IN ('committed_usage', 'uncommitted_usage')
        GROUP BY used, source, customer_id, account_id, currency
    )
    WHERE later = 0 OR in_uncommitted != 0 AND addMonths(used, later) <= (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
)
GROUP BY month, source, customer_id, account_id, currency
COMMENT 'What usage was billed, never inside MRR: one row per month, customer and currency, for months with usage and the two after one with usage above its commitment';

-- 60_rejects
CREATE OR REPLACE VIEW `mrr`.rejects
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer; empty if unknown',
    kind LowCardinality(String) COMMENT 'What could not be read: the kind of the object, or item, price, row',
    id String COMMENT 'Its id',
    code LowCardinality(String) COMMENT 'Why, short and stable',
    detail String COMMENT 'Why, for an operator: what was found and what was expected',
    first_seen DateTime64(6, 'UTC') COMMENT 'When a load first had it, UTC',
    object_kind LowCardinality(String) COMMENT 'The stored payload that it is in: kind',
    object_id String COMMENT 'The stored payload that it is in: id',
    object_version Int64 COMMENT 'The stored payload that it is in: version'
)
SQL SECURITY INVOKER
AS SELECT source, customer_id, kind, id, code, detail, first_seen, object_kind, object_id, object_version
FROM `mrr_store`.rejects
WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'rejects' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
COMMENT 'What could not be understood, one row per rejected object or part of one. It is in no total; where there was an understood version before, that one stays in force';

-- 61_freshness
CREATE OR REPLACE VIEW `mrr`.freshness
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    covered_through Date COMMENT 'The last day that the published load has of the source in full; 1970-01-01 if none',
    last_success_at DateTime64(6, 'UTC') COMMENT 'When the source was last pulled completely, UTC; 1970-01-01 if never',
    last_attempt_at DateTime64(6, 'UTC') COMMENT 'When a pull of the source last began, UTC; 1970-01-01 if never',
    status LowCardinality(String) COMMENT 'How the last attempt ended: done, failed or skipped; none if there was no attempt',
    error String COMMENT 'Why the last attempt failed; empty if it did not',
    published_through Date COMMENT 'The last published day, the same for all sources; 1970-01-01 if nothing is published',
    published_at DateTime64(6, 'UTC') COMMENT 'When it was published, UTC, the same for all sources; 1970-01-01 if nothing is',
    day_status LowCardinality(String) COMMENT 'Of the last published day, the same for all sources: final once every source has covered it, provisional before, none if nothing is published'
)
SQL SECURITY INVOKER
AS SELECT
    source,
    max(covered) AS covered_through,
    max(success) AS last_success_at,
    max(attempt) AS last_attempt_at,
    if(last_attempt_at = toDateTime64(0, 6, 'UTC'), 'none', argMax(outcome, attempt)) AS status,
    argMax(failure, attempt) AS error,
    (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))) AS published_through,
    (SELECT max(published_at) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))) AS published_at,
    multiIf(
        published_through = toDate(0), 'none',
        published_through <= (SELECT max(final_through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))), 'final',
        'provisional') AS day_status
FROM
(
        SELECT
            toLowCardinality(tupleElement(pair, 1)) AS source,
            tupleElement(pair, 2) AS covered,
            toDateTime64(0, 6, 'UTC') AS success, toDateTime64(0, 6, 'UTC') AS attempt,
            toLowCardinality('') AS outcome, '' AS failure
        FROM (SELECT arrayJoin(CAST(covered, 'Array(Tuple(String, Date))')) AS pair FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
    UNION ALL
        SELECT
            source, toDate(0),
            if(status = 'done', finished_at, toDateTime64(0, 6, 'UTC')), started_at,
            status, error
        FROM (SELECT * FROM `mrr_store`.run_sources ORDER BY source, run, seq DESC LIMIT 1 BY source, run)
)
GROUP BY source
COMMENT 'How current each source is, one row per source';

-- 62_completeness
CREATE OR REPLACE VIEW `mrr`.completeness
(
    run UInt64 COMMENT 'The run',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream, as the connector names it',
    listed UInt64 COMMENT 'Distinct objects that the provider listed in the run',
    landed UInt64 COMMENT 'Those of them that the warehouse holds',
    missing UInt64 COMMENT 'Those of them that the warehouse does not hold: above 0 the source counts as failed and is not sealed'
)
SQL SECURITY INVOKER
AS SELECT run, source, stream, listed, landed, missing
FROM (SELECT * FROM `mrr_store`.completeness ORDER BY run, source, stream, seq DESC LIMIT 1 BY run, source, stream)
COMMENT 'What the provider listed against what the warehouse holds, one row per run, source and stream';

-- 63_runs
CREATE OR REPLACE VIEW `mrr`.runs
(
    run UInt64 COMMENT 'The run: its id',
    verb LowCardinality(String) COMMENT 'The verb that ran: sync, plan, rebuild, load rollback, load close, load reopen or load gc',
    status LowCardinality(String) COMMENT 'running, done, partial (published, but a source failed or too much was rejected), failed or aborted',
    exit_code UInt8 COMMENT 'The exit code it answered: 0 done, 1 failed, 2 wrong usage or configuration, 3 partial, 4 locked',
    started_at DateTime64(6, 'UTC') COMMENT 'When it started, UTC',
    finished_at DateTime64(6, 'UTC') COMMENT 'When it ended, UTC; 1970-01-01 while it runs',
    seconds Float64 COMMENT 'How long it took, in seconds; 0 while it runs',
    through Date COMMENT 'The last day it was to publish; 1970-01-01 if it got no further',
    load_id UInt64 COMMENT 'The load it published; 0 if none',
    policy_hash String COMMENT 'Hash of policy, zone, currency, segments and derivation code',
    requests UInt64 COMMENT 'Requests sent to providers',
    listed UInt64 COMMENT 'Objects that providers listed, repeats included',
    landed UInt64 COMMENT 'New versions of objects that were stored',
    rejected UInt64 COMMENT 'Objects or parts of them that could not be understood',
    receipt String COMMENT 'The receipt, JSON',
    error String COMMENT 'Why it failed; empty if it did not'
)
SQL SECURITY INVOKER
AS SELECT
    run, verb, status, exit_code, started_at, finished_at,
    if(finished_at > started_at, dateDiff('microsecond', started_at, finished_at) / 1e6, 0) AS seconds,
    through, load_id, policy_hash,
    s.requests AS requests, s.listed AS listed, s.landed AS landed, s.rejected AS rejected,
    receipt, error
FROM (SELECT * FROM `mrr_store`.runs ORDER BY run, seq DESC LIMIT 1 BY run) AS r
LEFT JOIN
(
    SELECT run, sum(requests) AS requests, sum(listed) AS listed, sum(landed) AS landed, sum(rejected) AS rejected
    FROM (SELECT * FROM `mrr_store`.run_sources ORDER BY source, run, seq DESC LIMIT 1 BY source, run)
    GROUP BY run
) AS s ON r.run = s.run
SETTINGS join_use_nulls = 0
COMMENT 'Runs of the verbs that may write, one row per run';

-- 64_loads
CREATE OR REPLACE VIEW `mrr`.loads
(
    load_id UInt64 COMMENT 'The load: its id',
    status LowCardinality(String) COMMENT 'current: what all views show; superseded: an earlier one that is kept and can be published again; dropped: an earlier one whose rows are gone',
    run UInt64 COMMENT 'The run that published it',
    base UInt64 COMMENT 'The load it was built upon; 0: none',
    published_at DateTime64(6, 'UTC') COMMENT 'When it was published, UTC',
    first_date Date COMMENT 'The first day with MRR or a movement; 1970-01-01 if there is none',
    through Date COMMENT 'The last day that it has',
    final_through Date COMMENT 'The last day that every source had covered: days up to it are final, later ones provisional',
    reporting_currency LowCardinality(String) COMMENT 'The reporting currency, ISO 4217; empty when conversion is off',
    policy_hash String COMMENT 'Hash of policy, zone, currency, segments and derivation code',
    complete Bool COMMENT 'Every account was derived again, not only those with new evidence',
    derived UInt64 COMMENT 'Customers derived again',
    restored UInt64 COMMENT 'The earlier load that a rollback published again under this id; 0 if it is no rollback',
    closed_through Date COMMENT 'The last day of the last closed month: what the load says of days up to it was taken over as it was closed; 1970-01-01 if nothing is closed',
    covered Map(String, Date) COMMENT 'Source to the last day it was covered through',
    rows Map(String, UInt64) COMMENT 'Table to the number of its rows that were written for this load'
)
SQL SECURITY INVOKER
AS SELECT
    load_id,
    multiIf(
        load_id = (SELECT max(load_id) FROM `mrr_store`.manifest), 'current',
        load_id IN (SELECT load_id FROM `mrr_store`.dropped_loads), 'dropped',
        'superseded') AS status,
    run, base, published_at, first_date, through, final_through, reporting_currency, policy_hash, complete, derived, restored, closed_through, covered, rows
FROM `mrr_store`.manifest
WHERE table = ''
COMMENT 'Published loads, one row per load. The one with the highest load_id is what all views show';

-- 65_restatements
CREATE OR REPLACE VIEW `mrr`.restatements
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
SQL SECURITY INVOKER
AS SELECT
    r.load_id AS load_id, h.published_at AS published_at, r.account_id AS account_id, r.currency AS currency,
    r.valid_from AS from, r.valid_to - 1 AS to, toUInt32(r.valid_to - r.valid_from) AS days,
    r.mrr_before AS mrr_before, r.mrr_after AS mrr_after, r.mrr_after - r.mrr_before AS difference,
    r.reason AS reason, r.evidence AS evidence
FROM `mrr_store`.restatements AS r
INNER JOIN (SELECT load_id, published_at FROM `mrr_store`.manifest WHERE table = '') AS h ON r.load_id = h.load_id
COMMENT 'What the past was said to be and what it is now: one row per load, account, currency and range of days that were final before the load and whose MRR it changed. Exchange rates restate nothing here. Rows stay when a load''s own rows are dropped';

-- 66_closings
CREATE OR REPLACE VIEW `mrr`.closings
(
    at DateTime64(6, 'UTC') COMMENT 'When, UTC',
    action LowCardinality(String) COMMENT 'close or reopen',
    month Date COMMENT 'First day of the month that was named; closing it closed all earlier ones, reopening it reopened all later ones',
    closed_through Date COMMENT 'The last closed day since; 1970-01-01 if none is',
    closed_before Date COMMENT 'The last closed day before; 1970-01-01 if none was',
    who String COMMENT 'The user of the operating system who did it',
    note String COMMENT 'Why, in their words',
    load_id UInt64 COMMENT 'The load that was published by it'
)
SQL SECURITY INVOKER
AS SELECT at, toLowCardinality(toString(action)) AS action, month, closed_after AS closed_through, closed_before, who, note, load_id
FROM `mrr_store`.closings
WHERE load_id IN (SELECT load_id FROM `mrr_store`.manifest WHERE table = '')
COMMENT 'Months that were closed and reopened, one row each time: closed days never change, and later corrections to them are movements of the first open day with the reason restatement';

-- 67_completeness_slices
CREATE OR REPLACE VIEW `mrr`.completeness_slices
(
    run UInt64 COMMENT 'The run',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream, as the connector names it',
    slice LowCardinality(String) COMMENT 'The part of the stream: a month of creation, a day of changes; empty where the connector has none',
    listed UInt64 COMMENT 'Distinct objects that the provider listed in the run; one that two slices listed counts in both',
    landed UInt64 COMMENT 'Those of them that the warehouse holds',
    missing UInt64 COMMENT 'Those of them that the warehouse does not hold: above 0 the source counts as failed and is not sealed'
)
SQL SECURITY INVOKER
AS SELECT run, source, stream, slice, listed, landed, missing
FROM (SELECT * FROM `mrr_store`.completeness_slices ORDER BY run, source, stream, slice, seq DESC LIMIT 1 BY run, source, stream, slice)
COMMENT 'Where in a stream something is missing: completeness, one row per run, source, stream and slice';

-- 68_field_fill
CREATE OR REPLACE VIEW `mrr`.field_fill
(
    run UInt64 COMMENT 'The run',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream, as the connector names it',
    kind LowCardinality(String) COMMENT 'The provider''s own name of the type of object',
    api_version LowCardinality(String) COMMENT 'The version of the provider''s API that the objects are in',
    field LowCardinality(String) COMMENT 'The path of the field within the object; through a list it leads to each element',
    objects UInt64 COMMENT 'How often the field could have been there, of the objects that the run looked into',
    filled UInt64 COMMENT 'How often it was there and not null',
    fill_rate Float64 COMMENT 'filled / objects, a share from 0 to 1 rounded to six places; 0 where it could not have been there'
)
SQL SECURITY INVOKER
AS SELECT run, source, stream, kind, api_version, field, objects, filled, if(objects = 0, 0., round(filled / objects, 6)) AS fill_rate
FROM (SELECT * FROM `mrr_store`.field_fill ORDER BY run, source, stream, kind, api_version, field, seq DESC LIMIT 1 BY run, source, stream, kind, api_version, field)
COMMENT 'How often the provider sent the fields that the figures depend on, one row per run, stream, kind, API version and field. A run warns when one collapses';

-- 70_retention_monthly
CREATE OR REPLACE VIEW `mrr`.retention_monthly
(
    month Date COMMENT 'First day of the month',
    currency LowCardinality(String) COMMENT 'Currency of arpa and of what all shares are taken of, ISO 4217',
    nrr Float64 COMMENT 'Net revenue retention: MRR at the month''s end of the accounts that had MRR at its start / what they had then; a share rounded to six places (1.05 is 105 %), never negative; 0 when nothing was there at the start',
    grr Float64 COMMENT 'Gross revenue retention: the same, each account counted with no more than it had at the start; a share from 0 to 1',
    logo_churn_rate Float64 COMMENT 'customers_churned / customers_start, a share from 0 to 1 rounded to six places; 0 without customers at the start',
    revenue_churn_rate Float64 COMMENT '(contraction + churned) / starting MRR of the waterfall, a share rounded to six places, never negative; 0 when nothing was there at the start',
    quick_ratio Float64 COMMENT '(new + expansion + reactivation) / (contraction + churned) of the waterfall, rounded to six places, never negative; 0 when nothing was lost',
    arpa Decimal(38, 4) COMMENT 'MRR / customers at the month''s end, in major units of currency, rounded to four places; 0 without customers',
    customers_start UInt64 COMMENT 'Accounts with MRR above 0 in the currency at the end of the month before',
    customers_new UInt64 COMMENT 'Accounts with MRR at the month''s end that never had any in the currency before the month',
    customers_reactivated UInt64 COMMENT 'Accounts with MRR at the month''s end and none at its start that had some in the currency earlier',
    customers_churned UInt64 COMMENT 'Accounts with MRR at the month''s start and none in the currency at its end',
    customers_end UInt64 COMMENT 'Accounts with MRR above 0 in the currency at the month''s end: start + new + reactivated - churned. Not additive over currencies',
    base_defined Bool COMMENT 'There was MRR at the month''s start, so that nrr, grr and the churn rates mean something',
    quick_ratio_defined Bool COMMENT 'Something was lost, so that quick_ratio means something',
    health LowCardinality(String) COMMENT 'declining when net new MRR is negative, at risk when losses exceed 80 % of new + expansion + reactivation, else healthy'
)
SQL SECURITY INVOKER
AS SELECT
    month, currency,
    if(base_defined, round(toFloat64(starting + kept) / toFloat64(starting), 6), 0) AS nrr,
    if(base_defined, round(toFloat64(starting + shrunk) / toFloat64(starting), 6), 0) AS grr,
    if(customers_start > 0, round(customers_churned / customers_start, 6), 0) AS logo_churn_rate,
    if(base_defined, round(toFloat64(losses) / toFloat64(starting), 6), 0) AS revenue_churn_rate,
    if(quick_ratio_defined, round(toFloat64(gains) / toFloat64(losses), 6), 0) AS quick_ratio,
    if(customers_end = 0, 0, round(toDecimal128(ending, 8) / greatest(customers_end, 1), 4)) AS arpa,
    toUInt64(toInt64(customers_end) - (toInt64(customers_new) + toInt64(customers_reactivated) - toInt64(customers_churned))) AS customers_start,
    customers_new, customers_reactivated, customers_churned, customers_end,
    toBool(starting > 0) AS base_defined,
    toBool(losses > 0) AS quick_ratio_defined,
    multiIf(gains < losses, 'declining', toDecimal128(losses, 4) * 10 > toDecimal128(gains, 4) * 8, 'at risk', 'healthy') AS health
FROM
(
    SELECT
        month, currency, gains, losses, kept, shrunk, ending, ending - net AS starting,
        customers_new, customers_reactivated, customers_churned, customers_end
    FROM
    (
        SELECT
            month, currency,
            sum(gain) AS gains, sum(loss) AS losses, sum(gain) - sum(loss) AS net,
            sum(keep) AS kept, sum(shrink) AS shrunk,
            sum(come) AS customers_new, sum(back) AS customers_reactivated, sum(gone) AS customers_churned,
            sum(sum(gain) - sum(loss)) OVER (PARTITION BY currency ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS ending,
            toUInt64(sum(toInt64(sum(come)) + toInt64(sum(back)) - toInt64(sum(gone))) OVER (PARTITION BY currency ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS customers_end
        FROM
        (
                SELECT
                    toStartOfMonth(date) AS month, currency,
                    new_mrr + expansion_mrr + reactivation_mrr AS gain,
                    contraction_mrr + churned_mrr AS loss,
                    toDecimal128(0, 4) AS keep, toDecimal128(0, 4) AS shrink,
                    toUInt64(0) AS come, toUInt64(0) AS back, toUInt64(0) AS gone
                FROM `mrr_store`.day_totals
                WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND movements > 0
            UNION ALL
                SELECT
                    month, currency, toDecimal128(0, 4), toDecimal128(0, 4),
                    kept_mrr, lost_mrr, customers_new, customers_reactivated, customers_churned
                FROM `mrr_store`.cohort_months
                WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'cohort_months' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND currency != ''
            UNION ALL
                -- Every month of a currency from its first movement on.
                SELECT
                    addMonths(
                        toStartOfMonth(first),
                        arrayJoin(range(toUInt32(dateDiff('month', first, (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))))) + 1))) AS month,
                    currency,
                    toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toUInt64(0), toUInt64(0), toUInt64(0)
                FROM
                (
                    SELECT currency, min(date) AS first
                    FROM `mrr_store`.day_totals
                    WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND movements > 0
                    GROUP BY currency
                )
        )
        GROUP BY month, currency
    )
)
COMMENT 'Retention of revenue and of customers, one row per month and currency, without gaps from the currency''s first movement through the month of the last published day. The running month counts as far as it is published';

-- 71_retention_monthly_reporting
CREATE OR REPLACE VIEW `mrr`.retention_monthly_reporting
(
    month Date COMMENT 'First day of the month',
    nrr Float64 COMMENT 'Net revenue retention over all currencies: MRR at the month''s end of the accounts that had MRR at its start / what they had then, both at the rates of the month''s start, so that rates alone retain and lose nothing; a share rounded to six places (1.05 is 105 %), never negative; 0 when nothing was there at the start',
    grr Float64 COMMENT 'Gross revenue retention: the same, each account counted with no more than it had at the start; a share from 0 to 1',
    logo_churn_rate Float64 COMMENT 'customers_churned / customers_start, a share from 0 to 1 rounded to six places; 0 without customers at the start',
    revenue_churn_rate Float64 COMMENT '(contraction + churned) / starting MRR of the waterfall in the reporting currency, a share rounded to six places, never negative; 0 when nothing was there at the start',
    quick_ratio Float64 COMMENT '(new + expansion + reactivation) / (contraction + churned) of the waterfall in the reporting currency, rounded to six places, never negative; 0 when nothing was lost',
    arpa Decimal(38, 4) COMMENT 'MRR / customers at the month''s end, in major units of the reporting currency, rounded to four places; 0 without customers',
    customers_start UInt64 COMMENT 'Accounts with MRR above 0 in any currency at the end of the month before',
    customers_new UInt64 COMMENT 'Accounts with MRR at the month''s end that never had any before the month',
    customers_reactivated UInt64 COMMENT 'Accounts with MRR at the month''s end and none at its start that had some earlier',
    customers_churned UInt64 COMMENT 'Accounts with MRR at the month''s start and none in any currency at its end',
    customers_end UInt64 COMMENT 'Accounts with MRR above 0 in any currency at the month''s end: start + new + reactivated - churned',
    base_defined Bool COMMENT 'There was MRR at the month''s start, so that nrr, grr and the churn rates mean something',
    quick_ratio_defined Bool COMMENT 'Something was lost, so that quick_ratio means something',
    health LowCardinality(String) COMMENT 'declining when net new MRR is negative, at risk when losses exceed 80 % of new + expansion + reactivation, else healthy. Exchange rates don''t count',
    reporting_currency LowCardinality(String) COMMENT 'Currency of arpa and of what all shares are taken of, ISO 4217'
)
SQL SECURITY INVOKER
AS SELECT
    month,
    if(base_defined, greatest(round(toFloat64(starting + kept) / toFloat64(starting), 6), 0), 0) AS nrr,
    if(base_defined, greatest(round(toFloat64(starting + shrunk) / toFloat64(starting), 6), 0), 0) AS grr,
    if(customers_start > 0, round(customers_churned / customers_start, 6), 0) AS logo_churn_rate,
    if(base_defined, round(toFloat64(losses) / toFloat64(starting), 6), 0) AS revenue_churn_rate,
    if(quick_ratio_defined, round(toFloat64(gains) / toFloat64(losses), 6), 0) AS quick_ratio,
    if(customers_end = 0, 0, round(toDecimal128(ending, 8) / greatest(customers_end, 1), 4)) AS arpa,
    toUInt64(toInt64(customers_end) - (toInt64(customers_new) + toInt64(customers_reactivated) - toInt64(customers_churned))) AS customers_start,
    customers_new, customers_reactivated, customers_churned, customers_end,
    toBool(starting > 0) AS base_defined,
    toBool(losses > 0) AS quick_ratio_defined,
    multiIf(gains < losses, 'declining', toDecimal128(losses, 4) * 10 > toDecimal128(gains, 4) * 8, 'at risk', 'healthy') AS health,
    (SELECT max(reporting_currency) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))) AS reporting_currency
FROM
(
    SELECT
        month,
        sum(gain) AS gains, sum(loss) AS losses,
        sum(keep) AS kept, sum(shrink) AS shrunk,
        sum(level) AS ending,
        lagInFrame(sum(level), 1, toDecimal128(0, 4)) OVER (ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS starting,
        sum(come) AS customers_new, sum(back) AS customers_reactivated, sum(gone) AS customers_churned,
        toUInt64(sum(toInt64(sum(come)) + toInt64(sum(back)) - toInt64(sum(gone))) OVER (ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS customers_end
    FROM
    (
            SELECT
                toStartOfMonth(date) AS month,
                new_reporting + expansion_reporting + reactivation_reporting AS gain,
                contraction_reporting + churned_reporting AS loss,
                toDecimal128(0, 4) AS keep, toDecimal128(0, 4) AS shrink,
                if(date = least(toLastDayOfMonth(date), (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))), mrr_reporting, toDecimal128(0, 4)) AS level,
                toUInt64(0) AS come, toUInt64(0) AS back, toUInt64(0) AS gone
            FROM `mrr_store`.day_totals
            WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND currency != ''
              AND date >= (SELECT min(date) FROM `mrr_store`.day_totals WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND movements > 0)
        UNION ALL
            SELECT
                month, toDecimal128(0, 4), toDecimal128(0, 4), kept_mrr, lost_mrr, toDecimal128(0, 4),
                customers_new, customers_reactivated, customers_churned
            FROM `mrr_store`.cohort_months
            WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'cohort_months' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND currency = ''
        UNION ALL
            -- Every month from the first movement on.
            SELECT
                addMonths(
                    toStartOfMonth(first),
                    arrayJoin(range(toUInt32(dateDiff('month', first, (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))))) + 1))) AS month,
                toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toUInt64(0), toUInt64(0), toUInt64(0)
            FROM
            (
                SELECT min(date) AS first
                FROM `mrr_store`.day_totals
                WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'day_totals' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND movements > 0
                HAVING count() > 0
            )
    )
    GROUP BY month
)
WHERE (SELECT max(reporting_currency) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))) != ''
COMMENT 'Retention of revenue and of customers over all currencies in the reporting currency, one row per month, without gaps from the first movement through the month of the last published day. The running month counts as far as it is published';

-- 72_cohorts_monthly
CREATE OR REPLACE VIEW `mrr`.cohorts_monthly
(
    cohort Date COMMENT 'First day of the month in which the accounts had their first MRR in any currency',
    age UInt16 COMMENT 'Months since the cohort''s own, which is 0',
    month Date COMMENT 'First day of the month that is looked at: cohort + age months',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    base_customers UInt64 COMMENT 'Accounts of the cohort that were new in the currency; the same for every age',
    base_mrr Decimal(38, 4) COMMENT 'What the cohort''s accounts began with, the sum of their movements new in the cohort''s month, in major units of currency; the same for every age, never negative',
    customers UInt64 COMMENT 'Accounts of the cohort with MRR above 0 in the currency at the month''s end; for the running month on the last published day',
    mrr Decimal(38, 4) COMMENT 'MRR of the cohort''s accounts at the month''s end, in major units of currency; never negative',
    customer_retention Float64 COMMENT 'customers / base_customers, a share rounded to six places, never negative; above 1 where accounts took up the currency later; 0 when base_customers is 0',
    revenue_retention Float64 COMMENT 'mrr / base_mrr, a share rounded to six places (1.05 is 105 %), never negative; 0 when base_mrr is 0',
    base_defined Bool COMMENT 'base_mrr is not 0, so that the two shares mean something'
)
SQL SECURITY INVOKER
AS SELECT
    cohort, age, month, currency,
    max(base_count) OVER life AS base_customers,
    max(base) OVER life AS base_mrr,
    toUInt64(sum(come) OVER (life ORDER BY age ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS customers,
    sum(net) OVER (life ORDER BY age ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS mrr,
    if(base_customers > 0, round(customers / base_customers, 6), 0) AS customer_retention,
    if(base_mrr > 0, round(toFloat64(mrr) / toFloat64(base_mrr), 6), 0) AS revenue_retention,
    toBool(base_mrr > 0) AS base_defined
FROM
(
    SELECT
        cohort, toUInt16(dateDiff('month', cohort, month)) AS age, month, currency,
        sum(net) AS net, sum(come) AS come, sum(base) AS base, sum(base_count) AS base_count
    FROM
    (
            SELECT
                cohort, month, currency, net_mrr AS net,
                toInt64(customers_new + customers_reactivated) - toInt64(customers_churned) AS come,
                base_mrr AS base, base_customers AS base_count
            FROM `mrr_store`.cohort_months
            WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'cohort_months' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND currency != ''
        UNION ALL
            -- Every month of a cohort and currency, so that quiet ones go on as they were.
            SELECT
                cohort,
                addMonths(cohort, arrayJoin(range(toUInt32(dateDiff('month', cohort, (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))))) + 1))) AS month,
                currency, toDecimal128(0, 4), toInt64(0), toDecimal128(0, 4), toUInt64(0)
            FROM
            (
                SELECT DISTINCT cohort, currency
                FROM `mrr_store`.cohort_months
                WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'cohort_months' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND currency != ''
            )
    )
    GROUP BY cohort, month, currency
)
WINDOW life AS (PARTITION BY cohort, currency)
COMMENT 'What becomes of the accounts that began in one month, one row per cohort, age and currency, without gaps from the cohort''s month through that of the last published day. Over all cohorts the MRR of a month is its ending MRR';

-- 73_cohorts_monthly_reporting
CREATE OR REPLACE VIEW `mrr`.cohorts_monthly_reporting
(
    cohort Date COMMENT 'First day of the month in which the accounts had their first MRR in any currency',
    age UInt16 COMMENT 'Months since the cohort''s own, which is 0',
    month Date COMMENT 'First day of the month that is looked at: cohort + age months',
    base_customers UInt64 COMMENT 'Accounts of the cohort; the same for every age',
    base_mrr Decimal(38, 4) COMMENT 'What the cohort''s accounts began with, the sum of their movements new in the cohort''s month at the rates of their days, in major units of the reporting currency; the same for every age, never negative',
    customers UInt64 COMMENT 'Accounts of the cohort with MRR above 0 in any currency at the month''s end; for the running month on the last published day',
    mrr Decimal(38, 4) COMMENT 'MRR of the cohort''s accounts at the month''s end at the rates of that day, in major units of the reporting currency; never negative',
    customer_retention Float64 COMMENT 'customers / base_customers, a share from 0 to 1 rounded to six places; 0 when base_customers is 0',
    revenue_retention Float64 COMMENT 'mrr / base_mrr, a share rounded to six places (1.05 is 105 %), never negative; exchange rates move it too; 0 when base_mrr is 0',
    base_defined Bool COMMENT 'base_mrr is not 0, so that revenue_retention means something',
    reporting_currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217'
)
SQL SECURITY INVOKER
AS SELECT
    cohort, age, month,
    max(base_count) OVER life AS base_customers,
    max(base) OVER life AS base_mrr,
    toUInt64(sum(come) OVER (life ORDER BY age ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS customers,
    mrr,
    if(base_customers > 0, round(customers / base_customers, 6), 0) AS customer_retention,
    if(base_mrr > 0, round(toFloat64(mrr) / toFloat64(base_mrr), 6), 0) AS revenue_retention,
    toBool(base_mrr > 0) AS base_defined,
    (SELECT max(reporting_currency) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))) AS reporting_currency
FROM
(
    SELECT
        cohort, toUInt16(dateDiff('month', cohort, month)) AS age, month,
        sum(level) AS mrr, sum(come) AS come, sum(base) AS base, sum(base_count) AS base_count
    FROM
    (
            SELECT
                cohort, month, mrr_reporting AS level,
                toInt64(customers_new + customers_reactivated) - toInt64(customers_churned) AS come,
                base_mrr AS base, base_customers AS base_count
            FROM `mrr_store`.cohort_months
            WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'cohort_months' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND currency = ''
        UNION ALL
            -- Every month of a cohort, so that quiet ones go on as they were.
            SELECT
                cohort,
                addMonths(cohort, arrayJoin(range(toUInt32(dateDiff('month', cohort, (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))))) + 1))) AS month,
                toDecimal128(0, 4), toInt64(0), toDecimal128(0, 4), toUInt64(0)
            FROM
            (
                SELECT DISTINCT cohort
                FROM `mrr_store`.cohort_months
                WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'cohort_months' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND currency = ''
            )
    )
    GROUP BY cohort, month
)
WHERE (SELECT max(reporting_currency) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))) != ''
WINDOW life AS (PARTITION BY cohort)
COMMENT 'What becomes of the accounts that began in one month, in the reporting currency: one row per cohort and age, without gaps from the cohort''s month through that of the last published day. Over all cohorts the MRR of a month is its ending MRR';

-- 80_mrr_by_plan_monthly
CREATE OR REPLACE VIEW `mrr`.mrr_by_plan_monthly
(
    month Date COMMENT 'First day of the month',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan',
    plan_name LowCardinality(String) COMMENT 'Name of the plan, as last known',
    product_id LowCardinality(String) COMMENT 'Product or item, as last known; the plan where the provider has none',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    starting_mrr Decimal(38, 4) COMMENT 'MRR of the plan at the end of the month before, in major units of currency; never negative',
    new_mrr Decimal(38, 4) COMMENT 'The plan''s part in the MRR of accounts that never had any before, in major units of currency; a positive magnitude',
    expansion_mrr Decimal(38, 4) COMMENT 'The plan''s part in the growth of accounts, in major units of currency; a positive magnitude',
    reactivation_mrr Decimal(38, 4) COMMENT 'The plan''s part in the MRR of accounts that came back, in major units of currency; a positive magnitude',
    contraction_mrr Decimal(38, 4) COMMENT 'The plan''s part in the shrinking of accounts, in major units of currency; a positive magnitude that is subtracted',
    churned_mrr Decimal(38, 4) COMMENT 'The plan''s part in the MRR of accounts that went to zero, in major units of currency; a positive magnitude that is subtracted',
    transfer_mrr Decimal(38, 4) COMMENT 'What came from other plans of the same accounts, less what went to them, in major units of currency, signed; 0 over all plans of a currency',
    net_new_mrr Decimal(38, 4) COMMENT 'new + expansion + reactivation - contraction - churned, in major units of currency; signed, without transfer',
    ending_mrr Decimal(38, 4) COMMENT 'MRR of the plan at the end of the month, for the running month on the last published day, in major units of currency: starting + net new + transfer',
    customers UInt64 COMMENT 'Accounts with MRR above 0 on the plan at the end of the month. Not additive over plans',
    arpa Decimal(38, 4) COMMENT 'ending_mrr / customers, in major units of currency, rounded to four places; 0 without customers'
)
SQL SECURITY INVOKER
AS SELECT
    month, source, plan_id, plan_name, product_id, currency,
    ending_mrr - change AS starting_mrr,
    new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr,
    change - net_new_mrr AS transfer_mrr,
    new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr AS net_new_mrr,
    ending_mrr, customers,
    if(customers = 0, 0, round(toDecimal128(ending_mrr, 8) / greatest(customers, 1), 4)) AS arpa
FROM
(
    SELECT
        month, source, plan_id, currency,
        sum(n) AS new_mrr, sum(e) AS expansion_mrr, sum(r) AS reactivation_mrr, sum(c) AS contraction_mrr, sum(x) AS churned_mrr,
        sum(net) AS change,
        sum(sum(net)) OVER story AS ending_mrr,
        toUInt64(sum(sum(come)) OVER story) AS customers
    FROM
    (
            -- A plan's part in an account's day: of the plans that went the way the account did, each has its share. What went the other way was transferred.
            SELECT
                toStartOfMonth(date) AS month, source, plan_id, currency,
                sumIf(part, movement = 'new') AS n, sumIf(part, movement = 'expansion') AS e, sumIf(part, movement = 'reactivation') AS r,
                -sumIf(part, movement = 'contraction') AS c, -sumIf(part, movement = 'churn') AS x,
                sum(change) AS net, toInt64(0) AS come
            FROM
            (
                -- Running sums are rounded and not the parts, so that the parts add up to the account's movement.
                SELECT
                    date, source, plan_id, currency, movement, change,
                    if(along = 0, toDecimal128(0, 4),
                        toDecimal128(round(toDecimal256(upto, 12) * total / along, 4), 4)
                        - toDecimal128(round(toDecimal256(upto - way, 12) * total / along, 4), 4)) AS part
                FROM
                (
                    SELECT
                        date, source, plan_id, currency, movement, change, total,
                        if(sign(change) = sign(total), change, toDecimal128(0, 4)) AS way,
                        sum(way) OVER (PARTITION BY date, account_id, currency, movement) AS along,
                        sum(way) OVER (PARTITION BY date, account_id, currency, movement ORDER BY source, plan_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS upto
                    FROM
                    (
                        SELECT
                            date, account_id, source, plan_id, currency, movement,
                            sum(amount) AS change,
                            sum(sum(amount)) OVER (PARTITION BY date, account_id, currency, movement) AS total
                        FROM `mrr_store`.movements
                        WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'movements' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND NOT scheduled
                          AND date <= (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
                        GROUP BY date, account_id, source, plan_id, currency, movement
                    )
                )
            )
            GROUP BY month, source, plan_id, currency
        UNION ALL
            -- The months in which an account comes to a plan or leaves it.
            SELECT
                month, source, plan_id, currency,
                toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4),
                sum((after > 0) - (after - change > 0))
            FROM
            (
                SELECT
                    month, source, plan_id, currency, change,
                    sum(change) OVER (PARTITION BY source, plan_id, currency, account_id ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS after
                FROM
                (
                    SELECT toStartOfMonth(date) AS month, source, plan_id, currency, account_id, sum(amount) AS change
                    FROM `mrr_store`.movements
                    WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'movements' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND NOT scheduled
                      AND date <= (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
                    GROUP BY month, source, plan_id, currency, account_id
                )
            )
            GROUP BY month, source, plan_id, currency
        UNION ALL
            -- Every month of a plan from its first movement on.
            SELECT
                addMonths(
                    toStartOfMonth(first),
                    arrayJoin(range(toUInt32(dateDiff('month', first, (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))))) + 1))) AS month,
                source, plan_id, currency,
                toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toInt64(0)
            FROM
            (
                SELECT source, plan_id, currency, min(date) AS first
                FROM `mrr_store`.movements
                WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'movements' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND NOT scheduled
                  AND date <= (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
                GROUP BY source, plan_id, currency
            )
    )
    GROUP BY month, source, plan_id, currency
    WINDOW story AS (PARTITION BY source, plan_id, currency ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
) AS m
ANY LEFT JOIN
(
    SELECT source, plan_id, argMax(plan_name, (valid_from, plan_name)) AS plan_name, argMax(product_id, (valid_from, product_id)) AS product_id
    FROM `mrr_store`.periods
    WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'periods' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
    GROUP BY source, plan_id
) AS p ON m.source = p.source AND m.plan_id = p.plan_id
SETTINGS join_use_nulls = 0
COMMENT 'The MRR waterfall of each plan, one row per month, source, plan and currency, without gaps from the plan''s first movement through the month of the last published day. It closes exactly: starting + new + expansion + reactivation - contraction - churned + transfer = ending; over all plans it is mrr_waterfall_monthly';

-- 81_mrr_by_segment_monthly
CREATE OR REPLACE VIEW `mrr`.mrr_by_segment_monthly
(
    month Date COMMENT 'First day of the month',
    segment LowCardinality(String) COMMENT 'The configured segment: the key. Each segment has all of the MRR, so amounts of different segments are never added up',
    value String COMMENT 'Value of the segment; empty for what has none',
    currency LowCardinality(String) COMMENT 'Currency of all amounts, ISO 4217',
    starting_mrr Decimal(38, 4) COMMENT 'MRR of the value at the end of the month before, in major units of currency; never negative',
    new_mrr Decimal(38, 4) COMMENT 'The value''s part in the MRR of accounts that never had any before, in major units of currency; a positive magnitude',
    expansion_mrr Decimal(38, 4) COMMENT 'The value''s part in the growth of accounts, in major units of currency; a positive magnitude',
    reactivation_mrr Decimal(38, 4) COMMENT 'The value''s part in the MRR of accounts that came back, in major units of currency; a positive magnitude',
    contraction_mrr Decimal(38, 4) COMMENT 'The value''s part in the shrinking of accounts, in major units of currency; a positive magnitude that is subtracted',
    churned_mrr Decimal(38, 4) COMMENT 'The value''s part in the MRR of accounts that went to zero, in major units of currency; a positive magnitude that is subtracted',
    transfer_mrr Decimal(38, 4) COMMENT 'What came from other values of the segment without a change of the account, less what went to them, in major units of currency, signed; 0 over all values of a segment and currency',
    net_new_mrr Decimal(38, 4) COMMENT 'new + expansion + reactivation - contraction - churned, in major units of currency; signed, without transfer',
    ending_mrr Decimal(38, 4) COMMENT 'MRR of the value at the end of the month, for the running month on the last published day, in major units of currency: starting + net new + transfer',
    customers UInt64 COMMENT 'Accounts with MRR above 0 in the value at the end of the month. Not additive over values',
    arpa Decimal(38, 4) COMMENT 'ending_mrr / customers, in major units of currency, rounded to four places; 0 without customers'
)
SQL SECURITY INVOKER
AS WITH CAST(['csm', 'tier'], 'Array(LowCardinality(String))') AS keys
SELECT
    month, segment, value, currency,
    starting_mrr, new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr,
    ending_mrr - starting_mrr - net_new_mrr AS transfer_mrr,
    new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr AS net_new_mrr,
    ending_mrr, customers,
    if(customers = 0, 0, round(toDecimal128(ending_mrr, 8) / greatest(customers, 1), 4)) AS arpa
FROM
(
    SELECT
        month, segment, value, currency,
        sum(n) AS new_mrr, sum(e) AS expansion_mrr, sum(r) AS reactivation_mrr, sum(c) AS contraction_mrr, sum(x) AS churned_mrr,
        sum(level) AS ending_mrr,
        lagInFrame(sum(level), 1, toDecimal128(0, 4)) OVER (PARTITION BY segment, value, currency ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS starting_mrr,
        sum(accounts) AS customers
    FROM
    (
            -- A value's part in an account's day: of the values that went the way the account did, each has its share. What went the other way was transferred.
            SELECT
                toStartOfMonth(date) AS month, segment, value, currency,
                sumIf(part, movement = 'new') AS n, sumIf(part, movement = 'expansion') AS e, sumIf(part, movement = 'reactivation') AS r,
                -sumIf(part, movement = 'contraction') AS c, -sumIf(part, movement = 'churn') AS x,
                toDecimal128(0, 4) AS level, toUInt64(0) AS accounts
            FROM
            (
                -- Running sums are rounded and not the parts, so that the parts add up to the account's movement.
                SELECT
                    date, segment, value, currency, movement,
                    if(along = 0, toDecimal128(0, 4),
                        toDecimal128(round(toDecimal256(upto, 12) * total / along, 4), 4)
                        - toDecimal128(round(toDecimal256(upto - way, 12) * total / along, 4), 4)) AS part
                FROM
                (
                    SELECT
                        date, segment, value, currency, movement, total,
                        if(sign(change) = sign(total), change, toDecimal128(0, 4)) AS way,
                        sum(way) OVER (PARTITION BY segment, date, account_id, currency, movement) AS along,
                        sum(way) OVER (PARTITION BY segment, date, account_id, currency, movement ORDER BY value ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS upto
                    FROM
                    (
                        SELECT
                            date, account_id, arrayJoin(keys) AS segment, segments[segment] AS value, currency, movement,
                            sum(amount) AS change,
                            sum(sum(amount)) OVER (PARTITION BY segment, date, account_id, currency, movement) AS total
                        FROM `mrr_store`.movements
                        WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'movements' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND NOT scheduled
                          AND date <= (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
                        GROUP BY date, account_id, segment, value, currency, movement
                    )
                )
            )
            GROUP BY month, segment, value, currency
        UNION ALL
            -- A segment can change while MRR does not, so the level is that of the days. Few sums by the whole of segments first: a map in each of the daily rows
            -- is dear to look into.
            SELECT
                month, arrayJoin(keys) AS segment, segments[segment] AS value, currency,
                toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4),
                sum(here), uniqExactMerge(heads)
            FROM
            (
                SELECT toStartOfMonth(date) AS month, segments, currency, sum(mrr) AS here, uniqExactState(account_id) AS heads
                FROM `mrr_store`.daily
                WHERE (toYYYYMM(`date`), load_id) IN (SELECT bucket, part_load FROM `mrr_store`.manifest WHERE table = 'daily' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
                  AND date = least(toLastDayOfMonth(date), (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))))
                GROUP BY month, segments, currency
            )
            GROUP BY month, segment, value, currency
        UNION ALL
            -- Every month of a value from its first day on.
            SELECT
                addMonths(
                    toStartOfMonth(first),
                    arrayJoin(range(toUInt32(dateDiff('month', first, (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))))) + 1))) AS month,
                segment, value, currency,
                toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toUInt64(0)
            FROM
            (
                SELECT arrayJoin(keys) AS segment, segments[segment] AS value, currency, min(valid_from) AS first
                FROM `mrr_store`.periods
                WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'periods' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND NOT scheduled AND mrr > 0
                  AND valid_from <= (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
                GROUP BY segment, value, currency
            )
    )
    GROUP BY month, segment, value, currency
)
COMMENT 'The MRR waterfall of each value of each configured segment, one row per month, segment, value and currency, without gaps from the value''s first day with MRR through the month of the last published day. It closes exactly: starting + new + expansion + reactivation - contraction - churned + transfer = ending; over all values of a segment it is mrr_waterfall_monthly';

-- 82_mrr_forward_monthly
CREATE OR REPLACE VIEW `mrr`.mrr_forward_monthly
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
SQL SECURITY INVOKER
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
                            (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))) AS last,
                            arrayJoin(arrayFilter(s -> tupleElement(s, 2) != 0,
                            [
                                (greatest(valid_from, last + 1), toDecimal128(mrr, 4), if(scheduled, toDecimal128(mrr, 4), toDecimal128(0, 4))),
                                (valid_to, if(valid_to < toDate('2149-06-06'), -toDecimal128(mrr, 4), toDecimal128(0, 4)), if(scheduled, -toDecimal128(mrr, 4), toDecimal128(0, 4))),
                                (last + 1, if(valid_from <= last AND NOT scheduled, -toDecimal128(mrr, 4), toDecimal128(0, 4)), toDecimal128(0, 4))
                            ])) AS step
                        FROM `mrr_store`.periods
                        WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'periods' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND valid_to > last
                    )
                    GROUP BY date, currency, source, customer_id, subscription_id, item_id
                    HAVING change != 0 OR hoped != 0
                ) AS c
                LEFT JOIN
                (
                    SELECT date, source, customer_id, subscription_id, item_id, argMax(reason, (scheduled, abs(amount))) AS reason
                    FROM `mrr_store`.movements
                    WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'movements' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND date > (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
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
                    (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))) AS last,
                    toStartOfMonth(last + 1) AS first,
                    sumIf(mrr, valid_from <= last AND NOT scheduled) AS level,
                    greatest(toInt64(12), 1 + dateDiff('month', first, max(greatest(valid_from, if(valid_to < toDate('2149-06-06'), valid_to, toDate(0)))))) AS ahead
                FROM `mrr_store`.periods
                WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'periods' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND valid_to > last
                GROUP BY currency
            )
    )
    GROUP BY month, currency
    WINDOW story AS (PARTITION BY currency ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
COMMENT 'Committed MRR that is already scheduled, one row per month to come and currency: known ends, trial conversions, ramps and discounts that end, and nothing else. It reaches twelve months ahead, and further where a change is known. The present is in no row; what becomes of these months is in mrr_waterfall_monthly';

-- 83_benchmarks_monthly
CREATE OR REPLACE VIEW `mrr`.benchmarks_monthly
(
    month Date COMMENT 'First day of the month; the running one counts as far as it is published',
    metric LowCardinality(String) COMMENT 'What is measured, of the waterfall: net_growth_existing, (expansion - contraction - churned) / starting; mrr_growth, net new / starting; gross_churn, (contraction + churned) / starting; expansion_share, expansion / (new + expansion + reactivation); managed_share, ending MRR of the accounts of the segment csm / ending MRR of the company',
    scope String COMMENT 'Whose figure it is: company, or segment=value for each value of each configured segment, empty behind = for what has none',
    currency LowCardinality(String) COMMENT 'The reporting currency, in which all is measured; with conversion off each currency has rows of its own. ISO 4217',
    value Float64 COMMENT 'The figure, a share rounded to six places (0.02 is 2 %), signed; without exchange rates and what moved between segments; 0 when defined is false',
    defined Bool COMMENT 'There was something to take the share of, so that value means something',
    band LowCardinality(String) COMMENT 'Where value lies: below, good, great or world class for net_growth_existing; below, within or above for mrr_growth; low, healthy or high for gross_churn; below or best in class for expansion_share; none where there is no reference or no value',
    reference_from Float64 COMMENT 'Lower end of the reference range, the published one or what reporting.bands of the configuration puts in its place, a share: where good, within, healthy and best in class begin; 0 where there is none. For net_growth_existing mid-market segments (a value with mid in it) have one of their own, for mrr_growth each stage of the company''s ARR (below 1 M early, below 5 M growth, else mature)',
    reference_to Float64 COMMENT 'Upper end of the reference range, a share: where world class, above and high begin; of expansion_share what the best reach; 0 where there is none'
)
SQL SECURITY INVOKER
AS WITH
    CAST(['csm', 'tier'], 'Array(String)') AS keys,
    (SELECT toString(max(reporting_currency)) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))) AS reporting
SELECT
    month,
    tupleElement(figure, 1) AS metric,
    if(segment = '', 'company', concat(segment, '=', value_of)) AS scope,
    code AS currency,
    if(defined, round(tupleElement(figure, 2) / tupleElement(figure, 3), 6), 0) AS value,
    toBool(tupleElement(figure, 3) > 0) AS defined,
    multiIf(
        NOT defined OR metric = 'managed_share', 'none',
        metric = 'expansion_share', if(value < reference_from, 'below', 'best in class'),
        metric = 'gross_churn', multiIf(value < reference_from, 'low', value <= reference_to, 'healthy', 'high'),
        metric = 'mrr_growth', multiIf(value < reference_from, 'below', value <= reference_to, 'within', 'above'),
        multiIf(value < reference_from, 'below', value < (reference_from + reference_to) / 2, 'good', value <= reference_to, 'great', 'world class')) AS band,
    tupleElement(figure, 4) AS reference_from,
    tupleElement(figure, 5) AS reference_to
FROM
(
    SELECT
        month, segment, value_of, code,
        match(value_of, '(?i)mid') AS middle,
        max(if(segment = '', starting * 12, 0)) OVER (PARTITION BY month, code) AS arr,
        max(if(segment = '', ending, 0)) OVER (PARTITION BY month, code) AS whole,
        sum(if(segment = 'csm' AND value_of != '', ending, 0)) OVER (PARTITION BY month, code) AS managed,
        arrayJoin(arrayConcat(
            [
                ('net_growth_existing', e - c - x, starting, if(middle, toFloat64(0.015), toFloat64(0.01)), if(middle, toFloat64(0.035), toFloat64(0.03))),
                ('mrr_growth', n + e + r - c - x, starting, multiIf(arr < 1e6, toFloat64(0.15), arr < 5e6, toFloat64(0.1), toFloat64(0.05)), multiIf(arr < 1e6, toFloat64(0.2), arr < 5e6, toFloat64(0.15), toFloat64(0.1))),
                ('gross_churn', c + x, starting, toFloat64(0.005), toFloat64(0.015)),
                ('expansion_share', e, n + e + r, toFloat64(0.3), toFloat64(0.4))
            ],
            if(has(keys, 'csm') AND segment IN ('', 'csm'), [('managed_share', if(segment = '', managed, ending), whole, 0., 0.)], []))) AS figure
    FROM
    (
        SELECT
            month, segment, value_of, code,
            toFloat64(sum(new)) AS n, toFloat64(sum(expansion)) AS e, toFloat64(sum(reactivation)) AS r, toFloat64(sum(contraction)) AS c, toFloat64(sum(churn)) AS x,
            toFloat64(sum(level)) AS ending,
            toFloat64(lagInFrame(sum(level), 1, toDecimal128(0, 4)) OVER (PARTITION BY segment, value_of, code ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)) AS starting
        FROM
        (
                -- As in mrr_by_segment_monthly: of the values that went the way the account did, each has its share in the account's day.
                SELECT
                    toStartOfMonth(date) AS month, segment, value_of, code,
                    sumIf(part, movement = 'new') AS new, sumIf(part, movement = 'expansion') AS expansion, sumIf(part, movement = 'reactivation') AS reactivation,
                    -sumIf(part, movement = 'contraction') AS contraction, -sumIf(part, movement = 'churn') AS churn,
                    toDecimal128(0, 4) AS level
                FROM
                (
                    SELECT
                        date, segment, value_of, code, movement,
                        if(sign(change) = sign(total), change, toDecimal128(0, 4)) AS way,
                        sum(way) OVER (PARTITION BY segment, date, account_id, code, movement) AS along,
                        if(along = 0, toDecimal128(0, 4), toDecimal128(round(toDecimal256(way, 12) * total / along, 4), 4)) AS part
                    FROM
                    (
                        SELECT
                            date, account_id, arrayJoin(arrayConcat([''], keys)) AS segment, segments[segment] AS value_of,
                            if(reporting = '', toString(currency), reporting) AS code, movement,
                            sum(if(reporting = '', amount, amount_reporting)) AS change,
                            sum(sum(if(reporting = '', amount, amount_reporting))) OVER (PARTITION BY segment, date, account_id, code, movement) AS total
                        FROM `mrr_store`.movements
                        WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'movements' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND NOT scheduled
                          AND date <= (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
                        GROUP BY date, account_id, segment, value_of, code, movement
                    )
                )
                GROUP BY month, segment, value_of, code
            UNION ALL
                -- Few sums by the whole of segments first: a map in each of the daily rows is dear to look into.
                SELECT
                    month, arrayJoin(arrayConcat([''], keys)) AS segment, segments[segment] AS value_of, code,
                    toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4),
                    sum(here)
                FROM
                (
                    SELECT
                        toStartOfMonth(date) AS month, segments, if(reporting = '', toString(currency), reporting) AS code,
                        sum(if(reporting = '', mrr, mrr_reporting)) AS here
                    FROM `mrr_store`.daily
                    WHERE (toYYYYMM(`date`), load_id) IN (SELECT bucket, part_load FROM `mrr_store`.manifest WHERE table = 'daily' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))
                      AND date = least(toLastDayOfMonth(date), (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))))
                    GROUP BY month, segments, code
                )
                GROUP BY month, segment, value_of, code
            UNION ALL
                -- Every month of a value from its first day on.
                SELECT
                    addMonths(
                        toStartOfMonth(first),
                        arrayJoin(range(toUInt32(dateDiff('month', first, (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest))))) + 1))) AS month,
                    segment, value_of, code,
                    toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4)
                FROM
                (
                    SELECT
                        arrayJoin(arrayConcat([''], keys)) AS segment, segments[segment] AS value_of,
                        if(reporting = '', toString(currency), reporting) AS code, min(valid_from) AS first
                    FROM `mrr_store`.periods
                    WHERE load_id = (SELECT part_load FROM `mrr_store`.manifest WHERE table = 'periods' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)) AND NOT scheduled AND mrr > 0
                      AND valid_from <= (SELECT max(through) FROM (SELECT * FROM `mrr_store`.manifest WHERE table = '' AND load_id = (SELECT max(load_id) FROM `mrr_store`.manifest)))
                    GROUP BY segment, value_of, code
                )
        )
        GROUP BY month, segment, value_of, code
    )
)
COMMENT 'Our figures beside published reference bands, one row per month, metric, scope and currency. The bands are references of the trade, no targets';

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
(17,'rejects','4e9828d083f52ce48251d96e0ff803ac00b35daba32f936359d11c355e2c54db','2026-03-10 06:00:00.000000'),
(18,'daily_totals','af75841f916efd296de14a4e045b06205796a19a4648ea8cbbc631f8f0576e7a','2026-03-10 06:00:00.000000'),
(19,'staged_invoice_lines','ada69de9001f35e32185b626bf136d3e287b3a9ed10bd24425fc34858af9af9b','2026-03-10 06:00:00.000000'),
(20,'restatements','542cf4dad0cf66e8c10bb3f1e6b808d07ed479cb2751fcfaaa2c73a3721a0a05','2026-03-10 06:00:00.000000'),
(21,'invoice_lines_segments','27b7b0085183baa69a3f0b974cd360231d5c347334390073361e87ee05a23b77','2026-03-10 06:00:00.000000'),
(22,'staged_invoice_lines_segments','a11f1571e99b92d7f635ce2cf1d95f9829a327a2511363e52684e45ecf801e26','2026-03-10 06:00:00.000000'),
(23,'dropped_loads','c1007ab3c52f12f4f975a38b06f9ebdfffed516520f9392430c17e494c0a6a19','2026-03-10 06:00:00.000000'),
(24,'restored_loads','08d9a2e519c81d4b3595ce266f912421765eeb9e23f6881d7f3cbfd8b3073164','2026-03-10 06:00:00.000000'),
(25,'subscriptions_refs','4ffd4425c41fc5e0fef294de375aef5c80b1e94576c405cd8c097f39f83375e7','2026-03-10 06:00:00.000000'),
(26,'closed_through','03e69b33641b5e4993a18e2279c0534084047b71d745af74895af8b7e2d01abe','2026-03-10 06:00:00.000000'),
(27,'closings','27d92ff89c5cb4c8fd808a20d8e65d3aa0731a35e132ce0f3246ad7eb963e081','2026-03-10 06:00:00.000000'),
(28,'staged_movements','820f02ddf0be33c33ac7066be637154304625b3b1b63cfb893f75ae404345fe3','2026-03-10 06:00:00.000000'),
(29,'leases','7a1690619d521623af7758468697ec4f013fa0afb684acd3420fbca0a94bf1c4','2026-03-10 06:00:00.000000'),
(30,'daily_compact','d6840e3384f5a4aaec8a3a6177ef61dcf9cece20312de88caf032f63a3b0cb55','2026-03-10 06:00:00.000000'),
(31,'day_totals','7f39dab7b454b5479600f60ff754e2bbab44c6fcedbf6ffe6b07ef7113569625','2026-03-10 06:00:00.000000'),
(32,'cohort_months','be666d24c4446c198e7a7f5c352e664458a140cb3cfc596ff140787d510a7276','2026-03-10 06:00:00.000000'),
(33,'sweeps','998888574b2b71b2e7ef9d7fb8f63b40d4f070989c1aa6a1b904b940229e8b34','2026-03-10 06:00:00.000000'),
(34,'listings_slice','a0d241166e33cbeb3e612bb25c4f32a0b22a7afed342762d1b21b57f6ec4e174','2026-03-10 06:00:00.000000'),
(35,'completeness_slices','f298828fd1b12c65ff00c2cc73c947c83e0a0163020ddcbb077ae63f999a557e','2026-03-10 06:00:00.000000'),
(36,'field_fill','a6649acec714f523f1e2b56767f1543de6ceaa46e63e51a254cd938a3ed282cd','2026-03-10 06:00:00.000000'),
(37,'erasures','2a9ec3d437e1cf9a46aaf12b165b3e1bb5b8b078cef61bf1bc83d7b5dae45517','2026-03-10 06:00:00.000000');

INSERT INTO `mrr_store`.`runs` (run, seq, verb, status, started_at, finished_at, through, load_id, policy_hash, exit_code, receipt, error) VALUES
(1773122400000000,1773122400000001,'sync','running','2026-03-10 06:00:00.000000','1970-01-01 00:00:00.000000','1970-01-01',0,'',0,'',''),
(1773122400000000,1773122400000009,'sync','done','2026-03-10 06:00:00.000000','2026-03-10 06:00:00.000000','1970-01-01',1773122400000007,'',0,'',''),
(1773122400000010,1773122400000011,'sync','running','2026-03-10 06:00:00.000000','1970-01-01 00:00:00.000000','1970-01-01',0,'',0,'',''),
(1773122400000010,1773122400000019,'sync','done','2026-03-10 06:00:00.000000','2026-03-10 06:00:00.000000','1970-01-01',1773122400000017,'',0,'','');

INSERT INTO `mrr_store`.`run_sources` (run, source, seq, status, started_at, finished_at, requests, listed, landed, rejected, error) VALUES
(1773122400000000,'main',1773122400000008,'done','2026-03-10 06:00:00.000000','2026-03-10 06:00:00.000000',0,0,0,0,''),
(1773122400000010,'main',1773122400000018,'done','2026-03-10 06:00:00.000000','2026-03-10 06:00:00.000000',0,0,0,0,'');

INSERT INTO `mrr_store`.`raw_objects` (source, customer_id, kind, id, version, run, seen_at, origin, deleted, digest, payload) VALUES
('main','c1','subscription','sub_c1',0,1773122400000000,'2026-03-10 06:00:00.000000','listed',false,8806976572402913441,'"\\u0026{account:main/c1 items:[{subscription:s1 item:i1 currency:USD steps:[{from:20481 until:20486 mrr:10 scheduled:false} {from:20486 until:65535 mrr:15.5 scheduled:false}]}] lines:[{invoice:in_1 day:20481 amount:10}] rejects:[] tier:gold free:[]}"'),
('main','c2','subscription','sub_c2',1,1773122400000000,'2026-03-10 06:00:00.000000','listed',false,18000949972363798915,'"\\u0026{account:main/c2 items:[{subscription:s2 item:i2 currency:EUR steps:[{from:20483 until:20485 mrr:100 scheduled:false} {from:20494 until:65535 mrr:3 scheduled:true}]}] lines:[] rejects:[it\'s odd] tier: free:[]}"');

INSERT INTO `mrr_store`.`listings` (run, source, stream, customer_id, kind, id, slice) VALUES
(1773122400000010,'main','subscriptions','c1','subscription','sub_c1',''),
(1773122400000010,'main','subscriptions','c2','subscription','sub_c2','');

INSERT INTO `mrr_store`.`completeness` (run, source, stream, seq, listed, landed, missing) VALUES
(1773122400000000,'main','subscriptions',1773122400000004,2,2,0),
(1773122400000010,'main','subscriptions',1773122400000014,2,2,0);

INSERT INTO `mrr_store`.`cursors` (source, stream, seq, run, cursor) VALUES
('main','subscriptions',1773122400000002,1773122400000000,'sub_c1'),
('main','subscriptions',1773122400000003,1773122400000000,'sub_c2'),
('main','subscriptions',1773122400000012,1773122400000010,'sub_c1'),
('main','subscriptions',1773122400000013,1773122400000010,'sub_c2');

INSERT INTO `mrr_store`.`seals` (source, seq, run, covered_until, account) VALUES
('main',1773122400000006,1773122400000000,'2026-03-10 06:00:00.000000','acct_1 test'),
('main',1773122400000016,1773122400000010,'2026-03-10 06:00:00.000000','acct_1 test');

INSERT INTO `mrr_store`.`manifest` (load_id, table, bucket, part_load, run, base, published_at, through, final_through, first_date, reporting_currency, policy_hash, complete, seals, covered, derived, rows, restored, closed_through) VALUES
(1773122400000007,'',0,1773122400000007,1773122400000000,0,'2026-03-10 06:00:00.000000','2026-02-03','2026-02-03','2026-01-28','USD','p',true,{'main':1773122400000000},{'main':'2026-02-03'},2,{'rates':12,'customers':2,'invoice_lines':1,'derived':4,'periods':4,'rejects':1,'movements':4,'daily':9,'subscriptions':2},0,'1970-01-01'),
(1773122400000007,'cohort_months',0,1773122400000007,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000007,'customers',0,1773122400000007,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000007,'daily',202601,1773122400000007,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000007,'daily',202602,1773122400000007,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000007,'day_totals',0,1773122400000007,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000007,'derived',0,1773122400000007,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000007,'invoice_lines',202601,1773122400000007,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000007,'movements',0,1773122400000007,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000007,'periods',0,1773122400000007,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000007,'rates',0,1773122400000007,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000007,'rejects',0,1773122400000007,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000007,'subscriptions',0,1773122400000007,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000017,'',0,1773122400000017,1773122400000010,1773122400000007,'2026-03-10 06:00:00.000000','2026-02-04','2026-02-04','2026-01-28','USD','p',false,{'main':1773122400000010},{'main':'2026-02-04'},3,{'customers':2,'subscriptions':2,'rejects':1,'derived':4,'daily':4,'periods':4,'rates':14,'movements':4},0,'1970-01-01'),
(1773122400000017,'cohort_months',0,1773122400000017,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000017,'customers',0,1773122400000017,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000017,'daily',202601,1773122400000007,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000017,'daily',202602,1773122400000017,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000017,'day_totals',0,1773122400000017,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000017,'derived',0,1773122400000017,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000017,'invoice_lines',202601,1773122400000007,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000017,'movements',0,1773122400000017,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000017,'periods',0,1773122400000017,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000017,'rates',0,1773122400000017,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000017,'rejects',0,1773122400000017,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01'),
(1773122400000017,'subscriptions',0,1773122400000017,0,0,'1970-01-01 00:00:00.000000','1970-01-01','1970-01-01','1970-01-01','','',false,{},{},0,{},0,'1970-01-01');

INSERT INTO `mrr_store`.`derived` (load_id, source, customer_id) VALUES
(1773122400000007,'main','c1'),
(1773122400000007,'main','c1'),
(1773122400000007,'main','c2'),
(1773122400000007,'main','c2'),
(1773122400000017,'main','c2'),
(1773122400000017,'main','c2'),
(1773122400000017,'main','c3'),
(1773122400000017,'main','c4');

INSERT INTO `mrr_store`.`rates` (load_id, currency, date, rate) VALUES
(1773122400000007,'EUR','2026-01-30',1.1),
(1773122400000007,'EUR','2026-01-31',1.1),
(1773122400000007,'EUR','2026-02-01',1.1),
(1773122400000007,'EUR','2026-02-02',1.1),
(1773122400000007,'EUR','2026-02-03',1.1),
(1773122400000007,'USD','2026-01-28',1),
(1773122400000007,'USD','2026-01-29',1),
(1773122400000007,'USD','2026-01-30',1),
(1773122400000007,'USD','2026-01-31',1),
(1773122400000007,'USD','2026-02-01',1),
(1773122400000007,'USD','2026-02-02',1),
(1773122400000007,'USD','2026-02-03',1),
(1773122400000017,'EUR','2026-01-30',1.1),
(1773122400000017,'EUR','2026-01-31',1.1),
(1773122400000017,'EUR','2026-02-01',1.1),
(1773122400000017,'EUR','2026-02-02',1.1),
(1773122400000017,'EUR','2026-02-03',1.1),
(1773122400000017,'EUR','2026-02-04',1.1),
(1773122400000017,'USD','2026-01-28',1),
(1773122400000017,'USD','2026-01-29',1),
(1773122400000017,'USD','2026-01-30',1),
(1773122400000017,'USD','2026-01-31',1),
(1773122400000017,'USD','2026-02-01',1),
(1773122400000017,'USD','2026-02-02',1),
(1773122400000017,'USD','2026-02-03',1),
(1773122400000017,'USD','2026-02-04',1);

INSERT INTO `mrr_store`.`periods` (load_id, source, customer_id, account_id, subscription_id, item_id, product_id, product_name, plan_id, plan_name, currency, valid_from, valid_to, quantity, mrr, scheduled, segments, evidence, object_kind, object_id, object_version, rule, refs) VALUES
(1773122400000007,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-01-28','2026-02-02',1,10,false,{'csm':'ann','tier':'gold'},'version','subscription','s1',1,'',['price/plan_10']),
(1773122400000007,'main','c1','main/c1','s1','i1','prod','Product','plan_15.5','Plan','USD','2026-02-02','2149-06-06',1,15.5,false,{'csm':'ann','tier':'gold'},'version','subscription','s1',1,'',['price/plan_15.5']),
(1773122400000007,'main','c2','main/c2','s2','i2','prod','Product','plan_100','Plan','EUR','2026-01-30','2026-02-01',1,100,false,{'csm':'ann','tier':''},'version','subscription','s2',1,'',['price/plan_100']),
(1773122400000007,'main','c2','main/c2','s2','i2','prod','Product','plan_3','Plan','EUR','2026-02-10','2149-06-06',1,3,true,{'csm':'ann','tier':''},'version','subscription','s2',1,'',['price/plan_3']),
(1773122400000017,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-01-28','2026-02-02',1,10,false,{'csm':'ann','tier':'gold'},'version','subscription','s1',1,'',['price/plan_10']),
(1773122400000017,'main','c1','main/c1','s1','i1','prod','Product','plan_15.5','Plan','USD','2026-02-02','2149-06-06',1,15.5,false,{'csm':'ann','tier':'gold'},'version','subscription','s1',1,'',['price/plan_15.5']),
(1773122400000017,'main','c2','main/c2','s2','i2','prod','Product','plan_100','Plan','EUR','2026-01-30','2026-02-01',1,100,false,{'csm':'ann','tier':''},'version','subscription','s2',1,'',['price/plan_100']),
(1773122400000017,'main','c2','main/c2','s2','i2','prod','Product','plan_3','Plan','EUR','2026-02-10','2149-06-06',1,3,true,{'csm':'ann','tier':''},'version','subscription','s2',1,'',['price/plan_3']);

INSERT INTO `mrr_store`.`movements` (load_id, date, source, customer_id, account_id, subscription_id, item_id, product_id, plan_id, currency, movement, amount, amount_reporting, reason, scheduled, segments, object_kind, object_id, object_version) VALUES
(1773122400000007,'2026-01-28','main','c1','main/c1','s1','i1','prod','plan_10','USD','new',10,10,'new',false,{'csm':'ann','tier':'gold'},'','',0),
(1773122400000007,'2026-01-30','main','c2','main/c2','s2','i2','prod','plan_100','EUR','new',100,110,'new',false,{'csm':'ann','tier':''},'','',0),
(1773122400000007,'2026-02-01','main','c2','main/c2','s2','i2','prod','plan_100','EUR','churn',-100,-110,'new',false,{'csm':'ann','tier':''},'','',0),
(1773122400000007,'2026-02-02','main','c1','main/c1','s1','i1','prod','plan_10','USD','expansion',5.5,5.5,'new',false,{'csm':'ann','tier':'gold'},'','',0),
(1773122400000017,'2026-01-28','main','c1','main/c1','s1','i1','prod','plan_10','USD','new',10,10,'new',false,{'csm':'ann','tier':'gold'},'','',0),
(1773122400000017,'2026-01-30','main','c2','main/c2','s2','i2','prod','plan_100','EUR','new',100,110,'new',false,{'csm':'ann','tier':''},'','',0),
(1773122400000017,'2026-02-01','main','c2','main/c2','s2','i2','prod','plan_100','EUR','churn',-100,-110,'new',false,{'csm':'ann','tier':''},'','',0),
(1773122400000017,'2026-02-02','main','c1','main/c1','s1','i1','prod','plan_10','USD','expansion',5.5,5.5,'new',false,{'csm':'ann','tier':'gold'},'','',0);

INSERT INTO `mrr_store`.`daily` (load_id, source, customer_id, account_id, subscription_id, item_id, product_id, product_name, plan_id, plan_name, currency, date, quantity, mrr, mrr_reporting, segments) VALUES
(1773122400000007,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-01-28',1,10,10,{'csm':'ann','tier':'gold'}),
(1773122400000007,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-01-29',1,10,10,{'csm':'ann','tier':'gold'}),
(1773122400000007,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-01-30',1,10,10,{'csm':'ann','tier':'gold'}),
(1773122400000007,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-01-31',1,10,10,{'csm':'ann','tier':'gold'}),
(1773122400000007,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-02-01',1,10,10,{'csm':'ann','tier':'gold'}),
(1773122400000007,'main','c1','main/c1','s1','i1','prod','Product','plan_15.5','Plan','USD','2026-02-02',1,15.5,15.5,{'csm':'ann','tier':'gold'}),
(1773122400000007,'main','c1','main/c1','s1','i1','prod','Product','plan_15.5','Plan','USD','2026-02-03',1,15.5,15.5,{'csm':'ann','tier':'gold'}),
(1773122400000007,'main','c2','main/c2','s2','i2','prod','Product','plan_100','Plan','EUR','2026-01-30',1,100,110,{'csm':'ann','tier':''}),
(1773122400000007,'main','c2','main/c2','s2','i2','prod','Product','plan_100','Plan','EUR','2026-01-31',1,100,110,{'csm':'ann','tier':''}),
(1773122400000017,'main','c1','main/c1','s1','i1','prod','Product','plan_10','Plan','USD','2026-02-01',1,10,10,{'csm':'ann','tier':'gold'}),
(1773122400000017,'main','c1','main/c1','s1','i1','prod','Product','plan_15.5','Plan','USD','2026-02-02',1,15.5,15.5,{'csm':'ann','tier':'gold'}),
(1773122400000017,'main','c1','main/c1','s1','i1','prod','Product','plan_15.5','Plan','USD','2026-02-03',1,15.5,15.5,{'csm':'ann','tier':'gold'}),
(1773122400000017,'main','c1','main/c1','s1','i1','prod','Product','plan_15.5','Plan','USD','2026-02-04',1,15.5,15.5,{'csm':'ann','tier':'gold'});

INSERT INTO `mrr_store`.`invoice_lines` (load_id, source, invoice_id, line_id, customer_id, account_id, subscription_id, plan_id, issued_at, period_start, period_end, currency, amount, treatment, segments) VALUES
(1773122400000007,'main','in_1','1','c1','main/c1','','','2026-01-28','2026-01-28','2026-02-27','USD',10,'committed',{});

INSERT INTO `mrr_store`.`customers` (load_id, source, customer_id, account_id, name, email, currency, country, created_at, deleted, first_mrr_date, segments) VALUES
(1773122400000007,'main','c1','main/c1','N c1','','','','1970-01-01',false,'1970-01-01',{'csm':'ann','tier':'gold'}),
(1773122400000007,'main','c2','main/c2','N c2','','','','1970-01-01',false,'1970-01-01',{'csm':'ann','tier':''}),
(1773122400000017,'main','c1','main/c1','N c1','','','','1970-01-01',false,'1970-01-01',{'csm':'ann','tier':'gold'}),
(1773122400000017,'main','c2','main/c2','N c2','','','','1970-01-01',false,'1970-01-01',{'csm':'ann','tier':''});

INSERT INTO `mrr_store`.`subscriptions` (load_id, source, customer_id, account_id, subscription_id, name, currency, status, start_date, end_date, cancel_date, trial_end, has_provider_mrr, provider_mrr, segments, refs) VALUES
(1773122400000007,'main','c1','main/c1','s1','','USD','active','1970-01-01','2149-06-06','2149-06-06','1970-01-01',false,0,{},['price/plan_10','price/plan_15.5']),
(1773122400000007,'main','c2','main/c2','s2','','EUR','active','1970-01-01','2149-06-06','2149-06-06','1970-01-01',false,0,{},['price/plan_100','price/plan_3']),
(1773122400000017,'main','c1','main/c1','s1','','USD','active','1970-01-01','2149-06-06','2149-06-06','1970-01-01',false,0,{},['price/plan_10','price/plan_15.5']),
(1773122400000017,'main','c2','main/c2','s2','','EUR','active','1970-01-01','2149-06-06','2149-06-06','1970-01-01',false,0,{},['price/plan_100','price/plan_3']);

INSERT INTO `mrr_store`.`rejects` (load_id, source, customer_id, kind, id, code, detail, object_kind, object_id, object_version, first_seen) VALUES
(1773122400000007,'main','c2','price','p','it\'s odd','','','',0,'2026-03-10 06:00:00.000000'),
(1773122400000017,'main','c2','price','p','it\'s odd','','','',0,'2026-03-10 06:00:00.000000');

INSERT INTO `mrr_store`.`day_totals` (load_id, date, currency, new_mrr, expansion_mrr, reactivation_mrr, contraction_mrr, churned_mrr, new_reporting, expansion_reporting, reactivation_reporting, contraction_reporting, churned_reporting, mrr_reporting, customers, subscriptions, movements) VALUES
(1773122400000007,'2026-01-28','',0,0,0,0,0,0,0,0,0,0,0,1,1,0),
(1773122400000007,'2026-01-28','USD',10,0,0,0,0,10,0,0,0,0,10,1,1,1),
(1773122400000007,'2026-01-29','USD',0,0,0,0,0,0,0,0,0,0,10,0,0,0),
(1773122400000007,'2026-01-30','',0,0,0,0,0,0,0,0,0,0,0,1,1,0),
(1773122400000007,'2026-01-30','EUR',100,0,0,0,0,110,0,0,0,0,110,1,1,1),
(1773122400000007,'2026-01-30','USD',0,0,0,0,0,0,0,0,0,0,10,0,0,0),
(1773122400000007,'2026-01-31','EUR',0,0,0,0,0,0,0,0,0,0,110,0,0,0),
(1773122400000007,'2026-01-31','USD',0,0,0,0,0,0,0,0,0,0,10,0,0,0),
(1773122400000007,'2026-02-01','',0,0,0,0,0,0,0,0,0,0,0,-1,-1,0),
(1773122400000007,'2026-02-01','EUR',0,0,0,0,100,0,0,0,0,110,0,-1,-1,1),
(1773122400000007,'2026-02-01','USD',0,0,0,0,0,0,0,0,0,0,10,0,0,0),
(1773122400000007,'2026-02-02','',0,0,0,0,0,0,0,0,0,0,0,0,0,0),
(1773122400000007,'2026-02-02','USD',0,5.5,0,0,0,0,5.5,0,0,0,15.5,0,0,1),
(1773122400000007,'2026-02-03','USD',0,0,0,0,0,0,0,0,0,0,15.5,0,0,0),
(1773122400000017,'2026-01-28','',0,0,0,0,0,0,0,0,0,0,0,1,1,0),
(1773122400000017,'2026-01-28','USD',10,0,0,0,0,10,0,0,0,0,10,1,1,1),
(1773122400000017,'2026-01-29','USD',0,0,0,0,0,0,0,0,0,0,10,0,0,0),
(1773122400000017,'2026-01-30','',0,0,0,0,0,0,0,0,0,0,0,1,1,0),
(1773122400000017,'2026-01-30','EUR',100,0,0,0,0,110,0,0,0,0,110,1,1,1),
(1773122400000017,'2026-01-30','USD',0,0,0,0,0,0,0,0,0,0,10,0,0,0),
(1773122400000017,'2026-01-31','EUR',0,0,0,0,0,0,0,0,0,0,110,0,0,0),
(1773122400000017,'2026-01-31','USD',0,0,0,0,0,0,0,0,0,0,10,0,0,0),
(1773122400000017,'2026-02-01','',0,0,0,0,0,0,0,0,0,0,0,-1,-1,0),
(1773122400000017,'2026-02-01','EUR',0,0,0,0,100,0,0,0,0,110,0,-1,-1,1),
(1773122400000017,'2026-02-01','USD',0,0,0,0,0,0,0,0,0,0,10,0,0,0),
(1773122400000017,'2026-02-02','',0,0,0,0,0,0,0,0,0,0,0,0,0,0),
(1773122400000017,'2026-02-02','USD',0,5.5,0,0,0,0,5.5,0,0,0,15.5,0,0,1),
(1773122400000017,'2026-02-03','USD',0,0,0,0,0,0,0,0,0,0,15.5,0,0,0),
(1773122400000017,'2026-02-04','USD',0,0,0,0,0,0,0,0,0,0,15.5,0,0,0);

INSERT INTO `mrr_store`.`cohort_months` (load_id, cohort, month, currency, net_mrr, kept_mrr, lost_mrr, customers_new, customers_reactivated, customers_churned, base_mrr, base_customers, mrr_reporting) VALUES
(1773122400000007,'2026-01-01','2026-01-01','',120,0,0,2,0,0,120,2,120),
(1773122400000007,'2026-01-01','2026-01-01','EUR',100,0,0,1,0,0,100,1,0),
(1773122400000007,'2026-01-01','2026-01-01','USD',10,0,0,1,0,0,10,1,0),
(1773122400000007,'2026-01-01','2026-02-01','',-104.5,-104.5,-110,0,0,1,0,0,15.5),
(1773122400000007,'2026-01-01','2026-02-01','EUR',-100,-100,-100,0,0,1,0,0,0),
(1773122400000007,'2026-01-01','2026-02-01','USD',5.5,5.5,0,0,0,0,0,0,0),
(1773122400000017,'2026-01-01','2026-01-01','',120,0,0,2,0,0,120,2,120),
(1773122400000017,'2026-01-01','2026-01-01','EUR',100,0,0,1,0,0,100,1,0),
(1773122400000017,'2026-01-01','2026-01-01','USD',10,0,0,1,0,0,10,1,0),
(1773122400000017,'2026-01-01','2026-02-01','',-104.5,-104.5,-110,0,0,1,0,0,15.5),
(1773122400000017,'2026-01-01','2026-02-01','EUR',-100,-100,-100,0,0,1,0,0,0),
(1773122400000017,'2026-01-01','2026-02-01','USD',5.5,5.5,0,0,0,0,0,0,0);

INSERT INTO `mrr_store`.`completeness_slices` (run, source, stream, slice, seq, listed, landed, missing) VALUES
(1773122400000000,'main','subscriptions','',1773122400000005,2,2,0),
(1773122400000010,'main','subscriptions','',1773122400000015,2,2,0);

