package company

import "time"

const (
	minute int64 = 60
	hour         = 60 * minute
	day          = 24 * hour
)

// Interval is the unit of a billing period.
type Interval uint8

// The intervals.
const (
	Day Interval = iota + 1
	Week
	Month
	Year
)

// String is the interval as providers write it.
func (i Interval) String() string { return [...]string{"", "day", "week", "month", "year"}[i] }

// addMonths moves a moment by months of the calendar; a day that the target
// month lacks becomes its last one.
func addMonths(t time.Time, n int) time.Time {
	y, m, d := t.Date()
	first := time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, t.Location())
	last := first.AddDate(0, 1, -1).Day()
	h, mi, s := t.Clock()
	return time.Date(first.Year(), first.Month(), min(d, last), h, mi, s, t.Nanosecond(), t.Location())
}

// boundary is the k-th billing boundary after an anchor. Boundaries are
// counted from the anchor, so that the 31st comes back after February.
func boundary(anchor int64, every Interval, count, k int) int64 {
	switch every {
	case Day:
		return anchor + int64(count*k)*day
	case Week:
		return anchor + int64(count*k)*7*day
	case Month:
		return addMonths(time.Unix(anchor, 0).UTC(), count*k).Unix()
	case Year:
		return addMonths(time.Unix(anchor, 0).UTC(), 12*count*k).Unix()
	}
	return anchor
}

// monthsLater is a moment some months of the calendar later.
func monthsLater(t int64, n int) int64 { return addMonths(time.Unix(t, 0).UTC(), n).Unix() }
