SELECT
    toString(run), toString(verb), toString(status), toUInt64(exit_code), started_at, finished_at, seconds, through, toString(load_id),
    toUInt64(requests), toUInt64(listed), toUInt64(landed), toUInt64(rejected), error, receipt
FROM {{.DB}}.runs AS r
ORDER BY r.run DESC
LIMIT 30
