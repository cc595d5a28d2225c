-- Freshness
-- How current each source is, and whether the newest day is final.
--
-- Visualization: Table
-- Variable source: a source as the configuration names it; empty: all
-- Column source: The source, as named in the configuration
-- Column status: How the last attempt ended: done, failed or skipped; none if there was no attempt
-- Column covered_through: The last day that the published load has of the source in full; 1970-01-01 if none
-- Column published_through: The last published day, the same for all sources; 1970-01-01 if nothing is published
-- Column day_status: Of the last published day, the same for all sources: final once every source has covered it, provisional before, none if nothing is published
-- Column last_success_at: When the source was last pulled completely, UTC; 1970-01-01 if never
-- Column last_attempt_at: When a pull of the source last began, UTC; 1970-01-01 if never
-- Column error: Why the last attempt failed; empty if it did not
SELECT source, status, covered_through, published_through, day_status, last_success_at, last_attempt_at, error
FROM freshness
WHERE true [[AND source = {{source}}]]
ORDER BY status = 'done', source
