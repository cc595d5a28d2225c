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
        account_id, name AS name_of, created_at AS born, source AS place, customer_id AS customer, status AS standing, country AS land,
        {{if .Reporting}}current_mrr_reporting{{else}}current_mrr_by_currency[{unit:String}]{{end}} AS level,
        subscriptions AS agreements, first_mrr_date AS first_day, last_movement_date AS last_day, email
    FROM {{.DB}}.customers
    WHERE ({source:String} = '' OR source = {source:String})
{{- if not .Reporting}}
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
