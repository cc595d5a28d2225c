-- A rollback publishes an earlier load again under an id of its own.
ALTER TABLE {{.Store}}.manifest{{.OnCluster}}
    ADD COLUMN IF NOT EXISTS restored UInt64 COMMENT 'The earlier load that was published again under this id; 0: none. Header row only'
