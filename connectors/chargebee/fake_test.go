package chargebee

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"mrrsync/config"
	"mrrsync/connectors"
)

// fakeSite answers as a Chargebee site does, as far as lists go: ten rows unless
// asked for more, opaque offsets, filters, one product catalogue. A parameter
// that it does not know is an error, as is a filter that is not sent whole.
type fakeSite struct {
	t         *testing.T
	catalogue int
	server    *httptest.Server

	mu       sync.Mutex
	rows     map[string][]map[string]any // by kind
	requests []*url.URL
	// answer, if set, sees each request first and says whether it answered it.
	answer func(w http.ResponseWriter, r *http.Request, n int) bool
	// before, if set, is called before a list is read, holding the site.
	before func(path string, q url.Values)
}

func newFakeSite(t *testing.T, catalogue int) *fakeSite {
	return &fakeSite{t: t, catalogue: catalogue, rows: map[string][]map[string]any{}}
}

// paths are the lists and their kinds.
var paths = map[string]string{
	"items": kindItem, "item_prices": kindItemPrice, "plans": kindPlan, "addons": kindAddon, "coupons": kindCoupon, "customers": kindCustomer,
	"subscriptions": kindSubscription, "ramps": kindRamp, "invoices": kindInvoice, "credit_notes": kindCreditNote, "events": kindEvent,
}

func (s *fakeSite) add(kind string, fields map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows[kind] = append(s.rows[kind], fields)
}

func (s *fakeSite) fail(w http.ResponseWriter, status int, code, param, message string) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{
		"message": message, "type": "invalid_request", "api_error_code": code, "error_code": code, "error_msg": message, "param": param, "http_status_code": status,
	})
}

func (s *fakeSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.URL)
	if s.answer != nil && s.answer(w, r, len(s.requests)) {
		return
	}
	if key, _, ok := r.BasicAuth(); !ok || key != "cb_key_1" {
		s.fail(w, 401, "api_authentication_failed", "", "Sorry, authentication failed. Key cb_key_1 or whatever it was.")
		return
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/v2/"), "/")
	kind, ok := paths[parts[0]]
	one := kind == kindPlan || kind == kindAddon
	two := kind == kindItem || kind == kindItemPrice || kind == kindRamp
	switch {
	case !ok:
		s.fail(w, 404, "resource_not_found", "", "no such path")
	case one && s.catalogue == 2 || two && s.catalogue == 1:
		s.fail(w, 400, "configuration_incompatible", "", "This operation is not available for your product catalog version")
	case len(parts) == 2:
		s.single(w, kind, parts[1])
	default:
		s.list(w, kind, parts[0], r.URL.Query())
	}
}

func (s *fakeSite) single(w http.ResponseWriter, kind, id string) {
	for _, row := range s.rows[kind] {
		if row["id"] == id {
			w.Header().Set("Content-Type", "application/json;charset=utf-8")
			json.NewEncoder(w).Encode(map[string]any{kind: row})
			return
		}
	}
	s.fail(w, 404, "resource_not_found", "", id+" not found")
}

func number64(v any) int64 {
	switch n := v.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return 0
}

// list answers one page. Rows stand in the order of what they are sorted by,
// then by id; the offset names the last row that was given.
func (s *fakeSite) list(w http.ResponseWriter, kind, path string, q url.Values) {
	if s.before != nil {
		s.before(path, q)
	}
	keep := func(map[string]any) bool { return true }
	narrow := func(f func(map[string]any) bool) {
		old := keep
		keep = func(r map[string]any) bool { return old(r) && f(r) }
	}
	limit, by, deleted, down := 10, "created_at", false, false
	for name := range q {
		value := q.Get(name)
		switch name {
		case "limit":
			limit, _ = strconv.Atoi(value)
			if limit < 1 || limit > 100 {
				s.fail(w, 400, "invalid_request", "limit", "limit: must be between 1 and 100")
				return
			}
		case "offset":
		case "sort_by[asc]", "sort_by[desc]":
			by, down = value, name == "sort_by[desc]"
		case "include_deleted":
			deleted = value == "true"
		case "updated_at[between]", "occurred_at[between]", "created_at[between]", "date[between]":
			var ends []string
			if json.Unmarshal([]byte(value), &ends) != nil || len(ends) != 2 {
				s.t.Errorf("%s = %q", name, value)
			}
			from, _ := strconv.ParseInt(ends[0], 10, 64)
			to, _ := strconv.ParseInt(ends[1], 10, 64)
			field, _, _ := strings.Cut(name, "[")
			narrow(func(r map[string]any) bool {
				at := number64(r[field])
				return at >= from && at <= to && at != 0
			})
		case "id[in]", "subscription_id[in]", "event_type[in]":
			var ids []string
			if json.Unmarshal([]byte(value), &ids) != nil || len(ids) == 0 {
				s.t.Errorf("%s = %q", name, value)
			}
			field, _, _ := strings.Cut(name, "[")
			narrow(func(r map[string]any) bool { return slices.Contains(ids, fmt.Sprint(r[field])) })
		default:
			s.fail(w, 400, "invalid_request", name, "unknown parameter "+name)
			return
		}
	}
	s.page(w, kind, q.Get("offset"), by, down, limit, func(r map[string]any) bool { return keep(r) && (deleted || r["deleted"] != true) })
}

