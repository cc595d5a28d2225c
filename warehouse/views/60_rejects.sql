CREATE OR REPLACE VIEW {{.DB}}.rejects{{.OnCluster}}
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer; empty if unknown',
    kind LowCardinality(String) COMMENT 'What could not be read: the kind of the object, or item, price, row',
    id String COMMENT 'Its id',
    code LowCardinality(String) COMMENT 'Why, short and stable',
    detail String COMMENT 'Why, for an operator: what was found and what was expected',
    first_seen DateTime64(6, 'UTC') COMMENT 'When a load first had it, UTC',
    object_kind LowCardinality(String) COMMENT 'The stored payload that it is in: kind',
    object_id String COMMENT 'The stored payload that it is in: id',
    object_version Int64 COMMENT 'The stored payload that it is in: version'
)
{{.Security}}
AS SELECT source, customer_id, kind, id, code, detail, first_seen, object_kind, object_id, object_version
FROM {{.Store}}.rejects
WHERE {{.Part "rejects"}}
COMMENT 'What could not be understood, one row per rejected object or part of one. It is in no total; where there was an understood version before, that one stays in force'
