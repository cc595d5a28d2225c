package billing

import (
	"fmt"
	"time"
)

// Date is a calendar day, counted from 1970-01-01. It has no zone: whoever
// makes one from an instant says in which zone the day lies.
type Date int32

const (
	// NoDate is the zero Date's meaning in fields that may be empty. No
	// subscription fact of a real company lies on 1970-01-01.
	NoDate Date = 0
	// Forever is the open end of a half-open interval: 2149-06-06, the last day
	// that ClickHouse's Date holds.
	Forever Date = 65535
)

// DateOf is the day on which t falls in zone.
func DateOf(t time.Time, zone *time.Location) Date {
	y, m, d := t.In(zone).Date()
	return NewDate(y, m, d)
}

// NewDate is the given calendar day; values out of range are carried over as
// time.Date does.
func NewDate(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return NoDate, fmt.Errorf("parse date %q: want YYYY-MM-DD", s)
	}
	return NewDate(t.Date()), nil
}

// Time is the day's midnight in UTC, the form in which a Date travels to the
// warehouse.
func (d Date) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// In is the instant at which the day begins in zone: its midnight, or the first
// instant after it where a change of clocks skips midnight, so that DateOf takes
// it back to the same day. A day that a zone skips whole begins with the next.
func (d Date) In(zone *time.Location) time.Time {
	y, m, day := d.Time().Date()
	t := time.Date(y, m, day, 0, 0, 0, 0, zone)
	for DateOf(t, zone) < d {
		t = t.Add(30 * time.Minute)
	}
	return t
}

// Month is the first day of the day's month.
func (d Date) Month() Date {
	y, m, _ := d.Time().Date()
	return NewDate(y, m, 1)
}

// AddMonths moves by n calendar months, the day clamped to the length of the
// target month: 31 January plus one month is 28 or 29 February.
func (d Date) AddMonths(n int) Date {
	y, m, day := d.Time().Date()
	first := NewDate(y, m+time.Month(n), 1)
	fy, fm, _ := first.Time().Date()
	last := NewDate(fy, fm+1, 1) - 1
	return min(first+Date(day-1), last)
}

// String is YYYY-MM-DD; Forever prints as "open".
func (d Date) String() string {
	if d == Forever {
		return "open"
	}
	return d.Time().Format(time.DateOnly)
}
