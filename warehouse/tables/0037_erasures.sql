CREATE TABLE IF NOT EXISTS {{.Store}}.erasures{{.OnCluster}}
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
ENGINE = {{.MergeTree}}
ORDER BY (source, customer_id, seq)
{{.Settings}}
COMMENT 'Whose personal data was erased, when and by whom. Consulted whenever objects land, so that a sync does not bring it back'
