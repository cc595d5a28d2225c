// Package schedule starts runs at the times a cron expression names, in the
// reporting time zone.
//
// A slot is a time that the expression names. Each slot is run once: not twice
// when clocks go back, not skipped when they go forward, not at the same time
// as the one before, and after downtime the slots that were missed are made up
// for by one run. What ran already is read from the warehouse, not remembered,
// so that a restart in between changes nothing.
package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Cron is a parsed expression of five fields: minute, hour, day of the month,
// month, day of the week.
type Cron struct {
	minute, hour, day, month, weekday uint64 // a bit per value
	anyDay, anyWeekday, everyHour     bool
}

// field describes one field of an expression.
type field struct {
	name     string
	min, max int
	names    []string // of the values from min on
}

var fields = []field{
	{"minute", 0, 59, nil},
	{"hour", 0, 23, nil},
	{"day of the month", 1, 31, nil},
	{"month", 1, 12, []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{"day of the week", 0, 7, []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

var shorthand = map[string]string{
	"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
}

// Parse reads an expression such as "15 2 * * *" (at 02:15 every day): numbers,
// names of months and days, lists, ranges, steps, and @hourly and its like. As
// in every cron, a day counts when either the day of the month or the day of the
// week does, unless one of them is *.
func Parse(text string) (Cron, error) {
	if full, ok := shorthand[strings.TrimSpace(text)]; ok {
		text = full
	}
	words := strings.Fields(text)
	if len(words) != len(fields) {
		return Cron{}, fmt.Errorf("schedule %q: want five fields (minute hour day month weekday) such as \"15 2 * * *\"", text)
	}
	var bits [5]uint64
	for i, f := range fields {
		var err error
		if bits[i], err = f.parse(strings.ToLower(words[i])); err != nil {
			return Cron{}, fmt.Errorf("schedule %q: %w", text, err)
		}
	}
	if bits[4]&(1<<7) != 0 { // both 0 and 7 are Sunday
		bits[4] |= 1
	}
	c := Cron{
		minute: bits[0], hour: bits[1], day: bits[2], month: bits[3], weekday: bits[4],
		anyDay: strings.HasPrefix(words[2], "*"), anyWeekday: strings.HasPrefix(words[4], "*"), everyHour: bits[1] == 1<<24-1,
	}
	if c.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.UTC).IsZero() {
		return Cron{}, fmt.Errorf("schedule %q: there is no such day", text)
	}
	return c, nil
}

// parse reads one field: a list of values, ranges and steps.
func (f field) parse(text string) (bits uint64, err error) {
	for part := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return 0, fmt.Errorf("%s %q: want a step of at least 1 behind the slash", f.name, part)
			}
		}
		from, to := f.min, f.max
		if span != "*" {
			first, last, ranged := strings.Cut(span, "-")
			if from, err = f.value(first); err != nil {
				return 0, err
			}
			switch {
			case ranged:
				if to, err = f.value(last); err != nil {
					return 0, err
				}
			case !stepped:
				to = from
			}
		} else if f.max == 7 {
			to = 6
		}
		if from > to {
			return 0, fmt.Errorf("%s %q: the range ends before it begins", f.name, part)
		}
		for v := from; v <= to; v += step {
			bits |= 1 << v
		}
	}
	return bits, nil
}

func (f field) value(text string) (int, error) {
	if i := slices.Index(f.names, text); i >= 0 {
		return f.min + i, nil
	}
	v, err := strconv.Atoi(text)
	if err != nil || v < f.min || v > f.max {
		return 0, fmt.Errorf("%s %q: want %d to %d", f.name, text, f.min, f.max)
	}
	return v, nil
}

// horizon is how far Next looks: a 29th of February is at most eight years away.
const horizon = 9 * 366

// Next is the first slot after an instant; zero if there is none. A time of day
// that clocks skip is run when they have skipped it; one that they show twice is
// run the first time. With every hour in the expression, every hour that passes
// counts.
func (c Cron) Next(after time.Time, zone *time.Location) time.Time {
	t := after.In(zone).Truncate(time.Minute).Add(time.Minute)
	for range horizon {
		if !c.onDay(t) {
			t = tomorrow(t)
			continue
		}
		for day := t.YearDay(); t.YearDay() == day; t = t.Add(time.Minute) {
			if c.at(t) {
				return t
			}
		}
	}
	return time.Time{}
}

// tomorrow is the first instant of the next day.
func tomorrow(t time.Time) time.Time {
	y, m, d := t.Date()
	next := time.Date(y, m, d+1, 0, 0, 0, 0, t.Location())
	for next.YearDay() == t.YearDay() { // midnight is skipped there
		next = next.Add(time.Minute)
	}
	return next
}

func (c Cron) onDay(t time.Time) bool {
	if c.month&(1<<t.Month()) == 0 {
		return false
	}
	day, weekday := c.day&(1<<t.Day()) != 0, c.weekday&(1<<t.Weekday()) != 0
	if c.anyDay || c.anyWeekday {
		return day && weekday
	}
	return day || weekday
}

func (c Cron) clock(hour, minute int) bool { return c.hour&(1<<hour) != 0 && c.minute&(1<<minute) != 0 }

// at tells whether a minute is a slot.
func (c Cron) at(t time.Time) bool {
	if c.everyHour {
		return c.clock(t.Hour(), t.Minute())
	}
	before := t.Add(-time.Minute)
	_, now := t.Zone()
	_, was := before.Zone()
	if gap := time.Duration(now-was) * time.Second; gap > 0 {
		// The clock jumped: what it skipped is made up for now.
		for m := before.Add(time.Minute); m.Before(before.Add(time.Minute + gap)); m = m.Add(time.Minute) {
			wall := m.In(time.FixedZone("", was))
			if c.clock(wall.Hour(), wall.Minute()) {
				return true
			}
		}
	}
	if !c.clock(t.Hour(), t.Minute()) {
		return false
	}
	// The same reading of the clock up to two hours ago: it went back since.
	for _, back := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour} {
		if earlier := t.Add(-back); earlier.Hour() == t.Hour() && earlier.Minute() == t.Minute() && earlier.Day() == t.Day() {
			return false
		}
	}
	return true
}
