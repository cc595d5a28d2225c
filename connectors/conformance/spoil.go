package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// spoilt is a payload with one field that cannot be meant: of a wrong type, or
// null. A null is the absence of something and may have a meaning of its own.
type spoilt struct {
	what    string
	null    bool
	payload []byte
}

// spoiled are versions of a payload, each with another field spoiled. Fields
// beyond maxDamages are drawn by lot.
func spoiled(dice *rand.Rand, payload []byte) []spoilt {
	root, ok := decode(payload)
	if !ok {
		return nil
	}
	var paths [][]any
	walk(root, nil, &paths)
	if len(paths) > maxDamages {
		dice.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
		paths = paths[:maxDamages]
	}
	var all []spoilt
	for _, path := range paths {
		for _, null := range []bool{false, true} {
			what, by := "with a wrong %v", wrong
			if null {
				what, by = "without %v", func(any) any { return nil }
			}
			copied, _ := decode(payload)
			set(copied, path, by)
			if text, err := json.Marshal(copied); err == nil {
				all = append(all, spoilt{fmt.Sprintf(what, path), null, text})
			}
		}
	}
	return all
}

// decode reads JSON with its numbers as they are written.
func decode(payload []byte) (any, bool) {
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return v, err == nil
}

// walk gathers the paths of all values below v but nulls, which already say
// nothing.
func walk(v any, at []any, paths *[][]any) {
	add := func(step, inner any) {
		path := append(slices.Clone(at), step)
		if inner != nil {
			*paths = append(*paths, path)
		}
		walk(inner, path, paths)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			add(k, v[k])
		}
	case []any:
		for i, inner := range v {
			add(i, inner)
		}
	}
}

// set replaces the value at a path.
func set(v any, path []any, by func(any) any) {
	for _, step := range path[:len(path)-1] {
		switch step := step.(type) {
		case string:
			v = v.(map[string]any)[step]
		case int:
			v = v.([]any)[step]
		}
	}
	switch step := path[len(path)-1].(type) {
	case string:
		m := v.(map[string]any)
		m[step] = by(m[step])
	case int:
		l := v.([]any)
		l[step] = by(l[step])
	}
}
