CREATE OR REPLACE VIEW {{.DB}}.mrr_daily{{.OnCluster}}
(
    date Date COMMENT 'The day, in the reporting time zone',
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
    mrr Decimal(18, 4) COMMENT 'Committed MRR of the item on the day, in major units of currency; above 0. Additive over items of one currency, not over days',
    arr Decimal(38, 4) COMMENT 'Annual run rate, 12 x mrr, in major units of currency; above 0',
    mrr_reporting Decimal(18, 4) COMMENT 'mrr in major units of the reporting currency, at the latest rate at or before the day; 0 when conversion is off. Additive over all items of a day',
    segments Map(String, String) COMMENT 'Configured segment to its value as of the day; a segment without value is absent'{{range .Segments}},
    seg_{{.}} String COMMENT {{literal (print "Value of the segment " . " as of the day; empty where there is none")}}{{end}}
)
{{.Security}}
AS SELECT
    date, source, customer_id, account_id, subscription_id, item_id,
    product_id, product_name, plan_id, plan_name, currency, quantity,
    mrr,
    toDecimal128(mrr, 4) * 12 AS arr,
    mrr_reporting,
    segments{{range .Segments}},
    segments[{{literal .}}] AS seg_{{.}}{{end}}
FROM {{.Store}}.daily
WHERE {{.Parts "daily" "date"}}
COMMENT 'Committed MRR, one row per day and subscription item, for items with MRR above 0. Days run from the first one with MRR through the last published one'
