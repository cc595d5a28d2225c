CREATE OR REPLACE VIEW {{.DB}}.benchmarks_monthly{{.OnCluster}}
(
    month Date COMMENT 'First day of the month; the running one counts as far as it is published',
    metric LowCardinality(String) COMMENT 'What is measured, of the waterfall: net_growth_existing, (expansion - contraction - churned) / starting; mrr_growth, net new / starting; gross_churn, (contraction + churned) / starting; expansion_share, expansion / (new + expansion + reactivation); managed_share, ending MRR of the accounts of the segment csm / ending MRR of the company',
    scope String COMMENT 'Whose figure it is: company, or segment=value for each value of each configured segment, empty behind = for what has none',
    currency LowCardinality(String) COMMENT 'The reporting currency, in which all is measured; with conversion off each currency has rows of its own. ISO 4217',
    value Float64 COMMENT 'The figure, a share rounded to six places (0.02 is 2 %), signed; without exchange rates and what moved between segments; 0 when defined is false',
    defined Bool COMMENT 'There was something to take the share of, so that value means something',
    band LowCardinality(String) COMMENT 'Where value lies: below, good, great or world class for net_growth_existing; below, within or above for mrr_growth; low, healthy or high for gross_churn; below or best in class for expansion_share; none where there is no reference or no value',
    reference_from Float64 COMMENT 'Lower end of the reference range, the published one or what reporting.bands of the configuration puts in its place, a share: where good, within, healthy and best in class begin; 0 where there is none. For net_growth_existing mid-market segments (a value with mid in it) have one of their own, for mrr_growth each stage of the company''s ARR (below 1 M early, below 5 M growth, else mature)',
    reference_to Float64 COMMENT 'Upper end of the reference range, a share: where world class, above and high begin; of expansion_share what the best reach; 0 where there is none'
)
{{.Security}}
AS WITH
    CAST([{{range $i, $s := .Segments}}{{if $i}}, {{end}}{{literal $s}}{{end}}], 'Array(String)') AS keys,
    (SELECT toString(max(reporting_currency)) FROM {{.Header}}) AS reporting
SELECT
    month,
    tupleElement(figure, 1) AS metric,
    if(segment = '', 'company', concat(segment, '=', value_of)) AS scope,
    code AS currency,
    if(defined, round(tupleElement(figure, 2) / tupleElement(figure, 3), 6), 0) AS value,
    toBool(tupleElement(figure, 3) > 0) AS defined,
    multiIf(
        NOT defined OR metric = 'managed_share', 'none',
        metric = 'expansion_share', if(value < reference_from, 'below', 'best in class'),
        metric = 'gross_churn', multiIf(value < reference_from, 'low', value <= reference_to, 'healthy', 'high'),
        metric = 'mrr_growth', multiIf(value < reference_from, 'below', value <= reference_to, 'within', 'above'),
        multiIf(value < reference_from, 'below', value < (reference_from + reference_to) / 2, 'good', value <= reference_to, 'great', 'world class')) AS band,
    tupleElement(figure, 4) AS reference_from,
    tupleElement(figure, 5) AS reference_to
