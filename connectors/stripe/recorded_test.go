package stripe_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"mrrsync/connectors"
	"mrrsync/connectors/conformance"
)

// The connector keeps its contract with answers in the form in which Stripe
// documents them: a tiered price, a price in fractions of a cent, items that
// come in two pages, a discount that applies to an invoice.
func TestRecordedConformance(t *testing.T) {
	text, err := os.ReadFile("testdata/recorded.json")
	if err != nil {
		t.Fatal(err)
	}
	api, err := conformance.Replay(text, "starting_after", "types[0]")
	if err != nil {
		t.Fatal(err)
	}
	s := subject(api, present)
	s.API.Denied = func(streams ...connectors.Stream) http.Handler {
		return refusing(api, http.StatusForbidden, "The provided key does not have the required permissions for this endpoint.", func(path string) bool {
			return slices.Contains(streams, connectors.Stream(strings.TrimPrefix(path, "/v1/")))
		})
	}
	s.API.Refused = refusing(api, http.StatusUnauthorized, "Invalid API Key provided.", func(string) bool { return true })
	s.Holds = map[connectors.Stream][]string{
		"products": {"product/prod_Api", "product/prod_Team"}, "prices": {"price/price_Api", "price/price_Tiers", "price/price_Seat"},
		"coupons": {"coupon/SPRING"}, "tax_rates": nil, "customers": {"customer/cus_Late", "customer/cus_Mid", "customer/cus_Early"},
		"subscriptions": {"subscription/sub_Late", "subscription/sub_Mid", "subscription/sub_Early"}, "subscription_schedules": nil,
		"invoices": {"invoice/in_Late"}, "credit_notes": nil, "invoiceitems": nil,
	}
	s.Personal = conformance.Personal{
		Emails: []string{"late@recorded.example", "mid@recorded.example"}, Names: []string{"Late GmbH", "Early SARL"},
		Never: []string{"+43 1 5550101", "Ring 3", "1010", "https://invoice.stripe.example/i/acct_1/live_x"},
	}
	conformance.Run(t, s)
}

// refusing is an API that answers some requests with an error.
func refusing(api http.Handler, status int, message string, only func(path string) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !only(r.URL.Path) {
			api.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"message":%q,"type":"invalid_request_error"}}`, message)
	})
}
