package stripe

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
)

// Whatever lies in the store, translating it ends, never panics, and gives the
// same answer again.
func FuzzTranslate(f *testing.F) {
	f.Add(kindSubscription, active(`{}`), active(`{"status":"paused","pause_collection":{"behavior":"void","resumes_at":9}}`))
	f.Add(kindEvent, string(happened("evt_1", "customer.subscription.updated", "2026-03-10", active(`{}`), `{"items":{"data":[]}}`).Payload), `{"data":{"object":[]}}`)
	f.Add(kindInvoice, invoice(`{}`, line(`{}`), line(`{"proration":true,"amount":-3}`)), invoice(`{"status":"void"}`))
	f.Add(kindCustomer, `{"id":"cus_1","object":"customer","discount":`+discount("di_1", coupon, "2026-01-01", "")+`}`, `{"deleted":true}`)
	f.Add(kindSchedule, `{"id":"s","subscription":"sub_1","phases":[{"start_date":1,"end_date":5,"items":[{"price":"a"}]}]}`, `{"phases":[null]}`)
	f.Add(kindCreditNote, `{"id":"cn","currency":"usd","lines":{"data":[{"amount":1e9}]}}`, `{"total":"1e40"}`)
	f.Add(kindInvoiceItem, `{"id":"ii","proration":true,"subscription":"sub_1","subscription_item":"si_1","period":{"start":1,"end":2},"price":`+priceA+`}`, `{}`)
	f.Fuzz(func(t *testing.T, kind, first, second string) {
		var objects []connectors.Object
		for i, payload := range []string{first, second, active(`{}`)} {
			k := kind
			if i == 2 {
				k = kindSubscription
			}
			objects = append(objects, connectors.Object{Kind: k, ID: "x", CustomerID: "cus_1", Version: int64(i), Payload: []byte(payload), Deleted: len(payload)%7 == 0})
		}
		catalogue := catalogueOf(
			connectors.Object{Kind: kindCoupon, ID: "HALF", Payload: []byte(first)}, connectors.Object{Kind: kindPrice, ID: "t", Payload: []byte(second)},
			connectors.Object{Kind: kindWatch, ID: "w", Payload: []byte(second)},
		)
		a, bad := translate(objects, catalogue)
		objects[0], objects[2] = objects[2], objects[0]
		b, again := translate(objects, catalogue)
		if d := cmp.Diff(a, b, exactly); d != "" {
			t.Fatalf("another order gives another record:\n%s", d)
		}
		if d := cmp.Diff(bad, again); d != "" {
			t.Fatalf("another order gives other rejects:\n%s", d)
		}
	})
}

// What is scrubbed is valid JSON without personal fields, or an error.
func FuzzScrub(f *testing.F) {
	f.Add(`{"id":"cus_1","object":"customer","email":"a@b.c","name":"Ada","address":{"line1":"x","country":"DE"},"metadata":{"a b":"c d"}}`, kindCustomer)
	f.Add(` { "a" : [ 1 , { "phone" : "1" } ] } `, "x")
	f.Add(`{"email":null,"a":{"customer_email":"q\"}"}}`, kindInvoice)
	f.Fuzz(func(t *testing.T, in, kind string) {
		if !json.Valid([]byte(in)) {
			_, _ = scrub([]byte(in), kind, connectors.Privacy{})
			return
		}
		out, err := scrub([]byte(in), kind, connectors.Privacy{Emails: connectors.Hash, Names: connectors.Keep})
		if err != nil {
			if strings.Count(in, "{")+strings.Count(in, "[") < rawjson.MaxDepth {
				t.Fatalf("%q: %v", in, err)
			}
			return
		}
		if !json.Valid(out) {
			t.Fatalf("%q becomes %q", in, out)
		}
		again, err := scrub(out, kind, connectors.Privacy{Emails: connectors.Keep, Names: connectors.Keep})
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("scrubbed twice, %q becomes %q, %v", out, again, err)
		}
	})
}

func FuzzPosition(f *testing.F) {
	f.Add(`{"v":1,"began":5,"spans":[{"from":1,"to":9,"after":"x"}]}`)
	f.Fuzz(func(t *testing.T, in string) {
		p, err := parsePosition(connectors.Cursor(in))
		if err != nil {
			return
		}
		again, err := parsePosition(p.cursor())
		if err != nil {
			t.Fatalf("%s cannot be read back: %v", p.cursor(), err)
		}
		if again.cursor() != p.cursor() {
			t.Fatalf("%s reads back as %s", p.cursor(), again.cursor())
		}
	})
}

func FuzzPrevious(f *testing.F) {
	f.Add(`{"a":1,"b":{"c":2}}`, `{"b":{"c":null},"d":[1]}`)
	f.Fuzz(func(t *testing.T, now, before string) {
		if !json.Valid([]byte(now)) || !json.Valid([]byte(before)) {
			_, _ = previous([]byte(now), []byte(before))
			return
		}
		out, err := previous([]byte(now), []byte(before))
		if err == nil && !json.Valid(out) {
			t.Fatalf("%q over %q gives %q", before, now, out)
		}
	})
}
