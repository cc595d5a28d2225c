CREATE TABLE IF NOT EXISTS {{.Store}}.leases{{.OnCluster}}
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
ENGINE = {{.Replacing "at"}}
ORDER BY (claim, state)
{{.Settings}}
COMMENT 'Who may write. A run claims, looks whether somebody else does, holds, and renews while it lives'
