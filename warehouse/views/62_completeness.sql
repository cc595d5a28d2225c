CREATE OR REPLACE VIEW {{.DB}}.completeness{{.OnCluster}}
(
    run UInt64 COMMENT 'The run',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream, as the connector names it',
    listed UInt64 COMMENT 'Distinct objects that the provider listed in the run',
    landed UInt64 COMMENT 'Those of them that the warehouse holds',
    missing UInt64 COMMENT 'Those of them that the warehouse does not hold: above 0 the source counts as failed and is not sealed'
)
{{.Security}}
AS SELECT run, source, stream, listed, landed, missing
FROM (SELECT * FROM {{.Store}}.completeness ORDER BY run, source, stream, seq DESC LIMIT 1 BY run, source, stream)
COMMENT 'What the provider listed against what the warehouse holds, one row per run, source and stream'
