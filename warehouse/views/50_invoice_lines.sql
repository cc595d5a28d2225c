CREATE OR REPLACE VIEW {{.DB}}.invoice_lines{{.OnCluster}}
(
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    invoice_id String COMMENT 'The provider''s invoice or credit note',
    line_id String COMMENT 'The provider''s line',
    customer_id String COMMENT 'The provider''s customer',
    account_id String COMMENT 'The paying account after identity resolution',
    subscription_id String COMMENT 'The provider''s subscription; empty for lines without',
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan; empty for lines without',
    issued_at Date COMMENT 'Day of finalization, else of creation, in the reporting time zone',
    period_start Date COMMENT 'First day of the service period',
    period_end Date COMMENT 'Day after the last day of the service period',
    currency LowCardinality(String) COMMENT 'Currency of amount, ISO 4217',
    amount Decimal(18, 4) COMMENT 'What this treatment of the line amounts to, in major units of currency, signed: discounts and credit notes are negative. Lines stand ex tax and before discount',
    treatment LowCardinality(String) COMMENT 'What it is: committed, proration, one_time, trial, committed_usage, uncommitted_usage, tax, credit or discount. Only committed and committed_usage stand behind MRR',
    segments Map(String, String) COMMENT 'Configured segment to its value as of issued_at; a segment without value is absent'{{range .Segments}},
    seg_{{.}} String COMMENT {{literal (print "Value of the segment " . " as of issued_at; empty where there is none")}}{{end}}
)
{{.Security}}
AS SELECT
    source, invoice_id, line_id, customer_id, account_id, subscription_id, plan_id,
    issued_at, period_start, period_end, currency, amount, treatment,
    segments{{range .Segments}},
    segments[{{literal .}}] AS seg_{{.}}{{end}}
FROM {{.Store}}.invoice_lines
WHERE {{.Parts "invoice_lines" "issued_at"}}
COMMENT 'Invoices and credit notes, one row per document, line and treatment. Per document the rows other than credit add up to its total; drafts and void invoices have none'
