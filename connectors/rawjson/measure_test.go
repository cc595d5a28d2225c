package rawjson

import (
	"slices"
	"testing"
)

func TestMeasure(t *testing.T) {
	cases := []struct {
		object, path string
		want         Filled
	}{
		{`{"a":1}`, "a", Filled{1, 1}},
		{`{"a":0}`, "a", Filled{1, 1}},
		{`{"a":null}`, "a", Filled{0, 1}},
		{`{"a":""}`, "a", Filled{0, 1}},
		{`{"b":1}`, "a", Filled{0, 1}},
		{`{"a":{"b":1}}`, "a.b", Filled{1, 1}},
		{`{"a":{"c":1}}`, "a.b", Filled{0, 1}},
		{`{"a":"id"}`, "a.b", Filled{0, 1}}, // not expanded
		{`{"a":"id"}`, "a.b.c", Filled{0, 1}},
		{`{"c":1}`, "a.b", Filled{0, 0}}, // a is another field
		{`{"a":null}`, "a.b", Filled{0, 0}},
		{`{"items":{"data":[{"price":{"id":"p"}},{"price":"p"},{"price":{}},{}]}}`, "items.data.price.id", Filled{1, 3}},
		{`{"items":{"data":[{"price":{"id":"p"}},{"price":"p"},{"price":{}},{}]}}`, "items.data.price", Filled{3, 4}},
		{`{"a":[]}`, "a", Filled{1, 1}},
		{`{"a":[]}`, "a.b", Filled{0, 0}},
		{`{"a":[{"b":1},2]}`, "a.b", Filled{1, 2}},
		{`{"a":1,"a":null}`, "a", Filled{1, 1}},
	}
	var paths []string
	for _, c := range cases {
		if !slices.Contains(paths, c.path) {
			paths = append(paths, c.path)
		}
	}
	for _, c := range cases {
		if got := FieldsOf([]string{c.path}).Measure([]byte(c.object)); got[0] != c.want {
			t.Errorf("%s of %s: %+v, want %+v", c.path, c.object, got[0], c.want)
		}
		// Beside all others it is counted as it is alone.
		if got := FieldsOf(paths).Measure([]byte(c.object))[slices.Index(paths, c.path)]; got != c.want {
			t.Errorf("%s of %s beside others: %+v, want %+v", c.path, c.object, got, c.want)
		}
	}
}
