-- What is closed belongs to a load: the next one takes it over, and no other part of a load says otherwise.
ALTER TABLE {{.Store}}.manifest{{.OnCluster}}
    ADD COLUMN IF NOT EXISTS closed_through Date COMMENT 'The last day of the last closed month: what the load says of days up to it was taken over as it was closed; 1970-01-01: nothing is closed. Header row only'
