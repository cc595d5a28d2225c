package company

import "mrrsync/internal/simulator/reckon"

const (
	minute = reckon.Minute
	hour   = reckon.Hour
	day    = reckon.Day
)

// Interval is the unit of a billing period.
type Interval = reckon.Interval

// The intervals.
const (
	Day   = reckon.Daily
	Week  = reckon.Weekly
	Month = reckon.Monthly
	Year  = reckon.Yearly
)
