package stripe

import (
	"cmp"
	"fmt"

	"mrrsync/connectors/rawjson"
)

// previous is an event's object as it was before: previous_attributes laid over
// it. They are a partial difference: objects differ member by member, lists and
// all else are the whole old value, null says that there was none.
func previous(object, attributes []byte) ([]byte, error) {
	return overlay(object, attributes, 0)
}

func overlay(now, before []byte, depth int) ([]byte, error) {
	if len(before) == 0 || before[0] != '{' || len(now) == 0 || now[0] != '{' {
		return before, nil
	}
	if depth > rawjson.MaxDepth {
		return nil, fmt.Errorf("%w: nested too deep", rawjson.ErrMalformed)
	}
	type field struct {
		value []byte
		used  bool
	}
	old := map[string]*field{}
	var order []string
	err := rawjson.Members(before, func(key, value []byte, _ int) bool {
		if old[string(key)] == nil {
			order = append(order, string(key))
		}
		old[string(key)] = &field{value: value}
		return true
	})
	if err != nil {
		return nil, err
	}
	out := []byte{'{'}
	put := func(key string, value []byte) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(append(out, '"'), key...), '"', ':'), value...)
	}
	var inner error
	err = rawjson.Members(now, func(key, value []byte, _ int) bool {
		f := old[string(key)]
		if f == nil {
			put(string(key), value)
			return true
		}
		var merged []byte
		merged, inner = overlay(value, f.value, depth+1)
		if inner == nil && !f.used {
			put(string(key), merged)
		}
		f.used = true
		return inner == nil
	})
	if err != nil || inner != nil {
		return nil, cmp.Or(err, inner)
	}
	for _, key := range order {
		if f := old[key]; !f.used {
			put(key, f.value)
		}
	}
	return append(out, '}'), nil
}
