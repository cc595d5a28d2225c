ALTER TABLE {{.Store}}.listings{{.OnCluster}}
    ADD COLUMN IF NOT EXISTS slice LowCardinality(String) COMMENT 'The part of the stream that the page was of: a month of creation, a day of changes; empty where the connector has none'
