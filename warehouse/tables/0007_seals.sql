CREATE TABLE IF NOT EXISTS {{.Store}}.seals{{.OnCluster}}
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of a source counts',
    run UInt64 COMMENT 'The last run that pulled the source completely: objects landed by later runs are not derived from',
    covered_until DateTime64(6, 'UTC') COMMENT 'The instant up to which that pull saw the provider, UTC, exclusive',
    account String COMMENT 'The provider''s account and mode that the credentials opened'
)
ENGINE = {{.Replacing "seq"}}
ORDER BY source
{{.Settings}}
COMMENT 'The last complete pull of each source'
