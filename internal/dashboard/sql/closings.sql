SELECT c.at, toString(c.action), c.month, c.closed_through, c.closed_before, who, note, toString(c.load_id)
FROM {{.DB}}.closings AS c
ORDER BY c.at DESC
