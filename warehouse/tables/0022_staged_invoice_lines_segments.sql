ALTER TABLE {{.Store}}.staged_invoice_lines{{.OnCluster}}
    ADD COLUMN IF NOT EXISTS segments Map(LowCardinality(String), String) COMMENT 'Segment to its value as of issued_at' CODEC(ZSTD(1))
