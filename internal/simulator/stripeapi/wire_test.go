package stripeapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"mrrsync/internal/simulator/company"
	"mrrsync/internal/simulator/wire"
)

func TestErrors(t *testing.T) {
	h := New(small(1, 40), Options{Key: "sk_test_right", Denied: []string{"invoices"}})
	for _, c := range []struct {
		name, path, key string
		status          int
		code, message   string
	}{
		{"no key", "customers", "", 401, "", "You did not provide an API key"},
		{"wrong key", "customers", "sk_test_wrong", 401, "", "Invalid API Key provided: sk_test_****"},
		{"no permission", "invoices", "sk_test_right", 403, "", "does not have the required permissions"},
		{"unknown parameter", "customers?bogus=1", "sk_test_right", 400, "parameter_unknown", "Received unknown parameter: bogus"},
		{"unknown bound", "customers?created[after]=1", "sk_test_right", 400, "parameter_unknown", "created[after]"},
		{"limit too high", "customers?limit=101", "sk_test_right", 400, "parameter_invalid_integer", "between 1 and 100"},
		{"limit too low", "customers?limit=0", "sk_test_right", 400, "parameter_invalid_integer", "between 1 and 100"},
		{"bad status", "subscriptions?status=dead", "sk_test_right", 400, "", "Invalid status"},
		{"too deep", "subscriptions?expand[]=data.items.data.price.tiers", "sk_test_right", 400, "property_expansion_max_depth", "You cannot expand more than 4 levels"},
		{"not expandable", "subscriptions?expand[]=data.status", "sk_test_right", 400, "", "cannot be expanded"},
		{"list without data", "subscriptions?expand[]=customer", "sk_test_right", 400, "", "data.customer"},
		{"missing object", "customers/cus_nobody", "sk_test_right", 404, "resource_missing", "No such customer: 'cus_nobody'"},
		{"missing cursor", "customers?starting_after=cus_nobody", "sk_test_right", 400, "resource_missing", "No such customer"},
		{"both cursors", "customers?starting_after=a&ending_before=b", "sk_test_right", 400, "", "only specify one"},
		{"items of nothing", "subscription_items", "sk_test_right", 400, "parameter_missing", "subscription"},
		{"no such place", "charges", "sk_test_right", 404, "", "Unrecognized request URL"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/v1/"+c.path, nil)
		if c.key != "" {
			r.Header.Set("Authorization", "Bearer "+c.key)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var v struct {
			Error struct{ Code, Message, Type string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if w.Code != c.status || v.Error.Code != c.code || !strings.Contains(v.Error.Message, c.message) || v.Error.Type != "invalid_request_error" {
			t.Errorf("%s: %d %+v", c.name, w.Code, v.Error)
		}
		if w.Header().Get("Request-Id") == "" || w.Header().Get("Stripe-Version") != Version {
			t.Errorf("%s: headers %v", c.name, w.Header())
		}
	}
}

func ids(list []string) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = id([]byte(x))
	}
	return out
}

func TestListing(t *testing.T) {
	c := small(2, 300)
	h := New(c, Options{})
	all := ids(dump(t, h, "subscriptions?status=all&limit=100"))
	if n := len(dump(t, h, "subscriptions?limit=100")); n >= len(all) {
		t.Errorf("without a status %d subscriptions of %d are listed, canceled ones included", n, len(all))
	}
	_, first := call(t, h, "/v1/subscriptions?status=all")
	if n := len(first["data"].([]any)); n != 10 || first["has_more"] != true {
		t.Errorf("a page without a limit: %d objects, has_more %v", n, first["has_more"])
	}
	if got := ids(dump(t, h, "subscriptions?status=all&limit=7")); !slices.Equal(got, all) {
		t.Error("pages of seven and of a hundred do not list the same")
	}
	// Backwards from the middle: the seven newer than it, newest first.
	_, v := call(t, h, "/v1/subscriptions?status=all&limit=7&ending_before="+all[50])
	var back []string
	for _, x := range v["data"].([]any) {
		back = append(back, x.(map[string]any)["id"].(string))
	}
	if !slices.Equal(back, all[43:50]) {
		t.Errorf("ending_before lists %v, want %v", back, all[43:50])
	}
	// Slices by creation, half-open, make the whole.
	var parts []string
	from, to := c.Start().Unix(), c.Config.Now.Unix()+1
	for _, b := range [][2]int64{{from + 2*(to-from)/3, to}, {from + (to-from)/3, from + 2*(to-from)/3}, {from, from + (to-from)/3}} {
		parts = append(parts, ids(dump(t, h, fmt.Sprintf("subscriptions?status=all&limit=100&created[gte]=%d&created[lt]=%d", b[0], b[1])))...)
	}
	if !slices.Equal(parts, all) {
		t.Errorf("three slices list %d, the whole list %d", len(parts), len(all))
	}
	one := c.Customers[5]
	for _, x := range dump(t, h, "invoices?customer="+one.ID) {
		if !strings.Contains(x, `"customer":"`+one.ID+`"`) {
			t.Errorf("an invoice of somebody else: %.200s", x)
		}
	}
	if got, want := h.Requests()["GET /v1/invoices"], 1; got < want {
		t.Errorf("counted %d requests for invoices", got)
	}
}

func TestHiddenUntilExpanded(t *testing.T) {
	h := New(small(3, 400), Options{})
	for _, c := range []struct{ path, expand, has string }{
		{"prices?limit=100", "data.tiers", `"tiers":[`},
		{"prices?limit=100", "data.currency_options", `"currency_options":{`},
		{"coupons?limit=100", "data.applies_to", `"applies_to":{`},
		{"subscriptions?status=all&limit=100", "data.discounts", `"discounts":[{"id":"di_1`},
		{"subscriptions?status=all&limit=100", "data.items.data.discounts", `"discounts":[{"id":"di_1`},
		{"subscriptions?status=all&limit=100", "data.discounts.coupon.applies_to", `"applies_to":{`},
		{"invoices?limit=100", "data.discounts", `"discounts":[{"id":"di_1`},
	} {
		if strings.Contains(strings.Join(dump(t, h, c.path), ""), c.has) {
			t.Errorf("%s shows %s unasked", c.path, c.has)
		}
		if !strings.Contains(strings.Join(dump(t, h, c.path+"&expand[]="+c.expand), ""), c.has) {
			t.Errorf("%s does not show %s when %s is expanded", c.path, c.has, c.expand)
		}
	}
}

func TestEvents(t *testing.T) {
	c := small(4, 1000)
	h := New(c, Options{})
	now := c.Config.Now.Unix()
	kinds, versions := map[string]int{}, map[string]int{}
	for _, raw := range dump(t, h, "events?limit=100") {
		var e struct {
			Type       string
			Created    int64
			APIVersion string `json:"api_version"`
			Data       struct {
				Object   map[string]any
				Previous map[string]any `json:"previous_attributes"`
			}
		}
		if err := json.Unmarshal([]byte(raw), &e); err != nil {
			t.Fatal(err)
		}
		kinds[e.Type]++
		versions[e.APIVersion]++
		if e.Created <= now-30*86_400 || e.Created > now {
			t.Errorf("an event of %v", time.Unix(e.Created, 0).UTC())
		}
		if strings.HasSuffix(e.Type, ".updated") && len(e.Data.Previous) == 0 {
			t.Errorf("%s says nothing of what was before: %.300s", e.Type, raw)
		}
		if strings.HasSuffix(e.Type, ".created") && e.Data.Previous != nil {
			t.Errorf("%s has previous attributes", e.Type)
		}
	}
	for _, k := range []string{
		"customer.created", "customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted", "customer.discount.created",
		"invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_failed", "invoiceitem.created",
	} {
		if kinds[k] == 0 {
			t.Errorf("no event %s among %v", k, kinds)
		}
	}
	if len(versions) < 3 {
		t.Errorf("only the API versions %v", versions)
	}
	only := dump(t, h, "events?limit=100&types[]=invoice.paid&types[]=customer.deleted")
	if len(only) != kinds["invoice.paid"]+kinds["customer.deleted"] {
		t.Errorf("%d events of two types, want %d", len(only), kinds["invoice.paid"]+kinds["customer.deleted"])
	}
}

func TestClockMoves(t *testing.T) {
	now := time.Date(2026, 5, 3, 0, 0, 0, 0, time.UTC)
	c := company.New(company.Config{Seed: 9, Customers: 200, Months: 12, Now: now, Until: now.AddDate(0, 0, 31)})
	at := now
	h := New(c, Options{Clock: func() time.Time { return at }})
	seen := map[string]bool{}
	for range 31 {
		list := ids(dump(t, h, "invoices?limit=100"))
		there := map[string]bool{}
		for _, x := range list {
			there[x] = true
		}
		for x := range seen {
			if !there[x] {
				t.Fatalf("%s: invoice %s of the day before is gone", at.Format(time.DateOnly), x)
			}
		}
		if len(list) <= len(seen) {
			t.Errorf("%s: no new invoice", at.Format(time.DateOnly))
		}
		seen = there
		at = at.AddDate(0, 0, 1)
	}
}

func TestFaults(t *testing.T) {
	srv := func(spec string) *httptest.Server {
		f, err := wire.ParseFaults(spec, 3)
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(New(small(1, 120), Options{Faults: f}))
		t.Cleanup(s.Close)
		return s
	}
	get := func(base, path string) (*http.Response, string, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/v1/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer sk_test_x")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, "", err
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		return resp, string(b), err
	}
	for _, c := range []struct {
		spec string
		is   func(*http.Response, string, error) bool
	}{
		{"429=2", func(r *http.Response, _ string, _ error) bool {
			return r.StatusCode == 429 && r.Header.Get("Retry-After") != ""
		}},
		{"429=2", func(r *http.Response, _ string, _ error) bool {
			return r.StatusCode == 429 && r.Header.Get("Retry-After") == ""
		}},
		{"lock=2", func(r *http.Response, b string, _ error) bool {
			return r.StatusCode == 429 && strings.Contains(b, "lock_timeout")
		}},
		{"500=2", func(r *http.Response, b string, _ error) bool {
			return r.StatusCode == 500 && strings.Contains(b, "api_error")
		}},
		{"html=2", func(r *http.Response, b string, _ error) bool {
			return r.StatusCode == 502 && strings.HasPrefix(b, "<html>")
		}},
		{"reset=2", func(r *http.Response, _ string, err error) bool { return r == nil && err != nil }},
		{"truncate=2", func(r *http.Response, b string, err error) bool {
			return r != nil && err == nil && !json.Valid([]byte(b))
		}},
		{"truncate=2", func(r *http.Response, _ string, err error) bool { return r != nil && err != nil }},
		{"empty-page=2", func(r *http.Response, b string, _ error) bool {
			return strings.Contains(b, `"data":[],"has_more":true`)
		}},
		{"denied=2", func(r *http.Response, _ string, _ error) bool { return r.StatusCode == 403 }},
	} {
		s := srv(c.spec)
		good, bad := 0, 0
		for range 60 {
			r, body, err := get(s.URL, "customers?limit=3")
			switch {
			case r != nil && r.StatusCode == 200 && err == nil && json.Valid([]byte(body)) && !strings.Contains(body, `"data":[]`):
				good++
			case c.is(r, body, err):
				bad++
			}
		}
		if good == 0 || bad == 0 {
			t.Errorf("%s: %d good answers and %d with this fault among 60", c.spec, good, bad)
		}
	}
	s := srv("duplicate-page=1")
	_, one, _ := get(s.URL, "customers?limit=3")
	_, two, _ := get(s.URL, "customers?limit=3&starting_after="+id([]byte(one[strings.LastIndex(one, `"id":"cus_`):])))
	if one != two {
		t.Errorf("the page after a cursor, with duplicates, is not the page before:\n%.300s\n%.300s", one, two)
	}
	if _, err := wire.ParseFaults("html,bogus", 1); err == nil || !strings.Contains(err.Error(), `unknown fault "bogus"`) {
		t.Errorf("an unknown fault: %v", err)
	}
	if _, err := wire.ParseFaults("html=0", 1); err == nil {
		t.Error("one request in zero is accepted")
	}
}

func TestMutateMovesThePresent(t *testing.T) {
	f, err := wire.ParseFaults("mutate=1", 3)
	if err != nil {
		t.Fatal(err)
	}
	h := New(small(1, 10), Options{Faults: f})
	before := h.Now()
	for range 3000 {
		call(t, h, "/v1/account")
	}
	if !h.Now().After(before) || h.Now().Truncate(24*time.Hour) != before.Truncate(24*time.Hour) {
		t.Errorf("the present moved from %v to %v; it must move, but stay within its day", before, h.Now())
	}
}

// Readers in parallel see the same pages as one alone, faults apart.
func TestParallel(t *testing.T) {
	f, err := wire.ParseFaults("mutate=3,late-events=2", 1)
	if err != nil {
		t.Fatal(err)
	}
	c := small(6, 120)
	h := New(c, Options{Faults: f, Rate: 1e6})
	want := ids(dump(t, New(c, Options{}), "prices?limit=50"))
	done := make(chan []string)
	for range 6 {
		go func() {
			dump(t, h, "events?limit=20")
			dump(t, h, "invoices?limit=90")
			done <- ids(dump(t, h, "prices?limit=50"))
		}()
	}
	for range 6 {
		if got := <-done; !slices.Equal(got, want) {
			t.Errorf("a reader among others sees %d prices, want %d", len(got), len(want))
		}
	}
	if n := h.Requests()["GET /v1/prices"]; n != 6*((len(want)+49)/50) {
		t.Errorf("%d requests for prices counted", n)
	}
}
