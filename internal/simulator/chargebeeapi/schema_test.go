package chargebeeapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chargebee/chargebee-go/v3"
	couponAction "github.com/chargebee/chargebee-go/v3/actions/coupon"
	customerAction "github.com/chargebee/chargebee-go/v3/actions/customer"
	eventAction "github.com/chargebee/chargebee-go/v3/actions/event"
	invoiceAction "github.com/chargebee/chargebee-go/v3/actions/invoice"
	itemAction "github.com/chargebee/chargebee-go/v3/actions/item"
	planAction "github.com/chargebee/chargebee-go/v3/actions/plan"
	subscriptionAction "github.com/chargebee/chargebee-go/v3/actions/subscription"
	"github.com/chargebee/chargebee-go/v3/filter"
	"github.com/chargebee/chargebee-go/v3/models/addon"
	"github.com/chargebee/chargebee-go/v3/models/coupon"
	"github.com/chargebee/chargebee-go/v3/models/creditnote"
	"github.com/chargebee/chargebee-go/v3/models/customer"
	"github.com/chargebee/chargebee-go/v3/models/event"
	"github.com/chargebee/chargebee-go/v3/models/invoice"
	"github.com/chargebee/chargebee-go/v3/models/item"
	"github.com/chargebee/chargebee-go/v3/models/itemfamily"
	"github.com/chargebee/chargebee-go/v3/models/itemprice"
	"github.com/chargebee/chargebee-go/v3/models/plan"
	"github.com/chargebee/chargebee-go/v3/models/ramp"
	"github.com/chargebee/chargebee-go/v3/models/subscription"

	"mrrsync/internal/simulator/site"
)

// town simulates a site that has enough of everything.
func town(seed uint64, customers int, k site.Catalogue) *site.Site {
	return site.New(site.Config{Seed: seed, Catalogue: k, Customers: customers, Months: 24, Now: time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)})
}

// shapes are the vendor's own structs, which are the schema that there is.
func shapes() map[string]func() any {
	return map[string]func() any{
		"customer":     func() any { return &customer.Customer{} },
		"subscription": func() any { return &subscription.Subscription{} },
		"invoice":      func() any { return &invoice.Invoice{} },
		"credit_note":  func() any { return &creditnote.CreditNote{} },
		"coupon":       func() any { return &coupon.Coupon{} },
		"item_family":  func() any { return &itemfamily.ItemFamily{} },
		"item":         func() any { return &item.Item{} },
		"item_price":   func() any { return &itemprice.ItemPrice{} },
		"plan":         func() any { return &plan.Plan{} },
		"addon":        func() any { return &addon.Addon{} },
		"ramp":         func() any { return &ramp.Ramp{} },
		"event":        func() any { return &event.Event{} },
	}
}

// required is what objects of a kind never lack.
var required = map[string][]string{
	"customer":     {"id", "created_at", "auto_collection", "taxability", "deleted", "object"},
	"subscription": {"id", "customer_id", "currency_code", "status", "created_at", "billing_period", "billing_period_unit", "has_scheduled_changes", "deleted", "object"},
	"invoice": {
		"id", "customer_id", "recurring", "status", "price_type", "date", "currency_code", "total", "sub_total", "tax", "amount_due", "updated_at",
		"resource_version", "line_items", "deleted", "object",
	},
	"credit_note": {
		"id", "customer_id", "reference_invoice_id", "type", "reason_code", "status", "date", "total", "sub_total", "amount_allocated",
		"amount_refunded", "amount_available", "line_items", "object",
	},
	"coupon":     {"id", "name", "discount_type", "duration_type", "apply_on", "status", "created_at", "object"},
	"item":       {"id", "name", "type", "status", "metered", "object"},
	"item_price": {"id", "name", "item_id", "item_type", "status", "pricing_model", "currency_code", "created_at", "object"},
	"plan":       {"id", "name", "period", "period_unit", "pricing_model", "status", "object"},
	"addon":      {"id", "name", "charge_type", "type", "pricing_model", "status", "object"},
	"ramp":       {"id", "subscription_id", "effective_from", "status", "created_at", "deleted", "object"},
	"event":      {"id", "occurred_at", "source", "event_type", "api_version", "content", "object"},
}

