CREATE OR REPLACE VIEW {{.DB}}.completeness_slices{{.OnCluster}}
(
    run UInt64 COMMENT 'The run',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream, as the connector names it',
    slice LowCardinality(String) COMMENT 'The part of the stream: a month of creation, a day of changes; empty where the connector has none',
    listed UInt64 COMMENT 'Distinct objects that the provider listed in the run; one that two slices listed counts in both',
    landed UInt64 COMMENT 'Those of them that the warehouse holds',
    missing UInt64 COMMENT 'Those of them that the warehouse does not hold: above 0 the source counts as failed and is not sealed'
)
{{.Security}}
AS SELECT run, source, stream, slice, listed, landed, missing
FROM (SELECT * FROM {{.Store}}.completeness_slices ORDER BY run, source, stream, slice, seq DESC LIMIT 1 BY run, source, stream, slice)
COMMENT 'Where in a stream something is missing: completeness, one row per run, source, stream and slice, of the last 400 days or more'