func (s *fakeSite) page(w http.ResponseWriter, kind, offset, by string, down bool, limit int, keep func(map[string]any) bool) {
	rows := slices.Clone(s.rows[kind])
	slices.SortStableFunc(rows, func(a, b map[string]any) int {
		return cmp.Or(cmp.Compare(number64(a[by]), number64(b[by])), cmp.Compare(fmt.Sprint(a["id"]), fmt.Sprint(b["id"])))
	})
	if down {
		slices.Reverse(rows)
	}
	from := 0
	if offset != "" {
		var place []string
		if json.Unmarshal([]byte(offset), &place) != nil {
			s.fail(w, 400, "invalid_request", "offset", "invalid offset")
			return
		}
		from = slices.IndexFunc(rows, func(r map[string]any) bool { return r["id"] == place[1] }) + 1
	}
	list, next := []map[string]any{}, ""
	for _, r := range rows[from:] {
		if !keep(r) {
			continue
		}
		if len(list) == limit {
			last := list[limit-1][kind].(map[string]any)
			b, _ := json.Marshal([]string{fmt.Sprint(number64(last[by])), fmt.Sprint(last["id"])})
			next = string(b)
			break
		}
		list = append(list, map[string]any{kind: r, "card": map[string]any{"masked_number": "****4242"}})
	}
	body := map[string]any{"list": list}
	if next != "" {
		body["next_offset"] = next
	}
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	json.NewEncoder(w).Encode(body)
}

// count is how many requests of a path were made.
func (s *fakeSite) count(path string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.requests {
		if strings.HasSuffix(u.Path, path) {
			n++
		}
	}
	return n
}

var fakeNow = time.Date(2026, 6, 1, 2, 0, 0, 0, time.UTC)

// fill gives the site objects of every kind of its catalogue.
func (s *fakeSite) fill(customers int) {
	if s.catalogue == 2 {
		s.add(kindItem, map[string]any{"id": "pro", "name": "Pro", "type": "plan", "updated_at": 1, "resource_version": 1000})
		for i := range 13 {
			s.add(kindItemPrice, map[string]any{"id": fmt.Sprintf("pro-%02d", i), "item_id": "pro", "item_type": "plan", "pricing_model": "flat_fee", "price": 100, "period": 1, "period_unit": "month", "currency_code": "USD"})
		}
	} else {
		s.add(kindPlan, map[string]any{"id": "silver", "price": 100, "period": 1, "period_unit": "month"})
		s.add(kindAddon, map[string]any{"id": "support", "price": 100, "charge_type": "recurring"})
	}
	s.add(kindCoupon, map[string]any{"id": "ten", "discount_type": "percentage", "discount_percentage": 10, "duration_type": "forever", "created_at": 5, "redemptions": 7})
	for i := range customers {
		id := fmt.Sprintf("cus_%03d", i)
		at := int(fakeNow.Unix()) - 400*86400 + i*3600
		s.add(kindCustomer, map[string]any{
			"id": id, "created_at": at, "company": "Acme", "first_name": "Ann", "email": "ann@acme.example", "phone": "555", "vat_number": "VAT1",
			"billing_address": map[string]any{"line1": "1 Road", "country": "DE"}, "cf_csm": "Bo", "meta_data": map[string]any{"tier": "gold"}, "deleted": false,
		})
		sub := map[string]any{
			"id": "sub_" + id, "customer_id": id, "status": "active", "currency_code": "USD", "billing_period": 1, "billing_period_unit": "month",
			"created_at": at, "started_at": at, "deleted": false,
		}
		if i%3 > 0 { // the others have no updated_at
			sub["updated_at"], sub["resource_version"] = at, at*1000
		}
		if s.catalogue == 2 {
			sub["subscription_items"] = []map[string]any{{"item_price_id": "pro-00", "item_type": "plan", "quantity": 1, "unit_price": 100, "amount": 100}}
			if i%4 == 0 {
				s.add(kindRamp, map[string]any{"id": "ramp_" + id, "subscription_id": sub["id"], "status": "draft", "effective_from": at + 86400, "created_at": at, "updated_at": at, "deleted": false})
			}
		} else {
			sub["plan_id"], sub["plan_quantity"], sub["plan_amount"] = "silver", 1, 100
		}
		s.add(kindSubscription, sub)
		s.add(kindInvoice, map[string]any{
			"id": "inv_" + id, "customer_id": id, "subscription_id": sub["id"], "status": "paid", "currency_code": "USD", "date": at, "total": 100, "updated_at": at,
			"resource_version": at * 1000, "deleted": false,
			"line_items": []map[string]any{{"id": "li", "amount": 100, "entity_type": "plan_item_price", "entity_id": "pro-00", "date_from": at, "date_to": at + 30*86400}},
		})
		if i%5 == 0 {
			s.add(kindCreditNote, map[string]any{"id": "cn_" + id, "customer_id": id, "status": "adjusted", "currency_code": "USD", "date": at, "total": 10, "updated_at": at, "deleted": false})
		}
	}
	s.event("ev_1", "subscription_changed", fakeNow.Add(-40*24*time.Hour), kindSubscription, s.rows[kindSubscription][0])
}

