-- Last runs
-- What ran, how it ended and how long it took.
--
-- Visualization: Table
-- Column started_at: When it started, UTC
-- Column verb: The verb that ran: sync, plan, rebuild, load rollback, load close, load reopen or load gc
-- Column status: running, done, partial (published, but a source failed, too much was rejected or the run could not be recorded), failed or aborted
-- Column exit_code: The exit code it answered: 0 done, 1 failed, 2 wrong usage or configuration, 3 partial, 4 locked
-- Column seconds: How long it took, in seconds; 0 while it runs
-- Column through: The last day it was to publish; 1970-01-01 if it got no further
-- Column requests: Requests sent to providers
-- Column listed: Objects that providers listed, repeats included
-- Column landed: New versions of objects that were stored
-- Column rejected: Objects or parts of them that could not be understood
-- Column error: Why it failed; empty if it did not
SELECT started_at, verb, status, exit_code, seconds, through, requests, listed, landed, rejected, error
FROM runs
ORDER BY started_at DESC
LIMIT 30
