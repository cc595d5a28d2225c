{{define "months"}}(SELECT toStartOfMonth(max(through) + 1) FROM {{.DB}}.loads WHERE status = 'current'){{end -}}
{{if eq .Method "committed" -}}
-- What is agreed. It is firm but for what waits for evidence, such as trials.
SELECT toString(currency) AS code, 'committed' AS method, month, committed_mrr AS mrr, committed_mrr - scheduled_mrr AS low, committed_mrr AS high
FROM {{.DB}}.mrr_forward_monthly
WHERE month < addMonths({{template "months" .}}, {months:UInt16})
  AND ({currency:String} = '' OR currency = {currency:String})
ORDER BY code, month
{{- else if eq .Method "trend" -}}
-- A decimal made of a float is cut off and not rounded, so each is made with more places than it keeps.
-- The mean growth of the last twelve whole months carried on, with the range that holds four of five outcomes if months go on to vary as they did.
SELECT
    code, 'trend' AS method,
    addMonths({{template "months" .}}, arrayJoin(range(toUInt32({months:UInt16}))) AS later) AS month,
    toDecimal128(round(toDecimal128(level * exp(pace * (later + 1)), 8), 4), 4) AS mrr,
    toDecimal128(round(toDecimal128(level * exp(pace * (later + 1) - 1.2816 * spread * sqrt(later + 1)), 8), 4), 4) AS low,
    toDecimal128(round(toDecimal128(level * exp(pace * (later + 1) + 1.2816 * spread * sqrt(later + 1)), 8), 4), 4) AS high
FROM
(
    SELECT
        code, argMax(ends, month) AS level, avg(growth) AS pace, stddevSamp(growth) AS spread
    FROM
    (
        SELECT toString(currency) AS code, month, toFloat64(ending_mrr) AS ends, log(toFloat64(ending_mrr) / toFloat64(starting_mrr)) AS growth
        FROM {{.DB}}.mrr_waterfall_monthly
        WHERE month < {{template "months" .}} AND month >= addMonths({{template "months" .}}, -12)
          AND starting_mrr > 0 AND ending_mrr > 0
          AND ({currency:String} = '' OR currency = {currency:String})
    )
    GROUP BY code
    -- Two months' growth is the least that varies.
    HAVING count() >= 2 AND max(month) = addMonths({{template "months" .}}, -1)
)
ORDER BY code, month
{{- else -}}
-- From one age to the next the cohorts together kept a share: that is the curve. Today's cohorts go on along it from their ages, and new ones,
-- as large as the mean of the last six months', from the first. Ages that no cohort has reached keep what all ages together kept.
SELECT
    code, 'cohort' AS method,
    addMonths({{template "months" .}}, arrayJoin(range(toUInt32({months:UInt16}))) AS later) AS month,
    toDecimal128(round(toDecimal128(
        arraySum((level, age) -> level * exp(curve[age + later + 2] - curve[age + 1]), levels, ages)
        + fresh * arraySum(born -> exp(curve[later - born + 1]), range(later + 1)), 8), 4), 4) AS mrr,
    mrr AS low, mrr AS high
FROM
(
    SELECT
        c.code AS code, levels, ages, fresh,
        arrayConcat([0.], arrayCumSum(arrayMap(a -> log(greatest(if(indexOf(steps, a) > 0, kept[indexOf(steps, a)], overall), 1e-9)), range(toUInt32({months:UInt16}) + arrayMax(ages) + 2)))) AS curve
    FROM
    (
        SELECT
            toString(currency) AS code, groupArray(toFloat64(mrr)) AS levels, groupArray(toUInt32(age)) AS ages,
            -- A month without new accounts has no cohort, and counts as none.
            sumIf(toFloat64(base_mrr), age < 6) / least(6, max(age) + 1) AS fresh
        FROM {{.DB}}.cohorts_monthly
        WHERE month = addMonths({{template "months" .}}, -1)
          AND ({currency:String} = '' OR currency = {currency:String})
        GROUP BY code
    ) AS c
    INNER JOIN
    (
        SELECT
            code, groupArray(age) AS steps, groupArray(after / before) AS kept, sum(after) / sum(before) AS overall
        FROM
        (
            SELECT code, age, sum(level) AS before, sum(next) AS after
            FROM
            (
                SELECT
                    toString(currency) AS code, toUInt32(age) AS age, month, toFloat64(mrr) AS level,
                    any(toFloat64(mrr)) OVER (PARTITION BY cohort, currency ORDER BY age ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING) AS next
                FROM {{.DB}}.cohorts_monthly AS c
                WHERE month < {{template "months" .}}
            )
            WHERE month < addMonths({{template "months" .}}, -1)
            GROUP BY code, age
            HAVING before > 0
        )
        GROUP BY code
    ) AS k ON c.code = k.code
)
ORDER BY code, month
{{- end}}
