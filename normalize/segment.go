package normalize

import (
	"maps"
	"slices"
	"strings"
	"time"

	"mrrsync/connectors/billing"
)

// story is what the configured segments were over time: each chapter holds from
// its day until the next one's, the first one also before. Neighbours differ.
type story []chapter

type chapter struct {
	from   billing.Date
	values map[string]string // by segment; one without a value is left out
}

// on are the values as of a day.
func (s story) on(day billing.Date) map[string]string {
	for i := len(s) - 1; i > 0; i-- {
		if s[i].from <= day {
			return s[i].values
		}
	}
	return s[0].values
}

// split calls each with the parts of [from, until) during which the values are
// the same.
func (s story) split(from, until billing.Date, each func(from, until billing.Date, values map[string]string)) {
	for i := range s {
		end := billing.Forever
		if i+1 < len(s) {
			end = s[i+1].from
		}
		begin := s[i].from
		if i == 0 {
			begin = from
		}
		if begin, end := max(begin, from), min(end, until); begin < end {
			each(begin, end, s[i].values)
		}
	}
}

// story reads the segments of a subscription, or without one those of its
// customer alone. As everywhere the last word of a day holds for the day.
func (dv *derivation) story(sub *billing.Subscription, customer *billing.Customer) story {
	if len(dv.settings.Segments) == 0 {
		return story{{}}
	}
	if sub == nil {
		sub = &billing.Subscription{}
	}
	own, theirs := sub.Profiles, customer.Profiles
	if len(own) == 0 {
		own = []billing.Profile{{Values: sub.Metadata}}
	}
	if len(theirs) == 0 {
		theirs = []billing.Profile{{Values: fieldsOf(customer)}}
	}
	at := func(t time.Time) map[string]string {
		return segmentsOf(dv.settings.Segments, profileAt(own, t), profileAt(theirs, t))
	}
	s := story{{values: at(time.Time{})}}
	var turns []time.Time
	for _, p := range slices.Concat(own[1:], theirs[1:]) {
		turns = append(turns, p.From)
	}
	slices.SortFunc(turns, time.Time.Compare)
	for _, t := range turns {
		c := chapter{dv.day(t, billing.NoDate), at(t)}
		if last := len(s) - 1; last > 0 && s[last].from == c.from {
			s = s[:last]
		}
		if !maps.Equal(s[len(s)-1].values, c.values) {
			s = append(s, c)
		}
	}
	return s
}

// profileAt is what was said as of t; the first one known is extended back.
func profileAt(list []billing.Profile, t time.Time) map[string]string {
	for i := len(list) - 1; i > 0; i-- {
		if !list[i].From.After(t) {
			return list[i].Values
		}
	}
	return list[0].Values
}

// latest are the segments as last known.
func (dv *derivation) latest(own map[string]string, customer *billing.Customer) map[string]string {
	if len(dv.settings.Segments) == 0 {
		return nil
	}
	return segmentsOf(dv.settings.Segments, own, fieldsOf(customer))
}

// segmentsOf are the values of the configured segments: the subscription's own,
// else its customer's. A segment without a value is left out.
func segmentsOf(paths, own, customers map[string]string) map[string]string {
	out := make(map[string]string, len(paths))
	for name, path := range paths {
		v, _ := lookup(own, path)
		if v == "" {
			v, _ = lookup(customers, path)
		}
		if v != "" {
			out[name] = v
		}
	}
	return out
}

// fieldsOf are a customer's metadata and fields as last known, as a Profile has
// them.
func fieldsOf(c *billing.Customer) map[string]string {
	m := maps.Clone(c.Metadata)
	if m == nil {
		m = make(map[string]string, 3)
	}
	for path, v := range map[string]string{"address.country": c.Country, "currency": c.Currency, "name": c.Name} {
		if m[path] == "" && v != "" {
			m[path] = v
		}
	}
	return m
}

// lookup finds a value in metadata that is kept flat: by its whole path, with
// the word metadata before it or without, or by another name of a country.
func lookup(m map[string]string, path string) (string, bool) {
	if v, ok := m[path]; ok {
		return v, true
	}
	if bare, ok := strings.CutPrefix(path, "metadata."); ok {
		v, found := m[bare]
		return v, found
	}
	if v, ok := m["metadata."+path]; ok {
		return v, true
	}
	if path == "country" || path == "billing_address.country" {
		v, ok := m["address.country"]
		return v, ok
	}
	return "", false
}
