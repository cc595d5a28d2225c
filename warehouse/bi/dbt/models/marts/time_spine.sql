{{ config(materialized='table') }}
-- Every day from 2010 to the end of 2039: MetricFlow joins metrics over time to it.
SELECT toDate('2010-01-01') + number AS date_day
FROM numbers(toUInt64(toDate('2040-01-01') - toDate('2010-01-01')))
