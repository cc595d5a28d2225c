-- title: Closed months
-- note: Which months were closed and reopened, by whom and why. Closed days never change; what would change them is a movement of the first open day with the reason restatement.
-- chart: table
-- columns: at action month closed_through who note load_id
SELECT at, action, month, closed_through, who, note, load_id
FROM closings
ORDER BY at DESC
LIMIT 50
