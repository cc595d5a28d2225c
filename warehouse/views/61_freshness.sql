CREATE OR REPLACE VIEW {{.DB}}.freshness{{.OnCluster}}
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    covered_through Date COMMENT 'The last day that the published load has of the source in full; 1970-01-01 if none',
    last_success_at DateTime64(6, 'UTC') COMMENT 'When the source was last pulled completely, UTC; 1970-01-01 if never',
    last_attempt_at DateTime64(6, 'UTC') COMMENT 'When a pull of the source last began, UTC; 1970-01-01 if never',
    status LowCardinality(String) COMMENT 'How the last attempt ended: done, failed or skipped; none if there was no attempt',
    error String COMMENT 'Why the last attempt failed; empty if it did not',
    published_through Date COMMENT 'The last published day, the same for all sources; 1970-01-01 if nothing is published',
    published_at DateTime64(6, 'UTC') COMMENT 'When it was published, UTC, the same for all sources; 1970-01-01 if nothing is',
    day_status LowCardinality(String) COMMENT 'Of the last published day, the same for all sources: final once every source has covered it, provisional before, none if nothing is published'
)
{{.Security}}
AS SELECT
    source,
    max(covered) AS covered_through,
    max(success) AS last_success_at,
    max(attempt) AS last_attempt_at,
    if(last_attempt_at = toDateTime64(0, 6, 'UTC'), 'none', argMax(outcome, (attempt, run))) AS status, -- two runs may begin in one instant
    argMax(failure, (attempt, run)) AS error,
    (SELECT max(through) FROM {{.Header}}) AS published_through,
    (SELECT max(published_at) FROM {{.Header}}) AS published_at,
    multiIf(
        published_through = toDate(0), 'none',
        published_through <= (SELECT max(final_through) FROM {{.Header}}), 'final',
        'provisional') AS day_status
FROM
(
        SELECT
            toLowCardinality(tupleElement(pair, 1)) AS source,
            tupleElement(pair, 2) AS covered,
            toDateTime64(0, 6, 'UTC') AS success, toDateTime64(0, 6, 'UTC') AS attempt,
            toLowCardinality('') AS outcome, '' AS failure, toUInt64(0) AS run
        FROM (SELECT arrayJoin(CAST(covered, 'Array(Tuple(String, Date))')) AS pair FROM {{.Header}})
    UNION ALL
        SELECT
            source, toDate(0),
            if(status = 'done', finished_at, toDateTime64(0, 6, 'UTC')), started_at,
            status, error, run
        FROM (SELECT * FROM {{.Store}}.run_sources ORDER BY source, run, seq DESC LIMIT 1 BY source, run)
)
GROUP BY source
COMMENT 'How current each source is, one row per source'