FROM
(
    SELECT
        month, segment, value_of, code,
        match(value_of, '(?i)mid') AS middle,
        max(if(segment = '', starting * 12, 0)) OVER (PARTITION BY month, code) AS arr,
        -- Both of the values' levels, which are converted alike: a share of the company's would be of another rounding.
        sum(if(segment = 'csm', ending, 0)) OVER (PARTITION BY month, code) AS whole,
        sum(if(segment = 'csm' AND value_of != '', ending, 0)) OVER (PARTITION BY month, code) AS managed,
        arrayJoin(arrayConcat(
            [
                ('net_growth_existing', e - c - x, starting, if(middle, toFloat64({{(.Band "net_growth_mid_market").From}}), toFloat64({{(.Band "net_growth_existing").From}})), if(middle, toFloat64({{(.Band "net_growth_mid_market").To}}), toFloat64({{(.Band "net_growth_existing").To}}))),
                ('mrr_growth', n + e + r - c - x, starting, multiIf(arr < 1e6, toFloat64({{(.Band "mrr_growth_early").From}}), arr < 5e6, toFloat64({{(.Band "mrr_growth_growth").From}}), toFloat64({{(.Band "mrr_growth_mature").From}})), multiIf(arr < 1e6, toFloat64({{(.Band "mrr_growth_early").To}}), arr < 5e6, toFloat64({{(.Band "mrr_growth_growth").To}}), toFloat64({{(.Band "mrr_growth_mature").To}}))),
                ('gross_churn', c + x, starting, toFloat64({{(.Band "gross_churn").From}}), toFloat64({{(.Band "gross_churn").To}})),
                ('expansion_share', e, n + e + r, toFloat64({{(.Band "expansion_share").From}}), toFloat64({{(.Band "expansion_share").To}}))
            ],
            if(has(keys, 'csm') AND segment IN ('', 'csm'), [('managed_share', if(segment = '', managed, ending), whole, 0., 0.)], []))) AS figure
    FROM
    (
        SELECT
            month, segment, value_of, code,
            toFloat64(sum(new)) AS n, toFloat64(sum(expansion)) AS e, toFloat64(sum(reactivation)) AS r, toFloat64(sum(contraction)) AS c, toFloat64(sum(churn)) AS x,
            toFloat64(sum(level)) AS ending,
            toFloat64(lagInFrame(sum(level), 1, toDecimal128(0, 4)) OVER (PARTITION BY segment, value_of, code ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)) AS starting
        FROM
        (
                -- A value's level is converted at the rate of the month's last day, the company's by items, as the waterfall has it.
                SELECT
                    month, segment, value_of, if(reporting = '', s.currency, reporting) AS code, new, expansion, reactivation, contraction, churn,
                    multiIf(reporting = '', upto, segment = '', toDecimal128(0, 4), toDecimal128(round(toDecimal256(upto, 4) * rate, 4), 4)) AS level
                FROM
                (
                    SELECT
                        month, segment, value_of, currency,
                        sum(n) AS new, sum(e) AS expansion, sum(r) AS reactivation, sum(c) AS contraction, sum(x) AS churn,
                        sum(sum(net)) OVER (PARTITION BY segment, value_of, currency ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS upto,
                        least(toLastDayOfMonth(month), (SELECT max(through) FROM {{.Header}})) AS day
                    FROM
                    (
                            -- All plans together are the company.
                            SELECT
                                month, segment, if(segment = '', '', value) AS value_of, toString(currency) AS currency,
                                if(reporting = '', new_mrr, new_reporting) AS n, if(reporting = '', expansion_mrr, expansion_reporting) AS e,
                                if(reporting = '', reactivation_mrr, reactivation_reporting) AS r, if(reporting = '', contraction_mrr, contraction_reporting) AS c,
                                if(reporting = '', churned_mrr, churned_reporting) AS x, change_mrr AS net
                            FROM {{.Store}}.slice_months
                            WHERE {{.Part "slice_months"}} AND (segment = '' OR has(keys, segment))
                        UNION ALL
                            -- Every month of a value from its first one on.
                            SELECT
                                addMonths(first, arrayJoin(range(toUInt32(dateDiff('month', first, (SELECT max(through) FROM {{.Header}}))) + 1))) AS month,
                                segment, value_of, currency,
                                toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4)
                            FROM
                            (
                                SELECT segment, if(segment = '', '', value) AS value_of, toString(currency) AS currency, min(month) AS first
                                FROM {{.Store}}.slice_months
                                WHERE {{.Part "slice_months"}} AND (segment = '' OR has(keys, segment))
                                GROUP BY segment, value_of, currency
                            )
                    )
                    GROUP BY month, segment, value_of, currency
                ) AS s
                ANY LEFT JOIN
                (
                    SELECT toString(currency) AS currency, date AS day, rate FROM {{.Store}}.rates WHERE {{.Part "rates"}}
                ) AS w ON s.currency = w.currency AND s.day = w.day
            UNION ALL
                SELECT
                    toStartOfMonth(date) AS month, '', '', reporting,
                    toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), mrr_reporting
                FROM {{.Store}}.day_totals
                WHERE {{.Part "day_totals"}} AND currency != '' AND reporting != ''
                  AND date = least(toLastDayOfMonth(date), (SELECT max(through) FROM {{.Header}}))
        )
        GROUP BY month, segment, value_of, code
    )
)
SETTINGS join_use_nulls = 0
COMMENT 'Our figures beside published reference bands, one row per month, metric, scope and currency. The bands are references of the trade, no targets'
