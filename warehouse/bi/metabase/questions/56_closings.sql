-- Closed months
-- Which months were closed and reopened, by whom and why. Closed days never change; what would change them is a movement of the first open day with the reason restatement.
--
-- Visualization: Table
-- Column at: When, UTC
-- Column action: close or reopen
-- Column month: First day of the month that was named; closing it closed all earlier ones, reopening it reopened all later ones
-- Column closed_through: The last closed day since; 1970-01-01 if none is
-- Column who: The user of the operating system who did it
-- Column note: Why, in their words
-- Column load_id: The load that was published by it
SELECT at, action, month, closed_through, who, note, load_id
FROM closings
ORDER BY at DESC
LIMIT 50
