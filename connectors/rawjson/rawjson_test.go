package rawjson_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
)

func TestNumber(t *testing.T) {
	var w struct{ A, B, C, D, E, F *rawjson.Number }
	in := `{"a":5,"b":5.0,"c":"0.0025","d":123456789012345678901234567890,"e":null}`
	if err := json.Unmarshal([]byte(in), &w); err != nil {
		t.Fatal(err)
	}
	got := []string{w.A.String(), w.B.String(), w.C.String(), w.D.String()}
	if d := cmp.Diff([]string{"5", "5", "0.0025", "123456789012345678901234567890"}, got); d != "" || w.E != nil || w.F != nil {
		t.Errorf("%v %v (-want +got):\n%s", w.E, w.F, d)
	}
	for _, in := range []string{`""`, `"x"`, `true`, `{}`, `[1]`, `1e99`, `"1e-99"`} {
		var n rawjson.Number
		if err := json.Unmarshal([]byte(in), &n); err == nil {
			t.Errorf("%s passes as %s", in, n)
		}
	}
}

func TestStamp(t *testing.T) {
	for in, want := range map[string]string{
		`1767225600`: "2026-01-01", `1767225600.0`: "2026-01-01", `"1767225600"`: "2026-01-01", `253402300799`: "9999-12-31",
		`null`: "0001-01-01", `0`: "0001-01-01",
	} {
		var s rawjson.Stamp
		if err := json.Unmarshal([]byte(in), &s); err != nil || s.Time().Format(time.DateOnly) != want {
			t.Errorf("%s is %s (%v), want %s", in, s.Time(), err, want)
		}
	}
	for _, in := range []string{`-1`, `253402300800`, `1e30`, `-1e30`, `1.5`, `""`, `"soon"`, `true`} {
		var s rawjson.Stamp
		if err := json.Unmarshal([]byte(in), &s); err == nil {
			t.Errorf("%s passes as %d", in, s)
		}
	}
}

