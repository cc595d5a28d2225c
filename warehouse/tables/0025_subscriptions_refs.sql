ALTER TABLE {{.Store}}.subscriptions{{.OnCluster}}
    ADD COLUMN IF NOT EXISTS refs Array(LowCardinality(String)) COMMENT 'Catalogue objects that any evidence of it names, whether it has MRR or not, kind/id: when one changes, the account is derived again' CODEC(ZSTD(1))
