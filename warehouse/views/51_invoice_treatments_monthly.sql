CREATE OR REPLACE VIEW {{.DB}}.invoice_treatments_monthly{{.OnCluster}}
(
    month Date COMMENT 'First day of the month in which the documents were issued',
    currency LowCardinality(String) COMMENT 'Currency of amount, ISO 4217',
    treatment LowCardinality(String) COMMENT 'What was billed: committed, proration, one_time, trial, committed_usage, uncommitted_usage, tax, credit or discount',
    amount Decimal(38, 4) COMMENT 'Sum of the lines'' parts, in major units of currency, signed: discounts and credit notes are negative',
    invoices UInt64 COMMENT 'Documents with such a part. Not additive over treatments',
    lines UInt64 COMMENT 'Lines with such a part. Not additive over treatments'
)
{{.Security}}
AS SELECT
    toStartOfMonth(issued_at) AS month, currency, treatment,
    sum(l.amount) AS amount,
    -- Sets of numbers take a fraction of the time that sets of names do. Of a million documents in a month two share one once in 40 million months.
    uniqExact(cityHash64(source, invoice_id)) AS invoices,
    -- Each line has one row per treatment.
    count() AS lines
FROM {{.Store}}.invoice_lines AS l
WHERE {{.Parts "invoice_lines" "issued_at"}}
GROUP BY month, currency, treatment
COMMENT 'What was invoiced, one row per month, currency and treatment. The sum over the treatments other than credit is the invoices'' totals less credit notes; credit is what balances paid of them'
