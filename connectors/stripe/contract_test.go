package stripe_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-mock/embedded"
	mock "github.com/stripe/stripe-mock/server"

	"mrrsync/internal/simulator/company"
	"mrrsync/internal/simulator/stripeapi"
)

// newer are expansions that API 2023-10-16 knows and stripe-mock's older
// description of it does not: discounts as a list on subscriptions and items.
var newer = map[string][]string{
	"/v1/subscriptions":      {"data.discounts", "data.discounts.coupon.applies_to", "data.items.data.discounts"},
	"/v1/subscriptions/":     {"discounts", "discounts.coupon.applies_to", "items.data.discounts"},
	"/v1/subscription_items": {"data.discounts"},
}

// Every request of a first sync and of a night is one that stripe-mock, which
// refuses unknown parameters, values and expansions, accepts.
func TestStripeMockAcceptsEveryRequest(t *testing.T) {
	spec, err := mock.LoadSpec(embedded.OpenAPISpec, "")
	if err != nil {
		t.Fatal(err)
	}
	fixtures, err := mock.LoadFixtures(embedded.OpenAPIFixtures, "")
	if err != nil {
		t.Fatal(err)
	}
	stub, err := mock.NewStubServer(fixtures, spec, true, false)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	refused := map[string]string{}
	accepted := map[string]bool{}
	now := present
	api := stripeapi.New(company.New(company.Config{Seed: 1, Customers: 300, Months: 18, Now: present, Until: present.AddDate(0, 0, 9)}),
		stripeapi.Options{Clock: func() time.Time { return now }})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		check := r.Clone(r.Context())
		query := check.URL.Query()
		prefix := check.URL.Path
		if i := strings.Index(prefix, "/sub_"); i > 0 {
			prefix = prefix[:i+1]
		}
		var expand []string
		for key, values := range query {
			if strings.HasPrefix(key, "expand[") {
				query.Del(key)
				for _, v := range values {
					if !slices.Contains(newer[prefix], v) {
						expand = append(expand, v)
					}
				}
			}
		}
		for _, v := range expand {
			query.Add("expand[]", v)
		}
		check.URL.RawQuery = query.Encode()
		answer := httptest.NewRecorder()
		stub.HandleRequest(answer, check)
		mu.Lock()
		if answer.Code != http.StatusOK {
			refused[r.URL.Path+"?"+r.URL.RawQuery] = answer.Body.String()
		}
		accepted[strings.Join(strings.Split(prefix, "/")[:3], "/")] = true
		mu.Unlock()
		api.ServeHTTP(w, r)
	}))
	defer server.Close()
	s := pulled(t, open(t, server.URL, still, "page_size: 50\n"))
	if err := open(t, server.URL, still, "").Check(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := open(t, server.URL, still, "").Account(t.Context()); err != nil {
		t.Error(err)
	}
	now = present.AddDate(0, 0, 7) // a week later: fetched one by one, and by renewal
	if err := s.pull(t.Context(), open(t, server.URL, func() time.Time { return now }, "")); err != nil {
		t.Fatal(err)
	}
	for path, why := range refused {
		t.Errorf("refused: %s\n%s", path, why)
	}
	for _, path := range []string{
		"/v1/account", "/v1/customers", "/v1/products", "/v1/prices", "/v1/coupons", "/v1/tax_rates", "/v1/subscriptions",
		"/v1/subscription_items", "/v1/subscription_schedules", "/v1/invoices", "/v1/credit_notes", "/v1/invoiceitems", "/v1/events",
	} {
		if !accepted[path] {
			t.Errorf("%s was never asked for", path)
		}
	}
}
