package rawjson

import "testing"

func TestMeasure(t *testing.T) {
	for _, c := range []struct {
		object, path string
		there, could int
	}{
		{`{"a":1}`, "a", 1, 1},
		{`{"a":0}`, "a", 1, 1},
		{`{"a":null}`, "a", 0, 1},
		{`{"a":""}`, "a", 0, 1},
		{`{"b":1}`, "a", 0, 1},
		{`{"a":{"b":1}}`, "a.b", 1, 1},
		{`{"a":{"c":1}}`, "a.b", 0, 1},
		{`{"a":"id"}`, "a.b", 0, 1}, // not expanded
		{`{"c":1}`, "a.b", 0, 0},    // a is another field
		{`{"a":null}`, "a.b", 0, 0},
		{`{"items":{"data":[{"price":{"id":"p"}},{"price":"p"},{"price":{}},{}]}}`, "items.data.price.id", 1, 3},
		{`{"items":{"data":[{"price":{"id":"p"}},{"price":"p"},{"price":{}},{}]}}`, "items.data.price", 3, 4},
		{`{"a":[]}`, "a", 1, 1},
		{`{"a":[]}`, "a.b", 0, 0},
		{`{"a":[{"b":1},2]}`, "a.b", 1, 2},
	} {
		if there, could := Measure([]byte(c.object), c.path); there != c.there || could != c.could {
			t.Errorf("%s of %s: %d of %d, want %d of %d", c.path, c.object, there, could, c.there, c.could)
		}
	}
}
