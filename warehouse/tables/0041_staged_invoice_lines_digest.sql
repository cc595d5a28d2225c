ALTER TABLE {{.Store}}.staged_invoice_lines{{.OnCluster}}
    ADD COLUMN IF NOT EXISTS digest UInt64 MATERIALIZED cityHash64(
        source, invoice_id, line_id, customer_id, account_id, subscription_id, plan_id, issued_at, period_start, period_end, currency, amount, treatment, segments
    ) COMMENT 'Of all that the line says: a load compares the lines of months by it' CODEC(NONE)
