package chargebeeapi

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// class of value that a filter compares.
type class uint8

const (
	text class = iota + 1
	enum
	stamp
	number
	truth
)

// operators are what each class of value can be asked.
var operators = [...][]string{
	text:   {"is", "is_not", "starts_with", "in", "not_in", "is_present"},
	enum:   {"is", "is_not", "in", "not_in", "is_present"},
	stamp:  {"after", "before", "on", "between", "is_present"},
	number: {"is", "is_not", "lt", "lte", "gt", "gte", "between", "is_present"},
	truth:  {"is", "is_present"},
}

// condition is one filter of a list request: `status[in]=["active","paused"]`.
type condition struct {
	name, op string
	class    class
	values   []string
	lo, hi   int64 // moments and numbers: lo <= value < hi, or for is_not its opposite
}

// holds says whether a value passes; present is false for one that is absent,
// which passes nothing but a negation.
func (f *condition) holds(v string, present bool) bool {
	switch f.op {
	case "is_present":
		return present == (f.values[0] == "true")
	case "is", "in":
		return present && slices.Contains(f.values, v)
	case "is_not", "not_in":
		return !present || !slices.Contains(f.values, v)
	}
	return present && strings.HasPrefix(v, f.values[0])
}

// lies is holds for moments and numbers.
func (f *condition) lies(v int64, present bool) bool {
	switch f.op {
	case "is_present":
		return present == (f.values[0] == "true")
	case "is_not":
		return !present || v < f.lo || v >= f.hi
	}
	return present && v >= f.lo && v < f.hi
}

const forever = int64(1) << 62

// newCondition reads a condition.
func newCondition(name, op, value string, s class) (condition, *failure) {
	f := condition{name: name, op: op, class: s}
	param := name + "[" + op + "]"
	if !slices.Contains(operators[s], op) {
		return f, wrong(param, "operator not supported")
	}
	many := op == "in" || op == "not_in" || op == "between"
	if many {
		var ok bool
		if f.values, ok = list(value); !ok {
			return f, wrong(param, "invalid format. Expected a list such as [\"a\",\"b\"]")
		}
	} else {
		f.values = []string{value}
	}
	switch {
	case op == "is_present" || s == truth:
		if value != "true" && value != "false" {
			return f, wrong(param, "invalid value. Must be true or false")
		}
	case s == stamp || s == number:
		return f, f.bounds(param)
	case value == "":
		return f, wrong(param, "cannot be blank")
	}
	return f, nil
}

// bounds turns the operator and its numbers into a half-open range.
func (f *condition) bounds(param string) *failure {
	n := make([]int64, len(f.values))
	for i, v := range f.values {
		var err error
		if n[i], err = strconv.ParseInt(v, 10, 64); err != nil {
			return wrong(param, "invalid value. Must be a number")
		}
	}
	f.lo, f.hi = -forever, forever
	switch f.op {
	case "after", "gt":
		f.lo = n[0] + 1
	case "gte":
		f.lo = n[0]
	case "before", "lt":
		f.hi = n[0]
	case "lte":
		f.hi = n[0] + 1
	case "is", "is_not":
		f.lo, f.hi = n[0], n[0]+1
	case "on":
		day := time.Unix(n[0], 0).UTC().Truncate(24 * time.Hour).Unix()
		f.lo, f.hi = day, day+86_400
	case "between":
		if len(n) != 2 {
			return wrong(param, "invalid value. Must be two numbers")
		}
		f.lo, f.hi = n[0], n[1]+1
	}
	return nil
}

// list reads ["a","b"], or [a,b] which the API takes too.
func list(v string) ([]string, bool) {
	var quoted []string
	if json.Unmarshal([]byte(v), &quoted) == nil {
		return quoted, len(quoted) > 0
	}
	inner, ok := strings.CutPrefix(v, "[")
	if !ok {
		return nil, false
	}
	if inner, ok = strings.CutSuffix(inner, "]"); !ok || inner == "" || strings.ContainsAny(inner, "[]{}\"") {
		return nil, false
	}
	parts := strings.Split(inner, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts, true
}

// params are the parameters of a list request.
type params struct {
	limit   int
	offset  string
	deleted bool
	sortBy  string // "" for the list's own order
	desc    bool
	filters []condition
	ignored []string // what the API does not know, and says nothing about
}

// parse reads the parameters that an endpoint knows. What it does not know, it
// ignores without a word, as Chargebee does: a filter of a wrong name, an
// operator left out, an index in place of an operator.
func (k *endpoint) parse(query url.Values) (*params, *failure) {
	p := &params{limit: 10}
	names := make([]string, 0, len(query))
	for n := range query {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, key := range names {
		value := query.Get(key)
		name, op, bracket := strings.Cut(key, "[")
		op, closed := strings.CutSuffix(op, "]") // what is not closed is ignored below
		s, filters := k.filters[name]
		switch {
		case key == "limit":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > 100 {
				return nil, wrong("limit", "invalid value. Must be between 1 and 100")
			}
			p.limit = n
		case key == "offset":
			p.offset = value
		case k.object == "event" && (key == "start_time" || key == "end_time"):
			f, bad := newCondition("occurred_at", map[string]string{"start_time": "gte", "end_time": "lte"}[key], value, number)
			if bad != nil {
				return nil, bad
			}
			p.filters = append(p.filters, f)
		case key == "include_deleted" && k.deletes:
			if value != "true" && value != "false" {
				return nil, wrong(key, "invalid value. Must be true or false")
			}
			p.deleted = value == "true"
		case name == "sort_by" && closed && len(k.sorts) > 0 && (op == "asc" || op == "desc"):
			if !slices.Contains(k.sorts, value) {
				return nil, wrong(key, "invalid value. Must be one of "+strings.Join(k.sorts, ", "))
			}
			p.sortBy, p.desc = value, op == "desc"
		case filters && bracket && closed && !strings.ContainsAny(op, "0123456789]["):
			f, bad := newCondition(name, op, value, s)
			if bad != nil {
				return nil, bad
			}
			p.filters = append(p.filters, f)
		default:
			p.ignored = append(p.ignored, key)
		}
	}
	return p, nil
}

// filter finds a condition, nil without one.
func (p *params) filter(name string) *condition {
	i := slices.IndexFunc(p.filters, func(f condition) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return &p.filters[i]
}
