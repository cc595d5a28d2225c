-- Rejects
-- What could not be understood and is in no total. None is what it should be.
--
-- Visualization: Table
-- Variable source: a source as the configuration names it; empty: all
-- Column source: The source, as named in the configuration
-- Column kind: What could not be read: the kind of the object, or item, price, row
-- Column id: Its id
-- Column customer_id: The provider's customer; empty if unknown
-- Column code: Why, short and stable
-- Column detail: Why, for an operator: what was found and what was expected
-- Column first_seen: When a load first had it, UTC
SELECT source, kind, id, customer_id, code, detail, first_seen
FROM rejects
WHERE true [[AND source = {{source}}]]
ORDER BY first_seen DESC, source, kind, id
LIMIT 200
