-- One row what an account's movement of a day came to, with the number and the sum of all of them beside it. Names are looked up for the rows that are shown.
SELECT
    m.date, if(n.name = '', m.account_id, n.name), m.kind, m.change, m.code, m.reasons, m.plans, m.places, m.items, m.account_id, m.all_rows, m.all_amount
FROM
(
    SELECT
        date, account_id, toString(movement) AS kind,
        {{if .Reporting}}{unit:String}{{else}}toString(currency){{end}} AS code,
        sum(amount{{if .Reporting}}_reporting{{end}}) AS change,
        arrayStringConcat(arraySort(groupUniqArray(toString(reason))), ', ') AS reasons,
        arrayStringConcat(arraySort(groupUniqArray(4)(toString(plan_id))), ', ') AS plans,
        arrayStringConcat(arraySort(groupUniqArray(toString(source))), ', ') AS places,
        count() AS items,
        count() OVER () AS all_rows,
        sum(sum(amount{{if .Reporting}}_reporting{{end}})) OVER () AS all_amount
    FROM {{.DB}}.mrr_movements
    WHERE date BETWEEN {from:Date} AND {to:Date}
      AND {{.Chosen}}
      AND ({kind:String} = '' OR toString(movement) = {kind:String})
      AND ({account:String} = '' OR account_id = {account:String})
    GROUP BY date, account_id, movement, code
    ORDER BY {{if .Newest}}date DESC, {{end}}abs(change) DESC, date DESC, account_id, code
    LIMIT {size:UInt64} OFFSET {skip:UInt64}
) AS m
LEFT JOIN
(
    SELECT account_id, argMin(c.name, (c.name = '', created_at, source, customer_id)) AS name
    FROM {{.DB}}.customers AS c
    GROUP BY account_id
) AS n ON m.account_id = n.account_id
ORDER BY {{if .Newest}}m.date DESC, {{end}}abs(m.change) DESC, m.date DESC, m.account_id, m.code
