package stripe

import (
	"testing"

	"mrrsync/connectors"
)

func TestScrub(t *testing.T) {
	hash := connectors.Privacy{Emails: connectors.Hash, Names: connectors.Drop, Key: []byte("k")}
	digest, _ := hash.Email("a@b.c")
	keep := connectors.Privacy{Emails: connectors.Keep, Names: connectors.Keep}
	for _, c := range []struct {
		name, kind, in, want string
		privacy              connectors.Privacy
	}{
		{
			"a customer with everything dropped", kindCustomer,
			`{"id": "cus_1", "email": "a@b.c", "name": "Ada", "phone": "1", "address": {"city": "X", "country": "DE", "line1": "y"}, "shipping": {"name": "Ada"}}`,
			`{"id":"cus_1","address":{"country":"DE"}}`,
			connectors.Privacy{},
		},
		{"digests and names", kindCustomer, `{"email":"a@b.c","name":"Ada"}`, `{"email":"` + digest + `"}`, hash},
		{"kept", kindCustomer, `{"email":"a@b.c","name":"Ad\u00e1"}`, `{"email":"a@b.c","name":"Ad\u00e1"}`, keep},
		{"null stays null", kindCustomer, `{"email":null,"name":null,"address":null}`, `{"email":null,"name":null,"address":null}`, keep},
		{"the name of a product is not personal", kindProduct, `{"name":"Pro"}`, `{"name":"Pro"}`, connectors.Privacy{}},
		{"metadata is the owner's", kindCustomer, `{"metadata": {"phone": "a  b", "email": "x"}}`, `{"metadata":{"phone":"a  b","email":"x"}}`, connectors.Privacy{}},
		{
			"inside an event", kindInvoice, `{"data":{"object":{"customer_email":"a@b.c","customer_name":"Ada","total":5},"previous_attributes":{"customer_phone":"1"}}}`,
			`{"data":{"object":{"total":5},"previous_attributes":{}}}`,
			connectors.Privacy{},
		},
		{
			"a customer that is expanded, and free texts", kindInvoice,
			`{"customer":{"id":"cus_1","name":"Ada","description":"Ada, from X"},"description":"for <ada@b.c>, and \u0040","memo":"x","lines":[{"description":"1 x Pro"}]}`,
			`{"customer":{"id":"cus_1"},"description":"for \u003c\u003e, and @","lines":[{"description":"1 x Pro"}]}`,
			connectors.Privacy{},
		},
		{"addresses in free texts", kindInvoice, `{"description":"for A@b.c"}`, `{"description":"for ` + digest + `"}`, hash},
		{"empty lists and objects, the first and the last member gone", "x", `{"phone":1,"a":[ ],"b":{ },"card":{"x":[1,"]"]}}`, `{"a":[],"b":{}}`, connectors.Privacy{}},
	} {
		got, err := scrub([]byte(c.in), c.kind, c.privacy)
		if err != nil || string(got) != c.want {
			t.Errorf("%s:\ngot  %s %v\nwant %s", c.name, got, err, c.want)
		}
	}
	for _, in := range []string{``, `{`, `{"a"}`, `{"a":}`, `{"a":1,}x`, `[1`, `{"a":tru}`, `{} {}`} {
		if out, err := scrub([]byte(in), "x", keep); err == nil && in != `{"a":1,}x` {
			t.Errorf("%q passes as %q", in, out)
		}
	}
}
