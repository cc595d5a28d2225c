-- Largest movements
-- The fifty days on which an account moved most, with the reasons and who moved.
--
-- Visualization: Table
-- Variable currency: a currency such as USD, or reporting for all in the reporting currency
-- Variable from: the first day or month; empty: all
-- Variable to: the last day or month; empty: all
-- Variable source: a source as the configuration names it; empty: all
-- Variable segment: a configured segment; empty: the first in alphabetical order
-- Variable value: a value of that segment, (none) for what has none; empty: all
-- Column date: The day whose MRR differs from the day before, in the reporting time zone
-- Column account_id: The paying account after identity resolution, to which the movement is typed
-- Column movement: What the day's change is to the account; one value per account, currency and day
-- Column amount: Change of the item's MRR, in major units of currency, signed. The sum per account, currency and day has the sign of its movement (churn and contraction negative); single rows may not
-- Column reason: What caused it: new, quantity, price, plan, item, discount, trial, ramp, pause, resume, cancel, unpaid, recovered, transfer, restatement
-- Column plan_id: Price, item price or plan
-- Column source: The source, as named in the configuration
SELECT
    day AS date, account_id, any(kind) AS movement, sum(change) AS amount,
    arrayStringConcat(arraySort(groupUniqArray(cause)), ', ') AS reason,
    arrayStringConcat(arraySort(groupUniqArray(plan)), ', ') AS plan_id,
    arrayStringConcat(arraySort(groupUniqArray(place)), ', ') AS source
FROM
(
    SELECT
        date AS day, account_id, currency, toString(movement) AS kind,
        if({{currency}} = 'reporting', amount_reporting, amount) AS change,
        toString(reason) AS cause, toString(plan_id) AS plan, toString(source) AS place
    FROM mrr_movements
    WHERE ({{currency}} = 'reporting' OR currency = {{currency}})
      AND true [[AND source = {{source}}]] [[AND if(segments[{{segment}}] = '', '(none)', segments[{{segment}}]) = {{value}}]]
      AND true [[AND date >= toDate({{from}})]] [[AND date <= toDate({{to}})]]
)
GROUP BY day, account_id, currency
HAVING amount != 0
ORDER BY abs(amount) DESC, date DESC, account_id
LIMIT 50