// event adds an event about an object as it is now.
func (s *fakeSite) event(id, kind string, at time.Time, of string, object map[string]any) {
	copied := map[string]any{}
	for k, v := range object {
		copied[k] = v
	}
	s.add(kindEvent, map[string]any{
		"id": id, "occurred_at": at.Unix(), "event_type": kind, "api_version": "v2", "user": "boss@acme.example",
		"content": map[string]any{of: copied, "customer": map[string]any{"id": object["customer_id"], "email": "ann@acme.example"}},
	})
}

// open is a connector of the site.
func (s *fakeSite) open(now func() time.Time, extra string) connectors.Connector {
	s.t.Helper()
	if s.server == nil {
		s.server = httptest.NewServer(s)
		s.t.Cleanup(s.server.Close)
	}
	text := fmt.Sprintf("site: acme-test\napi_key: env:KEY\nbase_url: %s\nrequests_per_second: 100000\npage_size: 10\n%s", s.server.URL, extra)
	section, err := config.ParseSection("mrrsync.yaml", []byte(text), func(name string) string {
		return map[string]string{"KEY": "cb_key_1", "OTHER": "cb_key_2"}[name]
	})
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := Open(connectors.Options{
		Source: "emea", Settings: section, Now: now, Zone: time.UTC, Logger: quiet, Transport: &http.Transport{DisableKeepAlives: true},
		Privacy: connectors.Privacy{Names: connectors.Hash, Key: []byte("k")},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// store is a raw store in memory.
type store struct {
	objects map[string][]connectors.Object
	cursors map[connectors.Stream]connectors.Cursor
}

func newStore() *store {
	return &store{objects: map[string][]connectors.Object{}, cursors: map[connectors.Stream]connectors.Cursor{}}
}

func (s *store) clone() *store {
	c := newStore()
	for k, v := range s.objects {
		c.objects[k] = slices.Clone(v)
	}
	for k, v := range s.cursors {
		c.cursors[k] = v
	}
	return c
}

func (s *store) land(p connectors.Page, stream connectors.Stream) {
	for _, o := range p.Objects {
		k := o.Kind + "/" + o.ID
		versions := s.objects[k]
		if n := len(versions); n > 0 && versions[n-1].Version == o.Version && string(versions[n-1].Payload) == string(o.Payload) {
			continue
		}
		s.objects[k] = append(versions, o)
	}
	s.cursors[stream] = p.Cursor
}

// pull reads all streams to their end; each, if set, is called after every page.
func (s *store) pull(t *testing.T, c connectors.Connector, each func()) error {
	t.Helper()
	for _, stream := range c.Streams() {
		for page, err := range c.Pull(t.Context(), stream, s.cursors[stream]) {
			if err != nil {
				return err
			}
			s.land(page, stream)
			if each != nil {
				each()
			}
		}
	}
	return nil
}

func (s *store) ids(kind string) (n int) {
	for k := range s.objects {
		if strings.HasPrefix(k, kind+"/") {
			n++
		}
	}
	return n
}
