CREATE OR REPLACE VIEW {{.DB}}.field_fill{{.OnCluster}}
(
    run UInt64 COMMENT 'The run',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream, as the connector names it',
    kind LowCardinality(String) COMMENT 'The provider''s own name of the type of object',
    api_version LowCardinality(String) COMMENT 'The version of the provider''s API that the objects are in',
    field LowCardinality(String) COMMENT 'The path of the field within the object; through a list it leads to each element',
    objects UInt64 COMMENT 'How often the field could have been there, of the objects that the run looked into',
    filled UInt64 COMMENT 'How often it was there and not null',
    fill_rate Float64 COMMENT 'filled / objects, a share from 0 to 1 rounded to six places; 0 where it could not have been there'
)
{{.Security}}
AS SELECT run, source, stream, kind, api_version, field, objects, filled, if(objects = 0, 0., round(filled / objects, 6)) AS fill_rate
FROM (SELECT * FROM {{.Store}}.field_fill ORDER BY run, source, stream, kind, api_version, field, seq DESC LIMIT 1 BY run, source, stream, kind, api_version, field)
COMMENT 'How often the provider sent the fields that the figures depend on, one row per run, stream, kind, API version and field, of the last 400 days or more. A run warns when one collapses'
