SELECT table, sum(rows) AS rows, formatReadableSize(sum(bytes_on_disk)) AS disk, count() AS parts
FROM system.parts
WHERE active AND database LIKE '%\\_store'
GROUP BY table
ORDER BY sum(bytes_on_disk) DESC
