CREATE TABLE IF NOT EXISTS {{.Store}}.migrations{{.OnCluster}}
(
    number UInt32 COMMENT 'The migration''s number',
    name String COMMENT 'Its name',
    checksum String COMMENT 'SHA-256 of its text as shipped, hex',
    applied_at DateTime64(6, 'UTC') COMMENT 'When it was applied, UTC'
)
ENGINE = {{.MergeTree}}
ORDER BY number
{{.Settings}}
COMMENT 'The migrations this store has been through, forward only'
