CREATE OR REPLACE VIEW {{.DB}}.closings{{.OnCluster}}
(
    at DateTime64(6, 'UTC') COMMENT 'When, UTC',
    action LowCardinality(String) COMMENT 'close or reopen',
    month Date COMMENT 'First day of the month that was named; closing it closed all earlier ones, reopening it reopened all later ones',
    closed_through Date COMMENT 'The last closed day since; 1970-01-01 if none is',
    closed_before Date COMMENT 'The last closed day before; 1970-01-01 if none was',
    who String COMMENT 'The user of the operating system who did it',
    note String COMMENT 'Why, in their words',
    load_id UInt64 COMMENT 'The load that was published by it'
)
{{.Security}}
AS SELECT at, toLowCardinality(toString(action)) AS action, month, closed_after AS closed_through, closed_before, who, note, load_id
FROM {{.Store}}.closings
WHERE load_id IN (SELECT load_id FROM {{.Store}}.manifest WHERE table = '')
COMMENT 'Months that were closed and reopened, one row each time: closed days never change, and later corrections to them are movements of the first open day with the reason restatement'
