CREATE OR REPLACE VIEW {{.DB}}.mrr_monthly{{.OnCluster}}
(
    month Date COMMENT 'First day of the month',
    date Date COMMENT 'The day that speaks for the month: its last one, or the last published one of the month that is not over',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer',
    account_id String COMMENT 'The paying account after identity resolution: what counts as one customer',
    subscription_id String COMMENT 'The provider''s subscription',
    item_id String COMMENT 'The provider''s subscription item',
    product_id LowCardinality(String) COMMENT 'Product or item; the plan where the provider has none',
    product_name LowCardinality(String) COMMENT 'Name of the product',
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan',
    plan_name LowCardinality(String) COMMENT 'Name of the plan',
    currency LowCardinality(String) COMMENT 'Currency of mrr and arr, ISO 4217',
    quantity Decimal(18, 4) COMMENT 'Units of the item; never negative',
    mrr Decimal(18, 4) COMMENT 'Committed MRR of the item at the month''s end, in major units of currency; above 0. Additive over items of one currency, not over months',
    arr Decimal(38, 4) COMMENT 'Annual run rate, 12 x mrr, in major units of currency; above 0',
    mrr_reporting Decimal(18, 4) COMMENT 'mrr in major units of the reporting currency, at the latest rate at or before date; 0 when conversion is off. Additive over all items of a month',
    segments Map(String, String) COMMENT 'Configured segment to its value as of date; a segment without value is absent'{{range .Segments}},
    seg_{{.}} String COMMENT {{literal (print "Value of the segment " . " as of date; empty where there is none")}}{{end}}
)
{{.Security}}
AS SELECT
    toStartOfMonth(date) AS month,
    date, source, customer_id, account_id, subscription_id, item_id,
    product_id, product_name, plan_id, plan_name, currency, quantity,
    mrr,
    toDecimal128(mrr, 4) * 12 AS arr,
    mrr_reporting,
    segments{{range .Segments}},
    segments[{{literal .}}] AS seg_{{.}}{{end}}
FROM {{.Store}}.daily
WHERE {{.Parts "daily" "date"}}
  AND date = least(toLastDayOfMonth(date), (SELECT max(through) FROM {{.Header}}))
COMMENT 'Committed MRR at the end of each month, one row per month and subscription item, for items with MRR above 0: mrr_daily on the month''s last day, for the running month on the last published one'
