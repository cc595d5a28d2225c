CREATE TABLE IF NOT EXISTS {{.Store}}.cursors{{.OnCluster}}
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream',
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of a source and stream counts',
    run UInt64 COMMENT 'The run that got there',
    cursor String COMMENT 'Where the next pull goes on, opaque to all but the connector; empty: from the beginning'
)
ENGINE = {{.Replacing "seq"}}
ORDER BY (source, stream)
{{.Settings}}
COMMENT 'How far each stream has been read. Written only after the objects it covers'
