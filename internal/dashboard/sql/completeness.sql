SELECT toString(source), toString(stream), toUInt64(listed), toUInt64(landed), toUInt64(missing), toString(run)
FROM {{.DB}}.completeness
WHERE (source, run) IN (SELECT source, max(run) FROM {{.DB}}.completeness GROUP BY source)
ORDER BY source, missing DESC, stream
