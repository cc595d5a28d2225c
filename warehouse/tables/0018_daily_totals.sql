-- Sums by day and currency, kept beside the rows as they are inserted: views over the whole history read thousands of rows for them, not tens of millions.
ALTER TABLE {{.Store}}.daily{{.OnCluster}}
    ADD PROJECTION IF NOT EXISTS totals (SELECT load_id, date, currency, sum(mrr), sum(mrr_reporting), count() GROUP BY load_id, date, currency)