// fits checks an object against its struct. big counts quantities that are
// right and too big for it.
func fits(object string, raw []byte, into any, big *int) error {
	for _, k := range required[object] {
		if top(raw, k) == nil {
			return fmt.Errorf("lacks %s", k)
		}
	}
	if bytes.Contains(raw, []byte(":null")) {
		return errors.New("has a null")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var overflow *json.UnmarshalTypeError
	if errors.As(err, &overflow) && overflow.Type.String() == "int32" && strings.Contains(overflow.Field, "quantity") {
		if n, bad := strconv.ParseInt(strings.TrimPrefix(overflow.Value, "number "), 10, 64); bad == nil && n >= 1<<31 {
			*big++
			return nil
		}
	}
	return err
}

// Every answer of every list, in both catalogues, decodes into the vendor's
// structs without a field that they do not have.
func TestSchema(t *testing.T) {
	for _, k := range []site.Catalogue{site.Plans, site.Items} {
		big, seen := 0, map[string]int{}
		for seed := range uint64(3) {
			h := New(town(seed+1, 300, k), Options{Plain: true, Strict: true})
			for name, e := range endpoints {
				if e.catalogue != 0 && e.catalogue != int(k) {
					continue
				}
				query := "?limit=100"
				if e.deletes {
					query += "&include_deleted=true"
				}
				for _, raw := range dump(t, h, e.object, name+query) {
					seen[name]++
					if err := fits(e.object, raw, shapes()[e.object](), &big); err != nil {
						t.Fatalf("%s: %v\n%s", name, err, raw)
					}
					if name != "events" {
						continue
					}
					var parts map[string]json.RawMessage
					if err := json.Unmarshal(top(raw, "content"), &parts); err != nil || len(parts) == 0 {
						t.Fatalf("content of an event: %v\n%s", err, raw)
					}
					for object, part := range parts {
						if err := fits(object, part, shapes()[object](), &big); err != nil {
							t.Fatalf("%s in an event: %v\n%s", object, err, part)
						}
						seen["event of "+object]++
					}
				}
			}
		}
		t.Logf("catalogue %d: %d quantities beyond 2^31 among %v", k, big, seen)
		if big == 0 {
			t.Errorf("catalogue %d: no quantity beyond 2^31", k)
		}
		for name, e := range endpoints {
			if (e.catalogue == 0 || e.catalogue == int(k)) && seen[name] == 0 {
				t.Errorf("catalogue %d: no %s", k, name)
			}
		}
		for _, object := range []string{"customer", "subscription", "invoice", "credit_note"} {
			if seen["event of "+object] == 0 {
				t.Errorf("catalogue %d: no event shows a %s", k, object)
			}
		}
	}
}

// The vendor's client reads the site.
func TestSDK(t *testing.T) {
	env := func(h http.Handler) chargebee.Environment {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		port := s.URL[strings.LastIndexByte(s.URL, ':')+1:]
		return chargebee.Environment{Key: "test_key", SiteName: "127.0.0", ChargebeeDomain: "1:" + port, Protocol: "http"}
	}
	two := New(handmade(40, site.Items), Options{Key: "test_key", Strict: true, Plain: true})
	at := env(two)
	limit, deleted := int32(7), true
	seen, offset := 0, ""
	for {
		r, err := subscriptionAction.List(&subscription.ListRequestParams{
			Limit: &limit, Offset: offset, IncludeDeleted: &deleted, UpdatedAt: &filter.TimestampFilter{After: day(-1)},
			Status: &filter.EnumFilter{In: []any{"active", "paused"}}, SortBy: &filter.SortFilter{Asc: "created_at"},
		}).ListRequestWithEnv(at)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range r.List {
			if x.Subscription.Id == "" || x.Subscription.SubscriptionItems[0].ItemPriceId != "pro-USD" || x.Customer == nil {
				t.Errorf("%+v", x.Subscription)
			}
			seen++
		}
		if offset = r.NextOffset; offset == "" {
			break
		}
	}
	if seen != 40-6+1 { // six have no updated_at, one of them until it was deleted
		t.Errorf("%d subscriptions", seen)
	}
	if r, err := customerAction.Retrieve("cust002").RequestWithEnv(at); err != nil || r.Customer.Company != "Söhne & Co" || !strings.Contains(string(r.Customer.MetaData), "A2") {
		t.Errorf("one customer: %v", err)
	}
	if r, err := invoiceAction.List(&invoice.ListRequestParams{Date: &filter.TimestampFilter{Between: []int64{day(0), day(0) + 7200}}}).ListRequestWithEnv(at); err != nil || len(r.List) != 3 {
		t.Errorf("invoices of three hours: %v %d", err, len(r.List))
	}
	if r, err := eventAction.List(&event.ListRequestParams{SortBy: &filter.SortFilter{Asc: "occurred_at"}}).ListRequestWithEnv(at); err != nil || len(r.List) != 10 {
		t.Errorf("events: %v", err)
	}
	if _, err := couponAction.List(&coupon.ListRequestParams{}).ListRequestWithEnv(at); err != nil {
		t.Errorf("coupons: %v", err)
	}
	if _, err := itemAction.List(&item.ListRequestParams{}).ListRequestWithEnv(at); err != nil {
		t.Errorf("items: %v", err)
	}
	var refused *chargebee.Error
	if _, err := planAction.List(&plan.ListRequestParams{}).ListRequestWithEnv(at); !errors.As(err, &refused) || refused.APIErrorCode != "configuration_incompatible" || refused.HTTPStatusCode != 400 {
		t.Errorf("plans of a site with items: %v", err)
	}
	if _, err := planAction.List(&plan.ListRequestParams{}).ListRequestWithEnv(env(New(handmade(2, site.Plans), Options{}))); err != nil {
		t.Errorf("plans: %v", err)
	}
	at.Key = "test_other"
	if _, err := customerAction.List(&customer.ListRequestParams{}).ListRequestWithEnv(at); !errors.As(err, &refused) || refused.APIErrorCode != "api_authentication_failed" {
		t.Errorf("a wrong key: %v", err)
	}
}
