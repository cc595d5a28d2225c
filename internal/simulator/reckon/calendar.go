package reckon

import (
	"math/big"
	"time"
)

// Stretches of time, in seconds.
const (
	Minute int64 = 60
	Hour         = 60 * Minute
	Day          = 24 * Hour
)

// Interval is the unit of a billing period.
type Interval uint8

// The intervals.
const (
	Daily Interval = iota + 1
	Weekly
	Monthly
	Yearly
)

// String is the interval as providers write it.
func (i Interval) String() string { return [...]string{"", "day", "week", "month", "year"}[i] }

// Factor puts an amount per count intervals on one month.
func (i Interval) Factor(count int) *big.Rat {
	n := int64(max(count, 1))
	switch i {
	case Daily:
		return Ratio(365, 12*n)
	case Weekly:
		return Ratio(52, 12*n)
	case Yearly:
		return Ratio(1, 12*n)
	default:
		return Ratio(1, n)
	}
}

// AddMonths moves a moment by months of the calendar; a day that the target
// month lacks becomes its last one.
func AddMonths(t time.Time, n int) time.Time {
	y, m, d := t.Date()
	first := time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, t.Location())
	last := first.AddDate(0, 1, -1).Day()
	h, mi, s := t.Clock()
	return time.Date(first.Year(), first.Month(), min(d, last), h, mi, s, t.Nanosecond(), t.Location())
}

// Boundary is the k-th billing boundary after an anchor. Boundaries are
// counted from the anchor, so that the 31st comes back after February.
func Boundary(anchor int64, every Interval, count, k int) int64 {
	switch every {
	case Daily:
		return anchor + int64(count*k)*Day
	case Weekly:
		return anchor + int64(count*k)*7*Day
	case Monthly:
		return AddMonths(time.Unix(anchor, 0).UTC(), count*k).Unix()
	case Yearly:
		return AddMonths(time.Unix(anchor, 0).UTC(), 12*count*k).Unix()
	}
	return anchor
}

// MonthsLater is a moment some months of the calendar later.
func MonthsLater(t int64, n int) int64 { return AddMonths(time.Unix(t, 0).UTC(), n).Unix() }
