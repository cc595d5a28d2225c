CREATE TABLE IF NOT EXISTS {{.Store}}.closings{{.OnCluster}}
(
    load_id UInt64 COMMENT 'The load that was published by it',
    action Enum8('close' = 1, 'reopen' = 2) COMMENT 'What was done',
    month Date COMMENT 'First day of the month that was named; closing it closed all earlier ones, reopening it reopened all later ones',
    closed_before Date COMMENT 'The last closed day before; 1970-01-01: none',
    closed_after Date COMMENT 'The last closed day since; 1970-01-01: none',
    at DateTime64(6, 'UTC') COMMENT 'When, UTC',
    who String COMMENT 'The user of the operating system who did it',
    note String COMMENT 'Why, in their words'
)
ENGINE = {{.MergeTree}}
ORDER BY load_id
{{.Settings}}
COMMENT 'Who closed and reopened months, when and why, one row each. Rows of a load that was never published mean nothing'
