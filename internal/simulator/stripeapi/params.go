package stripeapi

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// params are the parameters of a request, checked against what its endpoint
// knows: an unknown one is an error, as at Stripe.
type params struct {
	one    map[string]string
	many   map[string][]string         // expand[], types[], ids[]
	ranges map[string]map[string]int64 // created[gte] ...
	limit  int
	again  bool // a fault: the page that ends with the cursor, not the one after it
}

const unlimited = int64(1) << 62

var lists = map[string]bool{"expand": true, "types": true, "ids": true, "lookup_keys": true}

var moments = map[string]bool{
	"created": true, "current_period_start": true, "current_period_end": true, "canceled_at": true, "completed_at": true, "released_at": true, "due_date": true,
}

func parseParams(query url.Values, allowed []string) (*params, *failure) {
	p := &params{one: map[string]string{}, many: map[string][]string{}, ranges: map[string]map[string]int64{}, limit: 10}
	names := make([]string, 0, len(query))
	for k := range query {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		name, sub, nested := strings.Cut(k, "[")
		if name != "expand" && !slices.Contains(allowed, name) {
			return nil, invalid("parameter_unknown", k, "Received unknown parameter: "+k)
		}
		value := query.Get(k)
		switch {
		case lists[name]:
			if !nested {
				return nil, invalid("", name, "Invalid array")
			}
			p.many[name] = append(p.many[name], query[k]...)
		case moments[name]:
			if f := p.addRange(name, strings.TrimSuffix(sub, "]"), value, nested); f != nil {
				return nil, f
			}
		case nested:
			return nil, invalid("parameter_unknown", k, "Received unknown parameter: "+k)
		default:
			p.one[name] = value
		}
	}
	return p, p.check()
}

func (p *params) addRange(name, op, value string, nested bool) *failure {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return invalid("parameter_invalid_integer", name, "Invalid integer: "+value)
	}
	if p.ranges[name] == nil {
		p.ranges[name] = map[string]int64{}
	}
	if !nested {
		p.ranges[name]["gte"], p.ranges[name]["lte"] = n, n
		return nil
	}
	if !slices.Contains([]string{"gt", "gte", "lt", "lte"}, op) {
		return invalid("parameter_unknown", name+"["+op+"]", "Received unknown parameter: "+name+"["+op+"]")
	}
	p.ranges[name][op] = n
	return nil
}

func (p *params) check() *failure {
	if v, ok := p.one["limit"]; ok {
		n, err := strconv.Atoi(v)
		if err != nil {
			return invalid("parameter_invalid_integer", "limit", "Invalid integer: "+v)
		}
		if n < 1 || n > 100 {
			return invalid("parameter_invalid_integer", "limit", "Invalid integer: limit must be between 1 and 100")
		}
		p.limit = n
	}
	if p.one["starting_after"] != "" && p.one["ending_before"] != "" {
		return invalid("", "", "You may only specify one of these parameters: starting_after, ending_before.")
	}
	if len(p.many["types"]) > 20 {
		return invalid("", "types", "You may only specify up to 20 types.")
	}
	return nil
}

// bounds is the range of a parameter, half-open.
func (p *params) bounds(name string) (lo, hi int64) {
	lo, hi = -unlimited, unlimited
	r := p.ranges[name]
	if v, ok := r["gte"]; ok {
		lo = max(lo, v)
	}
	if v, ok := r["gt"]; ok {
		lo = max(lo, v+1)
	}
	if v, ok := r["lte"]; ok {
		hi = min(hi, v+1)
	}
	if v, ok := r["lt"]; ok {
		hi = min(hi, v)
	}
	return lo, hi
}