func TestFinding(t *testing.T) {
	object := []byte(` {"id": "a", "list" : [ {"x":"}"} , 2,"\"]" ], "in": {"id":"b"}, "esc":"\u0041", "none":null}`)
	for _, c := range []struct{ what, got, want string }{
		{"text", rawjson.Text(rawjson.Member(object, "id")), "a"},
		{"an expanded object's id", rawjson.Identity(rawjson.Member(object, "in")), "b"},
		{"an id", rawjson.Identity(rawjson.Member(object, "id")), "a"},
		{"text with escapes", rawjson.Text(rawjson.Member(object, "esc")), ""},
		{"no text", rawjson.Text(rawjson.Member(object, "none")), ""},
		{"what is not there", string(rawjson.Member(object, "nowhere")), ""},
		{"replaced", string(rawjson.Replace([]byte(`{"a":{"b":1},"c":2}`), "a", []byte(`3`))), `{"a":3,"c":2}`},
		{"nothing to replace", string(rawjson.Replace([]byte(`{"a":1}`), "b", []byte(`3`))), `{"a":1}`},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
	list, err := rawjson.Elements(rawjson.Member(object, "list"))
	var got []string
	for _, e := range list {
		got = append(got, string(e))
	}
	if d := cmp.Diff([]string{`{"x":"}"}`, `2`, `"\"]"`}, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	for _, in := range []string{``, `[`, `[1`, `[1,`, `[tru]`, `["a]`, `{}`} {
		if _, err := rawjson.Elements([]byte(in)); !errors.Is(err, rawjson.ErrMalformed) {
			t.Errorf("elements of %q: %v", in, err)
		}
	}
	for _, in := range []string{``, `{`, `{"a"}`, `{"a":}`, `{"a" 1}`, `{1:2}`, `{"a":1 "b":2}`, `[]`} {
		if err := rawjson.Members([]byte(in), func(_, _ []byte, _ int) bool { return true }); !errors.Is(err, rawjson.ErrMalformed) {
			t.Errorf("members of %q: %v", in, err)
		}
	}
}

// A rule may go by the place at which an object stands.
func TestScrub(t *testing.T) {
	rule := func(key []byte, at rawjson.Place) (rawjson.Fate, rawjson.Place) {
		switch string(key) {
		case "phone":
			return rawjson.Drop, 0
		case "address":
			return rawjson.Address, 0
		case "email":
			return rawjson.Email, 0
		case "own":
			return rawjson.Verbatim, 0
		case "person", "people":
			return rawjson.Keep, 1
		case "name":
			if at == 1 {
				return rawjson.Name, 0
			}
		}
		return rawjson.Keep, 0
	}
	in := `{"name": "Pro", "person": {"name":"Ada","email":"a@b.c","phone":"1"}, "people":[{"name":"Eve"},{"x":{"name":"Box"}}],
		"address":{"city":"X","country":"DE"}, "own": {"email": "mine", "phone":1}, "last":{"phone":1}}`
	want := `{"name":"Pro","person":{},"people":[{},{"x":{"name":"Box"}}],"address":{"country":"DE"},"own":{"email":"mine","phone":1},"last":{}}`
	got, err := rawjson.Scrub([]byte(in), connectors.Privacy{}, rule, 0)
	if err != nil || string(got) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
	deep := make([]byte, 0, 1000)
	for range 200 {
		deep = append(deep, `{"a":`...)
	}
	if _, err := rawjson.Scrub(deep, connectors.Privacy{}, rule, 0); !errors.Is(err, rawjson.ErrMalformed) {
		t.Errorf("what is nested too deep: %v", err)
	}
}

// What is no JSON is refused with what stands there, and what should.
func TestMalformed(t *testing.T) {
	rule := func([]byte, rawjson.Place) (rawjson.Fate, rawjson.Place) { return rawjson.Keep, 0 }
	for in, want := range map[string]string{
		`{"id":"cus_1","email":"a@b`: "ends where", `{"a":[1,2`: "ends where", `{"a":}`: `"}" where a value should stand`, `{"a":1 "b":2}`: `"\"b\":2}" where`, ``: "ends where a value should stand",
	} {
		if out, err := rawjson.Scrub([]byte(in), connectors.Privacy{}, rule, 0); !errors.Is(err, rawjson.ErrMalformed) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s, %v, want %q", in, out, err, want)
		}
	}
}

// What an erasure leaves: amounts, times, what the residue names, the country.
func TestStrip(t *testing.T) {
	rule := func(key []byte, at rawjson.Place) (rawjson.Fate, rawjson.Place) {
		switch string(key) {
		case "email":
			return rawjson.Email, 0
		case "name":
			return rawjson.Name, 0
		case "address":
			return rawjson.Address, 0
		case "phone":
			return rawjson.Drop, 0
		case "metadata", "cf_note", "cf_tier":
			return rawjson.Verbatim, 0
		}
		return rawjson.Keep, at
	}
	residue := rawjson.Residue{Rule: rule, Text: rawjson.OneOf("id", "status"), Own: rawjson.Paths([]string{"metadata.tier"})}
	in := `{"id":"cus_1","status":"active","email":"ada@b.c","name":"Ada","phone":"1","memo":"for Ada","amount":1200,"paid":true,"gone":null,
		"address":{"city":"X","country":"DE"},"metadata":{"tier":"gold","note":"Ada"},"cf_tier":"gold","cf_note":"Ada","list":["Ada",{"id":"b","name":"Eve"}]}`
	want := `{"id":"cus_1","status":"active","amount":1200,"paid":true,"gone":null,"address":{"country":"DE"},"metadata":{"tier":"gold"},"cf_tier":"gold","list":[{"id":"b"}]}`
	got, personal, err := rawjson.Strip([]byte(in), residue, 0)
	if err != nil || string(got) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
	if told := strings.Join(personal, " "); told != "ada@b.c Ada Eve" {
		t.Errorf("told %q", told)
	}
}

// What is scrubbed is valid JSON, or an error.
func FuzzScrub(f *testing.F) {
	f.Add(`{"email":"a@b.c","a":[1,{"b":"q\"}"}],"own":{"a b":"c d"}}`)
	f.Add(` { "a" : [ 1 , { "phone" : "1" } ] } `)
	rule := func(key []byte, _ rawjson.Place) (rawjson.Fate, rawjson.Place) { return rawjson.Fate(len(key) % 7), 0 }
	f.Fuzz(func(t *testing.T, in string) {
		out, err := rawjson.Scrub([]byte(in), connectors.Privacy{Emails: connectors.Hash, Names: connectors.Keep}, rule, 0)
		if err == nil && json.Valid([]byte(in)) && !json.Valid(out) {
			t.Errorf("%q becomes %q", in, out)
		}
	})
}

// What is stripped is valid JSON that says no text but those that may stay, and
// is stripped for good.
func FuzzStrip(f *testing.F) {
	f.Add(`{"id":"a","email":"a@b.c","a":[1,"x",{"id":"q\"}"}],"meta":{"tier":"gold","note":"x"},"n":-1.5e3}`)
	f.Add(` [ { "a\u0062" : "c" , "id" : [ "1" , [ "2" ] ] } ] `)
	rule := func(key []byte, _ rawjson.Place) (rawjson.Fate, rawjson.Place) {
		switch string(key) {
		case "email":
			return rawjson.Email, 0
		case "meta":
			return rawjson.Verbatim, 0
		}
		return rawjson.Keep, 0
	}
	residue := rawjson.Residue{Rule: rule, Text: rawjson.OneOf("id"), Own: rawjson.Paths([]string{"metadata.tier"})}
	f.Fuzz(func(t *testing.T, in string) {
		out, _, err := rawjson.Strip([]byte(in), residue, 0)
		if err != nil || !json.Valid([]byte(in)) {
			return
		}
		if !json.Valid(out) {
			t.Fatalf("%q becomes %q", in, out)
		}
		if again, _, err := rawjson.Strip(out, residue, 0); err != nil || string(again) != string(out) {
			t.Errorf("%q becomes %q, and that %q, %v", in, out, again, err)
		}
	})
}

// BenchmarkScrub copies an invoice as Stripe writes one.
func BenchmarkScrub(b *testing.B) {
	raw := invoice(20)
	b.SetBytes(int64(len(raw)))
	keep := func([]byte, rawjson.Place) (rawjson.Fate, rawjson.Place) { return rawjson.Keep, 0 }
	for b.Loop() {
		if _, err := rawjson.Scrub(raw, connectors.Privacy{}, keep, 0); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMember looks for what stands behind everything else.
func BenchmarkMember(b *testing.B) {
	raw := invoice(20)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if rawjson.Member(raw, "total") == nil {
			b.Fatal("not found")
		}
	}
}

func invoice(lines int) []byte {
	line := `
      {
        "id": "il_1N8dVh2eZvKYlo2CXb3TQyUe",
        "object": "line_item",
        "amount": 4900,
        "currency": "usd",
        "description": "1 × Team \"plus\" (at $49.00 / month)",
        "discountable": true,
        "period": {
          "end": 1769904000,
          "start": 1767225600
        },
        "price": "price_1N8dVg2eZvKYlo2CbS6xQ9Dh",
        "proration": false
      }`
	return []byte(`{
  "id": "in_1N8dVh2eZvKYlo2CJ4nVbTzM",
  "object": "invoice",
  "customer": "cus_NuKq3FgWjTb0Rz",
  "lines": {
    "data": [` + strings.TrimSuffix(strings.Repeat(line+",", lines), ",") + `
    ],
    "has_more": false
  },
  "total": 4900
}`)
}
