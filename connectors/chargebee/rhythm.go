package chargebee

import (
	"time"

	"mrrsync/connectors/billing"
	"mrrsync/connectors/rawjson"
)

// readPlans notes what plans were charged, by subscription.
func (t *translation) readPlans() {
	t.plans = map[string][]planLine{}
	for _, list := range [][]seen[wireDocument]{t.invoices, t.notes} {
		for _, v := range list {
			for i := range v.wire.LineItems {
				l := &v.wire.LineItems[i]
				if l.itemType() != itemPlan {
					continue
				}
				if in, ok := t.entry(l.EntityID, itemPlan, l.one()).rhythm(); ok {
					id := l.subscription(v.wire)
					t.plans[id] = append(t.plans[id], planLine{v.wire, l, in})
				}
			}
		}
	}
}

// planLine is a line that charges or credits a plan, and how often that plan is
// charged.
type planLine struct {
	doc      *wireDocument
	line     *wireLine
	interval billing.Interval
}

// rhythm is how often what a line charges is charged: a plan by its price, an
// addon by its own period on the subscription, else as the plan that is charged
// until the same moment, else as the subscription today.
func (t *translation) rhythm(h *history, c *charged) billing.Interval {
	if c.line.itemType() == itemPlan {
		if in, ok := c.entry.rhythm(); ok {
			return in
		}
	}
	last := h.last
	if last != nil {
		for _, i := range last.wire.items() {
			if in, ok, _ := interval(i.BillingPeriod, i.BillingPeriodUnit); ok && i.ItemPriceID == c.line.EntityID {
				return in
			}
		}
	}
	if in, ok := t.beside(h, c); ok {
		return in
	}
	if last != nil {
		if in, ok, _ := interval(last.wire.BillingPeriod, last.wire.BillingPeriodUnit); ok {
			return in
		}
	}
	in, _ := c.entry.rhythm()
	return in
}

// rhythm is how often the price is charged, as the catalogue has it.
func (e entry) rhythm() (billing.Interval, bool) {
	if e.wirePrice == nil {
		return billing.Interval{}, false
	}
	in, ok, _ := interval(e.Period, e.PeriodUnit)
	return in, ok
}

// beside is the rhythm of the plan beside which a line is charged: one of the
// same document, else, for what was added later, the plan that was running when
// the line began. Both are charged until the same moment.
func (t *translation) beside(h *history, c *charged) (billing.Interval, bool) {
	var running *planLine
	plans := t.plans[h.id]
	for i := range plans {
		p := &plans[i]
		switch {
		case p.line == c.line || p.line.DateTo != c.line.DateTo:
		case p.doc == c.doc:
			return p.interval, true
		case !p.doc.speaks() || p.line.DateFrom > c.line.DateFrom:
		case running == nil || p.line.DateFrom > running.line.DateFrom:
			running = p
		}
	}
	if running == nil {
		return billing.Interval{}, false
	}
	return running.interval, true
}

// addTo is t plus n intervals, the day clamped to the length of its month.
func addTo(t time.Time, in billing.Interval, n int64) time.Time {
	count := int(in.Count * n)
	switch in.Unit {
	case billing.Day:
		return t.AddDate(0, 0, count)
	case billing.Week:
		return t.AddDate(0, 0, 7*count)
	case billing.Year:
		count *= 12
	case billing.Month, billing.Term:
	}
	clock := t.Sub(t.Truncate(24 * time.Hour))
	return billing.DateOf(t, time.UTC).AddMonths(count).Time().Add(clock)
}

// maxPeriods is how many periods charged in advance are looked for.
const maxPeriods = 36

// periods is how many whole intervals [from, until) is; 0 when it is a part of
// one. Sites live in a zone, whose clocks change by quarters of an hour; and months
// end on different days, so that a period may be counted from either end. What is
// off by other minutes is a part: a change on 29 January, an hour and 39 minutes
// short of the month that ends on 28 February.
func periods(from, until time.Time, in billing.Interval) int64 {
	if in.Count < 1 {
		return 1 // nothing tells a part from a whole
	}
	near := func(a, b time.Time) bool {
		const clock, slip = 15 * time.Minute, time.Second
		off := a.Sub(b).Abs()
		return off <= 2*time.Hour && (off+slip)%clock <= 2*slip
	}
	for n := int64(1); n <= maxPeriods; n++ {
		end := addTo(from, in, n)
		if near(end, until) || near(addTo(until, in, -n), from) {
			return n
		}
		if end.After(until.Add(4 * 24 * time.Hour)) {
			break
		}
	}
	return 0
}

// end is where the line's period ends, as far as the line itself tells. Sites
// that bill by the day end it a second before the next one begins: at the last
// second of a minute, though it began with one. Of a subscription that was made
// in such a second every period begins and ends in one.
func (l *wireLine) end() rawjson.Stamp {
	if (l.DateTo+1)%60 == 0 && l.DateFrom%60 == 0 {
		return l.DateTo + 1
	}
	return l.DateTo
}

// closePeriods finds where the service periods of a subscription end. A part of
// one may begin at any moment: what begins at its end tells more than its line.
func closePeriods(lines []*charged) {
	begins := map[rawjson.Stamp]bool{}
	for _, c := range lines {
		begins[c.line.DateFrom] = true
	}
	for _, c := range lines {
		end, early := c.line.DateTo, (c.line.DateTo+1)%60 == 0
		switch {
		case begins[end]:
		case early && begins[end+1]:
			end++
		default:
			end = c.line.end()
		}
		c.until = end.Time()
	}
}
