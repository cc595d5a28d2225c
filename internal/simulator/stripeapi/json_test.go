package stripeapi

import "testing"

func TestDiff(t *testing.T) {
	for _, c := range []struct{ name, older, newer, want string }{
		{"a value", `{"a":1,"b":"x"}`, `{"a":2,"b":"x"}`, `{"a":1}`},
		{"a new key is null", `{"a":1}`, `{"a":1,"b":{"c":1}}`, `{"b":null}`},
		{"null to a hash", `{"p":null}`, `{"p":{"behavior":"void","resumes_at":5}}`, `{"p":null}`},
		{"a hash to null is whole", `{"p":{"behavior":"void","resumes_at":5}}`, `{"p":null}`, `{"p":{"behavior":"void","resumes_at":5}}`},
		{"a hash key by key", `{"p":{"behavior":"void","resumes_at":5}}`, `{"p":{"behavior":"void","resumes_at":6}}`, `{"p":{"resumes_at":5}}`},
		{"an array whole", `{"items":{"object":"list","data":[{"id":"a","q":1},{"id":"b"}],"has_more":false}}`, `{"items":{"object":"list","data":[{"id":"a","q":2},{"id":"b"}],"has_more":false}}`, `{"items":{"data":[{"id":"a","q":1},{"id":"b"}]}}`},
		{"brackets inside strings", `{"n":"}]\\\"{","x":[1,{"y":"]"}]}`, `{"n":"}]\\\"{","x":[2]}`, `{"x":[1,{"y":"]"}]}`},
		{"a key that went", `{"a":1,"b":2}`, `{"b":2}`, `{"a":1}`},
	} {
		got, changed := diff(nil, []byte(c.older), []byte(c.newer))
		if string(got) != c.want || !changed {
			t.Errorf("%s: %s, %v; want %s", c.name, got, changed, c.want)
		}
		if _, changed := diff(nil, []byte(c.newer), []byte(c.newer)); changed {
			t.Errorf("%s: a difference between equals", c.name)
		}
	}
}
