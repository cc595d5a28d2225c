SELECT
    if(called = '', account_id, called), mrr, {unit:String}, status, agreements_of, since, moved, countries, places, account_id, count() OVER () AS all_rows
FROM
(
SELECT
    account_id,
    argMin(name_of, (name_of = '', born, place, customer)) AS called,
    multiIf(countIf(standing = 'active') > 0, 'active', countIf(standing = 'churned') > 0, 'churned', 'prospect') AS status,
    sum(level) AS mrr,
    sum(agreements) AS agreements_of,
    minIf(first_day, first_day != toDate(0)) AS since, max(last_day) AS moved,
    arrayStringConcat(arraySort(arrayFilter(x -> x != '', groupUniqArray(toString(land)))), ', ') AS countries,
    arrayStringConcat(arraySort(groupUniqArray(toString(place))), ', ') AS places
FROM
(
    SELECT
        c.account_id AS account_id, name AS name_of, created_at AS born, c.source AS place, c.customer_id AS customer, country AS land,
        {{if .Parted}}p.level AS level, if(p.level > 0, 'active', 'churned') AS standing, p.agreements AS agreements, p.first_day AS first_day, p.last_day AS last_day
        {{- else}}{{if .Reporting}}current_mrr_reporting{{else}}current_mrr_by_currency[{unit:String}]{{end}} AS level, status AS standing,
        subscriptions AS agreements, first_mrr_date AS first_day, last_movement_date AS last_day
        {{- end}}
    FROM {{.DB}}.customers AS c
{{- if .Parted}}
    -- Of a part: what the account has in it on the last published day, if it ever had anything in it.
    INNER JOIN
    (
        SELECT source, customer_id, account_id, sum(level) AS level, sum(agreements) AS agreements, min(first) AS first_day, max(last) AS last_day
        FROM
        (
                SELECT source, customer_id, account_id, toDecimal128(0, 4) AS level, toUInt64(0) AS agreements, min(date) AS first, max(date) AS last
                FROM {{.DB}}.mrr_movements
                WHERE {{.Chosen}}
                GROUP BY source, customer_id, account_id
            UNION ALL
                SELECT source, customer_id, account_id, sum(mrr), uniqExact(subscription_id), toDate('2149-06-06'), toDate(0)
                FROM {{.DB}}.mrr_daily
                WHERE date = {through:Date} AND {{.Chosen}}
                GROUP BY source, customer_id, account_id
        )
        GROUP BY source, customer_id, account_id
    ) AS p ON c.source = p.source AND c.customer_id = p.customer_id AND c.account_id = p.account_id
{{- end}}
    WHERE ({source:String} = '' OR c.source = {source:String})
{{- if not (or .Reporting .Parted)}}
      AND (currency = {unit:String} OR mapContains(current_mrr_by_currency, {unit:String}))
{{- end}}
)
{{- if .Searched}}
WHERE account_id IN
(
        SELECT account_id FROM {{.DB}}.customers
        WHERE positionCaseInsensitiveUTF8(name, {text:String}) > 0 OR positionCaseInsensitiveUTF8(email, {text:String}) > 0
           OR positionCaseInsensitive(account_id, {text:String}) > 0 OR positionCaseInsensitive(customer_id, {text:String}) > 0
    UNION DISTINCT
        SELECT account_id FROM {{.DB}}.subscriptions WHERE subscription_id = {text:String}
)
{{- end}}
GROUP BY account_id
HAVING {status:String} = '' OR status = {status:String}
)
ORDER BY mrr DESC, moved DESC, account_id
{{- if not .CSV}}
LIMIT {size:UInt64} OFFSET {skip:UInt64}
{{- end}}
