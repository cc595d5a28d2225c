CREATE OR REPLACE VIEW {{.DB}}.mrr_movements{{.OnCluster}}
(
    date Date COMMENT 'The day whose MRR differs from the day before, in the reporting time zone',
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    customer_id String COMMENT 'The provider''s customer',
    account_id String COMMENT 'The paying account after identity resolution, to which the movement is typed',
    subscription_id String COMMENT 'The provider''s subscription',
    item_id String COMMENT 'The provider''s subscription item',
    product_id LowCardinality(String) COMMENT 'Product or item; the plan where the provider has none',
    plan_id LowCardinality(String) COMMENT 'Price, item price or plan',
    currency LowCardinality(String) COMMENT 'Currency of amount, ISO 4217',
    movement Enum8('new' = 1, 'expansion' = 2, 'contraction' = 3, 'churn' = 4, 'reactivation' = 5) COMMENT 'What the day''s change is to the account; one value per account, currency and day',
    amount Decimal(18, 4) COMMENT 'Change of the item''s MRR, in major units of currency, signed. The sum per account, currency and day has the sign of its movement (churn and contraction negative); single rows may not',
    amount_reporting Decimal(18, 4) COMMENT 'amount in major units of the reporting currency, at the latest rate at or before the day, signed; 0 when conversion is off',
    reason LowCardinality(String) COMMENT 'What caused it: new, quantity, price, plan, item, discount, trial, ramp, pause, resume, cancel, unpaid, recovered, transfer, restatement',
    object_kind LowCardinality(String) COMMENT 'The provider''s object that shows it: its kind',
    object_id String COMMENT 'The provider''s object that shows it: its id',
    segments Map(String, String) COMMENT 'Configured segment to its value as of the day; a segment without value is absent'{{range .Segments}},
    seg_{{.}} String COMMENT {{literal (print "Value of the segment " . " as of the day; empty where there is none")}}{{end}}
)
{{.Security}}
AS SELECT
    date, source, customer_id, account_id, subscription_id, item_id,
    product_id, plan_id, currency, movement, amount, amount_reporting, reason,
    object_kind, object_id,
    segments{{range .Segments}},
    segments[{{literal .}}] AS seg_{{.}}{{end}}
FROM {{.Store}}.movements
WHERE {{.Part "movements"}}
  AND NOT scheduled
  AND date <= (SELECT max(through) FROM {{.Header}})
COMMENT 'Movements of MRR, one row per day and subscription item whose MRR changed, typed at account level. Up to any day the amounts of a currency add up to its MRR on that day'
